/* A hash table with chains; hashes are FNV-1a, finished by a multiplication that lets all bits of
 * the hash decide about the bucket. */
#include "simulator/critique_table.h"

#include <stdbool.h>
#include <string.h>

enum { FIRST_BUCKETS = 1024 };

static uint64_t hash_of(const void *key, size_t size)
{
    const unsigned char *byte = key;
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * 0x100000001B3u;
    return (hash ^ hash >> 32) * 0x9E3779B97F4A7C15u;
}

void critique_table_init(struct critique_table *table, const struct gmr_allocator *allocator)
{
    *table = (struct critique_table){ .buckets = 0 };
    arena_init(&table->arena, allocator, 0);
}

void critique_table_release(struct critique_table *table)
{
    memory_release(table->arena.allocator, table->bucket, table->buckets * sizeof *table->bucket);
    arena_release(&table->arena);
    table->bucket = NULL;
    table->buckets = table->count = 0;
}

void critique_table_clear(struct critique_table *table)
{
    for (size_t i = 0; i < table->buckets; i++)
        table->bucket[i] = NULL;
    arena_clear(&table->arena);
    table->count = 0;
}

/* Buckets are chosen by the upper bits, which the last multiplication mixes best. */
static struct critique_entry **bucket_of(const struct critique_table *table, uint64_t hash)
{
    return &table->bucket[(hash >> 20) & (table->buckets - 1)];
}

struct critique_entry *critique_table_find(const struct critique_table *table, const void *key,
                                           size_t key_size)
{
    const uint64_t hash = hash_of(key, key_size);
    if (table->buckets == 0)
        return NULL;
    for (struct critique_entry *e = *bucket_of(table, hash); e; e = e->next)
        if (e->hash == hash && e->key_size == key_size && memcmp(e->key, key, key_size) == 0)
            return e;
    return NULL;
}

static bool grow(struct critique_table *table)
{
    const struct gmr_allocator *allocator = table->arena.allocator;
    const struct critique_table old = *table;
    const size_t buckets = old.buckets > 0 ? 2 * old.buckets : FIRST_BUCKETS;
    struct critique_entry **bucket =
        memory_array(allocator, buckets, sizeof(struct critique_entry *));
    if (!bucket)
        return false;
    table->bucket = bucket;
    table->buckets = buckets;
    for (size_t i = 0; i < old.buckets; i++)
        for (struct critique_entry *e = old.bucket[i], *next; e; e = next) {
            struct critique_entry **place = bucket_of(table, e->hash);
            next = e->next;
            e->next = *place;
            *place = e;
        }
    memory_release(allocator, old.bucket, old.buckets * sizeof *old.bucket);
    return true;
}

static void *copy(struct arena *arena, const void *bytes, size_t size)
{
    void *made = arena_alloc(arena, size);
    if (made && size > 0)
        memcpy(made, bytes, size);
    return made;
}

struct critique_entry *critique_table_add(struct critique_table *table, const void *key,
                                          size_t key_size, const void *value, size_t value_size)
{
    if (table->count >= table->buckets && !grow(table))
        return NULL;
    struct critique_entry *e = arena_alloc(&table->arena, sizeof *e);
    const void *own_key = copy(&table->arena, key, key_size);
    const void *own_value = copy(&table->arena, value, value_size);
    if (!e || !own_key || !own_value)
        return NULL;
    *e = (struct critique_entry){ .hash = hash_of(key, key_size),
                                  .key_size = key_size,
                                  .value_size = value_size,
                                  .key = own_key,
                                  .value = own_value };
    struct critique_entry **place = bucket_of(table, e->hash);
    e->next = *place;
    *place = e;
    table->count++;
    return e;
}
