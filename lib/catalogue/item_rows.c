/* Rows of items on disk: which row belongs to which item, found by the items' numbers. */
#include "catalogue/item_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

#define ITEMS   "item"
#define STAMPS  "picture"
#define ENCODER "encoder"
#define VERSION "1"

enum { NUMBERS = 2, METADATA = 3 };

/* ---- layouts ---- */

size_t item_row_numel(const struct item_row_tensor *tensor)
{
    size_t numel = 1;
    for (size_t i = 0; i < tensor->rank; i++)
        numel *= tensor->dim[i];
    return numel;
}

size_t item_row_bytes(const struct item_row_layout *layout)
{
    size_t numel = 0;
    for (size_t i = 0; i < layout->tensors; i++)
        numel += item_row_numel(&layout->tensor[i]);
    return numel * dtype_size(layout->dtype);
}

/* ---- places ---- */

/* The file of that name, or with name NULL the folder of all. */
static enum gmr_status rows_path(const struct catalogue *catalogue, const char *folder,
                                 const char *name, const char *suffix, char path[PATH_MAX])
{
    const char *top = catalogue_path(catalogue);
    const int length = snprintf(path, PATH_MAX, "%s/%s%s%s%s", top, folder, name ? "/" : "",
                                name ? name : "", suffix);
    if (length < 0 || length >= PATH_MAX)
        return gmr_error(GMR_ERR_RANGE, "the path of '%s' is too long", top);
    return GMR_OK;
}

enum gmr_status item_rows_place(const struct catalogue *catalogue, const char *folder,
                                const char *name, const char *suffix, char path[PATH_MAX])
{
    TRY(rows_path(catalogue, folder, NULL, "", path));
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return file_error(errno, "create", path);
    return rows_path(catalogue, folder, name, suffix, path);
}

/* ---- which item a row belongs to ---- */

struct known_item {
    int64_t id, stamp;
    size_t position;
};

/* The items of a catalogue, sorted by number. */
struct known_items {
    struct known_item *item;
    size_t count;
    const struct gmr_allocator *allocator;
};

static int by_id(const void *a, const void *b)
{
    const struct known_item *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static void known_items_release(struct known_items *known)
{
    memory_release(known->allocator, known->item, known->count * sizeof *known->item);
}

/* Items in the order of their positions. */
static enum gmr_status known_items_init(struct known_items *known, struct catalogue *catalogue)
{
    const struct gmr_allocator *allocator = catalogue_allocator(catalogue);
    const size_t count = catalogue_count(catalogue);
    *known = (struct known_items){ .count = count, .allocator = allocator };
    known->item = memory_array(allocator, count, sizeof *known->item);
    int64_t *ids = memory_array(allocator, count, sizeof *ids);
    int64_t *stamps = memory_array(allocator, count, sizeof *stamps);
    enum gmr_status status = known->item && ids && stamps ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = catalogue_item_ids(catalogue, ids, stamps);
    for (size_t i = 0; status == GMR_OK && i < count; i++)
        known->item[i] = (struct known_item){ ids[i], stamps[i], i };
    memory_release(allocator, ids, count * sizeof *ids);
    memory_release(allocator, stamps, count * sizeof *stamps);
    return status;
}

static const struct known_item *known_items_find(const struct known_items *known, int64_t id)
{
    const struct known_item wanted = { .id = id };
    return known->count == 0 ? NULL
                             : bsearch(&wanted, known->item, known->count, sizeof wanted, by_id);
}

static int64_t number_at(const void *numbers, size_t i)
{
    int64_t number; /* the file need not be aligned */
    memcpy(&number, (const char *)numbers + i * sizeof number, sizeof number);
    return number;
}

/* Fills position, row and current. */
static enum gmr_status match_rows(struct item_rows *r, const struct known_items *known,
                                  const void *ids, const void *stamps)
{
    for (size_t i = 0; i < r->items; i++)
        r->row[i] = GMR_NO_ITEM;
    for (size_t i = 0; i < r->rows; i++) {
        const struct known_item *item = known_items_find(known, number_at(ids, i));
        r->position[i] = GMR_NO_ITEM;
        if (!item || item->stamp == 0 || item->stamp != number_at(stamps, i))
            continue;
        if (r->row[item->position] != GMR_NO_ITEM)
            return gmr_error(GMR_ERR_FORMAT, "cannot use '%s': two rows for item %" PRId64,
                             safetensors_name(r->file), item->id);
        r->position[i] = item->position;
        r->row[item->position] = i;
        r->current++;
    }
    return GMR_OK;
}

/* ---- reading ---- */

enum gmr_status item_rows_find(const struct item_rows *rows, const char *name, enum dtype dtype,
                               size_t rank, const struct safetensors_entry **entry)
{
    const char *path = safetensors_name(rows->file);
    *entry = safetensors_find(rows->file, name);
    if (!*entry)
        return gmr_error(GMR_ERR_FORMAT, "cannot use '%s': no tensor '%s'", path, name);
    if ((*entry)->dtype != dtype)
        return gmr_error(GMR_ERR_TYPE, "cannot use '%s': '%s' is %s, not %s", path, name,
                         dtype_name((*entry)->dtype), dtype_name(dtype));
    if ((*entry)->rank != rank)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': '%s' has %zu axes, not %zu", path, name,
                         (*entry)->rank, rank);
    if ((*entry)->dim[0] != rows->rows)
        return gmr_error(GMR_ERR_SHAPE, "cannot use '%s': %zu rows in '%s', and in others %zu",
                         path, (*entry)->dim[0], name, rows->rows);
    if ((uintptr_t)(*entry)->data % dtype_size(dtype) != 0 && dtype != DTYPE_I64)
        return gmr_error(GMR_ERR_FORMAT, "cannot use '%s': '%s' is not aligned", path, name);
    return GMR_OK;
}

