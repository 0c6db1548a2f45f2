/* Recommenders, which find in what was liked and said so far what to show next: replaying recorded
 * dialogues.
 *
 *     struct gmr_replay_options options = { .model = "gommir.safetensors",
 *                                           .input = "dialogues.safetensors",
 *                                           .output = "states.safetensors" };
 *     struct gmr_replay_result result;
 *     if (gmr_replay(context, &options, &result) != GMR_OK) ...
 *
 * The same model and dialogues give the same states, whatever the number of threads. */
#ifndef GOMMIR_RECOMMENDER_H
#define GOMMIR_RECOMMENDER_H

#include <stdbool.h>
#include <stddef.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The input has tensors of floating types, which are raw features of an encoder: `image` [B, T, D]
 * of the liked item of each of T turns, `text` [B, T, D] of what was said about it and, for models
 * that take it in, `dislike` [B, T, K - 1, D] of what else was shown. The output is a safetensors
 * file: `state` [B, T, width] after each turn, `embedded` [B, T, width], the liked items where
 * states live, and of models that compose `composed` [B, T, width]. */
struct gmr_replay_options {
    const char *model; /* a recommender's weights, of any kind that opens */
    const char *name;  /* which recommender it is, where its tensors do not tell; else NULL */
    const char *input, *output; /* files; may be the same */
    struct gmr_progress progress;
};

struct gmr_replay_result {
    const char *model; /* its name; static */
    size_t dialogues, turns, width;
    bool composed; /* the model composes */
    double seconds;
};

/* Plays recorded dialogues to a model, in evaluation mode, and writes its states, atomically.
 * `result` is written in every case. Errors, then the output is as it was: GMR_ERR_NOT_FOUND (a
 * file, a model of that name), GMR_ERR_FORMAT, GMR_ERR_SHAPE, GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED
 * (the tensors do not tell which model), GMR_ERR_RANGE (more turns than the model takes),
 * GMR_ERR_NUMERIC (a state is not finite), GMR_ERR_IO, GMR_ERR_CANCELLED, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_replay(struct gmr_context *context,
                                   const struct gmr_replay_options *options,
                                   struct gmr_replay_result *result);

#ifdef __cplusplus
}
#endif
#endif
