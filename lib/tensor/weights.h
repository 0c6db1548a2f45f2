/* Opens files of weights in any container that the published models come in (spec section 1.7):
 * safetensors, TorchScript archives (OpenAI's .pt), torch.save archives, and torch.save's legacy
 * form. What opens is a `struct safetensors` in every case, so the rest of the library knows one
 * kind of file.
 *
 * Files of PyTorch are programs for a pickle machine. Ours (tensor/pickle.h) builds tensors, lists,
 * tuples, dicts, strings, numbers and None, and refuses every other global by name: nothing in a
 * file is ever called. Keys of nested dicts, attributes of TorchScript's objects and places in
 * lists are joined with dots ("state_dict.visual.conv1.weight", "state.0.exp_avg"); values that are
 * no tensors are left out, numbers at the top excepted, which become tensors of rank 0. Tensors
 * come in the order of the file, and those that share a storage share its memory. */
#ifndef TENSOR_WEIGHTS_H
#define TENSOR_WEIGHTS_H

#include "tensor/safetensors.h"

/* Opens a file, recognised by its bytes; the caller closes it with safetensors_close. Tensors with
 * strides are made dense. Errors: those of safetensors_open, and GMR_ERR_UNSUPPORTED (a global that
 * is not built here, among them storages of types unknown to tensor/dtype.h; an encrypted archive;
 * big-endian numbers). */
enum gmr_status weights_open(const struct gmr_allocator *allocator, const char *path,
                             struct safetensors **file);

/* The same for bytes in memory, which must outlive the handle; `name` is what messages quote. */
enum gmr_status weights_open_memory(const struct gmr_allocator *allocator, const void *bytes,
                                    size_t size, const char *name, struct safetensors **file);

#endif
