/* SQLite behind our errors: errors, statements, transactions, columns. */
#include "base/store.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/store_inside.h"
#include "base/text.h"

/* ---- errors ---- */

/* What SQLite's codes mean to us; `reason` NULL: what the system or SQLite said. A code that is not
 * here comes from a file that is damaged or is not what it says. */
static const struct meaning {
    int code;
    enum gmr_status status;
    const char *reason;
} meanings[] = {
    { SQLITE_NOMEM, GMR_ERR_NOMEM, "out of memory" },
    { SQLITE_IOERR_NOMEM, GMR_ERR_NOMEM, "out of memory" },
    { SQLITE_BUSY, GMR_ERR_STATE, "another process is writing" },
    { SQLITE_LOCKED, GMR_ERR_STATE, "another process is writing" },
    { SQLITE_PROTOCOL, GMR_ERR_STATE, "another process is writing" },
    { SQLITE_FULL, GMR_ERR_IO, "the disk is full" },
    { SQLITE_IOERR_SHORT_READ, GMR_ERR_FORMAT, "the file is cut off" },
    { SQLITE_IOERR, GMR_ERR_IO, NULL },
    { SQLITE_CANTOPEN, GMR_ERR_IO, NULL },
    { SQLITE_READONLY_DBMOVED, GMR_ERR_STATE, "the file was moved or removed" },
    { SQLITE_READONLY, GMR_ERR_IO, "it cannot be written" },
    { SQLITE_PERM, GMR_ERR_IO, NULL },
    { SQLITE_AUTH, GMR_ERR_IO, NULL },
    { SQLITE_NOLFS, GMR_ERR_IO, NULL },
};

/* The line for the extended code, else the one for its class. */
static const struct meaning *find_meaning(int extended)
{
    const struct meaning *found = NULL;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (meanings[i].code == extended)
            return &meanings[i];
        if (meanings[i].code == (extended & 0xFF))
            found = &meanings[i];
    }
    return found;
}

static const char *reason_of(struct store *store, const struct meaning *meaning)
{
    int error = sqlite3_system_errno(store->db);
    if (meaning && meaning->reason)
        return meaning->reason;
    return meaning && error != 0 ? strerror(error) : sqlite3_errmsg(store->db);
}

/* True when a file that was taken for unchanging has changed. */
static bool has_changed(const struct store *store)
{
    struct stat now;
    const struct stat *then = &store->opened;
    if (!store->immutable)
        return false;
    return stat(sqlite3_db_filename(store->db, "main"), &now) != 0 || now.st_ino != then->st_ino ||
           now.st_dev != then->st_dev || now.st_size != then->st_size ||
           now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != then->st_mtim.tv_nsec;
}

static enum gmr_status changed_error(const struct store *store)
{
    return gmr_error(GMR_ERR_STATE, "cannot read '%s': another process changed it meanwhile",
                     store->path);
}

enum gmr_status store_error(struct store *store, const char *format, ...)
{
    char text[TEXT_LINE_SIZE / 2];
    va_list arguments;
    const struct meaning *meaning = find_meaning(sqlite3_extended_errcode(store->db));
    if (has_changed(store))
        return changed_error(store);
    va_start(arguments, format);
    text_format(text, sizeof text, format, arguments);
    va_end(arguments);
    return gmr_error(meaning ? meaning->status : GMR_ERR_FORMAT, "%s in '%s': %s", text,
                     store->path, reason_of(store, meaning));
}

/* ---- statements ---- */

static enum gmr_status prepare(struct store *store, const char *sql, unsigned flags,
                               sqlite3_stmt **statement)
{
    *statement = NULL;
    if (has_changed(store))
        return changed_error(store);
    if (sqlite3_prepare_v3(store->db, sql, -1, flags, statement, NULL) != SQLITE_OK)
        return store_error(store, "cannot read the %s", store->schema->noun);
    return GMR_OK;
}

enum gmr_status store_prepare(struct store *store, const char *sql, sqlite3_stmt **statement)
{
    return prepare(store, sql, 0, statement);
}

static enum gmr_status refresh(struct store *store, sqlite3_stmt *known, sqlite3_stmt **statement)
{
    *statement = NULL;
    if (has_changed(store))
        return changed_error(store);
    sqlite3_reset(known);
    sqlite3_clear_bindings(known);
    *statement = known;
    return GMR_OK;
}

enum gmr_status store_reuse(struct store *store, const char *sql, sqlite3_stmt **statement)
{
    size_t n = store->statement_count;
    for (size_t i = 0; i < n; i++)
        if (store->statements[i].sql == sql)
            return refresh(store, store->statements[i].statement, statement);
    assert(n < STORE_STATEMENTS);
    TRY(prepare(store, sql, SQLITE_PREPARE_PERSISTENT, statement));
    store->statements[n] = (struct store_statement){ .sql = sql, .statement = *statement };
    store->statement_count++;
    return GMR_OK;
}

