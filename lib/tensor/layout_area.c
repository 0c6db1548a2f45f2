#include "tensor/layout_area.h"

#include "base/memory.h"

real *area_take(struct layout_area *area, size_t n)
{
    const size_t unit = MEMORY_ALIGNMENT / sizeof(real), at = area->used;
    area->used += (n + unit - 1) / unit * unit;
    return area->block ? area->block + at : NULL;
}

bool area_allocate(struct layout_area *area, const struct device *device)
{
    area->size = area->used;
    area->used = 0;
    area->block = device->allocate(device, area->size * sizeof(real));
    return area->block != NULL;
}

void area_release(struct layout_area *area, const struct device *device)
{
    if (area->block)
        device->release(device, area->block, area->size * sizeof(real));
    area->block = NULL;
}
