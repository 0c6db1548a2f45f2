/* Captioners on disk. Ours are one safetensors file with the published key names and metadata
 * `model` "captioner", `captioner` "show-attend-tell" or "transformer", `input`, `vocabulary` (one
 * word a line), `features` (the digest of what made the picture features), `length`, `heads`,
 * `version`. The published ones are a state_dict of PyTorch with a pickle of options and vocabulary
 * beside it: model_best.pth and infos_best.pkl (spec section 5.5). */
#ifndef SIMULATOR_CAPTIONER_CHECKPOINT_H
#define SIMULATOR_CAPTIONER_CHECKPOINT_H

#include "base/digest.h"
#include "simulator/captioner/captioner.h"

/* Opens a captioner of either kind and form; sizes are found from shapes and options. `infos`: the
 * pickle of a published one; NULL: infos_best.pkl, then infos.pkl, beside the weights. The caller
 * releases the model. features[DIGEST_HEX] gets the digest, "" where the file does not tell (then
 * ResNet-101 was meant). Errors, then nothing is held, with the file in the message: those of
 * weights_open, GMR_ERR_NOT_FOUND (no infos), GMR_ERR_FORMAT, GMR_ERR_SHAPE, GMR_ERR_UNSUPPORTED
 * (another caption_model). */
enum gmr_status captioner_open(struct captioner *model, struct compute *compute,
                               const struct gmr_allocator *allocator, const char *weights,
                               const char *infos, char features[DIGEST_HEX]);

/* Writes one file, atomically. `extra`: further metadata, e.g. where a training stands. */
enum gmr_status captioner_save(const struct captioner *model, const char *path,
                               const char *features, const struct safetensors_metadata *extra,
                               size_t extra_count);

#endif
