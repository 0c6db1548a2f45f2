/* Heap memory and arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/status.h"
#include "support/support.h"

static int is_aligned(const void *memory, size_t alignment)
{
    return memory && (uintptr_t)memory % alignment == 0;
}

static void product_is_checked(void **state)
{
    (void)state;
    size_t product = 1;
    assert_true(memory_product(0, SIZE_MAX, &product));
    assert_int_equal(product, 0);
    assert_true(memory_product(SIZE_MAX, 1, &product));
    assert_true(product == SIZE_MAX);
    assert_true(memory_product(12, 12, &product));
    assert_int_equal(product, 144);
    assert_false(memory_product(SIZE_MAX, 2, &product));
    assert_false(memory_product((size_t)1 << 32, (size_t)1 << 32, &product));
}

/* Both ways of naming no allocator, and a real one. */
static void allocates_aligned_memory_of_any_size(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, 100003 };
    const struct gmr_allocator zero = { NULL, NULL, NULL };
    struct failing_allocator counting;
    failing_allocator_init(&counting, 0);
    const struct gmr_allocator *allocators[] = { NULL, &zero, &counting.allocator };
    for (size_t a = 0; a < 3; a++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            void *memory = memory_allocate(allocators[a], sizes[i]);
            assert_true(is_aligned(memory, MEMORY_ALIGNMENT));
            memset(memory, 1, sizes[i]);
            memory_release(allocators[a], memory, sizes[i]);
        }
    assert_int_equal(counting.calls, sizeof sizes / sizeof *sizes);
    assert_true(failing_allocator_is_clean(&counting));
}

static void array_is_zero_also_in_dirty_memory(void **state)
{
    (void)state;
    static const unsigned char zeros[7 * 12];
    struct failing_allocator memory; /* it fills blocks with A5 */
    failing_allocator_init(&memory, 0);
    void *array = memory_array(&memory.allocator, 7, 12);
    assert_memory_equal(array, zeros, sizeof zeros);
    memory_release(&memory.allocator, array, sizeof zeros);
    void *empty = memory_array(&memory.allocator, 0, 12);
    assert_non_null(empty);
    memory_release(&memory.allocator, empty, 0);
    memory_release(&memory.allocator, NULL, 5);
    assert_true(failing_allocator_is_clean(&memory));
}

static void failure_names_the_bytes(void **state)
{
    (void)state;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 1);
    assert_null(memory_allocate(&memory.allocator, 12345));
    assert_string_equal(gmr_error_message(), "out of memory: cannot allocate 12345 bytes");
    assert_null(memory_array(&memory.allocator, SIZE_MAX / 2, 3));
    assert_non_null(strstr(gmr_error_message(), "9223372036854775807 times 3 bytes"));
    assert_int_equal(memory.calls, 1); /* the allocator is not asked for a product that overflows */
    assert_null(memory_allocate(&memory.allocator, SIZE_MAX)); /* nor for what no object can be */
    assert_int_equal(memory.calls, 1);
    assert_null(memory_allocate(NULL, (size_t)PTRDIFF_MAX + 1));
}

static void failing_allocator_sees_leaks_and_wrong_sizes(void **state)
{
    (void)state;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 0);
    void *block = memory_allocate(&memory.allocator, 100);
    assert_int_equal(memory.live_blocks, 1);
    assert_int_equal(memory.live_bytes, 100);
    assert_false(failing_allocator_is_clean(&memory));
    memory_release(&memory.allocator, block, 99);
    assert_int_equal(memory.bad_releases, 1);
    assert_int_equal(memory.live_blocks, 0);
    assert_false(failing_allocator_is_clean(&memory));
}

static void arena_pieces_are_aligned_and_apart(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    unsigned char *piece[COUNT];
    struct failing_allocator memory;
    struct arena arena;
    failing_allocator_init(&memory, 0);
    arena_init(&arena, &memory.allocator, 256);
    assert_int_equal(memory.calls, 0);
    for (size_t i = 0; i < COUNT; i++) {
        piece[i] = arena_alloc(&arena, i);
        assert_true(is_aligned(piece[i], 16));
        memset(piece[i], (int)i, i);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i; j++)
            assert_int_equal(piece[i][j], i);
        assert_true(i == 0 || piece[i] != piece[i - 1]);
    }
    arena_release(&arena);
    assert_true(failing_allocator_is_clean(&memory));
}

