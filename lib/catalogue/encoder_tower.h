/* An encoder as what makes the vectors of catalogue/encode.h. */
#ifndef CATALOGUE_ENCODER_TOWER_H
#define CATALOGUE_ENCODER_TOWER_H

#include "catalogue/encode.h"
#include "encoder/encoder.h"

/* Borrows the encoder. */
struct image_tower encoder_tower(struct encoder *encoder);

#endif
