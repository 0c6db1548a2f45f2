/* Changing a catalogue: from taking the right to write to committing.
 *
 * Positions need no renumbering: those of earlier sources stay, the source's own follow from the
 * order of its records, and those of later sources all move by the same number. */
#include "catalogue/writer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "catalogue/writer_inside.h"

/* ---- the directory ---- */

static enum gmr_status make_directory(struct catalogue_writer *writer)
{
    writer->made = mkdir(writer->path, 0777) == 0;
    if (!writer->made && errno != EEXIST)
        return file_error(errno, "create", writer->path);
    return GMR_OK;
}

/* Removes a directory that this writer made, unless another process put a catalogue there
 * meanwhile. While this one has the right to write, the whole directory is taken away at once under
 * another name, so that a process that waits for the right finds its file gone, and does not write
 * into one that nobody will see. A directory with other files in it is brought back. */
static void remove_directory(struct catalogue_writer *writer)
{
    static const char *const files[] = { CATALOGUE_DATABASE, CATALOGUE_DATABASE "-wal",
                                         CATALOGUE_DATABASE "-shm" };
    char away[4096], file[4200];
    if (!writer->store || !store_begin_empty(writer->store)) {
        rmdir(writer->path);
        return;
    }
    size_t length = strlen(writer->path);
    while (length > 1 && writer->path[length - 1] == '/')
        length--;
    int size =
        snprintf(away, sizeof away, "%.*s.%ld.removed", (int)length, writer->path, (long)getpid());
    if (size < 0 || (size_t)size >= sizeof away || rename(writer->path, away) != 0)
        return;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(file, sizeof file, "%s/%s", away, files[i]);
        unlink(file);
    }
    if (rmdir(away) != 0)
        rename(away, writer->path);
}

/* ---- opening ---- */

static enum gmr_status find_source(struct catalogue_writer *writer,
                                   const struct catalogue_source *source, bool *found)
{
    enum gmr_status status = GMR_OK;
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store,
                    "SELECT id, fingerprint FROM source WHERE format = ? AND location = ?", &q));
    sqlite3_bind_text(q, 1, source->format, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, source->location, -1, SQLITE_STATIC);
    int code = sqlite3_step(q);
    *found = code == SQLITE_ROW;
    if (*found) {
        writer->source = sqlite3_column_int64(q, 0);
        status = store_text(writer->store, q, 1, &writer->kept, &writer->fingerprint);
    } else if (code != SQLITE_DONE) {
        status = store_error(writer->store, "cannot find the source");
    }
    sqlite3_reset(q);
    return status;
}

static enum gmr_status add_source(struct catalogue_writer *writer,
                                  const struct catalogue_source *source)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store, "INSERT INTO source (format, location) VALUES (?, ?)", &q));
    sqlite3_bind_text(q, 1, source->format, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, source->location, -1, SQLITE_STATIC);
    TRY(store_run(writer->store, q, "write the source"));
    writer->source = sqlite3_last_insert_rowid(store_handle(writer->store));
    return GMR_OK;
}

static enum gmr_status count_items(struct catalogue_writer *writer, const char *sql, size_t *count)
{
    sqlite3_stmt *q;
    int64_t found;
    TRY(store_reuse(writer->store, sql, &q));
    sqlite3_bind_int64(q, 1, writer->source);
    TRY(store_integer(writer->store, q, "count items", &found));
    *count = (size_t)found;
    return GMR_OK;
}

static enum gmr_status open_source(struct catalogue_writer *writer,
                                   const struct catalogue_source *source)
{
    bool found;
    writer->fingerprint = "";
    TRY(find_source(writer, source, &found));
    if (!found)
        TRY(add_source(writer, source));
    TRY(count_items(writer, "SELECT count(*) FROM item WHERE source = ?", &writer->count));
    return count_items(writer, "SELECT count(*) FROM item WHERE source < ?", &writer->base);
}

static enum gmr_status open_writer(struct catalogue_writer *writer, const char *path,
                                   const struct catalogue_source *source)
{
    writer->path = arena_strdup(&writer->kept, path);
    const char *file = catalogue_file(&writer->kept, path, CATALOGUE_DATABASE);
    if (!writer->path || !file)
        return GMR_ERR_NOMEM;
    TRY(writer_names_create(writer));
    TRY(writer_check_text("source", source->location, WRITER_TEXT_MAX));
    TRY(make_directory(writer));
    TRY(store_open(writer->allocator, file, STORE_WRITE, &catalogue_schema, &writer->store));
    TRY(store_begin(writer->store));
    TRY(store_migrate(writer->store));
    return open_source(writer, source);
}

enum gmr_status catalogue_writer_open(const struct gmr_allocator *allocator, const char *path,
                                      const struct catalogue_source *source,
                                      struct catalogue_writer **writer)
{
    *writer = NULL;
    struct catalogue_writer *opened = memory_array(allocator, 1, sizeof *opened);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->allocator = allocator;
    arena_init(&opened->kept, allocator, 4096);
    enum gmr_status status = open_writer(opened, path, source);
    if (status != GMR_OK) {
        catalogue_writer_abort(opened);
        return status;
    }
    *writer = opened;
    return GMR_OK;
}

