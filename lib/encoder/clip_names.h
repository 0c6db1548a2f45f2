/* Checkpoints of CLIP under the names that others give to the same tensors (spec section 1.7).
 *
 *   OpenAI         the names of this library. Left out: `input_resolution`, `context_length` and
 *                  `vocab_size`, which the shapes tell too
 *   open_clip      those, perhaps below others (`state_dict.`, `module.`); the text tower may lie
 *                  under `text.`, `logit_scale` may be [1]. Left out: `attn_mask`
 *   Hugging Face   its own; queries, keys and values are apart, projections transposed. Left out:
 *                  `position_ids`. Vision transformers only
 *
 * Names that none of them has stay as they are: who loads the result says that they are unknown. */
#ifndef ENCODER_CLIP_NAMES_H
#define ENCODER_CLIP_NAMES_H

#include <stdbool.h>

#include "tensor/safetensors.h"

enum clip_naming { CLIP_NAMES_OPENAI, CLIP_NAMES_OPEN_CLIP, CLIP_NAMES_HUGGING_FACE };

/* "OpenAI", "open_clip", "Hugging Face". */
const char *clip_naming_text(enum clip_naming naming);

/* Whether a file has CLIP's table of tokens, under anyone's name: it is CLIP, or was meant to be.
 */
bool clip_names_found(const struct safetensors *file);

/* Makes a handle with the tensors of `file` under OpenAI's names, in their own types; the caller
 * closes it, before `file`, whose bytes it shares. Metadata stay with `file`. Errors, the file in
 * the message, then *translated is NULL: GMR_ERR_FORMAT (no CLIP, a name twice, a part of a joined
 * tensor is missing, tensor/stretch.h), GMR_ERR_SHAPE and GMR_ERR_TYPE (such parts differ),
 * GMR_ERR_NOMEM. */
enum gmr_status clip_names_translate(const struct gmr_allocator *allocator,
                                     const struct safetensors *file,
                                     struct safetensors **translated, enum clip_naming *naming);

#endif
