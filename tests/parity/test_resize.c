/* The resize kernels of AVX2 give the bytes of the portable ones, at all kinds of widths and
 * numbers of weights, and leave alone what lies beyond their output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "media/resize.h"

static struct mt19937 rng;

/* Noise, and black and white, which drive sums beyond 0 and 255. */
static uint8_t *random_bytes(size_t size, bool extreme)
{
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        uint8_t value = (uint8_t)mt19937_next(&rng);
        bytes[i] = extreme ? (uint8_t)(value & 1 ? 255 : 0) : value;
    }
    return bytes;
}

static void check_horizontal(const struct resize_kernels *fast, size_t in, size_t out)
{
    struct arena arena;
    struct resize_axis axis;
    size_t start = mt19937_below(&rng, out), size = 1 + mt19937_below(&rng, out - start);
    arena_init(&arena, NULL, 0);
    assert_int_equal(resize_axis_init(&axis, &arena, in, out, start, size), GMR_OK);
    size_t row_step = 3 * (axis.end - axis.begin) + RESIZE_PADDING;
    size_t out_step = 3 * size + RESIZE_PADDING;
    uint8_t *rows = random_bytes(RESIZE_ROWS * row_step, in % 2);
    uint8_t *expected = calloc(RESIZE_ROWS, out_step), *result = calloc(RESIZE_ROWS, out_step);
    assert_true(expected && result);
    resize_kernels_portable.horizontal(&axis, rows, row_step, expected, out_step);
    fast->horizontal(&axis, rows, row_step, result, out_step);
    for (size_t i = 0; i < RESIZE_ROWS; i++)
        assert_memory_equal(result + i * out_step, expected + i * out_step, 3 * size);
    arena_release(&arena);
    free(rows);
    free(expected);
    free(result);
}

static void check_vertical(const struct resize_kernels *fast, size_t in, size_t out, size_t width)
{
    enum { GUARD = 40 };
    struct arena arena;
    struct resize_axis axis;
    size_t y = mt19937_below(&rng, out), bytes = width + RESIZE_PADDING;
    arena_init(&arena, NULL, 0);
    assert_int_equal(resize_axis_init(&axis, &arena, in, out, y, 1), GMR_OK);
    size_t count = axis.stride;
    uint8_t *pixels = random_bytes(count * bytes, width % 2), expected[500] = { 0 },
            result[500] = { 0 };
    const uint8_t **rows = arena_array(&arena, count, sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < count; i++)
        rows[i] = pixels + i * bytes;
    resize_kernels_portable.vertical(axis.high, axis.low, count, rows, expected, width);
    fast->vertical(axis.high, axis.low, count, rows, result, width);
    assert_memory_equal(result, expected, width + GUARD);
    arena_release(&arena);
    free(pixels);
}

static void avx2_gives_the_same_bytes(void **state)
{
    (void)state;
    const struct resize_kernels *fast = resize_kernels_avx2();
    if (!fast) {
        print_message("this processor has no AVX2\n");
        skip();
    }
    mt19937_seed(&rng, 5);
    for (size_t n = 0; n < 2000; n++) {
        size_t in = 1 + mt19937_below(&rng, 150), out = 1 + mt19937_below(&rng, 150);
        check_horizontal(fast, in, out);
        check_vertical(fast, in, out, 1 + mt19937_below(&rng, 400));
    }
    check_horizontal(fast, 32768, 3);
    check_vertical(fast, 32768, 1, 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(avx2_gives_the_same_bytes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
