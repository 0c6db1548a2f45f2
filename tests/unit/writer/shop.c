/* Importing into the catalogue "shop", and looking at it. */
#include "unit/writer/shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "catalogue/inside.h"
#include "support/scratch.h"

const struct catalogue_source first = { .format = "test", .location = "first" };
const struct catalogue_source second = { .format = "test", .location = "second" };

struct catalogue_writer *open_writer(const struct catalogue_source *source)
{
    struct catalogue_writer *writer;
    if (catalogue_writer_open(NULL, in_scratch("shop"), source, &writer) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return writer;
}

struct gmr_import_report finish(struct catalogue_writer *writer)
{
    struct gmr_import_report report = { .unchanged = true, .skipped = 77 };
    if (catalogue_writer_finish(writer, "print", &report) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_true(report.unchanged && report.skipped == 77); /* not the writer's */
    return report;
}

void put(struct catalogue_writer *writer, const char *key, const char *title)
{
    const struct catalogue_record record = { .key = key, .title = title };
    if (catalogue_writer_put(writer, &record) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

/* Imports records named by the letters of `keys`, all titled "old". */
struct gmr_import_report import(const struct catalogue_source *source, const char *keys)
{
    struct catalogue_writer *writer = open_writer(source);
    for (; *keys != '\0'; keys++)
        put(writer, (const char[]){ *keys, '\0' }, "old");
    return finish(writer);
}

void assert_report(struct gmr_import_report report, size_t added, size_t changed, size_t removed,
                   size_t same)
{
    assert_int_equal(report.added, added);
    assert_int_equal(report.changed, changed);
    assert_int_equal(report.removed, removed);
    assert_int_equal(report.same, same);
}

struct catalogue *open_catalogue(void)
{
    struct catalogue *catalogue;
    if (catalogue_open(NULL, in_scratch("shop"), &catalogue) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return catalogue;
}

/* The keys, one letter each, in the order of positions. */
void assert_keys_of(struct catalogue *catalogue, const char *keys)
{
    struct arena arena;
    struct gmr_item item;
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_count(catalogue), strlen(keys));
    for (size_t i = 0; i < strlen(keys); i++) {
        assert_int_equal(catalogue_item(catalogue, i, &arena, &item), GMR_OK);
        assert_int_equal(item.key[0], keys[i]);
    }
    arena_release(&arena);
}

void assert_keys(const char *keys)
{
    struct catalogue *catalogue = open_catalogue();
    assert_keys_of(catalogue, keys);
    catalogue_close(catalogue);
}

struct facts facts_of(const char *key)
{
    struct catalogue *catalogue = open_catalogue();
    struct arena arena;
    struct gmr_item item;
    size_t position;
    arena_init(&arena, NULL, 0);
    assert_int_equal(catalogue_find(catalogue, key, &position), GMR_OK);
    assert_int_equal(catalogue_item(catalogue, position, &arena, &item), GMR_OK);
    struct facts facts = { .id = item.id, .attributes = item.attribute_count };
    snprintf(facts.title, sizeof facts.title, "%s", item.title);
    if (item.attribute_count > 0) {
        snprintf(facts.name, sizeof facts.name, "%s", item.attributes[0].name);
        snprintf(facts.value, sizeof facts.value, "%s", item.attributes[0].value);
        facts.number = item.attributes[0].number;
    }
    arena_release(&arena);
    catalogue_close(catalogue);
    return facts;
}

int64_t count_rows(const char *sql)
{
    struct catalogue *catalogue = open_catalogue();
    sqlite3_stmt *q;
    int64_t count;
    assert_int_equal(store_prepare(catalogue->store, sql, &q), GMR_OK);
    assert_int_equal(store_integer(catalogue->store, q, "count", &count), GMR_OK);
    sqlite3_finalize(q);
    catalogue_close(catalogue);
    return count;
}

void add_to_split(struct catalogue_writer *writer, const char *split, const char *keys)
{
    for (; *keys != '\0'; keys++)
        if (catalogue_writer_split(writer, split, (const char[]){ *keys, '\0' }) != GMR_OK)
            fail_msg("%s", gmr_error_message());
}

void assert_split(size_t index, const char *name, const char *keys)
{
    struct catalogue *catalogue = open_catalogue();
    const struct gmr_split *splits;
    size_t count, positions[16], expected;
    assert_int_equal(catalogue_splits(catalogue, &splits, &count), GMR_OK);
    assert_true(index < count);
    assert_string_equal(splits[index].name, name);
    assert_int_equal(splits[index].items, strlen(keys));
    assert_int_equal(catalogue_split_items(catalogue, name, positions, strlen(keys)), GMR_OK);
    for (size_t i = 0; i < strlen(keys); i++) {
        assert_int_equal(catalogue_find(catalogue, (const char[]){ keys[i], '\0' }, &expected),
                         GMR_OK);
        assert_int_equal(positions[i], expected);
    }
    catalogue_close(catalogue);
}

struct gmr_import_report import_split(const struct catalogue_source *source, const char *keys,
                                      const char *name, const char *members)
{
    struct catalogue_writer *writer = open_writer(source);
    for (const char *k = keys; *k != '\0'; k++)
        put(writer, (const char[]){ *k, '\0' }, "old");
    add_to_split(writer, name, members);
    return finish(writer);
}
