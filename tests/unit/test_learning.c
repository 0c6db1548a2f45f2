/* Learning as a whole, small: a tracker trained on a generated problem finds what it was never
 * trained to find; the same seed gives the same bytes; a user who wants to stop is obeyed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "learning/evaluation.h"
#include "learning/pretraining.h"
#include "support/support.h"

enum { TURNS = 4, SHOWN = 3 };

struct setting {
    struct compute *compute;
    struct world train, test;
    struct dialogue_source to_train, to_test;
    struct recommender model;
    struct tape tape;
};

static void setup(struct setting *s, uint64_t seed)
{
    struct world_settings world = {
        .items = 150, .attributes = 4, .values = 3, .features = 24, .mentions = 2, .noise = 0.05
    };
    struct recommender_settings model = {
        .features = 24, .width = 24, .layers = 1, .heads = 2, .hidden = 32
    };

    memset(s, 0, sizeof *s);
    assert_int_equal(compute_create_cpu(NULL, 2, &s->compute), GMR_OK);
    assert_int_equal(world_init(&s->train, NULL, world, seed, seed), GMR_OK);
    world.items = 60;
    assert_int_equal(world_init(&s->test, NULL, world, seed, seed + 1), GMR_OK);
    world_source(&s->train, &s->to_train);
    world_source(&s->test, &s->to_test);
    assert_int_equal(
        recommender_init(&s->model, s->compute, NULL, recommender_find("gommir"), model, seed),
        GMR_OK);
    tape_init(&s->tape, s->compute, NULL);
}

static void teardown(struct setting *s)
{
    tape_release(&s->tape);
    recommender_release(&s->model);
    world_release(&s->test);
    world_release(&s->train);
    compute_destroy(s->compute);
}

static struct pretraining_settings small_training(size_t epochs)
{
    struct pretraining_settings settings = pretraining_settings_default();

    settings.epochs = epochs;
    settings.batch = 32;
    settings.turns = TURNS;
    settings.shown = SHOWN;
    return settings;
}

static void evaluate(struct setting *s, double success[TURNS])
{
    struct evaluation_settings settings = {
        .batch = 32, .turns = TURNS, .shown = SHOWN, .seed = 1
    };

    assert_int_equal(evaluation_run(&s->model, &s->to_test, &s->tape, &settings, NULL, success),
                     GMR_OK);
}

static void test_training_teaches(void **state)
{
    struct pretraining_settings settings = small_training(40);
    struct pretraining_result result;
    double before[TURNS], after[TURNS];
    struct setting s;

    setup(&s, 3);
    evaluate(&s, before);
    assert_int_equal(pretraining_run(&s.model, &s.to_train, &s.tape, &settings, NULL, &result),
                     GMR_OK);
    evaluate(&s, after);
    assert_true(result.last_loss < 0.5 * result.first_loss);
    assert_int_equal(result.batches, 40 * 5);
    /* three unseen items of 60 by chance: 5 % a turn */
    assert_true(after[TURNS - 1] > 0.6);
    assert_true(after[TURNS - 1] > before[TURNS - 1] + 0.2);
    for (size_t turn = 1; turn < TURNS; turn++)
        assert_true(after[turn] >= after[turn - 1]); /* who has found it stays happy */
    teardown(&s);
}

static void train_once(struct setting *s)
{
    struct pretraining_settings settings = small_training(2);
    struct pretraining_result result;

    setup(s, 3);
    assert_int_equal(pretraining_run(&s->model, &s->to_train, &s->tape, &settings, NULL, &result),
                     GMR_OK);
}

static void test_same_seed_same_bytes(void **state)
{
    struct setting a, b;

    train_once(&a);
    train_once(&b);
    assert_memory_equal(a.model.parameters->values, b.model.parameters->values,
                        a.model.parameters->values_bytes);
    teardown(&a);
    teardown(&b);
}

static bool cancel_after_three(void *user)
{
    size_t *asked = user;

    return ++*asked > 3;
}

static void test_cancel(void **state)
{
    struct pretraining_settings settings = small_training(10);
    struct pretraining_result result;
    size_t asked = 0;
    struct gmr_progress progress = { .cancelled = cancel_after_three, .user = &asked };
    struct setting s;

    setup(&s, 3);
    assert_int_equal(pretraining_run(&s.model, &s.to_train, &s.tape, &settings, &progress, &result),
                     GMR_ERR_CANCELLED);
    assert_non_null(strstr(gmr_error_message(), "training"));
    teardown(&s);
}

/* Training that goes astray says so instead of going on. */
static void test_not_a_number(void **state)
{
    struct pretraining_settings settings = small_training(1);
    struct pretraining_result result;
    struct setting s;

    setup(&s, 3);
    tensor_real(s.model.gommir.out_linear.bias)[0] = NAN;
    assert_int_equal(pretraining_run(&s.model, &s.to_train, &s.tape, &settings, NULL, &result),
                     GMR_ERR_NUMERIC);
    teardown(&s);
}

static void test_too_few_items(void **state)
{
    struct evaluation_settings settings = { .batch = 8, .turns = 20, .shown = 3, .seed = 1 };
    double success[20];
    struct setting s;

    setup(&s, 3);
    assert_int_equal(evaluation_run(&s.model, &s.to_test, &s.tape, &settings, NULL, success),
                     GMR_ERR_RANGE);
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_training_teaches), cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_cancel),           cmocka_unit_test(test_not_a_number),
        cmocka_unit_test(test_too_few_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
