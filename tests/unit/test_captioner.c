/* Captioners of both kinds on a tape: sizes of the published models, first values, how the loss
 * comes from the logits, what of a pair each input sees, settings and inputs that do not fit, and
 * ten sentences learnt by heart. What the models compute is the business of golden/captioner. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "nn/adam.h"
#include "simulator/captioner/captioner.h"
#include "support/captioning.h"
#include "support/message.h"
#include "support/support.h"

enum { CHANNELS = 3, BATCH = 4, KINDS = 2 };

static const enum captioner_kind kinds[KINDS] = { CAPTIONER_SHOW_ATTEND_TELL,
                                                  CAPTIONER_TRANSFORMER };

/* A small model with a batch. */
struct setting {
    struct compute *compute;
    struct captioner model;
    struct captioning data;
    struct tape tape;
};

static void setup(struct setting *s, struct captioner_settings settings, uint64_t seed)
{
    assert_int_equal(compute_create_cpu(NULL, 2, &s->compute), GMR_OK);
    assert_int_equal(captioner_init(&s->model, s->compute, NULL, settings, captioning_words),
                     GMR_OK);
    captioner_initialise(&s->model, seed);
    captioning_init(&s->data, BATCH, settings.channels, settings.length, 5);
    tape_init(&s->tape, s->compute, NULL);
    s->tape.training = false;
}

static void teardown(struct setting *s)
{
    tape_release(&s->tape);
    captioning_release(&s->data);
    captioner_release(&s->model);
    compute_destroy(s->compute);
}

static void setup_kind(struct setting *s, size_t kind)
{
    setup(s, captioning_settings(kinds[kind], CHANNELS), 1);
}

static real loss(struct setting *s, double smoothing)
{
    const real value = tape_scalar(&s->tape, captioner_loss(&s->tape, &s->model, &s->data.pictures,
                                                            &s->data.sentences, smoothing));
    assert_int_equal(tape_status(&s->tape), GMR_OK);
    tape_reset(&s->tape);
    return value;
}

/* The logits of the batch; the caller frees them. */
static real *logits(struct setting *s, size_t *count)
{
    struct tensor *y = captioner_logits(&s->tape, &s->model, &s->data.pictures, &s->data.sentences);
    assert_int_equal(tape_status(&s->tape), GMR_OK);
    *count = tensor_numel(y);
    real *values = malloc(*count * sizeof *values);
    assert_non_null(values);
    tape_read(&s->tape, y, values);
    tape_reset(&s->tape);
    return values;
}

/* ---- sizes and first values ---- */

static void test_published_sizes(void **state)
{
    (void)state;
    static const size_t trained[KINDS] = { 15970282, 47264233 };
    for (size_t i = 0; i < KINDS; i++) {
        struct captioner model;
        assert_int_equal(
            captioner_declare(&model, NULL, captioner_settings_published(kinds[i], 2048, 1000)),
            GMR_OK);
        assert_int_equal(model.parameters.status, GMR_OK);
        assert_int_equal(parameters_trained(&model.parameters), trained[i]);
        captioner_release(&model);
    }
}

static double largest(const struct parameters *p, const char *name)
{
    const struct parameter *e = parameters_find(p, name);
    double most = 0;
    assert_non_null(e);
    for (size_t i = 0; i < tensor_numel(e->tensor); i++)
        most = fmax(most, fabs((double)tensor_real(e->tensor)[i]));
    return most;
}

/* Drawn from U(-bound, bound): no value is above, some are near. */
static void assert_bound(const struct parameters *p, const char *name, double bound)
{
    const double most = largest(p, name);
    assert_true(most <= bound);
    assert_true(most > 0.8 * bound);
}

static void test_first_values(void **state)
{
    (void)state;
    const double tokens = CAPTIONING_WORDS + 1;
    struct setting s;
    setup_kind(&s, 0);
    assert_bound(&s.model.parameters, "embed.weight", 0.1);
    assert_bound(&s.model.parameters, "logit.weight", 0.1);
    assert_true(largest(&s.model.parameters, "logit.bias") == 0);
    assert_bound(&s.model.parameters, "core.rnn.weight_ih_l0", 1 / sqrt(6));
    assert_bound(&s.model.parameters, "linear.weight", 1 / sqrt(6));
    teardown(&s);
    setup_kind(&s, 1);
    assert_bound(&s.model.parameters, "model.tgt_embed.0.lut.weight", sqrt(6 / (tokens + 6)));
    assert_bound(&s.model.parameters, "model.generator.proj.weight", sqrt(6 / (tokens + 6)));
    assert_bound(&s.model.parameters, "model.decoder.layers.0.src_attn.linears.2.weight",
                 sqrt(6.0 / 12));
    assert_bound(&s.model.parameters, "att_embed.1.weight", 1 / sqrt(6));
    const real *pe = tensor_real(s.model.transformer.positions);
    assert_true(fabs((double)pe[6 * 4999] - sin(4999)) < 1e-6);
    assert_true(fabs((double)pe[6 * 3 + 1] - cos(3)) < 1e-6);
    teardown(&s);
}

