/* Convolution of pictures, by its definition:
 *
 *     y[n, o, h, w] = b[o] + sum over i, r, s of
 *                     weight[o, i, r, s] x[n, i, h stride + r - pad, w stride + s - pad]
 *
 * Each result, gradients included, is one sum over what it depends on. A coordinate left of or
 * above the picture wraps round to a huge size_t, so one comparison tells inside from outside. */
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

static size_t input_place(const struct convolution *s, size_t n, size_t i, size_t h, size_t w)
{
    return ((n * s->in_channels + i) * s->in_height + h) * s->in_width + w;
}

static size_t output_place(const struct convolution *s, size_t n, size_t o, size_t h, size_t w)
{
    return ((n * s->out_channels + o) * s->out_height + h) * s->out_width + w;
}

static size_t weight_place(const struct convolution *s, size_t o, size_t i, size_t row,
                           size_t column)
{
    return ((o * s->in_channels + i) * s->kernel_height + row) * s->kernel_width + column;
}

/* x[n, i, h, w], 0 outside the picture. */
static double input_at(const struct convolution *s, const real *x, size_t n, size_t i, size_t h,
                       size_t w)
{
    return h < s->in_height && w < s->in_width ? x[input_place(s, n, i, h, w)] : 0;
}

/* dy[n, o, h / stride, w / stride], 0 where no such output exists. */
static double output_at(const struct convolution *s, const real *dy, size_t n, size_t o, size_t h,
                        size_t w)
{
    if (h % s->stride != 0 || w % s->stride != 0)
        return 0;
    h /= s->stride;
    w /= s->stride;
    return h < s->out_height && w < s->out_width ? dy[output_place(s, n, o, h, w)] : 0;
}

static double convolve(const struct convolution *s, const real *x, const real *weight, size_t n,
                       size_t o, size_t h, size_t w)
{
    double sum = 0;
    for (size_t i = 0; i < s->in_channels; i++)
        for (size_t row = 0; row < s->kernel_height; row++)
            for (size_t column = 0; column < s->kernel_width; column++)
                sum += weight[weight_place(s, o, i, row, column)] *
                       input_at(s, x, n, i, h * s->stride + row - s->pad,
                                w * s->stride + column - s->pad);
    return sum;
}

void reference_conv2d_forward(const struct compute *c, const struct convolution *shape, real *y,
                              const real *x, const real *w, const real *b)
{
    for (size_t n = 0; n < shape->batch; n++)
        for (size_t o = 0; o < shape->out_channels; o++)
            for (size_t row = 0; row < shape->out_height; row++)
                for (size_t column = 0; column < shape->out_width; column++)
                    *y++ = (real)(convolve(shape, x, w, n, o, row, column) + (b ? b[o] : 0));
}

static double input_slope(const struct convolution *s, const real *dy, const real *weight, size_t n,
                          size_t i, size_t h, size_t w)
{
    double sum = 0;
    for (size_t o = 0; o < s->out_channels; o++)
        for (size_t row = 0; row < s->kernel_height; row++)
            for (size_t column = 0; column < s->kernel_width; column++)
                sum += weight[weight_place(s, o, i, row, column)] *
                       output_at(s, dy, n, o, h + s->pad - row, w + s->pad - column);
    return sum;
}

static void input_backward(const struct convolution *s, real *dx, const real *dy,
                           const real *weight)
{
    for (size_t n = 0; n < s->batch; n++)
        for (size_t i = 0; i < s->in_channels; i++)
            for (size_t h = 0; h < s->in_height; h++)
                for (size_t w = 0; w < s->in_width; w++)
                    accumulate(dx, input_place(s, n, i, h, w),
                               input_slope(s, dy, weight, n, i, h, w));
}

static double weight_slope(const struct convolution *s, const real *dy, const real *x, size_t o,
                           size_t i, size_t row, size_t column)
{
    double sum = 0;
    for (size_t n = 0; n < s->batch; n++)
        for (size_t h = 0; h < s->out_height; h++)
            for (size_t w = 0; w < s->out_width; w++)
                sum += dy[output_place(s, n, o, h, w)] * input_at(s, x, n, i,
                                                                  h * s->stride + row - s->pad,
                                                                  w * s->stride + column - s->pad);
    return sum;
}

static void weight_backward(const struct convolution *s, real *dw, const real *dy, const real *x)
{
    for (size_t o = 0; o < s->out_channels; o++)
        for (size_t i = 0; i < s->in_channels; i++)
            for (size_t row = 0; row < s->kernel_height; row++)
                for (size_t column = 0; column < s->kernel_width; column++)
                    accumulate(dw, weight_place(s, o, i, row, column),
                               weight_slope(s, dy, x, o, i, row, column));
}

static void bias_backward(const struct convolution *s, real *db, const real *dy)
{
    size_t plane = s->out_height * s->out_width;
    for (size_t o = 0; o < s->out_channels; o++) {
        double sum = 0;
        for (size_t n = 0; n < s->batch; n++)
            for (size_t i = 0; i < plane; i++)
                sum += dy[(n * s->out_channels + o) * plane + i];
        accumulate(db, o, sum);
    }
}

void reference_conv2d_backward(const struct compute *c, const struct convolution *shape, real *dx,
                               real *dw, real *db, const real *dy, const real *x, const real *w)
{
    if (dx)
        input_backward(shape, dx, dy, w);
    if (dw)
        weight_backward(shape, dw, dy, x);
    if (db)
        bias_backward(shape, db, dy);
}
