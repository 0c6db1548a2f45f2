/* What the parts of reading captioners share: sizes.c looks at tensors, metadata.c at the metadata
 * of our files, infos.c at the pickles beside published ones. */
#ifndef SIMULATOR_CAPTIONER_CHECKPOINT_INSIDE_H
#define SIMULATOR_CAPTIONER_CHECKPOINT_INSIDE_H

#include "simulator/captioner/checkpoint.h"
#include "tensor/metadata.h"

/* What a file and its infos say. Words live in the arena: [settings.words + 1], word[0] is "". */
struct captioner_facts {
    struct captioner_settings settings;
    const char *const *word;
    const char *features; /* borrowed from the file; "": not told */
};

/* Kind and sizes, from names and shapes; the rest is what the kind usually has, heads excepted.
 * Errors, the file in the message: GMR_ERR_FORMAT, GMR_ERR_SHAPE. */
enum gmr_status captioner_sizes_read(const struct safetensors *file,
                                     struct captioner_settings *settings);

/* Whether the metadata of a file are those of ours. */
bool captioner_metadata_found(const struct safetensors *file);

/* The rest, from the metadata of ours: settings have sizes before. GMR_ERR_FORMAT,
 * GMR_ERR_UNSUPPORTED (another version), GMR_ERR_NOMEM. */
enum gmr_status captioner_metadata_read(struct arena *arena, const struct safetensors *file,
                                        struct captioner_facts *facts);

/* Replaces or adds them, where there is room for CAPTIONER_METADATA more. GMR_ERR_NOMEM. */
enum { CAPTIONER_METADATA = 10 };

enum gmr_status captioner_metadata_write(struct metadata *metadata, struct arena *arena,
                                         const struct captioner_facts *facts);

/* The rest, and the words, from the pickle beside a published one: settings have sizes before,
 * which stay; where explicit options say otherwise, the pickle is not of these weights. Errors,
 * with file in the message: GMR_ERR_NOT_FOUND, GMR_ERR_IO, GMR_ERR_FORMAT, GMR_ERR_UNSUPPORTED
 * (another caption_model), GMR_ERR_NOMEM. `weights` is what messages call the weights, and where
 * `infos` is NULL, the file that it lies beside. */
enum gmr_status captioner_infos_read(struct arena *arena, const char *weights, const char *infos,
                                     struct captioner_facts *facts);

/* The same for the bytes of a pickle that messages call `infos`. */
enum gmr_status captioner_infos_parse(struct arena *arena, const char *weights, const char *infos,
                                      const void *bytes, size_t size,
                                      struct captioner_facts *facts);

#endif
