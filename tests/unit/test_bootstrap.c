/* Bootstrap intervals where they can be told without drawing; tests/golden compares drawn ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "learning/bootstrap.h"

static void equal_values_leave_no_doubt(void **state)
{
    const double same[] = { 2.5, 2.5, 2.5, 2.5 };
    struct gmr_estimate e;
    (void)state;
    assert_int_equal(bootstrap_mean(NULL, same, 4, 1, &e), GMR_OK);
    assert_true(e.value == 2.5 && e.low == 2.5 && e.high == 2.5);
    assert_int_equal(bootstrap_median(NULL, same, 3, 1, &e), GMR_OK);
    assert_true(e.value == 2.5 && e.low == 2.5 && e.high == 2.5);
}

static void nothing_has_no_estimate(void **state)
{
    struct gmr_estimate e = { 0 };
    (void)state;
    assert_int_equal(bootstrap_mean(NULL, NULL, 0, 1, &e), GMR_OK);
    assert_true(isnan(e.value) && isnan(e.low) && isnan(e.high));
    assert_int_equal(bootstrap_median(NULL, NULL, 0, 1, &e), GMR_OK);
    assert_true(isnan(e.value) && isnan(e.low) && isnan(e.high));
}

/* The mean of n coins is near 1/2 +- 1.96 / (2 sqrt n). */
static void intervals_are_as_wide_as_theory_says(void **state)
{
    enum { COINS = 400 };
    double coin[COINS];
    struct gmr_estimate e, other, median;
    (void)state;
    for (size_t i = 0; i < COINS; i++)
        coin[i] = (double)(i % 2);
    assert_int_equal(bootstrap_mean(NULL, coin, COINS, 3, &e), GMR_OK);
    assert_true(e.value == 0.5);
    assert_true(fabs(e.low - (0.5 - 0.049)) < 0.005);
    assert_true(fabs(e.high - (0.5 + 0.049)) < 0.005);
    assert_int_equal(bootstrap_mean(NULL, coin, COINS, 4, &other), GMR_OK);
    assert_true(other.value == 0.5);
    assert_true(other.low != e.low || other.high != e.high); /* of another seed */
    assert_int_equal(bootstrap_median(NULL, coin, COINS, 3, &median), GMR_OK);
    assert_true(median.value == 0.5 && median.low == 0 && median.high == 1);
}

static void units_stand_in_a_row(void **state)
{
    const uint32_t times[] = { 0, 2, 0, 1, 3, 0 };
    const size_t unit[] = { 1, 1, 3, 4, 4, 4 };
    (void)state;
    for (size_t place = 0; place < 6; place++)
        assert_int_equal(bootstrap_unit_at(times, 6, place), unit[place]);
}

static void count_samples(const void *subject, const uint32_t *times, size_t count, double *result)
{
    size_t *calls = *(size_t *const *)subject;
    uint32_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += times[i];
    assert_int_equal(sum, count);
    result[0] = (double)(*calls)++;
    result[1] = times[0];
}

static void samples_hold_as_many_units(void **state)
{
    size_t calls = 0, *pointer = &calls;
    struct gmr_estimate e[2];
    (void)state;
    assert_int_equal(bootstrap_run(NULL, count_samples, &pointer, 9, 2, 5, e), GMR_OK);
    assert_int_equal(calls, 1 + BOOTSTRAP_RESAMPLES);
    assert_true(e[0].value == 0 && e[1].value == 1);
    assert_true(fabs(e[0].low - (1 + 0.025 * (BOOTSTRAP_RESAMPLES - 1))) < 1e-9);
    assert_true(fabs(e[0].high - (1 + 0.975 * (BOOTSTRAP_RESAMPLES - 1))) < 1e-9);
    assert_true(e[1].low == 0 && e[1].high == 3); /* binomial, 9 draws of chance 1/9 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_leave_no_doubt),
        cmocka_unit_test(nothing_has_no_estimate),
        cmocka_unit_test(intervals_are_as_wide_as_theory_says),
        cmocka_unit_test(units_stand_in_a_row),
        cmocka_unit_test(samples_hold_as_many_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
