/* Training of captioners: both kinds learn, what comes out can be measured, and a run that is
 * stopped ends as one that was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "support/captioner_runs.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/training.h"

static const enum gmr_captioner_kind kinds[] = { GMR_CAPTIONER_SHOW_ATTEND_TELL,
                                                 GMR_CAPTIONER_TRANSFORMER };

/* After so little, the commonest beginnings of sentences are known: fewer words to guess from than
 * there are. */
static void both_kinds_learn(void **state)
{
    (void)state;
    captioning_setup();
    for (size_t i = 0; i < 2; i++) {
        struct gmr_captioner_training_result result;
        struct gmr_captioner_training_options o = captioning_options(kinds[i], i ? "vlt" : "sat");
        o.epochs = 8;
        o.rate = 2e-2;
        assert_int_equal(captioning_train(NULL, &o, &result), GMR_OK);
        assert_int_equal(result.epochs, 8);
        assert_int_equal(result.steps, 8 * 4);
        assert_true(result.items > 20 && result.held_out == result.items);
        assert_true(result.vocabulary > 20);
        assert_true(result.best_epoch >= 4);
        assert_true(result.loss < 0.8 * log((double)result.vocabulary + 1));
        assert_true(result.loss > 0.5); /* nobody could know what is drawn by chance */
    }
}

static void a_captioner_can_be_measured(void **state)
{
    (void)state;
    struct gmr_captioner_training_result trained;
    struct gmr_captioner_evaluation found, again;
    captioning_setup();
    const struct gmr_captioner_training_options o = captioning_options(kinds[0], "run");
    assert_int_equal(captioning_train(NULL, &o, &trained), GMR_OK);
    assert_int_equal(captioning_evaluate(NULL, in_scratch("run/best.safetensors"), &found), GMR_OK);
    assert_int_equal(found.items, trained.items);
    assert_int_equal(found.pairs, 20);
    assert_true(found.constant_text[0] != '\0');
    const struct gmr_caption_measures *m = &found.constant;
    assert_true(m->rouge_l.value > 0 && m->rouge_l.value < 1);
    assert_true(m->rouge_l.low <= m->rouge_l.value && m->rouge_l.value <= m->rouge_l.high);
    assert_int_equal(m->distinct, 1);
    assert_true(m->statements >= 20);
    assert_true(m->distinguishing.value <= m->true_of_target.value + 0.5);
    assert_int_equal(captioning_evaluate(NULL, in_scratch("run/best.safetensors"), &again), GMR_OK);
    assert_memory_equal(&found.captioner, &again.captioner, sizeof found.captioner);
}

/* Asks for the end after so many questions. */
static bool stop_after(void *user)
{
    size_t *left = user;
    return (*left)-- == 0;
}

static void stopped_runs_end_as_unbroken_ones(void **state)
{
    (void)state;
    struct gmr_captioner_training_result whole, parts;
    enum gmr_status status = GMR_ERR_CANCELLED;
    size_t stops = 0;
    captioning_setup();
    struct gmr_captioner_training_options o = captioning_options(kinds[1], "whole");
    assert_int_equal(captioning_train(NULL, &o, &whole), GMR_OK);
    o = captioning_options(kinds[1], "parts");
    for (size_t after = 40; status == GMR_ERR_CANCELLED; after += 17, stops++) {
        size_t left = after;
        o.progress = (struct gmr_progress){ .cancelled = stop_after, .user = &left };
        status = captioning_train(NULL, &o, &parts);
        assert_true(stops < 100);
    }
    assert_int_equal(status, GMR_OK);
    assert_true(stops > 2);
    assert_int_equal(parts.steps, whole.steps);
    assert_true(parts.loss == whole.loss);
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
    assert_true(training_same_file("whole/last.safetensors", "parts/last.safetensors"));
}

/* When nothing is learned, losses tell the batches apart: each is seen once. */
static void every_batch_is_another(void **state)
{
    (void)state;
    enum { STEPS = 8 };
    struct gmr_captioner_training_result result;
    double loss[STEPS];
    captioning_setup();
    struct gmr_captioner_training_options o = captioning_options(kinds[0], "run");
    o.rate = 1e-12;
    o.dropout = 0;
    assert_int_equal(captioning_train(NULL, &o, &result), GMR_OK);
    assert_int_equal(result.steps, STEPS);
    for (size_t i = 0; i < STEPS; i++) {
        loss[i] = training_logged("run/log.jsonl", i + i / 4, "loss");
        for (size_t k = 0; k < i; k++)
            assert_true(fabs(loss[i] - loss[k]) > 1e-7);
    }
}

static void other_settings_are_refused(void **state)
{
    (void)state;
    struct gmr_captioner_training_result result;
    captioning_setup();
    struct gmr_captioner_training_options o = captioning_options(kinds[0], "run");
    assert_int_equal(captioning_train(NULL, &o, &result), GMR_OK);
    o.batch = 4;
    assert_int_equal(captioning_train(NULL, &o, &result), GMR_ERR_STATE);
    assert_message("batch was 8, now 4");
    o = captioning_options(kinds[0], "other");
    o.critiques = GMR_CRITIQUES_CAPTIONS;
    assert_int_equal(captioning_train(NULL, &o, &result), GMR_ERR_NOT_FOUND);
    assert_message("has no captions of these items");
    o.train = "nonsense";
    assert_int_equal(captioning_train(NULL, &o, &result), GMR_ERR_NOT_FOUND);
    assert_message("no split 'nonsense'");
}

/* A captioner reads the features that it learned from, and no others. */
static void other_features_are_refused(void **state)
{
    (void)state;
    struct gmr_captioner_training_result result;
    struct gmr_captioner_evaluation found;
    captioning_setup();
    const struct gmr_captioner_training_options o = captioning_options(kinds[0], "run");
    assert_int_equal(captioning_train(NULL, &o, &result), GMR_OK);
    assert_int_equal(unlink(in_scratch("eyes.safetensors")), 0);
    captioning_other_eyes();
    assert_int_equal(captioning_evaluate(NULL, in_scratch("run/best.safetensors"), &found),
                     GMR_ERR_STATE);
    assert_message("of other weights than");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_kinds_learn),
        TEST(a_captioner_can_be_measured),
        TEST(stopped_runs_end_as_unbroken_ones),
        TEST(every_batch_is_another),
        TEST(other_settings_are_refused),
        TEST(other_features_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
