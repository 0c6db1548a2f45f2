/* The walk through what a file of PyTorch holds: every tensor gets the path of keys and attributes
 * that leads to it as its name.
 *
 * Structures may share parts, so a small pickle can describe a walk without end: depth, steps, the
 * bytes of names and of copies are limited. A dense tensor is used where its storage lies; others
 * are copied, once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tensor/torch.h"

enum {
    MAX_DEPTH = 64,
    MAX_STEPS = 4 * 1024 * 1024,  /* one for a value, */
    NAMED_STEPS = 16,             /* and these more for one that gets a name */
    MAX_NAMES = 16 * 1024 * 1024, /* bytes of all names */
    MAX_NAME = 4096,
    MAX_COPIES = 4,            /* times the bytes of all storages, */
    FREE_COPIES = 1024 * 1024, /* and these bytes more */
    FIRST_ROOM = 256,
};

struct walk {
    struct torch_file *file;
    struct safetensors_entry *entry; /* in the arena for the time of reading */
    size_t count, room;
    char path[MAX_NAME + 1];
    size_t length; /* of the path */
    size_t steps, names, copies;
};

static enum gmr_status walk_value(struct walk *w, const struct pickle_value *value, size_t depth);

/* ---- entries ---- */

/* An entry with the path as its name. Borrowed until the next call. */
static enum gmr_status add_entry(struct walk *w, struct safetensors_entry **entry)
{
    if (w->length == 0)
        return gmr_error(GMR_ERR_UNSUPPORTED, "a tensor without a name");
    w->names += w->length + 1;
    if (w->names > MAX_NAMES)
        return gmr_error(GMR_ERR_FORMAT, "the names of its tensors have more than %d bytes",
                         MAX_NAMES);
    if (w->count == w->room) {
        const size_t room = w->room ? 2 * w->room : FIRST_ROOM;
        struct safetensors_entry *grown = arena_array(w->file->pickle.arena, room, sizeof *grown);
        if (!grown)
            return GMR_ERR_NOMEM;
        if (w->count > 0)
            memcpy(grown, w->entry, w->count * sizeof *grown);
        w->entry = grown;
        w->room = room;
    }
    *entry = &w->entry[w->count++];
    (*entry)->name = arena_strndup(w->file->kept, w->path, w->length);
    return (*entry)->name ? GMR_OK : GMR_ERR_NOMEM;
}

/* ---- tensors ---- */

static bool is_dense(const struct pickle_tensor *t)
{
    size_t expected = 1;
    for (size_t i = t->rank; i-- > 0;) {
        if (t->dim[i] != 1 && t->stride[i] != expected)
            return false;
        expected *= t->dim[i];
    }
    return true;
}

/* Elements in row-major order, gathered by their strides. */
static void gather(uint8_t *out, const uint8_t *from, const struct pickle_tensor *t, size_t numel,
                   size_t size)
{
    size_t index[TENSOR_MAX_RANK] = { 0 }, at = t->offset;
    for (size_t n = 0; n < numel; n++) {
        memcpy(out + n * size, from + at * size, size);
        for (size_t i = t->rank; i-- > 0;) {
            at += t->stride[i];
            if (++index[i] < t->dim[i])
                break;
            at -= t->dim[i] * t->stride[i];
            index[i] = 0;
        }
    }
}

static enum gmr_status copy_dense(struct walk *w, struct pickle_tensor *t, size_t numel,
                                  size_t size)
{
    const struct pickle_storage *storage = t->storage;
    const size_t most = w->file->data_size, each = dtype_size(storage->dtype);
    if (size > SIZE_MAX - w->copies ||
        (w->copies + size > FREE_COPIES && (w->copies + size - FREE_COPIES) / MAX_COPIES > most))
        return gmr_error(GMR_ERR_FORMAT, "it stretches %zu bytes of data to more than %zu", most,
                         w->copies + size);
    w->copies += size;
    uint8_t *copy = arena_alloc(w->file->kept, size);
    if (!copy)
        return GMR_ERR_NOMEM;
    gather(copy, storage->data + storage->first * each, t, numel, each);
    t->dense = copy;
    return GMR_OK;
}

static enum gmr_status find_data(struct walk *w, struct pickle_tensor *t, size_t *size)
{
    const struct pickle_storage *storage = t->storage;
    const size_t each = dtype_size(storage->dtype);
    size_t numel;
    if (!shape_numel(t->dim, t->rank, &numel) || !memory_product(numel, each, size))
        return gmr_error(GMR_ERR_FORMAT, "it is too large");
    if (t->dense)
        return GMR_OK;
    if (numel > 0 && !is_dense(t))
        return copy_dense(w, t, numel, *size);
    t->dense = storage->data + (numel > 0 ? (storage->first + t->offset) * each : 0);
    return GMR_OK;
}

