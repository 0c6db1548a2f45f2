/* Critiques and vectors in SQLite. */
#include "simulator/critique_store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"

#define FILE_NAME "critiques.db"

static const struct store_schema schema = { .prefix = "simulator/schema/",
                                            .noun = "cache of critiques",
                                            .application_id = 0x674D7243 + 1,
                                            .page_size = 4096 };

/* ---- trouble ---- */

static void let_go(struct critique_store *s)
{
    store_close(s->store);
    s->store = NULL;
}

static void give_up(struct critique_store *s)
{
    log_write(s->logger, GMR_LOG_WARNING, "%s; critiques are not kept", gmr_error_message());
    let_go(s);
    s->off = true;
}

/* The file gets another name, and its log goes: it belongs to nothing any more. */
static void set_aside(struct critique_store *s)
{
    char name[PATH_MAX + 16];
    log_write(s->logger, GMR_LOG_WARNING, "%s; it is made again", gmr_error_message());
    let_go(s);
    snprintf(name, sizeof name, "%s.damaged", s->path);
    s->off = rename(s->path, name) != 0;
    static const char *const companions[] = { "-wal", "-shm" };
    for (size_t i = 0; !s->off && i < 2; i++) {
        snprintf(name, sizeof name, "%s%s", s->path, companions[i]);
        unlink(name);
    }
}

/* What an error means for the cache; only a lack of memory is one for the caller. */
static enum gmr_status settle(struct critique_store *s, enum gmr_status status)
{
    switch (status) {
    case GMR_OK:
    case GMR_ERR_NOMEM: return status;
    case GMR_ERR_STATE: /* busy, or moved away: the next time it may be another file */
        let_go(s);
        return GMR_OK;
    case GMR_ERR_FORMAT: set_aside(s); return GMR_OK;
    default: give_up(s); return GMR_OK;
    }
}

/* ---- opening ---- */

/* Nothing waits for the disk: a loss of power may damage the file, which costs what is in it. What
 * a process has committed survives its end all the same. */
static enum gmr_status open_current(struct critique_store *s)
{
    TRY(store_open(s->allocator, s->path, STORE_WRITE, &schema, &s->store));
    TRY(store_execute(s->store, "PRAGMA synchronous = OFF"));
    TRY(store_begin(s->store));
    const enum gmr_status status = store_migrate(s->store);
    if (status == GMR_OK)
        return store_commit(s->store);
    store_rollback(s->store);
    return status;
}

/* s->store is open afterwards, if it can be. */
static enum gmr_status connect(struct critique_store *s)
{
    for (int i = 0; i < 2 && !s->store && !s->off; i++) { /* again, when a file was set aside */
        const enum gmr_status status = open_current(s);
        TRY(settle(s, status));
        if (status == GMR_ERR_STATE)
            break;
    }
    return GMR_OK;
}

enum gmr_status critique_store_open(struct critique_store *s, const struct gmr_allocator *allocator,
                                    const struct gmr_logger *logger, const char *catalogue)
{
    *s = (struct critique_store){ .allocator = allocator, .logger = logger };
    const int length = snprintf(s->path, sizeof s->path, "%s/" FILE_NAME, catalogue);
    s->off = length < 0 || (size_t)length >= sizeof s->path;
    const enum gmr_status status = connect(s);
    if (status != GMR_OK)
        let_go(s);
    return status;
}

void critique_store_close(struct critique_store *s)
{
    if (s->store)
        store_checkpoint(s->store);
    let_go(s);
}

/* ---- sums ---- */

static int64_t sum_of_text(const uint8_t *maker, const struct critique_place *place,
                           const char *text)
{
    const int64_t numbers[] = { place->target, place->target_picture, place->candidate,
                                place->candidate_picture };
    uLong sum = crc32_z(crc32(0, NULL, 0), maker, CRITIQUE_MAKER);
    sum = crc32_z(sum, (const void *)numbers, sizeof numbers);
    return (int64_t)crc32_z(sum, (const void *)text, strlen(text));
}

static int64_t sum_of_vector(const uint8_t *maker, const char *text, const void *vector,
                             size_t bytes)
{
    uLong sum = crc32_z(crc32(0, NULL, 0), maker, CRITIQUE_MAKER);
    sum = crc32_z(sum, (const void *)text, strlen(text));
    return (int64_t)crc32_z(sum, vector, bytes);
}

/* ---- reading ---- */

static void bind_place(sqlite3_stmt *q, const uint8_t *maker, const struct critique_place *place)
{
    sqlite3_bind_blob(q, 1, maker, CRITIQUE_MAKER, SQLITE_STATIC);
    sqlite3_bind_int64(q, 2, place->target);
    sqlite3_bind_int64(q, 3, place->target_picture);
    sqlite3_bind_int64(q, 4, place->candidate);
    sqlite3_bind_int64(q, 5, place->candidate_picture);
}

/* Steps to the only row; *found tells whether it is there. */
static enum gmr_status step(struct critique_store *s, sqlite3_stmt *q, bool *found)
{
    const int code = sqlite3_step(q);
    *found = code == SQLITE_ROW;
    if (*found || code == SQLITE_DONE)
        return GMR_OK;
    const enum gmr_status status = store_error(s->store, "cannot read");
    sqlite3_reset(q);
    return status;
}

