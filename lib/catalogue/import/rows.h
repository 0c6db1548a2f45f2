/* Reading tables: CSV and lines of JSON, both as rows of named fields. A damaged line is reported
 * and left out; what comes after it is read. Rows are handed over one by one, so that memory does
 * not grow with the file. */
#ifndef CATALOGUE_IMPORT_ROWS_H
#define CATALOGUE_IMPORT_ROWS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/status.h"

enum {
    ROWS_MAX_LINE = 4 * 1024 * 1024, /* bytes of a record */
    ROWS_MAX_FIELDS = 1024,
    ROWS_MAX_DEPTH = 8,     /* of nested JSON */
    ROWS_MAX_DAMAGED = 100, /* that many lines before the first sound one: another format */
};

struct row_field {
    const char *name, *value;
    bool attribute; /* a member of "attributes": its name is an attribute's, word for word */
};

struct row {
    const struct row_field *fields;
    size_t count;
    size_t line; /* where it begins, from 1 */
};

/* Who receives what is read. An error that it returns ends the reading. What a row points to lives
 * until `row` returns. */
struct row_sink {
    enum gmr_status (*row)(void *user, const struct row *row);
    enum gmr_status (*damaged)(void *user, size_t line, const char *reason);
    void *user;
};

/* Reads CSV as RFC 4180 has it, in UTF-8, with or without a byte order mark. The first line holds
 * the names; the separator is the commonest of comma, semicolon and tab in it. White space around
 * fields that are not quoted does not count, nor do empty lines. A record with another number of
 * fields than the first line is damaged, unless `join_last`: then what is too much belongs to the
 * last field, for tables whose writer did not quote. `name` is what messages quote. Errors: those
 * of the sink, GMR_ERR_FORMAT (not such a table at all), GMR_ERR_NOMEM. */
enum gmr_status csv_read(const struct gmr_allocator *allocator, const void *bytes, size_t size,
                         const char *name, bool join_last, const struct row_sink *sink);

/* How many records the bytes hold, as far as quotes tell. */
size_t csv_count(const void *bytes, size_t size);

/* Who receives the objects of a file of JSON lines; they are borrowed. */
struct json_sink {
    enum gmr_status (*object)(void *user, size_t line, const json_t *object);
    enum gmr_status (*damaged)(void *user, size_t line, const char *reason);
    void *user;
};

/* Reads one JSON object a line; empty lines do not count. Errors: as csv_read. */
enum gmr_status json_lines_read(const void *bytes, size_t size, const char *name,
                                const struct json_sink *sink);
size_t json_lines_count(const void *bytes, size_t size);

/* The same as rows. A list gives its members, each under the list's name; an object gives "parent
 * member" names, but for one called "attributes". Null gives nothing. */
enum gmr_status jsonl_read(const struct gmr_allocator *allocator, const void *bytes, size_t size,
                           const char *name, const struct row_sink *sink);

#endif