static enum gmr_status add_tensor(struct walk *w, struct pickle_tensor *t)
{
    struct safetensors_entry *entry;
    size_t size;
    const enum gmr_status status = find_data(w, t, &size);
    if (status == GMR_ERR_NOMEM)
        return status;
    if (status != GMR_OK)
        return gmr_error(status, "tensor '%.100s': %s", w->path, gmr_error_message());
    TRY(add_entry(w, &entry));
    entry->dtype = t->storage->dtype;
    entry->rank = t->rank;
    memcpy(entry->dim, t->dim, sizeof t->dim);
    entry->data = t->dense;
    entry->size = size;
    return GMR_OK;
}

static enum gmr_status add_number(struct walk *w, const struct pickle_value *value)
{
    struct safetensors_entry *entry;
    TRY(add_entry(w, &entry));
    entry->dtype = value->kind == PICKLE_INT ? DTYPE_I64 : DTYPE_F64;
    entry->size = dtype_size(entry->dtype);
    void *data = arena_alloc(w->file->kept, entry->size);
    if (!data)
        return GMR_ERR_NOMEM;
    if (value->kind == PICKLE_INT)
        memcpy(data, &value->integer, sizeof value->integer);
    else
        memcpy(data, &value->real, sizeof value->real);
    entry->data = data;
    return GMR_OK;
}

/* ---- names ---- */

static enum gmr_status add_name(struct walk *w, const void *name, size_t size)
{
    const size_t dot = w->length > 0;
    if (size > MAX_NAME - w->length - dot)
        return gmr_error(GMR_ERR_FORMAT, "a name of more than %d bytes", MAX_NAME);
    if (memchr(name, '\0', size))
        return gmr_error(GMR_ERR_FORMAT, "a name with a NUL");
    if (dot)
        w->path[w->length++] = '.';
    memcpy(w->path + w->length, name, size);
    w->length += size;
    w->path[w->length] = '\0';
    return GMR_OK;
}

static enum gmr_status add_number_name(struct walk *w, int64_t number)
{
    char text[24];
    const int length = snprintf(text, sizeof text, "%" PRId64, number);
    return add_name(w, text, (size_t)length);
}

/* `index` is the place of an item without a key. */
static enum gmr_status add_item_name(struct walk *w, const struct pickle_value *key, size_t index)
{
    if (!key)
        return add_number_name(w, (int64_t)index);
    if (key->kind == PICKLE_TEXT)
        return add_name(w, key->bytes.data, key->bytes.size);
    if (key->kind == PICKLE_INT)
        return add_number_name(w, key->integer);
    return gmr_error(GMR_ERR_UNSUPPORTED, "a key of a dict is neither text nor a number");
}

/* ---- the walk ---- */

/* Whether a value can hold tensors, or is a number at the top. */
static bool matters(const struct pickle_value *value, size_t depth)
{
    switch (value->kind) {
    case PICKLE_TENSOR:
    case PICKLE_OBJECT:
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_DICT: return true;
    case PICKLE_INT:
    case PICKLE_FLOAT: return depth == 1;
    default: return false;
    }
}

static enum gmr_status walk_items(struct walk *w, const struct pickle_items *items, size_t depth)
{
    const size_t length = w->length;
    size_t index = 0;
    for (const struct pickle_item *item = items->first; item; item = item->next, index++) {
        const bool named = matters(item->value, depth);
        w->steps += named ? NAMED_STEPS + 1 : 1;
        if (w->steps > MAX_STEPS)
            return gmr_error(GMR_ERR_FORMAT, "its structures are too large");
        if (!named)
            continue;
        TRY(add_item_name(w, item->key, index));
        TRY(walk_value(w, item->value, depth));
        w->length = length;
        w->path[length] = '\0';
    }
    return GMR_OK;
}

static enum gmr_status walk_value(struct walk *w, const struct pickle_value *value, size_t depth)
{
    if (depth > MAX_DEPTH)
        return gmr_error(GMR_ERR_FORMAT, "structures nested deeper than %d", MAX_DEPTH);
    if (value->kind == PICKLE_OBJECT)
        value = value->state;
    if (!value || !matters(value, depth))
        return GMR_OK;
    switch (value->kind) {
    case PICKLE_TENSOR: return add_tensor(w, value->tensor);
    case PICKLE_INT:
    case PICKLE_FLOAT: return add_number(w, value);
    case PICKLE_OBJECT: return gmr_error(GMR_ERR_FORMAT, "an object whose state is an object");
    default: return walk_items(w, &value->items, depth + 1);
    }
}

enum gmr_status torch_entries(struct torch_file *file, struct safetensors_entry **entry,
                              size_t *count)
{
    struct walk *w = arena_array(file->pickle.arena, 1, sizeof *w);
    if (!w)
        return GMR_ERR_NOMEM;
    w->file = file;
    TRY(walk_value(w, file->root, 0));
    *entry = w->entry;
    *count = w->count;
    return GMR_OK;
}
