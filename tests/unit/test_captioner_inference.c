/* Captioners that only infer against the model on a tape: logits at every step of every row, the
 * words that come of them, any number of pairs in batches of any size, on both tables of kernels;
 * what is refused; sentences as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/captioner/inference_inside.h"
#include "support/captioning.h"
#include "support/message.h"
#include "support/support.h"

enum { CHANNELS = 3, LENGTH = 5, CLASSES = CAPTIONING_WORDS + 1, MOST_PAIRS = 130, MOST_BEAM = 4 };

static const struct decoding_options GREEDY = { .mode = DECODE_GREEDY };

struct problem {
    struct failing_allocator memory;
    struct compute *compute;
    struct captioner model;
    struct captioning data;
    struct captioner_inference *fast;
    struct tape tape;
};

/* Every parameter and statistic gets a value of its own, variances stay positive, and words are
 * told apart by far, so that rounding does not change a sentence. */
static void scatter(struct captioner *model)
{
    struct parameters *p = &model->parameters;
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *e = &p->entry[i];
        size_t numel;
        if (e->kind == PARAMETER_COUNTER || strstr(e->name, ".pe"))
            continue;
        shape_numel(e->dim, e->rank, &numel);
        real *value = tensor_real(e->tensor) + e->offset, *noise = malloc(numel * sizeof *noise);
        const bool words =
            strstr(e->name, "generator") || strstr(e->name, "logit") || strstr(e->name, "embed");
        fill_uniform(noise, numel, -0.3, 0.3, i + 3);
        for (size_t k = 0; k < numel; k++)
            value[k] = (value[k] + noise[k]) * (e->rank < 2 ? 1 : words ? 6 : 2);
        free(noise);
    }
}

/* ---- the model on a tape ---- */

/* Logits [rows, CLASSES] after `step` words of each row: ids [rows, LENGTH], 0 behind them. */
static void tape_logits(struct problem *p, const size_t *pair, const int64_t *ids, size_t rows,
                        size_t step, real *logits)
{
    const size_t channels = p->model.settings.channels, grid = CAPTIONER_REGIONS * channels;
    const struct captioner_pictures *all = &p->data.pictures;
    real *x = malloc(rows * 2 * (channels + grid) * sizeof *x);
    real *part[4] = { x, x + rows * channels, x + 2 * rows * channels,
                      x + 2 * rows * channels + rows * grid };
    for (size_t i = 0; i < rows; i++) {
        memcpy(part[0] + i * channels, all->target_mean + pair[i] * channels, channels * sizeof *x);
        memcpy(part[1] + i * channels, all->candidate_mean + pair[i] * channels,
               channels * sizeof *x);
        memcpy(part[2] + i * grid, all->target_regions + pair[i] * grid, grid * sizeof *x);
        memcpy(part[3] + i * grid, all->candidate_regions + pair[i] * grid, grid * sizeof *x);
    }
    const struct captioner_pictures pictures = { rows, part[0], part[1], part[2], part[3] };
    const struct captioner_sentences sentences = { rows, LENGTH, ids };
    struct tensor *y = captioner_logits(&p->tape, &p->model, &pictures, &sentences);
    assert_int_equal(tape_status(&p->tape), GMR_OK);
    for (size_t i = 0; i < rows; i++)
        memcpy(logits + i * CLASSES, tensor_real(y) + (i * (LENGTH + 1) + step) * CLASSES,
               CLASSES * sizeof *logits);
    tape_reset(&p->tape);
    free(x);
}

