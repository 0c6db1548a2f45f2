/* Handles on tensors that do not come from a safetensors file (tensor/weights.h). */
#ifndef TENSOR_SAFETENSORS_HANDLE_H
#define TENSOR_SAFETENSORS_HANDLE_H

#include "base/arena.h"
#include "base/file.h"
#include "tensor/safetensors.h"

/* Makes a handle of entries, which are copied and stay in this order; the caller closes it. On
 * success it takes over what is in `arena`, which is empty then: names, and data unless they lie
 * elsewhere. `name` is what messages quote. Errors, then *file is NULL and the arena the caller's
 * as before: GMR_ERR_NOMEM, GMR_ERR_FORMAT (a name twice). */
enum gmr_status safetensors_create(const struct gmr_allocator *allocator, const char *name,
                                   const struct safetensors_entry *entry, size_t count,
                                   struct arena *arena, struct safetensors **file);

/* Gives a mapping to the handle, which ends it when it is closed. */
void safetensors_keep(struct safetensors *file, struct file_map map);

#endif
