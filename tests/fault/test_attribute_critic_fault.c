/* An attribute critic without memory: it says so, and holds nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulator/attribute_critic.h"
#include "support/attributed.h"
#include "support/faults.h"
#include "support/scratch.h"

static enum gmr_status work(const struct gmr_allocator *allocator, const void *subject)
{
    (void)subject;
    const struct critic_pair pair = { 0, 1 };
    const struct attribute_critic_options options = { 1, GMR_PHRASING_TRAINING, false };
    struct catalogue *catalogue = attributed_open();
    struct attribute_critic *critic;
    char text[1][CRITIC_TEXT];
    const enum gmr_status status = attribute_critic_create(allocator, catalogue, &options, &critic);
    catalogue_close(catalogue);
    if (status != GMR_OK) {
        assert_null(critic);
        return status;
    }
    struct critic *interface = attribute_critic(critic);
    assert_int_equal(interface->critiques(interface, &pair, NULL, 1, text), GMR_OK);
    assert_true(text[0][0] != '\0');
    interface->destroy(interface);
    return GMR_OK;
}

static void out_of_memory(void **state)
{
    (void)state;
    described_create(30);
    assert_true(fail_each_allocation(work, NULL, false) > 20);
    assert_true(fail_each_allocation(work, NULL, true) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(out_of_memory, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
