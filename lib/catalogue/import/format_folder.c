/* A folder of pictures. The key of an item is the picture's path below the folder, its title the
 * name of the file, and the folders on the way are values of the attribute "folder". A table at
 * the top (attributes.csv, items.jsonl, ...) may say more: its column of pictures, or of keys,
 * names the file. The table is held in memory, the pictures are not. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "catalogue/import/columns.h"
#include "catalogue/import/formats.h"
#include "catalogue/import/record.h"
#include "catalogue/import/rows.h"
#include "catalogue/import/walk.h"
#include "catalogue/import/words.h"

static const char *const table_names[] = {
    "attributes.csv", "attributes.jsonl", "items.csv",    "items.jsonl",
    "metadata.csv",   "metadata.jsonl",   "products.csv", "products.jsonl",
};

static const struct {
    const char *extension;
    const char *refusal; /* NULL: it can be read */
} extensions[] = {
    { "jpg", NULL },
    { "jpeg", NULL },
    { "png", NULL },
    { "webp", NULL },
    { "gif", "GIF pictures cannot be read" },
    { "bmp", "BMP pictures cannot be read" },
    { "tif", "TIFF pictures cannot be read" },
    { "tiff", "TIFF pictures cannot be read" },
    { "heic", "HEIC pictures cannot be read" },
    { "avif", "AVIF pictures cannot be read" },
    { "svg", "SVG pictures cannot be read" },
};

/* A row of the table, by the file it names. */
struct sidecar_row {
    const char *file;
    struct import_item item;
    bool used;
    struct sidecar_row *next;
};

struct folder {
    struct import_job *job;
    const char *table; /* name of the table, or NULL */
    struct columns columns;
    struct arena kept, arena; /* of the table, of one record */
    struct sidecar_row *list, **rows;
    size_t row_count;
};

/* ---- the table ---- */

/* Copies what record_build left in the row. */
static bool keep_texts(struct arena *arena, struct import_item *item)
{
    struct gmr_attribute *attributes =
        arena_array(arena, item->attribute_count, sizeof *attributes);
    const char **splits = arena_array(arena, item->split_count, sizeof *splits);
    if (!attributes || !splits)
        return false;
    for (size_t i = 0; i < item->attribute_count; i++) {
        attributes[i].name = arena_strdup(arena, item->attributes[i].name);
        attributes[i].value = arena_strdup(arena, item->attributes[i].value);
        if (!attributes[i].name || !attributes[i].value)
            return false;
    }
    for (size_t i = 0; i < item->split_count; i++)
        if (!(splits[i] = arena_strdup(arena, item->splits[i])))
            return false;
    item->attributes = attributes;
    item->splits = splits;
    item->title = item->title ? arena_strdup(arena, item->title) : "";
    item->description = item->description ? arena_strdup(arena, item->description) : "";
    return item->title && item->description;
}

static enum gmr_status on_row(void *user, const struct row *row)
{
    struct folder *folder = user;
    struct import_item item;
    arena_clear(&folder->arena);
    TRY(record_build(&folder->arena, &folder->columns, row, ';', &item));
    const char *file = item.picture_count > 0 ? item.pictures[0] : item.key;
    if (!file)
        return job_skip(folder->job, NULL, folder->table, row->line, "no column names a picture");
    struct sidecar_row *kept = arena_array(&folder->kept, 1, sizeof *kept);
    while (strncmp(file, "./", 2) == 0)
        file += 2;
    if (!kept || !(kept->file = arena_strdup(&folder->kept, file)) ||
        !keep_texts(&folder->kept, &item))
        return GMR_ERR_NOMEM;
    kept->item = item;
    kept->next = folder->list;
    folder->list = kept;
    folder->row_count++;
    return GMR_OK;
}

static enum gmr_status on_damage(void *user, size_t line, const char *reason)
{
    const struct folder *folder = user;
    return job_skip(folder->job, NULL, folder->table, line, reason);
}

/* Of two rows for one file the first in the table comes first. */
static int compare_rows(const void *a, const void *b)
{
    const struct sidecar_row *const *left = a, *const *right = b;
    const int order = strcmp((*left)->file, (*right)->file);
    if (order != 0)
        return order;
    return ((*left)->item.line > (*right)->item.line) - ((*left)->item.line < (*right)->item.line);
}

static enum gmr_status sort_rows(struct folder *folder)
{
    folder->rows = arena_array(&folder->kept, folder->row_count, sizeof *folder->rows);
    if (!folder->rows)
        return GMR_ERR_NOMEM;
    struct sidecar_row *row = folder->list;
    for (size_t i = 0; row; row = row->next)
        folder->rows[i++] = row;
    qsort(folder->rows, folder->row_count, sizeof *folder->rows, compare_rows);
    return GMR_OK;
}

static enum gmr_status read_table(struct folder *folder, const char *path)
{
    const struct row_sink sink = { on_row, on_damage, folder };
    const struct gmr_allocator *allocator = folder->job->allocator;
    const bool csv = strcmp(strrchr(folder->table, '.'), ".csv") == 0;
    struct file_map map;
    enum gmr_status status = file_map_open(&map, path);
    if (status == GMR_OK)
        status = csv ? csv_read(allocator, map.data, map.size, folder->table, false, &sink)
                     : jsonl_read(allocator, map.data, map.size, folder->table, &sink);
    file_map_close(&map);
    TRY(status);
    TRY(columns_check(&folder->columns, folder->table));
    return sort_rows(folder);
}

