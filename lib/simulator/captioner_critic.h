/* A captioner (captioner/) as a critic: looks at the regions of both pictures and says the words
 * that it was trained to say. Of an item without picture it says nothing.
 *
 * Greedy and beam search depend on the pair alone. Sampling draws anew for each dialogue and turn,
 * from the seed of its options. */
#ifndef SIMULATOR_CAPTIONER_CRITIC_H
#define SIMULATOR_CAPTIONER_CRITIC_H

#include "compute/compute.h"
#include "simulator/captioner/decoding.h"
#include "simulator/critic.h"
#include "simulator/regions.h"

struct captioner_critic_options {
    const char *weights;                     /* see captioner/checkpoint.h */
    const char *infos;                       /* NULL: found */
    const struct decoding_options *decoding; /* NULL: greedy, constrained */
};

/* What captioner_critic_create would say of the weights with regions of the network of this digest,
 * before those are made. */
enum gmr_status captioner_critic_check(struct compute *compute,
                                       const struct gmr_allocator *allocator,
                                       const struct captioner_critic_options *options,
                                       const char *network);

/* `compute`, `allocator` and `regions` outlive the critic, which the caller ends with
 * critic->destroy. Errors, then *critic is NULL: those of captioner_open, GMR_ERR_SHAPE (regions of
 * another width), GMR_ERR_STATE (it was trained on the features of another network), GMR_ERR_RANGE
 * (decoding). Of critic->critiques: GMR_ERR_NUMERIC, GMR_ERR_NOMEM. */
enum gmr_status captioner_critic_create(struct compute *compute,
                                        const struct gmr_allocator *allocator,
                                        const struct regions *regions,
                                        const struct captioner_critic_options *options,
                                        struct critic **critic);

#endif
