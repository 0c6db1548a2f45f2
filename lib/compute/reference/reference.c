/* The table of reference kernels. */
#include "compute/reference/reference.h"

#include "base/memory.h"
#include "compute/convnet_plan.h"

void reference_kernels(struct compute *compute)
{
#define KERNEL(name, arguments) compute->name = reference_##name;
#include "compute/kernels.def"
#undef KERNEL
}

/* Kernels have finished when they return. */
static enum gmr_status synchronise(const struct compute *c)
{
    return GMR_OK;
}

static void destroy(struct compute *c)
{
    memory_release(c->device.allocator, c, sizeof *c);
}

enum gmr_status compute_create_reference(const struct gmr_allocator *allocator,
                                         struct compute **compute)
{
    struct compute *c = memory_array(allocator, 1, sizeof *c);
    if (!c)
        return GMR_ERR_NOMEM;
    c->name = "reference";
    c->device = device_host(allocator);
    c->threads = 1;
    c->convnet_create = convnet_create_plain;
    c->synchronise = synchronise;
    c->destroy = destroy;
    reference_kernels(c);
    *compute = c;
    return GMR_OK;
}
