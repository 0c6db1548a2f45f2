/* Memory that kernels work in: a slice for each thread. A table makes one workspace with itself;
 * when several threads of the program use the table at once, it makes more as it needs them and
 * keeps them. A kernel that finds none free, and no memory for another, waits for one: so kernels
 * cannot fail. */
#ifndef COMPUTE_CPU_WORKSPACE_H
#define COMPUTE_CPU_WORKSPACE_H

#include <pthread.h>
#include <stddef.h>

#include "base/status.h"
#include "tensor/device.h"

enum {
    WORKSPACE_SLICE = 3 << 16 /* floats in a thread's slice: 768 KiB, stays in its L2 cache */
};

struct workspace {
    struct workspace *next;
    float *slice; /* threads x WORKSPACE_SLICE, aligned to MEMORY_ALIGNMENT */
};

struct workspaces {
    struct device device;
    size_t threads;
    struct workspace *free;
    pthread_mutex_t lock;
    pthread_cond_t returned;
};

/* `device` is the host; `threads` slices each. */
enum gmr_status workspaces_init(struct workspaces *pool, const struct device *device,
                                size_t threads);

/* All workspaces must have been given back. */
void workspaces_release(struct workspaces *pool);

/* Never NULL. The caller gives it back to the same pool. */
struct workspace *workspace_take(struct workspaces *pool);
void workspace_give(struct workspaces *pool, struct workspace *workspace);

static inline float *workspace_slice(const struct workspace *workspace, int thread)
{
    return workspace->slice + (size_t)thread * WORKSPACE_SLICE;
}

#endif
