/* What the tokeniser and its trainer count and look up with: numbers found by a 64-bit key, texts
 * that get numbers, arrays that grow, and a heap. Not thread-safe, but to look things up in a table
 * that nobody changes. */
#ifndef MEDIA_TOKENISER_TABLE_H
#define MEDIA_TOKENISER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/status.h"

enum { TABLE_NONE = UINT32_MAX >> 1 }; /* a number that nothing has */

/* Makes room for at least `needed` elements of `size` bytes: returns `items`, an array of *capacity
 * elements that memory_release takes, or the larger one that replaces it, its new elements zero.
 * NULL (and a message) when there is no memory, or for TABLE_NONE elements and more; then all is
 * as it was. */
void *table_grow(const struct gmr_allocator *allocator, void *items, size_t *capacity, size_t size,
                 size_t needed);

/* ---- keys ---- */

struct key_slot {
    uint64_t key;
    uint32_t value; /* TABLE_NONE: nothing is here */
};

/* Open addressing; at most three quarters of the slots are used. Begin with zeros and the
 * allocator. */
struct key_table {
    const struct gmr_allocator *allocator;
    struct key_slot *slots;
    size_t capacity, count; /* capacity is 0 or a power of two */
};

void key_table_release(struct key_table *table);

/* Adds a key that is not there, with a value below TABLE_NONE. Error: GMR_ERR_NOMEM, then nothing
 * is added. */
enum gmr_status key_table_add(struct key_table *table, uint64_t key, uint32_t value);

static inline uint64_t key_hash(uint64_t key)
{
    key = (key ^ key >> 32) * 0x9E3779B97F4A7C15u;
    return key ^ key >> 29;
}

/* The slot of a key, or the empty one where it belongs. The table is not empty. */
static inline struct key_slot *key_table_slot(const struct key_table *table, uint64_t key)
{
    size_t mask = table->capacity - 1, at = key_hash(key) & mask;
    while (table->slots[at].value != TABLE_NONE && table->slots[at].key != key)
        at = (at + 1) & mask;
    return &table->slots[at];
}

/* TABLE_NONE when the key is not there. */
static inline uint32_t key_table_find(const struct key_table *table, uint64_t key)
{
    return table->capacity > 0 ? key_table_slot(table, key)->value : TABLE_NONE;
}

/* ---- texts ---- */

struct text_entry {
    const char *text; /* not NUL-terminated */
    uint32_t length;
    uint32_t next; /* of the same hash, or TABLE_NONE */
};

/* Different texts, numbered in the order they came. */
struct text_table {
    struct arena arena;
    struct key_table first; /* hash to the first of its entries */
    struct text_entry *entries;
    size_t capacity, count;
};

void text_table_init(struct text_table *table, const struct gmr_allocator *allocator);
void text_table_release(struct text_table *table);

/* TABLE_NONE when the text is not there. */
uint32_t text_table_find(const struct text_table *table, const char *text, size_t length);

/* Copies a text that is not there, of fewer than 2^32 bytes; its number is the count before. Error:
 * GMR_ERR_NOMEM, then nothing is added. */
enum gmr_status text_table_add(struct text_table *table, const char *text, size_t length);

/* ---- a heap ---- */

/* Which item comes out earlier. */
typedef bool heap_before(const void *context, uint64_t a, uint64_t b);

/* Inline, so that comparing costs no call. The caller's array has room. */
static inline void heap_push(uint64_t *items, size_t *count, uint64_t item, heap_before *before,
                             const void *context)
{
    size_t at = (*count)++;
    for (; at > 0 && before(context, item, items[(at - 1) / 2]); at = (at - 1) / 2)
        items[at] = items[(at - 1) / 2];
    items[at] = item;
}

/* The heap is not empty. */
static inline uint64_t heap_pop(uint64_t *items, size_t *count, heap_before *before,
                                const void *context)
{
    uint64_t top = items[0], last = items[--*count];
    size_t at = 0, child = 1;
    for (; child < *count; at = child, child = 2 * at + 1) {
        if (child + 1 < *count && before(context, items[child + 1], items[child]))
            child++;
        if (!before(context, items[child], last))
            break;
        items[at] = items[child];
    }
    items[at] = last;
    return top;
}

#endif
