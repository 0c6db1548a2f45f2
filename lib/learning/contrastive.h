/* The contrastive loss of CLIP on (picture, text) pairs: symmetric InfoNCE over the cosines of a
 * batch, with a learned temperature. A text that is also true of another picture of the batch is no
 * negative of it: such pairs are left out of the sums. */
#ifndef LEARNING_CONTRASTIVE_H
#define LEARNING_CONTRASTIVE_H

#include "catalogue/item_text.h"
#include "encoder/clip.h"

/* A batch of `words.count` pairs on the host. */
struct contrastive_batch {
    const real *pictures;    /* [count, 3, resolution, resolution], normalised */
    struct clip_words words; /* of text i, which goes with picture i */
    const real *mask;        /* [count, count] as contrastive_mask makes it; NULL: none */
};

/* mask[i, j] is added to the logit of picture i and text j: 0, or so little that the pair counts
 * for nothing, where text j is true of item i but belongs to another. */
void contrastive_mask(real *mask, const struct item_text *text,
                      const struct item_facts *const *facts, size_t count);

/* -> one number. */
struct tensor *contrastive_loss(struct tape *t, const struct clip *model,
                                const struct contrastive_batch *batch);

/* Keeps the temperature at 1/100 or above, as CLIP does. Call after each step. */
void contrastive_clamp(struct clip *model);

#endif
