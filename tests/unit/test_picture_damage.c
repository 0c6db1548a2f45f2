/* Damaged and hostile picture files: what is refused, with which code and words. */
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "support/message.h"
#include "support/picture_files.h"
#include "support/support.h"

enum { WIDTH = 37, HEIGHT = 21 };

static const struct jpeg_kind COLOUR = { .components = 3 };
static const struct png_kind PNG_RGB = { .colour_type = PNG_COLOR_TYPE_RGB, .depth = 8 };

/* Decodes from a block of exactly its size, so that a sanitizer sees one byte read too far. */
static enum gmr_status decode_bytes(const void *bytes, size_t size)
{
    struct picture picture = { 1, 1, NULL, NULL };
    uint8_t *exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    enum gmr_status status =
        picture_decode(NULL, exact, size, 0, "a.picture", &picture, NULL, NULL);
    if (status != GMR_OK) {
        assert_null(picture.pixels);
        assert_int_equal(picture.width, 0);
        assert_message("cannot decode 'a.picture': ");
    }
    picture_release(&picture);
    free(exact);
    return status;
}

static void accept(struct made_file *file)
{
    if (decode_bytes(file->bytes, file->size) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    made_file_release(file);
}

static void refuse(struct made_file *file, enum gmr_status code, const char *message)
{
    enum gmr_status status = decode_bytes(file->bytes, file->size);
    if (status != code)
        fail_msg("status %d instead of %d, expected \"%s\"", status, code, message);
    assert_message(message);
    made_file_release(file);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    static const char *texts[] = { "", "GIF89a", "<svg/>", "RIFF\1\0\0\0WAVE" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(decode_bytes(texts[i], strlen(texts[i])), GMR_ERR_FORMAT);
        assert_message("neither JPEG, PNG nor WebP");
    }
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_KINDS; i++) {
        struct made_file file = made_of_kind(&made_kinds[i], WIDTH, HEIGHT);
        for (size_t size = 0; size < file.size; size++)
            if (decode_bytes(file.bytes, size) != GMR_ERR_FORMAT)
                fail_msg("%s cut at %zu of %zu is accepted", made_kinds[i].name, size, file.size);
        accept(&file);
    }
}

/* The outcome may be a picture (of a JPEG, a bit may be a pixel's), but must be an outcome. */
static void any_bit_may_be_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_KINDS; i++) {
        struct made_file file = made_of_kind(&made_kinds[i], WIDTH, HEIGHT);
        for (size_t at = 0; at < file.size; at++) {
            file.bytes[at] ^= (uint8_t)(1U << at % 8);
            enum gmr_status status = decode_bytes(file.bytes, file.size);
            file.bytes[at] ^= (uint8_t)(1U << at % 8);
            assert_true(status == GMR_OK || status == GMR_ERR_FORMAT ||
                        status == GMR_ERR_UNSUPPORTED || status == GMR_ERR_NOMEM);
            assert_true(status != GMR_OK || made_kinds[i].format != GMR_PICTURE_PNG);
        }
        accept(&file);
    }
}

static void a_file_above_the_limit_is_not_read(void **state)
{
    (void)state;
    struct picture picture;
    assert_int_equal(
        picture_decode(NULL, "", (size_t)PICTURE_MAX_BYTES + 1, 0, "big", &picture, NULL, NULL),
        GMR_ERR_UNSUPPORTED);
    assert_message("cannot decode 'big': 268435457 bytes, a picture may have at most 268435456");
}

/* ---- JPEG ---- */

/* Where the frame header's bits per sample stand; height and width follow. */
static size_t frame_of(const struct made_file *file, bool progressive)
{
    return made_file_find(file, 0, progressive ? "\xFF\xC2" : "\xFF\xC0", 2) + 4;
}

static struct made_file sized_jpeg(struct jpeg_kind kind, size_t width, size_t height)
{
    struct made_file file = made_jpeg(kind, WIDTH, HEIGHT);
    uint8_t *frame = file.bytes + frame_of(&file, kind.progressive);
    frame[1] = (uint8_t)(height >> 8);
    frame[2] = (uint8_t)height;
    frame[3] = (uint8_t)(width >> 8);
    frame[4] = (uint8_t)width;
    return file;
}

