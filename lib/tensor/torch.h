/* Files of PyTorch, from their bytes to a list of tensors: one reader for each container, and the
 * walk through what their pickle built. Spec section 1.7. */
#ifndef TENSOR_TORCH_H
#define TENSOR_TORCH_H

#include "tensor/pickle.h"
#include "tensor/safetensors.h"

/* A file while it is being read. Messages of the functions below do not name it. */
struct torch_file {
    const uint8_t *bytes; /* whole file */
    size_t size;
    struct arena *kept;   /* names and data of tensors */
    struct pickle pickle; /* its arena is for the time of reading */
    const struct pickle_value *root;
    size_t data_size; /* bytes of all storages */
};

/* Whether a file begins like one of these containers. */
bool torch_archive_is(const uint8_t *bytes, size_t size);
bool torch_legacy_is(const uint8_t *bytes, size_t size);

/* Set `root` and the data of all storages, which lie in the file's bytes or in the arena `kept`.
 * Errors: GMR_ERR_NOMEM, GMR_ERR_FORMAT, GMR_ERR_UNSUPPORTED. */
enum gmr_status torch_archive_read(struct torch_file *file);
enum gmr_status torch_legacy_read(struct torch_file *file);

/* Lists the tensors below `root`, each under its path, in the order of the file, and the numbers at
 * the top. The list is in the arena for the time of reading. Errors as above; GMR_ERR_FORMAT also
 * for a structure that contains itself. */
enum gmr_status torch_entries(struct torch_file *file, struct safetensors_entry **entry,
                              size_t *count);

#endif
