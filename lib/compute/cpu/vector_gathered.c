/* Attention over rows that are found by number, and sums of such rows: a row of the result at a
 * time on each thread. With one query a row there is nothing to be reused, so what counts is that
 * rows are read once, in one go, all heads together. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_softmax.h"

ALWAYS_INLINE void add_row(float *y, float weight, const float *x, size_t n)
{
    SIMD
    for (size_t i = 0; i < n; i++)
        y[i] += weight * x[i];
}

static void attend_row(const struct gathered_attention *s, size_t r, float *y, float *weight,
                       const float *q, const float *k, const float *v)
{
    const int64_t *place = s->place + r * s->keys;
    const float scale = (float)(1 / sqrt((double)s->head_width));
    for (size_t j = 0; j < s->keys; j++) {
        const float *key = k + (size_t)place[j] * s->k_stride;
        for (size_t h = 0; h < s->heads; h++)
            weight[h * s->keys + j] =
                scale * row_dot(q + h * s->head_width, key + h * s->head_width, s->head_width);
    }
    for (size_t h = 0; h < s->heads; h++)
        row_softmax(weight + h * s->keys, weight + h * s->keys, s->keys);
    memset(y, 0, s->heads * s->head_width * sizeof *y);
    for (size_t j = 0; j < s->keys; j++) {
        const float *value = v + (size_t)place[j] * s->v_stride;
        for (size_t h = 0; h < s->heads; h++)
            add_row(y + h * s->head_width, weight[h * s->keys + j], value + h * s->head_width,
                    s->head_width);
    }
}

static void gathered_attention(const struct compute *c, const struct gathered_attention *s, real *y,
                               real *weight, const real *q, const real *k, const real *v)
{
    PARALLEL(c, s->rows * s->keys * s->heads * s->head_width)
    for (size_t r = 0; r < s->rows; r++)
        attend_row(s, r, y + r * s->y_stride, weight + r * s->heads * s->keys, q + r * s->q_stride,
                   k, v);
}

ALWAYS_INLINE float bent_dot(const float *w, const float *x, const float *q, size_t n)
{
    float sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += w[i] * tanh_of(x[i] + q[i]);
    return sum;
}

static void additive_attention(const struct compute *c, real *weight, const real *x, const real *q,
                               const real *w, const int64_t *index, size_t rows, size_t length,
                               size_t d)
{
    PARALLEL(c, rows * length * d * 8)
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + (size_t)index[r] * length * d;
        for (size_t j = 0; j < length; j++)
            weight[r * length + j] = bent_dot(w, row + j * d, q + r * d, d);
        row_softmax(weight + r * length, weight + r * length, length);
    }
}

static void mix_rows(const struct compute *c, real *y, const real *weight, const real *x,
                     const int64_t *index, size_t rows, size_t length, size_t d)
{
    PARALLEL(c, rows * length * d)
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + (size_t)index[r] * length * d;
        memset(y + r * d, 0, d * sizeof *y);
        for (size_t j = 0; j < length; j++)
            add_row(y + r * d, weight[r * length + j], row + j * d, d);
    }
}

void VECTOR(gathered_install)(struct compute *c)
{
    c->gathered_attention = gathered_attention;
    c->additive_attention = additive_attention;
    c->mix_rows = mix_rows;
}
