/* Embeddings of a catalogue's items: CATALOGUE/embedding/NAME.safetensors, rows (item_rows.h) of
 * one tensor,
 *
 *   image    [rows, width] f32   the vectors
 */
#ifndef CATALOGUE_EMBEDDING_H
#define CATALOGUE_EMBEDDING_H

#include "catalogue/item_rows.h"

#define EMBEDDING_VECTORS "image"

struct embedding_file {
    size_t width;
    const float *vectors; /* [rows, width], in the mapped file */
    struct item_rows all; /* and of it: */
    size_t rows, current;
    const size_t *position, *row;
    const char *encoder;
};

/* NAME may hold letters, digits, '.', '_' and '-', and begins with a letter or digit. */
bool embedding_name_is_valid(const char *name);

/* GMR_ERR_FORMAT when it is not. */
enum gmr_status embedding_check_name(const char *name);

/* Rows of vectors of so many numbers. */
struct item_row_layout embedding_layout(size_t width);

/* GMR_ERR_RANGE when vectors cannot have so many. */
enum gmr_status embedding_check_width(size_t width);

/* Opens one; the caller releases it. Finite values are not checked. Errors, then it is empty: those
 * of item_rows_open, and GMR_ERR_FORMAT for a bad name. */
enum gmr_status embedding_file_open(struct catalogue *catalogue, const char *name,
                                    struct embedding_file *embedding);
void embedding_file_close(struct embedding_file *embedding);

/* Writes vectors [count, width] of the items at `positions`, which must rise, atomically. Errors:
 * GMR_ERR_FORMAT (name), GMR_ERR_RANGE (positions, width), GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status embedding_write(struct catalogue *catalogue, const char *name, const char *encoder,
                                const float *vectors, size_t width, const size_t *positions,
                                size_t count);

/* All files in the folder, by name; damaged ones with `problem` set. */
enum gmr_status embedding_list(struct catalogue *catalogue, struct arena *arena,
                               const struct gmr_embedding_summary **embeddings, size_t *count);

#endif
