/* Attention over rows that are found by number, and sums of such rows. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

/* y[i] = sum over j of weight[j] x[place[j] * stride + i], i < d; place NULL: 0, 1, ... */
static void mix(real *y, const real *weight, const real *x, const int64_t *place, size_t stride,
                size_t count, size_t d)
{
    for (size_t i = 0; i < d; i++) {
        double sum = 0;
        for (size_t j = 0; j < count; j++)
            sum += (double)weight[j] * x[(place ? (size_t)place[j] : j) * stride + i];
        y[i] = (real)sum;
    }
}

void reference_gathered_attention(const struct compute *c, const struct gathered_attention *s,
                                  real *y, real *weight, const real *q, const real *k,
                                  const real *v)
{
    const double scale = 1 / sqrt((double)s->head_width);
    for (size_t r = 0; r < s->rows; r++)
        for (size_t h = 0; h < s->heads; h++, weight += s->keys) {
            const int64_t *place = s->place + r * s->keys;
            const size_t column = h * s->head_width;
            for (size_t j = 0; j < s->keys; j++)
                weight[j] =
                    (real)(scale * dot(q + r * s->q_stride + column,
                                       k + (size_t)place[j] * s->k_stride + column, s->head_width));
            reference_softmax_forward(c, weight, weight, 1, s->keys);
            mix(y + r * s->y_stride + column, weight, v + column, place, s->v_stride, s->keys,
                s->head_width);
        }
}

void reference_additive_attention(const struct compute *c, real *weight, const real *x,
                                  const real *q, const real *w, const int64_t *index, size_t rows,
                                  size_t length, size_t d)
{
    for (size_t r = 0; r < rows; r++, q += d, weight += length) {
        const real *row = x + (size_t)index[r] * length * d;
        for (size_t j = 0; j < length; j++, row += d) {
            double sum = 0;
            for (size_t i = 0; i < d; i++)
                sum += w[i] * tanh((double)row[i] + q[i]);
            weight[j] = (real)sum;
        }
        reference_softmax_forward(c, weight, weight, 1, length);
    }
}

void reference_mix_rows(const struct compute *c, real *y, const real *weight, const real *x,
                        const int64_t *index, size_t rows, size_t length, size_t d)
{
    for (size_t r = 0; r < rows; r++)
        mix(y + r * d, weight + r * length, x + (size_t)index[r] * length * d, NULL, d, length, d);
}
