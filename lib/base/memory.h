/* Heap memory. Everything the library holds comes through an allocator that the user of the library
 * may supply; tests supply one that fails on purpose. An `allocator` argument of NULL means the
 * system's. Sizes are passed back on release, so an allocator needs no headers. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include <gommir/context.h>

enum { MEMORY_ALIGNMENT = 64 }; /* one cache line, one AVX-512 vector */

/* `size` bytes, aligned to MEMORY_ALIGNMENT, not cleared. NULL (and a message) when there is no
 * memory. size 0 gives a valid pointer that must be released as well. */
void *memory_allocate(const struct gmr_allocator *allocator, size_t size);

/* The same, aligned to `alignment`, a power of two of at least MEMORY_ALIGNMENT. */
void *memory_allocate_aligned(const struct gmr_allocator *allocator, size_t size, size_t alignment);

/* `count` x `size` bytes set to zero; NULL also when the product overflows. */
void *memory_array(const struct gmr_allocator *allocator, size_t count, size_t size);

/* Gives back what memory_allocate(size), its aligned form, or memory_array(count, size) with the
 * same product gave. NULL is fine. */
void memory_release(const struct gmr_allocator *allocator, void *memory, size_t size);

/* *product = a * b; false when it does not fit. */
bool memory_product(size_t a, size_t b, size_t *product);

#endif
