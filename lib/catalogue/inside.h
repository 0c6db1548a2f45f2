/* What the parts of the catalogue share: catalogue*.c, filter.c, writer*.c. */
#ifndef CATALOGUE_INSIDE_H
#define CATALOGUE_INSIDE_H

#include <stdbool.h>

#include "base/store.h"
#include "catalogue/catalogue.h"

extern const struct store_schema catalogue_schema;

/* Where an item stands. */
struct item_place {
    int64_t id;
    size_t position;
};

struct catalogue {
    const struct gmr_allocator *allocator;
    struct store *store;
    struct arena kept; /* lives as long as the catalogue: its path, the splits */
    const char *path;
    size_t count, caption_count;
    const struct gmr_split *splits; /* NULL until asked for, as all that follows */
    size_t split_count;
    struct item_place *places; /* [count], rising ids */
    int64_t *caption_ids;      /* [caption_count], in the captions' order */
};

/* The path of `name` in the catalogue's directory; NULL without memory or without a directory. */
const char *catalogue_file(struct arena *arena, const char *path, const char *name);

/* GMR_ERR_RANGE when there is no such position. */
enum gmr_status catalogue_check_position(const struct catalogue *catalogue, size_t position);

/* The position of the item with this id, for rows that name items. GMR_ERR_FORMAT: there is none,
 * so the database is damaged. */
enum gmr_status catalogue_place(struct catalogue *catalogue, int64_t id, size_t *position);

/* An array that grows in an arena, for rows of which nobody knows how many come. */
struct growing {
    void *data;
    size_t count, capacity, size; /* size: of one element */
};

/* Appends an element set to zero; NULL when there is no memory. `list->size` is set before. */
void *growing_add(struct growing *list, struct arena *arena);

#endif
