/* Files of weights of any container: told apart by their first bytes, read into two arenas. One
 * ends with the reading (what the pickle built), the other belongs to the handle (names, and data
 * that cannot be used where they lie in the file). */
#include "tensor/weights.h"

#include "base/arena.h"
#include "base/file.h"
#include "tensor/safetensors_handle.h"
#include "tensor/torch.h"

static const struct {
    bool (*is)(const uint8_t *bytes, size_t size);
    enum gmr_status (*read)(struct torch_file *file);
} containers[] = {
    { torch_archive_is, torch_archive_read },
    { torch_legacy_is, torch_legacy_read },
};

static enum gmr_status read_torch(struct torch_file *torch,
                                  enum gmr_status (*read)(struct torch_file *file),
                                  const char *name, struct safetensors **file)
{
    struct safetensors_entry *entry;
    size_t count;
    enum gmr_status status = read(torch);
    if (status == GMR_OK)
        status = torch_entries(torch, &entry, &count);
    if (status != GMR_OK)
        return gmr_error(status, "cannot read '%s': %s", name, gmr_error_message());
    return safetensors_create(torch->kept->allocator, name, entry, count, torch->kept, file);
}

static enum gmr_status open_torch(const struct gmr_allocator *allocator, const void *bytes,
                                  size_t size, enum gmr_status (*read)(struct torch_file *file),
                                  const char *name, struct safetensors **file)
{
    struct arena kept, scratch;
    arena_init(&kept, allocator, 0);
    arena_init(&scratch, allocator, 0);
    struct torch_file torch = {
        .bytes = bytes, .size = size, .kept = &kept, .pickle = { .arena = &scratch }
    };
    const enum gmr_status status = read_torch(&torch, read, name, file);
    arena_release(&scratch);
    arena_release(&kept);
    return status;
}

enum gmr_status weights_open_memory(const struct gmr_allocator *allocator, const void *bytes,
                                    size_t size, const char *name, struct safetensors **file)
{
    *file = NULL;
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (containers[i].is(bytes, size))
            return open_torch(allocator, bytes, size, containers[i].read, name, file);
    return safetensors_open_memory(allocator, bytes, size, name, file);
}

enum gmr_status weights_open(const struct gmr_allocator *allocator, const char *path,
                             struct safetensors **file)
{
    struct file_map map;
    *file = NULL;
    TRY(file_map_open(&map, path));
    const enum gmr_status status = weights_open_memory(allocator, map.data, map.size, path, file);
    if (status == GMR_OK)
        safetensors_keep(*file, map);
    else
        file_map_close(&map);
    return status;
}
