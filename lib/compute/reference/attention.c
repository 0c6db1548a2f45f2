/* Scaled dot-product attention, one query or one key at a time.
 *
 * With s the scaled scores of a query, p = e^(s - lse) their softmax, and m the dropout factor of
 * each probability (0 or 1 / (1 - dropout)):
 *
 *     y    = sum over j of p[j] m[j] v[j]
 *     dp[j] = m[j] dy . v[j]
 *     ds[j] = p[j] (dp[j] - sum over l of p[l] dp[l]) = p[j] (dp[j] - dy . y)
 *
 * The forward pass keeps lse only; the backward pass computes s and p again, and draws m again. A
 * sum over keys or over queries fills BLOCK columns of a result at a time, since it is taken in
 * double and a kernel has no memory of its own for a whole row. */
#include <math.h>

#include "base/rng.h"
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

enum { BLOCK = 64 };

/* One head of one batch element: pointers to its first row. The last three are read by the backward
 * pass only. */
struct head {
    const struct attention *shape;
    size_t element, head;
    const real *q, *k, *v;
    const real *y, *dy, *lse;
};

/* Offsets of a head's first row. */
static size_t query_place(const struct attention *s, size_t element, size_t head, size_t stride)
{
    return element * s->query_length * stride + head * s->head_width;
}

static size_t key_place(const struct attention *s, size_t element, size_t head, size_t stride)
{
    return element * s->key_length * stride + head * s->head_width;
}

static struct head head_at(const struct attention *s, size_t element, size_t head, const real *q,
                           const real *k, const real *v)
{
    return (struct head){
        .shape = s,
        .element = element,
        .head = head,
        .q = q + query_place(s, element, head, s->q_stride),
        .k = k + key_place(s, element, head, s->k_stride),
        .v = v + key_place(s, element, head, s->v_stride),
    };
}

/* Whether query i sees key j. */
static bool sees(const struct head *h, size_t i, size_t j)
{
    const struct attention *s = h->shape;
    if (s->causal && j + s->query_length > i + s->key_length)
        return false;
    return !s->mask ||
           s->mask[h->element * s->mask_batch_stride + i * s->mask_query_stride + j] != 0;
}

static double scale(const struct head *h)
{
    return 1 / sqrt((double)h->shape->head_width);
}

/* -infinity where the key is hidden. */
static double score(const struct head *h, size_t i, size_t j)
{
    const struct attention *s = h->shape;
    if (!sees(h, i, j))
        return -INFINITY;
    return scale(h) * dot(h->q + i * s->q_stride, h->k + j * s->k_stride, s->head_width);
}

static double log_sum_exp_of_scores(const struct head *h, size_t i)
{
    double max = -INFINITY, sum = 0;
    for (size_t j = 0; j < h->shape->key_length; j++)
        max = fmax(max, score(h, i, j));
    if (max == -INFINITY)
        return max; /* sees nothing */
    for (size_t j = 0; j < h->shape->key_length; j++)
        sum += exp(score(h, i, j) - max);
    return max + log(sum);
}

static double probability(const struct head *h, size_t i, size_t j, double lse)
{
    return sees(h, i, j) ? exp(score(h, i, j) - lse) : 0;
}

/* What dropout multiplies a probability by. */
static double keep_factor(const struct head *h, size_t i, size_t j)
{
    const struct attention *s = h->shape;
    if (s->dropout == 0)
        return 1;
    size_t row = (h->element * s->heads + h->head) * s->query_length + i;
    double uniform = rng_uniform_at(s->dropout_key, s->dropout_stream, row * s->key_length + j);
    return uniform < s->dropout ? 0 : 1 / (1 - (double)s->dropout);
}

/* sum += weight * row. What weighs nothing is not read: a hidden key may hold anything. */
static void add_row(double *sum, double weight, const real *row, size_t width)
{
    if (weight == 0)
        return;
    for (size_t i = 0; i < width; i++)
        sum[i] += weight * row[i];
}

static void store_row(real *y, double beta, const double *sum, size_t width)
{
    for (size_t i = 0; i < width; i++)
        blend(y, i, beta, sum[i]);
}

static size_t block_width(size_t first, size_t width)
{
    return width - first < BLOCK ? width - first : BLOCK;
}

