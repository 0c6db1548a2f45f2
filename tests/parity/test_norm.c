/* Norms, softmax and lengths of the cpu table against the reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 3e-6;

struct norm_arrays {
    size_t rows, d;
    real *x, *scale, *shift, *mean, *spread;
};

/* One row in a while has equal values, far from 0. */
static struct norm_arrays draw_arrays(struct parity *p)
{
    struct norm_arrays a = { .d = parity_size(p, 2, 530) };
    a.rows = parity_rows(p, a.d);
    a.x = parity_normal(p, a.rows * a.d);
    a.scale = parity_normal(p, a.d);
    a.shift = parity_normal(p, a.d);
    a.mean = parity_normal(p, a.rows);
    a.spread = parity_normal(p, a.rows);
    return a;
}

/* x becomes what `kernel` is stable at: no row so flat that rounding decides. */
static void spread_rows(struct norm_arrays *a)
{
    for (size_t r = 0; r < a->rows; r++) {
        a->x[r * a->d] += 3;
        a->x[r * a->d + 1] -= 3;
    }
}

typedef void norm_forward(const struct compute *c, real *y, real *mean, real *spread,
                          const struct norm_arrays *a);
typedef void norm_backward(const struct compute *c, real *dx, real *dscale, real *dshift,
                           const real *dy, const struct norm_arrays *a, real *scratch, real beta);

static void norm_forward_of(const struct compute *c, real *y, real *mean, real *spread,
                            const struct norm_arrays *a)
{
    c->norm_forward(c, y, mean, spread, a->x, a->scale, a->shift, a->rows, a->d);
}

static void layer_norm_forward_of(const struct compute *c, real *y, real *mean, real *spread,
                                  const struct norm_arrays *a)
{
    c->layer_norm_forward(c, y, mean, spread, a->x, a->scale, a->shift, (real)1e-5, a->rows, a->d);
}

static void norm_backward_of(const struct compute *c, real *dx, real *dscale, real *dshift,
                             const real *dy, const struct norm_arrays *a, real *scratch, real beta)
{
    c->norm_backward(c, dx, dscale, dshift, dy, a->x, a->scale, a->mean, a->spread, scratch, beta,
                     a->rows, a->d);
}

static void layer_norm_backward_of(const struct compute *c, real *dx, real *dscale, real *dshift,
                                   const real *dy, const struct norm_arrays *a, real *scratch,
                                   real beta)
{
    c->layer_norm_backward(c, dx, dscale, dshift, dy, a->x, a->scale, a->mean, a->spread, scratch,
                           beta, a->rows, a->d);
}

static void check_norm(struct parity *p, norm_forward *forward, norm_backward *backward)
{
    struct norm_arrays a = draw_arrays(p);
    spread_rows(&a);
    struct outcome y = parity_output(p, a.rows * a.d), mean = parity_output(p, a.rows);
    struct outcome spread = parity_output(p, a.rows);
    FOR_TABLES(p, c, side)
    {
        forward(c, y.at[side], mean.at[side], spread.at[side], &a);
    }
    for (size_t r = 0; r < a.rows; r++) {
        a.mean[r] = mean.at[0][r];
        a.spread[r] = spread.at[0][r];
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "mean", mean, TOLERANCE);
    parity_compare(p, "spread", spread, TOLERANCE);

    real beta = parity_beta(p), *dy = parity_normal(p, a.rows * a.d);
    real *scratch = parity_normal(p, ROW_CHUNKS * 2 * a.d);
    bool with_dx = parity_flip(p), with_scale = !with_dx || parity_flip(p);
    struct outcome dx = { .n = a.rows * a.d };
    if (with_dx)
        dx = parity_blend(p, a.rows * a.d, beta);
    struct outcome dscale = parity_wanted(p, a.d, with_scale);
    struct outcome dshift = parity_wanted(p, a.d, with_scale);
    FOR_TABLES(p, c, side)
    {
        backward(c, dx.at[side], dscale.at[side], dshift.at[side], dy, &a, scratch, beta);
    }
    parity_compare(p, "dx", dx, TOLERANCE);
    parity_compare(p, "dscale", dscale, TOLERANCE);
    parity_compare(p, "dshift", dshift, TOLERANCE);
}

static void norm(struct parity *p)
{
    check_norm(p, norm_forward_of, norm_backward_of);
}

static void layer_norm(struct parity *p)
{
    check_norm(p, layer_norm_forward_of, layer_norm_backward_of);
}

/* Its deviation is exactly 0, so y is the shift, and no slope comes back. */
static void row_of_equal_values(struct parity *p)
{
    struct norm_arrays a = draw_arrays(p);
    for (size_t i = 0; i < a.rows * a.d; i++)
        a.x[i] = (real)1234.5678;
    struct outcome y = parity_output(p, a.rows * a.d), mean = parity_output(p, a.rows);
    struct outcome std = parity_output(p, a.rows), dx = parity_output(p, a.rows * a.d);
    const real *dy = parity_normal(p, a.rows * a.d);
    FOR_TABLES(p, c, side)
    {
        c->norm_forward(c, y.at[side], mean.at[side], std.at[side], a.x, a.scale, a.shift, a.rows,
                        a.d);
        c->norm_backward(c, dx.at[side], NULL, NULL, dy, a.x, a.scale, mean.at[side], std.at[side],
                         NULL, 0, a.rows, a.d);
    }
    for (size_t r = 0; r < a.rows; r++)
        assert_true(std.at[1][r] == 0);
    parity_compare(p, "y", y, 0);
    /* dx is g minus its mean, over 1e-6: as exact as the mean of g */
    parity_compare(p, "dx", dx, TOLERANCE);
}

