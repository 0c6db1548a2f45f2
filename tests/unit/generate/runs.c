/* Pictures, and whole runs into a catalogue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "catalogue/catalogue.h"
#include "catalogue/generate/generate.h"
#include "support/message.h"
#include "support/scratch.h"
#include "unit/generate/generate.h"

enum { SEED = 5, ITEMS = 40, PIXELS = GENERATE_WIDTH * GENERATE_HEIGHT * 3 };

/* ---- pictures ---- */

static void draw(uint64_t seed, size_t n, struct picture *picture)
{
    assert_int_equal(generate_draw(NULL, seed, n, picture), GMR_OK);
    assert_int_equal(picture->width, GENERATE_WIDTH);
    assert_int_equal(picture->height, GENERATE_HEIGHT);
}

static void pictures_are_the_same_again(void **state)
{
    (void)state;
    for (size_t n = 0; n < 12; n++) {
        struct picture a, b, other;
        draw(SEED, n, &a);
        draw(SEED + 1, n, &other);
        draw(SEED, n, &b);
        assert_memory_equal(a.pixels, b.pixels, PIXELS);
        assert_memory_not_equal(a.pixels, other.pixels, PIXELS);
        picture_release(&a);
        picture_release(&b);
        picture_release(&other);
    }
}

/* The item fills a good part of the picture and does not touch its upper and lower edges: there
 * the backdrop is smooth from one pixel to the next. */
static void items_keep_off_the_edges(void **state)
{
    (void)state;
    for (size_t n = 0; n < 60; n++) {
        struct picture p;
        draw(SEED, n, &p);
        for (size_t y = 0; y < GENERATE_HEIGHT; y += GENERATE_HEIGHT - 1) {
            size_t jumps = 0;
            for (size_t x = 1; x < GENERATE_WIDTH; x++) {
                const uint8_t *pixel = p.pixels + 3 * (y * GENERATE_WIDTH + x);
                int step = pixel[0] - pixel[-3];
                jumps += step > 24 || step < -24;
            }
            if (jumps > 10) /* boards and daylight have a few */
                fail_msg("item %zu reaches line %zu", n, y);
        }
        picture_release(&p);
    }
}

/* ---- runs ---- */

static enum gmr_status run(const char *name, size_t items, uint64_t seed, unsigned threads,
                           struct gmr_import_report *report)
{
    struct gmr_generate_options options = { .catalogue = in_scratch(name),
                                            .items = items,
                                            .seed = seed };
    return generate_run(NULL, threads, &options, report);
}

static struct catalogue *open(const char *name)
{
    struct catalogue *catalogue;
    assert_int_equal(catalogue_open(NULL, in_scratch(name), &catalogue), GMR_OK);
    return catalogue;
}

static void assert_same_item(struct catalogue *a, struct catalogue *b, size_t position)
{
    struct arena arena;
    struct gmr_item x, y;
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_item(a, position, &arena, &x), GMR_OK);
    assert_int_equal(catalogue_item(b, position, &arena, &y), GMR_OK);
    assert_string_equal(x.key, y.key);
    assert_string_equal(x.title, y.title);
    assert_string_equal(x.description, y.description);
    assert_int_equal(x.attribute_count, y.attribute_count);
    for (enum gmr_picture_size size = GMR_PICTURE_FULL; size <= GMR_PICTURE_THUMBNAIL; size++) {
        const void *p, *q;
        size_t n, m;
        assert_int_equal(catalogue_picture(a, position, size, &arena, &p, &n), GMR_OK);
        assert_int_equal(catalogue_picture(b, position, size, &arena, &q, &m), GMR_OK);
        assert_int_equal(n, m);
        assert_memory_equal(p, q, n);
    }
    arena_release(&arena);
}

