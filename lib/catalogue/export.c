/* Exporting a catalogue: one JSON object an item, made with jansson, in the form that the jsonl
 * importer reads. Values that are numbers are written as numbers where that loses nothing. */
#include "catalogue/export.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "media/picture.h"

enum { NUMBER_DIGITS = 15 }; /* as many as every double gives back unchanged */

static enum gmr_status no_memory(void)
{
    return gmr_error(GMR_ERR_NOMEM, "out of memory");
}

/* Takes the value over; NULL stands for a lack of memory. */
static enum gmr_status set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0 ? GMR_OK : no_memory();
}

/* ---- attributes ---- */

static json_t *value_json(const struct gmr_attribute *attribute)
{
    char text[32];
    const double number = attribute->number;
    snprintf(text, sizeof text, "%.*g", NUMBER_DIGITS, number);
    if (strcmp(text, attribute->value) != 0 || !strpbrk(text, "0123456789"))
        return json_string(attribute->value);
    if (strspn(text, "-0123456789") == strlen(text))
        return json_integer((json_int_t)number);
    return json_real(number);
}

/* The second value of a name makes a list. */
static enum gmr_status add_attribute(json_t *object, const struct gmr_attribute *attribute)
{
    json_t *value = value_json(attribute), *there = json_object_get(object, attribute->name);
    if (!there)
        return set(object, attribute->name, value);
    if (!json_is_array(there)) {
        json_t *list = json_array();
        int failed = json_array_append(list, there);
        failed |= json_object_set_new(object, attribute->name, list);
        there = list;
        if (failed) {
            json_decref(value);
            return no_memory();
        }
    }
    return json_array_append_new(there, value) == 0 ? GMR_OK : no_memory();
}

static enum gmr_status set_attributes(json_t *line, const struct gmr_item *item)
{
    json_t *object = json_object();
    TRY(set(line, "attributes", object));
    for (size_t i = 0; i < item->attribute_count; i++)
        TRY(add_attribute(object, &item->attributes[i]));
    return GMR_OK;
}

static enum gmr_status set_splits(json_t *line, struct catalogue *catalogue, size_t position,
                                  struct arena *arena)
{
    const char *const *names;
    size_t count;
    TRY(catalogue_item_splits(catalogue, position, arena, &names, &count));
    if (count == 0)
        return GMR_OK;
    json_t *list = json_array();
    TRY(set(line, "splits", list));
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_string(names[i])) != 0)
            return no_memory();
    return GMR_OK;
}

/* ---- pictures ---- */

#define OWN_NAME "item-"

/* A key that can be a file's name in any folder, and is none of ours. */
static bool is_file_name(const char *key)
{
    static const char fit[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t length = strlen(key);
    return length <= 200 && key[0] != '.' && key[0] != '-' && strspn(key, fit) == length &&
           strncmp(key, OWN_NAME, sizeof OWN_NAME - 1) != 0;
}

static const char *picture_name(const struct gmr_item *item, struct arena *arena)
{
    const char *extension = picture_format_extension(item->picture_format);
    const size_t length = strlen(item->key), tail = strlen(extension);
    if (!is_file_name(item->key))
        return arena_printf(arena, OWN_NAME "%06zu.%s", item->position, extension);
    if (length > tail + 1 && item->key[length - tail - 1] == '.' &&
        strcmp(item->key + length - tail, extension) == 0)
        return item->key;
    return arena_printf(arena, "%s.%s", item->key, extension);
}

/* Copies the item's picture to FOLDER/NAME. */
static enum gmr_status copy_picture(struct catalogue *catalogue, const struct gmr_item *item,
                                    const char *folder, const char *name, struct arena *arena)
{
    const void *bytes;
    size_t size;
    struct file_writer *writer;
    const char *path = arena_printf(arena, "%s/%s", folder, name);
    if (!path)
        return GMR_ERR_NOMEM;
    TRY(catalogue_picture(catalogue, item->position, GMR_PICTURE_FULL, arena, &bytes, &size));
    TRY(file_writer_create(catalogue_allocator(catalogue), path, &writer));
    file_writer_write(writer, bytes, size);
    return file_writer_commit(writer);
}

static enum gmr_status set_picture(json_t *line, struct catalogue *catalogue,
                                   const struct gmr_item *item, const char *folder,
                                   struct arena *arena)
{
    if (item->picture_format == GMR_PICTURE_NONE)
        return GMR_OK;
    const char *name = item->picture_path;
    if (folder) {
        name = picture_name(item, arena);
        if (!name)
            return GMR_ERR_NOMEM;
        TRY(copy_picture(catalogue, item, folder, name, arena));
    }
    return name ? set(line, "picture", json_string(name)) : GMR_OK;
}

/* ---- lines ---- */

static enum gmr_status fill_line(json_t *line, struct catalogue *catalogue, size_t position,
                                 const char *pictures, struct arena *arena)
{
    struct gmr_item item;
    TRY(catalogue_item(catalogue, position, arena, &item));
    TRY(set(line, "key", json_string(item.key)));
    TRY(set(line, "title", json_string(item.title)));
    if (item.description[0] != '\0')
        TRY(set(line, "description", json_string(item.description)));
    TRY(set_attributes(line, &item));
    TRY(set_splits(line, catalogue, position, arena));
    return set_picture(line, catalogue, &item, pictures, arena);
}

/* The line in the arena, newline included. */
static enum gmr_status print_line(const json_t *line, struct arena *arena, const char **text,
                                  size_t *length)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(NUMBER_DIGITS);
    const size_t size = json_dumpb(line, NULL, 0, flags);
    char *buffer = size > 0 ? arena_alloc(arena, size + 1) : NULL;
    if (!buffer || json_dumpb(line, buffer, size, flags) != size)
        return no_memory();
    buffer[size] = '\n';
    *text = buffer;
    *length = size + 1;
    return GMR_OK;
}

static enum gmr_status export_item(struct catalogue *catalogue, size_t position,
                                   const char *pictures, const struct gmr_line_writer *writer,
                                   struct arena *arena)
{
    const char *text = NULL;
    size_t length = 0;
    json_t *line = json_object();
    enum gmr_status status =
        line ? fill_line(line, catalogue, position, pictures, arena) : no_memory();
    if (status == GMR_OK)
        status = print_line(line, arena, &text, &length);
    json_decref(line);
    if (status == GMR_OK && !writer->write(writer->user, text, length))
        status = gmr_error(GMR_ERR_CANCELLED, "exporting was stopped");
    return status;
}

enum gmr_status catalogue_export(struct catalogue *catalogue, const char *pictures,
                                 const struct gmr_line_writer *writer,
                                 const struct gmr_progress *progress)
{
    const size_t count = catalogue_count(catalogue);
    enum gmr_status status = GMR_OK;
    struct arena arena;
    if (pictures && mkdir(pictures, 0777) != 0 && errno != EEXIST)
        return file_error(errno, "create", pictures);
    arena_init(&arena, catalogue_allocator(catalogue), 0);
    for (size_t i = 0; status == GMR_OK && i < count; i++) {
        arena_clear(&arena);
        status = progress_check(progress, "exporting");
        if (status == GMR_OK)
            status = export_item(catalogue, i, pictures, writer, &arena);
        progress_report(progress, "exporting", "item", i + 1, count, NULL);
    }
    arena_release(&arena);
    return status;
}