/* The largest logit at each step, all sentences at once, without a decoder. */
static void tape_greedy(struct problem *p, size_t count, int64_t *ids)
{
    size_t *pair = calloc(count, sizeof *pair);
    bool *over = calloc(count, sizeof *over);
    real *logits = malloc(count * CLASSES * sizeof *logits);
    memset(ids, 0, count * LENGTH * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        pair[i] = i;
    for (size_t step = 0; step < LENGTH; step++) {
        tape_logits(p, pair, ids, count, step, logits);
        for (size_t i = 0; i < count; i++) {
            size_t best = 0;
            for (size_t k = 1; k < CLASSES; k++)
                best = logits[i * CLASSES + k] > logits[i * CLASSES + best] ? k : best;
            over[i] = over[i] || best == 0;
            ids[i * LENGTH + step] = over[i] ? 0 : (int64_t)best;
        }
    }
    free(pair);
    free(over);
    free(logits);
}

/* ---- sentences of all lengths ---- */

/* Random regions are alike in sum: each picture gets an offset of its own. */
static void set_apart(const struct captioning *data, size_t channels)
{
    const size_t pictures = 2 * data->pictures.count, row = CAPTIONER_REGIONS * channels;
    real *regions = data->features + pictures * channels;
    real *offset = malloc(pictures * channels * sizeof *offset);
    fill_normal(offset, pictures * channels, 8);
    for (size_t i = 0; i < pictures * row; i++)
        regions[i] += 2 * offset[i / row * channels + i % channels];
    free(offset);
}

/* Whether sentences end at several steps and are not all alike. */
static bool are_varied(const int64_t *ids, size_t count)
{
    size_t by_length[LENGTH + 1] = { 0 }, lengths = 0, others = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        while (n < LENGTH && ids[i * LENGTH + n] != 0)
            n++;
        by_length[n]++;
        others += memcmp(ids, ids + i * LENGTH, LENGTH * sizeof *ids) != 0;
    }
    for (size_t n = 0; n <= LENGTH; n++)
        lengths += by_length[n] > 0;
    return lengths >= 2 && others >= count / 4;
}

/* Makes the end as likely as it must be for that, or the tests below would tell little. Once for
 * each kind of model. */
static void settle_end(struct problem *p)
{
    enum { PAIRS = 24 };
    static real chosen[2][3][3];
    const struct captioner_settings *s = &p->model.settings;
    real *known = &chosen[s->kind][s->input][s->batch_norm];
    real *end = tensor_real(s->kind == CAPTIONER_TRANSFORMER ? p->model.transformer.generator.bias
                                                             : p->model.attend.logit.bias);
    const struct captioning own = p->data;
    int64_t ids[PAIRS * LENGTH] = { 0 };
    if (*known == 0) {
        captioning_init(&p->data, PAIRS, s->channels, s->length, 6);
        set_apart(&p->data, s->channels);
        for (*known = 10; !are_varied(ids, PAIRS); (*known)--) {
            if (*known < -12)
                fail_msg("kind %d, input %d, batch norm %d: sentences are alike", s->kind, s->input,
                         s->batch_norm);
            end[0] = *known;
            tape_greedy(p, PAIRS, ids);
        }
        captioning_release(&p->data);
        p->data = own;
    }
    end[0] = *known + 1; /* the last that was tried */
}

static void setup(struct problem *p, bool cpu, struct captioner_settings settings, size_t pairs,
                  size_t batch, size_t beam)
{
    failing_allocator_init(&p->memory, 0);
    const struct gmr_allocator *allocator = &p->memory.allocator;
    assert_int_equal(cpu ? compute_create_cpu(allocator, 2, &p->compute)
                         : compute_create_reference(allocator, &p->compute),
                     GMR_OK);
    assert_int_equal(captioner_init(&p->model, p->compute, allocator, settings, captioning_words),
                     GMR_OK);
    captioner_initialise(&p->model, 11);
    scatter(&p->model);
    captioning_init(&p->data, pairs, settings.channels, settings.length, 5);
    set_apart(&p->data, settings.channels);
    tape_init(&p->tape, p->compute, allocator);
    p->tape.recording = p->tape.training = false;
    settle_end(p);
    assert_int_equal(captioner_inference_create(&p->model, batch, beam, &p->fast), GMR_OK);
}

static void teardown(struct problem *p)
{
    tape_release(&p->tape);
    captioner_inference_destroy(p->fast);
    captioning_release(&p->data);
    captioner_release(&p->model);
    compute_destroy(p->compute);
    assert_true(failing_allocator_is_clean(&p->memory));
}

/* All kinds and inputs, and where transformers have batch norm. */
static size_t all_settings(struct captioner_settings *list)
{
    size_t count = 0;
    for (int input = CAPTIONER_DIFFERENCE; input <= CAPTIONER_TARGET; input++)
        for (int norm = -1; norm <= 2; norm++) {
            struct captioner_settings s = captioning_settings(
                norm < 0 ? CAPTIONER_SHOW_ATTEND_TELL : CAPTIONER_TRANSFORMER, CHANNELS);
            s.input = (enum captioner_input)input;
            s.batch_norm = norm < 0 ? 0 : norm;
            s.decoder_layers = 2;
            s.length = LENGTH;
            list[count++] = s;
        }
    return count;
}

enum { MOST_SETTINGS = 12 };

/* ---- greedy ---- */

