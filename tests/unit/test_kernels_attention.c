/* Reference softmax and attention: values by hand or by PyTorch 1.13 in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "support/kernels.h"

static void softmax_of_small_large_and_ruled_out(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, 2, 4, 1000, 1001, 999, 0, -(real)INFINITY, 0 };
    real y[9];
    c->softmax_forward(c, y, x, 3, 3);
    assert_close(y, ((const double[]){ 0.0420100661, 0.114195199, 0.843794734, 0.244728471,
                                       0.665240956, 0.0900305732, 0.5, 0, 0.5 }));
    const real dy[] = { 0, 0, 0, 0, 0, 0, 1, 5, 0 };
    real dx[9] = { 1 };
    c->softmax_backward(c, dx, dy, y, 3, 3);
    assert_close(dx, ((const double[]){ 1, 0, 0, 0, 0, 0, 0.25, 0, -0.25 }));
}

static void two_heads_of_two_elements(void **state)
{
    const struct compute *c = *state;
    const struct attention shape = { .batch = 2,
                                     .heads = 2,
                                     .query_length = 2,
                                     .key_length = 3,
                                     .head_width = 3,
                                     .q_stride = 6,
                                     .k_stride = 6,
                                     .v_stride = 6,
                                     .y_stride = 6 };
    real q[24], k[36], v[36], y[24], lse[8];
    fill_steps(q, 24, 5);
    fill_steps(k, 36, 3);
    fill_steps(v, 36, 7);
    c->attention_forward(c, &shape, y, lse, q, k, v);
    assert_close(y, ((const double[]){ -1.16311297,  0.425015863,   -0.91311297,  -0.2889144,
                                       0.16311297,   -0.0389144003, -0.892367802, -0.0809651432,
                                       -0.642367802, 0.318716081,   -0.701182595, 0.568716081,
                                       -0.441743679, 0.421075919,   -0.540766798, -0.239780629,
                                       0.72075289,   0.0102193713,  -0.595936946, 0.528126355,
                                       -0.636357882, 0.25,          -0.988711093, 0.5 }));
    assert_close(lse, ((const double[]){ 1.91707777, 0.845095395, 1.91707777, 1.80415993,
                                         1.65392184, 1.69339107, 1.64948368, 1.25782984 }));
}

/* Two new queries at the end of four keys; q, k and v are parts of one array where they can be. */
static void causal_queries_are_the_last_ones(void **state)
{
    const struct compute *c = *state;
    const struct attention shape = { .batch = 1,
                                     .heads = 1,
                                     .query_length = 2,
                                     .key_length = 4,
                                     .head_width = 3,
                                     .q_stride = 3,
                                     .k_stride = 7,
                                     .v_stride = 7,
                                     .y_stride = 4,
                                     .causal = true };
    const struct layout into_parts = {
        .rank = 2, .dim = { 4, 3 }, .y_stride = { 7, 1 }, .x_stride = { 3, 1 }
    };
    real q[6], k[12], v[12], keys_values[28], y[8], lse[2];
    fill_steps(q, 6, 5);
    fill_steps(k, 12, 3);
    fill_steps(v, 12, 7);
    fill_nan(keys_values, 28);
    fill_nan(y, 8);
    c->copy_strided(c, keys_values, k, &into_parts, 0);
    c->copy_strided(c, keys_values + 3, v, &into_parts, 0);
    c->attention_forward(c, &shape, y, lse, q, keys_values, keys_values + 3);
    assert_close(y, ((const double[]){ -1.16330398, 0.472129133, -0.913303982 }));
    assert_close(y + 4, ((const double[]){ -0.329803641, 0.383543394, -0.0798036407 }));
    assert_true(isnan(y[3]) && isnan(y[7]));
    assert_close(lse, ((const double[]){ 1.9018758, 2.14188408 }));
}

/* More queries than keys: the first query sees nothing. */
static void causal_query_before_all_keys(void **state)
{
    const struct compute *c = *state;
    const struct attention shape = { .batch = 1,
                                     .heads = 1,
                                     .query_length = 3,
                                     .key_length = 2,
                                     .head_width = 1,
                                     .q_stride = 1,
                                     .k_stride = 1,
                                     .v_stride = 1,
                                     .y_stride = 1,
                                     .causal = true };
    const real q[] = { 1, 1, 0 }, k[] = { 2, 3 }, v[] = { 5, 9 };
    real y[3], lse[3];
    c->attention_forward(c, &shape, y, lse, q, k, v);
    assert_close(y, ((const double[]){ 0, 5, 7 }));
    assert_close(lse, ((const double[]){ -INFINITY, 2, 0.693147181 }));
}

