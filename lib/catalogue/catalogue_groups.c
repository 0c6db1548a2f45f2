/* What groups items: splits, attributes and their values, relative captions. */
#include <math.h>
#include <string.h>

#include "catalogue/inside.h"

/* Reads one row into an element set to zero. */
typedef enum gmr_status read_row(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                 void *element);

/* Reads all rows of a statement into `list`, and resets it. */
static enum gmr_status read_rows(struct catalogue *catalogue, sqlite3_stmt *q, read_row *read,
                                 struct arena *arena, struct growing *list)
{
    struct store *store = catalogue->store;
    enum gmr_status status = GMR_OK;
    int code = SQLITE_ROW;
    while (status == GMR_OK && (code = sqlite3_step(q)) == SQLITE_ROW) {
        void *element = growing_add(list, arena);
        status = element ? read(store, q, arena, element) : GMR_ERR_NOMEM;
    }
    if (status == GMR_OK && code != SQLITE_DONE)
        status = store_error(store, "cannot read the catalogue");
    sqlite3_reset(q);
    return status;
}

/* ---- splits ---- */

static enum gmr_status read_split(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                  void *element)
{
    struct gmr_split *split = element;
    TRY(store_text(store, q, 0, arena, &split->name));
    return store_size(store, q, 1, SIZE_MAX, &split->items);
}

static enum gmr_status load_splits(struct catalogue *catalogue)
{
    struct growing list = { .size = sizeof(struct gmr_split) };
    sqlite3_stmt *q;
    if (catalogue->splits)
        return GMR_OK;
    TRY(store_reuse(catalogue->store,
                    "SELECT s.name, count(*) FROM split_item si JOIN split s ON s.id = si.split"
                    " GROUP BY si.split ORDER BY si.split",
                    &q));
    TRY(read_rows(catalogue, q, read_split, &catalogue->kept, &list));
    static const struct gmr_split none[1];
    catalogue->splits = list.count > 0 ? list.data : none;
    catalogue->split_count = list.count;
    return GMR_OK;
}

enum gmr_status catalogue_splits(struct catalogue *catalogue, const struct gmr_split **splits,
                                 size_t *count)
{
    TRY(load_splits(catalogue));
    *splits = catalogue->splits;
    *count = catalogue->split_count;
    return GMR_OK;
}

static enum gmr_status find_split(struct catalogue *catalogue, const char *name,
                                  const struct gmr_split **split)
{
    *split = NULL;
    TRY(load_splits(catalogue));
    for (size_t i = 0; i < catalogue->split_count; i++) {
        *split = &catalogue->splits[i];
        if (strcmp((*split)->name, name) == 0)
            return GMR_OK;
    }
    return gmr_error(GMR_ERR_NOT_FOUND, "no split '%s' in '%s'", name, catalogue->path);
}

static enum gmr_status read_members(struct catalogue *catalogue, sqlite3_stmt *q, size_t *positions,
                                    size_t count)
{
    size_t n = 0;
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW && n < count)
        TRY(catalogue_place(catalogue, sqlite3_column_int64(q, 0), &positions[n++]));
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return store_error(catalogue->store, "cannot read a split");
    if (code == SQLITE_ROW || n < count)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': a split has not %zu items",
                         store_path(catalogue->store), count);
    return GMR_OK;
}

enum gmr_status catalogue_split_items(struct catalogue *catalogue, const char *name,
                                      size_t *positions, size_t count)
{
    const struct gmr_split *split;
    sqlite3_stmt *q;
    TRY(find_split(catalogue, name, &split));
    if (count != split->items)
        return gmr_error(GMR_ERR_RANGE, "room for %zu items of split '%s', which has %zu", count,
                         name, split->items);
    TRY(store_reuse(
        catalogue->store,
        "SELECT item FROM split_item WHERE split = (SELECT id FROM split WHERE name = ?)"
        " ORDER BY source, place",
        &q));
    sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
    enum gmr_status status = read_members(catalogue, q, positions, count);
    sqlite3_reset(q);
    return status;
}

static enum gmr_status read_name(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                 void *element)
{
    return store_text(store, q, 0, arena, element);
}

enum gmr_status catalogue_item_splits(struct catalogue *catalogue, size_t position,
                                      struct arena *arena, const char *const **names, size_t *count)
{
    struct growing list = { .size = sizeof(const char *) };
    sqlite3_stmt *q;
    TRY(catalogue_check_position(catalogue, position));
    TRY(store_reuse(catalogue->store,
                    "SELECT s.name FROM item i JOIN split_item si ON si.item = i.id"
                    " JOIN split s ON s.id = si.split WHERE i.position = ? ORDER BY s.id",
                    &q));
    sqlite3_bind_int64(q, 1, (int64_t)position);
    TRY(read_rows(catalogue, q, read_name, arena, &list));
    *names = list.data;
    *count = list.count;
    return GMR_OK;
}

/* ---- attributes ---- */

static double number_or_nan(sqlite3_stmt *q, int column)
{
    double number = sqlite3_column_double(q, column);
    return sqlite3_column_type(q, column) != SQLITE_NULL && isfinite(number) ? number : NAN;
}

static enum gmr_status read_attribute(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                      void *element)
{
    struct gmr_attribute_summary *attribute = element;
    TRY(store_text(store, q, 0, arena, &attribute->name));
    TRY(store_size(store, q, 1, SIZE_MAX, &attribute->values));
    TRY(store_size(store, q, 2, SIZE_MAX, &attribute->numbers));
    attribute->low = number_or_nan(q, 3);
    attribute->high = number_or_nan(q, 4);
    return store_size(store, q, 5, SIZE_MAX, &attribute->items);
}

