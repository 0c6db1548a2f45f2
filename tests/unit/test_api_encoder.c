/* <gommir/encoder.h>, and models in <gommir/weights.h>: what a program sees of encoders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/encoder.h>
#include <gommir/weights.h>

#include "media/picture.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/clip/"

enum { WIDTH = 6, MANY = 40 };

static struct failing_allocator memory;
static struct gmr_context *context;

static int setup(void **state)
{
    failing_allocator_init(&memory, 0);
    struct gmr_context_options options = gmr_context_options_default();
    options.allocator = memory.allocator;
    options.threads = 2;
    assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
    return scratch_setup(state);
}

/* Nothing may be left, whatever the test did. */
static int teardown(void **state)
{
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static struct gmr_encoder *open_encoder(const char *weights, const char *vocabulary)
{
    const struct gmr_encoder_options options = { .weights = weights, .vocabulary = vocabulary };
    struct gmr_encoder *encoder;
    if (gmr_encoder_open(context, &options, &encoder) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return encoder;
}

static void an_encoder_tells_about_itself(void **state)
{
    (void)state;
    struct gmr_encoder *encoder = open_encoder(DATA "openai.safetensors", NULL);
    assert_int_equal(gmr_encoder_width(encoder), WIDTH);
    assert_true(gmr_encoder_has_vocabulary(encoder));
    assert_int_equal(strlen(gmr_encoder_digest(encoder)), 64);
    assert_int_equal(strspn(gmr_encoder_digest(encoder), "0123456789abcdef"), 64);
    gmr_encoder_close(encoder);
    gmr_encoder_close(NULL);
}

static void texts_of_any_number(void **state)
{
    (void)state;
    static const char *const texts[] = { "a red dress", "the sleeves", "" };
    float all[3 * WIDTH], one[WIDTH];
    struct gmr_encoder *encoder = open_encoder(DATA "hugging_face_archive.pt", NULL);
    assert_int_equal(gmr_encoder_texts(encoder, texts, 3, all), GMR_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(gmr_encoder_texts(encoder, &texts[i], 1, one), GMR_OK);
        assert_true(max_abs_difference(one, all + i * WIDTH, WIDTH) < 1e-5);
    }
    assert_true(max_abs_difference(all, all + WIDTH, WIDTH) > 1e-2);
    gmr_encoder_close(encoder);
}

static void make_picture(struct picture_file *file, size_t width, uint8_t shade)
{
    struct picture picture;
    assert_int_equal(picture_init(&picture, NULL, width, 20), GMR_OK);
    memset(picture.pixels, shade, width * 20 * 3);
    memset(picture.pixels, 255 - shade, width * 5 * 3);
    assert_int_equal(picture_encode_jpeg(NULL, &picture, 90, file), GMR_OK);
    picture_release(&picture);
}

static void pictures_of_any_number(void **state)
{
    (void)state;
    struct picture_file file[MANY];
    struct gmr_picture_bytes picture[MANY];
    float all[MANY * WIDTH], one[WIDTH];
    struct gmr_encoder *encoder = open_encoder(DATA "open_clip_script.pt", NULL);
    for (size_t i = 0; i < MANY; i++) {
        make_picture(&file[i], 10 + i, (uint8_t)(i * 6));
        picture[i] = (struct gmr_picture_bytes){ file[i].bytes, file[i].size, "p" };
    }
    assert_int_equal(gmr_encoder_pictures(encoder, picture, MANY, all), GMR_OK);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(gmr_encoder_pictures(encoder, &picture[i], 1, one), GMR_OK);
        assert_true(max_abs_difference(one, all + i * WIDTH, WIDTH) < 1e-5);
    }
    picture[MANY - 2].size = 30;
    picture[MANY - 2].name = "the bad one";
    assert_int_equal(gmr_encoder_pictures(encoder, picture, MANY, all), GMR_ERR_FORMAT);
    assert_message("the bad one");
    assert_int_equal(gmr_encoder_pictures(encoder, picture, 0, all), GMR_OK);
    for (size_t i = 0; i < MANY; i++)
        picture_file_release(&file[i]);
    gmr_encoder_close(encoder);
}

static void what_does_not_open(void **state)
{
    (void)state;
    const struct gmr_encoder_options none = { .weights = "none" };
    const struct gmr_encoder_options wrong = { .weights = DATA "openai_archive.pt",
                                               .vocabulary = in_scratch("small") };
    struct gmr_encoder *encoder = (struct gmr_encoder *)1;
    put_scratch("small", "#version: 0.2\n");
    assert_int_equal(gmr_encoder_open(context, &none, &encoder), GMR_ERR_NOT_FOUND);
    assert_null(encoder);
    assert_int_equal(gmr_encoder_open(context, &wrong, &encoder), GMR_ERR_SHAPE);
    assert_null(encoder);
}

/* ---- models ---- */

static struct gmr_architecture architecture_of(const char *path)
{
    struct gmr_weights *weights;
    struct gmr_architecture architecture;
    assert_int_equal(gmr_weights_open(context, path, &weights), GMR_OK);
    assert_int_equal(gmr_weights_architecture(weights, &architecture), GMR_OK);
    gmr_weights_close(weights);
    return architecture;
}

static void architectures_are_read_off(void **state)
{
    (void)state;
    const struct gmr_architecture a = architecture_of(DATA "open_clip_legacy.pt");
    assert_int_equal(a.kind, GMR_ARCHITECTURE_CLIP_VIT);
    assert_string_equal(a.names, "open_clip");
    assert_int_equal(a.parameters, 3409);
    assert_int_equal(a.width, WIDTH);
    assert_int_equal(a.image.patch, 4);
    assert_int_equal(a.text.vocabulary, 522);
    assert_false(a.text.vocabulary_inside || a.pads || a.exact_gelu);
    const struct gmr_architecture b = architecture_of(DATA "resnet_openai_script.pt");
    assert_int_equal(b.kind, GMR_ARCHITECTURE_CLIP_RESNET);
    assert_int_equal(b.image.layers[1], 2);
    assert_int_equal(b.image.patch, 0);
    const struct gmr_architecture c = architecture_of(DATA "expected.safetensors");
    assert_int_equal(c.kind, GMR_ARCHITECTURE_UNKNOWN);
    assert_null(c.models);
}

static void converted_files_encode_the_same(void **state)
{
    (void)state;
    const char *text = "a red dress";
    float before[WIDTH], after[WIDTH];
    struct gmr_encoder *encoder = open_encoder(DATA "hugging_face_legacy.pt", NULL);
    assert_int_equal(gmr_encoder_texts(encoder, &text, 1, before), GMR_OK);
    gmr_encoder_close(encoder);
    const struct gmr_convert_options options = { .input = DATA "hugging_face_legacy.pt",
                                                 .output = in_scratch("w"),
                                                 .vocabulary = DATA "vocabulary.txt" };
    assert_int_equal(gmr_weights_convert(context, &options), GMR_OK);
    encoder = open_encoder(in_scratch("w"), NULL);
    assert_int_equal(gmr_encoder_texts(encoder, &text, 1, after), GMR_OK);
    assert_memory_equal(before, after, sizeof before);
    gmr_encoder_close(encoder);
    const struct gmr_architecture a = architecture_of(in_scratch("w"));
    assert_string_equal(a.names, "OpenAI");
    assert_true(a.text.vocabulary_inside);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_encoder_tells_about_itself), TEST(texts_of_any_number),
        TEST(pictures_of_any_number),        TEST(what_does_not_open),
        TEST(architectures_are_read_off),    TEST(converted_files_encode_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
