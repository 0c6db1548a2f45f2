/* Pictures made smaller and larger, and written as JPEG. That pixels equal Pillow's is shown by
 * golden/test_picture.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/message.h"
#include "support/picture_files.h"

static struct picture resize(const struct picture *in, size_t width, size_t height)
{
    struct picture out;
    if (picture_resize(NULL, in, width, height, &out) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_int_equal(out.width, width);
    assert_int_equal(out.height, height);
    return out;
}

static size_t count_different(const struct picture *a, const struct picture *b)
{
    size_t different = 0;
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    for (size_t i = 0; i < 3 * a->width * a->height; i++)
        different += a->pixels[i] != b->pixels[i];
    return different;
}

static void the_same_size_is_a_copy(void **state)
{
    (void)state;
    struct picture in = made_picture(37, 21), out = resize(&in, 37, 21);
    assert_int_equal(count_different(&in, &out), 0);
    assert_ptr_not_equal(in.pixels, out.pixels);
    picture_release(&in);
    picture_release(&out);
}

static void an_axis_that_keeps_its_size_is_left_alone(void **state)
{
    (void)state;
    struct picture in = made_picture(20, 15);
    for (size_t y = 0; y < 15; y++) /* all columns alike */
        for (size_t x = 1; x < 20; x++)
            memcpy(in.pixels + 3 * (20 * y + x), in.pixels + 3 * 20 * y, 3);
    struct picture out = resize(&in, 33, 15);
    for (size_t i = 0; i < 33 * 15; i++)
        assert_memory_equal(out.pixels + 3 * i, in.pixels + 3 * 20 * (i / 33), 3);
    picture_release(&in);
    picture_release(&out);
}

static void one_colour_stays_one_colour(void **state)
{
    (void)state;
    static const uint8_t colours[] = { 0, 1, 127, 254, 255 };
    static const size_t sizes[][2] = { { 1, 1 }, { 7, 100 }, { 64, 3 }, { 200, 200 } };
    for (size_t c = 0; c < sizeof colours; c++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct picture in = made_picture(50, 40);
            memset(in.pixels, colours[c], 3 * 50 * 40);
            struct picture out = resize(&in, sizes[k][0], sizes[k][1]);
            for (size_t i = 0; i < 3 * out.width * out.height; i++)
                assert_int_equal(out.pixels[i], colours[c]);
            picture_release(&in);
            picture_release(&out);
        }
}

/* By hand: two pixels 0 and 200 made four. Output 0 lies at -0.25 pixels from the first centre: its
 * weights are those of distances 0.25 and 1.25, in all 0.8671875 - 0.0703125; so 200 gets
 * -0.0703125 / 0.796875 of itself, which is cut to 0. Output 1 lies at 0.25: 0.8671875 and
 * 0.2265625, of which 200 gets 0.2265625 / 1.09375. */
static void weights_are_those_of_the_cubic(void **state)
{
    (void)state;
    uint8_t pixels[] = { 0, 0, 0, 200, 200, 200 };
    struct picture in = { 2, 1, pixels, NULL }, out = resize(&in, 4, 1);
    static const uint8_t expected[] = { 0, 41, 159, 218 };
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(out.pixels[i], expected[i / 3]);
    picture_release(&out);
}

static void a_part_is_cut_from_the_whole(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {
        { 40, 30 }, { 61, 53 }, { 100, 20 }, { 13, 90 }, { 37, 21 }
    };
    struct picture in = made_picture(37, 21);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        size_t width = sizes[k][0], height = sizes[k][1];
        struct picture whole = resize(&in, width, height), out;
        struct picture_part part = { width / 3, height / 4, width / 2, height / 2 };
        assert_int_equal(picture_resize_part(NULL, &in, width, height, &part, &out), GMR_OK);
        assert_int_equal(out.width, part.width);
        assert_int_equal(out.height, part.height);
        for (size_t y = 0; y < part.height; y++)
            assert_memory_equal(out.pixels + 3 * part.width * y,
                                whole.pixels + 3 * ((part.top + y) * width + part.left),
                                3 * part.width);
        picture_release(&whole);
        picture_release(&out);
    }
    picture_release(&in);
}

static void a_strip_is_limited_but_its_part_is_not(void **state)
{
    (void)state;
    struct picture in = made_picture(1, 2000), out = { 1, 1, NULL, NULL };
    assert_int_equal(picture_resize(NULL, &in, 224, 448000, &out), GMR_ERR_UNSUPPORTED);
    assert_message("224 x 448000 pixels, a side may have at most 32768");
    assert_null(out.pixels);
    assert_int_equal(picture_resize(NULL, &in, 10001, 10000, &out), GMR_ERR_UNSUPPORTED);
    assert_message("a picture may have at most 100000000");
    struct picture_part centre = { 0, 223888, 224, 224 };
    assert_int_equal(picture_resize_part(NULL, &in, 224, 448000, &centre, &out), GMR_OK);
    assert_int_equal(out.pixels[0], in.pixels[3 * 999]);
    picture_release(&in);
    picture_release(&out);
}