enum gmr_status store_execute(struct store *store, const char *sql)
{
    if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_error(store, "cannot prepare the %s", store->schema->noun);
    return GMR_OK;
}

enum gmr_status store_run(struct store *store, sqlite3_stmt *statement, const char *what)
{
    enum gmr_status status = GMR_OK;
    if (sqlite3_step(statement) != SQLITE_DONE)
        status = store_error(store, "cannot %s", what);
    sqlite3_reset(statement);
    return status;
}

enum gmr_status store_integer(struct store *store, sqlite3_stmt *statement, const char *what,
                              int64_t *value)
{
    enum gmr_status status = GMR_OK;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *value = sqlite3_column_int64(statement, 0);
    else
        status = store_error(store, "cannot %s", what);
    sqlite3_reset(statement);
    return status;
}

/* ---- transactions ---- */

static enum gmr_status check_current(struct store *store)
{
    struct store_identity identity;
    TRY(store_identify(store, &identity));
    if (identity.empty)
        return gmr_error(GMR_ERR_NOT_FOUND, "cannot read '%s': there is no %s in it yet",
                         store->path, store->schema->noun);
    if (identity.version < store_latest(store->schema))
        return gmr_error(GMR_ERR_UNSUPPORTED,
                         "cannot read '%s': it has the form %d of an earlier version; whatever "
                         "writes to the %s brings it up to date",
                         store->path, identity.version, store->schema->noun);
    return GMR_OK;
}

/* False when the name leads to another file by now, or to none: what is written would be lost. */
static bool is_in_place(struct store *store)
{
    int moved = 0;
    sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return !moved;
}

enum gmr_status store_begin(struct store *store)
{
    enum gmr_status status = GMR_OK;
    bool writes = store->mode == STORE_WRITE;
    assert(sqlite3_get_autocommit(store->db));
    if (sqlite3_exec(store->db, writes ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL) !=
        SQLITE_OK)
        return store_error(store, "cannot %s the %s", writes ? "change" : "read",
                           store->schema->noun);
    if (!writes)
        status = check_current(store);
    else if (!is_in_place(store))
        status =
            gmr_error(GMR_ERR_STATE, "cannot write '%s': another process removed it", store->path);
    if (status != GMR_OK)
        store_rollback(store);
    return status;
}

static bool is_empty(struct store *store)
{
    sqlite3_stmt *q = NULL;
    bool empty =
        sqlite3_prepare_v2(store->db, "SELECT 1 FROM sqlite_schema", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    return empty;
}

bool store_begin_empty(struct store *store)
{
    store_rollback(store);
    return sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
           is_empty(store) && is_in_place(store);
}

enum gmr_status store_commit(struct store *store)
{
    enum gmr_status status = GMR_OK;
    assert(!sqlite3_get_autocommit(store->db));
    if (sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        status = store_error(store, "cannot change the %s", store->schema->noun);
    store_rollback(store);
    return status;
}

void store_rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

void store_checkpoint(struct store *store)
{
    /* Without patience: a reader may hold an old snapshot for hours. */
    sqlite3_busy_timeout(store->db, 0);
    sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
}

/* ---- columns ---- */

static enum gmr_status damaged(struct store *store, sqlite3_stmt *statement, int column,
                               const char *what)
{
    const char *name = sqlite3_column_name(statement, column);
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': %s in column '%s'", store->path, what,
                     name ? name : "?");
}

enum gmr_status store_text(struct store *store, sqlite3_stmt *statement, int column,
                           struct arena *arena, const char **text)
{
    const char *found = (const char *)sqlite3_column_text(statement, column);
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    if (!found && sqlite3_errcode(store->db) == SQLITE_NOMEM)
        return store_error(store, "cannot read text");
    if (!found || memchr(found, '\0', size) || !text_is_utf8(found, size))
        return damaged(store, statement, column, "no proper text");
    *text = arena_strndup(arena, found, size);
    return *text ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status store_size(struct store *store, sqlite3_stmt *statement, int column, size_t end,
                           size_t *value)
{
    int64_t found = sqlite3_column_int64(statement, column);
    if (sqlite3_column_type(statement, column) != SQLITE_INTEGER || found < 0 ||
        (uint64_t)found >= end)
        return damaged(store, statement, column, "no proper number");
    *value = (size_t)found;
    return GMR_OK;
}

/* ---- handles ---- */

sqlite3 *store_handle(struct store *store)
{
    return store->db;
}

const char *store_path(const struct store *store)
{
    return store->path;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < store->statement_count; i++)
        sqlite3_finalize(store->statements[i].statement);
    if (store->db) /* NULL when opening failed early */
        store_rollback(store);
    sqlite3_close_v2(store->db);
    memory_release(store->allocator, store, sizeof *store + store->path_size);
}
