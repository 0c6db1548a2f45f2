/* Growing arrays, and tables with open addressing on top of them. */
#include "media/tokeniser_table.h"

#include <string.h>

enum { FIRST_CAPACITY = 64 };

void *table_grow(const struct gmr_allocator *allocator, void *items, size_t *capacity, size_t size,
                 size_t needed)
{
    size_t larger = *capacity > 0 ? *capacity : FIRST_CAPACITY;
    if (needed <= *capacity)
        return items;
    if (needed >= TABLE_NONE) {
        gmr_error(GMR_ERR_NOMEM, "out of memory: a table of %zu entries is full", *capacity);
        return NULL;
    }
    while (larger < needed)
        larger *= 2;
    void *moved = memory_array(allocator, larger, size);
    if (!moved)
        return NULL;
    if (items)
        memcpy(moved, items, *capacity * size);
    memory_release(allocator, items, *capacity * size);
    *capacity = larger;
    return moved;
}

/* ---- keys ---- */

void key_table_release(struct key_table *table)
{
    memory_release(table->allocator, table->slots, table->capacity * sizeof *table->slots);
    *table = (struct key_table){ .allocator = table->allocator };
}

static void put(struct key_table *table, uint64_t key, uint32_t value)
{
    struct key_slot *slot = key_table_slot(table, key);
    *slot = (struct key_slot){ key, value };
    table->count++;
}

static enum gmr_status rehash(struct key_table *table)
{
    struct key_table larger = { .allocator = table->allocator };
    size_t needed = table->capacity > 0 ? 2 * table->capacity : 1;
    larger.slots =
        table_grow(table->allocator, NULL, &larger.capacity, sizeof *larger.slots, needed);
    if (!larger.slots)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < larger.capacity; i++)
        larger.slots[i].value = TABLE_NONE;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].value != TABLE_NONE)
            put(&larger, table->slots[i].key, table->slots[i].value);
    key_table_release(table);
    *table = larger;
    return GMR_OK;
}

enum gmr_status key_table_add(struct key_table *table, uint64_t key, uint32_t value)
{
    if (4 * (table->count + 1) > 3 * table->capacity)
        TRY(rehash(table));
    put(table, key, value);
    return GMR_OK;
}

/* ---- texts ---- */

/* FNV-1a. */
static uint64_t hash_text(const char *text, size_t length)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
    return hash;
}

void text_table_init(struct text_table *table, const struct gmr_allocator *allocator)
{
    *table = (struct text_table){ .first = { .allocator = allocator } };
    arena_init(&table->arena, allocator, 0);
}

void text_table_release(struct text_table *table)
{
    memory_release(table->first.allocator, table->entries,
                   table->capacity * sizeof *table->entries);
    key_table_release(&table->first);
    arena_release(&table->arena);
    table->entries = NULL;
    table->capacity = table->count = 0;
}

uint32_t text_table_find(const struct text_table *table, const char *text, size_t length)
{
    uint32_t number = key_table_find(&table->first, hash_text(text, length));
    while (number != TABLE_NONE) {
        const struct text_entry *entry = &table->entries[number];
        if (entry->length == length && memcmp(entry->text, text, length) == 0)
            break;
        number = entry->next;
    }
    return number;
}

/* Puts an entry, whose number is the count, at the head of those with its hash. */
static enum gmr_status link_entry(struct text_table *table, struct text_entry *entry)
{
    uint64_t hash = hash_text(entry->text, entry->length);
    uint32_t number = (uint32_t)table->count;
    entry->next = key_table_find(&table->first, hash);
    if (entry->next == TABLE_NONE)
        return key_table_add(&table->first, hash, number);
    key_table_slot(&table->first, hash)->value = number;
    return GMR_OK;
}

enum gmr_status text_table_add(struct text_table *table, const char *text, size_t length)
{
    struct text_entry *entries =
        table_grow(table->first.allocator, table->entries, &table->capacity, sizeof *table->entries,
                   table->count + 1);
    if (!entries)
        return GMR_ERR_NOMEM;
    table->entries = entries;
    char *copy = arena_alloc(&table->arena, length);
    if (!copy)
        return GMR_ERR_NOMEM;
    memcpy(copy, text, length);
    struct text_entry *entry = &table->entries[table->count];
    *entry = (struct text_entry){ .text = copy, .length = (uint32_t)length };
    TRY(link_entry(table, entry));
    table->count++;
    return GMR_OK;
}
