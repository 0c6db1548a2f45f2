/* Open addressing with linear probing, at most half full. What is outgrown stays in the arena: less
 * than the table itself in all. */
#include "simulator/grammar/names.h"

#include <string.h>

enum { FIRST_CAPACITY = 64, FIRST_LIST = 16 };

void names_init(struct names *names, struct arena *arena)
{
    *names = (struct names){ .arena = arena };
}

/* FNV-1a. */
static uint64_t hash(uint32_t space, const char *text, size_t length)
{
    uint64_t state = (UINT64_C(0xcbf29ce484222325) ^ space) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < length; i++)
        state = (state ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return state ^ state >> 29;
}

/* The place of a name, or the free one where it would be. */
static struct name *place(const struct names *names, uint32_t space, const char *text,
                          size_t length)
{
    size_t i = hash(space, text, length) & (names->capacity - 1);
    for (;; i = (i + 1) & (names->capacity - 1)) {
        struct name *name = &names->slot[i];
        if (!name->text || (name->space == space && name->length == length &&
                            memcmp(name->text, text, length) == 0))
            return name;
    }
}

uint32_t names_find(const struct names *names, uint32_t space, const char *text, size_t length)
{
    if (names->capacity == 0)
        return NAMES_NONE;
    const struct name *name = place(names, space, text, length);
    return name->text ? name->number : NAMES_NONE;
}

static enum gmr_status grow(struct names *names)
{
    struct names larger = *names;
    larger.capacity = names->capacity > 0 ? 2 * names->capacity : FIRST_CAPACITY;
    larger.slot = arena_array(names->arena, larger.capacity, sizeof *larger.slot);
    if (!larger.slot)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < names->capacity; i++) {
        const struct name *name = &names->slot[i];
        if (name->text)
            *place(&larger, name->space, name->text, name->length) = *name;
    }
    *names = larger;
    return GMR_OK;
}

enum gmr_status names_add(struct names *names, uint32_t space, const char *text, size_t length,
                          uint32_t number)
{
    if (2 * (names->count + 1) > names->capacity)
        TRY(grow(names));
    const char *copy = arena_strndup(names->arena, text, length);
    if (!copy)
        return GMR_ERR_NOMEM;
    *place(names, space, text, length) = (struct name){ copy, (uint32_t)length, space, number };
    names->count++;
    return GMR_OK;
}

void *list_grow(struct arena *arena, void *list, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    const size_t larger = *capacity > 0 ? 2 * *capacity : FIRST_LIST;
    void *copy = arena_array(arena, larger, size);
    if (!copy)
        return NULL;
    if (count > 0)
        memcpy(copy, list, count * size);
    *capacity = larger;
    return copy;
}
