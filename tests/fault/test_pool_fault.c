/* A pool when memory runs out: every allocation below it fails in turn. The blocks it had handed
 * out stay good, go back without any memory, and later requests work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"
#include "tensor/pool.h"

enum { BLOCKS = 60, BLOCK_SIZE = 200000 };

static void a_failure_changes_nothing(void **state)
{
    (void)state;
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct pool pool;
        char *block[BLOCKS];
        size_t failures = 0;
        failing_allocator_init(&memory, n);
        const struct device device = device_host(&memory.allocator);
        pool_init(&pool, &device);
        for (size_t i = 0; i < BLOCKS; i++) {
            const struct pool before = pool;
            block[i] = pool_alloc(&pool, BLOCK_SIZE);
            if (!block[i]) {
                failures++;
                assert_non_null(strstr(gmr_error_message(), "out of memory"));
                assert_int_equal(pool.in_use, before.in_use);
                assert_int_equal(pool.reserved, before.reserved);
                block[i] = pool_alloc(&pool, BLOCK_SIZE);
            }
            assert_non_null(block[i]);
            memset(block[i], (int)i, BLOCK_SIZE);
        }
        assert_int_equal(failures, failing_allocator_has_failed(&memory));

        /* every second one first, which makes as many extents as there can be */
        memory.fail_at = 1;
        memory.stays_failed = true;
        for (size_t i = 0; i < BLOCKS; i++) {
            size_t b = i < BLOCKS / 2 ? 2 * i : 2 * (i - BLOCKS / 2) + 1;
            assert_int_equal(block[b][0], b);
            assert_int_equal(block[b][BLOCK_SIZE - 1], b);
            pool_free(&pool, block[b], BLOCK_SIZE);
        }
        assert_int_equal(pool.in_use, 0);
        assert_int_equal(pool.extent.count, pool.chunk.count);
        pool_release(&pool);
        assert_true(failing_allocator_is_clean(&memory));
        if (failures == 0) {
            assert_true(n > 6);
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
