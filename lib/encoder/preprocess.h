/* Pictures to the input of an image tower (spec section 1.6). */
#ifndef ENCODER_PREPROCESS_H
#define ENCODER_PREPROCESS_H

#include "base/real.h"
#include "media/picture.h"

enum preprocess_fit {
    PREPROCESS_CROP, /* CLIP: the shorter side is resized, the middle square is cut out */
    PREPROCESS_PAD   /* the longer side is resized, white is added: nothing of a product is lost */
};

extern const float preprocess_mean[3], preprocess_deviation[3]; /* CLIP's, of values 0 .. 1 */

/* Resizes (Pillow's bicubic) to a square of `side` pixels, 8 bits a value. The caller releases
 * `out`. */
enum gmr_status preprocess_square(const struct gmr_allocator *allocator,
                                  const struct picture *picture, enum preprocess_fit fit,
                                  size_t side, struct picture *out);

/* values [3, height, width] = (pixel / 255 - mean) / deviation of any picture, by channel. */
void preprocess_scale(const struct picture *picture, const float mean[3], const float deviation[3],
                      real *values);

/* The same of a square, with CLIP's numbers: [3, side, side]. */
void preprocess_normalise(const struct picture *square, real *values);

#endif
