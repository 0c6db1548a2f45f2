/* Supervised pre-training (spec section 2.3): dialogues with random lists; each turn's state and
 * composed vector are pulled to the target and pushed from a random item. */
#ifndef LEARNING_PRETRAINING_H
#define LEARNING_PRETRAINING_H

#include "learning/dialogue.h"
#include "nn/adam.h"

struct pretraining_settings {
    size_t epochs, batch, turns, shown;
    double margin;
    struct adam_settings adam;
    uint64_t seed; /* of targets, lists and negatives */
};

/* The paper's: 20 epochs of batches of 128, 10 turns, K = 3, margin .1, Adam 1e-3 with weight decay
 * 1e-8. */
struct pretraining_settings pretraining_settings_default(void);

struct pretraining_result {
    double first_loss, last_loss; /* means over the first and last epoch */
    size_t batches;
};

/* Trains the model in place. `progress` may be NULL; it counts batches and notes the loss. Errors:
 * GMR_ERR_NOMEM, GMR_ERR_CANCELLED (the model then is as trained so far), GMR_ERR_NUMERIC when the
 * loss is not finite. */
enum gmr_status pretraining_run(struct recommender *m, const struct dialogue_source *source,
                                struct tape *t, const struct pretraining_settings *settings,
                                const struct gmr_progress *progress,
                                struct pretraining_result *result);

#endif
