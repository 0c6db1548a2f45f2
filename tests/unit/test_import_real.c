/* The published data sets, whole: counts as their publishers and the specification state them, or
 * as a separate program counted them in the raw files. Skipped where the data is not there. Takes
 * up to half a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogue/catalogue.h"
#include "catalogue/import/import.h"
#include "support/scratch.h"
#include "support/support.h"

static struct gmr_import_report report;

static bool find_data(const char *name, char path[PATH_MAX])
{
    const char *data = getenv("GMR_DATA");
    snprintf(path, PATH_MAX, "%s/%s", data ? data : GMR_SOURCE_DIR "/../shared/data", name);
    if (access(path, F_OK) == 0)
        return true;
    print_message("skipped: no '%s' (set GMR_DATA)\n", path);
    return false;
}

static enum gmr_status import(enum gmr_import_format format, const char *source)
{
    char shop[PATH_MAX];
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    const struct gmr_import_options options = { .format = format,
                                                .source = source,
                                                .catalogue = shop };
    return import_run(NULL, NULL, 0, &options, &report);
}

static struct catalogue *open_shop(void)
{
    struct catalogue *catalogue;
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    return catalogue;
}

struct count {
    const char *name;
    size_t items;
};

static void assert_splits(struct catalogue *catalogue, const struct count *expected, size_t n)
{
    const struct gmr_split *splits;
    size_t count;
    assert_int_equal(catalogue_splits(catalogue, &splits, &count), GMR_OK);
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++) {
        size_t found = 0;
        for (size_t s = 0; s < count; s++)
            if (strcmp(splits[s].name, expected[i].name) == 0)
                found = splits[s].items;
        if (found != expected[i].items)
            print_error("split %s\n", expected[i].name);
        assert_int_equal(found, expected[i].items);
    }
}

/* "ATTRIBUTE=VALUE" and how many items satisfy it. */
static void assert_values(struct catalogue *catalogue, const struct count *expected, size_t n)
{
    const size_t count = catalogue_count(catalogue);
    uint8_t *allowed = malloc(count);
    for (size_t i = 0; i < n; i++) {
        size_t found = 0;
        assert_int_equal(catalogue_filter(catalogue, &expected[i].name, 1, allowed), GMR_OK);
        for (size_t j = 0; j < count; j++)
            found += allowed[j];
        if (found != expected[i].items)
            print_error("%s\n", expected[i].name);
        assert_int_equal(found, expected[i].items);
    }
    free(allowed);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void fashion_products(void **state)
{
    (void)state;
    static const struct count splits[] = {
        { "train", 22150 },
        { "validation", 4290 },
        { "test", 13236 },
        { "footwear.train", 4628 },
        { "footwear.validation", 877 },
        { "footwear.test", 2810 },
        { "topwear.train", 7755 },
        { "topwear.validation", 1507 },
        { "topwear.test", 4616 },
        { "accessories.train", 5609 },
        { "accessories.validation", 1099 },
        { "accessories.test", 3368 },
        { "all.train", 21016 },
        { "all.validation", 4066 },
        { "all.test", 12535 },
    };
    static const struct count values[] = {
        { "category=t-shirt", 6389 },         { "department=footwear", 8315 },
        { "colour=navy blue", 1622 },         { "gender=boys", 965 },
        { "sleeve length=sleeveless", 1015 }, { "fit=loose fit", 35 },
        { "collar=polo collar", 1239 },       { "brand=ADIDAS", 1765 },
        { "heel height=1 inch", 464 },        { "second colour=black", 1898 },
        { "discounted price>0", 6458 },       { "toe shape=round toe", 308 },
    };
    char source[PATH_MAX];
    if (!find_data("fashion-products", source))
        return;
    assert_int_equal(import(GMR_IMPORT_FASHION_PRODUCTS, source), GMR_OK);
    assert_int_equal(report.added, 39676);
    assert_int_equal(report.skipped + report.missing_pictures + report.broken_pictures, 0);
    struct catalogue *catalogue = open_shop();
    assert_splits(catalogue, splits, COUNT(splits));
    assert_values(catalogue, values, COUNT(values));
    catalogue_close(catalogue);
    assert_int_equal(import(GMR_IMPORT_FASHION_PRODUCTS, source), GMR_OK);
    assert_true(report.unchanged);
    assert_true(report.seconds < 5);
}

struct caption_count {
    const char *split;
    size_t captions, pairs; /* expected */
    size_t found, changes, last;
};

/* Captions of each split: how many, and of how many pairs. Only those of test hide the target. */
static void assert_captions(struct catalogue *catalogue, struct caption_count *expected, size_t n)
{
    struct arena arena;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < catalogue_caption_count(catalogue); i++) {
        struct gmr_caption caption;
        arena_clear(&arena);
        assert_int_equal(catalogue_caption(catalogue, i, &arena, &caption), GMR_OK);
        assert_int_equal(caption.target == GMR_NO_ITEM, strstr(caption.split, ".test") != NULL);
        for (size_t e = 0; e < n; e++) {
            if (strcmp(caption.split, expected[e].split) != 0)
                continue;
            expected[e].changes += expected[e].found == 0 || caption.pair != expected[e].last;
            expected[e].last = caption.pair;
            expected[e].found++;
        }
    }
    arena_release(&arena);
    for (size_t e = 0; e < n; e++) {
        assert_int_equal(expected[e].found, expected[e].captions);
        assert_int_equal(expected[e].changes, expected[e].pairs);
    }
}

