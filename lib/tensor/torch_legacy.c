/* What torch.save wrote before PyTorch 1.6: five pickles (a magic number, a version, facts about
 * the machine, the object, the keys of its storages), then for each key the number of elements and
 * the elements. These are used where they lie. */
#include <stdlib.h>
#include <string.h>

#include "tensor/torch.h"

/* 0x1950a86a20f9469cfc6c */
static const uint8_t MAGIC[] = { 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19 };

enum { VERSION = 1001 };

/* The rest of a file. */
struct rest {
    const uint8_t *at;
    size_t size;
};

/* A pickle of protocol 2 to 5. A safetensors file may begin like one, but has '{' as byte 8. */
bool torch_legacy_is(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5 &&
           !(size > 8 && bytes[8] == '{');
}

static enum gmr_status next_pickle(struct torch_file *file, struct rest *rest, const char *what,
                                   const struct pickle_value **value)
{
    size_t used;
    const enum gmr_status status = pickle_run(&file->pickle, rest->at, rest->size, &used, value);
    if (status == GMR_ERR_NOMEM)
        return status;
    if (status != GMR_OK)
        return gmr_error(status, "%s: %s", what, gmr_error_message());
    rest->at += used;
    rest->size -= used;
    return GMR_OK;
}

/* The first three pickles. */
static enum gmr_status read_start(struct torch_file *file, struct rest *rest)
{
    const struct pickle_value *magic, *version, *machine;
    TRY(next_pickle(file, rest, "magic number", &magic));
    if (magic->kind != PICKLE_LONG || magic->bytes.size != sizeof MAGIC ||
        memcmp(magic->bytes.data, MAGIC, sizeof MAGIC) != 0)
        return gmr_error(GMR_ERR_FORMAT, "a pickle, but not one of torch.save");
    TRY(next_pickle(file, rest, "version", &version));
    if (version->kind != PICKLE_INT || version->integer != VERSION)
        return gmr_error(GMR_ERR_UNSUPPORTED, "its version of torch.save is not %d", VERSION);
    TRY(next_pickle(file, rest, "facts about the machine", &machine));
    const struct pickle_value *little = pickle_find(machine, "little_endian");
    if (!little || little->kind != PICKLE_BOOL || !little->integer)
        return gmr_error(GMR_ERR_UNSUPPORTED, "its numbers are not little-endian");
    return GMR_OK;
}

/* ---- storages ---- */

static int compare_keys(struct pickle_bytes a, struct pickle_bytes b)
{
    const size_t size = a.size < b.size ? a.size : b.size;
    const int difference = size > 0 ? memcmp(a.data, b.data, size) : 0;
    return difference != 0 ? difference : (a.size > b.size) - (a.size < b.size);
}

static int compare_storages(const void *left, const void *right)
{
    const struct pickle_storage *const *a = left, *const *b = right;
    return compare_keys((*a)->key, (*b)->key);
}

/* All storages by key; those of one key agree in type and size. */
static enum gmr_status sort_storages(const struct pickle *pickle, struct pickle_storage ***sorted)
{
    const size_t count = pickle->storage_count;
    *sorted = NULL;
    struct pickle_storage **s = arena_array(pickle->arena, count, sizeof *s);
    if (!s)
        return GMR_ERR_NOMEM;
    size_t n = 0;
    for (struct pickle_storage *next = pickle->storages; next; next = next->next)
        s[n++] = next;
    qsort(s, count, sizeof *s, compare_storages);
    for (size_t i = 1; i < count; i++)
        if (compare_keys(s[i]->key, s[i - 1]->key) == 0 &&
            (s[i]->dtype != s[i - 1]->dtype || s[i]->whole != s[i - 1]->whole))
            return gmr_error(GMR_ERR_FORMAT, "a storage has two types or sizes");
    *sorted = s;
    return GMR_OK;
}

/* The first of the sorted storages that has this key, or `count`. */
static size_t find_storage(struct pickle_storage *const *sorted, size_t count,
                           struct pickle_bytes key)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_keys(sorted[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && compare_keys(sorted[low]->key, key) == 0 ? low : count;
}

/* The elements of one key are next in the file. */
static enum gmr_status read_storage(struct torch_file *file, struct rest *rest,
                                    struct pickle_storage *const *sorted, struct pickle_bytes key)
{
    const size_t count = file->pickle.storage_count, found = find_storage(sorted, count, key);
    uint64_t numel;
    if (found == count || sorted[found]->data)
        return gmr_error(GMR_ERR_FORMAT, "data of a storage that no tensor has, or twice");
    const size_t size = sorted[found]->whole * dtype_size(sorted[found]->dtype);
    if (rest->size < sizeof numel || rest->size - sizeof numel < size)
        return gmr_error(GMR_ERR_FORMAT, "it ends inside a storage of %zu bytes", size);
    memcpy(&numel, rest->at, sizeof numel);
    if (numel != sorted[found]->whole)
        return gmr_error(GMR_ERR_FORMAT, "a storage of %zu elements has another size in the data",
                         sorted[found]->whole);
    for (size_t i = found; i < count && compare_keys(sorted[i]->key, key) == 0; i++)
        sorted[i]->data = rest->at + sizeof numel;
    rest->at += sizeof numel + size;
    rest->size -= sizeof numel + size;
    file->data_size += size;
    return GMR_OK;
}

static enum gmr_status read_storages(struct torch_file *file, struct rest *rest,
                                     const struct pickle_value *keys)
{
    struct pickle_storage **sorted;
    TRY(sort_storages(&file->pickle, &sorted));
    if (keys->kind != PICKLE_LIST)
        return gmr_error(GMR_ERR_FORMAT, "the keys of its storages are no list");
    for (const struct pickle_item *item = keys->items.first; item; item = item->next) {
        if (item->value->kind != PICKLE_TEXT)
            return gmr_error(GMR_ERR_FORMAT, "the key of a storage is no text");
        TRY(read_storage(file, rest, sorted, item->value->bytes));
    }
    for (const struct pickle_storage *s = file->pickle.storages; s; s = s->next)
        if (!s->data)
            return gmr_error(GMR_ERR_FORMAT, "no data of a storage of %zu elements", s->whole);
    return GMR_OK;
}

enum gmr_status torch_legacy_read(struct torch_file *file)
{
    struct rest rest = { file->bytes, file->size };
    const struct pickle_value *keys;
    TRY(read_start(file, &rest));
    TRY(next_pickle(file, &rest, "object", &file->root));
    TRY(next_pickle(file, &rest, "keys of storages", &keys));
    TRY(read_storages(file, &rest, keys));
    if (rest.size > 0)
        return gmr_error(GMR_ERR_FORMAT, "%zu bytes after its last storage", rest.size);
    return GMR_OK;
}
