/* What all tables of kernels have in common. */
#include "compute/compute.h"

void compute_destroy(struct compute *compute)
{
    if (compute)
        compute->destroy(compute);
}

void copy_rows(const struct compute *c, real *y, size_t y_step, const real *x, size_t x_step,
               size_t rows, size_t columns, real beta)
{
    const struct layout layout = {
        .rank = 2, .dim = { rows, columns }, .y_stride = { y_step, 1 }, .x_stride = { x_step, 1 }
    };
    c->copy_strided(c, y, x, &layout, beta);
}
