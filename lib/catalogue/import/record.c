/* Items from rows. */
#include "catalogue/import/record.h"

#include <string.h>

#include "catalogue/import/words.h"

struct builder {
    struct arena *arena;
    char separator;
    struct import_item *item;
    struct gmr_attribute *attributes;
    const char **pictures;
    const char **splits;
};

static enum gmr_status add_split(struct builder *b, const char *value, size_t length)
{
    const char *name = arena_strndup(b->arena, value, length);
    if (name && b->separator)
        name = words_trim(b->arena, name);
    if (!name)
        return GMR_ERR_NOMEM;
    if (name[0] != '\0')
        b->splits[b->item->split_count++] = name;
    return GMR_OK;
}

static enum gmr_status add_splits(struct builder *b, const char *value)
{
    const char separators[2] = { b->separator, '\0' };
    while (*value) {
        const size_t length = b->separator ? strcspn(value, separators) : strlen(value);
        TRY(add_split(b, value, length));
        value += length + (value[length] != '\0');
    }
    return GMR_OK;
}

/* The name of the file that an address ends in; other names stay. */
static const char *picture_name(struct arena *arena, const char *value)
{
    const char *start = strstr(value, "://");
    if (!start)
        return value;
    const size_t length = strcspn(start + 3, "?#");
    char *path = arena_strndup(arena, start + 3, length);
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

static enum gmr_status add_field(struct builder *b, const char *value, const struct column_use *use)
{
    struct import_item *item = b->item;
    if (value[0] == '\0')
        return GMR_OK;
    switch (use->role) {
    case COLUMN_KEY: item->key = item->key ? item->key : value; break;
    case COLUMN_TITLE: item->title = item->title ? item->title : value; break;
    case COLUMN_DESCRIPTION:
        item->description = item->description ? item->description : value;
        break;
    case COLUMN_PICTURE:
        if (item->picture_count == 0 && !(b->pictures[0] = picture_name(b->arena, value)))
            return GMR_ERR_NOMEM;
        item->picture_count = 1;
        break;
    case COLUMN_SPLIT: return add_splits(b, value);
    case COLUMN_ATTRIBUTE:
        b->attributes[item->attribute_count++] =
            (struct gmr_attribute){ .name = use->name, .value = value };
        break;
    default: break;
    }
    return GMR_OK;
}

/* No value has more splits than separators and one. */
static size_t count_splits(const struct row *row, char separator)
{
    size_t count = row->count;
    for (size_t i = 0; separator && i < row->count; i++)
        for (const char *c = row->fields[i].value; (c = strchr(c, separator)) != NULL; c++)
            count++;
    return count;
}

enum gmr_status record_build(struct arena *arena, struct columns *columns, const struct row *row,
                             char separator, struct import_item *item)
{
    const struct column_use *uses;
    struct builder b = { .arena = arena, .separator = separator, .item = item };
    *item = (struct import_item){ .line = row->line };
    TRY(columns_resolve(columns, row, &uses));
    b.attributes = arena_array(arena, row->count, sizeof *b.attributes);
    b.splits = arena_array(arena, count_splits(row, separator), sizeof *b.splits);
    b.pictures = arena_array(arena, 1, sizeof *b.pictures);
    if (!b.attributes || !b.splits || !b.pictures)
        return GMR_ERR_NOMEM;
    item->attributes = b.attributes;
    item->splits = b.splits;
    item->pictures = b.pictures;
    for (size_t i = 0; i < row->count; i++)
        TRY(add_field(&b, row->fields[i].value, &uses[i]));
    return GMR_OK;
}
