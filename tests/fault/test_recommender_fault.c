/* Every allocation of recommender training, of both stages, and of its files fails once: each time
 * it is said and nothing is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "learning/recommender_training.h"
#include "model/recommender_file.h"
#include "support/faults.h"
#include "support/scratch.h"

static const struct recommender_settings MODEL = {
    .features = 6, .width = 6, .layers = 1, .heads = 2, .hidden = 6
};

static enum gmr_status learn_once(struct recommender *model, const struct dialogue_source *source,
                                  struct tape *t, enum training_stage stage)
{
    struct recommender_training_settings settings = recommender_training_settings_default();
    struct recommender_training r;
    enum gmr_status status;
    double loss;

    settings.batch = 4;
    settings.turns = 2;
    status = recommender_training_init(&r, stage, model, source, &settings);
    if (status == GMR_OK)
        status = recommender_training_learn(&r, t, &loss);
    recommender_training_release(&r);
    return status;
}

static enum gmr_status train(struct recommender *model, const struct dialogue_source *source,
                             struct compute *compute)
{
    struct tape t;
    enum gmr_status status;

    tape_init(&t, compute, model->parameters->allocator);
    status = learn_once(model, source, &t, TRAINING_SUPERVISED);
    if (status == GMR_OK)
        status = learn_once(model, source, &t, TRAINING_POLICY);
    tape_release(&t);
    return status;
}

/* With a model of this name. */
static enum gmr_status training(const struct gmr_allocator *allocator, const void *subject)
{
    const struct world_settings settings = {
        .items = 16, .attributes = 2, .values = 3, .features = 6, .mentions = 1, .noise = 0.1
    };
    const char *name = subject;
    struct compute *compute;
    struct dialogue_source source;
    struct world world;
    struct recommender model;
    enum gmr_status status;

    if (compute_create_reference(NULL, &compute) != GMR_OK ||
        world_init(&world, NULL, settings, 1, 1) != GMR_OK)
        fail();
    world_source(&world, &source);
    status = recommender_init(&model, compute, allocator, recommender_find(name), MODEL, 1);
    if (status == GMR_OK) {
        status = train(&model, &source, compute);
        recommender_release(&model);
    }
    world_release(&world);
    compute_destroy(compute);
    return status;
}

static void training_survives_failures(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(training, "gommir", false) > 40);
    assert_true(fail_each_allocation(training, "gommir-no-comp", true) > 40);
}

static enum gmr_status save_and_open(const struct gmr_allocator *allocator, struct compute *compute)
{
    const struct recommender_facts facts = { .shown = 3 };
    struct recommender_facts found;
    struct recommender m, again;
    enum gmr_status status;

    TRY(recommender_init(&m, compute, allocator, recommender_find("gommir"), MODEL, 1));
    status = recommender_save(&m, in_scratch("weights"), &facts, NULL, 0);
    recommender_release(&m);
    TRY(status);
    TRY(recommender_open(&again, compute, allocator, in_scratch("weights"), NULL, &found));
    recommender_release(&again);
    return GMR_OK;
}

static enum gmr_status files(const struct gmr_allocator *allocator, const void *subject)
{
    struct compute *compute;
    enum gmr_status status;

    (void)subject;
    if (compute_create_reference(NULL, &compute) != GMR_OK)
        fail();
    status = save_and_open(allocator, compute);
    compute_destroy(compute);
    return status;
}

static void files_survive_failures(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(files, NULL, false) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_survives_failures),
        cmocka_unit_test_setup_teardown(files_survive_failures, scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
