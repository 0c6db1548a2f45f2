/* What a cache of critiques holds in memory: values by keys, both of them bytes, in an arena.
 * Entries stay where they are until the table is cleared. */
#ifndef SIMULATOR_CRITIQUE_TABLE_H
#define SIMULATOR_CRITIQUE_TABLE_H

#include <stdint.h>

#include "base/arena.h"

struct critique_entry {
    struct critique_entry *next;      /* in its bucket */
    struct critique_entry *unwritten; /* for the owner: the next one that is not on disk yet */
    uint64_t hash;
    size_t key_size, value_size;
    const void *key, *value; /* the value is aligned to 16 bytes */
};

struct critique_table {
    struct arena arena;
    struct critique_entry **bucket; /* [buckets], a power of two, or none yet */
    size_t buckets, count;
};

/* Allocates nothing yet. The caller releases it. */
void critique_table_init(struct critique_table *table, const struct gmr_allocator *allocator);
void critique_table_release(struct critique_table *table);

/* Forgets all entries and keeps the memory. */
void critique_table_clear(struct critique_table *table);

/* NULL when there is none. */
struct critique_entry *critique_table_find(const struct critique_table *table, const void *key,
                                           size_t key_size);

/* Copies both. The key must not be there yet. NULL (and a message) when memory is out. */
struct critique_entry *critique_table_add(struct critique_table *table, const void *key,
                                          size_t key_size, const void *value, size_t value_size);

#endif
