/* Where memory lives. A device hands out large blocks; kernels for it are in compute/. On the host,
 * blocks of at least DEVICE_LARGE_BLOCK are aligned for and advised to huge pages, since touching
 * fresh 4 KiB pages costs more than the arithmetic done on them. */
#ifndef TENSOR_DEVICE_H
#define TENSOR_DEVICE_H

#include <stddef.h>

#include "base/memory.h"

enum { DEVICE_LARGE_BLOCK = 2 * 1024 * 1024 }; /* a huge page */

/* Copies are as good as the original. Threads: as safe as the allocator. */
struct device {
    const char *name; /* "cpu" */

    /* `size` bytes aligned to MEMORY_ALIGNMENT, not cleared; NULL and a message: none left. Blocks
     * go back with the size they were asked for; NULL is fine. Only kernels and the copies below
     * touch the bytes: they need not be addressable from the host. */
    void *(*allocate)(const struct device *device, size_t size);
    void (*release)(const struct device *device, void *memory, size_t size);

    /* Copy between host and device; both wait until the bytes have arrived. */
    void (*upload)(const struct device *device, void *to, const void *from, size_t size);
    void (*download)(const struct device *device, void *to, const void *from, size_t size);

    const struct gmr_allocator *allocator; /* host memory, also for bookkeeping */
};

/* The host's memory, through `allocator` (NULL: the system's), which must outlive the device and
 * its copies. */
struct device device_host(const struct gmr_allocator *allocator);

#endif
