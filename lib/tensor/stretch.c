#include "tensor/stretch.h"

#include <stdlib.h>

#include "base/status.h"

/* The bytes of one tensor. */
struct span {
    uintptr_t begin;
    size_t size;
};

static int by_begin(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Bytes that lie in at least one of the spans, which are in order. */
static size_t count_covered(const struct span *span, size_t count)
{
    size_t covered = 0;
    uintptr_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const uintptr_t stop = span[i].begin + span[i].size;
        const uintptr_t from = span[i].begin > end ? span[i].begin : end;
        if (stop <= from)
            continue;
        covered += stop - from;
        end = stop;
    }
    return covered;
}

/* All of them together, or the most there can be. */
static size_t count_all(const struct span *span, size_t count)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        all = span[i].size <= SIZE_MAX - all ? all + span[i].size : SIZE_MAX;
    return all;
}

enum gmr_status stretch_check(const struct gmr_allocator *allocator, const struct safetensors *file)
{
    const size_t count = safetensors_count(file);
    struct span *span = memory_array(allocator, count, sizeof *span);
    if (!span)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        span[i] = (struct span){ (uintptr_t)entry->data, entry->size };
    }
    qsort(span, count, sizeof *span, by_begin);
    const size_t covered = count_covered(span, count), all = count_all(span, count);
    memory_release(allocator, span, count * sizeof *span);
    if (all > STRETCH_FREE && (all - STRETCH_FREE) / STRETCH_MOST > covered)
        return gmr_error(GMR_ERR_FORMAT,
                         "cannot use '%s': its tensors share memory, %zu bytes lie in %zu",
                         safetensors_name(file), all, covered);
    return GMR_OK;
}
