/* Kernels over arrays of up to six axes: two operands of which one may be repeated, and copies
 * between layouts. An element's place follows from its index in row-major order, digit by digit. */
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

static size_t count(size_t rank, const size_t *dim)
{
    size_t n = 1;
    for (size_t axis = 0; axis < rank; axis++)
        n *= dim[axis];
    return n;
}

/* Where element i (in row-major order of dim) lies in an array of these strides. */
static size_t place(size_t i, size_t rank, const size_t *dim, const size_t *stride)
{
    size_t offset = 0;
    for (size_t axis = rank; axis-- > 0; i /= dim[axis])
        offset += i % dim[axis] * stride[axis];
    return offset;
}

static double combine(enum binary kind, double a, double b)
{
    switch (kind) {
    case BINARY_ADD: return a + b;
    case BINARY_SUBTRACT: return a - b;
    case BINARY_MULTIPLY: return a * b;
    }
    return 0;
}

void reference_binary_forward(const struct compute *c, enum binary kind, real *y, const real *a,
                              const real *b, const struct broadcast *shape)
{
    size_t n = count(shape->rank, shape->dim);
    for (size_t i = 0; i < n; i++)
        y[i] = (real)combine(kind, a[place(i, shape->rank, shape->dim, shape->a_stride)],
                             b[place(i, shape->rank, shape->dim, shape->b_stride)]);
}

/* Some axes of a broadcast, with the strides of y (dense), of one operand and of the other. */
struct axes {
    size_t rank;
    size_t dim[COMPUTE_MAX_RANK];
    size_t y[COMPUTE_MAX_RANK], own[COMPUTE_MAX_RANK], other[COMPUTE_MAX_RANK];
};

/* The axes along which an operand is repeated, or those along which it is not. */
static struct axes select_axes(const struct broadcast *shape, const size_t *own,
                               const size_t *other, bool repeated)
{
    struct axes axes = { 0 };
    for (size_t axis = 0; axis < shape->rank; axis++) {
        if ((own[axis] == 0) != repeated)
            continue;
        size_t i = axes.rank++;
        axes.dim[i] = shape->dim[axis];
        axes.y[i] = count(shape->rank - axis - 1, shape->dim + axis + 1);
        axes.own[i] = own[axis];
        axes.other[i] = other[axis];
    }
    return axes;
}

/* dx += sum of slope * dy over the repeated axes of x; the slope is `sign`, times the other operand
 * unless that is NULL. */
static void operand_backward(real *dx, double sign, const real *dy, const real *other,
                             const struct axes *kept, const struct axes *repeated)
{
    size_t kept_count = count(kept->rank, kept->dim);
    size_t repeated_count = count(repeated->rank, repeated->dim);
    for (size_t i = 0; i < kept_count; i++) {
        size_t y0 = place(i, kept->rank, kept->dim, kept->y);
        size_t other0 = place(i, kept->rank, kept->dim, kept->other);
        double sum = 0;
        for (size_t j = 0; j < repeated_count; j++) {
            double slope = dy[y0 + place(j, repeated->rank, repeated->dim, repeated->y)];
            if (other)
                slope *= other[other0 + place(j, repeated->rank, repeated->dim, repeated->other)];
            sum += slope;
        }
        accumulate(dx, place(i, kept->rank, kept->dim, kept->own), sign * sum);
    }
}

void reference_binary_backward(const struct compute *c, enum binary kind, real *da, real *db,
                               const real *dy, const real *a, const real *b,
                               const struct broadcast *shape)
{
    bool product = kind == BINARY_MULTIPLY;
    if (da) {
        struct axes kept = select_axes(shape, shape->a_stride, shape->b_stride, false);
        struct axes repeated = select_axes(shape, shape->a_stride, shape->b_stride, true);
        operand_backward(da, 1, dy, product ? b : NULL, &kept, &repeated);
    }
    if (db) {
        struct axes kept = select_axes(shape, shape->b_stride, shape->a_stride, false);
        struct axes repeated = select_axes(shape, shape->b_stride, shape->a_stride, true);
        operand_backward(db, kind == BINARY_SUBTRACT ? -1 : 1, dy, product ? a : NULL, &kept,
                         &repeated);
    }
}

void reference_copy_strided(const struct compute *c, real *y, const real *x,
                            const struct layout *layout, real beta)
{
    size_t n = count(layout->rank, layout->dim);
    for (size_t i = 0; i < n; i++)
        blend(y, place(i, layout->rank, layout->dim, layout->y_stride), beta,
              x[place(i, layout->rank, layout->dim, layout->x_stride)]);
}
