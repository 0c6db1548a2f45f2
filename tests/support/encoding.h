/* Encoding SCRATCH/shop with a tower that needs no network: a square's vector is a weighted sum of
 * its pixels. */
#ifndef SUPPORT_ENCODING_H
#define SUPPORT_ENCODING_H

#include "catalogue/encode.h"

enum { FAKE_SIDE = 8, FAKE_WIDTH = 5, FAKE_MAX_WIDTH = 256 };

struct fake_tower {
    const char *encoder;   /* vectors differ with it */
    size_t width;          /* of its vectors; 0: FAKE_WIDTH */
    size_t squares, calls; /* that it was asked for */
    size_t end_after;      /* calls, after which it kills the process; 0: never */
    size_t fail_after;     /* ..., after which it fails with GMR_ERR_NUMERIC */
    size_t stop_after;     /* ..., after which the user wants to stop */
};

/* The vector [width] of one square. */
void fake_vector(const struct fake_tower *tower, const uint8_t *square, float *vector);

/* Encodes with memory from `allocator` (NULL: the system's) into the embedding "clip". */
enum gmr_status fake_encode(const struct gmr_allocator *allocator, struct fake_tower *tower,
                            struct gmr_encode_report *report);

#endif
