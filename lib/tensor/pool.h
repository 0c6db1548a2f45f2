/* A pool of device memory for the values and gradients of one step: takes large chunks from the
 * device once, then serves each step from them. Best fit over free extents that are merged with
 * their neighbours, so steps of changing shapes reuse the same memory. Not thread-safe.
 *
 * Where blocks and extents lie is kept on the host: the memory itself is never touched. */
#ifndef TENSOR_POOL_H
#define TENSOR_POOL_H

#include "tensor/device.h"

struct pool_span {
    char *start; /* on the device */
    size_t size;
};

/* Spans by address. */
struct pool_list {
    struct pool_span *span;
    size_t count, room;
};

struct pool {
    struct device device;
    struct pool_list chunk;    /* all memory held */
    struct pool_list extent;   /* free memory; an extent never reaches over two chunks */
    size_t block_count;        /* handed out and not yet given back */
    size_t in_use, high_water; /* bytes in such blocks, now and at most since pool_init */
    size_t reserved;           /* bytes in chunks */
};

/* An empty pool on a copy of `device`. Allocates nothing yet. */
void pool_init(struct pool *pool, const struct device *device);

/* Gives all memory back, blocks still in use included; the pool is as after pool_init. */
void pool_release(struct pool *pool);

/* `size` bytes aligned to 64, not cleared; NULL (and a message) when there is no memory, and then
 * the pool is as before. size 0 gives a pointer too. Each block counts as a multiple of 64. */
void *pool_alloc(struct pool *pool, size_t size);

/* Gives a block back; `size` as it was asked for. NULL is fine. Never fails. */
void pool_free(struct pool *pool, void *memory, size_t size);

/* Everything is free again; the chunks are kept. */
void pool_clear(struct pool *pool);

#endif