static void many_pixels_make_one(void **state)
{
    (void)state;
    struct picture in = made_picture(32768, 3);
    for (size_t i = 0; i < 3 * 32768 * 3; i++)
        in.pixels[i] = i / 3 % 2 ? 255 : 0;
    struct picture out = resize(&in, 1, 1);
    for (size_t c = 0; c < 3; c++)
        assert_in_range(out.pixels[c], 127, 128);
    picture_release(&in);
    picture_release(&out);
}

/* ---- JPEG ---- */

static struct picture decode(const struct picture_file *file)
{
    struct picture picture;
    if (picture_decode(NULL, file->bytes, file->size, 0, "x", &picture, NULL, NULL) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return picture;
}

static void check_encoded(const struct picture *picture, int quality, double tolerance)
{
    struct picture_file file, again;
    double sum = 0;
    assert_int_equal(picture_encode_jpeg(NULL, picture, quality, &file), GMR_OK);
    assert_int_equal(picture_encode_jpeg(NULL, picture, quality, &again), GMR_OK);
    assert_true(file.size <= file.capacity);
    assert_int_equal(file.size, again.size);
    assert_memory_equal(file.bytes, again.bytes, file.size);
    struct picture decoded = decode(&file);
    assert_int_equal(decoded.width, picture->width);
    assert_int_equal(decoded.height, picture->height);
    size_t count = 3 * picture->width * picture->height;
    for (size_t i = 0; i < count; i++)
        sum += abs(decoded.pixels[i] - picture->pixels[i]);
    assert_true(sum / (double)count < tolerance);
    picture_release(&decoded);
    picture_file_release(&file);
    picture_file_release(&again);
}

static void an_encoded_picture_comes_back(void **state)
{
    (void)state;
    static const size_t sizes[][2] = { { 1, 1 }, { 8, 3 }, { 37, 21 }, { 300, 200 } };
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct picture picture = made_picture(sizes[k][0], sizes[k][1]);
        check_encoded(&picture, 100, 3);
        check_encoded(&picture, 75, 30);
        check_encoded(&picture, 1, 128);
        picture_release(&picture);
    }
}

/* The file is longer than the first block. */
static void a_large_file_is_whole(void **state)
{
    (void)state;
    struct picture picture = made_picture(640, 480);
    for (size_t i = 0; i < 3 * 640 * 480; i++)
        picture.pixels[i] = (uint8_t)(i * i >> 7);
    check_encoded(&picture, 100, 3);
    picture_release(&picture);
}

static void colour_has_full_resolution_from_quality_90(void **state)
{
    (void)state;
    static const struct {
        int quality;
        uint8_t sampling;
    } cases[] = { { 1, 0x22 }, { 89, 0x22 }, { 90, 0x11 }, { 100, 0x11 } };
    struct picture picture = made_picture(20, 20);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct picture_file file;
        assert_int_equal(picture_encode_jpeg(NULL, &picture, cases[k].quality, &file), GMR_OK);
        const uint8_t *frame = memmem(file.bytes, file.size, "\xFF\xC0", 2); /* baseline */
        assert_non_null(frame);
        assert_int_equal(frame[11], cases[k].sampling);
        picture_file_release(&file);
    }
    picture_release(&picture);
}

static void thumbnails_keep_proportions(void **state)
{
    (void)state;
    static const struct {
        size_t width, height, side, thumbnail_width, thumbnail_height;
    } cases[] = {
        { 200, 100, 50, 50, 25 }, { 100, 200, 50, 25, 50 }, { 90, 60, 50, 50, 33 },
        { 33, 50, 10, 7, 10 },    { 1000, 1, 10, 10, 1 },   { 1, 1000, 10, 1, 10 },
        { 40, 30, 40, 40, 30 },   { 40, 30, 100, 40, 30 },  { 64, 64, 1, 1, 1 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct picture picture = made_picture(cases[k].width, cases[k].height);
        struct picture_file file, again;
        assert_int_equal(picture_thumbnail(NULL, &picture, cases[k].side, &file), GMR_OK);
        assert_int_equal(picture_thumbnail(NULL, &picture, cases[k].side, &again), GMR_OK);
        assert_int_equal(file.size, again.size);
        assert_memory_equal(file.bytes, again.bytes, file.size);
        struct picture thumbnail = decode(&file);
        assert_int_equal(thumbnail.width, cases[k].thumbnail_width);
        assert_int_equal(thumbnail.height, cases[k].thumbnail_height);
        picture_release(&thumbnail);
        picture_release(&picture);
        picture_file_release(&file);
        picture_file_release(&again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_size_is_a_copy),
        cmocka_unit_test(an_axis_that_keeps_its_size_is_left_alone),
        cmocka_unit_test(one_colour_stays_one_colour),
        cmocka_unit_test(weights_are_those_of_the_cubic),
        cmocka_unit_test(a_part_is_cut_from_the_whole),
        cmocka_unit_test(a_strip_is_limited_but_its_part_is_not),
        cmocka_unit_test(many_pixels_make_one),
        cmocka_unit_test(an_encoded_picture_comes_back),
        cmocka_unit_test(a_large_file_is_whole),
        cmocka_unit_test(colour_has_full_resolution_from_quality_90),
        cmocka_unit_test(thumbnails_keep_proportions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
