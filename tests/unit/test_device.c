/* The host as a device: alignment, copies, and whose memory it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "support/support.h"
#include "tensor/device.h"

/* Allocates, fills and releases a block; returns how far its address is aligned, up to `limit`. */
static size_t alignment_of(const struct device *device, size_t size, size_t limit)
{
    unsigned char *memory = device->allocate(device, size);
    assert_non_null(memory);
    memset(memory, 3, size);
    size_t alignment = 1;
    while (alignment < limit && (uintptr_t)memory % (2 * alignment) == 0)
        alignment *= 2;
    device->release(device, memory, size);
    return alignment;
}

static void large_blocks_are_aligned_to_huge_pages(void **state)
{
    (void)state;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 0);
    const struct device devices[] = { device_host(NULL), device_host(&memory.allocator) };
    static const size_t small[] = { 1, 64, 1000, DEVICE_LARGE_BLOCK - 1 };
    static const size_t large[] = { DEVICE_LARGE_BLOCK, DEVICE_LARGE_BLOCK + 1, 7654321 };
    for (size_t d = 0; d < 2; d++) {
        for (size_t i = 0; i < sizeof small / sizeof *small; i++)
            assert_int_equal(alignment_of(&devices[d], small[i], MEMORY_ALIGNMENT),
                             MEMORY_ALIGNMENT);
        for (size_t i = 0; i < sizeof large / sizeof *large; i++)
            assert_int_equal(alignment_of(&devices[d], large[i], DEVICE_LARGE_BLOCK),
                             DEVICE_LARGE_BLOCK);
    }
    assert_int_equal(memory.calls, 7);
    assert_true(failing_allocator_is_clean(&memory));
}

/* Only large blocks ask for the wide alignment: it costs address space. */
static void *record_alignment(void *user, size_t size, size_t alignment)
{
    (void)size;
    *(size_t *)user = alignment;
    return NULL;
}

static void release_nothing(void *user, void *memory, size_t size)
{
    (void)user, (void)memory, (void)size;
}

static void lack_of_memory_is_reported(void **state)
{
    (void)state;
    size_t alignment = 0;
    const struct gmr_allocator allocator = { record_alignment, release_nothing, &alignment };
    const struct device device = device_host(&allocator);
    assert_null(device.allocate(&device, DEVICE_LARGE_BLOCK - 1));
    assert_int_equal(alignment, MEMORY_ALIGNMENT);
    gmr_error(GMR_ERR_STATE, "another message in between");
    assert_null(device.allocate(&device, DEVICE_LARGE_BLOCK));
    assert_int_equal(alignment, DEVICE_LARGE_BLOCK);
    assert_string_equal(gmr_error_message(), "out of memory: cannot allocate 2097152 bytes");
    device.release(&device, NULL, DEVICE_LARGE_BLOCK);
}

static void copies_arrive(void **state)
{
    (void)state;
    const struct device device = device_host(NULL), copy = device;
    char *there = device.allocate(&device, 6), here[6] = "";
    assert_string_equal(device.name, "cpu");
    copy.upload(&copy, there, "hello", 6);
    copy.download(&copy, here, there, 6);
    assert_string_equal(here, "hello");
    copy.upload(&copy, NULL, NULL, 0);
    copy.release(&copy, there, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_blocks_are_aligned_to_huge_pages),
        cmocka_unit_test(lack_of_memory_is_reported),
        cmocka_unit_test(copies_arrive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
