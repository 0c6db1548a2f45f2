/* Lists of picture names. */
#include "catalogue/import/lists.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "catalogue/import/words.h"

enum { MAX_DEPTH = 8 };

/* A file of the source; *found false: there is none. */
static enum gmr_status open_file(const struct import_job *job, const char *name,
                                 struct file_map *map, bool *found)
{
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/%s", job->source, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return gmr_error(GMR_ERR_RANGE, "'%s' is too long a path", job->source);
    const enum gmr_status status = file_map_open(map, path);
    *found = status == GMR_OK;
    if (status == GMR_ERR_NOT_FOUND)
        return GMR_OK;
    TRY(status);
    if (map->size > LISTS_MAX_FILE) {
        file_map_close(map);
        return gmr_error(GMR_ERR_FORMAT, "'%s' is larger than %d bytes", path, LISTS_MAX_FILE);
    }
    return GMR_OK;
}

enum gmr_status lists_read(const struct import_job *job, const char *name, json_t **value)
{
    struct file_map map;
    bool found;
    *value = NULL;
    TRY(open_file(job, name, &map, &found));
    if (!found)
        return GMR_OK;
    enum gmr_status status = json_parse(map.data, map.size, MAX_DEPTH, name, value);
    file_map_close(&map);
    if (status == GMR_OK && !json_is_array(*value)) {
        status = gmr_error(GMR_ERR_FORMAT, "'%s' is no JSON array", name);
        json_decref(*value);
        *value = NULL;
    }
    return status;
}

static enum gmr_status no_memory(json_t **value)
{
    json_decref(*value);
    *value = NULL;
    return gmr_error(GMR_ERR_NOMEM, "out of memory");
}

/* One name a line. */
static enum gmr_status split_lines(const struct file_map *map, json_t **value)
{
    const char *text = (const char *)map->data;
    *value = json_array();
    for (size_t at = 0, length; at < map->size; at += length + 1) {
        const char *end = memchr(text + at, '\n', map->size - at);
        length = end ? (size_t)(end - text) - at : map->size - at;
        size_t used = length;
        while (used > 0 && strchr(" \t\r", text[at + used - 1]) && text[at + used - 1])
            used--;
        if (used == 0)
            continue;
        /* Not checked here: what is not UTF-8 gives no string, but null. */
        json_t *name = json_stringn(text + at, used);
        if (json_array_append_new(*value, name ? name : json_null()) != 0)
            return no_memory(value);
    }
    return *value ? GMR_OK : no_memory(value);
}

static enum gmr_status read_lines(struct import_job *job, const char *name, json_t **value)
{
    struct file_map map;
    bool found;
    *value = NULL;
    TRY(open_file(job, name, &map, &found));
    if (!found)
        return GMR_OK;
    const enum gmr_status status = split_lines(&map, value);
    file_map_close(&map);
    return status;
}

static bool is_name(const json_t *value)
{
    const char *name = json_string_value(value);
    return name && name[0] != '\0' && !strchr(name, '/');
}

/* Keeps the elements that are names, and lists the others. */
static enum gmr_status keep_names(struct import_job *job, const char *name, json_t **value)
{
    json_t *kept = json_array();
    enum gmr_status status = kept ? GMR_OK : no_memory(value);
    for (size_t i = 0; status == GMR_OK && i < json_array_size(*value); i++) {
        json_t *element = json_array_get(*value, i);
        if (!is_name(element))
            status = job_skip(job, NULL, name, 0, "an element that is no name");
        else if (json_array_append(kept, element) != 0)
            status = no_memory(value);
    }
    json_decref(*value);
    *value = kept;
    return status;
}

enum gmr_status lists_read_names(struct import_job *job, const char *name, json_t **value)
{
    const size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".txt") == 0)
        TRY(read_lines(job, name, value));
    else
        TRY(lists_read(job, name, value));
    return *value ? keep_names(job, name, value) : GMR_OK;
}

const char *lists_key(struct arena *arena, const char *name)
{
    static const char *const extensions[] = { ".jpg", ".jpeg", ".png", ".webp" };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        const size_t tail = strlen(extensions[i]);
        if (length > tail && strcmp(name + length - tail, extensions[i]) == 0) {
            length -= tail;
            break;
        }
    }
    return arena_strndup(arena, name, length);
}

enum gmr_status lists_note(json_t *known, struct arena *arena, const char *name, int mark)
{
    arena_clear(arena);
    const char *key = lists_key(arena, name);
    if (!key)
        return GMR_ERR_NOMEM;
    const json_int_t before = json_integer_value(json_object_get(known, key));
    if (json_object_set_new(known, key, json_integer(before | mark)) != 0)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    return GMR_OK;
}

enum gmr_status lists_note_all(json_t *known, struct arena *arena, const json_t *names, int mark)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        TRY(lists_note(known, arena, json_string_value(json_array_get(names, i)), mark));
    return GMR_OK;
}

enum gmr_status lists_add_item(struct import_job *job, struct arena *arena,
                               struct import_item *item)
{
    static const struct {
        const char *folder, *extension;
    } forms[] = { { "", "jpg" }, { "", "png" }, { "images/", "jpg" }, { "images/", "png" } };
    enum { FORMS = sizeof forms / sizeof *forms };
    const char **pictures = arena_array(arena, FORMS, sizeof *pictures);
    if (!pictures)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < FORMS; i++) {
        pictures[i] =
            arena_printf(arena, "%s%s.%s", forms[i].folder, item->key, forms[i].extension);
        if (!pictures[i])
            return GMR_ERR_NOMEM;
    }
    item->pictures = pictures;
    item->picture_count = FORMS;
    return job_add(job, item);
}

enum gmr_status lists_add_split(struct import_job *job, struct arena *arena, const char *split,
                                const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        arena_clear(arena);
        const char *key = lists_key(arena, json_string_value(json_array_get(names, i)));
        if (!key)
            return GMR_ERR_NOMEM;
        TRY(job_split(job, split, key));
    }
    return GMR_OK;
}
