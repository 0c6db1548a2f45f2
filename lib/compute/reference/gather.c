/* Rows picked by number, and their gradients put back. */
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

void reference_gather_rows(const struct compute *c, real *y, const real *x, const int64_t *index,
                           size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            y[i * d + j] = x[(size_t)index[i] * d + j];
}

void reference_scatter_add_rows(const struct compute *c, real *dx, const real *dy,
                                const int64_t *index, size_t n, size_t d)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            accumulate(dx, (size_t)index[i] * d + j, dy[i * d + j]);
}
