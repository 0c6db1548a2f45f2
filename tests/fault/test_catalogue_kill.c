/* An import that is killed at any moment leaves the catalogue exactly as it was, or, once it was
 * committed, exactly as it should be; a first import leaves none, or all of it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "catalogue/catalogue.h"
#include "support/catalogue.h"
#include "support/scratch.h"

enum { OLD = 200, NEW = 500, ROUNDS = 24 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static pid_t start_import(size_t items)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        support_catalogue_create(in_scratch("shop"), items);
        _exit(0);
    }
    return child;
}

/* Starts an import and kills it after `delay` seconds, unless it is done by then. */
static void import_and_kill(size_t items, double delay)
{
    int status;
    pid_t child = start_import(items);
    const struct timespec pause = { .tv_nsec = (long)(delay * 1e9) };
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

/* How long an undisturbed import takes. */
static double time_import(size_t items)
{
    int status;
    double start = seconds();
    pid_t child = start_import(items);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return seconds() - start;
}

static void assert_items(struct catalogue *catalogue, size_t items)
{
    struct arena arena;
    struct gmr_item item;
    struct support_item expected;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < items; i += 7) {
        arena_clear(&arena);
        support_item_fill(&expected, i);
        assert_int_equal(catalogue_item(catalogue, i, &arena, &item), GMR_OK);
        assert_string_equal(item.key, expected.key);
        assert_int_equal(item.attribute_count, expected.record.attribute_count);
    }
    arena_release(&arena);
}

/* The number of items, 0 when there is no catalogue; all that belongs to them is checked. */
static size_t examine(void)
{
    struct catalogue *catalogue;
    const struct gmr_split *splits;
    size_t count, positions[NEW];
    enum gmr_status status = catalogue_open(NULL, in_scratch("shop"), &catalogue);
    if (status == GMR_ERR_NOT_FOUND)
        return 0;
    if (status != GMR_OK)
        fail_msg("%s", gmr_error_message());
    size_t items = catalogue_count(catalogue);
    assert_true(items == OLD || items == NEW);
    assert_items(catalogue, items);
    assert_int_equal(catalogue_splits(catalogue, &splits, &count), GMR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(splits[0].items, support_train_items(items));
    assert_int_equal(catalogue_split_items(catalogue, "train", positions, splits[0].items), GMR_OK);
    assert_int_equal(catalogue_caption_count(catalogue), support_captions(items));
    catalogue_close(catalogue);
    return items;
}

static void remove_catalogue(void)
{
    scratch_teardown(NULL);
    scratch_setup(NULL);
}

/* Delays reach a little beyond the end, so that some imports are done and some are killed while
 * they commit. */
static void a_killed_import_leaves_the_old_or_the_new(void **state)
{
    (void)state;
    struct mt19937 rng;
    size_t found[2] = { 0, 0 };
    mt19937_seed(&rng, 1);
    support_catalogue_create(in_scratch("shop"), OLD);
    double whole = time_import(NEW);
    for (size_t i = 0; i < ROUNDS; i++) {
        support_catalogue_create(in_scratch("shop"), OLD);
        assert_int_equal(examine(), OLD);
        import_and_kill(NEW, mt19937_double(&rng) * 1.3 * whole);
        found[examine() == NEW]++;
    }
    assert_true(found[0] > 0);
    support_catalogue_create(in_scratch("shop"), NEW); /* what was left is in no way */
    assert_int_equal(examine(), NEW);
}

static void a_killed_first_import_leaves_nothing_or_all(void **state)
{
    (void)state;
    struct mt19937 rng;
    size_t nothing = 0;
    mt19937_seed(&rng, 2);
    double whole = time_import(NEW);
    for (size_t i = 0; i < ROUNDS; i++) {
        remove_catalogue();
        import_and_kill(NEW, mt19937_double(&rng) * 1.3 * whole);
        size_t items = examine();
        assert_true(items == 0 || items == NEW);
        nothing += items == 0;
        if (i % 4 == 0) {
            support_catalogue_create(in_scratch("shop"), OLD);
            assert_int_equal(examine(), OLD);
        }
    }
    assert_true(nothing > 0);
}

/* A reader that is open all the while keeps its snapshot. */
static void a_reader_is_not_disturbed(void **state)
{
    (void)state;
    struct catalogue *reader;
    support_catalogue_create(in_scratch("shop"), OLD);
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &reader), GMR_OK);
    double whole = time_import(OLD + 1);
    for (size_t i = 0; i < 8; i++) {
        import_and_kill(NEW, whole * (double)i / 6);
        assert_int_equal(catalogue_count(reader), OLD);
        assert_items(reader, OLD);
    }
    catalogue_close(reader);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_killed_import_leaves_the_old_or_the_new),
        TEST(a_killed_first_import_leaves_nothing_or_all),
        TEST(a_reader_is_not_disturbed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
