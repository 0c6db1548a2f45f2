/* A loader without memory, in whichever thread it runs out: the call says so, and nothing is held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalogue/loader.h"
#include "support/faults.h"
#include "support/pictured.h"
#include "support/scratch.h"

enum { ITEMS = 9, SIDE = 6 };

static enum gmr_status load(struct catalogue *catalogue, unsigned threads)
{
    static const size_t positions[] = { 3, 0, 7, 4, 6, 1, 3 };
    const struct picture_loader_options options = { .positions = positions,
                                                    .count = sizeof positions / sizeof *positions,
                                                    .side = SIDE,
                                                    .threads = threads,
                                                    .ahead = 3 };
    struct picture_loader *loader;
    uint8_t square[SIDE * SIDE * 3];
    bool broken;
    const char *reason;
    TRY(picture_loader_create(catalogue, &options, &loader));
    enum gmr_status status = GMR_OK;
    for (size_t i = 0; i < options.count && status == GMR_OK; i++) {
        status = picture_loader_next(loader, square, &broken, &reason);
        if (status == GMR_OK)
            assert_int_equal(broken, !pictured_is_sound(positions[i]));
        else
            assert_int_equal(picture_loader_next(loader, square, &broken, &reason), status);
    }
    picture_loader_destroy(loader);
    return status;
}

static enum gmr_status load_with(const struct gmr_allocator *allocator, const void *threads)
{
    struct catalogue *catalogue;
    TRY(catalogue_open(allocator, in_scratch("shop"), &catalogue));
    const enum gmr_status status = load(catalogue, *(const unsigned *)threads);
    catalogue_close(catalogue);
    return status;
}

static void out_of_memory(void **state)
{
    (void)state;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    for (unsigned threads = 1; threads <= 3; threads++) {
        assert_true(fail_each_allocation(load_with, &threads, false) > 20);
        assert_true(fail_each_allocation(load_with, &threads, true) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(out_of_memory, scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
