/* "Fashion Product Images", in both layouts: styles.jsonl with a record a line; or as published,
 * styles.csv with a record a line and more about each in styles/ID.json, under "data". Without the
 * JSON file the columns of the CSV must do. Which words attributes get is a table,
 * data/fashion_products.tsv.
 *
 * The data set has no splits: an item is in "train", "validation" or "test" by the SHA-1 of its
 * number, and so in one part of each domain that it belongs to ("footwear.train"). */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/json.h"
#include "catalogue/import/clean.h"
#include "catalogue/import/formats.h"
#include "catalogue/import/rows.h"
#include "catalogue/import/vocabulary.h"
#include "catalogue/import/words.h"

#define TABLE "catalogue/import/data/fashion_products.tsv"

enum {
    MAX_ATTRIBUTES = 512,
    MAX_DIGITS = 18,   /* of a number */
    TRAIN_BELOW = 154, /* of the first byte of the SHA-1: 60 %, */
    TUNE_BELOW = 179,  /* 10 %, and the rest 30 % */
    MAX_SPLITS = 8,
};

static const struct {
    const char *name, *field;
    const char *values[4];
} domains[] = {
    { "footwear", "masterCategory", { "Footwear" } },
    { "topwear", "subCategory", { "Topwear" } },
    { "accessories", "masterCategory", { "Accessories" } },
    { "all", "masterCategory", { "Apparel", "Accessories", "Footwear" } },
};

struct reader {
    struct import_job *job;
    struct vocabulary vocabulary;
    struct arena arena; /* of one product */
    const char *file;   /* of the records */
};

struct product {
    struct arena *arena;
    const struct vocabulary *vocabulary;
    struct gmr_attribute *attributes; /* MAX_ATTRIBUTES */
    size_t count;
};

/* ---- members of a record ---- */

/* The text of a member: a string, a number, or as published an object with a typeName. "" where
 * there is none; NULL when there is no memory. */
static const char *member_text(struct arena *arena, const json_t *record, const char *name)
{
    const json_t *value = json_object_get(record, name);
    if (json_is_object(value))
        value = json_object_get(value, "typeName");
    if (!value || json_is_object(value) || json_is_array(value))
        return "";
    return words_scalar(arena, value);
}

/* As published it is productDescriptors.description.value. */
static const char *description(const json_t *record)
{
    const json_t *published =
        json_object_get(json_object_get(record, "productDescriptors"), "description");
    const char *text = json_string_value(json_object_get(record, "description"));
    if (!text)
        text = json_string_value(json_object_get(published, "value"));
    return text ? text : "";
}

/* ---- attributes ---- */

static bool has_value(const struct product *product, const char *name, const char *value)
{
    for (size_t i = 0; i < product->count; i++)
        if (strcmp(product->attributes[i].name, name) == 0 &&
            (!value || strcmp(product->attributes[i].value, value) == 0))
            return true;
    return false;
}

static void append(struct product *product, const char *name, const char *value)
{
    if (product->count < MAX_ATTRIBUTES && !has_value(product, name, value))
        product->attributes[product->count++] =
            (struct gmr_attribute){ .name = name, .value = value };
}

static enum gmr_status add_value(struct product *product, const char *attribute, const char *value)
{
    const char *words, *clean = clean_text(product->arena, value);
    if (!clean)
        return GMR_ERR_NOMEM;
    TRY(vocabulary_value(product->vocabulary, product->arena, clean, &attribute, &words));
    if (words)
        append(product, attribute, words);
    return GMR_OK;
}

static enum gmr_status add_fields(struct product *product, const json_t *record)
{
    for (size_t i = 0; i < product->vocabulary->field_count; i++) {
        const struct vocabulary_rule *rule = &product->vocabulary->fields[i];
        const char *value = member_text(product->arena, record, rule->subject);
        if (!value)
            return GMR_ERR_NOMEM;
        if (strcmp(rule->kind, "field") == 0 || !has_value(product, rule->from, NULL))
            TRY(add_value(product, rule->from, value));
    }
    return GMR_OK;
}

static enum gmr_status add_article_attributes(struct product *product, const json_t *record)
{
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(record, "articleAttributes"), name, value)
    {
        const char *attribute;
        TRY(vocabulary_name(product->vocabulary, product->arena, name, &attribute));
        if (!attribute || json_is_object(value) || json_is_array(value))
            continue;
        const char *text = words_scalar(product->arena, value);
        if (!text)
            return GMR_ERR_NOMEM;
        TRY(add_value(product, attribute, text));
    }
    return GMR_OK;
}

