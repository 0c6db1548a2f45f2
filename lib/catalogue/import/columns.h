/* What the columns of a table mean: by the user's word, else by common names ("sku", "image_url").
 * Every other column is an attribute, named in plain words. */
#ifndef CATALOGUE_IMPORT_COLUMNS_H
#define CATALOGUE_IMPORT_COLUMNS_H

#include "catalogue/import/rows.h"

enum column_role {
    COLUMN_ATTRIBUTE,
    COLUMN_KEY,
    COLUMN_TITLE,
    COLUMN_DESCRIPTION,
    COLUMN_PICTURE,
    COLUMN_SPLIT,
    COLUMN_IGNORED,
    COLUMN_ROLES
};

struct column_use {
    enum column_role role;
    const char *name; /* of an attribute */
};

/* One word of the user: "title=name" or "-weight". */
struct column_rule {
    const char *column; /* borrowed from the options */
    struct column_use use;
    bool used;
};

struct columns {
    struct arena rules_arena, row_arena;
    struct column_rule *rules;
    size_t rule_count;
    const char **names; /* of the last row, and their uses */
    bool *attributes;
    struct column_use *uses;
    size_t count;
};

/* Reads "FIELD=COLUMN", "NAME=COLUMN" and "-COLUMN". The caller releases `columns`, on error too.
 * Errors: GMR_ERR_RANGE (none of these; a column or a field twice), GMR_ERR_NOMEM. */
enum gmr_status columns_init(struct columns *columns, const struct gmr_allocator *allocator,
                             const char *const *rules, size_t count);
void columns_release(struct columns *columns);

/* uses[row->count], one for each field; valid until the next call. */
enum gmr_status columns_resolve(struct columns *columns, const struct row *row,
                                const struct column_use **uses);

/* GMR_ERR_NOT_FOUND when a rule named a column that no row had. */
enum gmr_status columns_check(const struct columns *columns, const char *table);

#endif
