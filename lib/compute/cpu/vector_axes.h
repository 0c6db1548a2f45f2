/* Loops over arrays of several axes. Neighbouring axes that lie one behind the other in all arrays
 * are first made one, so that the last axis is as long as it can be; it is the inner loop. */
#ifndef COMPUTE_CPU_VECTOR_AXES_H
#define COMPUTE_CPU_VECTOR_AXES_H

#include "compute/cpu/vector.h"

enum { AXES_ARRAYS = 3 };

/* Axes from the outside in, with a stride for each of up to AXES_ARRAYS arrays. */
struct axes {
    size_t rank;
    size_t dim[COMPUTE_MAX_RANK];
    size_t stride[AXES_ARRAYS][COMPUTE_MAX_RANK];
};

/* Adds an axis inside all others. */
static inline void axes_append(struct axes *axes, size_t dim, const size_t stride[AXES_ARRAYS])
{
    if (dim == 1)
        return;
    size_t last = axes->rank - 1;
    bool continues = axes->rank > 0;
    for (size_t i = 0; continues && i < AXES_ARRAYS; i++)
        continues = axes->stride[i][last] == dim * stride[i];
    if (!continues)
        last = axes->rank++;
    axes->dim[last] = continues ? axes->dim[last] * dim : dim;
    for (size_t i = 0; i < AXES_ARRAYS; i++)
        axes->stride[i][last] = stride[i];
}

/* Takes the innermost axis away and returns its index in the arrays; a single number is an axis of
 * length 1. */
static inline size_t axes_take_inner(struct axes *axes)
{
    if (axes->rank == 0) {
        axes->dim[0] = 1;
        for (size_t i = 0; i < AXES_ARRAYS; i++)
            axes->stride[i][0] = 1;
        return 0;
    }
    return --axes->rank;
}

static inline size_t axes_count(const struct axes *axes)
{
    size_t n = 1;
    for (size_t axis = 0; axis < axes->rank; axis++)
        n *= axes->dim[axis];
    return n;
}

/* Where element i, in row-major order of the axes, lies in each array. */
static inline void axes_place(const struct axes *axes, size_t i, size_t place[AXES_ARRAYS])
{
    for (size_t array = 0; array < AXES_ARRAYS; array++)
        place[array] = 0;
    for (size_t axis = axes->rank; axis-- > 0; i /= axes->dim[axis])
        for (size_t array = 0; array < AXES_ARRAYS; array++)
            place[array] += i % axes->dim[axis] * axes->stride[array][axis];
}

#endif
