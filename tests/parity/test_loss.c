/* Losses over rows of the cpu table against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/parity.h"

static const double TOLERANCE = 2e-6;

static void cross_entropy(struct parity *p)
{
    size_t classes = parity_size(p, 1, 700), rows = parity_rows(p, 4 * classes);
    real smoothing = parity_flip(p) ? (real)0.1 : 0;
    const real *logits = parity_uniform(p, rows * classes, -8, 8);
    const real *weight = parity_flip(p) ? parity_uniform(p, rows, 0, 1) : NULL;
    const real *dloss = parity_normal(p, rows);
    const int64_t *target = parity_index(p, rows, classes);
    struct outcome loss = parity_output(p, rows), lse = parity_output(p, rows);
    struct outcome dlogits = parity_gradient(p, rows * classes);
    FOR_TABLES(p, c, side)
    {
        c->cross_entropy_forward(c, loss.at[side], lse.at[side], logits, target, weight, smoothing,
                                 rows, classes);
        c->cross_entropy_backward(c, dlogits.at[side], dloss, lse.at[side], logits, target, weight,
                                  smoothing, rows, classes);
    }
    if (classes > 1) /* with one class the loss is 0, up to rounding */
        parity_compare(p, "loss", loss, TOLERANCE);
    parity_compare(p, "lse", lse, TOLERANCE);
    parity_compare(p, "dlogits", dlogits, TOLERANCE);
}

static void squared_distance(struct parity *p)
{
    size_t d = parity_size(p, 1, 600), rows = parity_rows(p, d), n = rows * d;
    const real *a = parity_normal(p, n), *b = parity_normal(p, n), *dy = parity_normal(p, rows);
    struct outcome y = parity_output(p, rows);
    struct outcome da = parity_wanted(p, n, parity_flip(p));
    struct outcome db = parity_wanted(p, n, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->squared_distance_forward(c, y.at[side], a, b, rows, d);
        c->squared_distance_backward(c, da.at[side], db.at[side], dy, a, b, rows, d);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "da", da, TOLERANCE);
    parity_compare(p, "db", db, TOLERANCE);
}

static void triplet(struct parity *p)
{
    size_t d = parity_size(p, 1, 600), rows = parity_rows(p, d), n = rows * d;
    const real *x = parity_normal(p, n), *near = parity_normal(p, n), *far = parity_normal(p, n);
    const real *dloss = parity_normal(p, rows);
    struct outcome loss = parity_output(p, rows);
    struct outcome dx = parity_wanted(p, n, parity_flip(p));
    struct outcome dnear = parity_wanted(p, n, parity_flip(p));
    struct outcome dfar = parity_wanted(p, n, parity_flip(p));
    real *kept = parity_normal(p, rows);
    FOR_TABLES(p, c, side)
    {
        c->triplet_forward(c, loss.at[side], x, near, far, (real)0.1, rows, d);
    }
    for (size_t r = 0; r < rows; r++)
        kept[r] = loss.at[0][r];
    FOR_TABLES(p, c, side)
    {
        c->triplet_backward(c, dx.at[side], dnear.at[side], dfar.at[side], dloss, kept, x, near,
                            far, rows, d);
    }
    parity_compare(p, "loss", loss, 10 * TOLERANCE); /* a difference of two large sums */
    parity_compare(p, "dx", dx, TOLERANCE);
    parity_compare(p, "dp", dnear, TOLERANCE);
    parity_compare(p, "dn", dfar, TOLERANCE);
}

static void test_cross_entropy(void **state)
{
    parity_run(cross_entropy, 24);
}

static void test_squared_distance(void **state)
{
    parity_run(squared_distance, 24);
}

static void test_triplet(void **state)
{
    parity_run(triplet, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_squared_distance),
        cmocka_unit_test(test_triplet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
