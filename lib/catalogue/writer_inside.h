/* What the parts of the writer share: writer.c, writer_items.c, writer_groups.c, writer_names.c. */
#ifndef CATALOGUE_WRITER_INSIDE_H
#define CATALOGUE_WRITER_INSIDE_H

#include "catalogue/inside.h"
#include "catalogue/writer.h"

/* Longest title, description, name, value or caption. */
enum { WRITER_TEXT_MAX = 16 * 1024 * 1024 };

struct name_slot;

struct catalogue_writer {
    const struct gmr_allocator *allocator;
    struct store *store;
    struct arena kept; /* paths, texts of the source */
    const char *path;  /* of the directory */
    bool made;         /* the directory is ours to remove */
    int64_t source;
    const char *fingerprint; /* as stored */
    size_t count;            /* of items that the source had */
    size_t base;             /* the position of its first item */
    bool changing;           /* what it had is marked or gone: see writer_start */
    enum gmr_status failed;  /* the error that ended it, else GMR_OK */
    size_t put, places;      /* items put, items put into splits */
    struct name_slot *names;
    struct gmr_import_report report;
};

/* Prepares for the first change: splits and captions of the source are removed, its items wait in
 * the database to be seen again. */
enum gmr_status writer_start(struct catalogue_writer *writer);

/* Remembers an error that ends the writer, and returns it. */
enum gmr_status writer_fail(struct catalogue_writer *writer, enum gmr_status status);

/* The id of the item `key` that was put in this import; GMR_ERR_NOT_FOUND without a message when
 * there is none. */
enum gmr_status writer_find(struct catalogue_writer *writer, const char *key, int64_t *id);

/* GMR_ERR_FORMAT, naming `what`, for a text that is too long or not UTF-8. NULL is fine. */
enum gmr_status writer_check_text(const char *what, const char *text, size_t limit);

/* ---- names that get numbers ---- */

enum name_kind { NAME_ATTRIBUTE, NAME_VALUE, NAME_SPLIT };

/* The number of a name, given it now if it is new. `owner`: of a value, its attribute; else 0. */
enum gmr_status writer_name(struct catalogue_writer *writer, enum name_kind kind, int64_t owner,
                            const char *text, int64_t *id);

enum gmr_status writer_names_create(struct catalogue_writer *writer);
void writer_names_destroy(struct catalogue_writer *writer);

#endif