static void query_forward(const struct head *h, size_t i, real *y, double lse)
{
    const struct attention *s = h->shape;
    for (size_t first = 0; first < s->head_width; first += BLOCK) {
        size_t width = block_width(first, s->head_width);
        double sum[BLOCK] = { 0 };
        for (size_t j = 0; j < s->key_length; j++)
            add_row(sum, probability(h, i, j, lse) * keep_factor(h, i, j),
                    h->v + j * s->v_stride + first, width);
        store_row(y + first, 0, sum, width);
    }
}

void reference_attention_forward(const struct compute *c, const struct attention *shape, real *y,
                                 real *lse, const real *q, const real *k, const real *v)
{
    for (size_t b = 0; b < shape->batch; b++)
        for (size_t head = 0; head < shape->heads; head++) {
            struct head h = head_at(shape, b, head, q, k, v);
            real *row = y + query_place(shape, b, head, shape->y_stride);
            for (size_t i = 0; i < shape->query_length; i++, row += shape->y_stride) {
                double log_sum = log_sum_exp_of_scores(&h, i);
                query_forward(&h, i, row, log_sum);
                *lse++ = (real)log_sum;
            }
        }
}

/* The gradient at the dot product of query i and key j. */
static double product_slope(const struct head *h, size_t i, size_t j)
{
    const struct attention *s = h->shape;
    double p = probability(h, i, j, h->lse[i]);
    if (p == 0)
        return 0;
    const real *dy = h->dy + i * s->y_stride;
    double dp = keep_factor(h, i, j) * dot(dy, h->v + j * s->v_stride, s->head_width);
    return scale(h) * p * (dp - dot(dy, h->y + i * s->y_stride, s->head_width));
}

static void query_backward(const struct head *h, size_t i, real *dq, double beta)
{
    const struct attention *s = h->shape;
    for (size_t first = 0; first < s->head_width; first += BLOCK) {
        size_t width = block_width(first, s->head_width);
        double sum[BLOCK] = { 0 };
        for (size_t j = 0; j < s->key_length; j++)
            add_row(sum, product_slope(h, i, j), h->k + j * s->k_stride + first, width);
        store_row(dq + first, beta, sum, width);
    }
}

static void key_backward(const struct head *h, size_t j, real *dk, real *dv, double beta)
{
    const struct attention *s = h->shape;
    for (size_t first = 0; first < s->head_width; first += BLOCK) {
        size_t width = block_width(first, s->head_width);
        double sum_k[BLOCK] = { 0 }, sum_v[BLOCK] = { 0 };
        for (size_t i = 0; i < s->query_length; i++) {
            add_row(sum_k, product_slope(h, i, j), h->q + i * s->q_stride + first, width);
            add_row(sum_v, probability(h, i, j, h->lse[i]) * keep_factor(h, i, j),
                    h->dy + i * s->y_stride + first, width);
        }
        store_row(dk + first, beta, sum_k, width);
        store_row(dv + first, beta, sum_v, width);
    }
}

static void head_backward(const struct head *h, real *dq, real *dk, real *dv, double beta)
{
    const struct attention *s = h->shape;
    for (size_t i = 0; i < s->query_length; i++)
        query_backward(h, i, dq + i * s->q_stride, beta);
    for (size_t j = 0; j < s->key_length; j++)
        key_backward(h, j, dk + j * s->k_stride, dv + j * s->v_stride, beta);
}

void reference_attention_backward(const struct compute *c, const struct attention *shape, real *dq,
                                  real *dk, real *dv, const real *dy, const real *y,
                                  const real *lse, const real *q, const real *k, const real *v,
                                  real beta)
{
    for (size_t b = 0; b < shape->batch; b++)
        for (size_t head = 0; head < shape->heads; head++) {
            struct head h = head_at(shape, b, head, q, k, v);
            size_t result = query_place(shape, b, head, shape->y_stride);
            h.y = y + result;
            h.dy = dy + result;
            h.lse = lse + (b * shape->heads + head) * shape->query_length;
            head_backward(&h, dq + query_place(shape, b, head, shape->q_stride),
                          dk + key_place(shape, b, head, shape->k_stride),
                          dv + key_place(shape, b, head, shape->v_stride), beta);
        }
}