bool catalogue_writer_is_current(const struct catalogue_writer *writer, const char *fingerprint)
{
    return writer->fingerprint[0] != '\0' && strcmp(writer->fingerprint, fingerprint) == 0;
}

size_t catalogue_writer_count(const struct catalogue_writer *writer)
{
    return writer->count;
}

/* ---- changing ---- */

enum gmr_status writer_fail(struct catalogue_writer *writer, enum gmr_status status)
{
    if (status != GMR_OK)
        writer->failed = status;
    return status;
}

/* Runs a statement whose only parameter is the source. */
static enum gmr_status run_for_source(struct catalogue_writer *writer, const char *sql)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store, sql, &q));
    sqlite3_bind_int64(q, 1, writer->source);
    return store_run(writer->store, q, "change the catalogue");
}

static enum gmr_status start(struct catalogue_writer *writer)
{
    TRY(store_execute(writer->store, "CREATE TEMP TABLE seen (item INTEGER PRIMARY KEY)"));
    TRY(run_for_source(writer, "DELETE FROM split_item WHERE source = ?"));
    return run_for_source(writer, "DELETE FROM caption WHERE source = ?");
}

enum gmr_status writer_start(struct catalogue_writer *writer)
{
    if (writer->failed != GMR_OK)
        return gmr_error(writer->failed, "the import has failed before");
    if (writer->changing)
        return GMR_OK;
    writer->changing = true;
    return writer_fail(writer, start(writer));
}

/* ---- finishing ---- */

static enum gmr_status remove_unseen(struct catalogue_writer *writer)
{
    TRY(run_for_source(writer, "DELETE FROM item WHERE source = ?"
                               " AND id NOT IN (SELECT item FROM seen)"));
    writer->report.removed = (size_t)sqlite3_changes64(store_handle(writer->store));
    return GMR_OK;
}

static enum gmr_status move_later_sources(struct catalogue_writer *writer)
{
    sqlite3_stmt *q;
    if (writer->put == writer->count)
        return GMR_OK;
    TRY(store_reuse(writer->store, "UPDATE item SET position = position + ? WHERE source > ?", &q));
    sqlite3_bind_int64(q, 1, (int64_t)writer->put - (int64_t)writer->count);
    sqlite3_bind_int64(q, 2, writer->source);
    return store_run(writer->store, q, "move items");
}

/* Values, names and splits that nothing uses any more. */
static enum gmr_status remove_orphans(struct catalogue_writer *writer)
{
    if (writer->report.changed + writer->report.removed > 0)
        TRY(store_execute(writer->store,
                          "DELETE FROM attribute_value WHERE NOT EXISTS"
                          " (SELECT 1 FROM item_value WHERE value = attribute_value.id);"
                          "DELETE FROM attribute WHERE NOT EXISTS"
                          " (SELECT 1 FROM attribute_value WHERE attribute = attribute.id)"));
    return store_execute(writer->store, "DELETE FROM split WHERE NOT EXISTS"
                                        " (SELECT 1 FROM split_item WHERE split = split.id)");
}

static enum gmr_status write_source(struct catalogue_writer *writer, const char *fingerprint)
{
    sqlite3_stmt *q;
    if (writer->put == 0)
        return run_for_source(writer, "DELETE FROM source WHERE id = ?");
    TRY(store_reuse(writer->store, "UPDATE source SET fingerprint = ? WHERE id = ?", &q));
    sqlite3_bind_text(q, 1, fingerprint, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, writer->source);
    return store_run(writer->store, q, "write the source");
}

static enum gmr_status complete(struct catalogue_writer *writer, const char *fingerprint)
{
    TRY(writer_start(writer));
    TRY(remove_unseen(writer));
    TRY(move_later_sources(writer));
    TRY(remove_orphans(writer));
    TRY(write_source(writer, fingerprint));
    TRY(count_items(writer, "SELECT count(DISTINCT split) FROM split_item WHERE source = ?",
                    &writer->report.splits));
    return store_commit(writer->store);
}

static void destroy(struct catalogue_writer *writer)
{
    store_close(writer->store);
    writer_names_destroy(writer);
    arena_release(&writer->kept);
    memory_release(writer->allocator, writer, sizeof *writer);
}

enum gmr_status catalogue_writer_finish(struct catalogue_writer *writer, const char *fingerprint,
                                        struct gmr_import_report *report)
{
    enum gmr_status status = complete(writer, fingerprint);
    if (status != GMR_OK) {
        catalogue_writer_abort(writer);
        return status;
    }
    report->added = writer->report.added;
    report->changed = writer->report.changed;
    report->removed = writer->report.removed;
    report->same = writer->report.same;
    report->captions = writer->report.captions;
    report->splits = writer->report.splits;
    store_checkpoint(writer->store);
    destroy(writer);
    return GMR_OK;
}

void catalogue_writer_abort(struct catalogue_writer *writer)
{
    if (!writer)
        return;
    if (writer->made)
        remove_directory(writer);
    destroy(writer);
}
