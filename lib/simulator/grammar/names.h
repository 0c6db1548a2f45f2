/* Names and the numbers they stand for, in several spaces: words, spellings of values, names of
 * attributes. A hash table in an arena, which is the caller's and must outlive it. */
#ifndef SIMULATOR_GRAMMAR_NAMES_H
#define SIMULATOR_GRAMMAR_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

#define NAMES_NONE UINT32_MAX /* no name */

struct name {
    const char *text;
    uint32_t length, space, number;
};

struct names {
    struct arena *arena;
    struct name *slot; /* [capacity], a power of two; text NULL: free */
    size_t count, capacity;
};

/* Allocates nothing yet; nothing to release beside the arena. */
void names_init(struct names *names, struct arena *arena);

/* NAMES_NONE when there is no such name. */
uint32_t names_find(const struct names *names, uint32_t space, const char *text, size_t length);

/* Keeps a copy of the text; the name must be new. GMR_ERR_NOMEM. */
enum gmr_status names_add(struct names *names, uint32_t space, const char *text, size_t length,
                          uint32_t number);

/* Room for one more of `size` bytes in a list of `count` in the arena: the list, or a copy of twice
 * the capacity; NULL when there is no memory. */
void *list_grow(struct arena *arena, void *list, size_t count, size_t *capacity, size_t size);

#endif
