/* Generating when memory runs out. What cairo and SQLite hold is their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/generate/generate.h"
#include "support/scratch.h"
#include "support/support.h"

enum { SEED = 3 };

static enum gmr_status describe(const struct gmr_allocator *allocator)
{
    struct arena arena;
    struct generated_item item;
    enum gmr_status status = GMR_OK;
    arena_init(&arena, allocator, 256);
    for (size_t n = 0; n < 3 && status == GMR_OK; n++)
        status = generate_describe(SEED, n, &arena, &item);
    arena_release(&arena);
    return status;
}

static enum gmr_status draw(const struct gmr_allocator *allocator)
{
    struct picture picture;
    enum gmr_status status = generate_draw(allocator, SEED, 1, &picture);
    if (status != GMR_OK)
        assert_null(picture.pixels);
    picture_release(&picture);
    return status;
}

static enum gmr_status run(const struct gmr_allocator *allocator)
{
    struct gmr_import_report report;
    struct gmr_generate_options options = { .catalogue = in_scratch("shop"),
                                            .items = 3,
                                            .seed = SEED };
    enum gmr_status status = generate_run(allocator, 2, &options, &report);
    if (status != GMR_OK)
        assert_int_equal(count_scratch_entries(), 0);
    return status;
}

static void fail_each(enum gmr_status (*work)(const struct gmr_allocator *), size_t least)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        enum gmr_status status = work(&memory.allocator);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_true(n > least);
            return;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
}

static void describing_says_so(void **state)
{
    (void)state;
    fail_each(describe, 3);
}

static void drawing_says_so(void **state)
{
    (void)state;
    fail_each(draw, 2);
}

static void a_run_says_so_and_leaves_nothing(void **state)
{
    (void)state;
    fail_each(run, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(describing_says_so),
        cmocka_unit_test(drawing_says_so),
        cmocka_unit_test_setup_teardown(a_run_says_so_and_leaves_nothing, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