static void test_same_seed_same_values(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct setting a, b;
        setup_kind(&a, kind);
        setup_kind(&b, kind);
        assert_int_equal(a.model.parameters.values_bytes, b.model.parameters.values_bytes);
        assert_memory_equal(a.model.parameters.values, b.model.parameters.values,
                            a.model.parameters.values_bytes);
        assert_true(loss(&a, 0) == loss(&b, 0));
        captioner_initialise(&b.model, 2);
        assert_true(loss(&a, 0) != loss(&b, 0));
        teardown(&a);
        teardown(&b);
    }
}

/* ---- loss and logits ---- */

/* -log of a softmax, smoothed: the others share `smoothing` evenly. */
static double token_loss(const real *logit, size_t target, double smoothing)
{
    double sum = 0, loss = 0;
    for (size_t i = 0; i <= CAPTIONING_WORDS; i++)
        sum += exp((double)logit[i]);
    for (size_t i = 0; i <= CAPTIONING_WORDS; i++)
        loss += (i == target ? 1 - smoothing : smoothing / CAPTIONING_WORDS) *
                (log(sum) - (double)logit[i]);
    return loss;
}

/* The loss of the first `batch` pairs, from their logits. */
static double expected_loss(struct setting *s, size_t batch, double smoothing)
{
    double sum = 0, scored = 0;
    size_t count;
    real *logit = logits(s, &count);
    const size_t length = s->data.sentences.length;
    assert_int_equal(count, batch * (length + 1) * (CAPTIONING_WORDS + 1));
    for (size_t i = 0; i < batch; i++) {
        const real *row = logit + i * (length + 1) * (CAPTIONING_WORDS + 1);
        int64_t id = 1;
        for (size_t step = 0; id != 0; step++, scored++) {
            id = step < length ? s->data.ids[i * length + step] : 0;
            sum += token_loss(row + step * (CAPTIONING_WORDS + 1), (size_t)id, smoothing);
        }
    }
    free(logit);
    return sum / scored;
}

/* Of the whole batch, and of one sentence of one word, which needs fewer steps. */
static void test_loss_is_mean_over_words_and_ends(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++)
        for (size_t batch = BATCH; batch > 0; batch = batch > 1 ? 1 : 0)
            for (double smoothing = 0; smoothing < 0.3; smoothing += 0.25) {
                struct setting s;
                setup_kind(&s, kind);
                s.data.pictures.count = s.data.sentences.count = batch;
                const double expected = expected_loss(&s, batch, smoothing);
                assert_true(fabs((double)loss(&s, smoothing) - expected) < 1e-5);
                teardown(&s);
            }
}

/* A batch has the logits of its sentences alone, and padding changes nothing before it. */
static void test_rows_are_independent(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct setting s;
        size_t count, one;
        setup_kind(&s, kind);
        real *all = logits(&s, &count);
        s.data.pictures.count = s.data.sentences.count = 1;
        s.data.sentences.length = 1; /* of the first sentence */
        real *first = logits(&s, &one);
        assert_int_equal(one, 2 * (CAPTIONING_WORDS + 1));
        assert_true(max_abs_difference(first, all, one) < 1e-5);
        free(first);
        free(all);
        teardown(&s);
    }
}

/* Which of the two pictures each form of input looks at. */
static void test_inputs(void **state)
{
    (void)state;
    static const bool sees_candidate[] = { true, true, false };
    for (size_t kind = 0; kind < KINDS; kind++)
        for (enum captioner_input input = 0; input <= CAPTIONER_TARGET; input++) {
            struct captioner_settings settings = captioning_settings(kinds[kind], CHANNELS);
            struct setting s;
            settings.input = input;
            setup(&s, settings, 1);
            const real before = loss(&s, 0);
            const size_t half = BATCH * CHANNELS;
            for (size_t i = 0; i < half; i++) {
                s.data.features[half + i] += 1;
                s.data.features[2 * half + CAPTIONER_REGIONS * half + i] += 1;
            }
            assert_true((loss(&s, 0) != before) == sees_candidate[input]);
            s.data.features[2 * half] += 1;
            const real after = loss(&s, 0);
            assert_true(after != before);
            teardown(&s);
        }
}

