/* An arena: many small things that die together. Memory comes in chunks; arena_clear keeps them for
 * the next use. Owner of everything inside: the arena. Not thread-safe. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/memory.h"

struct arena_chunk;

struct arena {
    const struct gmr_allocator *allocator;
    struct arena_chunk *first, *current;
    size_t chunk_size;
    size_t used;       /* bytes handed out since the last clear, each piece rounded up to 16 */
    size_t high_water; /* most bytes ever handed out at once */
};

/* chunk_size 0 takes a default of 64 KiB. Allocates nothing yet. */
void arena_init(struct arena *arena, const struct gmr_allocator *allocator, size_t chunk_size);

/* Gives all memory back; the arena is as after arena_init. */
void arena_release(struct arena *arena);

/* Ends the life of everything inside, and keeps the chunks. */
void arena_clear(struct arena *arena);

/* `size` bytes aligned to 16, not cleared; NULL (and a message) when there is no memory. size 0
 * gives a pointer too. */
void *arena_alloc(struct arena *arena, size_t size);

/* count x size bytes set to zero; NULL also when the product overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copies of strings; NULL when there is no memory. strndup takes at most `length` bytes. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) GMR_PRINTF(2, 3);

#endif
