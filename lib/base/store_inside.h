/* What store.c and store_open.c share, and nobody else. */
#ifndef BASE_STORE_INSIDE_H
#define BASE_STORE_INSIDE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/store.h"

struct store_statement {
    const char *sql; /* its address tells the statement */
    sqlite3_stmt *statement;
};

struct store {
    const struct gmr_allocator *allocator;
    const struct store_schema *schema;
    sqlite3 *db;
    enum store_mode mode;
    bool immutable;     /* opened as a file that stays as it is */
    struct stat opened; /* then: the file as it was */
    struct store_statement statements[STORE_STATEMENTS];
    size_t statement_count;
    size_t path_size;
    char path[];
};

/* Whose database this is. */
struct store_identity {
    bool empty;  /* nobody's yet */
    int version; /* number of the last migration applied */
};

/* Reads it, and refuses foreign databases, those of later versions, and schemas with what ours
 * never have: views, triggers and virtual tables, which can run code of the file's author. */
enum gmr_status store_identify(struct store *store, struct store_identity *identity);

/* The number of the newest migration. */
int store_latest(const struct store_schema *schema);

#endif
