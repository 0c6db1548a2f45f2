/* Training of an encoder: it learns, and a run that is stopped ends as one
 * that was not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/status.h"
#include "encoder/encoder.h"
#include "learning/encoder_evaluation.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/training.h"
#include "tensor/safetensors.h"

/* What the run says of its best weights is what an evaluation of them says. */
static void check_validation(struct encoder *encoder, const struct retrieval_summary *said)
{
    struct gmr_encoder_evaluation_options options = gmr_encoder_evaluation_options_default();
    struct gmr_encoder_evaluation found;
    struct catalogue *shop;
    options.split = "train";
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &shop), GMR_OK);
    assert_int_equal(encoder_evaluation_run(encoder, shop, &options, 1, &found), GMR_OK);
    assert_true(found.text_to_picture.recall_1.value == said->recall_1);
    assert_true(found.text_to_picture.recall_10.value == said->recall_10);
    assert_true(found.text_to_picture.median_rank.value == said->median_rank);
    assert_true(said->recall_1 < 0.9); /* so little training cannot have found all */
    catalogue_close(shop);
}

/* The loss falls, and what comes out is an encoder with its vocabulary inside. */
static void a_run_makes_an_encoder(void **state)
{
    struct encoder_training_settings settings = training_settings();
    struct encoder_training_result result;
    struct encoder *encoder;
    training_catalogue();
    settings.epochs = 12;
    settings.rate = 3e-3;
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_OK);
    assert_true(result.items > 20 && result.items < TRAINING_ITEMS);
    assert_int_equal(result.epochs, 12);
    assert_int_equal(result.steps, 12 * (result.items / settings.batch));
    assert_true(result.last_loss < 3); /* it begins at 5.5 */
    assert_true(result.best_epoch >= 1 && result.best_epoch <= 12);

    const struct encoder_options options = { .weights = in_scratch("run/best.safetensors") };
    struct compute *compute;
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    assert_int_equal(encoder_open(compute, NULL, &options, &encoder), GMR_OK);
    assert_non_null(encoder->tokeniser);
    assert_int_equal(encoder->fit, PREPROCESS_PAD);
    assert_int_equal(encoder->model.settings.resolution, 32);
    check_validation(encoder, &result.best);
    encoder_close(encoder);
    compute_destroy(compute);
}

/* Asks for the end after so many questions. */
static bool stop_after(void *user)
{
    size_t *left = user;
    return (*left)-- == 0;
}

static void stopped_runs_end_as_unbroken_ones(void **state)
{
    const struct encoder_training_settings settings = training_settings();
    struct encoder_training_result whole, parts;
    enum gmr_status status = GMR_ERR_CANCELLED;
    size_t stops = 0;
    training_catalogue();
    assert_int_equal(training_run(NULL, &settings, "whole", NULL, &whole), GMR_OK);
    for (size_t after = 3; status == GMR_ERR_CANCELLED; after++, stops++) {
        size_t left = after;
        const struct gmr_progress progress = { .cancelled = stop_after, .user = &left };
        status = training_run(NULL, &settings, "parts", &progress, &parts);
        assert_true(stops < 100);
    }
    assert_int_equal(status, GMR_OK);
    assert_true(stops > 2);
    assert_int_equal(parts.steps, whole.steps);
    assert_true(parts.best.recall_10 == whole.best.recall_10);
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
}

/* The log has each batch and each epoch once, however often the run was stopped. */
static void the_log_tells_nothing_twice(void **state)
{
    const struct encoder_training_settings settings = training_settings();
    struct encoder_training_result result;
    struct file_map log;
    size_t left = 4, lines = 0, epochs = 0;
    const struct gmr_progress progress = { .cancelled = stop_after, .user = &left };
    training_catalogue();
    assert_int_equal(training_run(NULL, &settings, "run", &progress, &result), GMR_ERR_CANCELLED);
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_OK);
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_OK);
    assert_int_equal(file_map_open(&log, in_scratch("run/log.jsonl")), GMR_OK);
    for (size_t i = 0; i < log.size; i++)
        lines += log.data[i] == '\n';
    for (size_t i = 0; i + 8 < log.size; i++)
        epochs += memcmp(log.data + i, "{\"epoch\"", 8) == 0;
    file_map_close(&log);
    assert_int_equal(epochs, settings.epochs);
    assert_int_equal(lines, result.steps + settings.epochs);
}

