/* Changing a catalogue, all or nothing.
 *
 *     catalogue_writer_open(allocator, path, &source, &writer)
 *     catalogue_writer_put(...)          for each record, in the order that items shall have
 *     catalogue_writer_split(...), catalogue_writer_caption(...)
 *     catalogue_writer_finish(writer, fingerprint, &report)
 *
 * Everything happens in one SQLite transaction, which `finish` commits: until then readers see the
 * old state, and so does everybody after a crash. A directory that `open` made is removed again by
 * `abort`. One process writes at a time; a second one gets GMR_ERR_STATE.
 *
 * Items belong to the source that brought them. A source that is imported again replaces its own
 * items: records seen again keep their id, records not seen again are removed, and its splits and
 * captions are written anew. Positions follow the sources in the order of their first import, and
 * within one the order of the records. */
#ifndef CATALOGUE_WRITER_H
#define CATALOGUE_WRITER_H

#include <stdbool.h>

#include <gommir/catalogue.h>

#include "base/memory.h"
#include "base/status.h"

/* Where items come from. Two sources are the same when format and location are. */
struct catalogue_source {
    const char *format;   /* "fashion-products", "generated" */
    const char *location; /* absolute path, or what stands for one */
};

struct catalogue_picture {
    enum gmr_picture_format format; /* GMR_PICTURE_NONE: the item has none */
    size_t width, height;
    int64_t stamp;    /* not 0: differs whenever the picture does (of its bytes, or of a file's size
                         and time) */
    const char *path; /* absolute, of a file that stays where it is; NULL: `bytes` are stored */
    const void *bytes; /* of the file */
    size_t size;
    const void *thumbnail; /* JPEG; NULL when the picture is small enough to be its own */
    size_t thumbnail_size;
};

struct catalogue_record {
    const char *key;                        /* not empty, at most CATALOGUE_KEY_MAX bytes */
    const char *title, *description;        /* NULL stands for "" */
    const struct gmr_attribute *attributes; /* `number` is not read: the writer finds it */
    size_t attribute_count;                 /* the same pair twice counts once */
    struct catalogue_picture picture;
};

enum { CATALOGUE_KEY_MAX = 1024 };

struct catalogue_writer;

/* Opens or makes the catalogue, brings its schema up to date, takes the right to write, and finds
 * or adds the source. Errors, then *writer is NULL: GMR_ERR_IO (read-only directory, full disk),
 * GMR_ERR_STATE (another process writes), GMR_ERR_FORMAT (a damaged database),
 * GMR_ERR_UNSUPPORTED (written by a later version), GMR_ERR_NOMEM. */
enum gmr_status catalogue_writer_open(const struct gmr_allocator *allocator, const char *path,
                                      const struct catalogue_source *source,
                                      struct catalogue_writer **writer);

/* True when the last finished import of this source left this fingerprint. */
bool catalogue_writer_is_current(const struct catalogue_writer *writer, const char *fingerprint);

/* How many items the source has, as last finished. */
size_t catalogue_writer_count(const struct catalogue_writer *writer);

/* True when this source's item `key` has a picture with this stamp, and is stored the same way
 * (stored: in the catalogue, else a path). Then a record may be put with `bytes` and `thumbnail`
 * NULL and `format`, width and height 0: stamp and path alone keep the picture. */
bool catalogue_writer_has_picture(struct catalogue_writer *writer, const char *key, int64_t stamp,
                                  bool stored);

/* Adds, replaces or recognises an item; what `record` points to is copied or written at once.
 * Errors: GMR_ERR_FORMAT (a key that is empty, too long, not UTF-8, seen in this import, or that
 * belongs to another source), GMR_ERR_IO, GMR_ERR_NOMEM. After GMR_ERR_FORMAT, which the message
 * explains, the record is left out and the writer goes on; other errors end it. */
enum gmr_status catalogue_writer_put(struct catalogue_writer *writer,
                                     const struct catalogue_record *record);

/* True when `key` was put in this import. */
bool catalogue_writer_knows(struct catalogue_writer *writer, const char *key);

/* Appends the item to a split, which is made at its first use; the order is kept. An item that is
 * in it already stays where it is. Nothing was done after GMR_ERR_NOT_FOUND (no such item put) and
 * GMR_ERR_FORMAT (a name that is empty, too long or not UTF-8). */
enum gmr_status catalogue_writer_split(struct catalogue_writer *writer, const char *split,
                                       const char *key);

/* Adds a relative caption; target may be NULL (kept secret), split may be NULL. Nothing was done
 * after GMR_ERR_NOT_FOUND (an item that was not put) and GMR_ERR_FORMAT (not UTF-8). */
enum gmr_status catalogue_writer_caption(struct catalogue_writer *writer, const char *split,
                                         size_t pair, const char *target, const char *candidate,
                                         const char *text);

/* Removes what was not seen, numbers the items, commits, and destroys the writer, whatever it
 * returns. Counts go to added, changed, removed, same, captions and splits of `report`; `unchanged`
 * is not touched. A source without any items is left out of the catalogue. */
enum gmr_status catalogue_writer_finish(struct catalogue_writer *writer, const char *fingerprint,
                                        struct gmr_import_report *report);

/* Forgets everything and destroys the writer; NULL is fine. The error message stays as it was. */
void catalogue_writer_abort(struct catalogue_writer *writer);

#endif
