/* The values that pickles build: in an arena with a limit, containers as lists of items. */
#include <string.h>

#include "tensor/pickle_inside.h"

enum gmr_status pickle_allocate(struct pickle *pickle, size_t size, void **memory)
{
    *memory = NULL;
    if (size > PICKLE_MAX_MEMORY || pickle->arena->used > PICKLE_MAX_MEMORY - size)
        return gmr_error(GMR_ERR_FORMAT, "its values need more than %d bytes", PICKLE_MAX_MEMORY);
    *memory = arena_array(pickle->arena, 1, size);
    return *memory ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status pickle_make(struct pickle *pickle, enum pickle_kind kind,
                            struct pickle_value **value)
{
    void *memory;
    *value = NULL;
    TRY(pickle_allocate(pickle, sizeof **value, &memory));
    *value = memory;
    (*value)->kind = kind;
    return GMR_OK;
}

enum gmr_status pickle_append(struct pickle *pickle, struct pickle_value *to,
                              const struct pickle_value *key, const struct pickle_value *value)
{
    void *memory;
    TRY(pickle_allocate(pickle, sizeof(struct pickle_item), &memory));
    struct pickle_item *item = memory;
    *item = (struct pickle_item){ .key = key, .value = value };
    if (to->items.last)
        to->items.last->next = item;
    else
        to->items.first = item;
    to->items.last = item;
    to->items.count++;
    return GMR_OK;
}

bool pickle_is_text(const struct pickle_value *value, const char *text)
{
    const size_t length = strlen(text);
    return value->kind == PICKLE_TEXT && value->bytes.size == length &&
           memcmp(value->bytes.data, text, length) == 0;
}

const struct pickle_value *pickle_find(const struct pickle_value *dict, const char *key)
{
    const struct pickle_value *found = NULL;
    if (dict->kind != PICKLE_DICT)
        return NULL;
    for (const struct pickle_item *item = dict->items.first; item; item = item->next)
        if (pickle_is_text(item->key, key))
            found = item->value;
    return found;
}