static void jpeg_sizes_are_limited(void **state)
{
    (void)state;
    struct made_file file = sized_jpeg(COLOUR, 32769, 2);
    refuse(&file, GMR_ERR_UNSUPPORTED, "32769 x 2 pixels, a side may have at most 32768");
    file = sized_jpeg(COLOUR, 2, 32769);
    refuse(&file, GMR_ERR_UNSUPPORTED, "2 x 32769 pixels");
    file = sized_jpeg(COLOUR, 10001, 10000);
    refuse(&file, GMR_ERR_UNSUPPORTED,
           "10001 x 10000 pixels, a picture may have at most 100000000");
    file = sized_jpeg(COLOUR, 0, HEIGHT);
    refuse(&file, GMR_ERR_FORMAT, "Empty JPEG image");
    file = sized_jpeg((struct jpeg_kind){ .components = 4, .progressive = true }, 10000, 10000);
    refuse(&file, GMR_ERR_UNSUPPORTED, "decoding takes more than 640 MB");
}

static void a_jpeg_with_fewer_rows_than_it_says_is_refused(void **state)
{
    (void)state;
    struct made_file file = sized_jpeg(COLOUR, WIDTH, 2 * HEIGHT);
    refuse(&file, GMR_ERR_FORMAT, "Corrupt JPEG data: premature end of data segment");
    file = sized_jpeg((struct jpeg_kind){ .components = 3, .progressive = true }, 9999, 9999);
    refuse(&file, GMR_ERR_FORMAT, "Corrupt JPEG data: premature end of data segment");
}

static void bytes_may_follow_a_jpeg_but_not_hide_in_it(void **state)
{
    (void)state;
    struct made_file file = made_jpeg(COLOUR, WIDTH, HEIGHT);
    made_file_splice(&file, file.size, 0, "abc", 3);
    accept(&file);
    file = made_jpeg(COLOUR, WIDTH, HEIGHT);
    static const uint8_t stray[100]; /* the decoder reads a few bytes ahead, unseen */
    made_file_splice(&file, file.size - 2, 0, stray, sizeof stray);
    refuse(&file, GMR_ERR_FORMAT, "extraneous bytes before marker 0xd9");
}

static void warnings_without_damage_are_passed_over(void **state)
{
    (void)state;
    struct made_file file = made_jpeg(COLOUR, WIDTH, HEIGHT);
    file.bytes[made_file_find(&file, 0, "JFIF", 4) + 5] = 9; /* an unknown major version */
    accept(&file);
    file = made_jpeg((struct jpeg_kind){ .components = 4 }, WIDTH, HEIGHT);
    file.bytes[made_file_find(&file, 0, "Adobe", 5) + 11] = 9; /* an unknown transform */
    accept(&file);
}

/* The last scan, with its tables, again and again: a few bytes, much work. */
static void jpeg_scans_are_counted(void **state)
{
    (void)state;
    for (int times = 60; times <= 100; times += 40) {
        struct made_file file =
            made_jpeg((struct jpeg_kind){ .components = 3, .separate = true }, WIDTH, HEIGHT);
        uint8_t scan[4096];
        size_t at = 0, size;
        for (int i = 0; i < 3; i++)
            at = made_file_find(&file, at + 1, "\xFF\xDA", 2);
        size = file.size - 2 - at;
        assert_true(size < sizeof scan);
        memcpy(scan, file.bytes + at, size);
        for (int i = 0; i < times; i++)
            made_file_splice(&file, at, 0, scan, size);
        if (times < 64)
            accept(&file);
        else
            refuse(&file, GMR_ERR_UNSUPPORTED, "more than 64 scans");
    }
}

static void kinds_of_jpeg_that_are_not_decoded(void **state)
{
    (void)state;
    struct made_file file = made_jpeg((struct jpeg_kind){ .components = 2 }, WIDTH, HEIGHT);
    refuse(&file, GMR_ERR_UNSUPPORTED, "2 colour components");
    file = made_jpeg((struct jpeg_kind){ .components = 3, .arithmetic = true }, WIDTH, HEIGHT);
    refuse(&file, GMR_ERR_UNSUPPORTED, "arithmetic coding");
    file = made_jpeg(COLOUR, WIDTH, HEIGHT);
    file.bytes[frame_of(&file, false)] = 12;
    refuse(&file, GMR_ERR_UNSUPPORTED, "Unsupported JPEG data precision 12");
    file = made_jpeg(COLOUR, WIDTH, HEIGHT);
    file.bytes[frame_of(&file, false) - 3] = 0xC3; /* lossless */
    refuse(&file, GMR_ERR_UNSUPPORTED, "Unsupported JPEG process: SOF type 0xc3");
}

