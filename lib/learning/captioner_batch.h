/* Batches for captioners: critiques with the features of their pictures. */
#ifndef LEARNING_CAPTIONER_BATCH_H
#define LEARNING_CAPTIONER_BATCH_H

#include "learning/caption_vocabulary.h"
#include "learning/critiques.h"
#include "simulator/captioner/captioner.h"

struct captioner_batch {
    const struct gmr_allocator *allocator;
    const struct regions *regions;
    size_t room, channels, length;

    size_t count;
    struct critic_pair *pairs;
    char (*text)[CRITIC_TEXT];
    int64_t *ids;      /* [count, length] */
    size_t tokens;     /* words and ends of all sentences */
    size_t *positions; /* [2 room]: targets, then candidates */
    real *mean;        /* [2 room, C] */
    real *grid;        /* [2 room, 49, C] */
};

/* Room for so many pairs, and sentences of so many words. Borrows the regions. Errors, then it is
 * released: GMR_ERR_NOMEM. */
enum gmr_status captioner_batch_init(struct captioner_batch *batch,
                                     const struct gmr_allocator *allocator,
                                     const struct regions *regions, size_t room, size_t length);
void captioner_batch_release(struct captioner_batch *batch);

/* Pairs [count, at most room], whose pictures' features are gathered. */
struct captioner_pictures captioner_batch_pictures(struct captioner_batch *batch,
                                                   const struct critic_pair *pairs, size_t count);

/* Critiques first .. first + count - 1 of an epoch as a batch. GMR_ERR_NOMEM. */
enum gmr_status captioner_batch_draw(struct captioner_batch *batch, struct critiques *critiques,
                                     const struct caption_vocabulary *vocabulary, uint64_t epoch,
                                     uint64_t first, size_t count,
                                     struct captioner_pictures *pictures,
                                     struct captioner_sentences *sentences);

#endif