static void arena_counts_what_it_gives(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, NULL, 0);
    arena_alloc(&arena, 1);
    arena_alloc(&arena, 17);
    assert_int_equal(arena.used, 16 + 32);
    arena_clear(&arena);
    assert_int_equal(arena.used, 0);
    assert_int_equal(arena.high_water, 48);
    arena_alloc(&arena, 1000);
    assert_int_equal(arena.used, 1008);
    assert_int_equal(arena.high_water, 1008);
    arena_release(&arena);
    assert_int_equal(arena.high_water, 0);
}

static void fill_arena(struct arena *arena)
{
    static const size_t sizes[] = { 200, 90, 3000, 10, 250, 256, 256, 1, 700, 16 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *piece = arena_alloc(arena, sizes[i]);
        assert_non_null(piece);
        memset(piece, 0xEE, sizes[i]);
    }
}

static void cleared_arena_asks_for_no_more(void **state)
{
    (void)state;
    struct failing_allocator memory;
    struct arena arena;
    failing_allocator_init(&memory, 0);
    arena_init(&arena, &memory.allocator, 256);
    fill_arena(&arena);
    size_t calls = memory.calls;
    for (int i = 0; i < 5; i++) {
        arena_clear(&arena);
        fill_arena(&arena);
    }
    assert_int_equal(memory.calls, calls);
    arena_release(&arena);
    assert_true(failing_allocator_is_clean(&memory));
    fill_arena(&arena); /* a released arena can be used again */
    arena_release(&arena);
    assert_true(failing_allocator_is_clean(&memory));
}

/* The first pass leaves small chunks; a large request in the second must not lose them. */
static void kept_chunks_survive_a_large_request(void **state)
{
    (void)state;
    struct failing_allocator memory;
    struct arena arena;
    failing_allocator_init(&memory, 0);
    arena_init(&arena, &memory.allocator, 64);
    for (int i = 0; i < 3; i++)
        arena_alloc(&arena, 64);
    arena_clear(&arena);
    arena_alloc(&arena, 64);
    arena_alloc(&arena, 5000);
    assert_int_equal(memory.calls, 4);
    arena_alloc(&arena, 64);
    arena_alloc(&arena, 64);
    assert_int_equal(memory.calls, 4);
    arena_release(&arena);
    assert_true(failing_allocator_is_clean(&memory));
}

static void arena_rejects_impossible_sizes(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, NULL, 0);
    for (size_t less = 0; less < 64; less++)
        assert_null(arena_alloc(&arena, SIZE_MAX - less));
    assert_null(arena_array(&arena, SIZE_MAX / 4, 8));
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_alloc(&arena, 8)); /* and works afterwards */
    arena_release(&arena);
}

static void arena_array_is_zero(void **state)
{
    (void)state;
    static const unsigned char zeros[300];
    struct arena arena;
    arena_init(&arena, NULL, 512);
    memset(arena_alloc(&arena, 300), 0xFF, 300);
    arena_clear(&arena);
    assert_memory_equal(arena_array(&arena, 100, 3), zeros, 300);
    assert_non_null(arena_array(&arena, 0, 8));
    arena_release(&arena);
}

static void arena_copies_and_prints_text(void **state)
{
    (void)state;
    struct arena arena;
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    arena_init(&arena, NULL, 64);
    assert_string_equal(arena_strdup(&arena, "critique"), "critique");
    assert_string_equal(arena_strdup(&arena, ""), "");
    assert_string_equal(arena_strndup(&arena, "critique", 4), "crit");
    assert_string_equal(arena_strndup(&arena, "ab", 4), "ab");
    assert_string_equal(arena_strndup(&arena, "ab", 0), "");
    assert_string_equal(arena_printf(&arena, "%d-%s", 12, "turn"), "12-turn");
    char *printed = arena_printf(&arena, "[%s]", long_text);
    assert_int_equal(strlen(printed), sizeof long_text + 1);
    assert_int_equal(printed[sizeof long_text], ']');
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_is_checked),
        cmocka_unit_test(allocates_aligned_memory_of_any_size),
        cmocka_unit_test(array_is_zero_also_in_dirty_memory),
        cmocka_unit_test(failure_names_the_bytes),
        cmocka_unit_test(failing_allocator_sees_leaks_and_wrong_sizes),
        cmocka_unit_test(arena_pieces_are_aligned_and_apart),
        cmocka_unit_test(arena_counts_what_it_gives),
        cmocka_unit_test(cleared_arena_asks_for_no_more),
        cmocka_unit_test(kept_chunks_survive_a_large_request),
        cmocka_unit_test(arena_rejects_impossible_sizes),
        cmocka_unit_test(arena_array_is_zero),
        cmocka_unit_test(arena_copies_and_prints_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
