#include "nn/checkpoint.h"

#include <string.h>

#include "base/status.h"

static enum gmr_status missing(const struct safetensors *file, const char *name)
{
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': tensor '%s' is missing",
                     safetensors_name(file), name);
}

enum gmr_status checkpoint_check(const struct safetensors *file, const char *name,
                                 const size_t *dim, size_t rank)
{
    if (!safetensors_find(file, name))
        return missing(file, name);
    return safetensors_check(file, name, dim, rank);
}

enum gmr_status checkpoint_check_counter(const struct safetensors *file, const char *name)
{
    const struct safetensors_entry *entry = safetensors_find(file, name);

    if (!entry)
        return missing(file, name);
    if (entry->dtype != DTYPE_I64 || entry->size != sizeof(int64_t) ||
        checkpoint_counter(file, name) < 0)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': tensor '%s' is not one count",
                         safetensors_name(file), name);
    return GMR_OK;
}

int64_t checkpoint_counter(const struct safetensors *file, const char *name)
{
    int64_t value;

    memcpy(&value, safetensors_find(file, name)->data, sizeof value);
    return value;
}
