/* What the decoders of the formats share. Each fills a picture with RGB pixels as they lie in the
 * file. Their messages say only the reason; picture_decode puts the file's name before it. On error
 * the picture may hold pixels; picture_decode releases it. */
#ifndef MEDIA_FORMAT_H
#define MEDIA_FORMAT_H

#include "media/picture.h"

struct picture_source {
    const uint8_t *bytes;
    size_t size;
    size_t at_least; /* as in picture_decode */
    const struct gmr_allocator *allocator;
};

/* width and height get the size in the file, which is that of the picture unless it was decoded
 * smaller. Errors: those of picture_decode. */
typedef enum gmr_status picture_decoder(const struct picture_source *source,
                                        struct picture *picture, size_t *width, size_t *height);

picture_decoder picture_decode_jpeg, picture_decode_png, picture_decode_webp;

/* GMR_ERR_UNSUPPORTED, with the size in the message, above the limits of media/picture.h. */
enum gmr_status picture_check_size(size_t width, size_t height);

/* Lays a row of RGBA pixels on white: c a + 255 (1 - a), rounded. */
void picture_lay_on_white(uint8_t *rgb, const uint8_t *rgba, size_t width);

/* How the camera was held, by the EXIF data of a JPEG file: 1 (upright) .. 8; 1 when nothing, or
 * nothing sensible, is said. */
unsigned exif_orientation(const uint8_t *jpeg, size_t size);

/* Turns a picture upright. The same size for orientations 1 .. 4, width and height exchanged for
 * 5 .. 8. On error the picture is as it was. Errors: GMR_ERR_NOMEM. */
enum gmr_status picture_turn(struct picture *picture, unsigned orientation);

#endif
