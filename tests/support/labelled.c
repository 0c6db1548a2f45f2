#include "support/labelled.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/writer.h"
#include "support/importing.h"
#include "support/scratch.h"

enum { MOST_ATTRIBUTES = 4 };

static void must(enum gmr_status status)
{
    if (status == GMR_OK)
        return;
    fprintf(stderr, "cannot make a catalogue: %s\n", gmr_error_message());
    exit(2);
}

static bool is_bare(size_t i)
{
    return i % 8 == 4;
}

static bool is_broken(size_t i)
{
    return i % 16 == 7;
}

static size_t describe(size_t i, struct gmr_attribute attributes[MOST_ATTRIBUTES])
{
    static const char *const colour[] = { "red", "green", "blue" };
    size_t count = 0;
    if (i % 11 != 0)
        attributes[count++] = (struct gmr_attribute){ .name = "colour", .value = colour[i % 3] };
    if (i % 7 == 0)
        attributes[count++] = (struct gmr_attribute){ .name = "colour", .value = "white" };
    attributes[count++] =
        (struct gmr_attribute){ .name = "kind", .value = i % 4 == 0 ? "bag" : "shoe" };
    attributes[count++] = (struct gmr_attribute){ .name = "maker", .value = "Acme" };
    return count;
}

static void put(struct catalogue_writer *writer, size_t i, const char *key)
{
    struct gmr_attribute attributes[MOST_ATTRIBUTES];
    char title[32];
    size_t size;
    void *bytes = make_jpeg(12 + i % 3, 12 + i % 5, (unsigned char)(i * 37), &size);
    snprintf(title, sizeof title, "%c item %zu", (char)('a' + i % 26), i);
    if (is_broken(i))
        memset(bytes, 'x', size);
    struct catalogue_record record = { .key = key, .title = title, .attributes = attributes };
    record.attribute_count = describe(i, attributes);
    if (!is_bare(i))
        record.picture = (struct catalogue_picture){ .format = GMR_PICTURE_JPEG,
                                                     .width = 12,
                                                     .height = 12,
                                                     .stamp = (int64_t)(i + 1),
                                                     .bytes = bytes,
                                                     .size = size };
    must(catalogue_writer_put(writer, &record));
    free(bytes);
}

static void divide(struct catalogue_writer *writer, size_t items)
{
    char key[32];
    for (size_t i = 0; i < items; i++) {
        snprintf(key, sizeof key, "item-%04zu", i);
        must(catalogue_writer_split(writer, "all", key));
        if (is_bare(i) || is_broken(i))
            must(catalogue_writer_split(writer, is_bare(i) ? "bare" : "broken", key));
    }
    for (size_t i = items; i-- > 0;) {
        snprintf(key, sizeof key, "item-%04zu", i);
        if (i % 2 == 1)
            must(catalogue_writer_split(writer, "odd", key));
    }
}

void labelled_create(size_t items)
{
    const struct catalogue_source source = { "labelled", "somewhere" };
    struct gmr_import_report report = { 0 };
    struct catalogue_writer *writer;
    must(catalogue_writer_open(NULL, in_scratch("shop"), &source, &writer));
    for (size_t i = 0; i < items; i++) {
        char key[32];
        snprintf(key, sizeof key, "item-%04zu", i);
        put(writer, i, key);
    }
    divide(writer, items);
    must(catalogue_writer_finish(writer, "", &report));
}
