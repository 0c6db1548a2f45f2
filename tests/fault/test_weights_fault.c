/* Files of weights when memory runs out: every allocation fails in turn, and stays failed. Then
 * there is no handle, and nothing is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/faults.h"
#include "support/support.h"
#include "tensor/weights.h"

#define DATA GMR_SOURCE_DIR "/tests/golden/data/containers/"

static enum gmr_status open_and_close(const struct gmr_allocator *allocator, const void *path)
{
    struct safetensors *file = (void *)1;
    const enum gmr_status status = weights_open(allocator, path, &file);
    if (status != GMR_OK) {
        assert_null(file);
        return status;
    }
    assert_true(safetensors_count(file) > 10);
    safetensors_close(file);
    return GMR_OK;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t least;
    } cases[] = {
        { DATA "archive.pt", 7 },
        { DATA "legacy.pt", 5 },
        { DATA "script.pt", 7 },
        { DATA "saved.safetensors", 4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int stays = 0; stays < 2; stays++)
            assert_true(fail_each_allocation(open_and_close, cases[i].path, stays) >=
                        cases[i].least);
}

/* What was built while reading goes; what the handle keeps is in proportion to the tensors. */
static void only_names_and_data_are_kept(void **state)
{
    (void)state;
    struct failing_allocator memory;
    struct safetensors *file;
    failing_allocator_init(&memory, 0);
    assert_int_equal(weights_open(&memory.allocator, DATA "archive.pt", &file), GMR_OK);
    assert_true(memory.peak_bytes > memory.live_bytes);
    assert_in_range(memory.live_blocks, 4, 6); /* handle, name, entries, index, arena */
    safetensors_close(file);
    assert_true(failing_allocator_is_clean(&memory));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(only_names_and_data_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