static void a_run_fills_a_catalogue(void **state)
{
    (void)state;
    struct gmr_import_report report;
    struct arena arena;
    struct gmr_item item;
    assert_int_equal(run("shop", ITEMS, SEED, 0, &report), GMR_OK);
    assert_int_equal(report.added, ITEMS);
    assert_int_equal(report.skipped + report.broken_pictures + report.changed + report.removed, 0);
    assert_false(report.unchanged);
    assert_true(report.seconds > 0);
    struct catalogue *catalogue = open("shop");
    assert_int_equal(catalogue_count(catalogue), ITEMS);
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_item(catalogue, 17, &arena, &item), GMR_OK);
    assert_string_equal(item.key, "g000017");
    assert_int_equal(item.picture_format, GMR_PICTURE_JPEG);
    assert_int_equal(item.picture_width, GENERATE_WIDTH);
    assert_int_equal(item.picture_height, GENERATE_HEIGHT);
    struct generated_item same;
    assert_int_equal(generate_describe(SEED, 17, &arena, &same), GMR_OK);
    assert_string_equal(item.title, same.title);
    arena_release(&arena);
    catalogue_close(catalogue);
}

/* The picture in the catalogue is the drawn one, as far as JPEG keeps it. */
static void pictures_are_stored(void **state)
{
    (void)state;
    struct gmr_import_report report;
    struct arena arena;
    struct picture drawn, stored;
    const void *bytes;
    size_t length;
    assert_int_equal(run("shop", 8, SEED, 0, &report), GMR_OK);
    struct catalogue *catalogue = open("shop");
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_picture(catalogue, 3, GMR_PICTURE_FULL, &arena, &bytes, &length),
                     GMR_OK);
    assert_int_equal(picture_decode(NULL, bytes, length, 0, "3", &stored, NULL, NULL), GMR_OK);
    draw(SEED, 3, &drawn);
    double error = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        double difference = (double)drawn.pixels[i] - stored.pixels[i];
        error += difference * difference;
    }
    assert_true(error / PIXELS < 60);
    picture_release(&drawn);
    picture_release(&stored);
    arena_release(&arena);
    catalogue_close(catalogue);
}

static void threads_and_count_change_nothing(void **state)
{
    (void)state;
    struct gmr_import_report report;
    assert_int_equal(run("one", 12, SEED, 1, &report), GMR_OK);
    assert_int_equal(run("many", ITEMS, SEED, 3, &report), GMR_OK);
    struct catalogue *one = open("one"), *many = open("many");
    for (size_t i = 0; i < 12; i++)
        assert_same_item(one, many, i);
    catalogue_close(one);
    catalogue_close(many);
}

static size_t split_size(struct catalogue *catalogue, const char *name)
{
    const struct gmr_split *splits;
    size_t count;
    assert_int_equal(catalogue_splits(catalogue, &splits, &count), GMR_OK);
    for (size_t i = 0; i < count; i++)
        if (strcmp(splits[i].name, name) == 0)
            return splits[i].items;
    return 0;
}

/* Without pictures it would be quick; so the shares are checked on few items, loosely. */
static void splits_cover_all_items(void **state)
{
    (void)state;
    static const char *const SPLIT[] = { "train", "validation", "test" };
    static const size_t LEAST[] = { 50, 2, 20 };
    enum { MANY = 120 };
    struct gmr_import_report report;
    size_t all = 0, by_domain = 0;
    assert_int_equal(run("shop", MANY, SEED, 0, &report), GMR_OK);
    assert_in_range(report.splits, 10, 12); /* few bags are in validation */
    struct catalogue *catalogue = open("shop");
    for (size_t i = 0; i < 3; i++) {
        static const char *const DOMAIN[] = { "apparel", "footwear", "accessories" };
        size_t items = split_size(catalogue, SPLIT[i]);
        assert_true(items > LEAST[i]);
        all += items;
        for (size_t d = 0; d < 3; d++) {
            char name[64];
            snprintf(name, sizeof name, "%s.%s", DOMAIN[d], SPLIT[i]);
            by_domain += split_size(catalogue, name);
        }
    }
    assert_int_equal(all, MANY);
    assert_int_equal(by_domain, MANY);
    assert_true(split_size(catalogue, "footwear.train") > 12);
    catalogue_close(catalogue);
}

