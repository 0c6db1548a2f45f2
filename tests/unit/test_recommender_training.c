/* Training of recommenders: it learns, policy learning keeps and betters what was learned, each
 * batch depends on seed and number alone, a run that was stopped ends as one that was not, and
 * what cannot be is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "learning/evaluation.h"
#include "learning/recommender_training.h"
#include "model/recommender_file.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { TURNS = 3, SHOWN = 3 };

static struct compute *compute;

struct setting {
    struct world world;
    struct dialogue_source source;
    struct recommender model;
    struct tape tape;
};

static void setup(struct setting *s, const char *name, size_t items)
{
    const struct world_settings world = {
        .items = items, .attributes = 3, .values = 3, .features = 16, .mentions = 3, .noise = 0.02
    };
    const struct recommender_settings model = {
        .features = 16, .width = 16, .layers = 1, .heads = 2, .hidden = 24
    };

    memset(s, 0, sizeof *s);
    assert_int_equal(world_init(&s->world, NULL, world, 3, 3), GMR_OK);
    world_source(&s->world, &s->source);
    assert_int_equal(recommender_init(&s->model, compute, NULL, recommender_find(name), model, 3),
                     GMR_OK);
    tape_init(&s->tape, compute, NULL);
}

static void teardown(struct setting *s)
{
    tape_release(&s->tape);
    recommender_release(&s->model);
    world_release(&s->world);
}

static struct recommender_training_settings small_settings(void)
{
    struct recommender_training_settings settings = recommender_training_settings_default();

    settings.batch = 8;
    settings.turns = TURNS;
    settings.shown = SHOWN;
    return settings;
}

static void train(struct setting *s, enum training_stage stage,
                  const struct recommender_training_settings *settings, size_t batches, double rate)
{
    struct adam_settings adam = adam_settings_default();
    struct recommender_training r;
    struct optimiser optimiser;

    adam.rate = rate;
    s->tape.training = s->tape.recording = true;
    assert_int_equal(optimiser_init(&optimiser, s->model.parameters, adam), GMR_OK);
    assert_int_equal(recommender_training_init(&r, stage, &s->model, &s->source, settings), GMR_OK);
    for (size_t i = 0; i < batches; i++) {
        double loss;

        parameters_clear_grad(s->model.parameters);
        assert_int_equal(recommender_training_learn(&r, &s->tape, &loss), GMR_OK);
        optimiser_step(&optimiser);
    }
    recommender_training_release(&r);
    optimiser_release(&optimiser);
}

static double success(struct setting *s)
{
    const struct evaluation_settings settings = {
        .batch = 16, .turns = TURNS, .shown = SHOWN, .seed = 1
    };
    double rates[TURNS];

    assert_int_equal(evaluation_run(&s->model, &s->source, &s->tape, &settings, NULL, rates),
                     GMR_OK);
    return rates[TURNS - 1];
}

/* ---- learning ---- */

/* A world whose users name all that is missing: every target can be found. */
static void policy_learning_finds_everything(void **state)
{
    struct recommender_training_settings settings = small_settings();
    struct setting s;
    double untrained, supervised, learned;

    (void)state;
    settings.batch = 16;
    setup(&s, "gommir", 30);
    untrained = success(&s);
    train(&s, TRAINING_SUPERVISED, &settings, 60, 3e-3);
    supervised = success(&s);
    train(&s, TRAINING_POLICY, &settings, 120, 1e-3);
    learned = success(&s);
    assert_true(supervised > untrained + 0.2);
    assert_true(learned >= supervised);
    assert_true(learned == 1);
    teardown(&s);
}

/* The same dialogues again and again: the loss of the first time and of the last. */
static void repeat_batch(struct setting *s, const struct recommender_training_settings *settings,
                         size_t times, double *first, double *last)
{
    struct recommender_training r;
    struct optimiser optimiser;

    assert_int_equal(optimiser_init(&optimiser, s->model.parameters, adam_settings_default()),
                     GMR_OK);
    assert_int_equal(
        recommender_training_init(&r, TRAINING_SUPERVISED, &s->model, &s->source, settings),
        GMR_OK);
    for (size_t i = 0; i < times; i++) {
        parameters_clear_grad(s->model.parameters);
        recommender_training_seek(&r, 0);
        assert_int_equal(recommender_training_learn(&r, &s->tape, i == 0 ? first : last), GMR_OK);
        optimiser_step(&optimiser);
    }
    recommender_training_release(&r);
    optimiser_release(&optimiser);
}