static void assert_same_words(const int64_t *found, const int64_t *expected, size_t count)
{
    for (size_t i = 0; i < count * LENGTH; i++)
        if (found[i] != expected[i])
            fail_msg("word %zu of pair %zu is %d, expected %d", i % LENGTH, i / LENGTH,
                     (int)found[i], (int)expected[i]);
}

/* A batch of one, of a few, and one with some to spare: one, many and two chunks of pairs. */
static void check_greedy(bool cpu, struct captioner_settings settings)
{
    static const size_t batches[] = { 1, 3, 128 };
    static int64_t expected[MOST_PAIRS * LENGTH], found[MOST_PAIRS * LENGTH];
    const size_t pairs = cpu ? MOST_PAIRS : 7;
    for (size_t i = 0; i < 3; i++) {
        struct problem p;
        setup(&p, cpu, settings, pairs, batches[i], 1);
        if (i == 0)
            tape_greedy(&p, pairs, expected);
        memset(found, -1, sizeof found);
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, found), GMR_OK);
        assert_same_words(found, expected, pairs);
        teardown(&p);
    }
}

static void test_greedy(void **state)
{
    (void)state;
    struct captioner_settings list[MOST_SETTINGS];
    const size_t count = all_settings(list);
    for (size_t i = 0; i < count; i++)
        for (int reference = 0; reference < 2; reference++)
            check_greedy(!reference, list[i]);
}

/* ---- every step of every row ---- */

/* The words of all rows, as `source` says who continues whom. */
struct history {
    size_t pair[MOST_PAIRS * MOST_BEAM];
    int64_t ids[MOST_PAIRS * MOST_BEAM * LENGTH];
};

static void follow(const struct decoder *d, struct history *h)
{
    static struct history before;
    const size_t rows = d->live * d->width;
    before = *h;
    for (size_t i = 0; i < rows; i++) {
        const size_t from = (size_t)d->source[i];
        memcpy(h->ids + i * LENGTH, before.ids + from * LENGTH, LENGTH * sizeof *h->ids);
        h->ids[i * LENGTH + d->step - 1] = d->token[i];
        h->pair[i] = before.pair[from];
        assert_int_equal(h->pair[i], d->pair[i / d->width]);
    }
}

static void step_of(struct captioner_inference *f)
{
    if (f->model->settings.kind == CAPTIONER_TRANSFORMER)
        inference_transformer_step(f);
    else
        inference_attend_step(f);
}

/* A row that no beam needs has an end as its last word, and is never continued. */
static bool is_spare(const struct history *h, size_t row, size_t step)
{
    return step > 0 && h->ids[row * LENGTH + step - 1] == 0;
}

static void assert_near(const real *found, const real *expected, size_t step)
{
    const double error = max_abs_difference(found, expected, CLASSES);
    if (!(error < 1e-4))
        fail_msg("step %zu: logits differ by %g", step, error);
}

/* Runs a batch step by step; ids of what the logits of the tape decode to. */
static void check_steps(struct problem *p, const struct decoding_options *options, int64_t *ids)
{
    static struct history h;
    static real expected[MOST_PAIRS * MOST_BEAM * CLASSES];
    struct captioner_inference *f = p->fast;
    struct decoder *d = f->decoder;
    const size_t count = p->data.pictures.count;
    memset(&h, 0, sizeof h);
    for (size_t i = 0; i < count; i++)
        h.pair[i] = i;
    if (f->model->settings.kind == CAPTIONER_TRANSFORMER)
        inference_transformer_read(f, &p->data.pictures);
    else
        inference_attend_read(f, &p->data.pictures);
    for (decoder_begin(d, options, 0, count, ids); d->live > 0; follow(d, &h)) {
        const size_t rows = d->live * d->width;
        tape_logits(p, h.pair, h.ids, rows, d->step, expected);
        step_of(f);
        for (size_t i = 0; i < rows; i++)
            if (!is_spare(&h, i, d->step))
                assert_near(f->logits + i * CLASSES, expected + i * CLASSES, d->step);
        decoder_step(d, expected);
    }
}

static void check_way(struct captioner_settings settings, const struct decoding_options *options)
{
    enum { PAIRS = 17 };
    int64_t slow[PAIRS * LENGTH], fast[PAIRS * LENGTH];
    for (int cpu = options->beam != 3; cpu < 2; cpu++) {
        struct problem p;
        setup(&p, cpu, settings, cpu ? PAIRS : 5, PAIRS, MOST_BEAM);
        check_steps(&p, options, slow);
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, options, fast), GMR_OK);
        assert_same_words(fast, slow, cpu ? PAIRS : 5);
        teardown(&p);
    }
}