bool item_rows_have(const struct item_rows *rows, const struct item_row_layout *layout,
                    const char *encoder, const uint8_t *data[ITEM_ROW_TENSORS])
{
    const struct safetensors_entry *entry;
    if (strcmp(rows->encoder, encoder) != 0)
        return false;
    for (size_t i = 0; i < layout->tensors; i++) {
        const struct item_row_tensor *tensor = &layout->tensor[i];
        if (item_rows_find(rows, tensor->name, layout->dtype, tensor->rank + 1, &entry) != GMR_OK ||
            memcmp(entry->dim + 1, tensor->dim, tensor->rank * sizeof *tensor->dim) != 0)
            return false;
        data[i] = entry->data;
    }
    return true;
}

static enum gmr_status read_rows(struct item_rows *r, struct catalogue *catalogue)
{
    const struct safetensors_entry *first = safetensors_find(r->file, ITEMS), *ids, *stamps;
    r->rows = first && first->rank == 1 ? first->dim[0] : 0;
    TRY(item_rows_find(r, ITEMS, DTYPE_I64, 1, &ids));
    TRY(item_rows_find(r, STAMPS, DTYPE_I64, 1, &stamps));
    const char *encoder = safetensors_metadata_find(r->file, ENCODER);
    r->encoder = encoder ? encoder : "";
    r->items = catalogue_count(catalogue);
    r->position = memory_array(r->allocator, r->rows, sizeof *r->position);
    r->row = memory_array(r->allocator, r->items, sizeof *r->row);
    if (!r->position || !r->row)
        return GMR_ERR_NOMEM;
    struct known_items known;
    enum gmr_status status = known_items_init(&known, catalogue);
    if (status == GMR_OK) {
        qsort(known.item, known.count, sizeof *known.item, by_id);
        status = match_rows(r, &known, ids->data, stamps->data);
    }
    known_items_release(&known);
    return status;
}

enum gmr_status item_rows_open(struct catalogue *catalogue, const char *folder, const char *name,
                               struct item_rows *rows)
{
    char path[PATH_MAX];
    *rows = (struct item_rows){ .allocator = catalogue_allocator(catalogue) };
    TRY(rows_path(catalogue, folder, name, ITEM_ROWS_SUFFIX, path));
    enum gmr_status status = safetensors_open(rows->allocator, path, &rows->file);
    if (status == GMR_OK)
        status = read_rows(rows, catalogue);
    if (status != GMR_OK)
        item_rows_close(rows);
    return status;
}

void item_rows_close(struct item_rows *r)
{
    memory_release(r->allocator, r->position, r->rows * sizeof *r->position);
    memory_release(r->allocator, r->row, r->items * sizeof *r->row);
    safetensors_close(r->file);
    *r = (struct item_rows){ .allocator = r->allocator };
}

/* ---- writing ---- */

