/* Looking into files of weights and features: safetensors, and what PyTorch writes (torch.save, old
 * and new, and TorchScript), of which the tensors and the numbers at the top are shown.
 *
 *     struct gmr_weights *weights;
 *     if (gmr_weights_open(context, "model.safetensors", &weights) != GMR_OK) ...
 *     for (size_t i = 0; i < gmr_weights_count(weights); i++) {
 *         struct gmr_weights_tensor tensor = gmr_weights_tensor(weights, i);
 *         ...
 *     }
 *     gmr_weights_close(weights);
 *
 * A file is mapped, not read: opening is fast whatever its size. (Of an archive of PyTorch, the
 * bytes are compared with its checksums, and what is compressed goes to memory.) Nothing in a file
 * is ever executed. Threads: reading is safe from several. */
#ifndef GOMMIR_WEIGHTS_H
#define GOMMIR_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { GMR_MAX_AXES = 6 };

/* Strings and data are borrowed from the open file. */
struct gmr_weights_tensor {
    const char *name;
    const char *type; /* "F32", "F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL" */
    size_t axes;
    size_t dim[GMR_MAX_AXES];
    const void *data; /* row-major, little-endian, perhaps unaligned */
    size_t bytes;
};

struct gmr_weights;

/* Opens a file; the caller closes it. Errors: GMR_ERR_NOT_FOUND, GMR_ERR_IO, GMR_ERR_FORMAT,
 * GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED (a pickle that needs more than tensors and plain values, an
 * encrypted archive), GMR_ERR_NOMEM, naming the file and the reason. */
GMR_API enum gmr_status gmr_weights_open(struct gmr_context *context, const char *path,
                                         struct gmr_weights **weights);
GMR_API void gmr_weights_close(struct gmr_weights *weights); /* NULL is fine */

GMR_API size_t gmr_weights_count(const struct gmr_weights *weights);

/* index < count. */
GMR_API struct gmr_weights_tensor gmr_weights_tensor(const struct gmr_weights *weights,
                                                     size_t index);

/* Metadata: pairs of strings, which only safetensors files have; index < count. */
GMR_API size_t gmr_weights_metadata_count(const struct gmr_weights *weights);
GMR_API void gmr_weights_metadata(const struct gmr_weights *weights, size_t index, const char **key,
                                  const char **value);

#ifdef __cplusplus
}
#endif
#endif
