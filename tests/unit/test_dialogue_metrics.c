/* What dialogues are worth, and whether two models differ, by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learning/dialogue_metrics.h"
#include "learning/significance.h"

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12))
        fail_msg("%.15g is not %.15g", found, expected);
}

/* ---- measures ---- */

static void success_stays(void **state)
{
    (void)state;
    size_t ranks[] = {
        7, 2, 9, 4, /* found in turn 2 */
        3, 3, 3, 3, /* never, though near */
        1, 5, 0, 2, /* at once */
        8, 8, 8, 0, /* in the last */
    };
    const size_t settled[] = { 7, 2, 0, 0, 3, 3, 3, 3, 1, 0, 0, 0, 8, 8, 8, 0 };
    dialogue_ranks_settle(ranks, 4, 4, 3);
    assert_memory_equal(ranks, settled, sizeof settled);
}

static void ranks_have_a_worth(void **state)
{
    (void)state;
    const double second = 1 / log2(3), third = 0.5, fourth = 1 / log2(5), tenth = 1 / log2(11);
    assert_near(dialogue_measure(MEASURE_SR, 2, 3), 1);
    assert_near(dialogue_measure(MEASURE_SR, 3, 3), 0);
    assert_near(dialogue_measure(MEASURE_SR, 3, 4), 1);
    assert_near(dialogue_measure(MEASURE_NDCG3, 0, 3), 1);
    assert_near(dialogue_measure(MEASURE_NDCG3, 1, 3), second);
    assert_near(dialogue_measure(MEASURE_NDCG3, 2, 3), third);
    assert_near(dialogue_measure(MEASURE_NDCG3, 3, 5), 0); /* whatever is shown */
    assert_near(dialogue_measure(MEASURE_NDCG10, 3, 3), fourth);
    assert_near(dialogue_measure(MEASURE_NDCG10, 9, 3), tenth);
    assert_near(dialogue_measure(MEASURE_NDCG10, 10, 3), 0);
    assert_near(dialogue_measure(MEASURE_NDCG10, SIZE_MAX, 3), 0);
}

static void means_are_over_users(void **state)
{
    (void)state;
    const size_t ranks[] = { 7, 2, 0, 12, 3, 3, 1, 0, 0, 30, 30, 2 }; /* settled */
    struct gmr_dialogue_turn turn[3];
    double users[4];
    assert_int_equal(dialogue_measures(NULL, ranks, 4, 3, 3, 42, turn), GMR_OK);
    assert_near(turn[0].sr.value, 0.25);
    assert_near(turn[1].sr.value, 0.5);
    assert_near(turn[2].sr.value, 0.75);
    assert_near(turn[0].ndcg3.value, 1 / log2(3) / 4);
    assert_near(turn[1].ndcg3.value, (0.5 + 1) / 4);
    assert_near(turn[2].ndcg3.value, (1 + 1 + 0.5) / 4);
    assert_near(turn[0].ndcg10.value, (1 / log2(9) + 1 / log2(3)) / 4);
    assert_near(turn[1].ndcg10.value, (0.5 + 1 / log2(5) + 1) / 4);
    for (size_t t = 0; t < 3; t++)
        assert_true(turn[t].sr.low <= turn[t].sr.value && turn[t].sr.value <= turn[t].sr.high &&
                    turn[t].sr.low < turn[t].sr.high);
    dialogue_measure_users(MEASURE_NDCG10, ranks, 4, 3, 1, 3, users);
    assert_near(users[0], 0.5);
    assert_near(users[1], 1 / log2(5));
    assert_near(users[3], 0);
}

static void nobody_has_no_measure(void **state)
{
    (void)state;
    struct gmr_dialogue_turn turn[2];
    assert_int_equal(dialogue_measures(NULL, NULL, 0, 2, 3, 42, turn), GMR_OK);
    for (size_t t = 0; t < 2; t++)
        assert_true(isnan(turn[t].sr.value) && isnan(turn[t].ndcg3.low) &&
                    isnan(turn[t].ndcg10.high));
}

/* ---- significance ---- */

/* With two degrees of freedom, p = 1 - t / sqrt(2 + t^2). */
static void three_users_are_worked_out_by_hand(void **state)
{
    (void)state;
    const double a[] = { 1, 0.5, 0.75 }, b[] = { 0, 0.25, 0.25 }; /* d = 1, 1/4, 1/2 */
    const double mean = 1.75 / 3, sd = sqrt((1 + 1. / 16 + 0.25 - 3 * mean * mean) / 2);
    const double t = mean / (sd / sqrt(3));
    struct paired_test test = paired_t_test(a, b, 3);
    assert_near(test.t, t);
    assert_near(test.p, 1 - t / sqrt(2 + t * t));
    test = paired_t_test(b, a, 3);
    assert_near(test.t, -t);
    assert_near(test.p, 1 - t / sqrt(2 + t * t));
}

static void differences_without_spread_are_sure(void **state)
{
    (void)state;
    const double a[] = { 0.5, 0.25, 1 }, b[] = { 0.25, 0, 0.75 };
    assert_true(paired_t_test(a, a, 3).p == 1);
    assert_true(paired_t_test(a, a, 3).t == 0);
    assert_true(paired_t_test(a, b, 3).p == 0);
    assert_true(isinf(paired_t_test(b, a, 3).t) && paired_t_test(b, a, 3).t < 0);
    assert_true(isnan(paired_t_test(a, b, 1).p));
    assert_true(isnan(paired_t_test(a, b, 0).p));
}

static void beta_has_its_limits_and_symmetry(void **state)
{
    (void)state;
    assert_near(incomplete_beta(3, 2, 0, 1), 0);
    assert_near(incomplete_beta(3, 2, 1, 0), 1);
    assert_near(incomplete_beta(1, 1, 0.3, 0.7), 0.3);
    assert_near(incomplete_beta(7, 7, 0.5, 0.5), 0.5);
    assert_near(incomplete_beta(2, 1, 0.6, 0.4), 0.36);
    assert_near(incomplete_beta(4, 9, 0.2, 0.8), 1 - incomplete_beta(9, 4, 0.8, 0.2));
    /* of 10^6 users, far from where p means anything */
    assert_true(incomplete_beta(5e5, 0.5, 1 - 1e-4, 1e-4) < 1e-20);
}

static void holm_steps_down(void **state)
{
    (void)state;
    double p[] = { 0.04, 0.01, 0.03, (double)NAN, 0.5 };
    assert_int_equal(holm_adjust(NULL, p, 5), GMR_OK);
    assert_near(p[1], 0.04);
    assert_near(p[2], 0.09);
    assert_near(p[0], 0.09); /* 2 * 0.04 is less than what the surer one has */
    assert_near(p[4], 0.5);
    assert_true(isnan(p[3]));
    double one = 0.7, high[] = { 0.9, 0.8 };
    assert_int_equal(holm_adjust(NULL, &one, 1), GMR_OK);
    assert_near(one, 0.7);
    assert_int_equal(holm_adjust(NULL, high, 2), GMR_OK);
    assert_near(high[0], 1);
    assert_int_equal(holm_adjust(NULL, NULL, 0), GMR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_stays),
        cmocka_unit_test(ranks_have_a_worth),
        cmocka_unit_test(means_are_over_users),
        cmocka_unit_test(nobody_has_no_measure),
        cmocka_unit_test(three_users_are_worked_out_by_hand),
        cmocka_unit_test(differences_without_spread_are_sure),
        cmocka_unit_test(beta_has_its_limits_and_symmetry),
        cmocka_unit_test(holm_steps_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
