/* A small catalogue of known items. */
#include "support/catalogue.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(enum gmr_status status)
{
    if (status == GMR_OK)
        return;
    fprintf(stderr, "cannot make a catalogue: %s\n", gmr_error_message());
    exit(2);
}

static void add_attribute(struct support_item *item, const char *name, const char *value)
{
    struct catalogue_record *record = &item->record;
    item->attributes[record->attribute_count++] =
        (struct gmr_attribute){ .name = name, .value = value };
}

static void fill_picture(struct support_item *item, size_t i)
{
    snprintf(item->picture, sizeof item->picture, "picture %zu", i);
    item->record.picture = (struct catalogue_picture){
        .format = GMR_PICTURE_PNG,
        .width = 4,
        .height = 5,
        .stamp = (int64_t)i + 1,
        .bytes = item->picture,
        .size = strlen(item->picture),
    };
}

void support_item_fill(struct support_item *item, size_t i)
{
    static const char *const colours[] = { "red", "green", "blue" };
    static const char *const brands[] = { "Acme", "Über Nike" };
    memset(item, 0, sizeof *item);
    snprintf(item->key, sizeof item->key, "item-%04zu", i);
    snprintf(item->title, sizeof item->title, "Item %zu", i);
    if (i % 2 == 1)
        snprintf(item->description, sizeof item->description, "Text %zu", i);
    snprintf(item->price, sizeof item->price, "%zu", 5 * i);
    item->record = (struct catalogue_record){
        .key = item->key,
        .title = item->title,
        .description = item->description,
        .attributes = item->attributes,
    };
    add_attribute(item, "price", item->price);
    add_attribute(item, "colour", colours[i % 3]);
    if (i % 6 == 5)
        add_attribute(item, "colour", "white");
    if (i % 4 != 3)
        add_attribute(item, "brand", brands[i % 2]);
    if (i % 5 != 4)
        fill_picture(item, i);
}

void support_catalogue_put(struct catalogue_writer *writer, size_t i)
{
    struct support_item item;
    support_item_fill(&item, i);
    must(catalogue_writer_put(writer, &item.record));
}

static void put_in_split(struct catalogue_writer *writer, const char *split, size_t i)
{
    struct support_item item;
    support_item_fill(&item, i);
    must(catalogue_writer_split(writer, split, item.key));
}

static void put_caption(struct catalogue_writer *writer, size_t i)
{
    struct support_item target, candidate;
    char text[80];
    support_item_fill(&target, i);
    support_item_fill(&candidate, i - 1);
    snprintf(text, sizeof text, "is %zu, not %zu", i, i - 1);
    must(catalogue_writer_caption(writer, "train", i / 2, target.key, candidate.key, text));
}

void support_catalogue_group(struct catalogue_writer *writer, size_t items)
{
    for (size_t i = items; i-- > 0;)
        if (i % 3 != 2)
            put_in_split(writer, "train", i);
    for (size_t i = 2; i < items; i += 3)
        put_in_split(writer, "test", i);
    for (size_t i = 2; i < items; i += 2)
        put_caption(writer, i);
    must(catalogue_writer_caption(writer, NULL, 0, NULL, "item-0000", "something else"));
}

void support_catalogue_create(const char *path, size_t items)
{
    const struct catalogue_source source = { .format = "test", .location = "somewhere" };
    struct catalogue_writer *writer;
    struct gmr_import_report report;
    must(catalogue_writer_open(NULL, path, &source, &writer));
    for (size_t i = 0; i < items; i++)
        support_catalogue_put(writer, i);
    support_catalogue_group(writer, items);
    must(catalogue_writer_finish(writer, "first", &report));
}

size_t support_train_items(size_t items)
{
    return items - items / 3;
}

size_t support_captions(size_t items)
{
    return (items + 1) / 2; /* of items 2, 4 ..., and the last one */
}
