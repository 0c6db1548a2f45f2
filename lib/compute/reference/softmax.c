/* softmax over the last axis: y = e^x / sum of e^x. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

double log_sum_exp(const real *x, size_t n, size_t stride)
{
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        max = fmax(max, x[i * stride]);
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i * stride] - max);
    return max + log(sum);
}

void reference_softmax_forward(const struct compute *c, real *y, const real *x, size_t rows,
                               size_t d)
{
    for (size_t r = 0; r < rows; r++, x += d, y += d) {
        double lse = log_sum_exp(x, d, 1);
        for (size_t i = 0; i < d; i++)
            y[i] = (real)exp(x[i] - lse);
    }
}

/* d y[j] / d x[i] = y[j] ((i == j) - y[i]) */
void reference_softmax_backward(const struct compute *c, real *dx, const real *dy, const real *y,
                                size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++, dx += d, dy += d, y += d) {
        double mean = dot(dy, y, d);
        for (size_t i = 0; i < d; i++)
            accumulate(dx, i, y[i] * (dy[i] - mean));
    }
}
