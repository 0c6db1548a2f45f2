/* An open catalogue: opening, counting, finding items. Opening reads no items: it counts them,
 * which takes one pass over a small index. */
#include "catalogue/catalogue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "catalogue/inside.h"

const struct store_schema catalogue_schema = {
    .prefix = "catalogue/schema/", .noun = "catalogue", .application_id = 0x674D7243, /* "gMrC" */
};

const char *catalogue_file(struct arena *arena, const char *path, const char *name)
{
    return arena_printf(arena, "%s/%s", path, name);
}

void *growing_add(struct growing *list, struct arena *arena)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 16;
        void *data = arena_array(arena, capacity, list->size);
        if (!data)
            return NULL;
        if (list->count > 0)
            memcpy(data, list->data, list->count * list->size);
        list->data = data;
        list->capacity = capacity;
    }
    return (char *)list->data + list->size * list->count++;
}

/* ---- opening ---- */

/* What callers make arrays of must not come from a damaged file unchecked: positions run from 0
 * to count - 1, and there are as many items. */
static enum gmr_status count_items(struct catalogue *catalogue)
{
    struct store *store = catalogue->store;
    sqlite3_stmt *q;
    int64_t items, captions, end;
    TRY(store_reuse(store, "SELECT count(*) FROM item", &q));
    TRY(store_integer(store, q, "count items", &items));
    TRY(store_reuse(store, "SELECT coalesce(max(position), -1) + 1 FROM item", &q));
    TRY(store_integer(store, q, "count items", &end));
    TRY(store_reuse(store, "SELECT count(*) FROM caption", &q));
    TRY(store_integer(store, q, "count captions", &captions));
    if (items != end)
        return gmr_error(GMR_ERR_FORMAT,
                         "cannot read '%s': it has %" PRId64 " items at positions below %" PRId64,
                         store_path(store), items, end);
    catalogue->count = (size_t)items;
    catalogue->caption_count = (size_t)captions;
    return GMR_OK;
}

/* The message names the directory, which is what the user knows. */
static enum gmr_status open_store(struct catalogue *catalogue, const char *path)
{
    catalogue->path = arena_strdup(&catalogue->kept, path);
    const char *file = catalogue_file(&catalogue->kept, path, CATALOGUE_DATABASE);
    if (!catalogue->path || !file)
        return GMR_ERR_NOMEM;
    if (*path == '\0')
        return file_error(ENOENT, "open catalogue", path);
    enum gmr_status status =
        store_open(catalogue->allocator, file, STORE_READ, &catalogue_schema, &catalogue->store);
    if (status == GMR_ERR_NOT_FOUND)
        return gmr_error(status, "no catalogue in '%s': %s", path, gmr_error_message());
    return status;
}

static enum gmr_status open_snapshot(struct catalogue *catalogue, const char *path)
{
    TRY(open_store(catalogue, path));
    TRY(store_begin(catalogue->store));
    return count_items(catalogue);
}

enum gmr_status catalogue_open(const struct gmr_allocator *allocator, const char *path,
                               struct catalogue **catalogue)
{
    *catalogue = NULL;
    struct catalogue *opened = memory_array(allocator, 1, sizeof *opened);
    if (!opened)
        return GMR_ERR_NOMEM;
    opened->allocator = allocator;
    arena_init(&opened->kept, allocator, 4096);
    enum gmr_status status = open_snapshot(opened, path);
    if (status != GMR_OK) {
        catalogue_close(opened);
        return status;
    }
    *catalogue = opened;
    return GMR_OK;
}

void catalogue_close(struct catalogue *catalogue)
{
    if (!catalogue)
        return;
    const struct gmr_allocator *allocator = catalogue->allocator;
    store_close(catalogue->store);
    memory_release(allocator, catalogue->places, catalogue->count * sizeof *catalogue->places);
    memory_release(allocator, catalogue->caption_ids,
                   catalogue->caption_count * sizeof *catalogue->caption_ids);
    arena_release(&catalogue->kept);
    memory_release(allocator, catalogue, sizeof *catalogue);
}

const struct gmr_allocator *catalogue_allocator(const struct catalogue *catalogue)
{
    return catalogue->allocator;
}

const char *catalogue_path(const struct catalogue *catalogue)
{
    return catalogue->path;
}

