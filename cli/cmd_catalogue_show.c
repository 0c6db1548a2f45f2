/* gommir catalogue show: one item, its attributes, and where its picture is. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "look.h"
#include "output.h"
#include "terminal.h"

static const char *const format_names[] = {
    [GMR_PICTURE_NONE] = "none",
    [GMR_PICTURE_JPEG] = "jpeg",
    [GMR_PICTURE_PNG] = "png",
    [GMR_PICTURE_WEBP] = "webp",
};

struct shown {
    struct gmr_item item;
    const char *const *splits;
    size_t split_count;
};

/* ---- JSON ---- */

static void json_picture(struct json *json, const struct gmr_item *item)
{
    if (item->picture_format == GMR_PICTURE_NONE)
        return;
    json_open(json, "picture", '{');
    json_text(json, "format", format_names[item->picture_format]);
    json_count(json, "width", item->picture_width);
    json_count(json, "height", item->picture_height);
    if (item->picture_path)
        json_text(json, "path", item->picture_path);
    json_close(json, '}');
}

static void print_json(const struct shown *shown)
{
    const struct gmr_item *item = &shown->item;
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "key", item->key);
    json_count(&json, "position", item->position);
    json_text(&json, "title", item->title);
    json_text(&json, "description", item->description);
    json_open(&json, "attributes", '[');
    for (size_t i = 0; i < item->attribute_count; i++) {
        json_open(&json, NULL, '[');
        json_text(&json, NULL, item->attributes[i].name);
        json_text(&json, NULL, item->attributes[i].value);
        json_close(&json, ']');
    }
    json_close(&json, ']');
    json_open(&json, "splits", '[');
    for (size_t i = 0; i < shown->split_count; i++)
        json_text(&json, NULL, shown->splits[i]);
    json_close(&json, ']');
    json_picture(&json, item);
    json_close(&json, '}');
}

/* ---- text ---- */

enum { WIDEST_NAME = 32 };

static void print_field(const char *name, const char *value, size_t width)
{
    terminal_print_padded(name, width);
    fputs("  ", stdout);
    terminal_print(stdout, value);
    putchar('\n');
}

static void print_picture(const struct gmr_item *item, size_t width)
{
    terminal_print_padded("picture", width);
    fputs("  ", stdout);
    if (item->picture_format == GMR_PICTURE_NONE) {
        puts("none");
        return;
    }
    printf("%s, %zux%zu, ", format_names[item->picture_format], item->picture_width,
           item->picture_height);
    terminal_print(stdout, item->picture_path ? item->picture_path : "in the catalogue");
    putchar('\n');
}

static void print_text(const struct shown *shown)
{
    const struct gmr_item *item = &shown->item;
    size_t width = strlen("picture");
    for (size_t i = 0; i < item->attribute_count; i++) {
        size_t columns = terminal_columns(item->attributes[i].name);
        if (columns > width && columns <= WIDEST_NAME)
            width = columns;
    }
    terminal_print(stdout, item->key);
    fputs(": ", stdout);
    terminal_print(stdout, item->title);
    puts("\n");
    for (size_t i = 0; i < item->attribute_count; i++)
        print_field(item->attributes[i].name, item->attributes[i].value, width);
    for (size_t i = 0; i < shown->split_count; i++)
        print_field(i == 0 ? "splits" : "", shown->splits[i], width);
    print_picture(item, width);
    if (item->description[0] != '\0') {
        putchar('\n');
        terminal_print(stdout, item->description);
        putchar('\n');
    }
}

/* ---- the command ---- */

/* Writes the picture's bytes to a file, or to standard output when that is "-". */
static enum exit_status save_picture(struct gmr_catalogue *catalogue, size_t position,
                                     const char *path)
{
    const void *bytes;
    size_t length;
    if (gmr_catalogue_picture(catalogue, position, GMR_PICTURE_FULL, &bytes, &length) != GMR_OK)
        return common_failed();
    if (strcmp(path, "-") == 0)
        return output_write(bytes, length) ? EXIT_DONE : EXIT_FAILED;
    return output_file(path, bytes, length);
}

static enum exit_status run(struct gmr_catalogue *catalogue, const struct look *look)
{
    struct shown shown;
    size_t position;
    enum gmr_status status = gmr_catalogue_find(catalogue, look->argument[1], &position);
    if (status == GMR_OK && look->option)
        return save_picture(catalogue, position, look->option);
    if (status == GMR_OK)
        status = gmr_catalogue_item(catalogue, position, &shown.item);
    if (status == GMR_OK)
        status = gmr_catalogue_item_splits(catalogue, position, &shown.splits, &shown.split_count);
    if (status != GMR_OK)
        return common_failed();
    if (look->common.json)
        print_json(&shown);
    else
        print_text(&shown);
    return EXIT_DONE;
}

enum exit_status cmd_catalogue_show(int argc, char **argv)
{
    static const char *const arguments[] = { "the catalogue", "the item's key", NULL };
    static const struct argp_option options[] = {
        { "picture", LOOK_OPTION_KEY, "FILE", 0,
          "Write the picture to this file ('-': standard output), and print nothing else", 0 },
        { 0 },
    };
    static const struct look_command command = {
        .name = "gommir catalogue show",
        .args_doc = "CAT KEY",
        .doc = "Shows one item of a catalogue: its title, attributes, splits, description, and "
               "where its picture is.",
        .arguments = arguments,
        .options = options,
        .run = run,
    };
    return look_run(&command, argc, argv);
}
