/* From next-word distributions to a sentence: greedy, beam search, and sampling in its forms, with
 * the constraints of the published decoder (spec section 5.4). Knows nothing of a model: it is
 * given the scores of all next words, row by row.
 *
 *     TRY(decoder_create(allocator, room, words, &d));
 *     for (decoder_begin(d, &options, first, count, ids); d->live > 0; decoder_step(d, scores))
 *         scores = ...;    of d->live pairs, d->width rows of each
 *     decoder_destroy(d);
 *
 * Token 0 is begin and end; words are 1 .. V. */
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
    DECODE_BEAM,    /* sums of log-probabilities; see decoding_beam.c */
    DECODE_SAMPLE,  /* softmax(log p / temperature) */
    DECODE_TOP_K,   /* the same, of the k likeliest */
    DECODE_NUCLEUS, /* the same, of the shortest prefix of the likeliest with a mass of >= p */
    DECODE_GUMBEL   /* the largest of log p / temperature + Gumbel noise */
};

enum { DECODING_MAX_BEAM = 64 };

struct decoding_options {
    enum decoding_mode mode;
    size_t beam;        /* DECODE_BEAM: 1 .. 64 */
    double temperature; /* > 0 */
    size_t top_k;       /* DECODE_TOP_K */
    double top_p;       /* DECODE_NUCLEUS: (0, 1] */
    uint64_t seed;      /* sampling: pair i draws from a stream of its own, whatever the batch */
    bool constrained;   /* no end after a function word; UNK as last word lowered by 1000 */
};

/* GMR_ERR_RANGE, and the message says what does not fit. What a mode does not use is not looked at.
 */
enum gmr_status decoding_options_check(const struct decoding_options *options);

/* The most that a decoder is asked for. */
struct decoder_room {
    size_t pairs, beam; /* pairs at once, rows of each */
    size_t length;      /* words of a sentence */
    size_t classes;     /* V + 1 */
};

/* Decodes a batch of pairs. A pair whose sentence has ended leaves, and the last one takes its
 * place, so that rows stay together and few of them move. */
struct decoder {
    struct decoder_room room;

    /* Of what the next scores are wanted: `width` rows for each of `live` places, row by row. Where
     * a pair has fewer beams, its last rows have token 0, and their scores are not looked at. */
    size_t live, width;
    size_t step;     /* words said so far, by all of them */
    int64_t *token;  /* [live, width]: the last of them, 0 at first */
    int64_t *source; /* [live, width]: the row of the step before that said the words before */
    size_t *pair;    /* [live]: whose they are, counted from 0 in the batch */

    /* The rest is the decoder's own. */
    const struct gmr_allocator *allocator;
    struct decoding_options options;
    bool *no_end;          /* [classes]: no end behind this word */
    bool unknown;          /* the last word is UNK */
    uint64_t first;        /* number of pair 0 */
    int64_t *ids;          /* the caller's [pairs, length] */
    double *score;         /* [classes] */
    struct ranked *rank;   /* [classes or beam] */
    struct place *place;   /* [places] */
    double *sum;           /* [places, beam] */
    int64_t *said, *spare; /* words of all rows [places, beam, length], and of one place */
};

/* `words` [classes] are looked at for the constraints only; words[0] is not. The caller destroys
 * it. GMR_ERR_NOMEM. */
enum gmr_status decoder_create(const struct gmr_allocator *allocator, struct decoder_room room,
                               const char *const *words, struct decoder **decoder);
void decoder_destroy(struct decoder *d); /* NULL is fine */

/* Begins with pairs `first` .. first + count - 1 of a call, count <= room.pairs, with options that
 * were checked and a beam that there is room for. Sentences go to ids [count, length], 0 behind the
 * last word; ids must live until the last step. */
void decoder_begin(struct decoder *d, const struct decoding_options *options, uint64_t first,
                   size_t count, int64_t *ids);

/* scores [live, width, classes]: log-probabilities, or logits, which differ from them by the same
 * in a row. Numbers or -infinity; a row without any number ends there. */
void decoder_step(struct decoder *d, const real *scores);

#endif
