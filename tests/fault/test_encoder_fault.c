/* Encoders when memory runs out: every allocation fails in turn, and stays failed, while
 * checkpoints of each naming are opened, texts and pictures encoded, files converted; and
 * converting onto a full disk. Then nothing is held and no file is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "encoder/clip_convert.h"
#include "encoder/encoder.h"
#include "model/recognise.h"
#include "support/faults.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "tensor/weights.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/clip/"

enum { WIDTH = 6, SIDE = 12 };

/* ---- opening ---- */

static enum gmr_status open_encoder(const struct gmr_allocator *allocator, struct compute **compute,
                                    const char *path, struct encoder **encoder)
{
    *encoder = NULL;
    enum gmr_status status = compute_create_reference(allocator, compute);
    if (status != GMR_OK)
        return status;
    const struct encoder_options options = { .weights = path };
    status = encoder_open(*compute, allocator, &options, encoder);
    if (status != GMR_OK) {
        assert_null(*encoder);
        compute_destroy(*compute);
    }
    return status;
}

static void close_encoder(struct encoder *encoder, struct compute *compute)
{
    encoder_close(encoder);
    compute_destroy(compute);
}

static enum gmr_status open_and_close(const struct gmr_allocator *allocator, const void *path)
{
    struct compute *compute;
    struct encoder *encoder;
    const enum gmr_status status = open_encoder(allocator, &compute, path, &encoder);
    if (status == GMR_OK)
        close_encoder(encoder, compute);
    return status;
}

static void opening(void **state)
{
    (void)state;
    static const char *const paths[] = { DATA "openai.safetensors", DATA "open_clip_legacy.pt",
                                         DATA "hugging_face_archive.pt",
                                         DATA "resnet_openai_script.pt" };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (int stays = 0; stays < 2; stays++)
            assert_true(fail_each_allocation(open_and_close, paths[i], stays) > 20);
}

/* ---- encoding ---- */

/* The allocator fails in the call only: the encoder itself is made first, with as many allocations
 * as it needs. */
static enum gmr_status encode_texts(const struct gmr_allocator *allocator, const void *path)
{
    static const char *const texts[] = { "a red dress", "the sleeves" };
    struct compute *compute;
    struct encoder *encoder;
    real y[2 * WIDTH];
    enum gmr_status status = open_encoder(allocator, &compute, path, &encoder);
    if (status != GMR_OK)
        return status;
    status = encoder_texts(encoder, texts, 2, y);
    close_encoder(encoder, compute);
    return status;
}

static void make_jpeg(struct picture_file *file)
{
    struct picture picture;
    assert_int_equal(picture_init(&picture, NULL, 20, 30), GMR_OK);
    memset(picture.pixels, 77, (size_t)20 * 30 * 3);
    assert_int_equal(picture_encode_jpeg(NULL, &picture, 90, file), GMR_OK);
    picture_release(&picture);
}

static enum gmr_status encode_picture(const struct gmr_allocator *allocator, const void *path)
{
    struct compute *compute;
    struct encoder *encoder;
    struct picture_file file;
    uint8_t square[SIDE * SIDE * 3];
    real y[WIDTH];
    enum gmr_status status = open_encoder(allocator, &compute, path, &encoder);
    if (status != GMR_OK)
        return status;
    make_jpeg(&file);
    status = encoder_square(encoder, file.bytes, file.size, "p", square);
    if (status == GMR_OK)
        status = encoder_squares(encoder, square, 1, y);
    picture_file_release(&file);
    close_encoder(encoder, compute);
    return status;
}

static void encoding(void **state)
{
    (void)state;
    for (int stays = 0; stays < 2; stays++) {
        const size_t opening_takes =
            fail_each_allocation(open_and_close, DATA "openai.safetensors", stays);
        assert_true(fail_each_allocation(encode_texts, DATA "openai.safetensors", stays) >
                    opening_takes);
        assert_true(fail_each_allocation(encode_picture, DATA "openai.safetensors", stays) >
                    opening_takes);
    }
}

