/* Attention of the cpu table against the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 3e-6;

/* q, k, v and y with room between rows; where `packed`, q, k and v are parts of one array. */
struct arrays {
    struct attention shape;
    size_t queries, keys, results; /* elements, strides included */
    const real *q, *k, *v;
};

static void draw_mask(struct parity *p, struct attention *s)
{
    size_t keys = s->key_length, queries = s->query_length;
    bool per_query = parity_flip(p), shared = parity_flip(p);
    s->mask_query_stride = per_query ? keys : 0;
    s->mask_batch_stride = shared ? 0 : keys * (per_query ? queries : 1);
    size_t n = keys * (per_query ? queries : 1) * (shared ? 1 : s->batch);
    const real *chance = parity_uniform(p, n, 0, 1);
    uint8_t *mask = arena_array(&p->memory, n, 1);
    assert_non_null(mask);
    for (size_t i = 0; i < n; i++)
        mask[i] = chance[i] < 0.7;
    for (size_t j = 0; parity_flip(p) && j < keys; j++)
        mask[j] = 0; /* the first query, or the first element, sees nothing */
    s->mask = mask;
}

static struct attention draw_shape(struct parity *p)
{
    size_t most = p->large ? 80 : 35;
    const size_t widths[] = { 64, 64, 32, 16, 5, 70 };
    struct attention s = { .batch = parity_size(p, 1, 3),
                           .heads = parity_size(p, 1, 4),
                           .query_length = parity_size(p, 1, most),
                           .head_width = widths[parity_size(p, 0, 5)] };
    s.key_length = parity_flip(p) ? s.query_length : parity_size(p, 1, most);
    s.causal = parity_flip(p);
    s.dropout = parity_size(p, 0, 3) == 0 ? (real)0.3 : 0;
    s.dropout_key = 7;
    s.dropout_stream = parity_size(p, 0, 1000);
    if (parity_flip(p))
        draw_mask(p, &s);
    return s;
}

static struct arrays draw_arrays(struct parity *p, struct attention s)
{
    size_t width = s.heads * s.head_width;
    bool packed = s.key_length == s.query_length && parity_flip(p);
    s.q_stride = packed ? 3 * width : width + parity_size(p, 0, 2);
    s.k_stride = s.v_stride = packed ? 3 * width : width + parity_size(p, 0, 2);
    s.y_stride = width + parity_size(p, 0, 2);
    struct arrays a = { .shape = s,
                        .queries = s.batch * s.query_length * s.q_stride,
                        .keys = s.batch * s.key_length * s.k_stride,
                        .results = s.batch * s.query_length * s.y_stride };
    a.q = parity_normal(p, a.queries);
    a.k = packed ? a.q + width : parity_normal(p, a.keys);
    a.v = packed ? a.q + 2 * width : parity_normal(p, a.keys);
    return a;
}

/* What lies between the rows is left alone: numbers, so that it takes part in the comparison. */
static struct outcome strided_output(struct parity *p, size_t n, size_t row, size_t stride)
{
    struct outcome o = parity_gradient(p, n);
    for (size_t i = 0; i < n; i++)
        if (i % stride < row)
            o.at[0][i] = o.at[1][i] = (real)NAN;
    return o;
}

/* Nothing flows out of some heads of some elements. */
static void silence(struct parity *p, const struct attention *s, real *dy)
{
    for (size_t task = 0; task < s->batch * s->heads; task++) {
        real *head =
            dy + task / s->heads * s->query_length * s->y_stride + task % s->heads * s->head_width;
        const bool silent = parity_size(p, 0, 3) == 0;

        for (size_t i = 0; silent && i < s->query_length; i++)
            memset(head + i * s->y_stride, 0, s->head_width * sizeof *dy);
    }
}

