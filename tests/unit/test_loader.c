/* Pictures decoded ahead: each square is what the picture itself gives, in the order asked for,
 * however many threads work; broken pictures are told; a loader can be given up at any time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "catalogue/loader.h"
#include "support/message.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 48, SIDE = 12, SQUARE = SIDE * SIDE * 3, PASSES = 3, COUNT = PASSES * ITEMS };

struct fixture {
    struct catalogue *catalogue;
    size_t positions[COUNT]; /* each item several times, far from the catalogue's order */
    uint8_t expected[ITEMS][SQUARE];
};

static void expect(struct fixture *f, enum preprocess_fit fit)
{
    memset(f->expected, 255, sizeof f->expected);
    for (size_t i = 0; i < ITEMS; i++) {
        struct picture square, picture;
        if (!pictured_is_sound(i))
            continue;
        picture = pictured_decode(i);
        assert_int_equal(preprocess_square(NULL, &picture, fit, SIDE, &square), GMR_OK);
        memcpy(f->expected[i], square.pixels, SQUARE);
        picture_release(&square);
        picture_release(&picture);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    scratch_setup(state);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &f->catalogue), GMR_OK);
    for (size_t i = 0; i < COUNT; i++)
        f->positions[i] = i * 31 % ITEMS;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    catalogue_close(f->catalogue);
    free(f);
    return scratch_teardown(state);
}

static struct picture_loader_options all(const struct fixture *f)
{
    return (struct picture_loader_options){
        .positions = f->positions, .count = COUNT, .side = SIDE, .fit = PREPROCESS_CROP
    };
}

static struct picture_loader *create(struct fixture *f, struct picture_loader_options options)
{
    struct picture_loader *loader;
    assert_int_equal(picture_loader_create(f->catalogue, &options, &loader), GMR_OK);
    return loader;
}

static void check_next(struct fixture *f, struct picture_loader *loader, size_t item)
{
    uint8_t square[SQUARE];
    bool broken;
    const char *reason;
    assert_int_equal(picture_loader_next(loader, square, &broken, &reason), GMR_OK);
    assert_int_equal(broken, !pictured_is_sound(item));
    assert_true((reason[0] != '\0') == broken);
    assert_memory_equal(square, f->expected[item], SQUARE);
}

static void check_all(struct fixture *f, const struct picture_loader_options *options)
{
    struct picture_loader *loader = create(f, *options);
    uint8_t square[SQUARE];
    bool broken;
    const char *reason;
    for (size_t i = 0; i < options->count; i++)
        check_next(f, loader, options->positions[i]);
    assert_int_equal(picture_loader_next(loader, square, &broken, &reason), GMR_ERR_STATE);
    assert_message("all 144 pictures were given");
    picture_loader_destroy(loader);
}

/* ---- squares ---- */

static void squares_come_in_order(void **state)
{
    static const struct {
        unsigned threads;
        size_t ahead;
    } cases[] = {
        { 1, 1 }, { 1, 0 }, { 2, 1 }, { 2, 3 }, { 5, 7 }, { 3, 0 }, { 0, 0 }, { 9, 500 }
    };
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    for (int fit = PREPROCESS_CROP; fit <= PREPROCESS_PAD; fit++) {
        options.fit = (enum preprocess_fit)fit;
        expect(f, options.fit);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            options.threads = cases[i].threads;
            options.ahead = cases[i].ahead;
            check_all(f, &options);
        }
    }
}

/* A user who is slow finds every square all the same. */
static void decoders_wait_for_room(void **state)
{
    const struct timespec pause = { .tv_nsec = 30 * 1000 * 1000 };
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    expect(f, PREPROCESS_CROP);
    options.ahead = 2;
    struct picture_loader *loader = create(f, options);
    nanosleep(&pause, NULL);
    for (size_t i = 0; i < 6; i++)
        check_next(f, loader, options.positions[i]);
    picture_loader_destroy(loader);
}

/* What is ready can be taken while decoders rest; then they go on. */
static void decoders_rest_when_told(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    expect(f, PREPROCESS_CROP);
    options.threads = 3;
    options.ahead = 4;
    struct picture_loader *loader = create(f, options);
    for (size_t i = 0; i < COUNT; i++) {
        check_next(f, loader, options.positions[i]);
        picture_loader_rest(loader, true);
        picture_loader_rest(loader, i % 3 == 0);
        picture_loader_rest(loader, false);
    }
    picture_loader_rest(loader, true);
    picture_loader_destroy(loader);
    loader = create(f, options);
    picture_loader_rest(loader, true);
    picture_loader_destroy(loader);
}

