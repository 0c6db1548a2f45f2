/* Kernels that move numbers: copies between layouts, and rows picked by number or by what they
 * hold. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_axes.h"
#include "compute/cpu/vector_rows.h"

enum { TO, FROM };

/* Strides are constants for the cases that matter. */
ALWAYS_INLINE void blend_row(float *y, size_t y_stride, const float *x, size_t x_stride, float beta,
                             size_t n)
{
    if (beta == 0) {
        SIMD
        for (size_t i = 0; i < n; i++)
            y[i * y_stride] = x[i * x_stride];
    } else {
        SIMD
        for (size_t i = 0; i < n; i++)
            y[i * y_stride] = x[i * x_stride] + beta * y[i * y_stride];
    }
}

static void copy_row(float *y, size_t y_stride, const float *x, size_t x_stride, float beta,
                     size_t n)
{
    if (y_stride == 1 && x_stride == 1 && beta == 0)
        memcpy(y, x, n * sizeof *y);
    else if (y_stride == 1 && x_stride == 1)
        blend_row(y, 1, x, 1, beta, n);
    else if (y_stride == 1)
        blend_row(y, 1, x, x_stride, beta, n);
    else
        blend_row(y, y_stride, x, x_stride, beta, n);
}

static void copy_strided(const struct compute *c, real *y, const real *x,
                         const struct layout *layout, real beta)
{
    struct axes axes = { 0 };
    size_t n = 1;
    for (size_t axis = 0; axis < layout->rank; axis++) {
        n *= layout->dim[axis];
        axes_append(&axes, layout->dim[axis],
                    (size_t[]){ layout->y_stride[axis], layout->x_stride[axis], 0 });
    }
    if (n == 0)
        return;
    size_t inner = axes_take_inner(&axes), length = axes.dim[inner];
    size_t y_stride = axes.stride[TO][inner], x_stride = axes.stride[FROM][inner];
    size_t blocks = (length + BLOCK - 1) / BLOCK, tasks = axes_count(&axes) * blocks;
    PARALLEL(c, n)
    for (size_t task = 0; task < tasks; task++) {
        size_t place[AXES_ARRAYS], at = task % blocks * BLOCK;
        axes_place(&axes, task / blocks, place);
        copy_row(y + place[TO] + at * y_stride, y_stride, x + place[FROM] + at * x_stride, x_stride,
                 beta, smaller(BLOCK, length - at));
    }
}

static void gather_rows(const struct compute *c, real *y, const real *x, const int64_t *index,
                        size_t n, size_t d)
{
    PARALLEL(c, n * d)
    for (size_t i = 0; i < n; i++)
        memcpy(y + i * d, x + (size_t)index[i] * d, d * sizeof *y);
}

/* Threads share columns, not rows: a row may be met twice, and is then added to in order. */
static void scatter_add_rows(const struct compute *c, real *dx, const real *dy,
                             const int64_t *index, size_t n, size_t d)
{
    enum { STRIP = 128 };
    PARALLEL(c, n * d)
    for (size_t at = 0; at < d; at += STRIP)
        for (size_t i = 0; i < n; i++)
            blend_row(dx + (size_t)index[i] * d + at, 1, dy + i * d + at, 1, 1,
                      smaller(STRIP, d - at));
}

/* First whether each row holds something, then where those are. */
static void find_rows(const struct compute *c, int64_t *index, size_t *count, const real *x,
                      size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t i = 0; i < rows; i++)
        index[i] = !row_is_zero(x + i * d, d);
    *count = 0;
    for (size_t i = 0; i < rows; i++)
        if (index[i])
            index[(*count)++] = (int64_t)i;
}

void VECTOR(copy_install)(struct compute *c)
{
    c->copy_strided = copy_strided;
    c->gather_rows = gather_rows;
    c->find_rows = find_rows;
    c->scatter_add_rows = scatter_add_rows;
}
