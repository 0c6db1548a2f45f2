/* Measuring captions when memory runs out at any allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "learning/caption_measures.h"
#include "support/support.h"

static void survives_every_failure(void **state)
{
    (void)state;
    static const char *const references[] = { "is red", "are red with a heel" };
    const struct caption_case cases[] = { { "is red and long", references, 2 },
                                          { "a heel", references, 1 } };
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        struct caption_score score[2];
        failing_allocator_init(&memory, n);
        const enum gmr_status status = caption_measure(&memory.allocator, cases, 2, score);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            assert_true(n > 1);
            break;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(survives_every_failure) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
