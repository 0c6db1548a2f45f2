/* Where pictures lie: folders and zip files, asked in turn. */
#ifndef CATALOGUE_IMPORT_ROOTS_H
#define CATALOGUE_IMPORT_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/status.h"

struct picture_root;

struct picture_roots {
    const struct gmr_allocator *allocator;
    struct picture_root *roots;
    size_t count;
};

/* A picture that was found. */
struct picture_place {
    const struct picture_root *root;
    const char *name; /* for messages: of the file, or of the entry in the zip file */
    const char *path; /* absolute, of a file; NULL: an entry of a zip file */
    size_t entry;     /* its number in the zip file */
    size_t size;      /* bytes */
    int64_t stamp;    /* not 0: of an entry's size and CRC, of a file's size and time */
};

/* Opens folders and zip files. The caller closes the roots, on error too. Errors: GMR_ERR_NOT_FOUND
 * (no such place), GMR_ERR_FORMAT (a file that is no zip file), GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status picture_roots_open(struct picture_roots *roots,
                                   const struct gmr_allocator *allocator, const char *const *paths,
                                   size_t count);
void picture_roots_close(struct picture_roots *roots);

/* Finds the first of `names` that the first possible root has. A name is a path below the root
 * without ".."; an absolute one must lie in a root that is a folder. Strings of `place` go to the
 * arena. Errors: GMR_ERR_NOT_FOUND; GMR_ERR_FORMAT and GMR_ERR_UNSUPPORTED (a name that leads out
 * of the root; an encrypted entry, one of an absurd size), GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status picture_roots_find(const struct picture_roots *roots, struct arena *arena,
                                   const char *const *names, size_t count,
                                   struct picture_place *place);

/* The bytes of a picture, which picture_bytes_release gives back. */
struct picture_bytes {
    const void *data;
    size_t size;
    struct file_map map;
    void *memory;
    const struct gmr_allocator *allocator;
};

/* Errors: GMR_ERR_FORMAT (a damaged entry), GMR_ERR_NOT_FOUND, GMR_ERR_IO, GMR_ERR_NOMEM; then
 * `bytes` is empty. One thread at a time. */
enum gmr_status picture_bytes_read(struct picture_bytes *bytes,
                                   const struct gmr_allocator *allocator,
                                   const struct picture_place *place);
void picture_bytes_release(struct picture_bytes *bytes);

#endif
