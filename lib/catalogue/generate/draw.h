/* Drawing an item from its design. */
#ifndef CATALOGUE_GENERATE_DRAW_H
#define CATALOGUE_GENERATE_DRAW_H

#include "catalogue/generate/design.h"
#include "catalogue/generate/sketch.h"
#include "media/picture.h"

/* The whole picture of a design, with `chance` for what no trait speaks of; the caller releases it.
 * Errors: GMR_ERR_NOMEM. */
enum gmr_status draw_design(const struct gmr_allocator *allocator, const struct design *design,
                            struct rng_stream chance, struct picture *picture);

/* The garment alone, on nothing, `shrink` times smaller each way (1, 2, 4 or 8): cairo's
 * premultiplied ARGB32 without gaps between rows, GENERATE_WIDTH / shrink x GENERATE_HEIGHT /
 * shrink, into the caller's `pixels`. Errors: GMR_ERR_NOMEM. */
enum gmr_status draw_garment(const struct design *design, struct rng_stream chance, int shrink,
                             uint8_t *pixels);

/* The drawings, one for each kind of category. Each works in units of its own around x = 0 and
 * takes up what frame_find (frame.h) says. */
void draw_dress(struct sketch *sketch);
void draw_top(struct sketch *sketch); /* t-shirts, blouses, shirts, sweaters, jackets */
void draw_skirt(struct sketch *sketch);
void draw_trousers(struct sketch *sketch); /* shorts too */
void draw_shoes(struct sketch *sketch);
void draw_bag(struct sketch *sketch);

#endif
