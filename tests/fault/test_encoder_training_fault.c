/* Training of an encoder when memory runs out: allocations of a short run fail one after the other,
 * and each time the run says so, holds nothing, and goes on when it is started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/status.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { STEP = 5 /* a run is long; all of what it calls has tests of its own */ };

static struct encoder_training_settings short_run(void)
{
    struct encoder_training_settings settings = training_settings();
    settings.epochs = 1;
    settings.batch = 24;
    settings.merges = 4;
    return settings;
}

/* Each attempt has a directory of its own: what an earlier one left would shorten it. A tower that
 * cannot be compiled for want of memory runs on plain kernels, so that not every failure ends a
 * run. */
static void allocations_fail_in_turn(void **state)
{
    const struct encoder_training_settings settings = short_run();
    struct encoder_training_result result;
    bool failed = true;
    size_t ended = 0, others = 0;
    training_catalogue();
    for (size_t n = 1; failed; n += STEP) {
        struct failing_allocator memory;
        char name[32];
        failing_allocator_init(&memory, n);
        snprintf(name, sizeof name, "run-%zu", n);
        const enum gmr_status status =
            training_run(&memory.allocator, &settings, name, NULL, &result);
        failed = failing_allocator_has_failed(&memory);
        assert_true(failing_allocator_is_clean(&memory));
        if (status != GMR_OK && !(failed && status == GMR_ERR_NOMEM))
            fail_msg("allocation %zu fails: status %d, %s", n, status, gmr_error_message());
        ended += status == GMR_ERR_NOMEM;
        others += failed && status == GMR_OK;
    }
    assert_true(ended > 50 && others < ended / 2);
}

/* A run whose memory ran out in the middle ends as one that had enough. */
static void runs_go_on_after_a_failure(void **state)
{
    const struct encoder_training_settings settings = training_settings();
    struct encoder_training_result whole, parts;
    enum gmr_status status = GMR_ERR_NOMEM;
    training_catalogue();
    assert_int_equal(training_run(NULL, &settings, "whole", NULL, &whole), GMR_OK);
    for (size_t n = 50; status != GMR_OK; n += 150) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        status = training_run(&memory.allocator, &settings, "parts", NULL, &parts);
        assert_true(failing_allocator_is_clean(&memory));
        assert_true(status == GMR_OK || status == GMR_ERR_NOMEM);
    }
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(allocations_fail_in_turn),
        TEST(runs_go_on_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
