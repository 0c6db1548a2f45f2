#include "support/attributed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/generate/generate.h"
#include "catalogue/writer.h"
#include "support/scratch.h"

enum { SEED = 42, MOST_ATTRIBUTES = 32, ITEM_BYTES = 1024 };

static void must(enum gmr_status status)
{
    if (status == GMR_OK)
        return;
    fprintf(stderr, "cannot make a catalogue: %s\n", gmr_error_message());
    exit(2);
}

static struct catalogue_writer *open_writer(void)
{
    const struct catalogue_source source = { "attributed", "somewhere" };
    struct catalogue_writer *writer;
    must(catalogue_writer_open(NULL, in_scratch("shop"), &source, &writer));
    return writer;
}

static void finish(struct catalogue_writer *writer)
{
    struct gmr_import_report report = { 0 };
    must(catalogue_writer_finish(writer, "", &report));
}

static void put(struct catalogue_writer *writer, size_t i, const char *text)
{
    struct gmr_attribute attributes[MOST_ATTRIBUTES];
    char key[32], copy[ITEM_BYTES], *rest = copy;
    struct catalogue_record record = { .key = key, .title = key, .attributes = attributes };
    snprintf(key, sizeof key, "item-%06zu", i);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *part; (part = strsep(&rest, ";")) != NULL && record.attribute_count < 32;) {
        part += strspn(part, " ");
        const char *name = strsep(&part, "=");
        if (part)
            attributes[record.attribute_count++] =
                (struct gmr_attribute){ .name = name, .value = part };
    }
    must(catalogue_writer_put(writer, &record));
}

void attributed_create(const char *const *items, size_t count)
{
    struct catalogue_writer *writer = open_writer();
    for (size_t i = 0; i < count; i++)
        put(writer, i, items[i]);
    finish(writer);
}

void described_create(size_t items)
{
    struct catalogue_writer *writer = open_writer();
    struct arena arena;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < items; i++) {
        struct generated_item item;
        arena_clear(&arena);
        must(generate_describe(SEED, i, &arena, &item));
        const struct catalogue_record record = { .key = item.key,
                                                 .title = item.title,
                                                 .attributes = item.attributes,
                                                 .attribute_count = item.attribute_count };
        must(catalogue_writer_put(writer, &record));
    }
    arena_release(&arena);
    finish(writer);
}

struct catalogue *attributed_open(void)
{
    struct catalogue *catalogue;
    must(catalogue_open(NULL, in_scratch("shop"), &catalogue));
    return catalogue;
}