/* Spec section 6. Sixteen captions are empty. */
static void fashioniq(void **state)
{
    (void)state;
    static const struct count splits[] = {
        { "dress.train", 11452 },       { "dress.val", 3817 },
        { "dress.test", 3818 },         { "shirt.train", 19036 },
        { "shirt.val", 6346 },          { "shirt.test", 6346 },
        { "toptee.train", 16121 },      { "toptee.val", 5373 },
        { "toptee.test", 5374 },        { "dress.train.filter", 7182 },
        { "dress.val.filter", 2454 },   { "dress.test.filter", 2454 },
        { "shirt.train.filter", 8555 }, { "shirt.val.filter", 2966 },
        { "shirt.test.filter", 2966 },  { "toptee.train.filter", 8387 },
        { "toptee.val.filter", 2808 },  { "toptee.test.filter", 2808 },
    };
    struct caption_count captions[] = {
        { "dress.train", 11970, 5985, 0, 0, 0 },  { "dress.val", 4034, 2017, 0, 0, 0 },
        { "dress.test", 4048, 2024, 0, 0, 0 },    { "shirt.train", 11976, 5988, 0, 0, 0 },
        { "shirt.val", 4075, 2038, 0, 0, 0 },     { "shirt.test", 4075, 2038, 0, 0, 0 },
        { "toptee.train", 12042, 6027, 0, 0, 0 }, { "toptee.val", 3920, 1961, 0, 0, 0 },
        { "toptee.test", 4112, 2056, 0, 0, 0 },
    };
    char source[PATH_MAX];
    if (!find_data("fashioniq", source))
        return;
    assert_int_equal(import(GMR_IMPORT_FASHIONIQ, source), GMR_OK);
    assert_int_equal(report.added, 74381);
    assert_int_equal(report.skipped, 0);
    assert_int_equal(report.skipped_captions, 16);
    assert_int_equal(report.captions + 16,
                     2 * (5985 + 2017 + 2024 + 5988 + 2038 + 2038 + 6027 + 1961 + 2056));
    struct catalogue *catalogue = open_shop();
    assert_splits(catalogue, splits, COUNT(splits));
    assert_captions(catalogue, captions, COUNT(captions));
    catalogue_close(catalogue);
}

static void shoes(void **state)
{
    (void)state;
    static const struct count splits[] = {
        { "shoe.train", 10000 },        { "shoe.val", 4658 },        { "shoe.test", 4658 },
        { "shoe.train.filter", 10000 }, { "shoe.val.filter", 4658 }, { "shoe.test.filter", 4658 },
    };
    static const struct count values[] = {
        { "category=stiletto", 1696 },       { "category=high heels", 1668 },
        { "category=athletic shoes", 1644 }, { "category=clogs", 1641 },
        { "category=pumps", 1602 },          { "category=boots", 1586 },
        { "category=flats", 1513 },          { "category=sneakers", 1143 },
        { "category=wedding shoes", 1138 },  { "category=rain boots", 1027 },
    };
    struct caption_count captions[] = { { "shoe.train", 8990, 8990, 0, 0, 0 },
                                        { "shoe.val", 1761, 1761, 0, 0, 0 } };
    char source[PATH_MAX];
    if (!find_data("shoes", source))
        return;
    assert_int_equal(import(GMR_IMPORT_SHOES, source), GMR_OK);
    assert_int_equal(report.added, 14658);
    assert_int_equal(report.skipped + report.skipped_captions, 0);
    struct catalogue *catalogue = open_shop();
    assert_splits(catalogue, splits, COUNT(splits));
    assert_values(catalogue, values, COUNT(values));
    assert_captions(catalogue, captions, COUNT(captions));
    catalogue_close(catalogue);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(fashion_products),
        TEST(fashioniq),
        TEST(shoes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