static void check_backward(struct parity *p, const struct arrays *a, const real *y, const real *lse)
{
    const struct attention *s = &a->shape;
    size_t row = s->heads * s->head_width;
    real beta = parity_beta(p);
    real *dy = parity_normal(p, a->results);
    silence(p, s, dy);
    struct outcome dq = parity_gradient(p, a->queries), dk, dv;
    dk = beta == 0 ? strided_output(p, a->keys, row, s->k_stride) : parity_gradient(p, a->keys);
    dv = beta == 0 ? strided_output(p, a->keys, row, s->v_stride) : parity_gradient(p, a->keys);
    FOR_TABLES(p, c, side)
    {
        c->attention_backward(c, s, dq.at[side], dk.at[side], dv.at[side], dy, y, lse, a->q, a->k,
                              a->v, beta);
    }
    parity_compare(p, "dq", dq, TOLERANCE);
    parity_compare(p, "dk", dk, TOLERANCE);
    parity_compare(p, "dv", dv, TOLERANCE);
}

static void check_attention(struct parity *p, struct attention shape)
{
    struct arrays a = draw_arrays(p, shape);
    const struct attention *s = &a.shape;
    size_t rows = s->batch * s->heads * s->query_length;
    struct outcome y = strided_output(p, a.results, s->heads * s->head_width, s->y_stride);
    struct outcome lse = parity_output(p, rows);
    FOR_TABLES(p, c, side)
    {
        c->attention_forward(c, s, y.at[side], lse.at[side], a.q, a.k, a.v);
    }
    real *kept_lse = parity_normal(p, rows), *kept_y = parity_normal(p, a.results);
    for (size_t i = 0; i < rows; i++)
        kept_lse[i] = lse.at[0][i];
    for (size_t i = 0; i < a.results; i++)
        kept_y[i] = y.at[0][i];
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "lse", lse, TOLERANCE);
    check_backward(p, &a, kept_y, kept_lse);
}

static void any_shape(struct parity *p)
{
    check_attention(p, draw_shape(p));
}

/* Blocks of queries, in the backward pass; and more keys than the fast kernel takes. */
static void long_shape(struct parity *p)
{
    struct attention s = draw_shape(p);
    s.batch = s.heads = 1;
    s.mask = NULL;
    s.query_length = parity_size(p, 200, 260);
    s.key_length = parity_size(p, 300, 500);
    check_attention(p, s);
    s.query_length = 3;
    s.key_length = 2000;
    s.head_width = 128;
    check_attention(p, s);
}

/* A key that a padding mask hides may hold anything. */
static void padding_may_be_nan(struct parity *p)
{
    enum { KEYS = 9, HIDDEN = 4, WIDTH = 64 };
    static const uint8_t mask[KEYS] = { 1, 1, 1, 1, 0, 1, 1, 1, 1 };
    struct attention s = { .batch = 1,
                           .heads = 1,
                           .query_length = 7,
                           .key_length = KEYS,
                           .head_width = WIDTH,
                           .q_stride = WIDTH,
                           .k_stride = WIDTH,
                           .v_stride = WIDTH,
                           .y_stride = WIDTH,
                           .mask = mask };
    real *q = parity_normal(p, 7 * WIDTH), *k = parity_normal(p, KEYS * WIDTH);
    real *v = parity_normal(p, KEYS * WIDTH), *dy = parity_normal(p, 7 * WIDTH);
    for (size_t i = 0; i < WIDTH; i++)
        k[HIDDEN * WIDTH + i] = v[HIDDEN * WIDTH + i] = (real)NAN;
    struct outcome y = parity_output(p, 7 * WIDTH), lse = parity_output(p, 7);
    struct outcome dq = parity_output(p, 7 * WIDTH), dk = parity_output(p, KEYS * WIDTH),
                   dv = parity_output(p, KEYS * WIDTH);
    FOR_TABLES(p, c, side)
    {
        c->attention_forward(c, &s, y.at[side], lse.at[side], q, k, v);
        c->attention_backward(c, &s, dq.at[side], dk.at[side], dv.at[side], dy, y.at[side],
                              lse.at[side], q, k, v, 0);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "dq", dq, TOLERANCE);
    parity_compare(p, "dk", dk, TOLERANCE);
    parity_compare(p, "dv", dv, TOLERANCE);
}

static void test_any(void **state)
{
    parity_run(any_shape, 40);
}

static void test_long(void **state)
{
    parity_run(long_shape, 1);
}

static void test_padding(void **state)
{
    parity_run(padding_may_be_nan, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
