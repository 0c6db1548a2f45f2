/* From next-word distributions to a sentence: greedy, beam search, and sampling in its forms, with
 * the constraints of the published decoder (spec section 5.4). Knows nothing of a model: it is
 * given log-probabilities row by row. */
#ifndef SIMULATOR_CAPTIONER_DECODING_H
#define SIMULATOR_CAPTIONER_DECODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/real.h"
#include "base/status.h"

enum decoding_mode {
    DECODE_GREEDY,
    DECODE_BEAM,    /* sums of log-probabilities; see decoding.c */
    DECODE_SAMPLE,  /* softmax(log p / temperature) */
    DECODE_TOP_K,   /* the same, of the k likeliest */
    DECODE_NUCLEUS, /* the same, of the shortest prefix of the likeliest with a mass of >= p */
    DECODE_GUMBEL   /* the largest of log p / temperature + Gumbel noise */
};

struct decoding_options {
    enum decoding_mode mode;
    size_t beam;        /* DECODE_BEAM: 1 .. 64 */
    double temperature; /* > 0 */
    size_t top_k;       /* DECODE_TOP_K */
    double top_p;       /* DECODE_NUCLEUS: (0, 1] */
    uint64_t seed;      /* sampling: pair i draws from a stream of its own, whatever the batch */
    bool constrained;   /* no end after a function word; UNK as last word lowered by 1000 */
};

#endif
