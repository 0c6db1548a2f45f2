/* Kernels that add up. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

void reference_sum_squares(const struct compute *c, double *sum, const real *x, size_t n)
{
    *sum = dot(x, x, n);
}

void reference_all_finite(const struct compute *c, bool *finite, const real *x, size_t n)
{
    *finite = true;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            *finite = false;
}

void reference_sum_axis_forward(const struct compute *c, real *y, const real *x, size_t outer,
                                size_t axis, size_t inner, real scale)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t i = 0; i < inner; i++) {
            double sum = 0;
            for (size_t a = 0; a < axis; a++)
                sum += x[(o * axis + a) * inner + i];
            y[o * inner + i] = (real)(scale * sum);
        }
}

void reference_sum_axis_backward(const struct compute *c, real *dx, const real *dy, size_t outer,
                                 size_t axis, size_t inner, real scale, real beta)
{
    for (size_t o = 0; o < outer; o++)
        for (size_t a = 0; a < axis; a++)
            for (size_t i = 0; i < inner; i++)
                blend(dx, (o * axis + a) * inner + i, beta, (double)scale * dy[o * inner + i]);
}

void reference_sum_rows(const struct compute *c, real *db, const real *dy, real *scratch,
                        size_t rows, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        double sum = 0;
        for (size_t r = 0; r < rows; r++)
            sum += dy[r * d + i];
        accumulate(db, i, sum);
    }
}
