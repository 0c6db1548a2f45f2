/* The table of element types. */
#include "tensor/dtype.h"

#include <assert.h>
#include <string.h>

static const struct {
    size_t size;
    const char *name;
} types[DTYPE_COUNT] = {
#define DTYPE_ROW(name, bytes, text) [DTYPE_##name] = { bytes, text },
    DTYPE_LIST(DTYPE_ROW)
#undef DTYPE_ROW
};

size_t dtype_size(enum dtype dtype)
{
    assert(dtype < DTYPE_COUNT);
    return types[dtype].size;
}

const char *dtype_name(enum dtype dtype)
{
    assert(dtype < DTYPE_COUNT);
    return types[dtype].name;
}

enum gmr_status dtype_parse(const char *name, enum dtype *dtype)
{
    for (size_t i = 0; i < DTYPE_COUNT; i++)
        if (strcmp(name, types[i].name) == 0) {
            *dtype = (enum dtype)i;
            return GMR_OK;
        }
    return gmr_error(GMR_ERR_TYPE, "unknown element type '%.40s'", name);
}
