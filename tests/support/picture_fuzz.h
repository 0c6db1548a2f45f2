/* What the fuzz entries of the picture decoders share. */
#ifndef SUPPORT_PICTURE_FUZZ_H
#define SUPPORT_PICTURE_FUZZ_H

#include "media/picture.h"

/* Decodes the bytes if they begin like a file of this format. Whatever they are: no fault, a sound
 * message or a picture within the limits, all of whose pixels can be read. */
void fuzz_picture(const uint8_t *data, size_t size, enum gmr_picture_format format);

#endif
