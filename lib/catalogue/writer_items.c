/* Writing items: a record is compared with what is stored under its key, and only what differs is
 * written. */
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "catalogue/writer_inside.h"

/* ---- checking records ---- */

enum gmr_status writer_check_text(const char *what, const char *text, size_t limit)
{
    size_t size = text ? strnlen(text, limit + 1) : 0;
    if (size > limit)
        return gmr_error(GMR_ERR_FORMAT, "%s '%.80s...' is longer than %zu bytes", what, text,
                         limit);
    if (size > 0 && !text_is_utf8(text, size))
        return gmr_error(GMR_ERR_FORMAT, "%s '%.80s' is not UTF-8", what, text);
    return GMR_OK;
}

static enum gmr_status check_attribute(const struct gmr_attribute *attribute)
{
    TRY(writer_check_text("attribute", attribute->name, WRITER_TEXT_MAX));
    TRY(writer_check_text("value", attribute->value, WRITER_TEXT_MAX));
    if (attribute->name[0] == '\0')
        return gmr_error(GMR_ERR_FORMAT, "an attribute has no name");
    return GMR_OK;
}

static enum gmr_status check_record(const struct catalogue_record *record)
{
    if (record->key[0] == '\0')
        return gmr_error(GMR_ERR_FORMAT, "the key is empty");
    TRY(writer_check_text("key", record->key, CATALOGUE_KEY_MAX));
    TRY(writer_check_text("title", record->title, WRITER_TEXT_MAX));
    TRY(writer_check_text("description", record->description, WRITER_TEXT_MAX));
    TRY(writer_check_text("path", record->picture.path, WRITER_TEXT_MAX));
    for (size_t i = 0; i < record->attribute_count; i++)
        TRY(check_attribute(&record->attributes[i]));
    if (record->picture.size > STORE_VALUE_MAX / 2 ||
        record->picture.thumbnail_size > STORE_VALUE_MAX / 4)
        return gmr_error(GMR_ERR_FORMAT, "the picture of '%s' is too large", record->key);
    return GMR_OK;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void digest_record(const struct catalogue_record *record, uint8_t result[DIGEST_SIZE])
{
    struct digest digest;
    digest_init(&digest);
    digest_add_text(&digest, or_empty(record->title));
    digest_add_text(&digest, or_empty(record->description));
    for (size_t i = 0; i < record->attribute_count; i++) {
        digest_add_text(&digest, record->attributes[i].name);
        digest_add_text(&digest, record->attributes[i].value);
    }
    digest_finish(&digest, result);
}

/* ---- what is stored ---- */

struct stored_item {
    bool exists;
    int64_t id, source, position;
    bool same_texts; /* its digest is that of the record */
    bool has_picture;
    bool same_picture; /* same stamp, stored the same way */
    bool same_path;
    bool seen; /* in this import */
};

static bool same_text(sqlite3_stmt *q, int column, const char *text)
{
    const char *stored = (const char *)sqlite3_column_text(q, column);
    return stored && text ? strcmp(stored, text) == 0 : !stored && !text;
}

static void compare_stored(sqlite3_stmt *q, const struct catalogue_record *record,
                           const uint8_t digest[DIGEST_SIZE], struct stored_item *item)
{
    const void *stored = sqlite3_column_blob(q, 3);
    bool stored_path = sqlite3_column_type(q, 5) != SQLITE_NULL;
    const struct catalogue_picture *picture = &record->picture;
    *item = (struct stored_item){
        .exists = true,
        .id = sqlite3_column_int64(q, 0),
        .source = sqlite3_column_int64(q, 1),
        .position = sqlite3_column_int64(q, 2),
        .seen = sqlite3_column_int(q, 6) != 0,
        .has_picture = sqlite3_column_type(q, 4) != SQLITE_NULL,
        .same_path = same_text(q, 5, picture->path),
    };
    item->same_texts = stored && sqlite3_column_bytes(q, 3) == DIGEST_SIZE &&
                       memcmp(stored, digest, DIGEST_SIZE) == 0;
    if (item->has_picture && picture->stamp != 0)
        item->same_picture =
            sqlite3_column_int64(q, 4) == picture->stamp && stored_path == (picture->path != NULL);
    else
        item->same_picture = !item->has_picture && picture->stamp == 0;
}

static enum gmr_status find_stored(struct catalogue_writer *writer,
                                   const struct catalogue_record *record,
                                   const uint8_t digest[DIGEST_SIZE], struct stored_item *item)
{
    enum gmr_status status = GMR_OK;
    sqlite3_stmt *q;
    *item = (struct stored_item){ .exists = false };
    TRY(store_reuse(writer->store,
                    "SELECT i.id, i.source, i.position, i.digest, p.stamp, p.path,"
                    " EXISTS (SELECT 1 FROM seen WHERE item = i.id)"
                    " FROM item i LEFT JOIN picture p ON p.item = i.id WHERE i.key = ?",
                    &q));
    sqlite3_bind_text(q, 1, record->key, -1, SQLITE_STATIC);
    int code = sqlite3_step(q);
    if (code == SQLITE_ROW)
        compare_stored(q, record, digest, item);
    else if (code != SQLITE_DONE)
        status = store_error(writer->store, "cannot find item '%s'", record->key);
    sqlite3_reset(q);
    return status;
}

enum gmr_status writer_find(struct catalogue_writer *writer, const char *key, int64_t *id)
{
    enum gmr_status status;
    sqlite3_stmt *q;
    if (!writer->changing)
        return GMR_ERR_NOT_FOUND;
    TRY(store_reuse(writer->store,
                    "SELECT id FROM item WHERE key = ? AND id IN (SELECT item FROM seen)", &q));
    sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
    switch (sqlite3_step(q)) {
    case SQLITE_ROW:
        *id = sqlite3_column_int64(q, 0);
        status = GMR_OK;
        break;
    case SQLITE_DONE: status = GMR_ERR_NOT_FOUND; break;
    default: status = store_error(writer->store, "cannot find item '%s'", key);
    }
    sqlite3_reset(q);
    return status;
}

bool catalogue_writer_knows(struct catalogue_writer *writer, const char *key)
{
    int64_t id;
    return writer_find(writer, key, &id) == GMR_OK;
}

bool catalogue_writer_has_picture(struct catalogue_writer *writer, const char *key, int64_t stamp,
                                  bool stored)
{
    sqlite3_stmt *q;
    if (store_reuse(writer->store,
                    "SELECT 1 FROM item i JOIN picture p ON p.item = i.id WHERE i.key = ?"
                    " AND i.source = ? AND p.stamp = ? AND (p.path IS NULL) = ?",
                    &q) != GMR_OK)
        return false;
    sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, writer->source);
    sqlite3_bind_int64(q, 3, stamp);
    sqlite3_bind_int(q, 4, stored);
    bool has = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_reset(q);
    return has;
}

