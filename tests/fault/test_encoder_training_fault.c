/* Training of an encoder when memory runs out: every allocation of a short run fails once, and each
 * time the run says so, holds nothing, and goes on when it is started again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/status.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

static struct encoder_training_settings short_run(void)
{
    struct encoder_training_settings settings = training_settings();
    settings.epochs = 1;
    settings.batch = 24;
    settings.merges = 4;
    return settings;
}

/* Each attempt has a directory of its own: what an earlier one left would shorten it. */
static enum gmr_status train(const struct gmr_allocator *allocator, const void *subject)
{
    static size_t attempt;
    const struct encoder_training_settings settings = short_run();
    struct encoder_training_result result;
    char name[32];
    snprintf(name, sizeof name, "run-%zu", attempt++);
    return training_run(allocator, &settings, name, NULL, &result);
}

static void each_allocation_fails_once(void **state)
{
    training_catalogue();
    assert_true(fail_each_allocation(train, NULL, false) > 100);
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
        TEST(each_allocation_fails_once),
        TEST(runs_go_on_after_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
