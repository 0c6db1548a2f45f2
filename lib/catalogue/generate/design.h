/* Choosing what an item is: one value for each trait that its category has, and a price. */
#ifndef CATALOGUE_GENERATE_DESIGN_H
#define CATALOGUE_GENERATE_DESIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "catalogue/generate/traits.h"

struct design {
    uint8_t value[TRAITS];
    double price; /* whole, or ending in .95 */
};

/* What chance is asked for; each has a stream of its own for each item, so that one never moves
 * another. */
enum design_purpose { DESIGN_TRAITS, DESIGN_WORDS, DESIGN_LOOK };

struct rng_stream design_stream(uint64_t seed, size_t n, enum design_purpose purpose);

/* What item n of a seed is. */
void design_choose(uint64_t seed, size_t n, struct design *design);

/* How many a thousand times as likely as otherwise `value` of `trait` is, after what has been
 * chosen of the traits before it; 0: impossible. `value` 0: that the item has no such trait. */
unsigned design_weight(const struct design *design, enum trait trait, size_t value);

#endif
