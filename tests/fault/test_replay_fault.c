/* Replays when memory or the disk runs out: every allocation fails in turn, and stays failed. Then
 * nothing is held, and states that were there are as they were. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/resource.h>

#include <gommir/recommender.h>

#include "base/status.h"
#include "model/recommender_file.h"
#include "model/replay.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/scratch.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/recommender/"

static enum gmr_status replay(const struct gmr_allocator *allocator, const void *weights)
{
    const struct replay_options options = { .input = DATA "dialogues.safetensors",
                                            .output = in_scratch("states"),
                                            .encoder = "" };
    struct recommender_facts facts;
    struct replay_result result;
    struct recommender model;
    struct compute *compute;
    TRY(compute_create_reference(allocator, &compute));
    enum gmr_status status = recommender_open(&model, compute, allocator, weights, NULL, &facts);
    if (status == GMR_OK) {
        status = replay_run(&model, compute, allocator, &options, &result);
        recommender_release(&model);
    }
    compute_destroy(compute);
    if (status != GMR_OK)
        assert_true(scratch_holds("states", "before"));
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    put_scratch("states", "before");
    for (int stays = 0; stays < 2; stays++) {
        assert_true(fail_each_allocation(replay, DATA "gommir.pth", stays) > 20);
        put_scratch("states", "before");
        assert_int_equal(count_scratch_entries(), 1);
    }
}

/* A disk of a few kilobytes. */
static void the_disk_may_be_full(void **state)
{
    (void)state;
    struct rlimit before, small;
    put_scratch("states", "before");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum gmr_status status = replay(NULL, DATA "gommir.pth");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, GMR_ERR_IO);
    assert_message("states'");
    assert_true(scratch_holds("states", "before"));
    assert_int_equal(count_scratch_entries(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(the_disk_may_be_full, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
