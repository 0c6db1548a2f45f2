/* Checkpoints that PyTorch wrote (tests/golden/data/clip; scripts/golden/checkpoints.py): every
 * container, everyone's names, every precision, opened by the encoder, give the vectors that
 * PyTorch computes from the same rounded weights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "encoder/encoder.h"
#include "support/support.h"
#include "tensor/weights.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/clip/"

enum { WIDTH = 6, PICTURES = 3, MOST_TEXTS = 8 };

static const double TOLERANCE = 1e-5; /* 1e-4 is asked for */

/* ---- what should come out ---- */

static struct safetensors *expected;
static char *texts_alone; /* the texts, each ended by NUL */
static const char *texts[MOST_TEXTS];
static size_t text_count;

static void split_texts(const char *joined)
{
    texts_alone = strdup(joined);
    for (char *at = texts_alone; at;) {
        assert_true(text_count < MOST_TEXTS);
        char *end = strchr(at, '\n');
        texts[text_count++] = at;
        if (end)
            *end++ = '\0';
        at = end;
    }
}

static int open_expected(void **state)
{
    (void)state;
    if (safetensors_open(NULL, DATA "expected.safetensors", &expected) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    split_texts(safetensors_metadata_find(expected, "texts"));
    return 0;
}

static int close_expected(void **state)
{
    (void)state;
    free(texts_alone);
    safetensors_close(expected);
    return 0;
}

/* ---- one file ---- */

struct file {
    const char *name;
    const char *model, *precision; /* what the names of its vectors begin with */
    enum clip_naming naming;
    bool has_vocabulary; /* inside */
};

static const struct file files[] = {
    { "openai_script.pt", "vit", "mixed", CLIP_NAMES_OPENAI, false },
    { "openai_archive.pt", "vit", "single", CLIP_NAMES_OPENAI, false },
    { "openai_legacy.pt", "vit", "half", CLIP_NAMES_OPENAI, false },
    { "openai.safetensors", "vit", "half", CLIP_NAMES_OPENAI, true },
    { "open_clip_script.pt", "vit", "single", CLIP_NAMES_OPEN_CLIP, false },
    { "open_clip_archive.pt", "vit", "single", CLIP_NAMES_OPEN_CLIP, false },
    { "open_clip_legacy.pt", "vit", "double", CLIP_NAMES_OPEN_CLIP, false },
    { "open_clip.safetensors", "vit", "brain", CLIP_NAMES_OPEN_CLIP, false },
    { "hugging_face_script.pt", "vit", "brain", CLIP_NAMES_HUGGING_FACE, false },
    { "hugging_face_archive.pt", "vit", "half", CLIP_NAMES_HUGGING_FACE, false },
    { "hugging_face_legacy.pt", "vit", "double", CLIP_NAMES_HUGGING_FACE, false },
    { "hugging_face.safetensors", "vit", "single", CLIP_NAMES_HUGGING_FACE, false },
    { "resnet_openai_script.pt", "resnet", "mixed", CLIP_NAMES_OPENAI, false },
    { "resnet_open_clip.safetensors", "resnet", "half", CLIP_NAMES_OPEN_CLIP, false },
};

enum { FILES = sizeof files / sizeof *files };

static void check_vectors(const struct file *file, const char *kind, bool exact_gelu,
                          const real *found, size_t count)
{
    char name[64];
    real wanted[MOST_TEXTS * WIDTH];
    snprintf(name, sizeof name, "%s.%s%s.%s", file->model, file->precision,
             exact_gelu ? ".gelu" : "", kind);
    if (safetensors_read(expected, name, (size_t[]){ count, WIDTH }, 2, wanted) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    const double error = normalised_error(found, wanted, count * WIDTH);
    if (!(error < TOLERANCE))
        fail_msg("%s: %s differs by %g", file->name, name, error);
}

static const uint8_t *squares_of(const struct file *file, const struct encoder *encoder)
{
    char name[32];
    snprintf(name, sizeof name, "%s.squares", file->model);
    const struct safetensors_entry *entry = safetensors_find(expected, name);
    assert_non_null(entry);
    assert_int_equal(entry->size, PICTURES * 3 * encoder_side(encoder) * encoder_side(encoder));
    return entry->data;
}

static void check_encoder(const struct file *file, struct compute *compute, bool exact_gelu)
{
    char path[512];
    real y[MOST_TEXTS * WIDTH];
    struct encoder *encoder;
    snprintf(path, sizeof path, DATA "%s", file->name);
    const struct encoder_options options = { .weights = path, .exact_gelu = exact_gelu };
    if (encoder_open(compute, NULL, &options, &encoder) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_int_equal(encoder_width(encoder), WIDTH);
    assert_int_equal(encoder->fit, file->has_vocabulary ? PREPROCESS_PAD : PREPROCESS_CROP);
    if (encoder_squares(encoder, squares_of(file, encoder), PICTURES, y) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    check_vectors(file, "image", exact_gelu, y, PICTURES);
    if (encoder_texts(encoder, texts, text_count, y) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    check_vectors(file, "text", exact_gelu, y, text_count);
    encoder_close(encoder);
}

static void check_naming(const struct file *file)
{
    char path[512];
    struct safetensors *open;
    struct clip_checkpoint checkpoint;
    snprintf(path, sizeof path, DATA "%s", file->name);
    assert_int_equal(weights_open(NULL, path, &open), GMR_OK);
    assert_int_equal(clip_checkpoint_init(&checkpoint, NULL, open), GMR_OK);
    if (checkpoint.naming != file->naming)
        fail_msg("%s: names of %s", file->name, clip_naming_text(checkpoint.naming));
    assert_int_equal(checkpoint.vocabulary != NULL, file->has_vocabulary);
    clip_checkpoint_release(&checkpoint);
    safetensors_close(open);
}

/* ---- all of them ---- */

static void check_all(struct compute *compute)
{
    for (size_t i = 0; i < FILES; i++) {
        check_encoder(&files[i], compute, false);
        if (strcmp(files[i].model, "vit") == 0)
            check_encoder(&files[i], compute, true);
    }
    compute_destroy(compute);
}

static void vectors_by_the_fast_kernels(void **state)
{
    (void)state;
    struct compute *compute;
    assert_int_equal(compute_create_cpu(NULL, 2, &compute), GMR_OK);
    check_all(compute);
}

static void vectors_by_the_reference_kernels(void **state)
{
    (void)state;
    struct compute *compute;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    check_all(compute);
}

static void namings_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        check_naming(&files[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_by_the_fast_kernels),
        cmocka_unit_test(vectors_by_the_reference_kernels),
        cmocka_unit_test(namings_are_told),
    };

    return cmocka_run_group_tests(tests, open_expected, close_expected);
}