/* ---- dropout ---- */

static size_t dropouts(double inside, double input, size_t kind, real *value)
{
    struct captioner_settings settings = captioning_settings(kinds[kind], CHANNELS);
    struct setting s;
    settings.dropout = inside;
    settings.input_dropout = input;
    setup(&s, settings, 1);
    s.tape.training = true;
    *value = loss(&s, 0);
    const size_t calls = (size_t)s.tape.dropout_calls;
    teardown(&s);
    return calls;
}

/* Where the published models drop: the LSTM's output; or the regions, the words, and in each layer
 * the probabilities of each attention, the hidden layer, and what each part adds. */
static void test_dropout_in_training(void **state)
{
    (void)state;
    real with, again, without;
    assert_int_equal(dropouts(0, 0, 0, &without), 0);
    assert_int_equal(dropouts(0.5, 0.5, 0, &with), 1);
    assert_true(with != without);
    assert_int_equal(dropouts(0, 0, 1, &without), 0);
    assert_int_equal(dropouts(0, 0.5, 1, &with), 1);
    assert_true(with != without);
    assert_int_equal(dropouts(0.5, 0, 1, &with), 2 * 4 + 1 + 6);
    assert_int_equal(dropouts(0.5, 0.5, 1, &with), 1 + 2 * 4 + 1 + 6);
    dropouts(0.5, 0.5, 1, &again);
    assert_true(with != without && with == again);
}

/* ---- what does not fit ---- */

static void refuse(struct captioner_settings settings, const char *message)
{
    struct captioner model;
    struct compute *compute;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(captioner_init(&model, compute, NULL, settings, captioning_words),
                     GMR_ERR_RANGE);
    assert_message(message);
    compute_destroy(compute);
}

static void test_settings_that_do_not_fit(void **state)
{
    (void)state;
    const struct captioner_settings sound = captioning_settings(CAPTIONER_TRANSFORMER, 2);
    struct captioner_settings s;
    s = sound, s.kind = (enum captioner_kind)2, refuse(s, "no such kind");
    s = sound, s.input = (enum captioner_input)3, refuse(s, "no such input");
    s = sound, s.channels = 0, refuse(s, "channels is 0");
    s = sound, s.words = 0, refuse(s, "words is 0");
    s = sound, s.length = 65, refuse(s, "longest sentence is 65, not in 1 .. 64");
    s = sound, s.width = 1, refuse(s, "width is 1");
    s = sound, s.hidden = 0, refuse(s, "hidden layer is 0");
    s = sound, s.heads = 4, refuse(s, "width 6 does not divide into 4 heads");
    s = sound, s.encoder_layers = 0, refuse(s, "encoder layers is 0");
    s = sound, s.decoder_layers = 65, refuse(s, "decoder layers is 65");
    s = sound, s.batch_norm = 3, refuse(s, "batch norm is 3");
    s = sound, s.dropout = 1, refuse(s, "dropout is 1");
    s = sound, s.input_dropout = NAN, refuse(s, "dropout of the input is");
    s = captioning_settings(CAPTIONER_SHOW_ATTEND_TELL, 2);
    s.embed = 0, refuse(s, "width of a word is 0");
    s.embed = 1, s.attention = 0, refuse(s, "attention is 0");
}

static void test_words_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "two\nlines", "\xFF" };
    struct captioner_settings settings = captioning_settings(CAPTIONER_SHOW_ATTEND_TELL, 2);
    struct captioner model;
    struct compute *compute;
    settings.words = 2;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *const words[] = { NULL, "is", bad[i] };
        assert_int_equal(captioner_init(&model, compute, NULL, settings, words), GMR_ERR_RANGE);
        assert_message("word 2 of the vocabulary");
    }
    compute_destroy(compute);
}

static void test_sentences_that_do_not_fit(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        int64_t ids[BATCH * 6] = { 0 };
        struct setting s;
        setup_kind(&s, kind);
        struct captioner_sentences sentences = { BATCH - 1, 5, ids };
        captioner_loss(&s.tape, &s.model, &s.data.pictures, &sentences, 0);
        assert_int_equal(tape_status(&s.tape), GMR_ERR_SHAPE);
        tape_reset(&s.tape);
        sentences = (struct captioner_sentences){ BATCH, 6, ids };
        captioner_logits(&s.tape, &s.model, &s.data.pictures, &sentences);
        assert_int_equal(tape_status(&s.tape), GMR_ERR_RANGE);
        tape_reset(&s.tape);
        sentences.length = 5;
        ids[7] = CAPTIONING_WORDS + 1;
        captioner_logits(&s.tape, &s.model, &s.data.pictures, &sentences);
        assert_int_equal(tape_status(&s.tape), GMR_ERR_RANGE);
        tape_reset(&s.tape);
        teardown(&s);
    }
}

