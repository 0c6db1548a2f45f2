/* Training and measuring of a captioner when memory runs out: allocations fail here and there, each
 * time it is said and nothing is held, and a run that had enough at last ends as any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/status.h"
#include "support/captioner_runs.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { STEP = 61 /* a run is long; all of what it calls has tests of its own */ };

static void check(enum gmr_status status, struct failing_allocator *memory, size_t n)
{
    const bool failed = failing_allocator_has_failed(memory);
    assert_true(failing_allocator_is_clean(memory));
    if (status != GMR_OK && !(failed && status == GMR_ERR_NOMEM))
        fail_msg("allocation %zu fails: status %d, %s", n, (int)status, gmr_error_message());
}

static void runs_go_on_after_a_failure(void **state)
{
    (void)state;
    struct gmr_captioner_training_result whole, parts;
    enum gmr_status status = GMR_ERR_NOMEM;
    size_t failures = 0;
    captioning_setup();
    struct gmr_captioner_training_options o =
        captioning_options(GMR_CAPTIONER_SHOW_ATTEND_TELL, "whole");
    assert_int_equal(captioning_train(NULL, &o, &whole), GMR_OK);
    o = captioning_options(GMR_CAPTIONER_SHOW_ATTEND_TELL, "parts");
    for (size_t n = 1; status != GMR_OK; n += STEP, failures++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        status = captioning_train(&memory.allocator, &o, &parts);
        check(status, &memory, n);
    }
    assert_true(failures > 5);
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
}

static void measuring_survives_failures(void **state)
{
    (void)state;
    struct gmr_captioner_training_result trained;
    struct gmr_captioner_evaluation found;
    enum gmr_status status = GMR_ERR_NOMEM;
    size_t failures = 0;
    captioning_setup();
    const struct gmr_captioner_training_options o =
        captioning_options(GMR_CAPTIONER_TRANSFORMER, "run");
    assert_int_equal(captioning_train(NULL, &o, &trained), GMR_OK);
    for (size_t n = 1; status != GMR_OK; n += STEP / 5, failures++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        status = captioning_evaluate(&memory.allocator, in_scratch("run/best.safetensors"), &found);
        check(status, &memory, n);
    }
    assert_true(failures > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_go_on_after_a_failure),
        TEST(measuring_survives_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