/* ---- PNG ---- */

static struct made_file sized_png(size_t width, size_t height)
{
    struct made_file file = made_png(PNG_RGB, WIDTH, HEIGHT);
    for (size_t i = 0; i < 4; i++) {
        file.bytes[16 + i] = (uint8_t)(width >> (24 - 8 * i));
        file.bytes[20 + i] = (uint8_t)(height >> (24 - 8 * i));
    }
    mend_png(&file);
    return file;
}

static void png_sizes_are_limited(void **state)
{
    (void)state;
    struct made_file file = sized_png(32769, 2);
    refuse(&file, GMR_ERR_UNSUPPORTED, "32769 x 2 pixels, a side may have at most 32768");
    file = sized_png(2, 0x7FFFFFFF);
    refuse(&file, GMR_ERR_UNSUPPORTED, "2 x 2147483647 pixels");
    file = sized_png(20000, 5001);
    refuse(&file, GMR_ERR_UNSUPPORTED, "20000 x 5001 pixels");
    file = sized_png(0, 2);
    refuse(&file, GMR_ERR_FORMAT, "Invalid IHDR data");
    file = sized_png(0x80000000, 2);
    refuse(&file, GMR_ERR_FORMAT, "PNG unsigned integer out of range");
}

static void a_png_with_fewer_rows_than_it_says_is_refused(void **state)
{
    (void)state;
    struct made_file file = sized_png(WIDTH, HEIGHT + 1);
    refuse(&file, GMR_ERR_FORMAT, "Not enough image data");
    file = sized_png(30000, 3000);
    refuse(&file, GMR_ERR_FORMAT, "");
}

static void every_check_sum_counts(void **state)
{
    (void)state;
    struct made_file file = made_png(PNG_RGB, WIDTH, HEIGHT);
    file.bytes[made_file_find(&file, 0, "IDAT", 4) + 20] ^= 1;
    refuse(&file, GMR_ERR_FORMAT, "");
    file = made_png(PNG_RGB, WIDTH, HEIGHT);
    add_png_chunk(&file, "IDAT", "tEXt", "a\0b", 3);
    size_t text = made_file_find(&file, 0, "tEXt", 4) + 4;
    struct made_file sound = made_png(PNG_RGB, WIDTH, HEIGHT);
    add_png_chunk(&sound, "IDAT", "tEXt", "a\0b", 3);
    accept(&sound);
    file.bytes[text] ^= 1;
    refuse(&file, GMR_ERR_FORMAT, "CRC error");
}

static void a_colour_outside_the_palette_is_refused(void **state)
{
    (void)state;
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        struct png_kind kind = { PNG_COLOR_TYPE_PALETTE, 8, interlaced, false };
        struct made_file file = made_png(kind, WIDTH, HEIGHT);
        size_t palette = made_file_find(&file, 0, "PLTE", 4);
        file.bytes[palette - 1] = 3 * (MADE_PALETTE - 1);
        made_file_splice(&file, palette + 4 + 3 * (MADE_PALETTE - 1), 3, "", 0);
        mend_png(&file);
        refuse(&file, GMR_ERR_FORMAT, "a pixel has a colour outside the palette");
    }
}

/* A profile of 64 MB in 64 KB is skipped. */
static void png_chunks_that_do_not_matter_cost_nothing(void **state)
{
    (void)state;
    enum { BOMB = 64 * 1024 * 1024 };
    static const char *kinds[] = { "zTXt", "iCCP" };
    uLongf size = compressBound(BOMB);
    uint8_t *zeros = calloc(1, BOMB), *data = malloc(4 + size);
    assert_true(zeros && data);
    memcpy(data, "a\0", 2); /* a name, deflate */
    data[2] = 0;
    assert_int_equal(compress2(data + 3, &size, zeros, BOMB, 1), Z_OK);
    for (size_t i = 0; i < 2; i++) {
        struct made_file file = made_png(PNG_RGB, WIDTH, HEIGHT);
        struct failing_allocator memory;
        struct picture picture;
        failing_allocator_init(&memory, 0);
        add_png_chunk(&file, "IDAT", kinds[i], data, 3 + size);
        assert_int_equal(
            picture_decode(&memory.allocator, file.bytes, file.size, 0, "x", &picture, NULL, NULL),
            GMR_OK);
        picture_release(&picture);
        assert_true(failing_allocator_is_clean(&memory));
        assert_true(memory.peak_bytes < 200000);
        made_file_release(&file);
    }
    free(zeros);
    free(data);
}

