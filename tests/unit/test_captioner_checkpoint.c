/* Files of captioners: ours are read as they were written, say what they should and nothing else
 * is taken for one; published ones are read with the pickle beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "simulator/captioner/checkpoint.h"
#include "support/captioning.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "tensor/safetensors.h"

enum { CHANNELS = 3, KINDS = 2 };

static const enum captioner_kind kinds[KINDS] = { CAPTIONER_SHOW_ATTEND_TELL,
                                                  CAPTIONER_TRANSFORMER };
static const char digest[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct setting {
    struct temporary_directory directory;
    char path[PATH_MAX], other[PATH_MAX];
    struct compute *compute;
    struct captioner model;
};

static void setup(struct setting *s, struct captioner_settings settings)
{
    temporary_directory_create(&s->directory);
    temporary_path(&s->directory, "captioner.safetensors", s->path);
    temporary_path(&s->directory, "other.safetensors", s->other);
    assert_int_equal(compute_create_reference(NULL, &s->compute), GMR_OK);
    assert_int_equal(captioner_init(&s->model, s->compute, NULL, settings, captioning_words),
                     GMR_OK);
    captioner_initialise(&s->model, 1);
}

static void teardown(struct setting *s)
{
    captioner_release(&s->model);
    compute_destroy(s->compute);
    temporary_directory_remove(&s->directory);
}

/* Settings that are told apart from the usual ones. */
static struct captioner_settings unusual(enum captioner_kind kind)
{
    struct captioner_settings s = captioning_settings(kind, CHANNELS);
    s.input = CAPTIONER_TARGET;
    s.dropout = 0.3;
    s.length = 7;
    s.heads = 3;
    s.input_dropout = 1.0 / 3;
    s.batch_norm = 2;
    return s;
}

/* ---- our form ---- */

static void test_what_was_saved_is_opened(void **state)
{
    (void)state;
    static const struct safetensors_metadata extra[] = { { "step", "12" } };
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct captioner_settings settings = unusual(kinds[kind]);
        struct captioner opened;
        struct setting s;
        char features[DIGEST_HEX];
        setup(&s, settings);
        assert_int_equal(captioner_save(&s.model, s.path, digest, extra, 1), GMR_OK);
        assert_int_equal(captioner_open(&opened, s.compute, NULL, s.path, NULL, features), GMR_OK);
        assert_string_equal(features, digest);
        assert_same_settings(&opened.settings, &settings);
        for (size_t i = 0; i <= CAPTIONING_WORDS; i++)
            assert_string_equal(opened.word[i], captioning_words[i]);
        assert_int_equal(opened.parameters.values_bytes, s.model.parameters.values_bytes);
        assert_memory_equal(opened.parameters.values, s.model.parameters.values,
                            opened.parameters.values_bytes);
        captioner_release(&opened);
        teardown(&s);
    }
}

static void assert_metadata(const struct safetensors *file, const char *key, const char *value)
{
    const char *found = safetensors_metadata_find(file, key);
    if (value) {
        assert_non_null(found);
        assert_string_equal(found, value);
    } else
        assert_null(found);
}

static void test_metadata(void **state)
{
    (void)state;
    static const struct safetensors_metadata extra[] = { { "step", "12" } };
    for (size_t kind = 0; kind < KINDS; kind++) {
        struct safetensors *file;
        struct setting s;
        setup(&s, unusual(kinds[kind]));
        assert_int_equal(captioner_save(&s.model, s.path, "", extra, 1), GMR_OK);
        assert_int_equal(safetensors_open(NULL, s.path, &file), GMR_OK);
        assert_true(captioner_found(file));
        assert_metadata(file, "model", "captioner");
        assert_metadata(file, "version", "1");
        assert_metadata(file, "captioner", kind == 0 ? "show-attend-tell" : "transformer");
        assert_metadata(file, "input", "target");
        assert_metadata(file, "length", "7");
        assert_metadata(file, "dropout", "0.3");
        assert_metadata(file, "heads", kind == 0 ? NULL : "3");
        assert_metadata(file, "features", NULL);
        assert_metadata(file, "step", "12");
        const char *words = safetensors_metadata_find(file, "vocabulary");
        assert_non_null(words);
        assert_true(strncmp(words, "are\nblack\n", 10) == 0 && strstr(words, "\nUNK\n"));
        safetensors_close(file);
        teardown(&s);
    }
}

/* ---- files that are none ---- */