static enum gmr_status find_table(struct folder *folder)
{
    for (size_t i = 0; i < sizeof table_names / sizeof *table_names; i++) {
        struct stat info;
        const char *path =
            arena_printf(&folder->kept, "%s/%s", folder->job->source, table_names[i]);
        if (!path)
            return GMR_ERR_NOMEM;
        if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
            folder->table = table_names[i];
            return read_table(folder, path);
        }
    }
    return columns_check(&folder->columns, folder->job->options->source);
}

/* The row for a file, whose name it may give without the extension. */
static struct sidecar_row *find_row(const struct folder *folder, const char *file)
{
    size_t low = 0, high = folder->row_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (strcmp(folder->rows[middle]->file, file) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < folder->row_count && strcmp(folder->rows[low]->file, file) == 0 ? folder->rows[low]
                                                                                 : NULL;
}

/* ---- pictures ---- */

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return dot && dot > name ? dot + 1 : "";
}

static bool find_extension(const char *path, const char **refusal)
{
    const char *extension = extension_of(path);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcasecmp(extensions[i].extension, extension) == 0) {
            *refusal = extensions[i].refusal;
            return true;
        }
    return false;
}

/* The names of the folders on the way, before the row's own attributes. */
static enum gmr_status add_folders(struct folder *folder, const char *path,
                                   struct import_item *item)
{
    struct arena *arena = &folder->arena;
    size_t folders = 0;
    for (const char *c = path; (c = strchr(c, '/')) != NULL; c++)
        folders++;
    struct gmr_attribute *all = arena_array(arena, folders + item->attribute_count, sizeof *all);
    if (!all)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < folders; i++) {
        const size_t length = strcspn(path, "/");
        all[i].name = "folder";
        all[i].value = arena_strndup(arena, path, length);
        if (!all[i].value)
            return GMR_ERR_NOMEM;
        path += length + 1;
    }
    if (item->attribute_count > 0)
        memcpy(all + folders, item->attributes, item->attribute_count * sizeof *all);
    item->attributes = all;
    item->attribute_count += folders;
    return GMR_OK;
}

static enum gmr_status add_picture(struct folder *folder, const char *path)
{
    struct import_item item = { 0 };
    const char *slash = strrchr(path, '/');
    const size_t stem = strlen(path) - strlen(extension_of(path)) - 1;
    const char *short_name = arena_strndup(&folder->arena, path, stem);
    const char *title = words_title(&folder->arena, slash ? slash + 1 : path);
    if (!short_name || !title)
        return GMR_ERR_NOMEM;
    struct sidecar_row *row = find_row(folder, path);
    if (!row)
        row = find_row(folder, short_name);
    if (row) {
        row->used = true;
        item = row->item;
    }
    TRY(add_folders(folder, path, &item));
    item.key = path;
    item.title = item.title && item.title[0] ? item.title : title;
    item.pictures = &path;
    item.picture_count = 1;
    item.file = path;
    item.line = 0;
    return job_add(folder->job, &item);
}

static enum gmr_status visit(void *user, const char *path, const struct stat *info)
{
    struct folder *folder = user;
    const char *refusal;
    (void)info;
    if (!find_extension(path, &refusal))
        return GMR_OK;
    arena_clear(&folder->arena);
    return refusal ? job_skip(folder->job, path, path, 0, refusal) : add_picture(folder, path);
}

static enum gmr_status count_picture(void *user, const char *path, const struct stat *info)
{
    struct folder *folder = user;
    const char *refusal;
    (void)info;
    folder->job->total += find_extension(path, &refusal);
    return GMR_OK;
}

static enum gmr_status list_unused_rows(struct folder *folder)
{
    for (size_t i = 0; i < folder->row_count; i++) {
        const struct sidecar_row *row = folder->rows[i];
        if (row->used)
            continue;
        folder->job->report->missing_pictures++;
        TRY(job_skip(folder->job, row->file, folder->table, row->item.line,
                     "no picture of that name, or an earlier line is about it"));
    }
    return GMR_OK;
}

static enum gmr_status read_folder(struct folder *folder)
{
    struct walk walk = {
        folder->job->source, folder->job->options->catalogue, false, false, count_picture, folder
    };
    TRY(find_table(folder));
    TRY(walk_files(folder->job->allocator, &walk));
    walk.visit = visit;
    TRY(walk_files(folder->job->allocator, &walk));
    return list_unused_rows(folder);
}

enum gmr_status import_folder(struct import_job *job)
{
    struct folder folder = { .job = job };
    arena_init(&folder.kept, job->allocator, 0);
    arena_init(&folder.arena, job->allocator, 0);
    enum gmr_status status = columns_init(&folder.columns, job->allocator, job->options->columns,
                                          job->options->column_count);
    if (status == GMR_OK)
        status = read_folder(&folder);
    columns_release(&folder.columns);
    arena_release(&folder.arena);
    arena_release(&folder.kept);
    return status;
}
