/* CLIP's towers that only infer against the model on a tape: both kinds of image tower, on both
 * tables of kernels, for any number of pictures and texts of any lengths; ids that are not in the
 * vocabulary; memory that does not grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"
#include "encoder/clip_inference.h"
#include "support/message.h"
#include "support/support.h"

enum { EMBED = 6, CONTEXT = 9, VOCABULARY = 16, MOST_PICTURES = 9, MOST_TEXTS = 300 };

static const double TOLERANCE = 1e-5;

struct problem {
    struct failing_allocator memory;
    struct compute *compute;
    struct clip model;
    struct clip_inference *fast;
    struct tape tape;
};

static struct clip_settings settings_of(enum clip_image_kind kind)
{
    struct clip_settings s = { .embed = EMBED,
                               .image = kind,
                               .resolution = 64,
                               .image_width = 8,
                               .blocks = { 1, 2, 1, 1 },
                               .patch = 16,
                               .image_heads = 2,
                               .text_width = 12,
                               .text_layers = 3,
                               .text_heads = 3,
                               .context = CONTEXT,
                               .vocabulary = VOCABULARY,
                               .activation = ACTIVATE_QUICK_GELU };
    if (kind == CLIP_VIT)
        memcpy(s.blocks, (size_t[]){ 2, 0, 0, 0 }, sizeof s.blocks);
    return s;
}

/* Every parameter and statistic gets a value of its own; variances stay positive. */
static void scatter(struct parameters *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct parameter *e = &p->entry[i];
        size_t numel;
        if (e->kind == PARAMETER_COUNTER)
            continue;
        shape_numel(e->dim, e->rank, &numel);
        real *value = tensor_real(e->tensor) + e->offset, *noise = malloc(numel * sizeof *noise);
        fill_uniform(noise, numel, -0.3, 0.3, i);
        for (size_t k = 0; k < numel; k++)
            value[k] += e->rank > 1 ? 0 : noise[k];
        free(noise);
    }
}

static void setup(struct problem *p, bool cpu, enum clip_image_kind kind)
{
    failing_allocator_init(&p->memory, 0);
    const struct gmr_allocator *allocator = &p->memory.allocator;
    assert_int_equal(cpu ? compute_create_cpu(allocator, 2, &p->compute)
                         : compute_create_reference(allocator, &p->compute),
                     GMR_OK);
    assert_int_equal(clip_init(&p->model, p->compute, allocator, settings_of(kind)), GMR_OK);
    clip_initialise(&p->model, 5);
    scatter(&p->model.parameters);
    assert_int_equal(clip_inference_create(&p->model, &p->fast), GMR_OK);
    tape_init(&p->tape, p->compute, allocator);
    p->tape.recording = p->tape.training = false;
}

static void teardown(struct problem *p)
{
    tape_release(&p->tape);
    clip_inference_destroy(p->fast);
    clip_release(&p->model);
    compute_destroy(p->compute);
    assert_true(failing_allocator_is_clean(&p->memory));
}

static void assert_features(const char *what, struct tape *t, struct tensor *expected,
                            const real *found)
{
    real *values = malloc(tensor_bytes(expected));
    tape_read(t, expected, values);
    assert_int_equal(tape_status(t), GMR_OK);
    const double error = normalised_error(found, values, tensor_numel(expected));
    if (!(error < TOLERANCE))
        fail_msg("%s: normalised error %g", what, error);
    free(values);
}

/* ---- pictures ---- */

static void check_images(struct problem *p, size_t count)
{
    const size_t side = p->model.settings.resolution;
    const size_t dim[] = { count, 3, side, side };
    real y[MOST_PICTURES * EMBED], *x = malloc(count * 3 * side * side * sizeof *x);
    fill_normal(x, count * 3 * side * side, count);
    assert_int_equal(clip_inference_images(p->fast, y, x, count), GMR_OK);
    assert_features("pictures", &p->tape,
                    clip_image(&p->tape, &p->model, tape_input(&p->tape, dim, 4, x)), y);
    tape_reset(&p->tape);
    free(x);
}

static void test_images(void **state)
{
    static const size_t counts[] = { 1, 3, 4, MOST_PICTURES };
    for (int k = 0; k < 4; k++) {
        struct problem p;
        setup(&p, k & 1, k & 2 ? CLIP_VIT : CLIP_RESNET);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            check_images(&p, counts[i]);
        teardown(&p);
    }
}

/* The feature map before pooling, also after and before a run that pools. */
static void check_regions(struct problem *p, size_t count)
{
    const size_t side = p->model.settings.resolution, grid = clip_image_grid(&p->model.settings);
    const size_t dim[] = { count, 3, side, side };
    const size_t numel = count * grid * grid * clip_image_channels(&p->model.settings);
    real *y = malloc(numel * sizeof *y), *x = malloc(count * 3 * side * side * sizeof *x);
    fill_normal(x, count * 3 * side * side, count);
    assert_int_equal(clip_inference_regions(p->fast, y, x, count), GMR_OK);
    struct tensor *map = clip_image_tokens(&p->tape, &p->model, tape_input(&p->tape, dim, 4, x));
    assert_int_equal(tensor_numel(map), numel);
    assert_features("regions", &p->tape, map, y);
    tape_reset(&p->tape);
    free(x);
    free(y);
}

static void test_regions(void **state)
{
    static const size_t counts[] = { 1, 3, 4, MOST_PICTURES };
    for (int k = 0; k < 4; k++) {
        struct problem p;
        setup(&p, k & 1, k & 2 ? CLIP_VIT : CLIP_RESNET);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            check_regions(&p, counts[i]);
            check_images(&p, counts[i]);
        }
        teardown(&p);
    }
}

