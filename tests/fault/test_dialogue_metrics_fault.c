/* Measuring dialogues when memory runs out at any allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learning/dialogue_metrics.h"
#include "learning/significance.h"
#include "support/faults.h"

static enum gmr_status measure(const struct gmr_allocator *allocator, const void *subject)
{
    struct gmr_dialogue_turn turn[2];
    return dialogue_measures(allocator, subject, 3, 2, 3, 42, turn);
}

static enum gmr_status adjust(const struct gmr_allocator *allocator, const void *subject)
{
    double p[] = { 0.5, 0.01 };
    (void)subject;
    return holm_adjust(allocator, p, 2);
}

static void survives_every_failure(void **state)
{
    (void)state;
    const size_t ranks[] = { 5, 0, 1, 0, 9, 9 };
    assert_true(fail_each_allocation(measure, ranks, false) > 1);
    assert_true(fail_each_allocation(measure, ranks, true) > 1);
    assert_true(fail_each_allocation(adjust, NULL, false) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(survives_every_failure) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
