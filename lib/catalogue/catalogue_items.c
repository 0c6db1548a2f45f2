/* Reading one item: its texts, attributes and picture. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "catalogue/inside.h"
#include "media/picture.h"

/* ---- items ---- */

static enum gmr_status read_attribute(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                      struct gmr_attribute *attribute)
{
    TRY(store_text(store, q, 0, arena, &attribute->name));
    TRY(store_text(store, q, 1, arena, &attribute->value));
    bool is_number = sqlite3_column_type(q, 2) != SQLITE_NULL;
    double number = sqlite3_column_double(q, 2);
    attribute->number = is_number && isfinite(number) ? number : NAN;
    return GMR_OK;
}

static enum gmr_status read_attributes(struct catalogue *catalogue, struct arena *arena,
                                       struct gmr_item *item)
{
    struct growing list = { .size = sizeof(struct gmr_attribute) };
    struct store *store = catalogue->store;
    enum gmr_status status = GMR_OK;
    sqlite3_stmt *q;
    int code = SQLITE_ROW;
    TRY(store_reuse(store,
                    "SELECT a.name, v.text, v.number FROM item_value iv"
                    " JOIN attribute_value v ON v.id = iv.value"
                    " JOIN attribute a ON a.id = v.attribute"
                    " WHERE iv.item = ? ORDER BY iv.place",
                    &q));
    sqlite3_bind_int64(q, 1, item->id);
    while (status == GMR_OK && (code = sqlite3_step(q)) == SQLITE_ROW) {
        struct gmr_attribute *attribute = growing_add(&list, arena);
        status = attribute ? read_attribute(store, q, arena, attribute) : GMR_ERR_NOMEM;
    }
    if (status == GMR_OK && code != SQLITE_DONE)
        status = store_error(store, "cannot read attributes of item '%s'", item->key);
    sqlite3_reset(q);
    item->attributes = list.data;
    item->attribute_count = list.count;
    return status;
}

/* Columns 4 .. 7: format, width, height, path; all NULL for an item without picture. */
static enum gmr_status read_picture(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                    struct gmr_item *item)
{
    size_t format;
    if (sqlite3_column_type(q, 4) == SQLITE_NULL)
        return GMR_OK;
    TRY(store_size(store, q, 4, GMR_PICTURE_WEBP + 1, &format));
    TRY(store_size(store, q, 5, INT32_MAX, &item->picture_width));
    TRY(store_size(store, q, 6, INT32_MAX, &item->picture_height));
    item->picture_format = (enum gmr_picture_format)format;
    if (sqlite3_column_type(q, 7) == SQLITE_NULL)
        return GMR_OK;
    return store_text(store, q, 7, arena, &item->picture_path);
}

static enum gmr_status read_row(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                struct gmr_item *item)
{
    item->id = sqlite3_column_int64(q, 0);
    TRY(store_text(store, q, 1, arena, &item->key));
    TRY(store_text(store, q, 2, arena, &item->title));
    TRY(store_text(store, q, 3, arena, &item->description));
    return read_picture(store, q, arena, item);
}

/* All of an item but its attributes. */
static enum gmr_status read_item(struct catalogue *catalogue, size_t position, struct arena *arena,
                                 struct gmr_item *item)
{
    struct store *store = catalogue->store;
    enum gmr_status status;
    sqlite3_stmt *q;
    *item = (struct gmr_item){ .position = position };
    TRY(catalogue_check_position(catalogue, position));
    TRY(store_reuse(store,
                    "SELECT i.id, i.key, i.title, i.description, p.format, p.width, p.height,"
                    " p.path FROM item i LEFT JOIN picture p ON p.item = i.id"
                    " WHERE i.position = ?",
                    &q));
    sqlite3_bind_int64(q, 1, (int64_t)position);
    switch (sqlite3_step(q)) {
    case SQLITE_ROW: status = read_row(store, q, arena, item); break;
    case SQLITE_DONE:
        status = gmr_error(GMR_ERR_FORMAT, "cannot read '%s': no item at position %zu",
                           store_path(store), position);
        break;
    default: status = store_error(store, "cannot read item %zu", position);
    }
    sqlite3_reset(q);
    return status;
}

