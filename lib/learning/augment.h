/* Pictures a little different each time: moved, scaled, mirrored, lit differently. Colours keep
 * their names: light and contrast change for all three channels alike, hue and saturation never. */
#ifndef LEARNING_AUGMENT_H
#define LEARNING_AUGMENT_H

#include <stdint.h>

#include "base/real.h"
#include "base/rng.h"

/* square [side, side, 3] -> values [3, out, out], normalised as encoder/preprocess.h does. A pure
 * function of square and stream. */
void augment_square(const uint8_t *square, size_t side, struct rng_stream *chance, real *values,
                    size_t out);

#endif
