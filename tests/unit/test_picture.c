/* Pictures decoded: every kind of file, upright, at smaller sizes, up to the limits. Damaged files
 * are in test_picture_damage.c; that pixels equal Pillow's is shown by golden/test_picture.c. */
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/message.h"
#include "support/picture_files.h"

enum { WIDTH = 37, HEIGHT = 21 };

static struct picture decode(const struct made_file *file, size_t at_least)
{
    struct picture picture;
    if (picture_decode(NULL, file->bytes, file->size, at_least, "x", &picture, NULL, NULL))
        fail_msg("%s", gmr_error_message());
    return picture;
}

static struct picture decode_and_release(struct made_file file)
{
    struct picture picture = decode(&file, 0);
    made_file_release(&file);
    return picture;
}

static void files_are_told_by_their_first_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        enum gmr_picture_format format;
    } cases[] = {
        { "", 0, GMR_PICTURE_NONE },
        { "\xFF\xD8\xFF", 3, GMR_PICTURE_JPEG },
        { "\xFF\xD8", 2, GMR_PICTURE_NONE },
        { "\xFF\xD9\xFF", 3, GMR_PICTURE_NONE },
        { "\x89PNG\r\n\x1A\n", 8, GMR_PICTURE_PNG },
        { "\x89PNG\r\n\x1A", 7, GMR_PICTURE_NONE },
        { "\x89PNG\n\n\x1A\n", 8, GMR_PICTURE_NONE },
        { "RIFF1234WEBP", 12, GMR_PICTURE_WEBP },
        { "RIFF\0\xFF\0\0WEBP", 12, GMR_PICTURE_WEBP },
        { "RIFF1234WEB", 11, GMR_PICTURE_NONE },
        { "RIFF1234WAVE", 12, GMR_PICTURE_NONE },
        { "GIF89a123456", 12, GMR_PICTURE_NONE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(picture_recognise(cases[i].bytes, cases[i].size), cases[i].format);
}

static void formats_have_names(void **state)
{
    (void)state;
    assert_string_equal(picture_format_name(GMR_PICTURE_JPEG), "JPEG");
    assert_string_equal(picture_format_name(GMR_PICTURE_PNG), "PNG");
    assert_string_equal(picture_format_name(GMR_PICTURE_WEBP), "WebP");
    assert_string_equal(picture_format_name(GMR_PICTURE_NONE), "");
    assert_string_equal(picture_format_extension(GMR_PICTURE_JPEG), "jpg");
    assert_string_equal(picture_format_extension(GMR_PICTURE_PNG), "png");
    assert_string_equal(picture_format_extension(GMR_PICTURE_WEBP), "webp");
    assert_string_equal(picture_format_extension(GMR_PICTURE_NONE), "");
}

/* ---- files without loss: every pixel is known ---- */

/* A sample of `depth` bits in 8. */
static unsigned in_8_bits(unsigned sample, unsigned depth)
{
    return depth == 16 ? sample >> 8 : sample * 255 / ((1U << depth) - 1);
}

static unsigned on_white(unsigned value, unsigned alpha)
{
    double share = alpha / 255.0;
    return (unsigned)(value * share + 255 * (1 - share) + 0.5);
}

/* What a channel of a PNG pixel should look like. */
static unsigned expected_png(struct png_kind kind, size_t x, size_t y, size_t c)
{
    unsigned depth = (unsigned)kind.depth, index = made_sample(x, y, 0, depth);
    bool colour = kind.colour_type & PNG_COLOR_MASK_COLOR;
    if (kind.colour_type == PNG_COLOR_TYPE_PALETTE) {
        unsigned colours = 1U << depth < MADE_PALETTE ? 1U << depth : MADE_PALETTE;
        index %= colours;
        return on_white((unsigned)(c + 1) * index, kind.transparent ? 8 * index : 255);
    }
    unsigned value = in_8_bits(made_sample(x, y, colour ? c : 0, depth), depth), alpha = 255;
    bool key = index == 0;
    for (size_t other = 1; colour && other < 3; other++)
        key = key && made_sample(x, y, other, depth) == 0;
    if (kind.transparent && key)
        alpha = 0;
    if (kind.colour_type & PNG_COLOR_MASK_ALPHA)
        alpha = in_8_bits(made_sample(x, y, colour ? 3 : 1, depth), depth);
    return on_white(value, alpha);
}

static void check_png(struct png_kind kind)
{
    struct picture picture = decode_and_release(made_png(kind, WIDTH, HEIGHT));
    assert_int_equal(picture.width, WIDTH);
    assert_int_equal(picture.height, HEIGHT);
    for (size_t i = 0; i < 3 * WIDTH * HEIGHT; i++) {
        size_t x = i / 3 % WIDTH, y = i / 3 / WIDTH;
        if (picture.pixels[i] != expected_png(kind, x, y, i % 3))
            fail_msg("colour type %d, %d bits, interlaced %d, transparent %d: %u instead of %u at "
                     "%zu, %zu, channel %zu",
                     kind.colour_type, kind.depth, kind.interlaced, kind.transparent,
                     picture.pixels[i], expected_png(kind, x, y, i % 3), x, y, i % 3);
    }
    picture_release(&picture);
}

static void every_kind_of_png_is_decoded(void **state)
{
    (void)state;
    static const struct {
        int colour_type, depths; /* sum of the depths that the format allows */
        bool may_have_key;
    } kinds[] = {
        { PNG_COLOR_TYPE_GRAY, 1 + 2 + 4 + 8 + 16, true },
        { PNG_COLOR_TYPE_RGB, 8 + 16, true },
        { PNG_COLOR_TYPE_PALETTE, 1 + 2 + 4 + 8, true },
        { PNG_COLOR_TYPE_GRAY_ALPHA, 8 + 16, false },
        { PNG_COLOR_TYPE_RGB_ALPHA, 8 + 16, false },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int depth = 1; depth <= 16; depth *= 2)
            for (int way = 0; way < (kinds[i].may_have_key ? 4 : 2); way++)
                if (kinds[i].depths & depth)
                    check_png((struct png_kind){ kinds[i].colour_type, depth, way & 1, way & 2 });
}

static void lossless_webp_is_decoded(void **state)
{
    (void)state;
    for (int transparent = 0; transparent < 2; transparent++) {
        struct webp_kind kind = { true, transparent };
        struct picture picture = decode_and_release(made_webp(kind, WIDTH, HEIGHT));
        for (size_t i = 0; i < 3 * WIDTH * HEIGHT; i++) {
            size_t x = i / 3 % WIDTH, y = i / 3 / WIDTH;
            unsigned alpha = transparent ? made_sample(x, y, 3, 8) : 255;
            assert_int_equal(picture.pixels[i], on_white(made_sample(x, y, i % 3, 8), alpha));
        }
        picture_release(&picture);
    }
}

/* ---- files with loss: close to the picture ---- */

static double mean_difference(const struct picture *a, const struct picture *b)
{
    size_t count = 3 * a->width * a->height;
    double sum = 0;
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    for (size_t i = 0; i < count; i++)
        sum += abs(a->pixels[i] - b->pixels[i]);
    return sum / (double)count;
}

/* The picture as ink would show it: black is what channel 3 of the file leaves. */
static struct picture made_cmyk(size_t width, size_t height)
{
    struct picture picture = made_picture(width, height);
    for (size_t i = 0; i < 3 * width * height; i++) {
        unsigned light = made_sample(i / 3 % width, i / 3 / width, 3, 8);
        picture.pixels[i] = (uint8_t)(picture.pixels[i] * light / 255);
    }
    return picture;
}

static struct picture made_grey(size_t width, size_t height)
{
    struct picture picture = made_picture(width, height);
    for (size_t i = 0; i < 3 * width * height; i++)
        picture.pixels[i] = picture.pixels[i - i % 3];
    return picture;
}

static void lossy_files_come_close(void **state)
{
    (void)state;
    static const struct {
        struct jpeg_kind kind;
        struct picture (*make)(size_t width, size_t height);
    } cases[] = {
        { { .components = 1 }, made_grey },
        { { .components = 1, .progressive = true }, made_grey },
        { { .components = 3 }, made_picture },
        { { .components = 3, .progressive = true }, made_picture },
        { { .components = 3, .separate = true }, made_picture },
        { { .components = 4 }, made_cmyk },
        { { .components = 4, .progressive = true }, made_cmyk },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture expected = cases[i].make(WIDTH, HEIGHT);
        struct picture picture = decode_and_release(made_jpeg(cases[i].kind, WIDTH, HEIGHT));
        assert_true(mean_difference(&picture, &expected) < 16);
        picture_release(&picture);
        picture_release(&expected);
    }
}

/* ---- orientation ---- */

/* Where pixel x, y of the upright picture lies in one stored as width x height. */
static size_t stored_at(unsigned orientation, size_t x, size_t y, size_t width, size_t height)
{
    size_t right = width - 1, bottom = height - 1;
    switch (orientation) {
    case 1: return y * width + x;
    case 2: return y * width + right - x;
    case 3: return (bottom - y) * width + right - x;
    case 4: return (bottom - y) * width + x;
    case 5: return x * width + y;
    case 6: return (bottom - x) * width + y;
    case 7: return (bottom - x) * width + right - y;
    default: return x * width + right - y;
    }
}

static void check_orientation(unsigned orientation, bool little_endian)
{
    struct made_file file = made_jpeg((struct jpeg_kind){ .components = 3 }, WIDTH, HEIGHT);
    struct picture stored = decode(&file, 0), upright;
    size_t width, height;
    bool exchanged = orientation >= 5;
    add_orientation(&file, orientation, little_endian);
    assert_int_equal(picture_decode(NULL, file.bytes, file.size, 0, "x", &upright, &width, &height),
                     GMR_OK);
    assert_int_equal(width, exchanged ? HEIGHT : WIDTH);
    assert_int_equal(height, exchanged ? WIDTH : HEIGHT);
    assert_int_equal(upright.width, width);
    assert_int_equal(upright.height, height);
    for (size_t i = 0; i < width * height; i++)
        assert_memory_equal(
            upright.pixels + 3 * i,
            stored.pixels + 3 * stored_at(orientation, i % width, i / width, WIDTH, HEIGHT), 3);
    picture_release(&upright);
    picture_release(&stored);
    made_file_release(&file);
}

static void pictures_are_turned_upright(void **state)
{
    (void)state;
    for (unsigned orientation = 1; orientation <= 8; orientation++)
        for (int little_endian = 0; little_endian < 2; little_endian++)
            check_orientation(orientation, little_endian);
}

static void senseless_exif_means_upright(void **state)
{
    (void)state;
#define EXIF(text)                           \
    {                                        \
        "Exif\0\0" text, 6 + sizeof text - 1 \
    }
    static const struct {
        const char *data;
        size_t size;
    } cases[] = {
        { "Exif", 4 },
        { "Exif\0\0", 6 },
        { "http://ns.adobe.com/xap/1.0/", 29 },
        EXIF("II*\0"),
        EXIF("II*\0\x08\0\0"),
        EXIF("XX*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"), /* no byte order */
        EXIF("II+\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"), /* not TIFF */
        EXIF("II*\0\xFF\xFF\xFF\xFF\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"),
        EXIF("II*\0\x09\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0"),     /* table one byte off */
        EXIF("II*\0\x08\0\0\0\0\0\x12\1\3\0\1\0\0\0\6\0\0\0"),     /* no entries */
        EXIF("II*\0\x08\0\0\0\1\0\x12\1\4\0\1\0\0\0\6\0\0\0"),     /* another type */
        EXIF("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0"),     /* 0 */
        EXIF("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x09\0\0\0"),   /* 9 */
        EXIF("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\1\0\0"),     /* 262 */
        EXIF("II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0"),             /* cut before the value */
        EXIF("II*\0\x08\0\0\0\xFF\xFF\x13\1\3\0\1\0\0\0\6\0\0\0"), /* entries without end */
    };
#undef EXIF
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made_file file = made_jpeg((struct jpeg_kind){ .components = 3 }, WIDTH, HEIGHT);
        add_app1(&file, cases[i].data, cases[i].size);
        struct picture picture = decode_and_release(file);
        assert_int_equal(picture.width, WIDTH);
        picture_release(&picture);
    }
}