/* ---- converting ---- */

static enum gmr_status convert(const struct gmr_allocator *allocator, const void *path)
{
    const struct clip_convert_options options = { .vocabulary = DATA "vocabulary.txt",
                                                  .half = true,
                                                  .exact_gelu = true };
    struct safetensors *file;
    enum gmr_status status = weights_open(allocator, path, &file);
    if (status != GMR_OK)
        return status;
    status = clip_convert(allocator, file, &options, in_scratch("out"));
    safetensors_close(file);
    assert_int_equal(count_scratch_entries(), status == GMR_OK ? 1 : 0);
    if (status == GMR_OK)
        assert_int_equal(remove(in_scratch("out")), 0);
    return status;
}

static void converting(void **state)
{
    (void)state;
    for (int stays = 0; stays < 2; stays++)
        assert_true(fail_each_allocation(convert, DATA "hugging_face.safetensors", stays) > 20);
}

/* The tensors that tell what it is are enough. */
static void write_recommender(void)
{
    static const float value[4];
    static const char *const names[] = { "combiner_layer.weight", "output_layer.weight" };
    struct safetensors_entry entry[2];
    for (size_t i = 0; i < 2; i++)
        entry[i] = (struct safetensors_entry){ .name = names[i],
                                               .dtype = DTYPE_F32,
                                               .rank = 2,
                                               .dim = { 2, 2 },
                                               .data = value,
                                               .size = sizeof value };
    assert_int_equal(safetensors_write(NULL, in_scratch("in"), entry, 2, NULL, 0), GMR_OK);
}

static enum gmr_status convert_recommender(const struct gmr_allocator *allocator,
                                           const void *subject)
{
    struct safetensors *file;
    (void)subject;
    enum gmr_status status = weights_open(allocator, in_scratch("in"), &file);
    if (status != GMR_OK)
        return status;
    status = recognise_convert(allocator, file, "clip4cir", in_scratch("out"), NULL);
    safetensors_close(file);
    assert_int_equal(count_scratch_entries(), status == GMR_OK ? 2 : 1);
    if (status == GMR_OK)
        assert_int_equal(remove(in_scratch("out")), 0);
    return status;
}

static void converting_recommenders(void **state)
{
    (void)state;
    write_recommender();
    for (int stays = 0; stays < 2; stays++)
        assert_true(fail_each_allocation(convert_recommender, NULL, stays) > 5);
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    const struct clip_convert_options options = { .half = false };
    struct safetensors *file;
    assert_int_equal(weights_open(NULL, DATA "openai_archive.pt", &file), GMR_OK);
    assert_int_equal(clip_convert(NULL, file, &options, "/dev/full"), GMR_ERR_IO);
    assert_message("/dev/full");
    safetensors_close(file);
}

struct patience {
    size_t asked, most;
};

static bool is_over(void *user)
{
    struct patience *patience = user;
    return ++patience->asked > patience->most;
}

/* Rounding and writing each ask once for a tensor, of which there are 62. */
static void cancelling(void **state)
{
    (void)state;
    static const size_t most[] = { 0, 20, 70, 2 * 62 };
    struct safetensors *file;
    assert_int_equal(weights_open(NULL, DATA "openai_archive.pt", &file), GMR_OK);
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        struct patience patience = { .most = most[i] };
        const struct gmr_progress progress = { .cancelled = is_over, .user = &patience };
        const struct clip_convert_options options = { .half = true, .progress = &progress };
        assert_int_equal(clip_convert(NULL, file, &options, in_scratch("out")), GMR_ERR_CANCELLED);
        assert_message(i < 2 ? "converting was cancelled" : "writing was cancelled");
        assert_int_equal(count_scratch_entries(), 0);
    }
    safetensors_close(file);
}

#define SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opening),        cmocka_unit_test(encoding),   SCRATCH(converting),
        SCRATCH(converting_recommenders), SCRATCH(a_full_disk_is_told), SCRATCH(cancelling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
