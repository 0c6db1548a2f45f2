/* Batches of (picture, text) pairs for the contrastive loss: all items in an order of their own
 * each epoch, their pictures augmented, their texts drawn anew. A batch is a pure function of seed,
 * epoch and number; pictures are decoded by threads ahead of it.
 *
 * One batch in four has a topic: its texts speak of one attribute only ("for men", "women"), of
 * those items that have it. Among texts of all kinds, two values of an attribute rarely meet, and
 * what is learned of them is how much more likely than usual one is, which favours rare values;
 * against each other in their natural proportions, the likelier one has to win. */
#ifndef LEARNING_PAIR_STREAM_H
#define LEARNING_PAIR_STREAM_H

#include "catalogue/loader.h"
#include "learning/contrastive.h"
#include "learning/corpus.h"
#include "media/tokeniser.h"

struct pair_stream_settings {
    size_t batch, resolution, context;
    uint64_t seed;
    unsigned threads; /* decoders; 0: all cores */
};

struct pair_stream {
    struct pair_stream_settings settings;
    const struct gmr_allocator *allocator;
    const struct corpus *corpus;
    struct catalogue *const *catalogue;
    size_t catalogues;
    const struct tokeniser *tokeniser;

    uint64_t epoch;
    size_t next;       /* place in `order` */
    uint64_t *order;   /* [corpus->count] */
    size_t *positions; /* [corpus->count]: of each catalogue in turn, in order */
    struct picture_loader *loader[CORPUS_MAX_CATALOGUES];
    size_t broken;    /* pictures that could not be read, so far */
    char reason[256]; /* of the first of them */

    /* of one batch */
    size_t side; /* of squares */
    uint8_t *squares;
    bool *unreadable;
    real *pictures, *mask;
    struct item_text *text;
    const struct item_facts **facts;
    int64_t *ids, *end;
};

/* Borrows all it is given. Batches are at most as large as the corpus. Errors, then it is released:
 * GMR_ERR_RANGE (an empty corpus), GMR_ERR_NOMEM. */
enum gmr_status pair_stream_init(struct pair_stream *stream, const struct gmr_allocator *allocator,
                                 const struct corpus *corpus, struct catalogue *const *catalogue,
                                 size_t catalogues, const struct tokeniser *tokeniser,
                                 struct pair_stream_settings settings);
void pair_stream_release(struct pair_stream *stream);

/* Batches of an epoch; items that do not fill one more are left to the next epochs. */
size_t pair_stream_batches(const struct pair_stream *stream);

/* Goes to a batch of an epoch. Decoding begins. GMR_ERR_NOMEM. */
enum gmr_status pair_stream_seek(struct pair_stream *stream, uint64_t epoch, size_t batch);

/* The next batch of the epoch, which has one; borrowed until the next call. A pair whose picture is
 * broken is replaced by another one of the batch. Errors: GMR_ERR_FORMAT (no picture of the batch
 * can be read), those of picture_loader_next and tokeniser_encode. */
enum gmr_status pair_stream_next(struct pair_stream *stream, struct contrastive_batch *batch);

#endif