/* ---- learning ---- */

enum { LEARNT = 10, LEARNT_LENGTH = 8, LEARNT_CHANNELS = 8 };

static struct captioner_settings learner(enum captioner_kind kind)
{
    struct captioner_settings s = captioning_settings(kind, LEARNT_CHANNELS);
    s.length = LEARNT_LENGTH;
    s.width = s.embed = s.attention = s.hidden = 32;
    s.encoder_layers = 1;
    s.batch_norm = 0;
    return s;
}

static double train(struct captioner *model, struct tape *t, const struct captioning *data,
                    size_t steps)
{
    struct adam_settings adam = adam_settings_default();
    struct optimiser optimiser;
    double loss = 0;
    adam.rate = 5e-3;
    assert_int_equal(optimiser_init(&optimiser, &model->parameters, adam), GMR_OK);
    for (size_t i = 0; i < steps; i++) {
        struct tensor *y = captioner_loss(t, model, &data->pictures, &data->sentences, 0);
        assert_int_equal(tape_backward(t, y), GMR_OK);
        loss = (double)tape_scalar(t, y);
        optimiser_step(&optimiser);
        parameters_clear_grad(&model->parameters);
        tape_reset(t);
    }
    optimiser_release(&optimiser);
    return loss;
}

static int64_t likeliest(const real *logit)
{
    int64_t best = 0;
    for (int64_t i = 1; i <= CAPTIONING_WORDS; i++)
        if (logit[i] > logit[best])
            best = i;
    return best;
}

/* Says what the model finds likeliest, one word after the other. */
static void say(const struct captioner *model, struct tape *t, const struct captioning *data,
                int64_t ids[LEARNT * LEARNT_LENGTH])
{
    static real logit[LEARNT * (LEARNT_LENGTH + 1) * (CAPTIONING_WORDS + 1)];
    const struct captioner_sentences said = { LEARNT, LEARNT_LENGTH, ids };
    memset(ids, 0, LEARNT * LEARNT_LENGTH * sizeof *ids);
    for (size_t step = 0; step < LEARNT_LENGTH; step++) {
        tape_read(t, captioner_logits(t, model, &data->pictures, &said), logit);
        assert_int_equal(tape_status(t), GMR_OK);
        tape_reset(t);
        for (size_t i = 0; i < LEARNT; i++)
            if (step == 0 || ids[i * LEARNT_LENGTH + step - 1] != 0)
                ids[i * LEARNT_LENGTH + step] =
                    likeliest(logit + (i * (LEARNT_LENGTH + 1) + step) * (CAPTIONING_WORDS + 1));
    }
}

static void test_sentences_are_learnt(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < KINDS; kind++) {
        int64_t said[LEARNT * LEARNT_LENGTH];
        struct captioner model;
        struct captioning data;
        struct compute *compute;
        struct tape t;
        assert_int_equal(compute_create_cpu(NULL, 2, &compute), GMR_OK);
        assert_int_equal(
            captioner_init(&model, compute, NULL, learner(kinds[kind]), captioning_words), GMR_OK);
        captioner_initialise(&model, 3);
        captioning_init(&data, LEARNT, LEARNT_CHANNELS, LEARNT_LENGTH, 4);
        tape_init(&t, compute, NULL);
        assert_true(train(&model, &t, &data, 120) < 0.05);
        t.recording = t.training = false;
        say(&model, &t, &data, said);
        assert_memory_equal(said, data.ids, sizeof said);
        tape_release(&t);
        captioning_release(&data);
        captioner_release(&model);
        compute_destroy(compute);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_sizes),
        cmocka_unit_test(test_first_values),
        cmocka_unit_test(test_same_seed_same_values),
        cmocka_unit_test(test_loss_is_mean_over_words_and_ends),
        cmocka_unit_test(test_rows_are_independent),
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_dropout_in_training),
        cmocka_unit_test(test_settings_that_do_not_fit),
        cmocka_unit_test(test_words_that_are_none),
        cmocka_unit_test(test_sentences_that_do_not_fit),
        cmocka_unit_test(test_sentences_are_learnt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
