/* SQLite behind our errors: one database file that this program owns, its schema brought up to date
 * by numbered migrations, and protection against files that are damaged or made to do harm.
 *
 * Statements are bound and stepped with SQLite's own functions; a step that gives neither
 * SQLITE_ROW nor SQLITE_DONE is reported with store_error:
 *
 *     sqlite3_stmt *q;
 *     TRY(store_prepare(store, "SELECT title FROM item WHERE id = ?", &q));
 *     sqlite3_bind_int64(q, 1, id);
 *     switch (sqlite3_step(q)) {
 *     case SQLITE_ROW:  status = store_text(store, q, 0, arena, &title); break;
 *     case SQLITE_DONE: status = gmr_error(GMR_ERR_NOT_FOUND, "no item %" PRId64, id); break;
 *     default:          status = store_error(store, "cannot read item %" PRId64, id);
 *     }
 *     sqlite3_finalize(q);
 *
 * Texts and blobs are bound with SQLITE_STATIC, so that binding takes no memory and cannot fail.
 * A handle is for one thread at a time. SQLite's own memory does not come from the allocator: it
 * knows only one per process, and that is the program's to choose. */
#ifndef BASE_STORE_H
#define BASE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/status.h"

enum {
    STORE_BUSY_MS = 2000,                /* how long a writer waits for another one */
    STORE_VALUE_MAX = 512 * 1024 * 1024, /* bytes of one text or blob, or of one row */
    STORE_STATEMENTS = 64                /* different texts given to store_reuse */
};

/* What a kind of database is recognised by. */
struct store_schema {
    const char *prefix;     /* of its migrations in base/embedded.h: "PREFIX/0001_name.sql" */
    const char *noun;       /* what messages call the file: "catalogue" */
    int32_t application_id; /* not 0; SQLite's PRAGMA application_id */
    int page_size;          /* bytes, a power of two; large ones suit large blobs */
};

enum store_mode {
    STORE_READ, /* an existing file, which is not changed */
    STORE_WRITE /* made when there is none */
};

struct store;

/* Opens a database; the caller closes it. Reading works where nothing may be written, too: a file
 * in a place of which we may change nothing, and which no process is writing, is taken as one that
 * stays as it is. Should it change all the same, later calls give GMR_ERR_STATE.
 * Errors, then *store is NULL: GMR_ERR_NOT_FOUND (no such file or folder), GMR_ERR_IO,
 * GMR_ERR_FORMAT (damaged, no database, one of another kind), GMR_ERR_UNSUPPORTED (written by a
 * later version), GMR_ERR_STATE (another process is just making it), GMR_ERR_NOMEM. */
enum gmr_status store_open(const struct gmr_allocator *allocator, const char *path,
                           enum store_mode mode, const struct store_schema *schema,
                           struct store **store);

/* Gives up an unfinished transaction. NULL is fine. */
void store_close(struct store *store);

sqlite3 *store_handle(struct store *store);
const char *store_path(const struct store *store);

/* Reading: holds a snapshot from here to the end, and checks that the schema is there and
 * current: GMR_ERR_NOT_FOUND when the database is still empty, GMR_ERR_UNSUPPORTED when it has the
 * form of an earlier version. Writing: takes the right to write, GMR_ERR_STATE when another process
 * keeps it or removed the file meanwhile. */
enum gmr_status store_begin(struct store *store);

/* A failed commit rolls back. */
enum gmr_status store_commit(struct store *store);

/* Ends a transaction, if there is one, without result. Leaves the error message alone. */
void store_rollback(struct store *store);

/* Gives up a writing transaction, if there is one, and takes the right to write anew, provided that
 * the database is empty, and in its place. Leaves the error message alone. */
bool store_begin_empty(struct store *store);

/* Inside a writing transaction: applies the migrations that this database lacks. */
enum gmr_status store_migrate(struct store *store);

/* Moves what was committed from the log into the database, as far as readers allow. What cannot be
 * moved now is moved later; so there is no error. */
void store_checkpoint(struct store *store);

/* Prepares a statement; the caller calls sqlite3_finalize. On error *statement is NULL:
 * GMR_ERR_FORMAT when the schema is not the one that `sql` was written for. */
enum gmr_status store_prepare(struct store *store, const char *sql, sqlite3_stmt **statement);

/* The same for statements that come again and again. `sql` must be a string constant: its address
 * tells the statement. It comes reset and without bindings, and stays the store's; the caller calls
 * sqlite3_reset when done with it. */
enum gmr_status store_reuse(struct store *store, const char *sql, sqlite3_stmt **statement);

/* Runs one or more statements without parameters. */
enum gmr_status store_execute(struct store *store, const char *sql);

/* Runs a statement that gives no rows, and resets it. `what` says what for: "write item". */
enum gmr_status store_run(struct store *store, sqlite3_stmt *statement, const char *what);

/* Runs a statement that gives one row, takes its first column as a number, and resets it. */
enum gmr_status store_integer(struct store *store, sqlite3_stmt *statement, const char *what,
                              int64_t *value);

/* Columns of a row, checked, because the file may be damaged: GMR_ERR_FORMAT for a text that is not
 * UTF-8 or has a NUL inside, for a number that is not below `end` or is negative. Texts are copied
 * to the arena. */
enum gmr_status store_text(struct store *store, sqlite3_stmt *statement, int column,
                           struct arena *arena, const char **text);
enum gmr_status store_size(struct store *store, sqlite3_stmt *statement, int column, size_t end,
                           size_t *value);

/* Reports what SQLite last said, as "TEXT in 'FILE': reason". Returns GMR_ERR_NOMEM, GMR_ERR_STATE
 * (locked by another process), GMR_ERR_IO (disk full, not permitted, a failing disk), or
 * GMR_ERR_FORMAT for all that a sound database does not do. */
enum gmr_status store_error(struct store *store, const char *format, ...) GMR_PRINTF(2, 3);

#endif
