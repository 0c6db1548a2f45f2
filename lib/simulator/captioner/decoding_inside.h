/* The decoder from inside: how the next word of one row is chosen, and how beams go on. */
#ifndef SIMULATOR_CAPTIONER_DECODING_INSIDE_H
#define SIMULATOR_CAPTIONER_DECODING_INSIDE_H

#include "simulator/captioner/decoding.h"

/* A word that may come next: its mass or sum, and for beams the row it would continue. */
struct ranked {
    double value;
    size_t row;
    size_t token;
};

/* How a pair is getting on. */
struct place {
    double best; /* sum of its best finished sentence, -infinity: none */
    bool ended;
};

/* d->score = a row's scores less `less`, as the constraints change them behind the word `last` (0:
 * none). */
void decoder_constrain(struct decoder *d, const real *scores, double less, size_t last);

/* The token that comes next in d->score: of all modes but beams. */
size_t decoder_choose(struct decoder *d, uint64_t pair);

/* The same for the beams of one place: scores [width, classes]. Later there are `width` of them. */
void decoder_extend_beams(struct decoder *d, size_t place, const real *scores, size_t width);

#endif