static void test_every_step(void **state)
{
    (void)state;
    static const struct decoding_options ways[] = {
        { .mode = DECODE_GREEDY, .constrained = true },
        { .mode = DECODE_BEAM, .beam = 1 },
        { .mode = DECODE_BEAM, .beam = 3 },
        { .mode = DECODE_BEAM, .beam = MOST_BEAM, .constrained = true },
        { .mode = DECODE_SAMPLE, .temperature = 1.5, .seed = 4 },
    };
    struct captioner_settings list[MOST_SETTINGS];
    const size_t count = all_settings(list);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
            check_way(list[i], &ways[k]);
}

static void test_beam_of_one_is_greedy(void **state)
{
    (void)state;
    static const struct decoding_options one = { .mode = DECODE_BEAM, .beam = 1 };
    static int64_t greedy[MOST_PAIRS * LENGTH], beam[MOST_PAIRS * LENGTH];
    for (int kind = 0; kind < 2; kind++) {
        struct problem p;
        setup(&p, true, captioning_settings((enum captioner_kind)kind, CHANNELS), MOST_PAIRS, 50,
              1);
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, greedy), GMR_OK);
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &one, beam), GMR_OK);
        assert_same_words(beam, greedy, MOST_PAIRS);
        teardown(&p);
    }
}

/* Sampling depends on seed and place among all pairs, not on the batch. */
static void test_batches_do_not_matter(void **state)
{
    (void)state;
    static const struct decoding_options ways[] = {
        { .mode = DECODE_SAMPLE, .temperature = 2, .seed = 1 },
        { .mode = DECODE_GUMBEL, .temperature = 2, .seed = 2 },
        { .mode = DECODE_NUCLEUS, .temperature = 2, .top_p = .9, .seed = 3 },
        { .mode = DECODE_TOP_K, .temperature = 2, .top_k = 4, .seed = 4 },
        { .mode = DECODE_BEAM, .beam = 3 },
    };
    static const size_t batches[] = { 128, 7, 1 };
    static int64_t ids[3][MOST_PAIRS * LENGTH];
    for (int kind = 0; kind < 2; kind++)
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            for (size_t i = 0; i < 3; i++) {
                struct problem p;
                setup(&p, true, captioning_settings((enum captioner_kind)kind, CHANNELS),
                      MOST_PAIRS, batches[i], 3);
                assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &ways[k], ids[i]),
                                 GMR_OK);
                teardown(&p);
            }
            assert_same_words(ids[1], ids[0], MOST_PAIRS);
            assert_same_words(ids[2], ids[0], MOST_PAIRS);
        }
}

/* The published vocabulary has words that cannot be last. */
static void test_constraints_come_from_the_words(void **state)
{
    (void)state;
    static const char *const bad[] = { "are", "has", "is", "more", "with", "a", "UNK" };
    static int64_t ids[MOST_PAIRS * LENGTH];
    for (int kind = 0; kind < 2; kind++)
        for (int constrained = 0; constrained < 2; constrained++) {
            const struct decoding_options o = { .mode = DECODE_SAMPLE,
                                                .temperature = 3,
                                                .constrained = constrained };
            size_t count = 0;
            struct problem p;
            setup(&p, true, captioning_settings((enum captioner_kind)kind, CHANNELS), MOST_PAIRS,
                  128, 1);
            assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &o, ids), GMR_OK);
            for (size_t i = 0; i < MOST_PAIRS * LENGTH; i++) {
                const bool last = (i + 1) % LENGTH != 0 && ids[i] != 0 && ids[i + 1] == 0;
                for (size_t k = 0; last && k < sizeof bad / sizeof *bad; k++)
                    count += strcmp(p.model.word[ids[i]], bad[k]) == 0;
                count += ids[i] == CAPTIONING_WORDS;
            }
            assert_true(constrained ? count == 0 : count > 5);
            teardown(&p);
        }
}

/* ---- what is not read, and what is refused ---- */

