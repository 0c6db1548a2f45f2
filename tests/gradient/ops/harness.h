/* Gradients against finite differences, in double.
 *
 * A case builds a graph from tensors that it asks for here and returns one tensor y. The loss is
 * sum(w y) with fixed random w. The harness builds the graph again and again with one number
 * changed: (8 (f(x + h) - f(x - h)) - (f(x + 2h) - f(x - 2h))) / 12h is exact up to h^4, so with
 * h = 1e-3 truncation and rounding both stay near 1e-12, and an agreement of 1e-7 leaves no room
 * for a slope that is only nearly right. Kinks are the case's business: its numbers keep 2h away.
 *
 * Of every case it also checks that
 *   - memory that nobody has written holds NaN, so a gradient that is added to garbage shows
 *   - a second walk doubles every gradient
 *   - with all values dropped, with only the arguments dropped and with buffers that are not the
 *     tape's, gradients are the same bit for bit
 *   - the walk gives back all memory but the gradients that were asked for
 *
 * and notes which operations of ops.def really ran backwards. */
#ifndef GRADIENT_OPS_HARNESS_H
#define GRADIENT_OPS_HARNESS_H

#include "autograd/ops.h"

struct graph;

struct gradient_case {
    const char *name;
    struct tensor *(*build)(struct graph *g);
    const void *settings; /* read by `build` with settings_of; may be NULL */
};

/* Ends a table of cases. */
#define LAST_CASE    \
    {                \
        .name = NULL \
    }

/* The arguments `rank, dim` of a shape. */
#define SHAPE(...)                                                 \
    sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]) \
    {                                                              \
        __VA_ARGS__                                                \
    }

/* The tape of the build that is going on: in training, dropout streams from the start. */
struct tape *tape_of(struct graph *g);
const void *settings_of(const struct graph *g);

/* Tensors whose gradient is checked. Numbers are the same in every build of a case. */
struct tensor *leaf(struct graph *g, size_t rank, const size_t *dim); /* normal */
struct tensor *leaf_distinct(struct graph *g, size_t rank,
                             const size_t *dim);                           /* 0.1 apart, not 0 */
struct tensor *leaf_tiny(struct graph *g, size_t rank, const size_t *dim); /* of about 1e-13 */
struct tensor *leaf_zero(struct graph *g, size_t rank, const size_t *dim); /* steps of 1e-14 */
struct tensor *leaf_of(struct graph *g, size_t rank, const size_t *dim, const real *values);

/* Tensors that want no gradient, and must get none. */
struct tensor *constant(struct graph *g, size_t rank, const size_t *dim);          /* normal */
struct tensor *constant_positive(struct graph *g, size_t rank, const size_t *dim); /* 0.5 .. 1.5 */
struct tensor *constant_of(struct graph *g, size_t rank, const size_t *dim, const real *values);
struct tensor *indices(struct graph *g, size_t rank, const size_t *dim, const int64_t *values);
struct tensor *bytes(struct graph *g, size_t rank, const size_t *dim, const uint8_t *values);

/* Fails the running cmocka test when a gradient is wrong. */
void gradient_check(const struct gradient_case *c);

/* Fails the running test unless each operation of ops.def ran backwards in a case. */
void gradient_check_coverage(void);

#endif
