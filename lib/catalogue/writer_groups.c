/* Writing splits and captions. */
#include <string.h>

#include "catalogue/writer_inside.h"

/* writer_find with a message, and with other errors ending the writer. */
static enum gmr_status find_put(struct catalogue_writer *writer, const char *key, int64_t *id)
{
    enum gmr_status status = writer_find(writer, key, id);
    if (status == GMR_ERR_NOT_FOUND)
        return gmr_error(status, "no item '%s' in this import", key);
    return writer_fail(writer, status);
}

static enum gmr_status append(struct catalogue_writer *writer, const char *split, int64_t item)
{
    sqlite3_stmt *q;
    int64_t id;
    TRY(writer_name(writer, NAME_SPLIT, 0, split, &id));
    TRY(store_reuse(writer->store,
                    "INSERT OR IGNORE INTO split_item (split, source, place, item)"
                    " VALUES (?, ?, ?, ?)",
                    &q));
    sqlite3_bind_int64(q, 1, id);
    sqlite3_bind_int64(q, 2, writer->source);
    sqlite3_bind_int64(q, 3, (int64_t)writer->places++);
    sqlite3_bind_int64(q, 4, item);
    return store_run(writer->store, q, "write a split");
}

enum gmr_status catalogue_writer_split(struct catalogue_writer *writer, const char *split,
                                       const char *key)
{
    int64_t item;
    if (split[0] == '\0')
        return gmr_error(GMR_ERR_FORMAT, "a split has no name");
    TRY(writer_check_text("split", split, CATALOGUE_KEY_MAX));
    TRY(writer_start(writer));
    TRY(find_put(writer, key, &item));
    return writer_fail(writer, append(writer, split, item));
}

static enum gmr_status insert_caption(struct catalogue_writer *writer, const char *split,
                                      size_t pair, const int64_t *target, int64_t candidate,
                                      const char *text)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store,
                    "INSERT INTO caption (source, split, pair, target, candidate, text)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    &q));
    sqlite3_bind_int64(q, 1, writer->source);
    sqlite3_bind_text(q, 2, split, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 3, (int64_t)pair);
    if (target)
        sqlite3_bind_int64(q, 4, *target);
    sqlite3_bind_int64(q, 5, candidate);
    sqlite3_bind_text(q, 6, text, -1, SQLITE_STATIC);
    TRY(store_run(writer->store, q, "write a caption"));
    writer->report.captions++;
    return GMR_OK;
}

enum gmr_status catalogue_writer_caption(struct catalogue_writer *writer, const char *split,
                                         size_t pair, const char *target, const char *candidate,
                                         const char *text)
{
    int64_t target_id, candidate_id;
    if (pair > INT64_MAX)
        return gmr_error(GMR_ERR_FORMAT, "the number %zu of a pair is too large", pair);
    TRY(writer_check_text("split", split, CATALOGUE_KEY_MAX));
    TRY(writer_check_text("caption", text, WRITER_TEXT_MAX));
    TRY(writer_start(writer));
    if (target)
        TRY(find_put(writer, target, &target_id));
    TRY(find_put(writer, candidate, &candidate_id));
    return writer_fail(writer, insert_caption(writer, split ? split : "", pair,
                                              target ? &target_id : NULL, candidate_id, text));
}
