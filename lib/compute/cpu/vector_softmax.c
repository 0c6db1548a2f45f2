/* softmax over the last axis, a row at a time. */
#include "compute/cpu/vector_softmax.h"
#include "compute/cpu/cpu.h"

static void softmax_forward(const struct compute *c, real *y, const real *x, size_t rows, size_t d)
{
    PARALLEL(c, rows * d * 4)
    for (size_t r = 0; r < rows; r++)
        row_softmax(y + r * d, x + r * d, d);
}

static void row_softmax_backward(float *dx, const float *dy, const float *y, size_t d)
{
    float mean = row_dot(dy, y, d);
    SIMD
    for (size_t i = 0; i < d; i++)
        dx[i] += y[i] * (dy[i] - mean);
}

static void softmax_backward(const struct compute *c, real *dx, const real *dy, const real *y,
                             size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++)
        row_softmax_backward(dx + r * d, dy + r * d, y + r * d, d);
}

void VECTOR(softmax_install)(struct compute *c)
{
    c->softmax_forward = softmax_forward;
    c->softmax_backward = softmax_backward;
}