size_t catalogue_count(const struct catalogue *catalogue)
{
    return catalogue->count;
}

size_t catalogue_caption_count(const struct catalogue *catalogue)
{
    return catalogue->caption_count;
}

/* ---- finding ---- */

enum gmr_status catalogue_check_position(const struct catalogue *catalogue, size_t position)
{
    if (position < catalogue->count)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "no item at position %zu: '%s' has %zu", position,
                     catalogue->path, catalogue->count);
}

enum gmr_status catalogue_find(struct catalogue *catalogue, const char *key, size_t *position)
{
    struct store *store = catalogue->store;
    enum gmr_status status;
    sqlite3_stmt *q;
    TRY(store_reuse(store, "SELECT position FROM item WHERE key = ?", &q));
    sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
    switch (sqlite3_step(q)) {
    case SQLITE_ROW: status = store_size(store, q, 0, catalogue->count, position); break;
    case SQLITE_DONE:
        status = gmr_error(GMR_ERR_NOT_FOUND, "no item '%s' in '%s'", key, catalogue->path);
        break;
    default: status = store_error(store, "cannot find item '%s'", key);
    }
    sqlite3_reset(q);
    return status;
}

/* Reads all items in the order of their positions: their places, or ids and stamps. */
static enum gmr_status scan_items(struct catalogue *catalogue, sqlite3_stmt *q,
                                  struct item_place *places, int64_t *ids, int64_t *stamps)
{
    size_t n = 0;
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW) {
        if (n == catalogue->count || sqlite3_column_int64(q, 1) != (int64_t)n)
            break;
        if (places)
            places[n] = (struct item_place){ .id = sqlite3_column_int64(q, 0), .position = n };
        else
            ids[n] = sqlite3_column_int64(q, 0);
        if (stamps)
            stamps[n] = sqlite3_column_int64(q, 2);
        n++;
    }
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return store_error(catalogue->store, "cannot read items");
    if (n != catalogue->count || code == SQLITE_ROW)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': no item at position %zu",
                         store_path(catalogue->store), n);
    return GMR_OK;
}

enum gmr_status catalogue_item_ids(struct catalogue *catalogue, int64_t *ids, int64_t *stamps)
{
    sqlite3_stmt *q;
    TRY(store_reuse(catalogue->store,
                    "SELECT i.id, i.position, coalesce(p.stamp, 0) FROM item i"
                    " LEFT JOIN picture p ON p.item = i.id ORDER BY i.position",
                    &q));
    enum gmr_status status = scan_items(catalogue, q, NULL, ids, stamps);
    sqlite3_reset(q);
    return status;
}

static int compare_places(const void *a, const void *b)
{
    int64_t x = ((const struct item_place *)a)->id, y = ((const struct item_place *)b)->id;
    return (x > y) - (x < y);
}

static enum gmr_status read_places(struct catalogue *catalogue, struct item_place *places)
{
    sqlite3_stmt *q;
    TRY(store_reuse(catalogue->store, "SELECT id, position FROM item ORDER BY position", &q));
    enum gmr_status status = scan_items(catalogue, q, places, NULL, NULL);
    sqlite3_reset(q);
    if (status == GMR_OK)
        qsort(places, catalogue->count, sizeof *places, compare_places);
    return status;
}

static enum gmr_status load_places(struct catalogue *catalogue)
{
    size_t count = catalogue->count;
    if (catalogue->places)
        return GMR_OK;
    struct item_place *places = memory_array(catalogue->allocator, count, sizeof *places);
    if (!places)
        return GMR_ERR_NOMEM;
    enum gmr_status status = read_places(catalogue, places);
    if (status == GMR_OK)
        catalogue->places = places;
    else
        memory_release(catalogue->allocator, places, count * sizeof *places);
    return status;
}

enum gmr_status catalogue_place(struct catalogue *catalogue, int64_t id, size_t *position)
{
    const struct item_place wanted = { .id = id };
    TRY(load_places(catalogue));
    const struct item_place *found =
        bsearch(&wanted, catalogue->places, catalogue->count, sizeof wanted, compare_places);
    if (!found)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': it names an item that is not there",
                         store_path(catalogue->store));
    *position = found->position;
    return GMR_OK;
}