static void test_unread_pictures_may_be_missing(void **state)
{
    (void)state;
    static int64_t all[MOST_PAIRS * LENGTH], some[MOST_PAIRS * LENGTH];
    for (int kind = 0; kind < 2; kind++) {
        struct captioner_settings settings =
            captioning_settings((enum captioner_kind)kind, CHANNELS);
        struct problem p;
        settings.input = CAPTIONER_TARGET;
        setup(&p, true, settings, 10, 4, 1);
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, all), GMR_OK);
        p.data.pictures.candidate_mean = p.data.pictures.candidate_regions = NULL;
        if (kind == CAPTIONER_TRANSFORMER)
            p.data.pictures.target_mean = NULL;
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, some), GMR_OK);
        assert_same_words(some, all, 10);
        p.data.pictures.count = 0;
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, NULL), GMR_OK);
        teardown(&p);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    int64_t ids[9 * LENGTH];
    for (int kind = 0; kind < 2; kind++) {
        struct problem p;
        setup(&p, true, captioning_settings((enum captioner_kind)kind, CHANNELS), 9, 4, 1);
        const size_t at = (size_t)(p.data.pictures.target_regions - p.data.features);
        p.data.features[at + 8 * CAPTIONER_REGIONS * CHANNELS] = NAN; /* the last pair */
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, ids), GMR_ERR_NUMERIC);
        assert_message("a logit of the captioner is not finite, at word 1");
        p.data.pictures.count = 8;
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, ids), GMR_OK);
        teardown(&p);
    }
}

static void test_refused(void **state)
{
    (void)state;
    int64_t ids[4 * LENGTH];
    struct captioner_inference *none = NULL;
    struct problem p;
    setup(&p, true, captioning_settings(CAPTIONER_TRANSFORMER, CHANNELS), 4, 4, 2);
    assert_int_equal(captioner_decode(p.fast, &p.data.pictures,
                                      &(struct decoding_options){ .mode = DECODE_BEAM, .beam = 3 },
                                      ids),
                     GMR_ERR_RANGE);
    assert_message("beam is 3, there is room for 2");
    assert_int_equal(captioner_decode(p.fast, &p.data.pictures,
                                      &(struct decoding_options){ .mode = DECODE_SAMPLE }, ids),
                     GMR_ERR_RANGE);
    assert_message("temperature");
    static const size_t bad[][2] = { { 0, 1 }, { 1, 0 }, { 1, 65 }, { SIZE_MAX, 1 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(captioner_inference_create(&p.model, bad[i][0], bad[i][1], &none),
                         GMR_ERR_RANGE);
        assert_message("captioner: ");
        assert_null(none);
    }
    teardown(&p);
}

static void test_memory_is_taken_once(void **state)
{
    (void)state;
    static int64_t ids[MOST_PAIRS * LENGTH];
    for (int kind = 0; kind < 2; kind++) {
        static const struct decoding_options beams = { .mode = DECODE_BEAM, .beam = 3 };
        struct problem p;
        setup(&p, true, captioning_settings((enum captioner_kind)kind, CHANNELS), MOST_PAIRS, 16,
              3);
        const size_t calls = p.memory.calls;
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &GREEDY, ids), GMR_OK);
        assert_int_equal(captioner_decode(p.fast, &p.data.pictures, &beams, ids), GMR_OK);
        assert_int_equal(p.memory.calls, calls);
        teardown(&p);
    }
}

/* ---- text ---- */

static void test_sentences(void **state)
{
    (void)state;
    static const int64_t ids[] = { 1, 6, 5, 0, 7 };
    struct problem p;
    char text[32];
    setup(&p, true, captioning_settings(CAPTIONER_TRANSFORMER, CHANNELS), 1, 1, 1);
    captioner_sentence(&p.model, ids, 5, text, sizeof text);
    assert_string_equal(text, "are higher heel");
    captioner_sentence(&p.model, ids, 2, text, sizeof text);
    assert_string_equal(text, "are higher");
    captioner_sentence(&p.model, ids + 3, 2, text, sizeof text);
    assert_string_equal(text, "");
    static const struct {
        size_t size;
        const char *text;
    } cut[] = { { 1, "" },
                { 3, "" },
                { 4, "are" },
                { 10, "are" },
                { 11, "are higher" },
                { 15, "are higher" },
                { 16, "are higher heel" } };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        memset(text, '?', sizeof text);
        captioner_sentence(&p.model, ids, 5, text, cut[i].size);
        assert_string_equal(text, cut[i].text);
        assert_int_equal(text[cut[i].size], '?');
    }
    teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_every_step),
        cmocka_unit_test(test_beam_of_one_is_greedy),
        cmocka_unit_test(test_batches_do_not_matter),
        cmocka_unit_test(test_constraints_come_from_the_words),
        cmocka_unit_test(test_unread_pictures_may_be_missing),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory_is_taken_once),
        cmocka_unit_test(test_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