/* Whether a file that vanishes while decoders rest is missed, the last one of many. */
static bool is_begun_after_the_rest(struct fixture *f)
{
    const struct timespec pause = { .tv_nsec = 50 * 1000 * 1000 };
    struct picture_loader_options options = all(f);
    uint8_t square[SQUARE];
    bool broken;
    const char *reason;
    options.ahead = COUNT;
    f->positions[COUNT - 1] = 3;
    struct picture_loader *loader = create(f, options);
    picture_loader_rest(loader, true);
    nanosleep(&pause, NULL);
    const char *from = in_scratch("item-0003.jpg"), *to = in_scratch("away");
    assert_int_equal(rename(from, to), 0);
    picture_loader_rest(loader, false);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(picture_loader_next(loader, square, &broken, &reason), GMR_OK);
    picture_loader_destroy(loader);
    assert_int_equal(rename(to, from), 0);
    return broken;
}

/* On a busy machine all may be done before they are told to rest; but not always. */
static void resting_decoders_begin_nothing(void **state)
{
    size_t tries = 0;
    while (!is_begun_after_the_rest(*state))
        assert_true(++tries < 20);
}

static void check_reason(struct fixture *f, size_t item, const char *part)
{
    struct picture_loader_options options = all(f);
    uint8_t square[SQUARE];
    bool broken;
    const char *reason;
    options.positions = &item;
    options.count = 1;
    struct picture_loader *loader = create(f, options);
    assert_int_equal(picture_loader_next(loader, square, &broken, &reason), GMR_OK);
    assert_true(broken);
    if (!strstr(reason, part))
        fail_msg("'%s' does not tell of '%s'", reason, part);
    for (size_t i = 0; i < SQUARE; i++)
        assert_int_equal(square[i], 255);
    picture_loader_destroy(loader);
}

static void reasons_are_told(void **state)
{
    struct fixture *f = *state;
    check_reason(f, 4, "item 'item-0004' has no picture");
    check_reason(f, 7, "cannot decode 'item-0007'");
    check_reason(f, 15, "gone-0015.jpg': No such file");
}

static void items_can_be_read_meanwhile(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    struct picture_loader *loader;
    struct arena arena;
    struct gmr_item item;
    arena_init(&arena, NULL, 0);
    expect(f, PREPROCESS_CROP);
    options.threads = 3;
    loader = create(f, options);
    for (size_t i = 0; i < COUNT; i++) {
        char key[32];
        snprintf(key, sizeof key, "item-%04zu", i % ITEMS);
        assert_int_equal(picture_loader_item(loader, i % ITEMS, &arena, &item), GMR_OK);
        assert_string_equal(item.key, key);
        check_next(f, loader, options.positions[i]);
    }
    assert_int_equal(picture_loader_item(loader, ITEMS, &arena, &item), GMR_ERR_RANGE);
    picture_loader_destroy(loader);
    arena_release(&arena);
}

/* ---- pictures as they are ---- */

static struct picture_loader_options whole(struct fixture *f)
{
    struct picture_loader_options options = all(f);
    options.as_they_are = true;
    options.side = 0;
    options.most_pixels = PICTURE_MAX_PIXELS;
    return options;
}

/* Sizes vary from item to item; those out of bounds count as broken. */
static void check_picture(const struct picture_loader_options *options, size_t item,
                          const struct picture *picture, bool broken, const char *reason)
{
    struct picture expected = { .width = 0 };
    bool fits = pictured_is_sound(item);
    if (fits) {
        expected = pictured_decode(item);
        fits = expected.width >= options->least_side && expected.height >= options->least_side &&
               expected.width * expected.height <= options->most_pixels;
    }
    assert_int_equal(broken, !fits);
    assert_int_equal(picture->pixels == NULL, !fits);
    assert_int_equal(reason[0] == '\0', fits);
    if (fits) {
        assert_int_equal(picture->width, expected.width);
        assert_int_equal(picture->height, expected.height);
        assert_memory_equal(picture->pixels, expected.pixels, expected.width * expected.height * 3);
    }
    picture_release(&expected);
}