static enum gmr_status add_prices(struct product *product, const json_t *record)
{
    const json_t *price = json_object_get(record, "price");
    const json_t *discounted = json_object_get(record, "discountedPrice");
    if (!json_is_number(price))
        return GMR_OK;
    const char *text = words_scalar(product->arena, price);
    if (!text)
        return GMR_ERR_NOMEM;
    append(product, "price", text);
    if (!json_is_number(discounted) || json_number_value(discounted) >= json_number_value(price))
        return GMR_OK;
    text = words_scalar(product->arena, discounted);
    if (!text)
        return GMR_ERR_NOMEM;
    append(product, "discounted price", text);
    return GMR_OK;
}

/* Drops values that another attribute has too: a second colour that is the first. */
static void drop_repeated(struct product *product)
{
    size_t count, kept;
    const struct vocabulary_rule *rules =
        vocabulary_rules(product->vocabulary, "unlike", NULL, &count);
    for (size_t r = 0; r < count; r++) {
        kept = 0;
        for (size_t i = 0; i < product->count; i++) {
            const struct gmr_attribute a = product->attributes[i];
            if (strcmp(a.name, rules[r].subject) != 0 ||
                !has_value(product, rules[r].from, a.value))
                product->attributes[kept++] = a;
        }
        product->count = kept;
    }
}

/* ---- splits ---- */

static const char *part_of(const char *id)
{
    uint8_t digest[DIGEST_SHA1_SIZE];
    digest_sha1(id, strlen(id), digest);
    return digest[0] < TRAIN_BELOW ? "train" : digest[0] < TUNE_BELOW ? "validation" : "test";
}

static bool is_in_domain(const char *value, const char *const values[4])
{
    for (size_t i = 0; i < 4 && values[i]; i++)
        if (strcmp(values[i], value) == 0)
            return true;
    return false;
}

static enum gmr_status add_splits(struct reader *reader, const json_t *record,
                                  struct import_item *item)
{
    const char **splits = arena_array(&reader->arena, MAX_SPLITS, sizeof *splits);
    if (!splits)
        return GMR_ERR_NOMEM;
    item->splits = splits;
    splits[item->split_count++] = part_of(item->key);
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        const char *value = member_text(&reader->arena, record, domains[i].field);
        if (!value)
            return GMR_ERR_NOMEM;
        if (!is_in_domain(value, domains[i].values))
            continue;
        const char *name =
            arena_printf(&reader->arena, "%s.%s", domains[i].name, part_of(item->key));
        if (!name)
            return GMR_ERR_NOMEM;
        splits[item->split_count++] = name;
    }
    return GMR_OK;
}

/* ---- products ---- */

static bool is_number(const char *text)
{
    const size_t length = strspn(text, "0123456789");
    return length > 0 && length <= MAX_DIGITS && text[length] == '\0';
}

static enum gmr_status fill_attributes(struct reader *reader, const json_t *record,
                                       struct import_item *item)
{
    struct product product = { .arena = &reader->arena, .vocabulary = &reader->vocabulary };
    product.attributes = arena_array(&reader->arena, MAX_ATTRIBUTES, sizeof *product.attributes);
    if (!product.attributes)
        return GMR_ERR_NOMEM;
    TRY(add_fields(&product, record));
    TRY(add_prices(&product, record));
    TRY(add_article_attributes(&product, record));
    drop_repeated(&product);
    item->attributes = product.attributes;
    item->attribute_count = product.count;
    return GMR_OK;
}

static enum gmr_status add_product(struct reader *reader, const char *id, const json_t *record,
                                   const char *file, size_t line)
{
    struct arena *arena = &reader->arena;
    const char *title = member_text(arena, record, "productDisplayName");
    const char **pictures = arena_array(arena, 2, sizeof *pictures);
    struct import_item item = { .key = id, .file = file, .line = line };
    if (!title || !pictures)
        return GMR_ERR_NOMEM;
    item.title = clean_text(arena, title);
    item.description = clean_text(arena, description(record));
    pictures[0] = arena_printf(arena, "%s.jpg", id);
    pictures[1] = arena_printf(arena, "images/%s.jpg", id);
    if (!item.title || !item.description || !pictures[0] || !pictures[1])
        return GMR_ERR_NOMEM;
    item.pictures = pictures;
    item.picture_count = 2;
    TRY(fill_attributes(reader, record, &item));
    TRY(add_splits(reader, record, &item));
    return job_add(reader->job, &item);
}

static enum gmr_status on_damage(void *user, size_t line, const char *reason)
{
    const struct reader *reader = user;
    return job_skip(reader->job, NULL, reader->file, line, reason);
}

static enum gmr_status on_object(void *user, size_t line, const json_t *record)
{
    struct reader *reader = user;
    arena_clear(&reader->arena);
    const char *id = member_text(&reader->arena, record, "id");
    if (!id)
        return GMR_ERR_NOMEM;
    if (!is_number(id))
        return job_skip(reader->job, id, reader->file, line, "no id, or one that is no number");
    return add_product(reader, id, record, reader->file, line);
}

