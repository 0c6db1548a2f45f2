/* Sources for importers, and the catalogue they fill. */
#include "support/importing.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "catalogue/catalogue.h"
#include "catalogue/import/import.h"
#include "media/picture.h"
#include "support/scratch.h"
#include "support/support.h"

static void check(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "cannot prepare a test: %s: %s\n", what, gmr_error_message());
    abort();
}

void *make_jpeg(size_t width, size_t height, unsigned char shade, size_t *size)
{
    struct picture picture;
    struct picture_file file;
    check(picture_init(&picture, NULL, width, height) == GMR_OK, "picture");
    memset(picture.pixels, shade, 3 * width * height);
    check(picture_encode_jpeg(NULL, &picture, 80, &file) == GMR_OK, "JPEG");
    void *bytes = malloc(file.size);
    check(bytes != NULL, "memory");
    memcpy(bytes, file.bytes, file.size);
    *size = file.size;
    picture_file_release(&file);
    picture_release(&picture);
    return bytes;
}

void put_jpeg(const char *name, size_t width, size_t height, unsigned char shade)
{
    size_t size;
    void *bytes = make_jpeg(width, height, shade, &size);
    write_file(in_scratch(name), bytes, size);
    free(bytes);
}

void put_zip(const char *name, const struct zip_content *entries)
{
    zip_t *zip = zip_open(in_scratch(name), ZIP_CREATE | ZIP_TRUNCATE, NULL);
    check(zip != NULL, name);
    for (const struct zip_content *e = entries; e->name; e++) {
        zip_source_t *source = zip_source_buffer(zip, e->bytes, e->size, 0);
        const zip_int64_t index = zip_file_add(zip, e->name, source, 0);
        check(index >= 0, e->name);
        if (e->password)
            check(zip_file_set_encryption(zip, (zip_uint64_t)index, ZIP_EM_AES_256, e->password) ==
                      0,
                  "encryption");
    }
    check(zip_close(zip) == 0, name);
}

void put_folder(const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/", in_scratch(name));
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

enum gmr_status import_with(const struct gmr_allocator *allocator, enum gmr_import_format format,
                            const char *source, const char *column, const char *pictures,
                            struct gmr_import_report *report)
{
    char source_path[PATH_MAX], pictures_path[PATH_MAX], shop[PATH_MAX];
    const char *places[] = { pictures_path };
    snprintf(source_path, sizeof source_path, "%s", in_scratch(source));
    snprintf(pictures_path, sizeof pictures_path, "%s", in_scratch(pictures ? pictures : ""));
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    const struct gmr_import_options options = { .format = format,
                                                .source = source_path,
                                                .catalogue = shop,
                                                .pictures = places,
                                                .picture_count = pictures ? 1 : 0,
                                                .columns = &column,
                                                .column_count = column ? 1 : 0 };
    return import_run(allocator, NULL, 2, &options, report);
}

enum gmr_status import_scratch(enum gmr_import_format format, const char *source,
                               const char *column, const char *pictures,
                               struct gmr_import_report *report)
{
    return import_with(NULL, format, source, column, pictures, report);
}

/* ---- what became of it ---- */

static char text[256 * 1024];

static void add(const char *format, ...) GMR_PRINTF(1, 2);

static void add(const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, sizeof text - used, format, arguments);
    va_end(arguments);
}

static struct catalogue *open_shop(void)
{
    struct catalogue *catalogue;
    text[0] = '\0';
    return catalogue_open(NULL, in_scratch("shop"), &catalogue) == GMR_OK ? catalogue : NULL;
}

static void describe(struct catalogue *catalogue, size_t position, struct arena *arena)
{
    struct gmr_item item;
    const char *const *splits;
    size_t count;
    check(catalogue_item(catalogue, position, arena, &item) == GMR_OK, "item");
    add("%s / %s / ", item.title, item.description);
    for (size_t i = 0; i < item.attribute_count; i++)
        add("%s%s=%s", i > 0 ? ", " : "", item.attributes[i].name, item.attributes[i].value);
    add(" / ");
    check(catalogue_item_splits(catalogue, position, arena, &splits, &count) == GMR_OK, "splits");
    for (size_t i = 0; i < count; i++)
        add("%s%s", i > 0 ? ", " : "", splits[i]);
    if (item.picture_format == GMR_PICTURE_NONE)
        add(" / none");
    else
        add(" / %s %zux%zu %s", picture_format_name(item.picture_format), item.picture_width,
            item.picture_height, item.picture_path ? "file" : "stored");
}

const char *imported(const char *key)
{
    struct catalogue *catalogue = open_shop();
    struct arena arena;
    size_t position;
    if (!catalogue)
        return "";
    arena_init(&arena, NULL, 0);
    if (catalogue_find(catalogue, key, &position) == GMR_OK)
        describe(catalogue, position, &arena);
    arena_release(&arena);
    catalogue_close(catalogue);
    return text;
}

static void add_keys(struct catalogue *catalogue, const size_t *positions, size_t count)
{
    struct arena arena;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        struct gmr_item item;
        check(catalogue_item(catalogue, positions ? positions[i] : i, &arena, &item) == GMR_OK,
              "item");
        add("%s%s", i > 0 ? " " : "", item.key);
    }
    arena_release(&arena);
}

const char *imported_keys(const char *split)
{
    struct catalogue *catalogue = open_shop();
    const struct gmr_split *splits;
    size_t count;
    if (!catalogue)
        return "";
    if (!split)
        add_keys(catalogue, NULL, catalogue_count(catalogue));
    check(catalogue_splits(catalogue, &splits, &count) == GMR_OK, "splits");
    for (size_t i = 0; split && i < count; i++) {
        if (strcmp(splits[i].name, split) != 0)
            continue;
        size_t *positions = calloc(splits[i].items + 1, sizeof *positions);
        check(catalogue_split_items(catalogue, split, positions, splits[i].items) == GMR_OK,
              "split");
        add_keys(catalogue, positions, splits[i].items);
        free(positions);
    }
    catalogue_close(catalogue);
    return text;
}

const char *imported_captions(void)
{
    struct catalogue *catalogue = open_shop();
    struct arena arena;
    if (!catalogue)
        return "";
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < catalogue_caption_count(catalogue); i++) {
        struct gmr_caption caption;
        struct gmr_item candidate, target = { .key = "?" };
        check(catalogue_caption(catalogue, i, &arena, &caption) == GMR_OK &&
                  catalogue_item(catalogue, caption.candidate, &arena, &candidate) == GMR_OK,
              "caption");
        if (caption.target != GMR_NO_ITEM)
            check(catalogue_item(catalogue, caption.target, &arena, &target) == GMR_OK, "target");
        add("%s%s %zu %s>%s: %s", i > 0 ? "; " : "", caption.split, caption.pair, candidate.key,
            target.key, caption.text);
    }
    arena_release(&arena);
    catalogue_close(catalogue);
    return text;
}

const char *imported_problems(const struct gmr_import_report *report)
{
    FILE *file = report->problems[0] ? fopen(report->problems, "r") : NULL;
    text[0] = '\0';
    if (!file)
        return text;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}
