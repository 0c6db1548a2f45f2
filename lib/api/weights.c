/* Looking into files of weights: the public view of tensor/weights.h. */
#include "api/weights.h"

#include <string.h>

#include "base/memory.h"
#include "base/status.h"
#include "tensor/weights.h"

_Static_assert((int)GMR_MAX_AXES == (int)TENSOR_MAX_RANK, "a tensor of a file fits the public one");

enum gmr_status gmr_weights_open(struct gmr_context *context, const char *path,
                                 struct gmr_weights **weights)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    *weights = NULL;
    struct gmr_weights *opened = memory_array(allocator, 1, sizeof *opened);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->allocator = allocator;
    enum gmr_status status = weights_open(allocator, path, &opened->file);
    if (status == GMR_OK)
        *weights = opened;
    else
        gmr_weights_close(opened);
    return status;
}

void gmr_weights_close(struct gmr_weights *weights)
{
    if (!weights)
        return;
    safetensors_close(weights->file);
    memory_release(weights->allocator, weights, sizeof *weights);
}

size_t gmr_weights_count(const struct gmr_weights *weights)
{
    return safetensors_count(weights->file);
}

struct gmr_weights_tensor gmr_weights_tensor(const struct gmr_weights *weights, size_t index)
{
    const struct safetensors_entry *entry = safetensors_at(weights->file, index);
    struct gmr_weights_tensor tensor = {
        .name = entry->name,
        .type = dtype_name(entry->dtype),
        .axes = entry->rank,
        .data = entry->data,
        .bytes = entry->size,
    };
    memcpy(tensor.dim, entry->dim, entry->rank * sizeof *entry->dim);
    return tensor;
}

size_t gmr_weights_metadata_count(const struct gmr_weights *weights)
{
    return safetensors_metadata_count(weights->file);
}

void gmr_weights_metadata(const struct gmr_weights *weights, size_t index, const char **key,
                          const char **value)
{
    struct safetensors_metadata metadata = safetensors_metadata_at(weights->file, index);
    *key = metadata.key;
    *value = metadata.value;
}