/* What a file is made from. */
struct rows {
    const struct item_row_layout *layout;
    item_row *row;
    void *user;
    size_t count;
    const size_t *positions; /* [count], as the next two */
    int64_t *ids, *stamps;
};

static void write_rows(struct safetensors_writer *writer, const struct rows *rows)
{
    for (size_t t = 0; t < rows->layout->tensors; t++) {
        const size_t bytes =
            item_row_numel(&rows->layout->tensor[t]) * dtype_size(rows->layout->dtype);
        for (size_t i = 0; i < rows->count; i++)
            safetensors_writer_write(writer, rows->row(rows->user, t, rows->positions[i]), bytes);
    }
    safetensors_writer_write(writer, rows->ids, rows->count * sizeof *rows->ids);
    safetensors_writer_write(writer, rows->stamps, rows->count * sizeof *rows->stamps);
}

static struct safetensors_entry entry_of(const struct rows *rows,
                                         const struct item_row_tensor *tensor)
{
    struct safetensors_entry entry = { .name = tensor->name,
                                       .dtype = rows->layout->dtype,
                                       .rank = tensor->rank + 1,
                                       .dim = { rows->count } };
    memcpy(entry.dim + 1, tensor->dim, tensor->rank * sizeof *tensor->dim);
    entry.size = rows->count * item_row_numel(tensor) * dtype_size(entry.dtype);
    return entry;
}

static enum gmr_status write_file(const struct gmr_allocator *allocator, const char *path,
                                  const char *encoder, const struct rows *rows)
{
    const struct item_row_layout *layout = rows->layout;
    const size_t count = rows->count, numbers = count * sizeof(int64_t);
    const struct safetensors_metadata metadata[METADATA] = { { ENCODER, encoder },
                                                             { "version", VERSION },
                                                             layout->metadata };
    struct safetensors_entry entry[ITEM_ROW_TENSORS + NUMBERS];
    size_t entries = 0;
    for (; entries < layout->tensors; entries++)
        entry[entries] = entry_of(rows, &layout->tensor[entries]);
    entry[entries++] = (struct safetensors_entry){
        .name = ITEMS, .dtype = DTYPE_I64, .rank = 1, .dim = { count }, .size = numbers
    };
    entry[entries++] = (struct safetensors_entry){
        .name = STAMPS, .dtype = DTYPE_I64, .rank = 1, .dim = { count }, .size = numbers
    };
    struct safetensors_writer *writer;
    TRY(safetensors_writer_create(allocator, path, entry, entries, metadata,
                                  layout->metadata.key ? METADATA : METADATA - 1, &writer));
    write_rows(writer, rows);
    return safetensors_writer_commit(writer);
}

static enum gmr_status look_up(struct catalogue *catalogue, const struct rows *rows)
{
    const size_t *positions = rows->positions;
    struct known_items known;
    enum gmr_status status = known_items_init(&known, catalogue);
    for (size_t i = 0; status == GMR_OK && i < rows->count; i++) {
        if (positions[i] >= known.count || (i > 0 && positions[i] <= positions[i - 1])) {
            status = gmr_error(GMR_ERR_RANGE, "vector %zu is of item %zu, which cannot be", i,
                               positions[i]);
            break;
        }
        rows->ids[i] = known.item[positions[i]].id;
        rows->stamps[i] = known.item[positions[i]].stamp;
    }
    known_items_release(&known);
    return status;
}

enum gmr_status item_rows_write(struct catalogue *catalogue, const char *folder, const char *name,
                                const char *encoder, const struct item_row_layout *layout,
                                item_row *row, void *user, const size_t *positions, size_t count)
{
    const struct gmr_allocator *allocator = catalogue_allocator(catalogue);
    char path[PATH_MAX];
    TRY(item_rows_place(catalogue, folder, name, ITEM_ROWS_SUFFIX, path));
    const struct rows rows = { .layout = layout,
                               .row = row,
                               .user = user,
                               .count = count,
                               .positions = positions,
                               .ids = memory_array(allocator, count, sizeof *rows.ids),
                               .stamps = memory_array(allocator, count, sizeof *rows.stamps) };
    enum gmr_status status = rows.ids && rows.stamps ? look_up(catalogue, &rows) : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = write_file(allocator, path, encoder, &rows);
    memory_release(allocator, rows.ids, count * sizeof *rows.ids);
    memory_release(allocator, rows.stamps, count * sizeof *rows.stamps);
    return status;
}
