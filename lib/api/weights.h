/* Inside of an open file of weights, for the other files of api/. */
#ifndef API_WEIGHTS_H
#define API_WEIGHTS_H

#include <gommir/weights.h>

#include "api/context.h"
#include "tensor/safetensors.h"

struct gmr_weights {
    const struct gmr_allocator *allocator;
    struct safetensors *file;
};

#endif
