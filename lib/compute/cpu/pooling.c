/* Pooling: planes are independent, so each thread gives the reference kernels some planes of its
 * own. Memory sets the pace, and the rule for equals (the first wins) stays in one place. */
#include "compute/cpu/cpu.h"
#include "compute/reference/reference.h"

static struct pooling one_plane(const struct pooling *shape)
{
    struct pooling one = *shape;

    one.planes = 1;
    return one;
}

static size_t in_plane(const struct pooling *shape)
{
    return shape->in_height * shape->in_width;
}

static size_t out_plane(const struct pooling *shape)
{
    return shape->out_height * shape->out_width;
}

static void max_pool_forward(const struct compute *c, const struct pooling *shape, real *y,
                             int32_t *place, const real *x)
{
    struct pooling one = one_plane(shape);
    size_t in = in_plane(shape), out = out_plane(shape);

#pragma omp parallel for num_threads(c->threads) schedule(static)
    for (size_t p = 0; p < shape->planes; p++)
        reference_max_pool_forward(c, &one, y + p * out, place + p * out, x + p * in);
}

static void max_pool_backward(const struct compute *c, const struct pooling *shape, real *dx,
                              const real *dy, const int32_t *place)
{
    struct pooling one = one_plane(shape);
    size_t in = in_plane(shape), out = out_plane(shape);

#pragma omp parallel for num_threads(c->threads) schedule(static)
    for (size_t p = 0; p < shape->planes; p++)
        reference_max_pool_backward(c, &one, dx + p * in, dy + p * out, place + p * out);
}

/* The other four write one array and read one, of planes of these sizes. */
typedef void pool_kernel(const struct compute *c, const struct pooling *shape, real *to,
                         const real *from);

static void by_plane(const struct compute *c, const struct pooling *shape, pool_kernel *kernel,
                     real *to, size_t to_plane, const real *from, size_t from_plane)
{
    struct pooling one = one_plane(shape);

#pragma omp parallel for num_threads(c->threads) schedule(static)
    for (size_t p = 0; p < shape->planes; p++)
        kernel(c, &one, to + p * to_plane, from + p * from_plane);
}

static void average_pool_forward(const struct compute *c, const struct pooling *shape, real *y,
                                 const real *x)
{
    by_plane(c, shape, reference_average_pool_forward, y, out_plane(shape), x, in_plane(shape));
}

static void average_pool_backward(const struct compute *c, const struct pooling *shape, real *dx,
                                  const real *dy)
{
    by_plane(c, shape, reference_average_pool_backward, dx, in_plane(shape), dy, out_plane(shape));
}

static void adaptive_pool_forward(const struct compute *c, const struct pooling *shape, real *y,
                                  const real *x)
{
    by_plane(c, shape, reference_adaptive_pool_forward, y, out_plane(shape), x, in_plane(shape));
}

static void adaptive_pool_backward(const struct compute *c, const struct pooling *shape, real *dx,
                                   const real *dy)
{
    by_plane(c, shape, reference_adaptive_pool_backward, dx, in_plane(shape), dy, out_plane(shape));
}

void pooling_install(struct compute *c)
{
    c->max_pool_forward = max_pool_forward;
    c->max_pool_backward = max_pool_backward;
    c->average_pool_forward = average_pool_forward;
    c->average_pool_backward = average_pool_backward;
    c->adaptive_pool_forward = adaptive_pool_forward;
    c->adaptive_pool_backward = adaptive_pool_backward;
}
