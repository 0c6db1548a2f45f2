/* Files in which much stands for little. Tensors of PyTorch may share memory, so a small file can
 * name any number of large ones; who copies tensors, or makes a model of their shapes, asks here
 * first whether the file is worth it. */
#ifndef TENSOR_STRETCH_H
#define TENSOR_STRETCH_H

#include "tensor/safetensors.h"

enum {
    STRETCH_MOST = 4,           /* bytes of all tensors for one of the memory they lie in, */
    STRETCH_FREE = 1024 * 1024, /* and these more */
};

/* GMR_ERR_FORMAT, file in the message: above that; GMR_ERR_NOMEM. */
enum gmr_status stretch_check(const struct gmr_allocator *allocator,
                              const struct safetensors *file);

#endif
