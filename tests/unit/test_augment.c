/* Pictures a little different each time: what may change, and what must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "encoder/preprocess.h"
#include "learning/augment.h"

enum { SIDE = 18, OUT = 16, PIXELS = OUT * OUT };

/* Channel k of output pixel i as a value 0 .. 1. */
static double light(const real *values, size_t k, size_t i)
{
    return (double)values[k * PIXELS + i] * (double)preprocess_deviation[k] +
           (double)preprocess_mean[k];
}

static void draw(const uint8_t *square, uint64_t stream, real *values)
{
    struct rng_stream chance;
    rng_stream_init(&chance, 5, stream);
    augment_square(square, SIDE, &chance, values, OUT);
}

/* A grey picture stays grey, and one colour stays one colour whose channels keep their order. */
static void colours_keep_their_names(void **state)
{
    uint8_t square[SIDE * SIDE * 3];
    real values[3 * PIXELS];
    double low = 1, high = 0;
    for (size_t i = 0; i < SIDE * SIDE; i++)
        memcpy(square + 3 * i, (uint8_t[]){ 200, 120, 120 }, 3);
    for (uint64_t n = 0; n < 200; n++) {
        draw(square, n, values);
        for (size_t i = 0; i < PIXELS; i++) {
            assert_float_equal(light(values, 1, i), light(values, 2, i), 1e-5);
            assert_float_equal(light(values, 0, i), light(values, 0, 0), 1e-5);
            assert_true(light(values, 0, i) > light(values, 1, i) + 0.2);
        }
        low = fmin(low, light(values, 1, 0));
        high = fmax(high, light(values, 1, 0));
    }
    assert_true(low < 0.45 && high > 0.5); /* 120 / 255 = 0.47: the light does change */
}

/* A bright dot left of the middle: half of the pictures have it right of the middle, and it never
 * goes far. */
static void pictures_move_and_turn_around(void **state)
{
    uint8_t square[SIDE * SIDE * 3] = { 0 };
    real values[3 * PIXELS];
    size_t mirrored = 0, places = 0;
    bool seen[PIXELS] = { false };
    const size_t row = SIDE / 2, column = SIDE / 4;
    memset(square + (row * SIDE + column) * 3, 255, 3);
    for (uint64_t n = 0; n < 400; n++) {
        size_t brightest = 0;
        draw(square, n, values);
        for (size_t i = 1; i < PIXELS; i++)
            if (light(values, 0, i) > light(values, 0, brightest))
                brightest = i;
        const size_t x = brightest % OUT, y = brightest / OUT;
        assert_in_range(y, OUT / 2 - 3, OUT / 2 + 3);
        assert_true(x <= OUT / 4 + 3 || x >= OUT - 1 - OUT / 4 - 3);
        mirrored += x > OUT / 2;
        places += !seen[brightest];
        seen[brightest] = true;
    }
    assert_in_range(mirrored, 150, 250);
    assert_true(places > 10);
}

static void same_stream_same_picture(void **state)
{
    uint8_t square[SIDE * SIDE * 3];
    real once[3 * PIXELS], again[3 * PIXELS], other[3 * PIXELS];
    for (size_t i = 0; i < sizeof square; i++)
        square[i] = (uint8_t)(i * 37);
    draw(square, 3, once);
    draw(square, 3, again);
    draw(square, 4, other);
    assert_memory_equal(once, again, sizeof once);
    assert_memory_not_equal(once, other, sizeof once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_keep_their_names),
        cmocka_unit_test(pictures_move_and_turn_around),
        cmocka_unit_test(same_stream_same_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