/* ---- writing ---- */

static enum gmr_status insert_item(struct catalogue_writer *writer,
                                   const struct catalogue_record *record,
                                   const uint8_t digest[DIGEST_SIZE], int64_t *id)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store,
                    "INSERT INTO item (source, position, key, title, description, digest)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    &q));
    sqlite3_bind_int64(q, 1, writer->source);
    sqlite3_bind_int64(q, 2, (int64_t)(writer->base + writer->put));
    sqlite3_bind_text(q, 3, record->key, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, or_empty(record->title), -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 5, or_empty(record->description), -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 6, digest, DIGEST_SIZE, SQLITE_STATIC);
    TRY(store_run(writer->store, q, "write an item"));
    *id = sqlite3_last_insert_rowid(store_handle(writer->store));
    return GMR_OK;
}

/* Runs a statement whose only parameter is an item. */
static enum gmr_status run_for(struct catalogue_writer *writer, const char *sql, int64_t item)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store, sql, &q));
    sqlite3_bind_int64(q, 1, item);
    return store_run(writer->store, q, "change an item");
}

static enum gmr_status update_texts(struct catalogue_writer *writer, int64_t id,
                                    const struct catalogue_record *record,
                                    const uint8_t digest[DIGEST_SIZE])
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store,
                    "UPDATE item SET title = ?, description = ?, digest = ? WHERE id = ?", &q));
    sqlite3_bind_text(q, 1, or_empty(record->title), -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, or_empty(record->description), -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 3, digest, DIGEST_SIZE, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, id);
    TRY(store_run(writer->store, q, "change an item"));
    return run_for(writer, "DELETE FROM item_value WHERE item = ?", id);
}

