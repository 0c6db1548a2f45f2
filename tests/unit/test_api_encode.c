/* gmr_encoder_encode: what a program sees of encoding a catalogue, with real towers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gommir/encoder.h>

#include "base/file.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/support.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/clip/"

enum { ITEMS = 100, WIDTH = 6 };

static struct failing_allocator memory;
static struct gmr_context *context;
static struct gmr_catalogue *catalogue;
static struct gmr_encoder *encoder;

static void open_encoder(const char *weights)
{
    const struct gmr_encoder_options options = { .weights = weights };
    gmr_encoder_close(encoder);
    if (gmr_encoder_open(context, &options, &encoder) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static int setup(void **state)
{
    struct gmr_context_options options = gmr_context_options_default();
    failing_allocator_init(&memory, 0);
    options.allocator = memory.allocator;
    options.threads = 2;
    assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
    scratch_setup(state);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    assert_int_equal(gmr_catalogue_open(context, in_scratch("shop"), &catalogue), GMR_OK);
    open_encoder(DATA "openai.safetensors");
    return 0;
}

/* Nothing may be left, whatever the test did. */
static int teardown(void **state)
{
    gmr_encoder_close(encoder);
    gmr_catalogue_close(catalogue);
    gmr_context_destroy(context);
    encoder = NULL;
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static struct gmr_encode_report encode(void)
{
    const struct gmr_encode_options options = gmr_encode_options_default();
    struct gmr_encode_report report;
    if (gmr_encoder_encode(encoder, catalogue, &options, &report) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return report;
}

static void check_vector(size_t position, const float *vector)
{
    struct gmr_picture_bytes picture = { .name = "the picture" };
    float expected[WIDTH];
    assert_int_equal(
        gmr_catalogue_picture(catalogue, position, GMR_PICTURE_FULL, &picture.bytes, &picture.size),
        GMR_OK);
    assert_int_equal(gmr_encoder_pictures(encoder, &picture, 1, expected), GMR_OK);
    assert_true(max_abs_difference(vector, expected, WIDTH) < 1e-5);
}

static void vectors_are_those_of_the_pictures(void **state)
{
    (void)state;
    const struct gmr_embedding_summary *list;
    struct gmr_embedding *embedding;
    size_t count, rows, width;
    const struct gmr_encode_report report = encode();
    assert_int_equal(gmr_catalogue_embeddings(catalogue, &list, &count), GMR_OK);
    assert_int_equal(count, 1);
    assert_string_equal(list[0].name, "clip");
    assert_string_equal(list[0].encoder, gmr_encoder_digest(encoder));
    assert_int_equal(list[0].items, report.encoded);
    assert_int_equal(gmr_embedding_open(catalogue, "clip", &embedding), GMR_OK);
    const float *vectors = gmr_embedding_vectors(embedding, &rows, &width);
    assert_int_equal(rows, report.encoded);
    assert_int_equal(width, WIDTH);
    for (size_t r = 0; r < rows; r++)
        check_vector(gmr_embedding_positions(embedding)[r], vectors + r * width);
    gmr_embedding_close(embedding);
    assert_int_equal(encode().kept, report.encoded);
}

/* Progress is told from nothing to all, and the user stops when so much is done. */
struct user {
    uint64_t stop_at, done;
    size_t reports;
};

static void look(void *user, const struct gmr_progress_report *report)
{
    struct user *u = user;
    assert_string_equal(report->job, "encoding");
    assert_string_equal(report->unit, "picture");
    assert_true(report->done >= u->done && report->done <= report->total);
    u->done = report->done;
    u->reports++;
}

static bool is_enough(void *user)
{
    const struct user *u = user;
    return u->stop_at > 0 && u->done >= u->stop_at;
}

static enum gmr_status encode_until(uint64_t stop_at, struct user *user)
{
    struct gmr_encode_options options = gmr_encode_options_default();
    struct gmr_encode_report report;
    *user = (struct user){ .stop_at = stop_at };
    options.progress = (struct gmr_progress){ look, is_enough, user };
    return gmr_encoder_encode(encoder, catalogue, &options, &report);
}

static void check_going_on(const char *weights)
{
    struct file_map map;
    struct user user;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch("shop/embedding/clip.safetensors"));
    open_encoder(weights);
    encode();
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(encode_until(20, &user), GMR_ERR_CANCELLED);
    assert_int_equal(encode_until(50, &user), GMR_ERR_CANCELLED);
    assert_int_equal(encode_until(0, &user), GMR_OK);
    assert_true(user.reports > 2);
    assert_true(file_holds(path, map.data, map.size));
    file_map_close(&map);
}

static void going_on_gives_the_same_bytes(void **state)
{
    (void)state;
    check_going_on(DATA "openai.safetensors");
    check_going_on(DATA "resnet_open_clip.safetensors");
}

static void encoders_do_not_mix(void **state)
{
    (void)state;
    const size_t all = encode().encoded;
    open_encoder(DATA "resnet_open_clip.safetensors");
    assert_int_equal(encode().encoded, all);
    assert_true(encode().encoded == 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(vectors_are_those_of_the_pictures),
        TEST(going_on_gives_the_same_bytes),
        TEST(encoders_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
