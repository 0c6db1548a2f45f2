/* A generated retrieval problem: items with attributes, raw features in which pictures show them,
 * and a user who says what a candidate lacks.
 *
 * Every attribute value has a random direction among pictures and another among words. An item's
 * picture feature is the sum of its values' directions plus noise; a critique is the sum of the
 * word directions of up to `mentions` values that the target has and the candidate lacks. So the
 * problem has the shape of the real one - what to keep is in the picture, what to change in the
 * words - and is solved only by remembering what was said before. */
#ifndef SIMULATOR_WORLD_H
#define SIMULATOR_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/real.h"
#include "base/status.h"

struct world_settings {
    size_t items, attributes, values, features;
    size_t mentions; /* attributes named in one critique, at least 1 */
    double noise;    /* standard deviation in each picture feature; a direction has length 1 */
};

struct world {
    struct world_settings settings;
    const struct gmr_allocator *allocator;
    uint8_t *attribute; /* [items, attributes] */
    real *image;        /* [items, features] */
    real *shown_code;   /* [attributes, values, features]: directions in pictures */
    real *spoken_code;  /* the same for words */
};

/* Directions come from `seed`, items from `item_seed`: worlds that share a seed speak one language.
 * Errors: GMR_ERR_NOMEM, GMR_ERR_RANGE. */
enum gmr_status world_init(struct world *w, const struct gmr_allocator *allocator,
                           struct world_settings settings, uint64_t seed, uint64_t item_seed);
void world_release(struct world *w);

/* Raw picture features of an item: [features], borrowed. */
const real *world_image(const struct world *w, size_t item);

/* What the user says who wants `target` and likes `candidate` best: text [features]. Pure: depends
 * on nothing else. All zero when the two do not differ. */
void world_critique(const struct world *w, size_t target, size_t candidate, real *text);

#endif