static void a_second_run_replaces_the_first(void **state)
{
    (void)state;
    struct gmr_import_report report;
    assert_int_equal(run("shop", 12, SEED, 0, &report), GMR_OK);
    assert_int_equal(run("shop", 12, SEED, 0, &report), GMR_OK);
    assert_true(report.unchanged);
    assert_int_equal(report.same, 12);
    assert_int_equal(run("shop", 20, SEED, 0, &report), GMR_OK); /* more of the same */
    assert_false(report.unchanged);
    assert_int_equal(report.same, 12);
    assert_int_equal(report.added, 8);
    assert_int_equal(run("shop", 10, SEED + 1, 0, &report), GMR_OK); /* others */
    assert_int_equal(report.changed, 10);
    assert_int_equal(report.removed, 10);
    assert_int_equal(run("fresh", 10, SEED + 1, 0, &report), GMR_OK);
    struct catalogue *shop = open("shop"), *fresh = open("fresh");
    assert_int_equal(catalogue_count(shop), 10);
    for (size_t i = 0; i < 10; i++)
        assert_same_item(shop, fresh, i);
    catalogue_close(shop);
    catalogue_close(fresh);
}

static void sizes_out_of_range_are_refused(void **state)
{
    (void)state;
    struct gmr_import_report report;
    assert_int_equal(run("shop", 0, SEED, 0, &report), GMR_ERR_RANGE);
    assert_message("items is 0");
    assert_int_equal(run("shop", GMR_GENERATE_MAX_ITEMS + 1, SEED, 0, &report), GMR_ERR_RANGE);
    assert_int_equal(count_scratch_entries(), 0);
}

/* ---- progress ---- */

struct watch {
    uint64_t done, total, reports, cancel_at;
};

static void watch_report(void *user, const struct gmr_progress_report *report)
{
    struct watch *watch = user;
    assert_string_equal(report->job, "drawing");
    assert_string_equal(report->unit, "item");
    assert_true(report->done > watch->done && report->done <= report->total);
    watch->done = report->done;
    watch->total = report->total;
    watch->reports++;
}

static bool watch_cancelled(void *user)
{
    const struct watch *watch = user;
    return watch->cancel_at > 0 && watch->done >= watch->cancel_at;
}

static enum gmr_status run_watched(struct watch *watch, size_t items)
{
    struct gmr_import_report report;
    struct gmr_generate_options options = { .catalogue = in_scratch("shop"),
                                            .items = items,
                                            .seed = SEED,
                                            .progress = { watch_report, watch_cancelled, watch } };
    return generate_run(NULL, 0, &options, &report);
}

static void progress_is_told(void **state)
{
    (void)state;
    struct watch watch = { 0 };
    assert_int_equal(run_watched(&watch, 130), GMR_OK);
    assert_int_equal(watch.done, 130);
    assert_int_equal(watch.total, 130);
    assert_true(watch.reports > 1);
}

static void a_cancelled_run_leaves_nothing(void **state)
{
    (void)state;
    struct watch watch = { .cancel_at = 1 };
    assert_int_equal(run_watched(&watch, 130), GMR_ERR_CANCELLED);
    assert_message("drawing");
    assert_true(watch.done > 0 && watch.done < 130);
    assert_int_equal(count_scratch_entries(), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int test_runs(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_the_same_again),
        cmocka_unit_test(items_keep_off_the_edges),
        TEST(a_run_fills_a_catalogue),
        TEST(pictures_are_stored),
        TEST(threads_and_count_change_nothing),
        TEST(splits_cover_all_items),
        TEST(a_second_run_replaces_the_first),
        TEST(sizes_out_of_range_are_refused),
        TEST(progress_is_told),
        TEST(a_cancelled_run_leaves_nothing),
    };
    return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
