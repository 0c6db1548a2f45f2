/* The base layer when memory runs out: every allocation fails in turn, once alone and once with all
 * that follow. Each job must then say so, hold nothing and leave files as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "support/support.h"

static char path[PATH_MAX];

static enum gmr_status fill_arena(const struct gmr_allocator *allocator)
{
    struct arena arena;
    bool failed = false;
    arena_init(&arena, allocator, 128);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 1; i < 40; i++) {
            failed |= !arena_alloc(&arena, i * 7);
            failed |= !arena_array(&arena, i, 5);
            failed |= !arena_strdup(&arena, "a word");
            failed |= !arena_printf(&arena, "%0*d", (int)i, 1);
        }
        arena_clear(&arena);
    }
    arena_release(&arena);
    return failed ? GMR_ERR_NOMEM : GMR_OK;
}

static enum gmr_status replace_file(const struct gmr_allocator *allocator)
{
    struct file_writer *writer;
    TRY(file_writer_create(allocator, path, &writer));
    file_writer_printf(writer, "%05000d", 1);
    file_writer_write(writer, "tail", 4);
    file_writer_printf(writer, "%05000d", 2);
    return file_writer_commit(writer);
}

/* Returns how many allocations the job makes. */
static size_t fail_each_allocation(enum gmr_status (*job)(const struct gmr_allocator *),
                                   bool stays_failed, bool writes)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        memory.stays_failed = stays_failed;
        write_file(path, "old", 3);
        enum gmr_status status = job(&memory.allocator);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_int_equal(file_holds(path, "old", 3), !writes);
            return n - 1;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
        assert_non_null(strstr(gmr_error_message(), "memory"));
        assert_true(file_holds(path, "old", 3));
    }
}

static void arena_survives(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(fill_arena, false, false) > 10);
    assert_true(fail_each_allocation(fill_arena, true, false) > 10);
}

static void writer_survives(void **state)
{
    (void)state;
    assert_int_equal(fail_each_allocation(replace_file, false, true), 3);
    assert_int_equal(fail_each_allocation(replace_file, true, true), 3);
}

/* What was handed out before the failure stays good. */
static void arena_works_after_a_failure(void **state)
{
    (void)state;
    struct failing_allocator memory;
    struct arena arena;
    failing_allocator_init(&memory, 2);
    arena_init(&arena, &memory.allocator, 64);
    char *first = arena_strdup(&arena, "still here");
    assert_null(arena_alloc(&arena, 1000));
    assert_string_equal(first, "still here");
    assert_int_equal(arena.used, 16);
    assert_non_null(arena_alloc(&arena, 1000));
    arena_release(&arena);
    assert_true(failing_allocator_is_clean(&memory));
}

int main(void)
{
    struct temporary_directory directory;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_survives),
        cmocka_unit_test(writer_survives),
        cmocka_unit_test(arena_works_after_a_failure),
    };
    temporary_directory_create(&directory);
    temporary_path(&directory, "file", path);
    int failures = cmocka_run_group_tests(tests, NULL, NULL);
    temporary_directory_remove(&directory);
    return failures;
}