/* Element 0 sees keys 0 and 2 of three, element 1 none. What is hidden may be NaN. */
static void hidden_keys_are_not_read(void **state)
{
    const struct compute *c = *state;
    const uint8_t mask[] = { 1, 0, 255, 0, 0, 0 };
    const struct attention shape = { .batch = 2,
                                     .heads = 1,
                                     .query_length = 2,
                                     .key_length = 3,
                                     .head_width = 1,
                                     .q_stride = 1,
                                     .k_stride = 1,
                                     .v_stride = 1,
                                     .y_stride = 1,
                                     .mask = mask,
                                     .mask_batch_stride = 3,
                                     .mask_query_stride = 0 };
    const real gap = (real)NAN;
    const real q[] = { 0, 1, 1, 2 }, k[] = { 1, gap, 1, gap, gap, gap };
    const real v[] = { 4, gap, 6, gap, gap, gap }, dy[] = { 1, 1, 1, 1 };
    real y[4], lse[4], dq[4], dk[6], dv[6];
    c->attention_forward(c, &shape, y, lse, q, k, v);
    assert_close(y, ((const double[]){ 5, 5, 0, 0 }));
    assert_close(lse, ((const double[]){ 0.693147181, 1.693147181, -INFINITY, -INFINITY }));

    fill_nan(dq, 4);
    fill_nan(dk, 6);
    fill_nan(dv, 6);
    c->attention_backward(c, &shape, dq, dk, dv, dy, y, lse, q, k, v, 0);
    assert_close(dq, ((const double[]){ 0, 0, 0, 0 }));
    assert_close(dk, ((const double[]){ -0.5, 0, 0.5, 0, 0, 0 }));
    assert_close(dv, ((const double[]){ 1, 0, 1, 0, 0, 0 }));
    c->attention_backward(c, &shape, dq, dk, dv, dy, y, lse, q, k, v, 1);
    assert_close(dk, ((const double[]){ -1, 0, 1, 0, 0, 0 }));
}

/* One mask row per query, shared by both elements. */
static void mask_per_query(void **state)
{
    const struct compute *c = *state;
    const uint8_t mask[] = { 1, 0, 0, 1 };
    const struct attention shape = { .batch = 2,
                                     .heads = 1,
                                     .query_length = 2,
                                     .key_length = 2,
                                     .head_width = 1,
                                     .q_stride = 1,
                                     .k_stride = 1,
                                     .v_stride = 1,
                                     .y_stride = 1,
                                     .mask = mask,
                                     .mask_batch_stride = 0,
                                     .mask_query_stride = 2 };
    const real q[] = { 1, 1, 1, 1 }, k[] = { 1, 2, 3, 4 }, v[] = { 5, 6, 7, 8 };
    real y[4], lse[4];
    c->attention_forward(c, &shape, y, lse, q, k, v);
    assert_close(y, ((const double[]){ 5, 6, 7, 8 }));
}

/* With q = 0 every probability is 1 / 3, and with v the unit matrix y shows what dropout left. */
static void dropout_follows_the_stream(void **state)
{
    const struct compute *c = *state;
    enum { ROWS = 2 * 2 * 5, KEYS = 3, WIDTH = 2 * KEYS, KEY = 42, STREAM = 9 };
    const struct attention shape = { .batch = 2,
                                     .heads = 2,
                                     .query_length = 5,
                                     .key_length = KEYS,
                                     .head_width = KEYS,
                                     .q_stride = WIDTH,
                                     .k_stride = WIDTH,
                                     .v_stride = WIDTH,
                                     .y_stride = WIDTH,
                                     .dropout = 0.25,
                                     .dropout_key = KEY,
                                     .dropout_stream = STREAM };
    real q[10 * WIDTH] = { 0 }, k[6 * WIDTH], v[6 * WIDTH] = { 0 }, y[10 * WIDTH], lse[ROWS];
    fill_steps(k, 6 * WIDTH, 5);
    for (size_t j = 0; j < 6; j++)
        v[j * WIDTH + j % KEYS] = v[j * WIDTH + KEYS + j % KEYS] = 1;
    c->attention_forward(c, &shape, y, lse, q, k, v);

    size_t dropped = 0;
    for (size_t e = 0; e < ROWS * KEYS; e++) {
        size_t j = e % KEYS, i = e / KEYS % 5, head = e / KEYS / 5 % 2, b = e / KEYS / 10;
        bool drop = rng_uniform_at(KEY, STREAM, e) < 0.25;
        const double expected[] = { drop ? 0 : 4.0 / 9 };
        assert_close(&y[(b * 5 + i) * WIDTH + head * KEYS + j], expected);
        dropped += drop;
    }
    assert_in_range(dropped, 5, 25); /* 15 of 60 expected */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_of_small_large_and_ruled_out),
        cmocka_unit_test(two_heads_of_two_elements),
        cmocka_unit_test(causal_queries_are_the_last_ones),
        cmocka_unit_test(causal_query_before_all_keys),
        cmocka_unit_test(hidden_keys_are_not_read),
        cmocka_unit_test(mask_per_query),
        cmocka_unit_test(dropout_follows_the_stream),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