static void one_batch_is_learned_by_heart(void **state)
{
    const struct recommender_training_settings settings = small_settings();
    struct setting s;
    double first, last;

    (void)state;
    setup(&s, "gommir", 24);
    repeat_batch(&s, &settings, 150, &first, &last);
    assert_true(first > 2);
    assert_true(last < 0.01 * first);
    teardown(&s);
}

/* ---- draws ---- */

/* Loss of batch `number`, without learning anything. */
static double batch_loss(struct setting *s, enum training_stage stage, uint64_t number,
                         const struct recommender_training_settings *settings)
{
    struct recommender_training r;
    double loss;

    assert_int_equal(recommender_training_init(&r, stage, &s->model, &s->source, settings), GMR_OK);
    recommender_training_seek(&r, number);
    assert_int_equal(recommender_training_learn(&r, &s->tape, &loss), GMR_OK);
    recommender_training_release(&r);
    return loss;
}

static void check_seeking(const char *name, enum training_stage stage)
{
    const struct recommender_training_settings settings = small_settings();
    struct recommender_training r;
    struct setting s;
    double loss = 0;

    setup(&s, name, 24);
    assert_int_equal(recommender_training_init(&r, stage, &s.model, &s.source, &settings), GMR_OK);
    for (size_t i = 0; i <= 5; i++)
        assert_int_equal(recommender_training_learn(&r, &s.tape, &loss), GMR_OK);
    assert_true(batch_loss(&s, stage, 5, &settings) == loss);
    assert_true(batch_loss(&s, stage, 4, &settings) != loss);
    recommender_training_seek(&r, 8);
    assert_int_equal(recommender_training_learn(&r, &s.tape, &loss), GMR_OK);
    assert_true(batch_loss(&s, stage, 8, &settings) == loss);
    recommender_training_release(&r);
    teardown(&s);
}

/* Epochs follow each other in one stream; a batch leaves nothing on the tape. */
static void jobs_count_batches_through_epochs(void **state)
{
    const struct recommender_training_settings settings = small_settings();
    struct recommender_training r;
    struct training_job job;
    struct setting s;
    double loss;

    (void)state;
    setup(&s, "gommir", 20);
    assert_int_equal(
        recommender_training_init(&r, TRAINING_SUPERVISED, &s.model, &s.source, &settings), GMR_OK);
    recommender_training_job(&r, &job);
    assert_int_equal(recommender_training_batches(&r), 3); /* of 8 */
    assert_int_equal(job.seek(job.user, 2, 1), GMR_OK);
    assert_int_equal(r.batch, 7);
    assert_int_equal(job.learn(job.user, &s.tape, &loss), GMR_OK);
    assert_int_equal(r.batch, 8);
    assert_int_equal(tape_statistics(&s.tape).records, 0);
    assert_true(loss == batch_loss(&s, TRAINING_SUPERVISED, 7, &settings));
    recommender_training_release(&r);
    teardown(&s);
}

/* A batch is the same whether those before it were learned or skipped. */
static void batches_are_found_again(void **state)
{
    (void)state;
    check_seeking("gommir", TRAINING_SUPERVISED);
    check_seeking("gommir", TRAINING_POLICY);
    check_seeking("gommir-hist-negs", TRAINING_POLICY);
    check_seeking("gommir-random-negs", TRAINING_POLICY);
}

/* Notes which dialogues are asked about, and at which turn, in the order of the calls. */
struct listener {
    struct dialogue_source source;
    uint64_t first[4 * TURNS];
    uint32_t turn[4 * TURNS];
    size_t calls;
};

static enum gmr_status listen(void *user, const uint64_t *target, const uint64_t *liked,
                              struct critic_memory *memory, size_t count, real *text,
                              char (*words)[CRITIC_TEXT])
{
    struct listener *l = user;

    assert_true(l->calls < 4 * TURNS);
    l->first[l->calls] = memory[0].dialogue;
    l->turn[l->calls++] = memory[0].turn;
    return l->source.critiques(l->source.user, target, liked, memory, count, text, words);
}

/* Batches 2 and 3, then 2 again: the dialogues of a batch have numbers of their own. */
static void dialogues_are_numbered_through(void **state)
{
    const struct recommender_training_settings settings = small_settings();
    struct recommender_training r;
    struct listener l = { .calls = 0 };
    struct setting s;
    double loss;

    (void)state;
    setup(&s, "gommir", 24);
    l.source = s.source;
    s.source.user = &l;
    s.source.critiques = listen;
    assert_int_equal(
        recommender_training_init(&r, TRAINING_SUPERVISED, &s.model, &s.source, &settings), GMR_OK);
    for (size_t i = 0; i < 3; i++) {
        if (i != 1)
            recommender_training_seek(&r, 2);
        assert_int_equal(recommender_training_learn(&r, &s.tape, &loss), GMR_OK);
    }
    for (size_t i = 0; i < l.calls; i++) {
        assert_int_equal(l.first[i], settings.batch * (i / TURNS == 1 ? 3 : 2));
        assert_int_equal(l.turn[i], i % TURNS);
    }
    assert_int_equal(l.calls, 3 * TURNS);
    recommender_training_release(&r);
    teardown(&s);
}

