/* Vectors of items, of their pictures and of their words, for measuring an encoder. Both report
 * progress and can be cancelled between batches: GMR_ERR_CANCELLED. */
#ifndef LEARNING_ENCODER_FEATURES_H
#define LEARNING_ENCODER_FEATURES_H

#include "catalogue/catalogue.h"
#include "encoder/encoder.h"
#include "learning/corpus.h"

/* Some items of a corpus: order [count] are places in it. */
struct corpus_part {
    const struct corpus *corpus;
    const uint64_t *order;
    size_t count;
};

/* What happened to pictures. */
struct features_report {
    bool *broken; /* [count], the caller's: whether a picture could not be read */
    size_t broken_count;
    char reason[256]; /* of the first */
};

/* item_text_full of each item -> y [count, width]. Errors: those of encoder_texts. */
enum gmr_status encoder_features_texts(struct encoder *encoder, const struct corpus_part *part,
                                       const struct gmr_progress *progress, real *y);

/* The picture of each item, all of `catalogue` -> y [count, width]; of a broken one, the vector of
 * a white square. threads: decoders, 0: all cores. Errors: those of picture_loader_create,
 * picture_loader_next and encoder_squares. */
enum gmr_status encoder_features_pictures(struct encoder *encoder, struct catalogue *catalogue,
                                          const struct corpus_part *part, unsigned threads,
                                          const struct gmr_progress *progress, real *y,
                                          struct features_report *report);

#endif
