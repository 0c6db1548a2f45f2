/* The pool's choices, one by one, on the host's memory. What holds for any sequence of calls is in
 * tests/property/test_pool.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"
#include "tensor/pool.h"

static const size_t MIB = 1024 * 1024;

struct fixture {
    struct failing_allocator memory;
    struct pool pool;
};

static void fixture_init(struct fixture *f)
{
    failing_allocator_init(&f->memory, 0);
    const struct device device = device_host(&f->memory.allocator);
    pool_init(&f->pool, &device);
}

static void fixture_release(struct fixture *f)
{
    pool_release(&f->pool);
    assert_true(failing_allocator_is_clean(&f->memory));
    assert_int_equal(f->pool.reserved, 0);
}

static void nothing_is_held_before_use(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    pool_free(&f.pool, NULL, 100);
    pool_clear(&f.pool);
    assert_int_equal(f.memory.calls, 0);
    fixture_release(&f);
    pool_release(&f.pool); /* harmless */
}

static void blocks_are_counted_in_cache_lines(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    char *a = pool_alloc(&f.pool, 1), *b = pool_alloc(&f.pool, 0), *c = pool_alloc(&f.pool, 65);
    assert_int_equal((uintptr_t)a % 64, 0);
    assert_ptr_equal(b, a + 64);
    assert_ptr_equal(c, b + 64);
    assert_int_equal(f.pool.in_use, 256);
    memset(c, 1, 65);
    pool_free(&f.pool, b, 0);
    pool_free(&f.pool, c, 65);
    assert_int_equal(f.pool.in_use, 64);
    assert_int_equal(f.pool.high_water, 256);
    pool_free(&f.pool, a, 1);
    fixture_release(&f);
}

/* Free extents of 128, 64, 192 and 64 bytes between blocks in use. */
static void the_smallest_extent_that_fits_is_taken(void **state)
{
    (void)state;
    static const size_t sizes[] = { 128, 64, 192, 64 };
    struct fixture f;
    char *hole[4];
    fixture_init(&f);
    for (size_t i = 0; i < 4; i++) {
        hole[i] = pool_alloc(&f.pool, sizes[i]);
        pool_alloc(&f.pool, 64);
    }
    for (size_t i = 0; i < 4; i++)
        pool_free(&f.pool, hole[i], sizes[i]);
    assert_int_equal(f.pool.extent.count, 5);
    assert_ptr_equal(pool_alloc(&f.pool, 10), hole[1]); /* the lowest of two equals */
    assert_ptr_equal(pool_alloc(&f.pool, 100), hole[0]);
    assert_ptr_equal(pool_alloc(&f.pool, 100), hole[2]);
    assert_ptr_equal(pool_alloc(&f.pool, 64), hole[2] + 128);
    assert_ptr_equal(pool_alloc(&f.pool, 64), hole[3]);
    assert_int_equal(f.pool.extent.count, 1);
    fixture_release(&f);
}

static void neighbours_merge(void **state)
{
    (void)state;
    static const size_t order[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 2, 1, 0 } };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct fixture f;
        char *block[3];
        fixture_init(&f);
        for (size_t b = 0; b < 3; b++)
            block[b] = pool_alloc(&f.pool, 100);
        char *last = pool_alloc(&f.pool, 100);
        for (size_t b = 0; b < 3; b++)
            pool_free(&f.pool, block[order[i][b]], 100);
        assert_int_equal(f.pool.extent.count, 2);
        assert_int_equal(f.pool.extent.span[0].size, 3 * 128);
        pool_free(&f.pool, last, 100);
        assert_int_equal(f.pool.extent.count, 1);
        fixture_release(&f);
    }
}

static void chunks_grow_with_what_is_held(void **state)
{
    (void)state;
    /* each request is larger than any extent left */
    static const struct {
        size_t request, chunk; /* bytes, MiB */
    } steps[] = {
        { 1, 4 },                     /* the least */
        { 4 * 1024 * 1024, 4 },       /* not a byte more than asked for */
        { 4 * 1024 * 1024 + 1, 6 },   /* whole huge pages */
        { 26 * 1024 * 1024 - 1, 26 }, /* 40 MiB held now */
        { 5 * 1024 * 1024, 10 },      /* a quarter of them */
        { 11 * 1024 * 1024, 14 },     /* a quarter of 50, in whole huge pages */
    };
    struct fixture f;
    size_t held = 0;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_non_null(pool_alloc(&f.pool, steps[i].request));
        held += steps[i].chunk * MIB;
        assert_int_equal(f.pool.reserved, held);
        assert_int_equal(f.pool.chunk.count, i + 1);
    }
    fixture_release(&f);
}

static void clearing_keeps_the_memory(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < 30; i++)
        assert_non_null(pool_alloc(&f.pool, MIB));
    size_t reserved = f.pool.reserved, calls = f.memory.calls;
    pool_clear(&f.pool);
    assert_int_equal(f.pool.in_use, 0);
    assert_int_equal(f.pool.extent.count, f.pool.chunk.count);
    for (size_t i = 0; i < 30; i++)
        assert_non_null(pool_alloc(&f.pool, MIB));
    assert_int_equal(f.pool.reserved, reserved);
    assert_int_equal(f.memory.calls, calls);
    assert_int_equal(f.pool.high_water, 30 * MIB);
    fixture_release(&f);
}

static void impossible_sizes_are_refused(void **state)
{
    (void)state;
    static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 63, PTRDIFF_MAX, PTRDIFF_MAX - 4095 };
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_null(pool_alloc(&f.pool, sizes[i]));
        assert_non_null(strstr(gmr_error_message(), "out of memory: cannot allocate"));
    }
    assert_int_equal(f.pool.in_use, 0);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_held_before_use),
        cmocka_unit_test(blocks_are_counted_in_cache_lines),
        cmocka_unit_test(the_smallest_extent_that_fits_is_taken),
        cmocka_unit_test(neighbours_merge),
        cmocka_unit_test(chunks_grow_with_what_is_held),
        cmocka_unit_test(clearing_keeps_the_memory),
        cmocka_unit_test(impossible_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