/* ---- departures of both stages ---- */

/* Each changes the first batch of supervised training too. */
static void switches_change_what_they_should(void **state)
{
    const struct recommender_training_settings settings = small_settings();
    struct recommender_training_settings changed[3] = { settings, settings, settings };
    struct setting s;
    double loss;

    (void)state;
    setup(&s, "gommir", 24);
    loss = batch_loss(&s, TRAINING_SUPERVISED, 0, &settings);
    changed[0].like_raw = true;
    changed[1].omit_last = true;
    changed[2].margin = 5;
    for (size_t i = 0; i < 3; i++)
        assert_true(batch_loss(&s, TRAINING_SUPERVISED, 0, &changed[i]) != loss);
    assert_true(batch_loss(&s, TRAINING_SUPERVISED, 0, &settings) == loss);
    teardown(&s);
}

static void frozen_projections_stay(void **state)
{
    struct recommender_training_settings settings = small_settings();
    real before[16 * 16], other;
    const struct tensor *weight;
    struct setting s;

    (void)state;
    settings.freeze_image = true;
    setup(&s, "gommir", 24);
    weight = s.model.gommir.image_linear.weight;
    memcpy(before, tensor_real(weight), sizeof before);
    other = tensor_real(s.model.gommir.text_linear.weight)[0];
    train(&s, TRAINING_SUPERVISED, &settings, 3, 1e-2);
    assert_memory_equal(before, tensor_real(weight), sizeof before);
    assert_true(tensor_real(s.model.gommir.text_linear.weight)[0] != other);
    assert_true(weight->requires_grad); /* afterwards it is free again */
    settings.freeze_image = false;
    train(&s, TRAINING_SUPERVISED, &settings, 1, 1e-2);
    assert_memory_not_equal(before, tensor_real(weight), sizeof before);
    teardown(&s);
}

/* ---- a run ---- */

enum { EPOCHS = 2 };

static enum gmr_status judge(void *user, const char *name, double *score, json_t *line)
{
    (void)user;
    (void)name;
    json_object_set_new(line, "score", json_real(0));
    *score = 0;
    return GMR_OK;
}

static enum gmr_status write(void *user, const char *path, const struct safetensors_metadata *state,
                             size_t count)
{
    const struct recommender_training *r = user;
    const struct recommender_facts facts = { .shown = r->settings.shown };

    return recommender_save(r->model, path, &facts, state, count);
}

static enum gmr_status run_job(struct setting *s, struct recommender_training *r,
                               const char *directory, const struct gmr_progress *progress)
{
    struct training_schedule schedule =
        recommender_training_schedule(r->stage, s->source.items, &r->settings);
    json_t *config = json_pack("{s:s}", "job", "test");
    struct training_job job;
    struct training_run run;
    enum gmr_status status;
    bool begins;

    schedule.epochs = EPOCHS;
    recommender_training_job(r, &job);
    job.judge = judge;
    job.write = write;
    training_run_init(&run, compute, NULL, progress);
    status =
        training_run_open(&run, &job, schedule, s->model.parameters, directory, config, &begins);
    if (status == GMR_OK && begins)
        recommender_initialise(&s->model, 11);
    if (status == GMR_OK)
        status = training_run_learn(&run);
    if (status == GMR_OK)
        assert_true(run.optimiser.settings.rate == schedule.rate);
    if (status == GMR_OK)
        assert_true(run.optimiser.settings.weight_decay == schedule.weight_decay);
    training_run_close(&run);
    return status;
}

static enum gmr_status run_stage(const char *name, enum training_stage stage, const char *directory,
                                 const struct gmr_progress *progress)
{
    const struct recommender_training_settings settings = small_settings();
    struct recommender_training r;
    struct setting s;
    enum gmr_status status;

    setup(&s, name, 24);
    assert_int_equal(recommender_training_init(&r, stage, &s.model, &s.source, &settings), GMR_OK);
    status = run_job(&s, &r, in_scratch(directory), progress);
    recommender_training_release(&r);
    teardown(&s);
    return status;
}

/* Asks for the end after so many questions. */
static bool stop_after(void *user)
{
    size_t *left = user;

    return (*left)-- == 0;
}

