/* Checkpoints of CLIP of any kind to safetensors files with OpenAI's names. */
#ifndef ENCODER_CLIP_CONVERT_H
#define ENCODER_CLIP_CONVERT_H

#include <stdbool.h>

#include "tensor/safetensors.h"

struct clip_convert_options {
    const char
        *vocabulary; /* a file to take the vocabulary from; NULL: what the file has, if any */
    bool half;       /* tensors of two axes and more in half precision */
    bool exact_gelu; /* say so in the metadata */
    const struct gmr_progress *progress; /* NULL: none */
};

/* Writes the tensors of `file`, in their own types, to `path`, atomically; metadata are those of
 * the file, `model`, `version` and what the options tell. Errors, then `path` is as it was: those
 * of clip_checkpoint_init, encoder_vocabulary_open, safetensors_write, and GMR_ERR_RANGE (a number
 * too large for half precision), GMR_ERR_CANCELLED. */
enum gmr_status clip_convert(const struct gmr_allocator *allocator, const struct safetensors *file,
                             const struct clip_convert_options *options, const char *path);

#endif
