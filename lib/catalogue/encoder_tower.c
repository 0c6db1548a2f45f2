#include "catalogue/encoder_tower.h"

static enum gmr_status encode_squares(void *user, const uint8_t *squares, size_t count, real *y)
{
    return encoder_squares(user, squares, count, y);
}

struct image_tower encoder_tower(struct encoder *encoder)
{
    return (struct image_tower){ .side = encoder_side(encoder),
                                 .fit = encoder->fit,
                                 .width = encoder_width(encoder),
                                 .encoder = encoder->digest,
                                 .encode = encode_squares,
                                 .user = encoder };
}
