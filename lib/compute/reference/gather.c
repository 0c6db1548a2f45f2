/* Rows picked by number, their gradients put back, and rows that hold something. */
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

static bool is_zero(const real *x, size_t d)
{
    size_t j = 0;

    while (j < d && x[j] == 0)
        j++;
    return j == d;
}

void reference_find_rows(const struct compute *c, int64_t *index, size_t *count, const real *x,
                         size_t rows, size_t d)
{
    *count = 0;
    for (size_t i = 0; i < rows; i++)
        if (!is_zero(x + i * d, d))
            index[(*count)++] = (int64_t)i;
}
