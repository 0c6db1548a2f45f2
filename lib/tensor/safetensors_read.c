/* Open files of tensors: a mapping, the checked header, and an index by name. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_handle.h"
#include "tensor/safetensors_header.h"

struct safetensors {
    const struct gmr_allocator *allocator;
    struct file_map map; /* empty for bytes that the caller holds */
    struct arena arena;  /* empty unless made by safetensors_create */
    char *name;          /* for messages */
    struct safetensors_header header;
    const struct safetensors_entry **by_name;
};

static int compare_names(const void *left, const void *right)
{
    const struct safetensors_entry *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

static enum gmr_status make_index(struct safetensors *file)
{
    const struct safetensors_header *header = &file->header;
    file->by_name = memory_array(file->allocator, header->count, sizeof *file->by_name);
    if (!file->by_name)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < header->count; i++)
        file->by_name[i] = &header->entry[i];
    qsort(file->by_name, header->count, sizeof *file->by_name, compare_names);
    return GMR_OK;
}

/* A handle without entries. */
static enum gmr_status make_handle(const struct gmr_allocator *allocator, const char *name,
                                   struct safetensors **file)
{
    *file = memory_array(allocator, 1, sizeof **file);
    if (!*file)
        return GMR_ERR_NOMEM;
    (*file)->allocator = allocator;
    (*file)->header.allocator = allocator;
    arena_init(&(*file)->arena, allocator, 0);
    (*file)->name = memory_allocate(allocator, strlen(name) + 1);
    if ((*file)->name) {
        strcpy((*file)->name, name);
        return GMR_OK;
    }
    safetensors_close(*file);
    *file = NULL;
    return GMR_ERR_NOMEM;
}

/* What making a handle ends with: the handle, or an error that names the file. */
static enum gmr_status finish(struct safetensors *file, enum gmr_status status,
                              struct safetensors **out)
{
    if (status != GMR_OK) {
        status = gmr_error(status, "cannot read '%s': %s", file->name, gmr_error_message());
        safetensors_close(file);
        file = NULL;
    }
    *out = file;
    return status;
}

enum gmr_status safetensors_open_memory(const struct gmr_allocator *allocator, const void *bytes,
                                        size_t size, const char *name, struct safetensors **out)
{
    struct safetensors *file;
    *out = NULL;
    TRY(make_handle(allocator, name, &file));
    enum gmr_status status = safetensors_header_parse(&file->header, allocator, bytes, size);
    if (status == GMR_OK)
        status = make_index(file);
    return finish(file, status, out);
}

/* Copies the entries and finds names that two of them have. */
static enum gmr_status take_entries(struct safetensors *file, const struct safetensors_entry *entry,
                                    size_t count)
{
    file->header.entry = memory_array(file->allocator, count, sizeof *entry);
    if (!file->header.entry)
        return GMR_ERR_NOMEM;
    file->header.count = count;
    for (size_t i = 0; i < count; i++)
        file->header.entry[i] = entry[i];
    TRY(make_index(file));
    for (size_t i = 1; i < count; i++)
        if (compare_names(&file->by_name[i - 1], &file->by_name[i]) == 0)
            return gmr_error(GMR_ERR_FORMAT, "two tensors are called '%.100s'",
                             file->by_name[i]->name);
    return GMR_OK;
}

enum gmr_status safetensors_create(const struct gmr_allocator *allocator, const char *name,
                                   const struct safetensors_entry *entry, size_t count,
                                   struct arena *arena, struct safetensors **out)
{
    struct safetensors *file;
    *out = NULL;
    TRY(make_handle(allocator, name, &file));
    TRY(finish(file, take_entries(file, entry, count), out));
    file->arena = *arena;
    arena_init(arena, arena->allocator, arena->chunk_size);
    return GMR_OK;
}

void safetensors_keep(struct safetensors *file, struct file_map map)
{
    assert(file->map.size == 0);
    file->map = map;
}

enum gmr_status safetensors_open(const struct gmr_allocator *allocator, const char *path,
                                 struct safetensors **file)
{
    struct file_map map;
    *file = NULL;
    TRY(file_map_open(&map, path));
    enum gmr_status status = safetensors_open_memory(allocator, map.data, map.size, path, file);
    if (status == GMR_OK)
        safetensors_keep(*file, map);
    else
        file_map_close(&map);
    return status;
}

void safetensors_close(struct safetensors *file)
{
    if (!file)
        return;
    memory_release(file->allocator, file->by_name, file->header.count * sizeof *file->by_name);
    safetensors_header_release(&file->header);
    if (file->name)
        memory_release(file->allocator, file->name, strlen(file->name) + 1);
    arena_release(&file->arena);
    file_map_close(&file->map);
    memory_release(file->allocator, file, sizeof *file);
}

const char *safetensors_name(const struct safetensors *file)
{
    return file->name;
}

size_t safetensors_count(const struct safetensors *file)
{
    return file->header.count;
}

const struct safetensors_entry *safetensors_at(const struct safetensors *file, size_t entry)
{
    assert(entry < file->header.count);
    return &file->header.entry[entry];
}

const struct safetensors_entry *safetensors_find(const struct safetensors *file, const char *name)
{
    const struct safetensors_entry wanted = { .name = name }, *key = &wanted;
    const struct safetensors_entry **found =
        bsearch(&key, file->by_name, file->header.count, sizeof key, compare_names);
    return found ? *found : NULL;
}

size_t safetensors_metadata_count(const struct safetensors *file)
{
    return file->header.metadata_count;
}

struct safetensors_metadata safetensors_metadata_at(const struct safetensors *file, size_t index)
{
    assert(index < file->header.metadata_count);
    return file->header.metadata[index];
}

const char *safetensors_metadata_find(const struct safetensors *file, const char *key)
{
    const json_t *metadata = json_object_get(file->header.json, SAFETENSORS_METADATA);
    return json_string_value(json_object_get(metadata, key));
}

static enum gmr_status check_entry(const struct safetensors_entry *entry, const size_t *dim,
                                   size_t rank)
{
    char expected[SHAPE_TEXT], found[SHAPE_TEXT];
    if (entry->rank != rank || (rank > 0 && memcmp(entry->dim, dim, rank * sizeof *dim) != 0))
        return gmr_error(GMR_ERR_SHAPE, "shape %s, expected %s",
                         shape_text(entry->dim, entry->rank, found),
                         shape_text(dim, rank, expected));
    return dtype_to_real(NULL, entry->data, entry->dtype, 0); /* is it a type that can be read? */
}

enum gmr_status safetensors_check(const struct safetensors *file, const char *name,
                                  const size_t *dim, size_t rank)
{
    const struct safetensors_entry *entry = safetensors_find(file, name);
    if (!entry)
        return gmr_error(GMR_ERR_NOT_FOUND, "cannot read '%s': no tensor '%s'", file->name, name);
    enum gmr_status status = check_entry(entry, dim, rank);
    if (status != GMR_OK)
        return gmr_error(status, "cannot read '%s': tensor '%s': %s", file->name, name,
                         gmr_error_message());
    return GMR_OK;
}

enum gmr_status safetensors_read(const struct safetensors *file, const char *name,
                                 const size_t *dim, size_t rank, real *out)
{
    TRY(safetensors_check(file, name, dim, rank));
    const struct safetensors_entry *entry = safetensors_find(file, name);
    return dtype_to_real(out, entry->data, entry->dtype, entry->size / dtype_size(entry->dtype));
}