/* The file at s->path again, at s->other, with a metadata value replaced or (NULL) left out. */
static void rewrite(struct setting *s, const char *key, const char *value)
{
    struct safetensors_entry entry[128];
    struct safetensors_metadata pair[16];
    struct safetensors *file;
    size_t pairs = 0;
    assert_int_equal(safetensors_open(NULL, s->path, &file), GMR_OK);
    assert_true(safetensors_count(file) <= 128 && safetensors_metadata_count(file) <= 16);
    for (size_t i = 0; i < safetensors_count(file); i++)
        entry[i] = *safetensors_at(file, i);
    for (size_t i = 0; i < safetensors_metadata_count(file); i++) {
        struct safetensors_metadata old = safetensors_metadata_at(file, i);
        if (strcmp(old.key, key) == 0)
            old.value = value;
        if (old.value)
            pair[pairs++] = old;
    }
    assert_int_equal(safetensors_write(NULL, s->other, entry, safetensors_count(file), pair, pairs),
                     GMR_OK);
    safetensors_close(file);
}

static void refuse(struct setting *s, const char *key, const char *value, enum gmr_status status,
                   const char *message)
{
    struct captioner model;
    char features[DIGEST_HEX];
    rewrite(s, key, value);
    assert_int_equal(captioner_open(&model, s->compute, NULL, s->other, NULL, features), status);
    assert_message("other.safetensors'");
    assert_message(message);
}

static void test_metadata_that_are_wrong(void **state)
{
    (void)state;
    struct setting s;
    setup(&s, unusual(CAPTIONER_TRANSFORMER));
    assert_int_equal(captioner_save(&s.model, s.path, digest, NULL, 0), GMR_OK);
    refuse(&s, "version", "2", GMR_ERR_UNSUPPORTED, "version \"2\"");
    refuse(&s, "captioner", "poet", GMR_ERR_FORMAT, "captioner \"poet\"");
    refuse(&s, "captioner", "show-attend-tell", GMR_ERR_FORMAT, "has the tensors of transformer");
    refuse(&s, "input", NULL, GMR_ERR_FORMAT, "do not say 'input'");
    refuse(&s, "input", "neither", GMR_ERR_FORMAT, "input \"neither\"");
    refuse(&s, "length", "0", GMR_ERR_FORMAT, "length \"0\"");
    refuse(&s, "length", "65", GMR_ERR_FORMAT, "longest sentence is 65");
    refuse(&s, "length", "1.5", GMR_ERR_FORMAT, "length \"1.5\"");
    refuse(&s, "heads", "4", GMR_ERR_FORMAT, "6 does not divide into 4 heads");
    refuse(&s, "heads", "1e30", GMR_ERR_FORMAT, "heads \"1e30\"");
    refuse(&s, "dropout", "2", GMR_ERR_FORMAT, "dropout is 2");
    refuse(&s, "dropout", "a half", GMR_ERR_FORMAT, "dropout \"a half\"");
    refuse(&s, "input_dropout", NULL, GMR_ERR_FORMAT, "do not say 'input_dropout'");
    refuse(&s, "vocabulary", NULL, GMR_ERR_FORMAT, "do not say 'vocabulary'");
    refuse(&s, "vocabulary", "a\nb\n", GMR_ERR_FORMAT, "vocabulary has 2 words, its tensors 19");
    refuse(&s, "vocabulary", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt",
           GMR_ERR_FORMAT, "vocabulary has 20 words, its tensors 19");
    refuse(&s, "vocabulary", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", GMR_ERR_FORMAT,
           "word 1 of its vocabulary is none");
    char long_digest[80] = "";
    memset(long_digest, 'a', 65);
    refuse(&s, "features", long_digest, GMR_ERR_FORMAT, "features \"aaa");
    teardown(&s);
}

/* A file of the model of `name` alone. */
static void write_tensor(const char *path, const char *name, const size_t *dim, size_t rank)
{
    static const float zeros[64];
    struct safetensors_entry entry = { .name = name, .dtype = DTYPE_F32, .rank = rank };
    size_t numel;
    memcpy(entry.dim, dim, rank * sizeof *dim);
    assert_true(shape_numel(dim, rank, &numel) && numel <= 64);
    entry.data = zeros;
    entry.size = numel * sizeof *zeros;
    assert_int_equal(safetensors_write(NULL, path, &entry, 1, NULL, 0), GMR_OK);
}

