/* The items that pairs are drawn from (critique_pairs.h): those of a split that can be looked at,
 * each with a vector that tells what is near what. The vector is that of the catalogue's embedding
 * by an encoder, where there is one, or else the mean of the item's regions. */
#ifndef SIMULATOR_PAIR_ITEMS_H
#define SIMULATOR_PAIR_ITEMS_H

#include "simulator/critique_pairs.h"
#include "simulator/regions.h"

struct pair_items {
    const struct gmr_allocator *allocator;
    size_t room, width; /* items of the split; numbers of a vector */
    size_t count;       /* those that can be looked at */
    size_t *positions;  /* [room] */
    real *vectors;      /* [room, width] */
};

/* Whether the catalogue has an embedding by the encoder of this digest. GMR_ERR_IO, GMR_ERR_NOMEM.
 */
enum gmr_status pair_items_embedded(struct catalogue *catalogue, const char *encoder, bool *found);

/* `split` NULL: all items. `regions`, where given, are what items must have, too; without, the
 * embedding must be there. The caller releases them. Errors, then nothing is held:
 * GMR_ERR_NOT_FOUND (the split, the embedding), GMR_ERR_RANGE (less than two items), those of the
 * embedding, GMR_ERR_NOMEM. */
enum gmr_status pair_items_init(struct pair_items *items, const struct gmr_allocator *allocator,
                                struct catalogue *catalogue, const char *split, const char *encoder,
                                const struct regions *regions);
void pair_items_release(struct pair_items *items);

/* To draw from, with the usual sizes; borrows the items. */
struct critique_pairs pair_items_pairs(const struct pair_items *items);

#endif
