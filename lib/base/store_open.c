/* Opening a database: where it may lie, whose it is, and bringing it up to date.
 *
 * Writers use SQLite's write-ahead log, so that readers go on while a process writes and a crash
 * leaves the last committed state. Readers take part in that, which needs the right to write beside
 * the database. Without it SQLite can still read as long as a writer's files are there; when there
 * are none, the file is opened as one that stays as it is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/store_inside.h"

/* ---- place ---- */

/* Refuses what SQLite would wait for or misread: named pipes, folders, no name at all. */
static enum gmr_status examine(const char *path, struct stat *info, bool *exists)
{
    *exists = stat(path, info) == 0;
    if (*path == '\0')
        return file_error(ENOENT, "open", path);
    if (!*exists)
        return errno == ENOENT ? GMR_OK : file_error(errno, "open", path);
    if (!S_ISREG(info->st_mode))
        return gmr_error(GMR_ERR_IO, "cannot open '%s': not a regular file", path);
    return GMR_OK;
}

/* Whether `path` followed by `suffix` exists, with more than `size` bytes. */
static enum gmr_status companion_exceeds(struct arena *arena, const char *path, const char *suffix,
                                         off_t size, bool *exceeds)
{
    struct stat info;
    const char *name = arena_printf(arena, "%s%s", path, suffix);
    if (!name)
        return GMR_ERR_NOMEM;
    *exceeds = stat(name, &info) == 0 && info.st_size > size;
    return GMR_OK;
}

/* Whether neither the database nor its folder may be written, and no writer's files are there. */
static enum gmr_status stays_as_it_is(struct arena *arena, const char *path, bool *writable,
                                      bool *stays)
{
    bool log, index;
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
    if (!folder)
        return GMR_ERR_NOMEM;
    *writable = access(path, W_OK) == 0 && access(folder, W_OK) == 0;
    TRY(companion_exceeds(arena, path, "-wal", 0, &log));
    TRY(companion_exceeds(arena, path, "-shm", -1, &index));
    *stays = !*writable && !log && !index;
    return GMR_OK;
}

/* The URI of a path: SQLite gives '?', '#' and '%' a meaning, and takes what follows "file://" for
 * the name of a machine. */
static const char *make_uri(struct arena *arena, const char *path, const char *parameters)
{
    size_t size = sizeof "file://" + 3 * strlen(path) + strlen(parameters);
    char *uri = arena_alloc(arena, size), *end = uri;
    if (!uri)
        return NULL;
    end += sprintf(end, path[0] == '/' ? "file://" : "file:");
    for (const char *c = path; *c != '\0'; c++)
        end += sprintf(end, strchr("?#%", *c) ? "%%%02X" : "%c", (unsigned char)*c);
    strcpy(end, parameters);
    return uri;
}

static enum gmr_status choose_uri(struct store *store, struct arena *arena, const char **uri)
{
    const char *parameters = "?mode=rwc";
    bool writable;
    if (store->mode == STORE_READ) {
        TRY(stays_as_it_is(arena, store->path, &writable, &store->immutable));
        parameters = writable           ? "?mode=rw" /* to clean up after a killed writer */
                     : store->immutable ? "?mode=ro&immutable=1"
                                        : "?mode=ro";
    }
    *uri = make_uri(arena, store->path, parameters);
    return *uri ? GMR_OK : GMR_ERR_NOMEM;
}

/* ---- settings ---- */

static const struct {
    int option, value;
} defences[] = {
    { SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
    { SQLITE_DBCONFIG_DQS_DML, 0 },        { SQLITE_DBCONFIG_DQS_DDL, 0 },
    { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
};

static enum gmr_status harden(struct store *store)
{
    for (size_t i = 0; i < sizeof defences / sizeof *defences; i++)
        sqlite3_db_config(store->db, defences[i].option, defences[i].value, NULL);
    sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, STORE_VALUE_MAX);
    sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, STORE_BUSY_MS);
    return store_execute(store, "PRAGMA cell_size_check = ON;"
                                "PRAGMA mmap_size = 0;"
                                "PRAGMA temp_store = MEMORY");
}

static enum gmr_status set_number(struct store *store, const char *name, int value)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA %s = %d", name, value);
    return store_execute(store, sql);
}

/* Changes are few and large, so each commit can wait for the disk: what was reported as done must
 * survive a power failure. The cache holds the indexes of a large import. */
static enum gmr_status prepare_writing(struct store *store)
{
    TRY(set_number(store, "page_size", store->schema->page_size));
    return store_execute(store, "PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = FULL;"
                                "PRAGMA cache_size = -65536");
}

static enum gmr_status prepare_reading(struct store *store)
{
    return store_execute(store, "PRAGMA query_only = ON;"
                                "PRAGMA cache_size = -16384");
}

/* ---- identity ---- */