enum gmr_status catalogue_item(struct catalogue *catalogue, size_t position, struct arena *arena,
                               struct gmr_item *item)
{
    TRY(read_item(catalogue, position, arena, item));
    return read_attributes(catalogue, arena, item);
}

/* ---- pictures ---- */

struct bytes {
    const void *data;
    size_t size;
};

static enum gmr_status copy_bytes(struct arena *arena, const void *data, size_t size,
                                  struct bytes *bytes)
{
    void *copy = arena_alloc(arena, size);
    if (!copy)
        return GMR_ERR_NOMEM;
    if (size > 0)
        memcpy(copy, data, size);
    *bytes = (struct bytes){ .data = copy, .size = size };
    return GMR_OK;
}

/* Copies column 0 of the row of this item; empty when there is no row, or the column is NULL. */
static enum gmr_status read_blob(struct catalogue *catalogue, sqlite3_stmt *q, int64_t id,
                                 struct arena *arena, struct bytes *bytes)
{
    enum gmr_status status = GMR_OK;
    *bytes = (struct bytes){ .data = NULL };
    sqlite3_bind_int64(q, 1, id);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW) {
        const void *data = sqlite3_column_blob(q, 0);
        if (data)
            status = copy_bytes(arena, data, (size_t)sqlite3_column_bytes(q, 0), bytes);
        else if (sqlite3_errcode(store_handle(catalogue->store)) == SQLITE_NOMEM)
            status = store_error(catalogue->store, "cannot read a picture");
    } else if (code != SQLITE_DONE) {
        status = store_error(catalogue->store, "cannot read a picture");
    }
    sqlite3_reset(q);
    return status;
}

/* A picture that lies elsewhere. A catalogue from somebody else could name any file of this
 * machine, so what is no picture is not given away. */
static enum gmr_status read_file(const char *path, struct arena *arena, struct bytes *bytes)
{
    struct file_map map;
    enum gmr_status status;
    TRY(file_map_open(&map, path));
    if (map.size > PICTURE_MAX_BYTES)
        status = gmr_error(GMR_ERR_UNSUPPORTED, "cannot read '%s': larger than %d bytes", path,
                           PICTURE_MAX_BYTES);
    else if (picture_recognise(map.data, map.size) == GMR_PICTURE_NONE)
        status = gmr_error(GMR_ERR_FORMAT, "cannot read '%s': not a picture", path);
    else
        status = copy_bytes(arena, map.data, map.size, bytes);
    file_map_close(&map);
    return status;
}

static enum gmr_status read_stored(struct catalogue *catalogue, const struct gmr_item *item,
                                   struct arena *arena, struct bytes *bytes)
{
    sqlite3_stmt *q;
    TRY(store_reuse(catalogue->store, "SELECT bytes FROM picture_data WHERE item = ?", &q));
    TRY(read_blob(catalogue, q, item->id, arena, bytes));
    if (!bytes->data)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': the picture of item '%s' is missing",
                         store_path(catalogue->store), item->key);
    return GMR_OK;
}

static enum gmr_status read_full(struct catalogue *catalogue, const struct gmr_item *item,
                                 struct arena *arena, struct bytes *bytes)
{
    return item->picture_path ? read_file(item->picture_path, arena, bytes)
                              : read_stored(catalogue, item, arena, bytes);
}

/* A JPEG with a beginning and an end. */
static bool is_whole_jpeg(const struct bytes *bytes)
{
    const uint8_t *end = (const uint8_t *)bytes->data + bytes->size;
    return bytes->size >= 4 && picture_recognise(bytes->data, bytes->size) == GMR_PICTURE_JPEG &&
           end[-2] == 0xFF && end[-1] == 0xD9;
}

