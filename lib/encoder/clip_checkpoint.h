/* A checkpoint of CLIP, of any naming (encoder/clip_names.h), found to be whole: what inspecting,
 * converting and loading begin with.
 *
 * Metadata of safetensors files that count:
 *   model        "clip", where it is there
 *   version      "1", where it is there
 *   activation   "quick_gelu" (the default) or "gelu"
 *   fit          "crop" (the default) or "pad": how pictures become squares
 *   vocabulary   the merges as text (media/tokeniser.h) */
#ifndef ENCODER_CLIP_CHECKPOINT_H
#define ENCODER_CLIP_CHECKPOINT_H

#include "encoder/clip.h"
#include "encoder/clip_names.h"
#include "encoder/preprocess.h"

struct clip_checkpoint {
    const struct safetensors *file; /* as it is */
    struct safetensors *tensors;    /* the same under OpenAI's names */
    enum clip_naming naming;
    struct clip_settings settings;
    enum preprocess_fit fit;
    const char *vocabulary; /* borrowed from the file; NULL: none */
};

/* Finds out what an open file holds and that nothing is missing, wrong or unknown. The file must
 * outlive the checkpoint, which the caller releases. Errors, the file in the message, then nothing
 * is held: those of clip_names_translate, clip_settings_infer and parameters_check, and
 * GMR_ERR_FORMAT or GMR_ERR_UNSUPPORTED for metadata. */
enum gmr_status clip_checkpoint_init(struct clip_checkpoint *checkpoint,
                                     const struct gmr_allocator *allocator,
                                     const struct safetensors *file);
void clip_checkpoint_release(struct clip_checkpoint *checkpoint);

/* Makes the model with its values; the caller releases it. Errors, then nothing is held: those of
 * clip_init and parameters_read. */
enum gmr_status clip_checkpoint_load(const struct clip_checkpoint *checkpoint,
                                     struct compute *compute, const struct gmr_allocator *allocator,
                                     struct clip *model);

#endif