static void test_tensors_that_are_wrong(void **state)
{
    (void)state;
    struct captioner model;
    struct setting s;
    char features[DIGEST_HEX];
    setup(&s, unusual(CAPTIONER_TRANSFORMER));
    write_tensor(s.path, "w", (size_t[]){ 2 }, 1);
    assert_int_equal(captioner_open(&model, s.compute, NULL, s.path, NULL, features),
                     GMR_ERR_FORMAT);
    assert_message("captioner.safetensors' is no captioner: it has no tensor 'embed.weight'");
    write_tensor(s.path, "model.tgt_embed.0.lut.weight", (size_t[]){ 2 }, 1);
    assert_int_equal(captioner_open(&model, s.compute, NULL, s.path, NULL, features),
                     GMR_ERR_SHAPE);
    assert_message("has 1 axes, not 2");
    assert_int_equal(captioner_open(&model, s.compute, NULL, s.other, NULL, features),
                     GMR_ERR_NOT_FOUND);
    teardown(&s);
}

/* ---- infos ---- */

/* Weights as published ones: our file without metadata, at s->other. */
static void setup_published(struct setting *s, struct captioner_settings settings)
{
    struct safetensors_entry entry[128];
    struct safetensors *file;
    setup(s, settings);
    assert_int_equal(captioner_save(&s->model, s->path, "", NULL, 0), GMR_OK);
    assert_int_equal(safetensors_open(NULL, s->path, &file), GMR_OK);
    for (size_t i = 0; i < safetensors_count(file); i++)
        entry[i] = *safetensors_at(file, i);
    assert_int_equal(safetensors_write(NULL, s->other, entry, safetensors_count(file), NULL, 0),
                     GMR_OK);
    safetensors_close(file);
}

/* A vocabulary of 19 words, in protocol 0, with one key and one word replaced. */
static void print_words(char *text, size_t size, const char *key, const char *word)
{
    size_t used = (size_t)snprintf(text, size, "(d");
    for (size_t i = 1; i <= CAPTIONING_WORDS; i++) {
        char number[16], name[16];
        snprintf(number, sizeof number, "V%zu\n", i);
        snprintf(name, sizeof name, "Vw%zu\n", i);
        used += (size_t)snprintf(text + used, size - used, "%s%ss", i == 3 && key ? key : number,
                                 i == 3 && word ? word : name);
    }
}

/* Opens s->other with infos of these options, items of a dict in protocol 0. */
static enum gmr_status open_with(struct setting *s, const char *options, const char *words,
                                 struct captioner *model)
{
    char path[PATH_MAX], text[4096], features[DIGEST_HEX];
    const int size = snprintf(text, sizeof text, "(dVopt\n(d%ssVvocab\n%ss.", options, words);
    write_file(temporary_path(&s->directory, "infos.pkl", path), text, (size_t)size);
    return captioner_open(model, s->compute, NULL, s->other, NULL, features);
}

static void refuse_infos(struct setting *s, const char *options, const char *words,
                         enum gmr_status status, const char *message)
{
    struct captioner model;
    if (open_with(s, options, words, &model) != status)
        fail_msg("'%s' is not refused: %s", options, message);
    assert_message("infos.pkl'");
    assert_message(message);
}

static void test_options(void **state)
{
    (void)state;
    static const char model[] = "Vcaption_model\nVtransformer\nsVnum_att_heads\nI3\ns";
    char words[1024], options[512];
    struct captioner opened;
    struct setting s;
    setup_published(&s, unusual(CAPTIONER_TRANSFORMER));
    print_words(words, sizeof words, NULL, NULL);
    snprintf(options, sizeof options,
             "%sVN_enc\nI2\nsVdropout\nF0.3\nsVdrop_prob_lm\nI0\nsVd_ff\nNsVmax_length\nI0\ns"
             "Vseq_length\nI11\nsVuse_bn\nI2\nsVother\nNs",
             model);
    if (open_with(&s, options, words, &opened) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_true(opened.settings.dropout == 0.3 && opened.settings.input_dropout == 0);
    assert_int_equal(opened.settings.length, 11);
    assert_int_equal(opened.settings.input, CAPTIONER_BOTH);
    assert_string_equal(opened.word[19], "w19");
    captioner_release(&opened);
    teardown(&s);
}

static void test_options_that_are_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *options, *message;
        enum gmr_status status;
    } cases[] = {
        { "", "its options do not say their caption_model", GMR_ERR_FORMAT },
        { "Vcaption_model\nI1\ns", "do not say their caption_model", GMR_ERR_FORMAT },
        { "Vcaption_model\nVtopdown\ns", "a captioner 'topdown'", GMR_ERR_UNSUPPORTED },
        { "Vcaption_model\nVshow_attend_tell\ns", "is of a captioner show_attend_tell",
          GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVN_enc\nI6\ns", "says that N_enc is 6, the tensors of",
          GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVN_dec\nI2\ns", "N_dec is 2", GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVd_model\nI512\ns", "d_model is 512", GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVd_ff\nI8\ns", "d_ff is 8", GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVuse_bn\nI0\ns", "use_bn is 0", GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVN_enc\nVsix\ns", "'N_enc' is no number",
          GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVnum_att_heads\nI-1\ns", "'num_att_heads' is no size",
          GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVnum_att_heads\nFnan\ns", "'num_att_heads' is no size",
          GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\ns", "6 does not divide into 8 heads", GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVnum_att_heads\nI3\nsVdropout\nFinf\ns", "dropout is inf",
          GMR_ERR_FORMAT },
        { "Vcaption_model\nVtransformer\nsVnum_att_heads\nI3\nsVmax_length\nI65\ns",
          "longest sentence is 65", GMR_ERR_FORMAT },
    };
    char words[1024];
    struct setting s;
    setup_published(&s, unusual(CAPTIONER_TRANSFORMER));
    print_words(words, sizeof words, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_infos(&s, cases[i].options, words, cases[i].status, cases[i].message);
    teardown(&s);
}

