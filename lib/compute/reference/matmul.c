/* Products of matrices. */
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

static void multiply(const struct matmul *s, real *y, const real *a, const real *b, real beta)
{
    /* Distances between neighbours of a row and of a column of op(A) and op(B). */
    size_t a_row = s->transpose_a ? 1 : s->a_stride, a_column = s->transpose_a ? s->a_stride : 1;
    size_t b_row = s->transpose_b ? 1 : s->b_stride, b_column = s->transpose_b ? s->b_stride : 1;

    for (size_t i = 0; i < s->m; i++)
        for (size_t j = 0; j < s->n; j++) {
            double sum = 0;
            for (size_t l = 0; l < s->k; l++)
                sum += (double)a[i * a_row + l * a_column] * b[l * b_row + j * b_column];
            blend(y, i * s->y_stride + j, beta, s->alpha * sum);
        }
}

void reference_matmul(const struct compute *c, const struct matmul *shape, real *y, const real *a,
                      const real *b, real beta)
{
    for (size_t i = 0; i < shape->batch; i++)
        multiply(shape, y + i * shape->y_step, a + i * shape->a_step, b + i * shape->b_step, beta);
}

void reference_linear_forward(const struct compute *c, real *y, real *pre, const real *x,
                              const real *w, const real *b, const real *residual,
                              enum activation kind, size_t rows, size_t in, size_t out)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t o = 0; o < out; o++) {
            size_t i = r * out + o;
            double argument = dot(x + r * in, w + o * in, in) + (b ? b[o] : 0);
            if (pre)
                pre[i] = (real)argument;
            y[i] = (real)(activate(kind, argument) + (residual ? residual[i] : 0));
        }
}
