/* Pictures to squares and numbers. Where no resizing is needed, which pixels come where is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "encoder/preprocess.h"

/* Each pixel tells its place: red is x, green is y. */
static struct picture make(size_t width, size_t height)
{
    struct picture picture;
    assert_int_equal(picture_init(&picture, NULL, width, height), GMR_OK);
    for (size_t i = 0; i < width * height; i++) {
        picture.pixels[3 * i] = (uint8_t)(i % width);
        picture.pixels[3 * i + 1] = (uint8_t)(i / width);
        picture.pixels[3 * i + 2] = 7;
    }
    return picture;
}

static struct picture square_of(size_t width, size_t height, enum preprocess_fit fit, size_t side)
{
    struct picture picture = make(width, height), square;
    assert_int_equal(preprocess_square(NULL, &picture, fit, side, &square), GMR_OK);
    assert_int_equal(square.width, side);
    assert_int_equal(square.height, side);
    picture_release(&picture);
    return square;
}

static void the_middle_is_cut_out(void **state)
{
    (void)state;
    static const struct {
        size_t width, height, left, top; /* halves go to the even number */
    } cases[] = { { 5, 3, 1, 0 }, { 6, 3, 2, 0 }, { 8, 3, 2, 0 }, { 3, 10, 0, 4 }, { 3, 3, 0, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct picture square = square_of(cases[i].width, cases[i].height, PREPROCESS_CROP, 3);
        for (size_t p = 0; p < 9; p++) {
            assert_int_equal(square.pixels[3 * p], cases[i].left + p % 3);
            assert_int_equal(square.pixels[3 * p + 1], cases[i].top + p / 3);
        }
        picture_release(&square);
    }
}

static void nothing_is_lost_by_padding(void **state)
{
    (void)state;
    struct picture square = square_of(2, 4, PREPROCESS_PAD, 4);
    for (size_t p = 0; p < 16; p++) {
        const size_t x = p % 4, y = p / 4;
        const bool inside = x == 1 || x == 2;
        assert_int_equal(square.pixels[3 * p], inside ? x - 1 : 255);
        assert_int_equal(square.pixels[3 * p + 1], inside ? y : 255);
        assert_int_equal(square.pixels[3 * p + 2], inside ? 7 : 255);
    }
    picture_release(&square);
}

static void pictures_are_resized_to_fit(void **state)
{
    (void)state;
    struct picture picture = make(9, 6), resized, square;
    assert_int_equal(picture_resize(NULL, &picture, 6, 4, &resized), GMR_OK);
    square = square_of(9, 6, PREPROCESS_PAD, 6);
    assert_memory_equal(square.pixels + 3 * 6, resized.pixels, 3 * 6 * 4);
    picture_release(&square);
    square = square_of(9, 6, PREPROCESS_CROP, 4); /* 6 x 4, of which columns 1 .. 4 */
    for (size_t y = 0; y < 4; y++)
        assert_memory_equal(square.pixels + 3 * 4 * y, resized.pixels + 3 * (6 * y + 1), 3 * 4);
    picture_release(&square);
    picture_release(&resized);
    picture_release(&picture);
}

/* Black and white in the units of CLIP: (0 - mean) / deviation and (1 - mean) / deviation. */
static void values_are_normalised_by_channel(void **state)
{
    (void)state;
    static const double black[] = { -1.7922626, -1.7520971, -1.4802198 };
    static const double white[] = { 1.9303361, 2.0748837, 2.1458970 };
    uint8_t pixels[12] = { 0, 0, 0, 255, 255, 255, 255, 255, 255, 0, 0, 0 };
    const struct picture square = { .width = 2, .height = 2, .pixels = pixels };
    real values[12];
    preprocess_normalise(&square, values);
    for (size_t c = 0; c < 3; c++) {
        assert_true(fabs((double)values[4 * c] - black[c]) < 1e-5);
        assert_true(fabs((double)values[4 * c + 1] - white[c]) < 1e-5);
        assert_true(fabs((double)values[4 * c + 3] - black[c]) < 1e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_middle_is_cut_out),
        cmocka_unit_test(nothing_is_lost_by_padding),
        cmocka_unit_test(pictures_are_resized_to_fit),
        cmocka_unit_test(values_are_normalised_by_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