static void test_words_that_are_wrong(void **state)
{
    (void)state;
    static const char options[] = "Vcaption_model\nVtransformer\nsVnum_att_heads\nI3\ns";
    static const struct {
        const char *key, *word, *message;
    } cases[] = {
        { "V20\n", NULL, "numbers its words otherwise than 1 .. 19" },
        { "V0\n", NULL, "numbers its words otherwise" },
        { "Vx\n", NULL, "numbers its words otherwise" },
        { "V\n", NULL, "numbers its words otherwise" },
        { "V9999999999\n", NULL, "numbers its words otherwise" },
        { "N", NULL, "numbers its words otherwise" },
        { "I-3\n", NULL, "numbers its words otherwise" },
        { "V4\n", NULL, "has no word 3" },
        { NULL, "V\n", "word 3 of its vocabulary is none" },
        { NULL, "Va\\u000ab\n", "word 3 of its vocabulary is none" },
        { NULL, "Va\\u0000b\n", "word 3 of its vocabulary is none" },
        { NULL, "S'\\xff'\n", "word 3 of its vocabulary is none" },
        { NULL, "I3\n", "word 3 of its vocabulary is none" },
    };
    char words[1024];
    struct captioner model;
    struct setting s;
    setup_published(&s, unusual(CAPTIONER_TRANSFORMER));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_words(words, sizeof words, cases[i].key, cases[i].word);
        refuse_infos(&s, options, words, GMR_ERR_FORMAT, cases[i].message);
    }
    refuse_infos(&s, options, "N", GMR_ERR_FORMAT, "it has no vocabulary");
    print_words(words, sizeof words, "I3\n", NULL); /* a number will do */
    assert_int_equal(open_with(&s, options, words, &model), GMR_OK);
    captioner_release(&model);
    teardown(&s);
}

static void refuse_pickle(struct setting *s, const char *text, enum gmr_status status,
                          const char *message)
{
    struct captioner model;
    char path[PATH_MAX], features[DIGEST_HEX];
    write_file(temporary_path(&s->directory, "infos_best.pkl", path), text, strlen(text));
    assert_int_equal(captioner_open(&model, s->compute, NULL, s->other, NULL, features), status);
    assert_message("infos_best.pkl'");
    assert_message(message);
}

static void test_pickles_that_are_no_infos(void **state)
{
    (void)state;
    struct setting s;
    setup_published(&s, unusual(CAPTIONER_SHOW_ATTEND_TELL));
    refuse_pickle(&s, "", GMR_ERR_FORMAT, "pickle, byte 0: it ends early");
    refuse_pickle(&s, "N.", GMR_ERR_FORMAT, "it is no dict");
    refuse_pickle(&s, "}.", GMR_ERR_FORMAT, "it has no options");
    refuse_pickle(&s, "(dVopt\nNs.", GMR_ERR_FORMAT, "it has no options");
    refuse_pickle(&s, "(dVopt\ncargparse\nNamespace\n)\x81s.", GMR_ERR_FORMAT, "has no options");
    refuse_pickle(&s, "(dVopt\n(ds.", GMR_ERR_FORMAT, "it has no vocabulary");
    refuse_pickle(&s, "\x82.", GMR_ERR_UNSUPPORTED, "opcode 0x82");
    teardown(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_saved_is_opened),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_metadata_that_are_wrong),
        cmocka_unit_test(test_tensors_that_are_wrong),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_options_that_are_wrong),
        cmocka_unit_test(test_words_that_are_wrong),
        cmocka_unit_test(test_pickles_that_are_no_infos),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