static enum gmr_status update_position(struct catalogue_writer *writer,
                                       const struct stored_item *item)
{
    sqlite3_stmt *q;
    int64_t position = (int64_t)(writer->base + writer->put);
    if (item->position == position)
        return GMR_OK;
    TRY(store_reuse(writer->store, "UPDATE item SET position = ? WHERE id = ?", &q));
    sqlite3_bind_int64(q, 1, position);
    sqlite3_bind_int64(q, 2, item->id);
    return store_run(writer->store, q, "move an item");
}

/* A pair that comes twice is written once: the second row breaks the uniqueness of (value, item).
 */
static enum gmr_status write_attribute(struct catalogue_writer *writer, int64_t item, size_t place,
                                       const struct gmr_attribute *attribute)
{
    int64_t name, value;
    sqlite3_stmt *q;
    TRY(writer_name(writer, NAME_ATTRIBUTE, 0, attribute->name, &name));
    TRY(writer_name(writer, NAME_VALUE, name, or_empty(attribute->value), &value));
    TRY(store_reuse(writer->store,
                    "INSERT OR IGNORE INTO item_value (item, place, value) VALUES (?, ?, ?)", &q));
    sqlite3_bind_int64(q, 1, item);
    sqlite3_bind_int64(q, 2, (int64_t)place);
    sqlite3_bind_int64(q, 3, value);
    return store_run(writer->store, q, "write an attribute");
}

static enum gmr_status write_attributes(struct catalogue_writer *writer, int64_t item,
                                        const struct catalogue_record *record)
{
    for (size_t i = 0; i < record->attribute_count; i++)
        TRY(write_attribute(writer, item, i, &record->attributes[i]));
    return GMR_OK;
}

/* ---- pictures ---- */

static enum gmr_status insert_picture(struct catalogue_writer *writer, int64_t item,
                                      const struct catalogue_picture *picture)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store,
                    "INSERT INTO picture (item, format, width, height, stamp, path)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    &q));
    sqlite3_bind_int64(q, 1, item);
    sqlite3_bind_int(q, 2, (int)picture->format);
    sqlite3_bind_int64(q, 3, (int64_t)picture->width);
    sqlite3_bind_int64(q, 4, (int64_t)picture->height);
    sqlite3_bind_int64(q, 5, picture->stamp);
    if (picture->path)
        sqlite3_bind_text(q, 6, picture->path, -1, SQLITE_STATIC);
    return store_run(writer->store, q, "write a picture");
}

static enum gmr_status insert_picture_data(struct catalogue_writer *writer, int64_t item,
                                           const struct catalogue_picture *picture)
{
    sqlite3_stmt *q;
    if (picture->path && !picture->thumbnail)
        return GMR_OK;
    TRY(store_reuse(writer->store,
                    "INSERT INTO picture_data (item, thumbnail, bytes) VALUES (?, ?, ?)", &q));
    sqlite3_bind_int64(q, 1, item);
    if (picture->thumbnail)
        sqlite3_bind_blob64(q, 2, picture->thumbnail, picture->thumbnail_size, SQLITE_STATIC);
    if (!picture->path)
        sqlite3_bind_blob64(q, 3, picture->bytes, picture->size, SQLITE_STATIC);
    return store_run(writer->store, q, "write a picture");
}