/* ---- the published layout ---- */

/* The fields of a row as a JSON object; NULL when there is no memory. */
static json_t *row_object(const struct row *row)
{
    json_t *object = json_object();
    for (size_t i = 0; object && i < row->count; i++)
        if (json_object_set_new(object, row->fields[i].name, json_string(row->fields[i].value)) !=
            0) {
            json_decref(object);
            object = NULL;
        }
    if (!object)
        gmr_error(GMR_ERR_NOMEM, "out of memory");
    return object;
}

/* Reads styles/ID.json. GMR_ERR_NOT_FOUND: there is none. */
static enum gmr_status read_style(struct reader *reader, const char *id, const char **name,
                                  json_t **file)
{
    struct file_map map;
    *file = NULL;
    *name = arena_printf(&reader->arena, "styles/%s.json", id);
    const char *path =
        *name ? arena_printf(&reader->arena, "%s/%s", reader->job->source, *name) : NULL;
    if (!path)
        return GMR_ERR_NOMEM;
    TRY(file_map_open(&map, path));
    enum gmr_status status =
        map.size <= ROWS_MAX_LINE
            ? json_parse(map.data, map.size, 4 * ROWS_MAX_DEPTH, *name, file)
            : gmr_error(GMR_ERR_FORMAT, "'%s' has %zu bytes, at most %d are read", *name, map.size,
                        ROWS_MAX_LINE);
    file_map_close(&map);
    if (status == GMR_OK && !json_is_object(json_object_get(*file, "data"))) {
        status = gmr_error(GMR_ERR_FORMAT, "'%s' has no object \"data\"", *name);
        json_decref(*file);
        *file = NULL;
    }
    return status;
}

static const char *row_value(const struct row *row, const char *name)
{
    for (size_t i = 0; i < row->count; i++)
        if (strcmp(row->fields[i].name, name) == 0)
            return row->fields[i].value;
    return "";
}

static enum gmr_status on_row(void *user, const struct row *row)
{
    struct reader *reader = user;
    const char *id = row_value(row, "id"), *name;
    json_t *file;
    arena_clear(&reader->arena);
    if (!is_number(id))
        return job_skip(reader->job, id, reader->file, row->line,
                        "no id, or one that is no number");
    enum gmr_status status = read_style(reader, id, &name, &file);
    if (status == GMR_OK) {
        status = add_product(reader, id, json_object_get(file, "data"), name, 0);
    } else if (status == GMR_ERR_NOT_FOUND) {
        file = row_object(row);
        status = file ? add_product(reader, id, file, reader->file, row->line) : GMR_ERR_NOMEM;
    } else if (status != GMR_ERR_NOMEM) {
        status = job_skip(reader->job, id, name, 0, gmr_error_message());
    }
    json_decref(file);
    return status;
}

/* ---- the source ---- */

static enum gmr_status read_records(struct reader *reader, const struct file_map *map, bool lines)
{
    const struct json_sink objects = { on_object, on_damage, reader };
    const struct row_sink rows = { on_row, on_damage, reader };
    if (lines) {
        reader->job->total = json_lines_count(map->data, map->size);
        return json_lines_read(map->data, map->size, reader->file, &objects);
    }
    /* Names with commas stand in the last column, and the publisher did not quote them. */
    reader->job->total = csv_count(map->data, map->size);
    return csv_read(reader->job->allocator, map->data, map->size, reader->file, true, &rows);
}

static enum gmr_status read_source(struct reader *reader)
{
    static const char *const names[] = { "styles.jsonl", "styles.csv" };
    struct file_map map;
    for (size_t i = 0; i < 2; i++) {
        const char *path = arena_printf(&reader->arena, "%s/%s", reader->job->source, names[i]);
        if (!path)
            return GMR_ERR_NOMEM;
        enum gmr_status status = file_map_open(&map, path);
        if (status == GMR_ERR_NOT_FOUND)
            continue;
        TRY(status);
        reader->file = names[i];
        status = read_records(reader, &map, i == 0);
        file_map_close(&map);
        return status;
    }
    return gmr_error(GMR_ERR_FORMAT, "'%s' holds neither styles.jsonl nor styles.csv",
                     reader->job->options->source);
}

enum gmr_status import_fashion_products(struct import_job *job)
{
    struct reader reader = { .job = job };
    arena_init(&reader.arena, job->allocator, 0);
    enum gmr_status status = vocabulary_init(&reader.vocabulary, job->allocator, TABLE);
    if (status == GMR_OK)
        status = read_source(&reader);
    vocabulary_release(&reader.vocabulary);
    arena_release(&reader.arena);
    return status;
}
