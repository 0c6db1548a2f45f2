/* Which recommender a file of weights holds, as far as its tensors tell. Models with the same
 * tensors differ in what they compute, so there may be several answers (spec sections 2-4). */
#ifndef MODEL_RECOGNISE_H
#define MODEL_RECOGNISE_H

#include <stdbool.h>

#include "tensor/safetensors.h"

enum { RECOGNISE_MOST = 4 };

struct recognised {
    const char *const *name; /* models that have such tensors; static */
    size_t count;            /* 1 .. RECOGNISE_MOST */
    const char *const *twin; /* models that compute the same as the first and differ in training
                                only; counted only when they are named */
    size_t width;            /* of a state; 0: not told */
    size_t layers;           /* of the tracker's transformer; 0: it has none */
};

/* False: it holds none of them. Where metadata name one of the answers, it is the only one. */
bool recognise(const struct safetensors *file, struct recognised *model);

/* Writes the tensors of `file`, as they are, to a safetensors file, atomically, with what is known
 * of the model as metadata. `name`: which one, NULL where the tensors tell; `progress` may be NULL.
 * Errors, then `path` is as it was: GMR_ERR_FORMAT (none, or not `name`), GMR_ERR_UNSUPPORTED
 * (several answers and no name), those of safetensors_write_job. */
enum gmr_status recognise_convert(const struct gmr_allocator *allocator,
                                  const struct safetensors *file, const char *name,
                                  const char *path, const struct gmr_progress *progress);

#endif