/* ---- WebP ---- */

static void put_little(uint8_t *bytes, uint32_t value)
{
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void webp_must_be_as_long_as_it_says(void **state)
{
    (void)state;
    struct made_file file = made_webp((struct webp_kind){ false, false }, WIDTH, HEIGHT);
    file.bytes[7] = 0x7F;
    refuse(&file, GMR_ERR_FORMAT, "the file is cut off");
    file = made_webp((struct webp_kind){ false, false }, WIDTH, HEIGHT);
    made_file_splice(&file, file.size, 0, "abc", 3);
    accept(&file);
    for (size_t cut = 0; cut < 2; cut++) { /* in a chunk behind the pixels */
        file = made_webp((struct webp_kind){ false, false }, WIDTH, HEIGHT);
        made_file_splice(&file, file.size, 0, "EXIF\4\0\0\0abcd", 12 - cut);
        put_little(file.bytes + 4, (uint32_t)(file.size + cut - 8));
        if (cut == 0)
            accept(&file);
        else
            refuse(&file, GMR_ERR_FORMAT, "the file is cut off");
    }
}

static void webp_kinds_that_are_not_decoded(void **state)
{
    (void)state;
    static const char animation[] = "RIFF\x18\0\0\0WEBPVP8X\x0A\0\0\0\2\0\0\0\7\0\0\7\0\0ANIM";
    struct made_file file = { malloc(32), 32 };
    assert_non_null(file.bytes);
    memcpy(file.bytes, animation, 32);
    refuse(&file, GMR_ERR_UNSUPPORTED, "an animation, not a picture");
    file = made_webp((struct webp_kind){ true, false }, 11000, 1);
    accept(&file);
}

/* VP8L keeps width - 1 and height - 1 in 14 bits each, behind its signature. */
static void webp_sizes_are_limited(void **state)
{
    (void)state;
    struct made_file file = made_webp((struct webp_kind){ true, false }, WIDTH, HEIGHT);
    size_t at = made_file_find(&file, 0, "VP8L", 4) + 9;
    put_little(file.bytes + at, 16382U | 16382U << 14);
    refuse(&file, GMR_ERR_UNSUPPORTED, "16383 x 16383 pixels, a picture may have at most");
    file = made_webp((struct webp_kind){ true, false }, WIDTH, HEIGHT);
    put_little(file.bytes + at, (WIDTH - 1) | (2 * HEIGHT - 1) << 14);
    refuse(&file, GMR_ERR_FORMAT, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_picture_is_refused),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(any_bit_may_be_wrong),
        cmocka_unit_test(a_file_above_the_limit_is_not_read),
        cmocka_unit_test(jpeg_sizes_are_limited),
        cmocka_unit_test(a_jpeg_with_fewer_rows_than_it_says_is_refused),
        cmocka_unit_test(bytes_may_follow_a_jpeg_but_not_hide_in_it),
        cmocka_unit_test(warnings_without_damage_are_passed_over),
        cmocka_unit_test(jpeg_scans_are_counted),
        cmocka_unit_test(kinds_of_jpeg_that_are_not_decoded),
        cmocka_unit_test(png_sizes_are_limited),
        cmocka_unit_test(a_png_with_fewer_rows_than_it_says_is_refused),
        cmocka_unit_test(every_check_sum_counts),
        cmocka_unit_test(a_colour_outside_the_palette_is_refused),
        cmocka_unit_test(png_chunks_that_do_not_matter_cost_nothing),
        cmocka_unit_test(webp_must_be_as_long_as_it_says),
        cmocka_unit_test(webp_kinds_that_are_not_decoded),
        cmocka_unit_test(webp_sizes_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
