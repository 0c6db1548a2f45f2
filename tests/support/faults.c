#include "support/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/message.h"
#include "support/support.h"

size_t fail_each_allocation(fault_job *job, const void *subject, bool stays_failed)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        memory.stays_failed = stays_failed;
        enum gmr_status status = job(&memory.allocator, subject);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            return n - 1;
        }
        if (status != GMR_ERR_NOMEM)
            fail_msg("allocation %zu fails: status %d, %s", n, status, gmr_error_message());
        assert_message("out of memory");
    }
}
