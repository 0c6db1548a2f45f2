/* Items from rows of tables. */
#ifndef CATALOGUE_IMPORT_RECORD_H
#define CATALOGUE_IMPORT_RECORD_H

#include "catalogue/import/columns.h"
#include "catalogue/import/job.h"

/* Fills an item from a row, by the meaning of its columns: key NULL when there is none, at most one
 * picture, empty values left out. Of an address ("https://shop/a/b.jpg?w=90") only the name of
 * the file counts. `separator`: what stands between several splits in one value, 0 for nothing.
 * Everything is in the arena or in the row. GMR_ERR_NOMEM. */
enum gmr_status record_build(struct arena *arena, struct columns *columns, const struct row *row,
                             char separator, struct import_item *item);

#endif
