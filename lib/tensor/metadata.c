#include "tensor/metadata.h"

#include <assert.h>
#include <string.h>

enum gmr_status metadata_take(struct metadata *metadata, struct arena *arena,
                              const struct safetensors *file, size_t more)
{
    metadata->count = safetensors_metadata_count(file);
    metadata->room = metadata->count + more;
    metadata->pair = arena_array(arena, metadata->room, sizeof *metadata->pair);
    if (!metadata->pair)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < metadata->count; i++)
        metadata->pair[i] = safetensors_metadata_at(file, i);
    return GMR_OK;
}

void metadata_set(struct metadata *metadata, const char *key, const char *value)
{
    size_t i = 0;
    while (i < metadata->count && strcmp(metadata->pair[i].key, key) != 0)
        i++;
    assert(i < metadata->room);
    metadata->pair[i] = (struct safetensors_metadata){ key, value };
    if (i == metadata->count)
        metadata->count++;
}

enum gmr_status metadata_rewrite(const struct metadata *metadata, struct arena *arena,
                                 const struct safetensors *file, const char *path,
                                 const struct gmr_progress *progress)
{
    const size_t count = safetensors_count(file);
    struct safetensors_entry *entry = arena_array(arena, count, sizeof *entry);
    if (!entry)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        entry[i] = *safetensors_at(file, i);
    return safetensors_write_job(arena->allocator, path, entry, count, metadata->pair,
                                 metadata->count, progress);
}
