/* Metadata of a file that is made from another: what that has, with some of it replaced. */
#ifndef TENSOR_METADATA_H
#define TENSOR_METADATA_H

#include "base/arena.h"
#include "tensor/safetensors.h"

/* Keys and values are borrowed, the array lies in an arena. */
struct metadata {
    struct safetensors_metadata *pair;
    size_t count, room;
};

/* Takes the metadata of `file`, with room for `more`, in the order of the file. GMR_ERR_NOMEM. */
enum gmr_status metadata_take(struct metadata *metadata, struct arena *arena,
                              const struct safetensors *file, size_t more);

/* Replaces the value of a key, or adds both where there is room, as metadata_take was told. */
void metadata_set(struct metadata *metadata, const char *key, const char *value);

/* Writes the tensors of `file` to another one with these metadata, as safetensors_write_job. The
 * list of tensors goes to the arena. */
enum gmr_status metadata_rewrite(const struct metadata *metadata, struct arena *arena,
                                 const struct safetensors *file, const char *path,
                                 const struct gmr_progress *progress);

#endif
