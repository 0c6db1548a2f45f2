/* States of recorded dialogues: what was liked and said turn by turn goes in, what a recommender
 * makes of it comes out. For comparing implementations, and for looking into a model.
 *
 * The recording is a file of weights of any container, its numbers of any floating type:
 *   image    [B, T, features]         raw features of the liked item of each turn
 *   text     [B, T, features]         of what was said about it
 *   dislike  [B, T, K - 1, features]  of what else was shown; only for models that want it
 * Other tensors are not looked at. The states are a safetensors file:
 *   state     [B, T, width]  after each turn
 *   composed  [B, T, width]  liked item and critique merged; only of models that compose
 *   embedded  [B, T, width]  the liked items where states live
 *
 * Evaluation mode, nothing by chance; a dialogue does not depend on those beside it. Memory: what
 * is written, and a few dialogues at a time. */
#ifndef MODEL_REPLAY_H
#define MODEL_REPLAY_H

#include "model/recommender.h"

struct replay_options {
    const char *input, *output;          /* files; may be the same */
    const char *encoder;                 /* digest to pass on in the metadata; "": not known */
    const struct gmr_progress *progress; /* NULL: nobody asks */
};

struct replay_result {
    size_t dialogues, turns;
    bool composed; /* the model composes */
};

/* Replays and writes, atomically. Errors, then `output` is as it was: those of weights_open, with
 * the file in the message GMR_ERR_FORMAT (a tensor is missing, no dialogues), GMR_ERR_SHAPE,
 * GMR_ERR_TYPE (integers), GMR_ERR_RANGE (more turns than the model takes), GMR_ERR_NUMERIC (what
 * comes out is not finite), GMR_ERR_CANCELLED, GMR_ERR_NOMEM, and those of safetensors_write. */
enum gmr_status replay_run(const struct recommender *model, struct compute *compute,
                           const struct gmr_allocator *allocator,
                           const struct replay_options *options, struct replay_result *result);

#endif
