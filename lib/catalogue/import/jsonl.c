/* Lines of JSON, each parsed on its own. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "catalogue/import/rows.h"
#include "catalogue/import/words.h"

enum { NAME_SIZE = 300 };

/* ---- objects ---- */

static size_t line_length(const char *text, size_t size)
{
    const char *end = memchr(text, '\n', size);
    return end ? (size_t)(end - text) + 1 : size;
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
            return false;
    return true;
}

/* Parses one line; GMR_ERR_FORMAT and a message when it holds no object. */
static enum gmr_status parse_line(const char *text, size_t size, size_t line, const char *name,
                                  json_t **object)
{
    char place[NAME_SIZE];
    *object = NULL;
    if (size > ROWS_MAX_LINE)
        return gmr_error(GMR_ERR_FORMAT, "a line of %zu bytes, at most %d are read", size,
                         ROWS_MAX_LINE);
    snprintf(place, sizeof place, "%s:%zu", name, line);
    TRY(json_parse(text, size, ROWS_MAX_DEPTH, place, object));
    if (json_is_object(*object))
        return GMR_OK;
    json_decref(*object);
    *object = NULL;
    return gmr_error(GMR_ERR_FORMAT, "not a JSON object");
}

static enum gmr_status report(const struct json_sink *sink, size_t line, const char *name,
                              bool first, size_t *damaged)
{
    if (first && ++*damaged >= ROWS_MAX_DAMAGED)
        return gmr_error(GMR_ERR_FORMAT, "'%s' does not hold one JSON object a line: %s", name,
                         gmr_error_message());
    return sink->damaged(sink->user, line, gmr_error_message());
}

enum gmr_status json_lines_read(const void *bytes, size_t size, const char *name,
                                const struct json_sink *sink)
{
    const char *text = bytes;
    size_t sound = 0, damaged = 0;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    for (size_t at = 0, line = 1, length; at < size; at += length, line++) {
        json_t *object;
        length = line_length(text + at, size - at);
        if (is_blank(text + at, length))
            continue;
        enum gmr_status status = parse_line(text + at, length, line, name, &object);
        if (status == GMR_OK) {
            sound++;
            status = sink->object(sink->user, line, object);
            json_decref(object);
        } else if (status == GMR_ERR_FORMAT) {
            status = report(sink, line, name, sound == 0, &damaged);
        }
        TRY(status);
    }
    return GMR_OK;
}

size_t json_lines_count(const void *bytes, size_t size)
{
    const char *text = bytes;
    size_t lines = 0;
    for (size_t at = 0, length; at < size; at += length) {
        length = line_length(text + at, size - at);
        lines += !is_blank(text + at, length);
    }
    return lines;
}

/* ---- rows ---- */

struct row_builder {
    const struct row_sink *sink;
    struct arena arena;
    struct row_field *fields; /* ROWS_MAX_FIELDS */
    size_t count;
};

static enum gmr_status add_field(struct row_builder *builder, const char *name, const json_t *value,
                                 bool attribute)
{
    char *text;
    if (json_is_null(value))
        return GMR_OK;
    if (builder->count == ROWS_MAX_FIELDS)
        return gmr_error(GMR_ERR_FORMAT, "more than %d values", ROWS_MAX_FIELDS);
    text = words_scalar(&builder->arena, value);
    if (!text)
        return GMR_ERR_NOMEM;
    builder->fields[builder->count++] = (struct row_field){ name, text, attribute };
    return GMR_OK;
}

static enum gmr_status add_object(struct row_builder *builder, const char *parent,
                                  const json_t *object, bool attribute);

/* Depth is that of the parsed text, which is bounded. */
static enum gmr_status add_value(struct row_builder *builder, const char *name, const json_t *value,
                                 bool attribute)
{
    if (json_is_object(value))
        return add_object(builder, name, value, attribute);
    if (!json_is_array(value))
        return add_field(builder, name, value, attribute);
    for (size_t i = 0; i < json_array_size(value); i++)
        TRY(add_value(builder, name, json_array_get(value, i), attribute));
    return GMR_OK;
}

static enum gmr_status add_object(struct row_builder *builder, const char *parent,
                                  const json_t *object, bool attribute)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        const bool opens = !parent && strcmp(key, "attributes") == 0 && json_is_object(value);
        const char *name = parent ? arena_printf(&builder->arena, "%s %s", parent, key) : key;
        if (!name)
            return GMR_ERR_NOMEM;
        if (opens) {
            const char *inner;
            json_t *member;
            json_object_foreach(value, inner, member) TRY(add_value(builder, inner, member, true));
        } else {
            TRY(add_value(builder, name, value, attribute));
        }
    }
    return GMR_OK;
}

static enum gmr_status on_object(void *user, size_t line, const json_t *object)
{
    struct row_builder *builder = user;
    enum gmr_status status;
    arena_clear(&builder->arena);
    builder->count = 0;
    status = add_object(builder, NULL, object, false);
    if (status == GMR_ERR_FORMAT)
        return builder->sink->damaged(builder->sink->user, line, gmr_error_message());
    TRY(status);
    const struct row row = { builder->fields, builder->count, line };
    return builder->sink->row(builder->sink->user, &row);
}

static enum gmr_status on_damage(void *user, size_t line, const char *reason)
{
    const struct row_builder *builder = user;
    return builder->sink->damaged(builder->sink->user, line, reason);
}

enum gmr_status jsonl_read(const struct gmr_allocator *allocator, const void *bytes, size_t size,
                           const char *name, const struct row_sink *sink)
{
    struct row_builder builder = { .sink = sink };
    const struct json_sink objects = { on_object, on_damage, &builder };
    const size_t fields_size = ROWS_MAX_FIELDS * sizeof *builder.fields;
    builder.fields = memory_allocate(allocator, fields_size);
    if (!builder.fields)
        return GMR_ERR_NOMEM;
    arena_init(&builder.arena, allocator, 0);
    const enum gmr_status status = json_lines_read(bytes, size, name, &objects);
    arena_release(&builder.arena);
    memory_release(allocator, builder.fields, fields_size);
    return status;
}
