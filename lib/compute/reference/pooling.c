/* Pooling of planes: the largest or the mean element of each window. */
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

/* One axis of a window: the elements begin .. end - 1 of the input, and the number that a mean
 * divides by. */
struct window {
    size_t begin, end, size;
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* In coordinates that begin `pad` before the input, a window reaches from place * stride over
 * `kernel` elements, cut where the padding behind the input ends. */
static struct window strided_window(const struct pooling *s, size_t place, size_t in, size_t out)
{
    size_t first = place * s->stride, last = smaller(first + s->kernel, in + 2 * s->pad);
    return (struct window){
        .begin = first > s->pad ? first - s->pad : 0,
        .end = smaller(last - s->pad, in),
        .size = last - first,
    };
}

static struct window adaptive_window(const struct pooling *s, size_t place, size_t in, size_t out)
{
    size_t begin = place * in / out, end = ((place + 1) * in + out - 1) / out;
    return (struct window){ .begin = begin, .end = end, .size = end - begin };
}

/* The first of the largest elements of a window. */
static size_t largest(const struct pooling *s, const real *x, struct window rows,
                      struct window columns)
{
    size_t best = rows.begin * s->in_width + columns.begin;
    for (size_t h = rows.begin; h < rows.end; h++)
        for (size_t w = columns.begin; w < columns.end; w++)
            if (x[h * s->in_width + w] > x[best])
                best = h * s->in_width + w;
    return best;
}

void reference_max_pool_forward(const struct compute *c, const struct pooling *shape, real *y,
                                int32_t *place, const real *x)
{
    size_t in_plane = shape->in_height * shape->in_width;
    for (size_t p = 0; p < shape->planes; p++, x += in_plane)
        for (size_t h = 0; h < shape->out_height; h++)
            for (size_t w = 0; w < shape->out_width; w++) {
                size_t best =
                    largest(shape, x, strided_window(shape, h, shape->in_height, shape->out_height),
                            strided_window(shape, w, shape->in_width, shape->out_width));
                *place++ = (int32_t)best;
                *y++ = x[best];
            }
}

void reference_max_pool_backward(const struct compute *c, const struct pooling *shape, real *dx,
                                 const real *dy, const int32_t *place)
{
    size_t in_plane = shape->in_height * shape->in_width;
    size_t out_plane = shape->out_height * shape->out_width;
    for (size_t p = 0; p < shape->planes; p++)
        for (size_t i = p * out_plane; i < (p + 1) * out_plane; i++)
            accumulate(dx, p * in_plane + (size_t)place[i], dy[i]);
}

typedef struct window window_function(const struct pooling *s, size_t place, size_t in, size_t out);

static void mean_forward(const struct pooling *s, window_function *window, real *y, const real *x)
{
    for (size_t p = 0; p < s->planes; p++, x += s->in_height * s->in_width)
        for (size_t i = 0; i < s->out_height * s->out_width; i++) {
            struct window rows = window(s, i / s->out_width, s->in_height, s->out_height);
            struct window columns = window(s, i % s->out_width, s->in_width, s->out_width);
            double sum = 0;
            for (size_t h = rows.begin; h < rows.end; h++)
                for (size_t w = columns.begin; w < columns.end; w++)
                    sum += x[h * s->in_width + w];
            *y++ = (real)(sum / (double)(rows.size * columns.size));
        }
}

static void mean_backward(const struct pooling *s, window_function *window, real *dx,
                          const real *dy)
{
    for (size_t p = 0; p < s->planes; p++, dx += s->in_height * s->in_width)
        for (size_t i = 0; i < s->out_height * s->out_width; i++) {
            struct window rows = window(s, i / s->out_width, s->in_height, s->out_height);
            struct window columns = window(s, i % s->out_width, s->in_width, s->out_width);
            double share = *dy++ / (double)(rows.size * columns.size);
            for (size_t h = rows.begin; h < rows.end; h++)
                for (size_t w = columns.begin; w < columns.end; w++)
                    accumulate(dx, h * s->in_width + w, share);
        }
}

void reference_average_pool_forward(const struct compute *c, const struct pooling *shape, real *y,
                                    const real *x)
{
    mean_forward(shape, strided_window, y, x);
}

void reference_average_pool_backward(const struct compute *c, const struct pooling *shape, real *dx,
                                     const real *dy)
{
    mean_backward(shape, strided_window, dx, dy);
}

void reference_adaptive_pool_forward(const struct compute *c, const struct pooling *shape, real *y,
                                     const real *x)
{
    mean_forward(shape, adaptive_window, y, x);
}

void reference_adaptive_pool_backward(const struct compute *c, const struct pooling *shape,
                                      real *dx, const real *dy)
{
    mean_backward(shape, adaptive_window, dx, dy);
}
