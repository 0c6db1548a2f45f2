/* Matrix products of the cpu table against the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 1e-6;

/* Sizes around those of tiles and of pieces of k, and any others. */
static size_t draw_size(struct parity *p, size_t high)
{
    const size_t special[] = { 1, 6, 12, 16, 32, 48, 64, 256, 257 };
    size_t pick = parity_size(p, 0, 20);
    size_t size = pick < sizeof special / sizeof *special ? special[pick] : parity_size(p, 1, high);
    return size < high ? size : high;
}

static struct matmul draw_shape(struct parity *p)
{
    struct matmul s = { .transpose_a = parity_flip(p),
                        .transpose_b = parity_flip(p),
                        .m = draw_size(p, p->large ? 300 : 50),
                        .n = draw_size(p, p->large ? 200 : 80),
                        .k = draw_size(p, p->large ? 1300 : 300),
                        .batch = 1,
                        .alpha = parity_flip(p) ? 1 : (real)-0.5 };
    s.a_stride = (s.transpose_a ? s.m : s.k) + parity_size(p, 0, 3);
    s.b_stride = (s.transpose_b ? s.k : s.n) + parity_size(p, 0, 3);
    s.y_stride = s.n + parity_size(p, 0, 3);
    return s;
}

static void check_product(struct parity *p, struct matmul s)
{
    real beta = parity_beta(p);
    s.a_step = s.a_step * (s.transpose_a ? s.k : s.m) * s.a_stride;
    s.b_step = s.b_step * (s.transpose_b ? s.n : s.k) * s.b_stride;
    s.y_step = s.m * s.y_stride;
    const real *a = parity_normal(p, s.batch * (s.transpose_a ? s.k : s.m) * s.a_stride);
    const real *b = parity_normal(p, s.batch * (s.transpose_b ? s.n : s.k) * s.b_stride);
    struct outcome y = parity_gradient(p, s.batch * s.y_step);
    for (size_t i = 0; beta == 0 && i < s.batch * s.y_step; i++)
        if (i % s.y_stride < s.n) /* what lies between the rows stays */
            y.at[0][i] = y.at[1][i] = (real)NAN;
    FOR_TABLES(p, c, side)
    {
        c->matmul(c, &s, y.at[side], a, b, beta);
    }
    parity_compare(p, "y", y, TOLERANCE);
}

static void one_product(struct parity *p)
{
    check_product(p, draw_shape(p));
}

/* Either operand may be shared by the batch. */
static void batch_of_products(struct parity *p)
{
    struct matmul s = draw_shape(p);
    s.batch = parity_size(p, 2, p->large ? 20 : 5);
    s.m = s.m / 4 + 1;
    s.n = s.n / 2 + 1;
    s.k = s.k / 4 + 1;
    s.a_stride = (s.transpose_a ? s.m : s.k) + parity_size(p, 0, 1);
    s.b_stride = (s.transpose_b ? s.k : s.n);
    s.y_stride = s.n;
    s.a_step = parity_size(p, 0, 3) > 0;
    s.b_step = parity_flip(p);
    check_product(p, s);
}

static void linear_layer(struct parity *p)
{
    enum activation kind = (enum activation)parity_size(p, ACTIVATE_NONE, ACTIVATE_QUICK_GELU);
    size_t rows = draw_size(p, p->large ? 300 : 40), in = draw_size(p, p->large ? 600 : 300);
    size_t out = draw_size(p, p->large ? 300 : 100);
    bool with_residual = parity_flip(p), with_pre = parity_flip(p), in_place = parity_flip(p);
    const real *x = parity_normal(p, rows * in), *w = parity_normal(p, out * in);
    const real *b = parity_flip(p) ? parity_normal(p, out) : NULL;
    const real *residual = parity_normal(p, rows * out);
    struct outcome y =
        with_residual && in_place ? parity_gradient(p, rows * out) : parity_output(p, rows * out);
    struct outcome pre = { .n = rows * out };
    if (with_pre)
        pre = parity_output(p, rows * out);
    FOR_TABLES(p, c, side)
    {
        c->linear_forward(c, y.at[side], pre.at[side], x, w, b,
                          !with_residual ? NULL
                          : in_place     ? y.at[side]
                                         : residual,
                          kind, rows, in, out);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "pre", pre, TOLERANCE);
}

static void test_product(void **state)
{
    parity_run(one_product, 60);
}

static void test_batch(void **state)
{
    parity_run(batch_of_products, 40);
}

static void test_linear(void **state)
{
    parity_run(linear_layer, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_product),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
