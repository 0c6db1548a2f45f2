/* Text files of the source tree that the library carries in itself: migrations of databases
 * (lib/LAYER/schema/NNNN_name.sql) and tables of data (lib/LAYER/data/). */
#ifndef BASE_EMBEDDED_H
#define BASE_EMBEDDED_H

#include <stddef.h>

struct embedded_text {
    const char *name; /* path below lib/: "catalogue/schema/0001_items.sql" */
    const char *text; /* NUL-terminated */
    size_t size;      /* bytes, the NUL not counted */
};

/* Sorted by name; ends with an entry whose name is NULL. Made at build time. */
extern const struct embedded_text embedded_texts[];

/* NULL when there is none of that name. */
const struct embedded_text *embedded_find(const char *name);

/* The first whose name begins with `prefix`; the others follow it. NULL: none. */
const struct embedded_text *embedded_first(const char *prefix);

#endif
