/* Captioners as PyTorch wrote them (tests/golden/data/captioner; captioner_checkpoints.py), with
 * the pickles beside them in every protocol: settings, words, and the logits that PyTorch computes
 * from the same weights; and the same again after converting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "simulator/captioner/checkpoint.h"
#include "support/captioning.h"
#include "support/message.h"
#include "support/support.h"
#include "tensor/weights.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/captioner/"

enum {
    PAIRS = 2,
    CHANNELS = 3,
    WORDS = 6,
    LENGTH = 3,
    LOGITS = PAIRS * (LENGTH + 1) * (WORDS + 1)
};

static const double TOLERANCE = 1e-5;
static const char *const words[WORDS + 1] = { "",    "are",         "black",
                                              "has", "caf\xC3\xA9", "\xE4\xBD\xA0\xE5\xA5\xBD",
                                              "UNK" };

static const struct captioner_settings attend = {
    .kind = CAPTIONER_SHOW_ATTEND_TELL,
    .input = CAPTIONER_DIFFERENCE,
    .channels = CHANNELS,
    .words = WORDS,
    .length = 12,
    .width = 5,
    .dropout = 0.25,
    .embed = 4,
    .attention = 3,
};

static const struct captioner_settings transformer = {
    .kind = CAPTIONER_TRANSFORMER,
    .input = CAPTIONER_BOTH,
    .channels = CHANNELS,
    .words = WORDS,
    .length = 8,
    .width = 4,
    .dropout = 0.2,
    .hidden = 5,
    .encoder_layers = 2,
    .decoder_layers = 1,
    .heads = 2,
    .input_dropout = 0.4,
    .batch_norm = 1,
};

/* Options that are not there have the usual values. */
static struct captioner_settings usual(void)
{
    struct captioner_settings s = transformer;
    s.dropout = 0.1;
    s.input_dropout = 0.5;
    s.length = 9;
    return s;
}

/* ---- what should come out ---- */

static struct safetensors *expected;

