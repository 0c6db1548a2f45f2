/* Reference kernels over rows found by number: values by hand, and attention as attention_forward
 * gives it on copies of the rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/kernels.h"

enum { ROWS = 3, KEYS = 4, HEADS = 2, WIDTH = 3, D = HEADS * WIDTH, MEMORY = 7, STRIDE = D + 2 };

/* Scores ln 1 and ln 3 after scaling, so probabilities 1/4 and 3/4; keys the other way round for
 * the second query. */
static void attention_by_hand(void **state)
{
    const struct compute *c = *state;
    const int64_t place[] = { 2, 0, 0, 2 };
    const struct gathered_attention shape = { 2, 2, 1, 1, 1, 1, 2, 1, place };
    const real q[] = { 1, 1 }, k[] = { (real)log(3), 9, 0 }, v[] = { 8, 0, 100, 0, 4, 0 };
    real y[2], weight[4];
    c->gathered_attention(c, &shape, y, weight, q, k, v);
    assert_close(y, ((const double[]){ 7, 7 }));
    assert_close(weight, ((const double[]){ 0.25, 0.75, 0.75, 0.25 }));
}

static void attention_on_copies(void **state)
{
    const struct compute *c = *state;
    static const int64_t place[ROWS * KEYS] = { 6, 0, 3, 3, 1, 2, 4, 5, 0, 6, 2, 2 };
    const struct gathered_attention shape = { .rows = ROWS,
                                              .keys = KEYS,
                                              .heads = HEADS,
                                              .head_width = WIDTH,
                                              .q_stride = D + 1,
                                              .k_stride = STRIDE,
                                              .v_stride = STRIDE,
                                              .y_stride = D + 3,
                                              .place = place };
    const struct attention copied = { .batch = ROWS,
                                      .heads = HEADS,
                                      .query_length = 1,
                                      .key_length = KEYS,
                                      .head_width = WIDTH,
                                      .q_stride = D + 1,
                                      .k_stride = STRIDE,
                                      .v_stride = STRIDE,
                                      .y_stride = D + 3 };
    real q[ROWS * (D + 1)], k[MEMORY * STRIDE], v[MEMORY * STRIDE], lse[ROWS * HEADS];
    real keys[ROWS * KEYS * STRIDE], values[ROWS * KEYS * STRIDE], weight[ROWS * HEADS * KEYS];
    real y[ROWS * (D + 3)] = { 0 }, expected[ROWS * (D + 3)] = { 0 };
    fill_steps(q, sizeof q / sizeof *q, 5);
    fill_steps(k, MEMORY * STRIDE, 3);
    fill_steps(v, MEMORY * STRIDE, 7);
    c->gather_rows(c, keys, k, place, ROWS * KEYS, STRIDE);
    c->gather_rows(c, values, v, place, ROWS * KEYS, STRIDE);
    c->attention_forward(c, &copied, expected, lse, q, keys, values);
    c->gathered_attention(c, &shape, y, weight, q, k, v);
    for (size_t i = 0; i < ROWS * (D + 3); i++) {
        const double close = (double)expected[i];
        assert_close_at(y + i, &close, 1, __FILE__, __LINE__);
    }
}

/* tanh(ln 2) = 0.6, tanh(-ln 3) = -0.8: scores 5 ln 3 0.6 = 3 ln 3 less 4 ln 3, and so on. */
static void additive_attention_by_hand(void **state)
{
    const struct compute *c = *state;
    const real two = (real)log(2), three = (real)log(3), w[] = { 5 * three, 0, 1 };
    const real x[] = { 9, 9, 9, 9, 9, 9, two, 7, 1, -three, 7, 1 }; /* [2, 2, 3] */
    const real q[] = { 0, 1, -1, 0, -1, -1 };
    const int64_t index[] = { 1, 1 };
    real weight[4];
    c->additive_attention(c, weight, x, q, w, index, 2, 2, 3);
    const double ratio = pow(3, 7); /* scores 3 ln 3 and -4 ln 3 */
    assert_close(weight, ((const double[]){ ratio / (1 + ratio), 1 / (1 + ratio),
                                            ratio / (1 + ratio), 1 / (1 + ratio) }));
    const int64_t first[] = { 0, 1 };
    c->additive_attention(c, weight, x, q, w, first, 2, 2, 3);
    assert_close(weight, ((const double[]){ 0.5, 0.5, ratio / (1 + ratio), 1 / (1 + ratio) }));
}

static void rows_are_mixed(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }; /* [3, 2, 2] */
    const real weight[] = { 1, 0, 0.5, 2, -1, 1 };
    const int64_t index[] = { 2, 0, 2 };
    real y[6];
    c->mix_rows(c, y, weight, x, index, 3, 2, 2);
    assert_close(y, ((const double[]){ 9, 10, 6.5, 9, 2, 2 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention_by_hand),
        cmocka_unit_test(attention_on_copies),
        cmocka_unit_test(additive_attention_by_hand),
        cmocka_unit_test(rows_are_mixed),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
