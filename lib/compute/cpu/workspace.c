/* A stack of free workspaces under a lock. */
#include "compute/cpu/workspace.h"

static size_t block_size(const struct workspaces *pool)
{
    return pool->threads * WORKSPACE_SLICE * sizeof(float);
}

static struct workspace *workspace_create(const struct workspaces *pool)
{
    struct workspace *workspace = memory_array(pool->device.allocator, 1, sizeof *workspace);
    if (!workspace)
        return NULL;
    workspace->slice = pool->device.allocate(&pool->device, block_size(pool));
    if (!workspace->slice) {
        memory_release(pool->device.allocator, workspace, sizeof *workspace);
        return NULL;
    }
    return workspace;
}

static void workspace_destroy(const struct workspaces *pool, struct workspace *workspace)
{
    pool->device.release(&pool->device, workspace->slice, block_size(pool));
    memory_release(pool->device.allocator, workspace, sizeof *workspace);
}

enum gmr_status workspaces_init(struct workspaces *pool, const struct device *device,
                                size_t threads)
{
    *pool = (struct workspaces){ .device = *device, .threads = threads };
    pool->free = workspace_create(pool);
    if (!pool->free)
        return GMR_ERR_NOMEM;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->returned, NULL);
    return GMR_OK;
}

void workspaces_release(struct workspaces *pool)
{
    while (pool->free) {
        struct workspace *workspace = pool->free;
        pool->free = workspace->next;
        workspace_destroy(pool, workspace);
    }
    pthread_cond_destroy(&pool->returned);
    pthread_mutex_destroy(&pool->lock);
}

struct workspace *workspace_take(struct workspaces *pool)
{
    struct workspace *workspace = NULL;
    pthread_mutex_lock(&pool->lock);
    if (!pool->free)
        workspace = workspace_create(pool);
    while (!workspace && !pool->free)
        pthread_cond_wait(&pool->returned, &pool->lock);
    if (!workspace) {
        workspace = pool->free;
        pool->free = workspace->next;
    }
    pthread_mutex_unlock(&pool->lock);
    return workspace;
}

void workspace_give(struct workspaces *pool, struct workspace *workspace)
{
    pthread_mutex_lock(&pool->lock);
    workspace->next = pool->free;
    pool->free = workspace;
    pthread_cond_signal(&pool->returned);
    pthread_mutex_unlock(&pool->lock);
}
