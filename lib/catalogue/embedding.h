/* Embeddings of a catalogue's items: CATALOGUE/embedding/NAME.safetensors, memory-mapped.
 *
 *   image    [rows, width] f32   the vectors, in the order of the items' positions
 *   item     [rows] i64          which item a row belongs to: its id
 *   picture  [rows] i64          of which version of its picture: the stamp
 *   metadata                     encoder (sha256, may be ""), version "1"
 *
 * Items without picture have no row. Because rows name their item, a file survives a change of the
 * catalogue: rows of items that stayed are found again, and only the others need encoding. Anything
 * wrong with a file makes it unusable, never the catalogue: it is derived and can be made again. */
#ifndef CATALOGUE_EMBEDDING_H
#define CATALOGUE_EMBEDDING_H

#include <limits.h>

#include "catalogue/catalogue.h"

struct embedding_file {
    size_t width;
    size_t rows;
    const float *vectors; /* [rows, width], in the mapped file */
    size_t *position;     /* [rows], of the row's item; GMR_NO_ITEM: it is gone, or its picture is
                             another one by now */
    size_t *row;          /* [items of the catalogue]; GMR_NO_ITEM: the item has no vector */
    size_t current;       /* items with a vector that is up to date */
    const char *encoder;  /* "" when the file does not tell */
    const struct gmr_allocator *allocator;
    struct safetensors *file;
    size_t items;
};

/* NAME may hold letters, digits, '.', '_' and '-', and begins with a letter or digit. */
bool embedding_name_is_valid(const char *name);

/* GMR_ERR_FORMAT when it is not. */
enum gmr_status embedding_check_name(const char *name);

/* Opens one; the caller releases it. Finite values are not checked. Errors, then it is empty:
 * GMR_ERR_NOT_FOUND, GMR_ERR_FORMAT (also a bad name, a row of an item twice), GMR_ERR_SHAPE,
 * GMR_ERR_TYPE, GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status embedding_file_open(struct catalogue *catalogue, const char *name,
                                    struct embedding_file *embedding);
void embedding_file_close(struct embedding_file *embedding);

/* Writes vectors [count, width] of the items at `positions`, which must rise, atomically. Errors:
 * GMR_ERR_FORMAT (name), GMR_ERR_RANGE (positions, width), GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status embedding_write(struct catalogue *catalogue, const char *name, const char *encoder,
                                const float *vectors, size_t width, const size_t *positions,
                                size_t count);

/* The vector [width] of the item at `position`, valid until the next call. */
typedef const float *embedding_vector(void *user, size_t position);

/* The same, with vectors asked for one after the other, so that they need not lie in memory. */
enum gmr_status embedding_write_from(struct catalogue *catalogue, const char *name,
                                     const char *encoder, embedding_vector *vector, void *user,
                                     size_t width, const size_t *positions, size_t count);

/* The path of an embedding's file, or of another one of that name beside it: `suffix` is
 * EMBEDDING_SUFFIX, or a different one. The folder is made when there is none. Errors: those of
 * embedding_write. */
#define EMBEDDING_SUFFIX ".safetensors"
enum gmr_status embedding_place(const struct catalogue *catalogue, const char *name,
                                const char *suffix, char path[PATH_MAX]);

/* All files in the folder, by name; damaged ones with `problem` set. */
enum gmr_status embedding_list(struct catalogue *catalogue, struct arena *arena,
                               const struct gmr_embedding_summary **embeddings, size_t *count);

#endif
