/* Every allocation of a whole training run and evaluation fails once: each time the run ends with
 * GMR_ERR_NOMEM, without a crash and with nothing left behind; and with one failure too many to
 * reach, it succeeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/status.h"
#include "learning/evaluation.h"
#include "learning/pretraining.h"
#include "support/support.h"

enum { TURNS = 2, SHOWN = 2 };

static enum gmr_status learn(struct recommender *m, const struct dialogue_source *source,
                             struct tape *t)
{
    struct pretraining_settings training = pretraining_settings_default();
    struct evaluation_settings evaluation = {
        .batch = 8, .turns = TURNS, .shown = SHOWN, .seed = 1
    };
    struct pretraining_result result;
    double success[TURNS];

    training.epochs = 1;
    training.batch = 8;
    training.turns = TURNS;
    training.shown = SHOWN;
    TRY(pretraining_run(m, source, t, &training, NULL, &result));
    return evaluation_run(m, source, t, &evaluation, NULL, success);
}

static enum gmr_status with_model(const struct gmr_allocator *allocator, struct compute *compute)
{
    struct world_settings world_settings = {
        .items = 16, .attributes = 2, .values = 3, .features = 6, .mentions = 1, .noise = 0.1
    };
    struct recommender_settings settings = {
        .features = 6, .width = 6, .layers = 1, .heads = 2, .hidden = 6
    };
    enum gmr_status status;
    struct dialogue_source source;
    struct world world;
    struct recommender model;
    struct tape tape;

    TRY(world_init(&world, allocator, world_settings, 1, 1));
    world_source(&world, &source);
    status = recommender_init(&model, compute, allocator, recommender_find("gommir"), settings, 1);
    if (status == GMR_OK) {
        tape_init(&tape, compute, allocator);
        status = learn(&model, &source, &tape);
        tape_release(&tape);
        recommender_release(&model);
    }
    world_release(&world);
    return status;
}

static enum gmr_status everything(const struct gmr_allocator *allocator)
{
    struct compute *compute;
    enum gmr_status status;

    TRY(compute_create_cpu(allocator, 2, &compute));
    status = with_model(allocator, compute);
    compute_destroy(compute);
    return status;
}

static void test_each_allocation(void **state)
{
    size_t n = 1;

    for (;; n++) {
        struct failing_allocator memory;
        enum gmr_status status;

        failing_allocator_init(&memory, n);
        status = everything(&memory.allocator);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            break;
        }
        if (status != GMR_ERR_NOMEM)
            fail_msg("allocation %zu failed, the status is %d", n, (int)status);
    }
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_each_allocation) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
