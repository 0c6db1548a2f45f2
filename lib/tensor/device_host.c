/* The host as a device. */
#include "tensor/device.h"

#include <string.h>
#include <sys/mman.h>

static void *host_allocate(const struct device *device, size_t size)
{
    if (size < DEVICE_LARGE_BLOCK)
        return memory_allocate(device->allocator, size);
    void *memory = memory_allocate_aligned(device->allocator, size, DEVICE_LARGE_BLOCK);
    if (memory)
        madvise(memory, size, MADV_HUGEPAGE); /* where it is refused, small pages do */
    return memory;
}

static void host_release(const struct device *device, void *memory, size_t size)
{
    memory_release(device->allocator, memory, size);
}

static void host_copy(const struct device *device, void *to, const void *from, size_t size)
{
    (void)device;
    if (size > 0)
        memcpy(to, from, size);
}

struct device device_host(const struct gmr_allocator *allocator)
{
    return (struct device){
        .name = "cpu",
        .allocate = host_allocate,
        .release = host_release,
        .upload = host_copy,
        .download = host_copy,
        .allocator = allocator,
    };
}