static void batch_norm(struct parity *p)
{
    size_t space = parity_flip(p) ? 1 : parity_size(p, 2, 90), channels = parity_size(p, 1, 150);
    size_t n = space == 1 && p->large ? 500 : parity_size(p, 2, 12), all = n * channels * space;
    bool with_running = parity_flip(p);
    const real *x = parity_normal(p, all), *w = parity_normal(p, channels);
    const real *b = parity_normal(p, channels), *dy = parity_normal(p, all);
    struct outcome y = parity_output(p, all), mean = parity_output(p, channels);
    struct outcome inv = parity_output(p, channels);
    struct outcome running_mean = parity_wanted(p, channels, with_running);
    struct outcome running_var = parity_wanted(p, channels, with_running);
    struct outcome dx = parity_wanted(p, all, parity_flip(p));
    struct outcome dw = parity_wanted(p, channels, parity_flip(p));
    struct outcome db = parity_wanted(p, channels, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->batch_norm_train_forward(c, y.at[side], mean.at[side], inv.at[side],
                                    running_mean.at[side], running_var.at[side], x, w, b, (real)0.1,
                                    (real)1e-5, n, channels, space);
        c->batch_norm_train_backward(c, dx.at[side], dw.at[side], db.at[side], dy, x, w,
                                     mean.at[side], inv.at[side], n, channels, space);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "mean", mean, TOLERANCE);
    parity_compare(p, "inv", inv, TOLERANCE);
    parity_compare(p, "running mean", running_mean, TOLERANCE);
    parity_compare(p, "running variance", running_var, TOLERANCE);
    parity_compare(p, "dx", dx, TOLERANCE);
    parity_compare(p, "dw", dw, TOLERANCE);
    parity_compare(p, "db", db, TOLERANCE);
}

static void batch_norm_with_constants(struct parity *p)
{
    size_t space = parity_flip(p) ? 1 : parity_size(p, 2, 90), channels = parity_size(p, 1, 150);
    size_t n = space == 1 && p->large ? 500 : parity_size(p, 2, 12), all = n * channels * space;
    const real *x = parity_normal(p, all), *w = parity_normal(p, channels);
    const real *b = parity_normal(p, channels), *dy = parity_normal(p, all);
    const real *mean = parity_normal(p, channels), *var = parity_uniform(p, channels, 0.1, 2);
    struct outcome y = parity_output(p, all), inv = parity_output(p, channels);
    struct outcome dx = parity_wanted(p, all, parity_flip(p));
    struct outcome dw = parity_wanted(p, channels, parity_flip(p));
    struct outcome db = parity_wanted(p, channels, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->batch_norm_eval_forward(c, y.at[side], inv.at[side], mean, var, x, w, b, (real)1e-5, n,
                                   channels, space);
        c->batch_norm_eval_backward(c, dx.at[side], dw.at[side], db.at[side], dy, x, w, mean,
                                    inv.at[side], n, channels, space);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "inv", inv, TOLERANCE);
    parity_compare(p, "dx", dx, TOLERANCE);
    parity_compare(p, "dw", dw, TOLERANCE);
    parity_compare(p, "db", db, TOLERANCE);
}

static void softmax(struct parity *p)
{
    size_t d = parity_size(p, 1, 300), rows = parity_rows(p, 4 * d), n = rows * d;
    real *x = parity_uniform(p, n, -30, 30);
    for (size_t r = 0; d > 1 && r < rows; r++)
        x[r * d] = -(real)INFINITY; /* ruled out */
    const real *dy = parity_normal(p, n);
    struct outcome y = parity_output(p, n), dx = parity_gradient(p, n);
    FOR_TABLES(p, c, side)
    {
        c->softmax_forward(c, y.at[side], x, rows, d);
        c->softmax_backward(c, dx.at[side], dy, y.at[side], rows, d);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "dx", dx, TOLERANCE);
}

static void l2_normalise(struct parity *p)
{
    size_t d = parity_size(p, 1, 520), rows = parity_rows(p, d), n = rows * d;
    real *x = parity_normal(p, n);
    for (size_t i = 0; i < d; i++)
        x[i] *= (real)1e-25; /* too short to be normalised, and its square is no float */
    const real *dy = parity_normal(p, n);
    struct outcome y = parity_output(p, n), norm = parity_output(p, rows);
    struct outcome dx = parity_gradient(p, n);
    FOR_TABLES(p, c, side)
    {
        c->l2_normalise_forward(c, y.at[side], norm.at[side], x, rows, d);
        c->l2_normalise_backward(c, dx.at[side], dy, y.at[side], norm.at[side], rows, d);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "norm", norm, TOLERANCE);
    parity_compare(p, "dx", dx, TOLERANCE);
}

static void test_norm(void **state)
{
    parity_run(norm, 24);
}

static void test_layer_norm(void **state)
{
    parity_run(layer_norm, 24);
}

static void test_equal_values(void **state)
{
    parity_run(row_of_equal_values, 4);
}

static void test_batch_norm(void **state)
{
    parity_run(batch_norm, 24);
    parity_run(batch_norm_with_constants, 24);
}

static void test_softmax(void **state)
{
    parity_run(softmax, 24);
}

static void test_l2_normalise(void **state)
{
    parity_run(l2_normalise, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_norm),         cmocka_unit_test(test_layer_norm),
        cmocka_unit_test(test_equal_values), cmocka_unit_test(test_batch_norm),
        cmocka_unit_test(test_softmax),      cmocka_unit_test(test_l2_normalise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
