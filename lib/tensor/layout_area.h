/* Arrays behind each other in one block, for work that takes its memory once and no more. Whoever
 * needs arrays lays them out twice: first without a block, which only counts, then for good. */
#ifndef TENSOR_LAYOUT_AREA_H
#define TENSOR_LAYOUT_AREA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/real.h"
#include "tensor/device.h"

struct layout_area {
    real *block;
    size_t used; /* numbers */
    size_t size; /* of the block */
};

/* The next array, aligned; NULL while there is no block. */
real *area_take(struct layout_area *area, size_t n);

/* Gets a block for what was laid out, and begins anew; false: no memory. */
bool area_allocate(struct layout_area *area, const struct device *device);
void area_release(struct layout_area *area, const struct device *device); /* no block is fine */

#endif