static size_t check_pictures(struct fixture *f, const struct picture_loader_options *options)
{
    struct picture_loader *loader;
    size_t sound = 0;
    assert_int_equal(picture_loader_create(f->catalogue, options, &loader), GMR_OK);
    for (size_t i = 0; i < COUNT; i++) {
        struct picture picture;
        bool broken;
        const char *reason;
        assert_int_equal(picture_loader_next_picture(loader, &picture, &broken, &reason), GMR_OK);
        check_picture(options, f->positions[i], &picture, broken, reason);
        sound += !broken;
        picture_release(&picture);
    }
    picture_loader_destroy(loader);
    return sound;
}

static void pictures_come_as_they_are(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = whole(f);
    const size_t every = check_pictures(f, &options);
    options.least_side = 17;
    const size_t large = check_pictures(f, &options);
    options.most_pixels = 500;
    const size_t middling = check_pictures(f, &options);
    assert_true(middling > 0 && middling < large && large < every);
}

static void pictures_that_nobody_took_are_released(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = whole(f);
    struct picture_loader *loader;
    struct picture picture;
    bool broken;
    const char *reason;
    assert_int_equal(picture_loader_create(f->catalogue, &options, &loader), GMR_OK);
    assert_int_equal(picture_loader_next_picture(loader, &picture, &broken, &reason), GMR_OK);
    picture_release(&picture);
    picture_loader_destroy(loader); /* leaks are the sanitizer's to see */
}

/* ---- limits ---- */

static void check_refused(struct fixture *f, struct picture_loader_options options,
                          const char *part)
{
    struct picture_loader *loader = (struct picture_loader *)f;
    assert_int_equal(picture_loader_create(f->catalogue, &options, &loader), GMR_ERR_RANGE);
    assert_null(loader);
    assert_message(part);
}

static void impossible_options_are_refused(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    options.side = 0;
    check_refused(f, options, "squares of 0 pixels");
    options.side = PICTURE_MAX_SIDE + 1;
    check_refused(f, options, "squares of 32769 pixels");
    options.side = SIDE;
    f->positions[COUNT - 1] = ITEMS;
    check_refused(f, options, "no item at position 48");
}

static void nothing_is_a_loader_too(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    uint8_t square[SQUARE];
    bool broken;
    const char *reason;
    options.count = 0;
    struct picture_loader *loader = create(f, options);
    assert_int_equal(picture_loader_next(loader, square, &broken, &reason), GMR_ERR_STATE);
    picture_loader_destroy(loader);
    picture_loader_destroy(NULL);
}

static void it_can_be_given_up_at_any_time(void **state)
{
    struct fixture *f = *state;
    struct picture_loader_options options = all(f);
    expect(f, PREPROCESS_CROP);
    options.threads = 3;
    for (size_t taken = 0; taken < 40; taken++) {
        options.ahead = 1 + taken % 6;
        struct picture_loader *loader = create(f, options);
        for (size_t i = 0; i < taken; i++)
            check_next(f, loader, options.positions[i]);
        picture_loader_destroy(loader);
    }
}

/* Peak memory for so many pictures. */
static size_t peak(size_t count)
{
    struct failing_allocator memory;
    struct fixture f = { 0 };
    struct picture_loader_options options = {
        .positions = f.positions, .count = count, .side = SIDE, .threads = 1, .ahead = 4
    };
    failing_allocator_init(&memory, 0);
    for (size_t i = 0; i < count; i++)
        f.positions[i] = i % ITEMS;
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &f.catalogue), GMR_OK);
    expect(&f, PREPROCESS_CROP);
    struct picture_loader *loader = create(&f, options);
    for (size_t i = 0; i < count; i++)
        check_next(&f, loader, i % ITEMS);
    picture_loader_destroy(loader);
    catalogue_close(f.catalogue);
    assert_true(failing_allocator_is_clean(&memory));
    return memory.peak_bytes;
}

static void memory_does_not_grow(void **state)
{
    (void)state;
    assert_int_equal(peak(COUNT), peak(ITEMS));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(squares_come_in_order),
        TEST(decoders_rest_when_told),
        TEST(resting_decoders_begin_nothing),
        TEST(decoders_wait_for_room),
        TEST(reasons_are_told),
        TEST(items_can_be_read_meanwhile),
        TEST(pictures_come_as_they_are),
        TEST(pictures_that_nobody_took_are_released),
        TEST(impossible_options_are_refused),
        TEST(nothing_is_a_loader_too),
        TEST(it_can_be_given_up_at_any_time),
        TEST(memory_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