enum gmr_status catalogue_attributes(struct catalogue *catalogue, struct arena *arena,
                                     const struct gmr_attribute_summary **attributes, size_t *count)
{
    struct growing list = { .size = sizeof(struct gmr_attribute_summary) };
    sqlite3_stmt *q;
    TRY(store_reuse(catalogue->store,
                    "SELECT a.name, count(*), count(v.number), min(v.number), max(v.number),"
                    " (SELECT count(DISTINCT iv.item) FROM attribute_value w"
                    "  JOIN item_value iv ON iv.value = w.id WHERE w.attribute = a.id)"
                    " FROM attribute a JOIN attribute_value v ON v.attribute = a.id"
                    " GROUP BY a.id ORDER BY a.name",
                    &q));
    TRY(read_rows(catalogue, q, read_attribute, arena, &list));
    *attributes = list.data;
    *count = list.count;
    return GMR_OK;
}

static enum gmr_status read_value(struct store *store, sqlite3_stmt *q, struct arena *arena,
                                  void *element)
{
    struct gmr_value_summary *value = element;
    TRY(store_text(store, q, 0, arena, &value->value));
    return store_size(store, q, 1, SIZE_MAX, &value->items);
}

enum gmr_status catalogue_values(struct catalogue *catalogue, const char *attribute,
                                 struct arena *arena, const struct gmr_value_summary **values,
                                 size_t *count)
{
    struct growing list = { .size = sizeof(struct gmr_value_summary) };
    sqlite3_stmt *q;
    TRY(store_reuse(catalogue->store,
                    "SELECT v.text, count(*) AS items FROM attribute a"
                    " JOIN attribute_value v ON v.attribute = a.id"
                    " JOIN item_value iv ON iv.value = v.id"
                    " WHERE a.name = ? GROUP BY v.id ORDER BY items DESC, v.text",
                    &q));
    sqlite3_bind_text(q, 1, attribute, -1, SQLITE_STATIC);
    TRY(read_rows(catalogue, q, read_value, arena, &list));
    if (list.count == 0)
        return gmr_error(GMR_ERR_NOT_FOUND, "no item in '%s' has an attribute '%s'",
                         catalogue->path, attribute);
    *values = list.data;
    *count = list.count;
    return GMR_OK;
}

/* ---- captions ---- */

static enum gmr_status read_caption_ids(struct catalogue *catalogue, sqlite3_stmt *q, int64_t *ids)
{
    size_t n = 0;
    int code;
    while ((code = sqlite3_step(q)) == SQLITE_ROW && n < catalogue->caption_count)
        ids[n++] = sqlite3_column_int64(q, 0);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return store_error(catalogue->store, "cannot read captions");
    if (code == SQLITE_ROW || n < catalogue->caption_count)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': it has not %zu captions",
                         store_path(catalogue->store), catalogue->caption_count);
    return GMR_OK;
}

static enum gmr_status load_caption_ids(struct catalogue *catalogue)
{
    sqlite3_stmt *q;
    if (catalogue->caption_ids)
        return GMR_OK;
    TRY(store_reuse(catalogue->store, "SELECT id FROM caption ORDER BY source, id", &q));
    size_t count = catalogue->caption_count;
    int64_t *ids = memory_array(catalogue->allocator, count, sizeof *ids);
    enum gmr_status status = ids ? read_caption_ids(catalogue, q, ids) : GMR_ERR_NOMEM;
    sqlite3_reset(q);
    if (status == GMR_OK)
        catalogue->caption_ids = ids;
    else
        memory_release(catalogue->allocator, ids, count * sizeof *ids);
    return status;
}

static enum gmr_status read_caption(struct catalogue *catalogue, sqlite3_stmt *q,
                                    struct arena *arena, struct gmr_caption *caption)
{
    struct store *store = catalogue->store;
    TRY(store_text(store, q, 0, arena, &caption->split));
    TRY(store_size(store, q, 1, SIZE_MAX, &caption->pair));
    caption->target = GMR_NO_ITEM;
    if (sqlite3_column_type(q, 2) != SQLITE_NULL)
        TRY(catalogue_place(catalogue, sqlite3_column_int64(q, 2), &caption->target));
    TRY(catalogue_place(catalogue, sqlite3_column_int64(q, 3), &caption->candidate));
    return store_text(store, q, 4, arena, &caption->text);
}

enum gmr_status catalogue_caption(struct catalogue *catalogue, size_t index, struct arena *arena,
                                  struct gmr_caption *caption)
{
    struct store *store = catalogue->store;
    enum gmr_status status;
    sqlite3_stmt *q;
    if (index >= catalogue->caption_count)
        return gmr_error(GMR_ERR_RANGE, "no caption %zu: '%s' has %zu", index, catalogue->path,
                         catalogue->caption_count);
    TRY(load_caption_ids(catalogue));
    TRY(store_reuse(store, "SELECT split, pair, target, candidate, text FROM caption WHERE id = ?",
                    &q));
    sqlite3_bind_int64(q, 1, catalogue->caption_ids[index]);
    status = sqlite3_step(q) == SQLITE_ROW ? read_caption(catalogue, q, arena, caption)
                                           : store_error(store, "cannot read caption %zu", index);
    sqlite3_reset(q);
    return status;
}
