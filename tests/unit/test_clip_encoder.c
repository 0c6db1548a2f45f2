/* The encoder: what it opens, where its vocabulary comes from, and that its vectors are those of
 * the model on a tape, one by one or many at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/status.h"
#include "encoder/encoder.h"
#include "support/clip_files.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

enum { WIDTH = CLIP_FILE_WIDTH, CONTEXT = CLIP_FILE_CONTEXT, SIDE = 12, SQUARE = SIDE * SIDE * 3 };

static const double TOLERANCE = 1e-5;

static struct compute *compute;

static int make_compute(void **state)
{
    (void)state;
    return compute_create_cpu(NULL, 2, &compute) == GMR_OK ? 0 : -1;
}

static int release_compute(void **state)
{
    (void)state;
    compute_destroy(compute);
    return 0;
}

/* Opens the weights called `name` in the scratch directory. */
static enum gmr_status try_open(const char *name, const char *vocabulary, struct encoder **encoder)
{
    const struct encoder_options options = { .weights = in_scratch(name),
                                             .vocabulary = vocabulary };
    return encoder_open(compute, NULL, &options, encoder);
}

static struct encoder *open_encoder(const char *name)
{
    struct encoder *encoder;
    if (try_open(name, NULL, &encoder) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return encoder;
}

static void refuse(const char *name, const char *vocabulary, enum gmr_status expected,
                   const char *message)
{
    struct encoder *encoder = (struct encoder *)1;
    assert_int_equal(try_open(name, vocabulary, &encoder), expected);
    assert_null(encoder);
    assert_message(message);
}

static void write_model(const char *name, const struct safetensors_metadata *metadata, size_t count)
{
    clip_file_write(in_scratch(name), CLIP_VIT, metadata, count);
}

static void write_ready_model(void)
{
    const struct safetensors_metadata metadata[] = { { "model", "clip" },
                                                     { "version", "1" },
                                                     { "vocabulary", clip_file_vocabulary } };
    write_model("w", metadata, 3);
}

/* ---- vectors ---- */

/* What the model on a tape makes of these tokens. */
static void reference_text(const struct clip *model, const int64_t *ids, size_t length,
                           real y[WIDTH])
{
    struct tape tape;
    const int64_t end = (int64_t)length - 1;
    const struct clip_words words = { .count = 1, .length = length, .ids = ids, .end = &end };
    tape_init(&tape, compute, NULL);
    tape.recording = tape.training = false;
    tape_read(&tape, clip_text(&tape, model, &words), y);
    assert_int_equal(tape_status(&tape), GMR_OK);
    tape_release(&tape);
}

static void check_text(struct encoder *encoder, const char *text, const int64_t *ids, size_t length)
{
    real found[WIDTH], expected[WIDTH];
    assert_int_equal(encoder_texts(encoder, &text, 1, found), GMR_OK);
    reference_text(&encoder->model, ids, length, expected);
    if (!(normalised_error(found, expected, WIDTH) < TOLERANCE))
        fail_msg("'%s': another vector", text);
}

static void texts_become_vectors(void **state)
{
    (void)state;
    write_ready_model();
    struct encoder *encoder = open_encoder("w");
    assert_int_equal(encoder_width(encoder), WIDTH);
    const int64_t sot = 514, eot = 515, ab = 512, cd = 513, x = 256 + 'x' - '!';
    check_text(encoder, " ABCD", (int64_t[]){ sot, ab, cd, eot }, 4);
    check_text(encoder, "", (int64_t[]){ sot, eot }, 2);
    check_text(encoder, "x", (int64_t[]){ sot, x, eot }, 3);
    /* cut, with the end in the last place */
    check_text(encoder, "x x x x x x x x x", (int64_t[]){ sot, x, x, x, x, x, x, x, eot }, CONTEXT);
    /* the vector is that of the first end token */
    check_text(encoder, "cd <|endoftext|> x", (int64_t[]){ sot, cd, eot }, 3);
    encoder_close(encoder);
}

/* More than run at once, of all lengths. */
static void many_texts_are_as_one(void **state)
{
    (void)state;
    enum { COUNT = 600 };
    static const char *const lengths[] = { "ab", "abcd x", "", "x y z x y z x y z x y z", "cd cd" };
    const char *texts[COUNT];
    real *all = malloc(COUNT * WIDTH * sizeof *all), one[WIDTH];
    write_ready_model();
    struct encoder *encoder = open_encoder("w");
    for (size_t i = 0; i < COUNT; i++)
        texts[i] = lengths[i * i % 5];
    assert_int_equal(encoder_texts(encoder, texts, COUNT, all), GMR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(encoder_texts(encoder, &texts[i], 1, one), GMR_OK);
        assert_true(max_abs_difference(all + i * WIDTH, one, WIDTH) < 1e-5);
    }
    assert_int_equal(encoder_texts(encoder, NULL, 0, NULL), GMR_OK);
    encoder_close(encoder);
    free(all);
}

static void fill_squares(uint8_t *squares, size_t count)
{
    for (size_t i = 0; i < count * SQUARE; i++)
        squares[i] = (uint8_t)(i * i * 37 + i / SQUARE * 91);
}

static void reference_square(const struct clip *model, const uint8_t *square, real y[WIDTH])
{
    struct tape tape;
    real x[SQUARE];
    for (size_t i = 0; i < SIDE * SIDE; i++)
        for (size_t c = 0; c < 3; c++)
            x[c * SIDE * SIDE + i] =
                ((real)square[i * 3 + c] / 255 - preprocess_mean[c]) / preprocess_deviation[c];
    tape_init(&tape, compute, NULL);
    tape.recording = tape.training = false;
    struct tensor *picture = tape_input(&tape, (size_t[]){ 1, 3, SIDE, SIDE }, 4, x);
    tape_read(&tape, clip_image(&tape, model, picture), y);
    assert_int_equal(tape_status(&tape), GMR_OK);
    tape_release(&tape);
}

static void squares_become_vectors(void **state)
{
    (void)state;
    enum { COUNT = 37 };
    static uint8_t squares[COUNT * SQUARE];
    real y[COUNT * WIDTH], expected[WIDTH];
    write_model("w", NULL, 0);
    struct encoder *encoder = open_encoder("w");
    assert_int_equal(encoder_side(encoder), SIDE);
    fill_squares(squares, COUNT);
    assert_int_equal(encoder_squares(encoder, squares, COUNT, y), GMR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        reference_square(&encoder->model, squares + i * SQUARE, expected);
        assert_true(normalised_error(y + i * WIDTH, expected, WIDTH) < TOLERANCE);
    }
    assert_int_equal(encoder_squares(encoder, squares, 0, y), GMR_OK);
    encoder_close(encoder);
}

/* A picture twice as wide as high, black but for a white middle. */
static void make_picture(struct picture_file *file)
{
    struct picture picture;
    assert_int_equal(picture_init(&picture, NULL, 4 * SIDE, 2 * SIDE), GMR_OK);
    memset(picture.pixels, 0, 8 * SQUARE);
    for (size_t row = 0; row < 2 * SIDE; row++)
        memset(picture.pixels + (row * 4 + 1) * SIDE * 3, 255, 2 * SIDE * 3);
    assert_int_equal(picture_encode_jpeg(NULL, &picture, 95, file), GMR_OK);
    picture_release(&picture);
}

/* The middle, and the whole between white bars. */
static void pictures_are_cut_or_padded(void **state)
{
    (void)state;
    const struct safetensors_metadata fit[] = { { "fit", "crop" }, { "fit", "pad" } };
    uint8_t square[SQUARE];
    struct picture_file file;
    make_picture(&file);
    for (size_t i = 0; i < 2; i++) {
        write_model("w", &fit[i], 1);
        struct encoder *encoder = open_encoder("w");
        assert_int_equal(encoder_square(encoder, file.bytes, file.size, "p", square), GMR_OK);
        const uint8_t corner = square[0], left = square[SIDE / 2 * SIDE * 3];
        assert_true(i == 0 ? corner > 200 && left > 200 : corner == 255 && left < 50);
        assert_int_equal(encoder_square(encoder, file.bytes, file.size / 2, "half.jpg", square),
                         GMR_ERR_FORMAT);
        assert_message("half.jpg");
        encoder_close(encoder);
    }
    picture_file_release(&file);
}

static void gelu_is_a_choice(void **state)
{
    (void)state;
    const struct safetensors_metadata gelu[] = { { "activation", "gelu" } };
    real y[3][WIDTH];
    uint8_t square[SQUARE];
    fill_squares(square, 1);
    write_model("quick", NULL, 0);
    write_model("exact", gelu, 1);
    for (size_t i = 0; i < 3; i++) {
        const struct encoder_options options = { .weights = in_scratch(i < 2 ? "quick" : "exact"),
                                                 .exact_gelu = i == 1 };
        struct encoder *encoder;
        assert_int_equal(encoder_open(compute, NULL, &options, &encoder), GMR_OK);
        assert_int_equal(encoder_squares(encoder, square, 1, y[i]), GMR_OK);
        encoder_close(encoder);
    }
    assert_memory_equal(y[1], y[2], sizeof y[1]);
    assert_true(normalised_error(y[0], y[1], WIDTH) > 1e-4);
}

/* ---- vocabularies ---- */

static void write_compressed(const char *name, const char *text)
{
    gzFile file = gzopen(in_scratch(name), "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
}

/* Each file beside the weights hides those after it in the list. */
static void vocabularies_are_found_beside_the_weights(void **state)
{
    (void)state;
    static const char *const names[] = { "vocabulary.txt", "merges.txt",
                                         "bpe_simple_vocab_16e6.txt",
                                         "bpe_simple_vocab_16e6.txt.gz" };
    static const char wrong[] = "#version: 0.2\n";
    write_model("w", NULL, 0);
    for (size_t i = 0; i < 4; i++) {
        const bool compressed = strstr(names[i], ".gz") != NULL;
        (compressed ? write_compressed : put_scratch)(names[i], clip_file_vocabulary);
        struct encoder *encoder = open_encoder("w");
        assert_non_null(encoder->tokeniser);
        encoder_close(encoder);
        (compressed ? write_compressed : put_scratch)(names[i], wrong);
        refuse("w", NULL, GMR_ERR_SHAPE, "it has 514 tokens, the model 516");
        assert_message(names[i]);
    }
}

static void vocabularies_have_an_order(void **state)
{
    (void)state;
    static const char wrong[] = "#version: 0.2\n";
    write_ready_model();
    put_scratch("merges.txt", wrong); /* what is inside comes first */
    encoder_close(open_encoder("w"));
    refuse("w", in_scratch("merges.txt"), GMR_ERR_SHAPE, "merges.txt");
    const struct safetensors_metadata inside[] = { { "vocabulary", wrong } };
    write_model("w", inside, 1);
    put_scratch("mine", clip_file_vocabulary);
    refuse("w", NULL, GMR_ERR_SHAPE, "the vocabulary in");
    struct encoder *encoder;
    assert_int_equal(try_open("w", in_scratch("mine"), &encoder), GMR_OK);
    encoder_close(encoder);
    refuse("w", in_scratch("none"), GMR_ERR_NOT_FOUND, "none");
    const struct safetensors_metadata damaged[] = { { "vocabulary", "#version: 0.2\na b c\n" } };
    write_model("w", damaged, 1);
    refuse("w", NULL, GMR_ERR_FORMAT, "line 2");
}

static void pictures_need_no_vocabulary(void **state)
{
    (void)state;
    uint8_t square[SQUARE];
    real y[WIDTH];
    const char *text = "a";
    write_model("w", NULL, 0);
    struct encoder *encoder = open_encoder("w");
    fill_squares(square, 1);
    assert_null(encoder->tokeniser);
    assert_int_equal(encoder_squares(encoder, square, 1, y), GMR_OK);
    assert_int_equal(encoder_texts(encoder, &text, 1, y), GMR_ERR_NOT_FOUND);
    assert_message("no vocabulary for");
    encoder_close(encoder);
}

/* ---- what is wrong ---- */

static void metadata_count(void **state)
{
    (void)state;
    static const struct safetensors_metadata wrong[] = {
        { "model", "gommir" }, { "version", "2" }, { "fit", "stretch" }, { "activation", "relu" }
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_model("w", &wrong[i], 1);
        refuse("w", NULL, GMR_ERR_UNSUPPORTED, wrong[i].key);
        assert_message(wrong[i].value);
    }
}

static void what_is_no_encoder_is_refused(void **state)
{
    (void)state;
    put_scratch("text", "this is no file of weights");
    refuse("text", NULL, GMR_ERR_FORMAT, "text");
    refuse("none", NULL, GMR_ERR_NOT_FOUND, "none");
    put_scratch("empty", "");
    refuse("empty", NULL, GMR_ERR_FORMAT, "empty");
    assert_int_equal(safetensors_write(NULL, in_scratch("nothing"), NULL, 0, NULL, 0), GMR_OK);
    refuse("nothing", NULL, GMR_ERR_FORMAT, "no CLIP model");
}

/* Weights that are no numbers are found when a vector is. */
static void damaged_numbers_are_found(void **state)
{
    (void)state;
    struct clip model;
    struct encoder *encoder;
    real y[WIDTH];
    uint8_t square[SQUARE];
    fill_squares(square, 1);
    clip_file_model(&model, compute, CLIP_VIT);
    tensor_real(model.vit.projection)[3] = (real)NAN;
    assert_int_equal(parameters_save(&model.parameters, in_scratch("w"), NULL, 0), GMR_OK);
    clip_release(&model);
    encoder = open_encoder("w");
    assert_int_equal(encoder_squares(encoder, square, 1, y), GMR_ERR_NUMERIC);
    assert_message("not finite");
    encoder_close(encoder);
}

static void digest_is_that_of_the_file(void **state)
{
    (void)state;
    struct file_map map;
    uint8_t digest[DIGEST_SIZE];
    char hex[DIGEST_HEX];
    write_ready_model();
    struct encoder *encoder = open_encoder("w");
    assert_int_equal(file_map_open(&map, in_scratch("w")), GMR_OK);
    digest_sha256(map.data, map.size, digest);
    assert_string_equal(encoder->digest, digest_hex(digest, hex));
    file_map_close(&map);
    encoder_close(encoder);
    encoder_close(NULL);
}

/* Vectors of the one must not be taken for those of the other. */
static void another_activation_has_another_digest(void **state)
{
    (void)state;
    char digest[DIGEST_HEX];
    write_ready_model();
    struct encoder *encoder = open_encoder("w");
    memcpy(digest, encoder->digest, sizeof digest);
    encoder_close(encoder);
    const struct encoder_options options = { .weights = in_scratch("w"), .exact_gelu = true };
    assert_int_equal(encoder_open(compute, NULL, &options, &encoder), GMR_OK);
    assert_string_not_equal(encoder->digest, digest);
    encoder_close(encoder);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRATCH(texts_become_vectors),
        SCRATCH(many_texts_are_as_one),
        SCRATCH(squares_become_vectors),
        SCRATCH(pictures_are_cut_or_padded),
        SCRATCH(gelu_is_a_choice),
        SCRATCH(vocabularies_are_found_beside_the_weights),
        SCRATCH(vocabularies_have_an_order),
        SCRATCH(pictures_need_no_vocabulary),
        SCRATCH(metadata_count),
        SCRATCH(what_is_no_encoder_is_refused),
        SCRATCH(damaged_numbers_are_found),
        SCRATCH(digest_is_that_of_the_file),
        SCRATCH(another_activation_has_another_digest),
    };

    return cmocka_run_group_tests(tests, make_compute, release_compute);
}
