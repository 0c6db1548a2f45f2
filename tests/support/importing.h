/* Small sources to import, in the test's scratch directory, and what became of them. */
#ifndef SUPPORT_IMPORTING_H
#define SUPPORT_IMPORTING_H

#include <gommir/catalogue.h>

#include "base/memory.h"
#include "base/status.h"

/* A JPEG of one shade, width x height pixels, in the scratch directory. */
void put_jpeg(const char *name, size_t width, size_t height, unsigned char shade);

/* Its bytes in a block that the caller frees. */
void *make_jpeg(size_t width, size_t height, unsigned char shade, size_t *size);

/* Makes a zip file in the scratch directory. Entries end with one whose name is NULL. */
struct zip_content {
    const char *name;
    const void *bytes;
    size_t size;
    const char *password; /* NULL: not encrypted */
};
void put_zip(const char *name, const struct zip_content *entries);

/* Makes a folder and those on the way to it. */
void put_folder(const char *name);

/* Imports from SCRATCH/`source` into SCRATCH/shop with one column rule, or NULL, and one place of
 * pictures in the scratch directory, or NULL. */
enum gmr_status import_scratch(enum gmr_import_format format, const char *source,
                               const char *column, const char *pictures,
                               struct gmr_import_report *report);
enum gmr_status import_with(const struct gmr_allocator *allocator, enum gmr_import_format format,
                            const char *source, const char *column, const char *pictures,
                            struct gmr_import_report *report);

/* "TITLE / DESCRIPTION / a=b, c=d / split, split / JPEG 2x3" of an item of SCRATCH/shop, "" when
 * there is none. The picture: "stored" or "file" stands behind it, "none" alone for none. Valid
 * until the next call. */
const char *imported(const char *key);

/* Keys of all items, or of a split, in order, separated by spaces. */
const char *imported_keys(const char *split);

/* All captions: "SPLIT PAIR CANDIDATE>TARGET: TEXT; ...". */
const char *imported_captions(void);

/* The list of problems of an import; "" when there is none. */
const char *imported_problems(const struct gmr_import_report *report);

#endif
