/* Statements about many generated items: no two look the same, and colours are what they are
 * called. Garments are drawn small and without a backdrop, which is quick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "catalogue/generate/draw.h"
#include "catalogue/generate/generate.h"

#ifdef __SANITIZE_ADDRESS__
#define SLOWER 10 /* times, about, under the sanitizers */
#else
#define SLOWER 1
#endif

enum {
    SEED = 42,
    ITEMS = 10000 / SLOWER,
    CELLS = (GENERATE_WIDTH / 4) * (GENERATE_HEIGHT / 4), /* of pictures shrunk by 4 */
    FEW_CELLS = CELLS / 4                                 /* by 8 */
};

static void draw_small(size_t n, struct design *design, int shrink, uint8_t *pixels)
{
    design_choose(SEED, n, design);
    struct rng_stream look = design_stream(SEED, n, DESIGN_LOOK);
    if (draw_garment(design, look, shrink, pixels) != GMR_OK)
        abort();
}

static int compare_words(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void assert_distinct(uint64_t *words, size_t count, size_t allowed)
{
    size_t same = 0;
    qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 1; i < count; i++)
        same += words[i] == words[i - 1];
    if (same > allowed)
        fail_msg("%zu of %zu are not the only one", same, count);
}

static uint64_t first_word(const void *data, size_t size)
{
    uint8_t digest[DIGEST_SIZE];
    uint64_t word;
    digest_sha256(data, size, digest);
    memcpy(&word, digest, sizeof word);
    return word;
}

static void ten_thousand_items_differ(void **state)
{
    (void)state;
    static uint64_t picture[ITEMS], values[ITEMS];
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t n = 0; n < ITEMS; n++) {
        uint8_t pixels[4 * FEW_CELLS];
        struct design design;
        draw_small(n, &design, 8, pixels);
        picture[n] = first_word(pixels, sizeof pixels);
        values[n] = first_word(design.value, sizeof design.value);
    }
    assert_distinct(picture, ITEMS, 0);
    assert_distinct(values, ITEMS, ITEMS / 50); /* attributes: nearly all */
}

/* ---- colours ---- */

static int compare_bytes(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* The median of each channel over what the garment covers: neither buttons nor deep folds move
 * it. */
static struct rgb median_colour(const uint8_t *pixels)
{
    static uint8_t channel[3][CELLS];
    size_t count = 0;
    for (size_t i = 0; i < CELLS; i++) {
        uint32_t pixel;
        memcpy(&pixel, pixels + 4 * i, sizeof pixel);
        if (pixel >> 24 < 250)
            continue;
        for (size_t c = 0; c < 3; c++)
            channel[c][count] = (uint8_t)(pixel >> (16 - 8 * c));
        count++;
    }
    assert_true(count > CELLS / 60);
    for (size_t c = 0; c < 3; c++)
        qsort(channel[c], count, 1, compare_bytes);
    return (struct rgb){ channel[0][count / 2] / 255.0, channel[1][count / 2] / 255.0,
                         channel[2][count / 2] / 255.0 };
}

static enum colour nearest_name(struct rgb rgb)
{
    enum colour best = COLOUR_BLACK;
    for (enum colour c = COLOUR_BLACK; c < COLOURS; c++)
        if (rgb_distance(rgb, palette_rgb(c)) < rgb_distance(rgb, palette_rgb(best)))
            best = c;
    return best;
}

/* Clothes and bags; of a shoe, much is sole. */
static bool is_plain(const struct design *design)
{
    uint8_t category = design->value[TRAIT_CATEGORY];
    return design->value[TRAIT_PATTERN] == PATTERN_SOLID &&
           (category <= CATEGORY_SHORTS || category == CATEGORY_BAG);
}

static void solid_items_look_like_their_colour(void **state)
{
    (void)state;
    enum { WANTED = 300 / SLOWER };
    uint8_t pixels[4 * CELLS];
    size_t seen = 0, right = 0;
    for (size_t n = 0; seen < WANTED; n++) {
        struct design design;
        design_choose(SEED, n, &design);
        if (!is_plain(&design))
            continue;
        draw_small(n, &design, 4, pixels);
        enum colour found = nearest_name(median_colour(pixels));
        seen++;
        right += found == design.value[TRAIT_COLOUR];
        if (found != design.value[TRAIT_COLOUR])
            print_message("item %zu: %s looks %s\n", n,
                          trait_tables[TRAIT_COLOUR].value[design.value[TRAIT_COLOUR]],
                          trait_tables[TRAIT_COLOUR].value[found]);
    }
    assert_true(right * 100 >= seen * 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_items_differ),
        cmocka_unit_test(solid_items_look_like_their_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