static enum gmr_status read_number(struct store *store, const char *sql, int64_t *value)
{
    sqlite3_stmt *q;
    TRY(store_prepare(store, sql, &q));
    enum gmr_status status = store_integer(store, q, "read the header", value);
    sqlite3_finalize(q);
    return status;
}

enum gmr_status store_identify(struct store *store, struct store_identity *identity)
{
    int64_t id, version, objects, strange;
    const char *noun = store->schema->noun;
    TRY(read_number(store, "PRAGMA application_id", &id));
    TRY(read_number(store, "PRAGMA user_version", &version));
    TRY(read_number(store, "SELECT count(*) FROM sqlite_schema", &objects));
    TRY(read_number(store,
                    "SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', 'index')"
                    " OR (type = 'table' AND rootpage = 0)",
                    &strange));
    *identity = (struct store_identity){ .empty = id == 0 && version == 0 && objects == 0,
                                         .version = (int)version };
    if (!identity->empty && (id != store->schema->application_id || version < 1 || strange > 0))
        return gmr_error(GMR_ERR_FORMAT, "cannot open '%s': it is a database, but no %s of ours",
                         store->path, noun);
    if (version > store_latest(store->schema))
        return gmr_error(GMR_ERR_UNSUPPORTED,
                         "cannot open '%s': the %s was written by a later version (form %d, known "
                         "up to %d)",
                         store->path, noun, identity->version, store_latest(store->schema));
    return GMR_OK;
}

/* ---- migrations ---- */

static const struct embedded_text *first_migration(const struct store_schema *schema)
{
    return embedded_first(schema->prefix);
}

static bool is_migration(const struct store_schema *schema, const struct embedded_text *text)
{
    return text && text->name && strncmp(text->name, schema->prefix, strlen(schema->prefix)) == 0;
}

static int migration_number(const struct store_schema *schema, const struct embedded_text *text)
{
    return (int)strtol(text->name + strlen(schema->prefix), NULL, 10);
}

int store_latest(const struct store_schema *schema)
{
    int latest = 0;
    for (const struct embedded_text *t = first_migration(schema); is_migration(schema, t); t++)
        latest = migration_number(schema, t);
    return latest;
}

enum gmr_status store_migrate(struct store *store)
{
    const struct store_schema *schema = store->schema;
    struct store_identity identity;
    TRY(store_identify(store, &identity));
    if (identity.empty)
        TRY(set_number(store, "application_id", schema->application_id));
    for (const struct embedded_text *t = first_migration(schema); is_migration(schema, t); t++) {
        if (migration_number(schema, t) <= identity.version)
            continue;
        TRY(store_execute(store, t->text));
        TRY(set_number(store, "user_version", migration_number(schema, t)));
    }
    return GMR_OK;
}

/* ---- opening ---- */

static enum gmr_status open_uri(struct store *store, const char *uri)
{
    const int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(uri, &store->db, flags, NULL);
    if (!store->db)
        return gmr_error(GMR_ERR_NOMEM, "out of memory: cannot open '%s'", store->path);
    if (code != SQLITE_OK)
        return store_error(store, "cannot open the %s", store->schema->noun);
    if (store->mode == STORE_WRITE && sqlite3_db_readonly(store->db, "main") == 1)
        return file_error(EACCES, "write", store->path);
    return GMR_OK;
}

static enum gmr_status connect(struct store *store)
{
    struct arena arena;
    const char *uri;
    arena_init(&arena, store->allocator, 4096);
    enum gmr_status status = choose_uri(store, &arena, &uri);
    if (status == GMR_OK)
        status = open_uri(store, uri);
    arena_release(&arena);
    return status;
}

/* Nothing is written before the database is known to be ours. */
static enum gmr_status set_up(struct store *store)
{
    struct store_identity identity;
    TRY(connect(store));
    TRY(harden(store));
    TRY(store_identify(store, &identity));
    return store->mode == STORE_WRITE ? prepare_writing(store) : prepare_reading(store);
}

enum gmr_status store_open(const struct gmr_allocator *allocator, const char *path,
                           enum store_mode mode, const struct store_schema *schema,
                           struct store **store)
{
    struct stat info;
    bool exists;
    *store = NULL;
    TRY(examine(path, &info, &exists));
    if (!exists && mode == STORE_READ)
        return file_error(ENOENT, "open", path);
    size_t path_size = strlen(path) + 1;
    struct store *opened = memory_array(allocator, 1, sizeof *opened + path_size);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->allocator = allocator;
    opened->schema = schema;
    opened->mode = mode;
    opened->path_size = path_size;
    if (exists)
        opened->opened = info;
    memcpy(opened->path, path, path_size);
    enum gmr_status status = set_up(opened);
    if (status != GMR_OK) {
        store_close(opened);
        return status;
    }
    *store = opened;
    return GMR_OK;
}