static int open_expected(void **state)
{
    (void)state;
    if (safetensors_open(NULL, DATA "expected.safetensors", &expected) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return 0;
}

static int close_expected(void **state)
{
    (void)state;
    safetensors_close(expected);
    return 0;
}

static const real *features(const char *name, size_t rows, real *values)
{
    const bool grid = rows == CAPTIONER_REGIONS;
    const size_t dim[] = { PAIRS, grid ? rows : CHANNELS, CHANNELS };
    assert_int_equal(safetensors_read(expected, name, dim, grid ? 3 : 2, values), GMR_OK);
    return values;
}

static struct captioner_pictures read_pictures(real values[4][PAIRS * CAPTIONER_REGIONS * CHANNELS])
{
    return (struct captioner_pictures){
        .count = PAIRS,
        .target_mean = features("target_mean", 1, values[0]),
        .candidate_mean = features("candidate_mean", 1, values[1]),
        .target_regions = features("target_regions", CAPTIONER_REGIONS, values[2]),
        .candidate_regions = features("candidate_regions", CAPTIONER_REGIONS, values[3]),
    };
}

static void assert_logits(struct compute *compute, const struct captioner *model)
{
    real values[4][PAIRS * CAPTIONER_REGIONS * CHANNELS], logits[LOGITS], wanted[LOGITS];
    const struct captioner_pictures pictures = read_pictures(values);
    const bool is_attend = model->settings.kind == CAPTIONER_SHOW_ATTEND_TELL;
    int64_t ids[PAIRS * LENGTH];
    struct tape t;
    memcpy(ids, safetensors_find(expected, "ids")->data, sizeof ids);
    const struct captioner_sentences sentences = { PAIRS, LENGTH, ids };
    assert_int_equal(safetensors_read(expected, is_attend ? "attend.logits" : "transformer.logits",
                                      (size_t[]){ PAIRS, LENGTH + 1, WORDS + 1 }, 3, wanted),
                     GMR_OK);
    tape_init(&t, compute, NULL);
    t.training = t.recording = false;
    tape_read(&t, captioner_logits(&t, model, &pictures, &sentences), logits);
    assert_int_equal(tape_status(&t), GMR_OK);
    assert_true(normalised_error(logits, wanted, LOGITS) < TOLERANCE);
    tape_release(&t);
}

/* ---- files ---- */

static void check(const char *weights, const char *infos, struct captioner_settings settings)
{
    struct captioner model;
    struct compute *compute;
    char digest[DIGEST_HEX] = "none";
    assert_int_equal(compute_create_cpu(NULL, 2, &compute), GMR_OK);
    if (captioner_open(&model, compute, NULL, weights, infos, digest) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_string_equal(digest, "");
    assert_same_settings(&model.settings, &settings);
    for (size_t i = 0; i <= WORDS; i++)
        assert_string_equal(model.word[i], words[i]);
    assert_logits(compute, &model);
    captioner_release(&model);
    compute_destroy(compute);
}

static void published_files(void **state)
{
    (void)state;
    check(DATA "attend_archive.pth", DATA "attend_0.pkl", attend);
    check(DATA "attend_archive.pth", DATA "attend_2.pkl", attend);
    check(DATA "attend_legacy.pth", DATA "attend_4.pkl", attend);
    check(DATA "transformer_archive.pth", DATA "transformer_2.pkl", transformer);
    check(DATA "transformer_archive.pth", DATA "transformer_4.pkl", usual());
}

static void converted_files(void **state)
{
    (void)state;
    static const struct {
        const char *weights, *infos;
        const struct captioner_settings *settings;
    } cases[] = { { DATA "attend_legacy.pth", DATA "attend_0.pkl", &attend },
                  { DATA "transformer_archive.pth", DATA "transformer_2.pkl", &transformer } };
    struct temporary_directory directory;
    char path[PATH_MAX], again[PATH_MAX];
    temporary_directory_create(&directory);
    temporary_path(&directory, "own.safetensors", path);
    temporary_path(&directory, "again.safetensors", again);
    for (size_t i = 0; i < 2; i++) {
        struct safetensors *file;
        assert_int_equal(weights_open(NULL, cases[i].weights, &file), GMR_OK);
        assert_int_equal(captioner_convert(NULL, file, cases[i].infos, path, NULL), GMR_OK);
        safetensors_close(file);
        check(path, NULL, *cases[i].settings);
        assert_int_equal(weights_open(NULL, path, &file), GMR_OK);
        assert_int_equal(captioner_convert(NULL, file, cases[i].infos, again, NULL),
                         GMR_ERR_UNSUPPORTED);
        assert_message("own.safetensors' says all of itself");
        assert_int_equal(captioner_convert(NULL, file, NULL, again, NULL), GMR_OK);
        safetensors_close(file);
        check(again, NULL, *cases[i].settings);
    }
    temporary_directory_remove(&directory);
}

static void infos_of_another_model(void **state)
{
    (void)state;
    struct captioner model;
    struct compute *compute;
    char digest[DIGEST_HEX];
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(captioner_open(&model, compute, NULL, DATA "attend_archive.pth",
                                    DATA "transformer_2.pkl", digest),
                     GMR_ERR_FORMAT);
    assert_message("transformer_2.pkl' is of a captioner transformer, the tensors of");
    assert_int_equal(captioner_open(&model, compute, NULL, DATA "attend_archive.pth", NULL, digest),
                     GMR_ERR_NOT_FOUND);
    assert_message("attend_archive.pth' is a captioner of PyTorch: its words are in another file, "
                   "infos_best.pkl or infos.pkl, which is not beside it");
    compute_destroy(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_files),
        cmocka_unit_test(converted_files),
        cmocka_unit_test(infos_of_another_model),
    };
    return cmocka_run_group_tests(tests, open_expected, close_expected);
}