/* A text that fits, and agrees with its sum: no NUL inside, for strlen stops there. */
static bool take_text(sqlite3_stmt *q, const uint8_t *maker, const struct critique_place *place,
                      char text[CRITIC_TEXT])
{
    const unsigned char *value = sqlite3_column_text(q, 0);
    const size_t size = (size_t)sqlite3_column_bytes(q, 0);
    if (!value || size >= CRITIC_TEXT)
        return false;
    memcpy(text, value, size);
    text[size] = '\0';
    return strlen(text) == size && sqlite3_column_int64(q, 1) == sum_of_text(maker, place, text);
}

static enum gmr_status find_text(struct critique_store *s, const uint8_t *maker,
                                 const struct critique_place *place, char text[CRITIC_TEXT],
                                 bool *found)
{
    static const char sql[] = "SELECT text, sum FROM critique WHERE maker = ?1 AND target = ?2"
                              " AND target_picture = ?3 AND candidate = ?4"
                              " AND candidate_picture = ?5";
    sqlite3_stmt *q;
    TRY(store_reuse(s->store, sql, &q));
    bind_place(q, maker, place);
    TRY(step(s, q, found));
    *found = *found && take_text(q, maker, place, text);
    sqlite3_reset(q);
    return GMR_OK;
}

enum gmr_status critique_store_text(struct critique_store *s, const uint8_t maker[CRITIQUE_MAKER],
                                    const struct critique_place *place, char text[CRITIC_TEXT],
                                    bool *found)
{
    *found = false;
    TRY(connect(s));
    if (!s->store)
        return GMR_OK;
    const enum gmr_status status = find_text(s, maker, place, text, found);
    *found = *found && status == GMR_OK;
    return settle(s, status);
}

static enum gmr_status find_vector(struct critique_store *s, const uint8_t *maker, const char *text,
                                   float *vector, size_t width, bool *found)
{
    static const char sql[] = "SELECT vector, sum FROM feature WHERE maker = ?1 AND text = ?2";
    const size_t bytes = width * sizeof *vector;
    sqlite3_stmt *q;
    TRY(store_reuse(s->store, sql, &q));
    sqlite3_bind_blob(q, 1, maker, CRITIQUE_MAKER, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, text, -1, SQLITE_STATIC);
    TRY(step(s, q, found));
    const void *value = *found ? sqlite3_column_blob(q, 0) : NULL;
    *found = value && (size_t)sqlite3_column_bytes(q, 0) == bytes &&
             sqlite3_column_int64(q, 1) == sum_of_vector(maker, text, value, bytes);
    if (*found)
        memcpy(vector, value, bytes);
    sqlite3_reset(q);
    return GMR_OK;
}

enum gmr_status critique_store_vector(struct critique_store *s, const uint8_t maker[CRITIQUE_MAKER],
                                      const char *text, float *vector, size_t width, bool *found)
{
    *found = false;
    TRY(connect(s));
    if (!s->store)
        return GMR_OK;
    const enum gmr_status status = find_vector(s, maker, text, vector, width, found);
    *found = *found && status == GMR_OK;
    return settle(s, status);
}

/* ---- writing ---- */

static enum gmr_status write_text(struct critique_store *s, const struct critique_row *row)
{
    sqlite3_stmt *q;
    TRY(store_reuse(s->store,
                    "INSERT OR REPLACE INTO critique (maker, target, target_picture,"
                    " candidate, candidate_picture, text, sum)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    &q));
    bind_place(q, row->maker, &row->place);
    sqlite3_bind_text(q, 6, row->text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(q, 7, sum_of_text(row->maker, &row->place, row->text));
    return store_run(s->store, q, "keep a critique");
}

static enum gmr_status write_vector(struct critique_store *s, const struct critique_row *row)
{
    const size_t bytes = row->width * sizeof *row->vector;
    sqlite3_stmt *q;
    TRY(store_reuse(s->store,
                    "INSERT OR REPLACE INTO feature (maker, text, vector, sum)"
                    " VALUES (?1, ?2, ?3, ?4)",
                    &q));
    sqlite3_bind_blob(q, 1, row->maker, CRITIQUE_MAKER, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, row->text, -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 3, row->vector, (int)bytes, SQLITE_STATIC);
    sqlite3_bind_int64(q, 4, sum_of_vector(row->maker, row->text, row->vector, bytes));
    return store_run(s->store, q, "keep a vector");
}

static enum gmr_status write_rows(struct critique_store *s, critique_row_at *at, void *user,
                                  size_t count)
{
    TRY(store_begin(s->store));
    enum gmr_status status = GMR_OK;
    for (size_t i = 0; status == GMR_OK && i < count; i++) {
        struct critique_row row;
        at(user, i, &row);
        status = row.vector ? write_vector(s, &row) : write_text(s, &row);
    }
    if (status == GMR_OK)
        return store_commit(s->store);
    store_rollback(s->store);
    return status;
}

enum gmr_status critique_store_write(struct critique_store *s, critique_row_at *at, void *user,
                                     size_t count, bool *written)
{
    *written = false;
    TRY(connect(s));
    if (!s->store)
        return GMR_OK;
    const enum gmr_status status = write_rows(s, at, user, count);
    *written = status == GMR_OK;
    return settle(s, status);
}
