/* A table: CSV, or a JSON object a line. Pictures are looked for in the table's own folder unless
 * told otherwise. A record that names a picture which is missing or broken is left out; one that
 * names none is an item without picture. */
#include <string.h>

#include "catalogue/import/columns.h"
#include "catalogue/import/formats.h"
#include "catalogue/import/record.h"
#include "catalogue/import/rows.h"

struct table {
    struct import_job *job;
    const char *name; /* of the file, without folders */
    char separator;
    struct columns columns;
    struct arena arena; /* of one record */
};

static enum gmr_status on_row(void *user, const struct row *row)
{
    struct table *table = user;
    struct import_item item;
    arena_clear(&table->arena);
    TRY(record_build(&table->arena, &table->columns, row, table->separator, &item));
    if (table->separator) /* the columns of CSV are known with the first row */
        TRY(columns_check(&table->columns, table->name));
    item.file = table->name;
    return job_add(table->job, &item);
}

static enum gmr_status on_damage(void *user, size_t line, const char *reason)
{
    const struct table *table = user;
    return job_skip(table->job, NULL, table->name, line, reason);
}

static enum gmr_status read_table(struct table *table, const struct file_map *map)
{
    const struct row_sink sink = { on_row, on_damage, table };
    struct import_job *job = table->job;
    if (job->options->format == GMR_IMPORT_CSV) {
        table->separator = ';';
        job->total = csv_count(map->data, map->size);
        return csv_read(job->allocator, map->data, map->size, table->name, false, &sink);
    }
    job->total = json_lines_count(map->data, map->size);
    TRY(jsonl_read(job->allocator, map->data, map->size, table->name, &sink));
    return columns_check(&table->columns, table->name);
}

enum gmr_status import_table(struct import_job *job)
{
    struct table table = { .job = job, .name = strrchr(job->source, '/') + 1 };
    struct file_map map;
    TRY(file_map_open(&map, job->source));
    arena_init(&table.arena, job->allocator, 0);
    enum gmr_status status = columns_init(&table.columns, job->allocator, job->options->columns,
                                          job->options->column_count);
    if (status == GMR_OK)
        status = read_table(&table, &map);
    columns_release(&table.columns);
    arena_release(&table.arena);
    file_map_close(&map);
    return status;
}
