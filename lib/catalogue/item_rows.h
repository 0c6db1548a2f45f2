/* Numbers that belong to a catalogue's items: CATALOGUE/FOLDER/NAME.safetensors, memory-mapped.
 * What embeddings (embedding.h) and other features of pictures have in common.
 *
 *   tensors  [rows, ...]   of the owner's layout, in the order of the items' positions
 *   item     [rows] i64    which item a row belongs to: its id
 *   picture  [rows] i64    of which version of its picture: the stamp
 *   metadata               encoder (sha256, may be ""), version "1", and one of the layout's
 *
 * Items without picture have no row. Because rows name their item, a file survives a change of the
 * catalogue: rows of items that stayed are found again, and only the others need making. Anything
 * wrong with a file makes it unusable, never the catalogue: it is derived and can be made again.
 *
 * A NAME is one that embedding_check_name accepts. */
#ifndef CATALOGUE_ITEM_ROWS_H
#define CATALOGUE_ITEM_ROWS_H

#include <limits.h>

#include "catalogue/catalogue.h"
#include "tensor/safetensors.h"

#define ITEM_ROWS_SUFFIX ".safetensors"

enum { ITEM_ROW_TENSORS = 2, ITEM_ROW_AXES = 2 };

/* One tensor of a file, as one row sees it. */
struct item_row_tensor {
    const char *name;
    size_t rank, dim[ITEM_ROW_AXES];
};

/* What a row is made of, behind each other: numbers of one type. */
struct item_row_layout {
    enum dtype dtype;
    size_t tensors; /* at least 1 */
    struct item_row_tensor tensor[ITEM_ROW_TENSORS];
    struct safetensors_metadata metadata; /* key NULL: none */
};

/* Numbers of a row's tensor, and bytes of a row. */
size_t item_row_numel(const struct item_row_tensor *tensor);
size_t item_row_bytes(const struct item_row_layout *layout);

/* An open file. */
struct item_rows {
    size_t rows;
    size_t *position;    /* [rows], of the row's item; GMR_NO_ITEM: it is gone, or its picture is
                            another one by now */
    size_t *row;         /* [items of the catalogue]; GMR_NO_ITEM: the item has no row */
    size_t current;      /* items with a row that is up to date */
    const char *encoder; /* "" when the file does not tell */
    const struct gmr_allocator *allocator;
    struct safetensors *file;
    size_t items;
};

/* Opens one and finds out whose its rows are; the caller closes it. Errors, then it is empty:
 * GMR_ERR_NOT_FOUND, GMR_ERR_FORMAT (also a row of an item twice), GMR_ERR_SHAPE, GMR_ERR_TYPE,
 * GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status item_rows_open(struct catalogue *catalogue, const char *folder, const char *name,
                               struct item_rows *rows);
void item_rows_close(struct item_rows *rows); /* an empty one is fine */

/* A tensor of the file: of so many axes, the rows included, and aligned. GMR_ERR_FORMAT,
 * GMR_ERR_TYPE, GMR_ERR_SHAPE. */
enum gmr_status item_rows_find(const struct item_rows *rows, const char *name, enum dtype dtype,
                               size_t rank, const struct safetensors_entry **entry);

/* Whether the file is of this encoder and has exactly this layout; data[i] is then tensor i. */
bool item_rows_have(const struct item_rows *rows, const struct item_row_layout *layout,
                    const char *encoder, const uint8_t *data[ITEM_ROW_TENSORS]);

/* The bytes of tensor `tensor` of the item at `position`, valid until the next call. */
typedef const void *item_row(void *user, size_t tensor, size_t position);

/* Writes rows of the items at `positions` [count], which must rise, atomically. Rows are asked for
 * tensor by tensor, one after the other, so that they need not lie in memory. Errors: GMR_ERR_RANGE
 * (positions), GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status item_rows_write(struct catalogue *catalogue, const char *folder, const char *name,
                                const char *encoder, const struct item_row_layout *layout,
                                item_row *row, void *user, const size_t *positions, size_t count);

/* The path of a file, or of another one of that name beside it: `suffix` is ITEM_ROWS_SUFFIX, or a
 * different one. The folder is made when there is none. GMR_ERR_RANGE, GMR_ERR_IO. */
enum gmr_status item_rows_place(const struct catalogue *catalogue, const char *folder,
                                const char *name, const char *suffix, char path[PATH_MAX]);

#endif