static void exif_is_found_behind_other_segments(void **state)
{
    (void)state;
    struct made_file file = made_jpeg((struct jpeg_kind){ .components = 3 }, WIDTH, HEIGHT);
    add_orientation(&file, 6, true);
    made_file_splice(&file, 2, 0, "\xFF\xFF", 2); /* bytes that fill */
    add_app1(&file, "http://ns.adobe.com/xap/1.0/", 29);
    struct picture picture = decode_and_release(file);
    assert_int_equal(picture.width, HEIGHT);
    picture_release(&picture);
}

/* ---- smaller ---- */

static void jpeg_can_be_decoded_smaller(void **state)
{
    (void)state;
    static const struct {
        size_t at_least, width, height;
    } cases[] = {
        { 0, 161, 120 }, { 1, 21, 15 },  { 15, 21, 15 },   { 16, 41, 30 },    { 30, 41, 30 },
        { 31, 81, 60 },  { 60, 81, 60 }, { 61, 161, 120 }, { 120, 161, 120 }, { 500, 161, 120 },
    };
    struct made_file file = made_jpeg((struct jpeg_kind){ .components = 3 }, 161, 120);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture picture;
        size_t width, height;
        assert_int_equal(picture_decode(NULL, file.bytes, file.size, cases[i].at_least, "x",
                                        &picture, &width, &height),
                         GMR_OK);
        assert_int_equal(picture.width, cases[i].width);
        assert_int_equal(picture.height, cases[i].height);
        assert_int_equal(width, 161);
        assert_int_equal(height, 120);
        picture_release(&picture);
    }
    made_file_release(&file);
}