/* Two epochs of three batches, each epoch followed by its own line: up in two steps, then down
 * along half a wave of four. */
static void the_rate_rises_and_falls(void **state)
{
    const struct encoder_training_settings settings = training_settings();
    static const double share[] = { 0.5, 1, 1, 0.8535534, 0.5, 0.1464466 };
    struct encoder_training_result result;
    training_catalogue();
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_OK);
    for (size_t step = 0; step < 6; step++) {
        const size_t line = step + step / 3;
        assert_true(training_logged("run/log.jsonl", line, "step") == (double)step + 1);
        assert_true(fabs(training_logged("run/log.jsonl", line, "rate") / settings.rate -
                         share[step]) < 1e-6);
    }
}

/* Sum of squares of a weight of the last state. */
static double size_of_weights(const char *name, const char *tensor)
{
    enum { MOST = 4096 };
    real values[MOST];
    double sum = 0;
    size_t count = 1;
    struct safetensors *file;
    assert_int_equal(safetensors_open(NULL, in_scratch(name), &file), GMR_OK);
    const struct safetensors_entry *e = safetensors_find(file, tensor);
    assert_non_null(e);
    for (size_t i = 0; i < e->rank; i++)
        count *= e->dim[i];
    assert_true(count <= MOST);
    assert_int_equal(safetensors_read(file, tensor, e->dim, e->rank, values), GMR_OK);
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * (double)values[i];
    safetensors_close(file);
    return sum;
}

/* Matrices shrink by 1 - rate decay a step, beside what they learn; vectors do not. */
static void weights_decay(void **state)
{
    static const char matrix[] = "visual.layer1.0.conv2.weight", vector[] = "ln_final.weight";
    struct encoder_training_settings settings = training_settings();
    struct encoder_training_result result;
    training_catalogue();
    settings.decay = 0;
    settings.rate = 1e-3;
    assert_int_equal(training_run(NULL, &settings, "free", NULL, &result), GMR_OK);
    settings.decay = 100;
    assert_int_equal(training_run(NULL, &settings, "decayed", NULL, &result), GMR_OK);
    const double before = size_of_weights("free/last.safetensors", matrix),
                 after = size_of_weights("decayed/last.safetensors", matrix);
    /* the rates of six steps sum up to 4 times 1e-3: e^-0.4 of the length is left, or so */
    assert_true(after < 0.6 * before && after > 0.3 * before);
    assert_true(fabs(size_of_weights("decayed/last.safetensors", vector) -
                     size_of_weights("free/last.safetensors", vector)) < 0.5);
}

static void other_settings_or_items_are_refused(void **state)
{
    struct encoder_training_settings settings = training_settings();
    struct encoder_training_result result;
    training_catalogue();
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_OK);
    settings.batch = 4;
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_ERR_STATE);
    assert_message("batch was 8, now 4");
}

static void damaged_states_are_named(void **state)
{
    const struct encoder_training_settings settings = training_settings();
    struct encoder_training_result result;
    size_t left = 4;
    const struct gmr_progress progress = { .cancelled = stop_after, .user = &left };
    training_catalogue();
    assert_int_equal(training_run(NULL, &settings, "run", &progress, &result), GMR_ERR_CANCELLED);
    assert_int_equal(truncate(in_scratch("run/last.safetensors"), 1000), 0);
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_ERR_FORMAT);
    assert_message("last.safetensors");
    put_scratch("run/last.safetensors", "");
    assert_int_equal(training_run(NULL, &settings, "run", NULL, &result), GMR_ERR_FORMAT);
    assert_message("last.safetensors");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_makes_an_encoder),      TEST(stopped_runs_end_as_unbroken_ones),
        TEST(the_log_tells_nothing_twice), TEST(other_settings_or_items_are_refused),
        TEST(the_rate_rises_and_falls),    TEST(weights_decay),
        TEST(damaged_states_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
