/* Captioners on disk. Ours are one safetensors file with the published key names and metadata
 * `model` "captioner", `captioner` "show-attend-tell" or "transformer", `input` "difference",
 * "both" or "target", `vocabulary` (one word a line), `features` (the digest of what made the
 * picture features, where that is known), `length`, `dropout`, `version` "1", and a transformer's
 * `heads` and `input_dropout`. The published ones are a state_dict of PyTorch with a pickle of
 * options and vocabulary beside it: model_best.pth and infos_best.pkl (spec section 5.5). */
#ifndef SIMULATOR_CAPTIONER_CHECKPOINT_H
#define SIMULATOR_CAPTIONER_CHECKPOINT_H

#include "base/digest.h"
#include "simulator/captioner/captioner.h"

/* The words of the metadata; static. */
const char *captioner_kind_name(enum captioner_kind kind);
const char *captioner_input_name(enum captioner_input input);

/* Whether an open file looks like a captioner, of whatever form. */
bool captioner_found(const struct safetensors *file);

/* Opens a captioner of either kind and form; sizes are found from shapes and options. `infos`: the
 * pickle of a published one; NULL: infos_best.pkl, then infos.pkl, beside the weights. The caller
 * releases the model. features[DIGEST_HEX] gets the digest, "" where the file does not tell (then
 * ResNet-101 was meant). Errors, then nothing is held, with the file in the message: those of
 * weights_open, GMR_ERR_NOT_FOUND (no infos), GMR_ERR_FORMAT, GMR_ERR_SHAPE, GMR_ERR_UNSUPPORTED
 * (another caption_model). */
enum gmr_status captioner_open(struct captioner *model, struct compute *compute,
                               const struct gmr_allocator *allocator, const char *weights,
                               const char *infos, char features[DIGEST_HEX]);

/* What an open file that looks like a captioner says itself, without infos. Of a published one that
 * is kind and sizes; the rest is as usual, heads 1. Errors: GMR_ERR_FORMAT, GMR_ERR_SHAPE,
 * GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED, GMR_ERR_NOMEM. */
struct captioner_description {
    struct captioner_settings settings;
    bool published;    /* heads, length, dropout and input are not told, and there are no words */
    size_t parameters; /* trained numbers */
};

enum gmr_status captioner_describe(const struct gmr_allocator *allocator,
                                   const struct safetensors *file,
                                   struct captioner_description *description);

/* Writes a captioner of either form as one of ours, its tensors as they are, atomically. Errors,
 * then `path` is as it was: those of captioner_open, GMR_ERR_UNSUPPORTED (infos for one of ours),
 * and of safetensors_write_job. `progress` may be NULL. */
enum gmr_status captioner_convert(const struct gmr_allocator *allocator,
                                  const struct safetensors *file, const char *infos,
                                  const char *path, const struct gmr_progress *progress);

/* Writes one file, atomically. `extra`: further metadata, e.g. where a training stands. */
enum gmr_status captioner_save(const struct captioner *model, const char *path,
                               const char *features, const struct safetensors_metadata *extra,
                               size_t extra_count);

#endif