static void check_stops(const char *name, enum training_stage stage, const char *whole,
                        const char *parts)
{
    enum gmr_status status = GMR_ERR_CANCELLED;
    char one[64], other[64];
    size_t stops = 0;

    assert_int_equal(run_stage(name, stage, whole, NULL), GMR_OK);
    for (; status == GMR_ERR_CANCELLED; stops++) {
        size_t left = 2;
        const struct gmr_progress progress = { .cancelled = stop_after, .user = &left };

        status = run_stage(name, stage, parts, &progress);
        assert_true(stops < 20);
    }
    assert_int_equal(status, GMR_OK);
    assert_true(stops >= 3);
    snprintf(one, sizeof one, "%s/last.safetensors", whole);
    snprintf(other, sizeof other, "%s/last.safetensors", parts);
    assert_true(training_same_file(one, other));
}

static void stopped_runs_end_as_unbroken_ones(void **state)
{
    (void)state;
    check_stops("gommir", TRAINING_SUPERVISED, "whole", "parts");
    check_stops("gommir", TRAINING_POLICY, "policy", "policy-parts");
}

/* ---- what cannot be ---- */

static void check_refused(const char *name, const struct recommender_training_settings *settings,
                          const char *message)
{
    struct recommender_training r;
    struct setting s;

    setup(&s, name, 24);
    assert_int_equal(recommender_training_init(&r, TRAINING_POLICY, &s.model, &s.source, settings),
                     GMR_ERR_RANGE);
    assert_message(message);
    recommender_training_release(&r);
    teardown(&s);
}

static void settings_are_checked(void **state)
{
    struct recommender_training_settings settings = small_settings();

    (void)state;
    settings.shown = 1;
    check_refused("gommir", &settings, "nothing to dislike");
    settings = small_settings();
    settings.turns = 22;
    check_refused("gommir", &settings, "'gommir' has at most 21");
    settings.turns = 8;
    check_refused("gommir", &settings, "24 items are too few for 9 lists of 3");
    settings = small_settings();
    settings.negatives = 0;
    check_refused("gommir", &settings, "too small");
}

/* Random negatives need no dislikes. */
static void single_items_have_random_negatives(void **state)
{
    struct recommender_training_settings settings = small_settings();
    struct setting s;

    (void)state;
    settings.shown = 1;
    setup(&s, "gommir-random-negs", 24);
    assert_true(isfinite(batch_loss(&s, TRAINING_POLICY, 0, &settings)));
    teardown(&s);
}

static enum gmr_status say_nothing(void *user, const uint64_t *target, const uint64_t *liked,
                                   struct critic_memory *memory, size_t count, real *text,
                                   char (*words)[CRITIC_TEXT])
{
    (void)user;
    (void)target;
    (void)liked;
    (void)memory;
    (void)count;
    (void)text;
    (void)words;
    return gmr_error(GMR_ERR_IO, "nobody speaks");
}

/* A source that fails ends the batch, and leaves all fit for another one. */
static void failures_of_the_source_are_passed_on(void **state)
{
    const struct recommender_training_settings settings = small_settings();
    struct recommender_training r;
    struct setting s;
    double loss;

    (void)state;
    setup(&s, "gommir", 24);
    for (enum training_stage stage = TRAINING_SUPERVISED; stage <= TRAINING_POLICY; stage++) {
        assert_int_equal(recommender_training_init(&r, stage, &s.model, &s.source, &settings),
                         GMR_OK);
        s.source.critiques = say_nothing;
        assert_int_equal(recommender_training_learn(&r, &s.tape, &loss), GMR_ERR_IO);
        assert_message("nobody speaks");
        world_source(&s.world, &s.source);
        recommender_training_seek(&r, 1);
        assert_int_equal(recommender_training_learn(&r, &s.tape, &loss), GMR_OK);
        assert_true(loss == batch_loss(&s, stage, 1, &settings));
        recommender_training_release(&r);
    }
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(policy_learning_finds_everything),
        cmocka_unit_test(one_batch_is_learned_by_heart),
        cmocka_unit_test(batches_are_found_again),
        cmocka_unit_test(jobs_count_batches_through_epochs),
        cmocka_unit_test(dialogues_are_numbered_through),
        cmocka_unit_test(switches_change_what_they_should),
        cmocka_unit_test(frozen_projections_stay),
        cmocka_unit_test_setup_teardown(stopped_runs_end_as_unbroken_ones, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(single_items_have_random_negatives),
        cmocka_unit_test(failures_of_the_source_are_passed_on),
    };
    int failures;

    if (compute_create_cpu(NULL, 1, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
