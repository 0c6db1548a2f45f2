/* The pool: two sorted arrays of spans, one of chunks, one of what is free in them.
 *
 * Neighbouring extents are always merged, so each is followed by a block in use or by the end of
 * its chunk, and there are never more extents than blocks and chunks together. pool_alloc makes
 * room for that many, and thus pool_free needs no memory. An allocation looks at every extent; a
 * tape frees in the reverse order of allocation, which leaves a handful of them. */
#include "tensor/pool.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

enum {
    CHUNK_MIN = 4 * 1024 * 1024,
    CHUNK_MAX = 256 * 1024 * 1024, /* as a share of `reserved`; a larger request gets its size */
    LIST_MIN = 16,
};

static size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

static size_t block_size(size_t size)
{
    return round_up(size > 0 ? size : 1, MEMORY_ALIGNMENT);
}

static char *span_end(const struct pool_span *span)
{
    return span->start + span->size;
}

/* ---- lists ---- */

static bool list_reserve(struct pool_list *list, const struct gmr_allocator *allocator, size_t room)
{
    if (room <= list->room)
        return true;
    if (room < 2 * list->room)
        room = 2 * list->room;
    if (room < LIST_MIN)
        room = LIST_MIN;
    struct pool_span *span = memory_array(allocator, room, sizeof *span);
    if (!span)
        return false;
    if (list->count > 0)
        memcpy(span, list->span, list->count * sizeof *span);
    memory_release(allocator, list->span, list->room * sizeof *span);
    list->span = span;
    list->room = room;
    return true;
}

static void list_release(struct pool_list *list, const struct gmr_allocator *allocator)
{
    memory_release(allocator, list->span, list->room * sizeof *list->span);
}

/* The first span that starts at `address` or above; `count` when there is none. */
static size_t list_search(const struct pool_list *list, const char *address)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)list->span[middle].start < (uintptr_t)address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Returns the place where the span now is. */
static size_t list_insert(struct pool_list *list, struct pool_span span)
{
    assert(list->count < list->room);
    size_t at = list_search(list, span.start);
    struct pool_span *place = list->span + at;
    memmove(place + 1, place, (list->count - at) * sizeof *place);
    *place = span;
    list->count++;
    return at;
}

static void list_remove(struct pool_list *list, size_t at)
{
    struct pool_span *place = list->span + at;
    memmove(place, place + 1, (list->count - at - 1) * sizeof *place);
    list->count--;
}

/* ---- chunks ---- */

static bool is_chunk_start(const struct pool *pool, const char *address)
{
    size_t at = list_search(&pool->chunk, address);
    return at < pool->chunk.count && pool->chunk.span[at].start == address;
}

/* A quarter of what is held: few chunks, and no more than a fifth of the memory unasked for. */
static size_t chunk_size(const struct pool *pool, size_t request)
{
    size_t size = pool->reserved / 4;
    if (size < CHUNK_MIN)
        size = CHUNK_MIN;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    if (size < request)
        size = request;
    return round_up(size, DEVICE_LARGE_BLOCK);
}

/* Takes a chunk with room for `request` from the device; *at is its extent. */
static bool add_chunk(struct pool *pool, size_t request, size_t *at)
{
    if (!list_reserve(&pool->chunk, pool->device.allocator, pool->chunk.count + 1))
        return false;
    struct pool_span chunk = { .size = chunk_size(pool, request) };
    chunk.start = pool->device.allocate(&pool->device, chunk.size);
    if (!chunk.start)
        return false;
    list_insert(&pool->chunk, chunk);
    *at = list_insert(&pool->extent, chunk);
    pool->reserved += chunk.size;
    return true;
}

/* ---- blocks ---- */

/* The smallest extent that holds `size` bytes, the lowest among equals; `count` if there is none.
 */
static size_t best_fit(const struct pool *pool, size_t size)
{
    const struct pool_list *extent = &pool->extent;
    size_t best = extent->count, best_size = SIZE_MAX;
    for (size_t i = 0; i < extent->count; i++)
        if (extent->span[i].size >= size && extent->span[i].size < best_size) {
            best = i;
            best_size = extent->span[i].size;
        }
    return best;
}

static void *take(struct pool *pool, size_t at, size_t size)
{
    struct pool_span *extent = pool->extent.span + at;
    char *block = extent->start;
    extent->start += size;
    extent->size -= size;
    if (extent->size == 0)
        list_remove(&pool->extent, at);
    pool->block_count++;
    pool->in_use += size;
    if (pool->high_water < pool->in_use)
        pool->high_water = pool->in_use;
    return block;
}

void *pool_alloc(struct pool *pool, size_t size)
{
    if (size > PTRDIFF_MAX - DEVICE_LARGE_BLOCK) {
        gmr_error(GMR_ERR_NOMEM, "out of memory: cannot allocate %zu bytes", size);
        return NULL;
    }
    size = block_size(size);
    /* This block, a new chunk, and the moment in pool_free before a block merges. */
    size_t most = pool->block_count + pool->chunk.count + 3;
    if (!list_reserve(&pool->extent, pool->device.allocator, most))
        return NULL;
    size_t at = best_fit(pool, size);
    if (at == pool->extent.count && !add_chunk(pool, size, &at))
        return NULL;
    return take(pool, at, size);
}

/* Joins extent `at` and the next one if they touch inside a chunk. */
static void merge_with_next(struct pool *pool, size_t at)
{
    struct pool_span *extent = pool->extent.span + at;
    if (at + 1 >= pool->extent.count)
        return;
    assert((uintptr_t)span_end(extent) <= (uintptr_t)extent[1].start);
    if (span_end(extent) != extent[1].start || is_chunk_start(pool, extent[1].start))
        return;
    extent->size += extent[1].size;
    list_remove(&pool->extent, at + 1);
}

void pool_free(struct pool *pool, void *memory, size_t size)
{
    if (!memory)
        return;
    struct pool_span block = { memory, block_size(size) };
    assert(pool->block_count > 0 && pool->in_use >= block.size);
    pool->block_count--;
    pool->in_use -= block.size;
    size_t at = list_insert(&pool->extent, block);
    merge_with_next(pool, at);
    if (at > 0)
        merge_with_next(pool, at - 1);
}

void pool_clear(struct pool *pool)
{
    pool->extent.count = pool->chunk.count;
    if (pool->chunk.count > 0)
        memcpy(pool->extent.span, pool->chunk.span, pool->chunk.count * sizeof *pool->chunk.span);
    pool->block_count = pool->in_use = 0;
}

void pool_init(struct pool *pool, const struct device *device)
{
    *pool = (struct pool){ .device = *device };
}

void pool_release(struct pool *pool)
{
    struct device device = pool->device;
    for (size_t i = 0; i < pool->chunk.count; i++)
        device.release(&device, pool->chunk.span[i].start, pool->chunk.span[i].size);
    list_release(&pool->chunk, device.allocator);
    list_release(&pool->extent, device.allocator);
    pool_init(pool, &device);
}
