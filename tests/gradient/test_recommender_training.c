/* The gradients of both losses of recommender training as a whole - draws, likes, lists, rewards,
 * negatives and all - against central differences, for every trained number of the model. The
 * embedded catalogue stays what it was, as it does during a batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "learning/recommender_training.h"
#include "support/gradients.h"
#include "support/support.h"

enum { TURNS = 3, BATCH = 4, SHOWN = 3 };

struct problem {
    struct compute *compute;
    struct world world;
    struct dialogue_source source;
    struct recommender model;
    struct recommender_training training;
    struct tape tape;
    struct mt19937 rng; /* after targets and first lists */
    uint64_t list[BATCH * SHOWN];
};

/* The loss of the batch that has begun; it may be had again and again. */
static struct tensor *loss(struct problem *p)
{
    struct tensor *value;

    p->training.rng = p->rng;
    memcpy(p->training.dialogue.list, p->list, sizeof p->list);
    assert_int_equal(recommender_training_loss(&p->training, &p->tape, &value), GMR_OK);
    return value;
}

static double loss_value(struct problem *p)
{
    double value;

    p->tape.recording = false;
    value = (double)tape_scalar(&p->tape, loss(p));
    assert_int_equal(tape_status(&p->tape), GMR_OK);
    tape_reset(&p->tape);
    p->tape.recording = true;
    return value;
}

/* d loss / d x by a five-point stencil. */
static double difference(void *problem, real *x)
{
    static const int place[4] = { -2, -1, 1, 2 };
    struct problem *p = problem;
    const double step = 2e-5; /* small: no ReLU may cross its knee, no list change on the way */
    const real at = *x;
    double value[4];

    for (int i = 0; i < 4; i++) {
        *x = at + (real)(place[i] * step);
        value[i] = loss_value(p);
    }
    *x = at;
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * step);
}

/* Untrained models show everybody the same. Then pictures vanish in the batch norms, and the ReLUs
 * behind them stand at their shifts, which must not be at the knee. */
static void shift_batch_norms(struct composer *c, size_t width)
{
    if (c->form != COMPOSER_NONE) {
        fill_normal(tensor_real(c->gate_norm.bias), 2 * width, 31);
        fill_normal(tensor_real(c->residual_norm.bias), 2 * width, 32);
    }
}

static void setup(struct problem *p, const char *name, enum training_stage stage,
                  const struct recommender_training_settings *training)
{
    const struct world_settings world = {
        .items = 16, .attributes = 3, .values = 3, .features = 5, .mentions = 2, .noise = 0.3
    };
    const struct recommender_settings settings = {
        .features = 5, .width = 6, .layers = 1, .heads = 2, .hidden = 7
    };

    memset(p, 0, sizeof *p);
    assert_int_equal(compute_create_reference(NULL, &p->compute), GMR_OK);
    assert_int_equal(world_init(&p->world, NULL, world, 1, 2), GMR_OK);
    world_source(&p->world, &p->source);
    assert_int_equal(
        recommender_init(&p->model, p->compute, NULL, recommender_find(name), settings, 7), GMR_OK);
    shift_batch_norms(&p->model.gommir.composer, settings.width);
    tape_init(&p->tape, p->compute, NULL);
    assert_int_equal(
        recommender_training_init(&p->training, stage, &p->model, &p->source, training), GMR_OK);
    assert_int_equal(recommender_training_begin(&p->training, &p->tape), GMR_OK);
    p->rng = p->training.rng;
    memcpy(p->list, p->training.dialogue.list, sizeof p->list);
}

static void teardown(struct problem *p)
{
    recommender_training_release(&p->training);
    tape_release(&p->tape);
    recommender_release(&p->model);
    world_release(&p->world);
    compute_destroy(p->compute);
}

/* The margin is wide, so that no hinge is near its knee. */
static struct recommender_training_settings small_settings(void)
{
    struct recommender_training_settings settings = recommender_training_settings_default();

    settings.batch = BATCH;
    settings.turns = TURNS;
    settings.shown = SHOWN;
    settings.margin = 40;
    return settings;
}

static void check(const char *name, enum training_stage stage,
                  const struct recommender_training_settings *settings)
{
    struct problem p;

    setup(&p, name, stage, settings);
    assert_int_equal(tape_backward(&p.tape, loss(&p)), GMR_OK);
    tape_reset(&p.tape);
    assert_true(check_gradients(p.model.parameters, difference, &p, 1, 1e-7) > 20);
    teardown(&p);
}

static void test_supervised(void **state)
{
    const struct recommender_training_settings settings = small_settings();

    (void)state;
    check("gommir", TRAINING_SUPERVISED, &settings);
}

static void test_policy(void **state)
{
    const struct recommender_training_settings settings = small_settings();

    (void)state;
    check("gommir", TRAINING_POLICY, &settings);
}

static void test_policy_by_distance(void **state)
{
    struct recommender_training_settings settings = small_settings();

    (void)state;
    settings.kernel = POLICY_DISTANCE;
    settings.full_return = settings.scale_rewards = true;
    check("gommir", TRAINING_POLICY, &settings);
}

static void test_policy_among_all_items(void **state)
{
    struct recommender_training_settings settings = small_settings();

    (void)state;
    settings.all_items = true;
    check("gommir-dislikes", TRAINING_POLICY, &settings);
    settings.kernel = POLICY_DISTANCE;
    check("gommir-dislikes", TRAINING_POLICY, &settings);
}

static void test_policy_without_composer(void **state)
{
    const struct recommender_training_settings settings = small_settings();

    (void)state;
    check("gommir-no-comp", TRAINING_POLICY, &settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_supervised),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_policy_by_distance),
        cmocka_unit_test(test_policy_among_all_items),
        cmocka_unit_test(test_policy_without_composer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
