/* Reference distances and losses: values by hand or by PyTorch 1.13 in double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/kernels.h"

static void normalises_lengths(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 3, 4, 0, 0, (real)1e-13, 0 }, dy[] = { 1, 0, 1, 0, 1, 2 };
    real y[6], norm[3], dx[6] = { 0, 1 };
    c->l2_normalise_forward(c, y, norm, x, 3, 2);
    assert_close(y, ((const double[]){ 0.6, 0.8, 0, 0, 0.1, 0 }));
    assert_close(norm, ((const double[]){ 5, 0, 1e-13 }));
    c->l2_normalise_backward(c, dx, dy, y, norm, 3, 2);
    assert_close(dx, ((const double[]){ 0.128, 1 - 0.096, 1e12, 0, 1e12, 2e12 }));
}

static void measures_squared_distances(void **state)
{
    const struct compute *c = *state;
    const real a[] = { 1, 2, 3, 0 }, b[] = { 1, 5, 1, -1 }, dy[] = { 1, 10 };
    real y[2], da[4] = { 1 }, db[4] = { 0 };
    c->squared_distance_forward(c, y, a, b, 2, 2);
    assert_close(y, ((const double[]){ 9, 5 }));
    c->squared_distance_backward(c, da, NULL, dy, a, b, 2, 2);
    c->squared_distance_backward(c, NULL, db, dy, a, b, 2, 2);
    assert_close(da, ((const double[]){ 1, -6, 40, 20 }));
    assert_close(db, ((const double[]){ 0, 6, -40, -20 }));
}

/* The first row violates the margin, the second keeps it, the third just keeps it. */
static void triplets(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 0, 0, 0, 0, 0, 0 }, p[] = { 2, 1, 1, 0, 1, 0 }, n[] = { 1, 0, 3, 0, 0, 1.5 };
    const real dloss[] = { 3, 3, 3 };
    real loss[3], dx[6] = { 0 }, dp[6] = { 0 }, dn[6] = { 0 };
    c->triplet_forward(c, loss, x, p, n, 1.25, 3, 2);
    assert_close(loss, ((const double[]){ 5 - 1 + 1.25, 0, 0 }));
    c->triplet_backward(c, dx, NULL, NULL, dloss, loss, x, p, n, 3, 2);
    c->triplet_backward(c, NULL, dp, dn, dloss, loss, x, p, n, 3, 2);
    assert_close(dx, ((const double[]){ -6, -6, 0, 0, 0, 0 }));
    assert_close(dp, ((const double[]){ 12, 6, 0, 0, 0, 0 }));
    assert_close(dn, ((const double[]){ -6, 0, 0, 0, 0, 0 }));
}

enum { ROWS = 3, CLASSES = 4 };

static const int64_t target[ROWS] = { 1, 3, 0 };

static void cross_entropy(void **state)
{
    const struct compute *c = *state;
    const real weight[] = { 1, 0, 2.5 }, dloss[] = { 1, 2, -1 }, smoothing = (real)0.1;
    real logits[ROWS * CLASSES], loss[ROWS], lse[ROWS], dlogits[ROWS * CLASSES] = { 0 };
    fill_steps(logits, ROWS * CLASSES, 5);
    c->cross_entropy_forward(c, loss, lse, logits, target, NULL, 0, ROWS, CLASSES);
    assert_close(loss, ((const double[]){ 1.65807841, 1.38880009, 2.90807841 }));
    assert_close(lse, ((const double[]){ 1.40807841, 2.13880009, 1.65807841 }));
    c->cross_entropy_forward(c, loss, lse, logits, target, weight, smoothing, ROWS, CLASSES);
    assert_close(loss, ((const double[]){ 1.67682841, 0, 7.00457102 }));
    c->cross_entropy_backward(c, dlogits, dloss, lse, logits, target, weight, smoothing, ROWS,
                              CLASSES);
    assert_close(dlogits,
                 ((const double[]){ 0.0295805105, -0.734495299, 0.63992674, 0.0649880487, 0, 0, 0,
                                    0, 2.17604872, -0.413761752, -1.59981685, -0.162470122 }));
}

/* e^0 / (e^0 + e^0 + e^-infinity) = 1/2 */
static void class_that_is_ruled_out(void **state)
{
    const struct compute *c = *state;
    const real logits[] = { 0, -(real)INFINITY, 0 }, dloss[] = { 1 };
    const int64_t first[] = { 0 };
    real loss[1], lse[1], dlogits[3] = { 0 };
    c->cross_entropy_forward(c, loss, lse, logits, first, NULL, 0, 1, 3);
    assert_close(loss, ((const double[]){ 0.693147181 }));
    c->cross_entropy_backward(c, dlogits, dloss, lse, logits, first, NULL, 0, 1, 3);
    assert_close(dlogits, ((const double[]){ -0.5, 0, 0.5 }));
}

static void smooth_l1(void **state)
{
    const struct compute *c = *state;
    const real x[] = { 0.5, -0.5, 3, -3, 1 }, goal[5] = { 0, 0, 0, 0, 0 }, dy[] = { 2, 2, 2, 2, 2 };
    real y[5], dx[5] = { 1 }, dgoal[5] = { 0 };
    c->smooth_l1_forward(c, y, x, goal, 5);
    assert_close(y, ((const double[]){ 0.125, 0.125, 2.5, 2.5, 0.5 }));
    c->smooth_l1_backward(c, dx, NULL, dy, x, goal, 5);
    c->smooth_l1_backward(c, NULL, dgoal, dy, x, goal, 5);
    assert_close(dx, ((const double[]){ 2, -1, 2, -2, 2 }));
    assert_close(dgoal, ((const double[]){ -1, 1, -2, 2, -2 }));
}

static void contrastive(void **state)
{
    const struct compute *c = *state;
    real logits[9], loss[1], row_lse[3], column_lse[3];
    fill_steps(logits, 9, 5);
    c->contrastive_forward(c, loss, row_lse, column_lse, logits, 3);
    assert_close(loss, ((const double[]){ 2.14219185 }));
    assert_close(row_lse, ((const double[]){ 1.31378086, 1.81378086, 1.10195186 }));
    assert_close(column_lse, ((const double[]){ 0.180269671, 1.43026967, 2.01309815 }));
}

/* Equal logits: each probability is 1/2, so dlogits = (1/2 + 1/2 - 2 on the diagonal) / 4. */
static void contrastive_slopes(void **state)
{
    const struct compute *c = *state;
    const real logits[] = { 1, 1, 1, 1 }, dloss[] = { 2 };
    real loss[1], row_lse[2], column_lse[2], dlogits[4] = { 1 };
    c->contrastive_forward(c, loss, row_lse, column_lse, logits, 2);
    c->contrastive_backward(c, dlogits, dloss, row_lse, column_lse, logits, 2);
    assert_close(dlogits, ((const double[]){ 0.5, 0.5, 0.5, -0.5 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalises_lengths),
        cmocka_unit_test(measures_squared_distances),
        cmocka_unit_test(triplets),
        cmocka_unit_test(cross_entropy),
        cmocka_unit_test(class_that_is_ruled_out),
        cmocka_unit_test(smooth_l1),
        cmocka_unit_test(contrastive),
        cmocka_unit_test(contrastive_slopes),
    };
    return cmocka_run_group_tests(tests, reference_setup, reference_teardown);
}