/* ---- texts ---- */

struct texts {
    int64_t ids[MOST_TEXTS * CONTEXT], end[MOST_TEXTS];
    struct clip_words words;
};

/* Texts of 1 to CONTEXT tokens; what lies behind an end is no token at all. */
static void make_texts(struct texts *t, size_t count)
{
    struct mt19937 rng;
    mt19937_seed(&rng, count);
    for (size_t b = 0; b < count; b++) {
        const size_t length = 1 + (size_t)mt19937_below(&rng, CONTEXT);
        for (size_t i = 0; i < CONTEXT; i++)
            t->ids[b * CONTEXT + i] =
                i < length ? (int64_t)mt19937_below(&rng, VOCABULARY) : VOCABULARY + 100;
        t->end[b] = (int64_t)(b * CONTEXT + length - 1);
    }
    t->words =
        (struct clip_words){ .count = count, .length = CONTEXT, .ids = t->ids, .end = t->end };
}

static void check_texts(struct problem *p, size_t count)
{
    static struct texts texts;
    static real y[MOST_TEXTS * EMBED];
    make_texts(&texts, count);
    assert_int_equal(clip_inference_texts(p->fast, y, &texts.words), GMR_OK);
    for (size_t i = 0; i < count * CONTEXT; i++)
        if (texts.ids[i] >= VOCABULARY)
            texts.ids[i] = 0;
    assert_features("texts", &p->tape, clip_text(&p->tape, &p->model, &texts.words), y);
    tape_reset(&p->tape);
}

static void test_texts(void **state)
{
    static const size_t counts[] = { 1, 2, 17, MOST_TEXTS };
    for (int cpu = 0; cpu < 2; cpu++) {
        struct problem p;
        setup(&p, cpu, CLIP_VIT);
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            check_texts(&p, counts[i]);
        teardown(&p);
    }
}

static void refuse(struct problem *p, const struct clip_words *words, const char *message)
{
    real y[MOST_TEXTS * EMBED];
    assert_int_equal(clip_inference_texts(p->fast, y, words), GMR_ERR_RANGE);
    assert_message(message);
}

static void test_wrong_texts(void **state)
{
    static struct texts texts;
    int64_t long_ids[CONTEXT + 1] = { 0 }, end = CONTEXT;
    struct problem p;
    setup(&p, true, CLIP_VIT);
    make_texts(&texts, 200);
    const int64_t id = texts.ids[150 * CONTEXT], place = texts.end[150];
    texts.ids[150 * CONTEXT] = VOCABULARY;
    refuse(&p, &texts.words, "text 150 has a token outside the vocabulary of 16");
    texts.ids[150 * CONTEXT] = -1;
    refuse(&p, &texts.words, "text 150");
    texts.ids[150 * CONTEXT] = id;
    texts.end[150] = 151 * CONTEXT;
    refuse(&p, &texts.words, "text 150 ends outside its 9 tokens");
    texts.end[150] = 150 * CONTEXT - 1;
    refuse(&p, &texts.words, "text 150 ends outside");
    texts.end[150] = place;
    refuse(&p,
           &(struct clip_words){ .count = 1, .length = CONTEXT + 1, .ids = long_ids, .end = &end },
           "text 0 has 10 tokens, at most 9");
    check_texts(&p, 200);
    teardown(&p);
}

/* ---- memory ---- */

static void test_memory_is_taken_once(void **state)
{
    for (int kind = CLIP_RESNET; kind <= CLIP_VIT; kind++) {
        static struct texts texts;
        struct problem p;
        setup(&p, true, (enum clip_image_kind)kind);
        const size_t n = 3 * 64 * 64;
        real *x = malloc(MOST_PICTURES * n * sizeof *x), y[MOST_TEXTS * EMBED];
        fill_normal(x, MOST_PICTURES * n, 1);
        make_texts(&texts, MOST_TEXTS);
        p.tape.recording = false;
        const size_t calls = p.memory.calls;
        assert_int_equal(clip_inference_images(p.fast, y, x, MOST_PICTURES), GMR_OK);
        assert_int_equal(clip_inference_texts(p.fast, y, &texts.words), GMR_OK);
        assert_int_equal(p.memory.calls, calls);
        free(x);
        teardown(&p);
    }
}

/* Failing each allocation of create in turn: an error, and nothing is lost. */
static void check_faults(enum clip_image_kind kind)
{
    struct clip model;
    struct compute *compute;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_cpu(&memory.allocator, 1, &compute), GMR_OK);
    assert_int_equal(clip_init(&model, compute, NULL, settings_of(kind)), GMR_OK);
    clip_initialise(&model, 5);
    const size_t before = memory.live_blocks;
    for (size_t n = 1;; n++) {
        struct clip_inference *fast = NULL;
        memory.fail_at = memory.calls + n;
        const enum gmr_status status = clip_inference_create(&model, &fast);
        const bool failed = memory.calls >= memory.fail_at;
        clip_inference_destroy(fast);
        assert_int_equal(memory.live_blocks, before);
        if (!failed) {
            assert_int_equal(status, GMR_OK);
            break;
        }
        if (status != GMR_OK) /* a network may be compiled in another way */
            assert_int_equal(status, GMR_ERR_NOMEM);
    }
    clip_release(&model);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
}

static void test_faults(void **state)
{
    check_faults(CLIP_RESNET);
    check_faults(CLIP_VIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_wrong_texts),
        cmocka_unit_test(test_memory_is_taken_once),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