static enum gmr_status replace_picture(struct catalogue_writer *writer, int64_t item, bool stored,
                                       const struct catalogue_picture *picture)
{
    if (stored) {
        TRY(run_for(writer, "DELETE FROM picture_data WHERE item = ?", item));
        TRY(run_for(writer, "DELETE FROM picture WHERE item = ?", item));
    }
    if (picture->stamp == 0)
        return GMR_OK;
    TRY(insert_picture(writer, item, picture));
    return insert_picture_data(writer, item, picture);
}

static enum gmr_status update_path(struct catalogue_writer *writer, int64_t item, const char *path)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store, "UPDATE picture SET path = ? WHERE item = ?", &q));
    sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, item);
    return store_run(writer->store, q, "move a picture");
}

/* ---- putting ---- */

static enum gmr_status add(struct catalogue_writer *writer, const struct catalogue_record *record,
                           const uint8_t digest[DIGEST_SIZE], int64_t *id)
{
    TRY(insert_item(writer, record, digest, id));
    TRY(write_attributes(writer, *id, record));
    TRY(replace_picture(writer, *id, false, &record->picture));
    writer->report.added++;
    return GMR_OK;
}

static enum gmr_status change(struct catalogue_writer *writer,
                              const struct catalogue_record *record,
                              const uint8_t digest[DIGEST_SIZE], const struct stored_item *item)
{
    if (!item->same_texts) {
        TRY(update_texts(writer, item->id, record, digest));
        TRY(write_attributes(writer, item->id, record));
    }
    if (!item->same_picture)
        TRY(replace_picture(writer, item->id, item->has_picture, &record->picture));
    else if (!item->same_path)
        TRY(update_path(writer, item->id, record->picture.path));
    TRY(update_position(writer, item));
    if (item->same_texts && item->same_picture)
        writer->report.same++;
    else
        writer->report.changed++;
    return GMR_OK;
}

static enum gmr_status refuse(const struct catalogue_writer *writer,
                              const struct catalogue_record *record, const struct stored_item *item)
{
    const struct catalogue_picture *picture = &record->picture;
    if (item->seen)
        return gmr_error(GMR_ERR_FORMAT, "key '%s' comes twice", record->key);
    if (item->exists && item->source != writer->source)
        return gmr_error(GMR_ERR_FORMAT, "key '%s' belongs to an item of another source",
                         record->key);
    bool complete = picture->format != GMR_PICTURE_NONE && (picture->path || picture->bytes);
    if (picture->stamp != 0 && !complete && !(item->exists && item->same_picture))
        return gmr_error(GMR_ERR_FORMAT, "the picture of '%s' is not there to be kept",
                         record->key);
    return GMR_OK;
}

static enum gmr_status write_record(struct catalogue_writer *writer,
                                    const struct catalogue_record *record,
                                    const uint8_t digest[DIGEST_SIZE],
                                    const struct stored_item *item)
{
    int64_t id = item->id;
    if (item->exists)
        TRY(change(writer, record, digest, item));
    else
        TRY(add(writer, record, digest, &id));
    TRY(run_for(writer, "INSERT INTO seen (item) VALUES (?)", id));
    writer->put++;
    return GMR_OK;
}

enum gmr_status catalogue_writer_put(struct catalogue_writer *writer,
                                     const struct catalogue_record *record)
{
    uint8_t digest[DIGEST_SIZE];
    struct stored_item item;
    TRY(check_record(record));
    TRY(writer_start(writer));
    digest_record(record, digest);
    TRY(writer_fail(writer, find_stored(writer, record, digest, &item)));
    TRY(refuse(writer, record, &item));
    return writer_fail(writer, write_record(writer, record, digest, &item));
}
