/* Kernels over rows found by number, of the cpu table against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 3e-6;

static void gathered_attention_case(struct parity *p)
{
    const size_t widths[] = { 64, 32, 16, 5, 70, 1 }, rows_of_memory = parity_size(p, 1, 60);
    struct gathered_attention s = { .keys = parity_size(p, 1, 60),
                                    .heads = parity_size(p, 1, 8),
                                    .head_width = widths[parity_size(p, 0, 5)] };
    const size_t d = s.heads * s.head_width;
    s.rows = parity_rows(p, d * s.keys);
    s.q_stride = d + parity_size(p, 0, 2);
    s.k_stride = d + parity_size(p, 0, 2);
    s.v_stride = d + parity_size(p, 0, 2);
    s.y_stride = d;
    s.place = parity_index(p, s.rows * s.keys, rows_of_memory);
    const real *q = parity_normal(p, s.rows * s.q_stride);
    const real *k = parity_normal(p, rows_of_memory * s.k_stride);
    const real *v = parity_normal(p, rows_of_memory * s.v_stride);
    struct outcome y = parity_output(p, s.rows * d);
    struct outcome weight = parity_output(p, s.rows * s.heads * s.keys);
    FOR_TABLES(p, c, side)
    c->gathered_attention(c, &s, y.at[side], weight.at[side], q, k, v);
    parity_compare(p, "weight", weight, TOLERANCE);
    parity_compare(p, "y", y, TOLERANCE);
}

static void additive_attention_case(struct parity *p)
{
    const size_t d = parity_size(p, 1, 200), length = parity_size(p, 1, 60);
    const size_t rows = parity_rows(p, d * length), count = parity_size(p, 1, 5);
    const real *x = parity_normal(p, count * length * d), *q = parity_normal(p, rows * d);
    const real *w = parity_uniform(p, d, -1, 1);
    const int64_t *index = parity_index(p, rows, count);
    struct outcome weight = parity_output(p, rows * length);
    FOR_TABLES(p, c, side)
    c->additive_attention(c, weight.at[side], x, q, w, index, rows, length, d);
    parity_compare(p, "weight", weight, TOLERANCE);
}

static void mix_rows_case(struct parity *p)
{
    const size_t d = parity_size(p, 1, 300), length = parity_size(p, 1, 60);
    const size_t rows = parity_rows(p, d * length), count = parity_size(p, 1, 5);
    const real *x = parity_normal(p, count * length * d), *weight = parity_normal(p, rows * length);
    const int64_t *index = parity_index(p, rows, count);
    struct outcome y = parity_output(p, rows * d);
    FOR_TABLES(p, c, side)
    c->mix_rows(c, y.at[side], weight, x, index, rows, length, d);
    parity_compare(p, "y", y, 1e-6);
}

static void gathered_attention(void **state)
{
    (void)state;
    parity_run(gathered_attention_case, 40);
}

static void additive_attention(void **state)
{
    (void)state;
    parity_run(additive_attention_case, 40);
}

static void mix_rows(void **state)
{
    (void)state;
    parity_run(mix_rows_case, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathered_attention),
        cmocka_unit_test(additive_attention),
        cmocka_unit_test(mix_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