/* The stored thumbnail; none when it is missing or damaged, since it can be made again. */
static enum gmr_status read_thumbnail(struct catalogue *catalogue, const struct gmr_item *item,
                                      struct arena *arena, struct bytes *bytes)
{
    sqlite3_stmt *q;
    TRY(store_reuse(catalogue->store, "SELECT thumbnail FROM picture_data WHERE item = ?", &q));
    enum gmr_status status = read_blob(catalogue, q, item->id, arena, bytes);
    if (status == GMR_ERR_NOMEM || status == GMR_ERR_STATE)
        return status;
    if (status != GMR_OK || !is_whole_jpeg(bytes))
        *bytes = (struct bytes){ .data = NULL };
    return GMR_OK;
}

static enum gmr_status make_thumbnail(struct catalogue *catalogue, const struct gmr_item *item,
                                      struct arena *arena, struct bytes *bytes)
{
    const struct gmr_allocator *allocator = catalogue->allocator;
    struct picture picture;
    struct picture_file file;
    const char *name = item->picture_path ? item->picture_path : item->key;
    TRY(picture_decode(allocator, bytes->data, bytes->size, GMR_THUMBNAIL_SIDE, name, &picture,
                       NULL, NULL));
    enum gmr_status status = picture_thumbnail(allocator, &picture, GMR_THUMBNAIL_SIDE, &file);
    picture_release(&picture);
    if (status != GMR_OK)
        return status;
    status = copy_bytes(arena, file.bytes, file.size, bytes);
    picture_file_release(&file);
    return status;
}

static bool is_small(const struct gmr_item *item)
{
    return item->picture_width <= GMR_THUMBNAIL_SIDE && item->picture_height <= GMR_THUMBNAIL_SIDE;
}

static enum gmr_status read_size(struct catalogue *catalogue, const struct gmr_item *item,
                                 enum gmr_picture_size size, struct arena *arena,
                                 struct bytes *bytes)
{
    *bytes = (struct bytes){ .data = NULL };
    if (size == GMR_PICTURE_THUMBNAIL && !is_small(item))
        TRY(read_thumbnail(catalogue, item, arena, bytes));
    if (bytes->data)
        return GMR_OK;
    TRY(read_full(catalogue, item, arena, bytes));
    if (size == GMR_PICTURE_THUMBNAIL && !is_small(item))
        return make_thumbnail(catalogue, item, arena, bytes);
    return GMR_OK;
}

/* An item that has a picture. */
static enum gmr_status read_pictured(struct catalogue *catalogue, size_t position,
                                     struct arena *arena, struct gmr_item *item)
{
    TRY(read_item(catalogue, position, arena, item));
    if (item->picture_format == GMR_PICTURE_NONE)
        return gmr_error(GMR_ERR_NOT_FOUND, "item '%s' has no picture", item->key);
    return GMR_OK;
}

enum gmr_status catalogue_picture(struct catalogue *catalogue, size_t position,
                                  enum gmr_picture_size size, struct arena *arena,
                                  const void **bytes, size_t *length)
{
    struct gmr_item item;
    struct bytes found;
    *bytes = NULL;
    *length = 0;
    TRY(read_pictured(catalogue, position, arena, &item));
    TRY(read_size(catalogue, &item, size, arena, &found));
    *bytes = found.data;
    *length = found.size;
    return GMR_OK;
}

enum gmr_status catalogue_picture_find(struct catalogue *catalogue, size_t position,
                                       struct arena *arena, struct picture_source *source)
{
    struct gmr_item item;
    struct bytes stored = { .data = NULL };
    *source = (struct picture_source){ .bytes = NULL };
    TRY(read_pictured(catalogue, position, arena, &item));
    if (!item.picture_path)
        TRY(read_stored(catalogue, &item, arena, &stored));
    source->name = item.picture_path ? item.picture_path : item.key;
    source->bytes = stored.data;
    source->size = stored.size;
    return GMR_OK;
}

enum gmr_status picture_source_read(struct picture_source *source, struct arena *arena)
{
    struct bytes bytes = { .data = NULL };
    if (source->bytes)
        return GMR_OK;
    TRY(read_file(source->name, arena, &bytes));
    source->bytes = bytes.data;
    source->size = bytes.size;
    return GMR_OK;
}