static void other_formats_are_decoded_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADE_KINDS; i++) {
        struct made_file file = made_of_kind(&made_kinds[i], 64, 64);
        struct picture picture = decode(&file, 8);
        size_t expected = made_kinds[i].format == GMR_PICTURE_JPEG ? 8 : 64;
        assert_int_equal(picture.width, expected);
        assert_int_equal(picture.height, expected);
        picture_release(&picture);
        made_file_release(&file);
    }
}

static void odd_sizes_are_decoded(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {
        { 1, 1 }, { 1, 9 }, { 9, 1 }, { 2, 3 }, { 16, 8 }, { 17, 33 }
    };
    for (size_t i = 0; i < MADE_KINDS; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct picture picture =
                decode_and_release(made_of_kind(&made_kinds[i], sizes[k][0], sizes[k][1]));
            assert_int_equal(picture.width, sizes[k][0]);
            assert_int_equal(picture.height, sizes[k][1]);
            picture_release(&picture);
        }
}

/* ---- threads ---- */

static void files_may_be_decoded_side_by_side(void **state)
{
    (void)state;
    enum { REPEATS = 4 };
    struct made_file file[MADE_KINDS];
    struct picture expected[MADE_KINDS];
    size_t different = 0;
    for (size_t i = 0; i < MADE_KINDS; i++) {
        file[i] = made_of_kind(&made_kinds[i], 100, 70);
        expected[i] = decode(&file[i], 0);
    }
#pragma omp parallel for reduction(+ : different)
    for (size_t n = 0; n < REPEATS * MADE_KINDS; n++) {
        const struct made_file *f = &file[n % MADE_KINDS];
        struct picture picture;
        enum gmr_status status =
            picture_decode(NULL, f->bytes, f->size, 0, "x", &picture, NULL, NULL);
        different += status != GMR_OK ||
                     memcmp(picture.pixels, expected[n % MADE_KINDS].pixels, 3 * 100 * 70) != 0;
        picture_release(&picture);
    }
    assert_int_equal(different, 0);
    for (size_t i = 0; i < MADE_KINDS; i++) {
        picture_release(&expected[i]);
        made_file_release(&file[i]);
    }
}

static void an_empty_picture_may_be_released(void **state)
{
    (void)state;
    struct picture picture = { 0 };
    picture_release(&picture);
    picture_release(&picture);
    struct picture_file file = { 0 };
    picture_file_release(&file);
    picture_file_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_told_by_their_first_bytes),
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test(every_kind_of_png_is_decoded),
        cmocka_unit_test(lossless_webp_is_decoded),
        cmocka_unit_test(lossy_files_come_close),
        cmocka_unit_test(pictures_are_turned_upright),
        cmocka_unit_test(senseless_exif_means_upright),
        cmocka_unit_test(exif_is_found_behind_other_segments),
        cmocka_unit_test(jpeg_can_be_decoded_smaller),
        cmocka_unit_test(other_formats_are_decoded_whole),
        cmocka_unit_test(odd_sizes_are_decoded),
        cmocka_unit_test(files_may_be_decoded_side_by_side),
        cmocka_unit_test(an_empty_picture_may_be_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
