/* Heap memory through the user's allocator, or the system's. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

static void *system_allocate(size_t size, size_t alignment)
{
    void *memory;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

/* An allocator never sees size 0, for which the C library and others differ in what they return. */
static size_t real_size(size_t size)
{
    return size > 0 ? size : 1;
}

static void *allocate(const struct gmr_allocator *allocator, size_t size, size_t alignment)
{
    if (size > PTRDIFF_MAX)
        return NULL;
    if (!allocator || !allocator->allocate)
        return system_allocate(size, alignment);
    return allocator->allocate(allocator->user, size, alignment);
}

void *memory_allocate(const struct gmr_allocator *allocator, size_t size)
{
    return memory_allocate_aligned(allocator, size, MEMORY_ALIGNMENT);
}

void *memory_allocate_aligned(const struct gmr_allocator *allocator, size_t size, size_t alignment)
{
    void *memory = allocate(allocator, real_size(size), alignment);
    if (!memory)
        gmr_error(GMR_ERR_NOMEM, "out of memory: cannot allocate %zu bytes", size);
    return memory;
}

void *memory_array(const struct gmr_allocator *allocator, size_t count, size_t size)
{
    size_t bytes;
    if (!memory_product(count, size, &bytes)) {
        gmr_error(GMR_ERR_NOMEM, "out of memory: cannot allocate %zu times %zu bytes", count, size);
        return NULL;
    }
    void *memory = memory_allocate(allocator, bytes);
    if (memory)
        memset(memory, 0, real_size(bytes));
    return memory;
}

void memory_release(const struct gmr_allocator *allocator, void *memory, size_t size)
{
    if (!memory)
        return;
    if (!allocator || !allocator->allocate)
        free(memory);
    else
        allocator->release(allocator->user, memory, real_size(size));
}

bool memory_product(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}
