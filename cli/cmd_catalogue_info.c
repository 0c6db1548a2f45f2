/* gommir catalogue info: what a catalogue holds. What is short is read before anything is printed,
 * so that a damaged catalogue gives a message and not half a result. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "look.h"
#include "terminal.h"

struct info {
    struct gmr_catalogue *catalogue;
    size_t items;
    const struct gmr_split *splits;
    const struct gmr_attribute_summary *attributes;
    const struct gmr_embedding_summary *embeddings;
    size_t split_count, attribute_count, embedding_count;
};

static enum gmr_status read_info(struct gmr_catalogue *catalogue, struct info *info)
{
    *info = (struct info){ .catalogue = catalogue, .items = gmr_catalogue_count(catalogue) };
    enum gmr_status status = gmr_catalogue_splits(catalogue, &info->splits, &info->split_count);
    if (status == GMR_OK)
        status = gmr_catalogue_attributes(catalogue, &info->attributes, &info->attribute_count);
    if (status == GMR_OK)
        status = gmr_catalogue_embeddings(catalogue, &info->embeddings, &info->embedding_count);
    return status;
}

/* ---- JSON ---- */

static enum gmr_status json_attribute(struct json *json, const struct info *info,
                                      const struct gmr_attribute_summary *attribute)
{
    const struct gmr_value_summary *values;
    size_t count;
    enum gmr_status status =
        gmr_catalogue_values(info->catalogue, attribute->name, &values, &count);
    if (status != GMR_OK)
        return status;
    json_open(json, NULL, '{');
    json_text(json, "name", attribute->name);
    json_count(json, "items", attribute->items);
    if (attribute->numbers > 0) {
        json_number(json, "low", attribute->low);
        json_number(json, "high", attribute->high);
    }
    json_open(json, "values", '{');
    for (size_t i = 0; i < count; i++)
        json_count(json, values[i].value, values[i].items);
    json_close(json, '}');
    json_close(json, '}');
    return GMR_OK;
}

static void json_embedding(struct json *json, const struct gmr_embedding_summary *embedding)
{
    json_open(json, NULL, '{');
    json_text(json, "name", embedding->name);
    json_count(json, "items", embedding->items);
    json_count(json, "width", embedding->width);
    json_text(json, "encoder", embedding->encoder);
    if (embedding->problem)
        json_text(json, "problem", embedding->problem);
    json_close(json, '}');
}

static enum gmr_status print_json(const struct info *info)
{
    enum gmr_status status = GMR_OK;
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "catalogue", gmr_catalogue_path(info->catalogue));
    json_count(&json, "items", info->items);
    json_open(&json, "splits", '{');
    for (size_t i = 0; i < info->split_count; i++)
        json_count(&json, info->splits[i].name, info->splits[i].items);
    json_close(&json, '}');
    json_count(&json, "captions", gmr_catalogue_caption_count(info->catalogue));
    json_open(&json, "attributes", '[');
    for (size_t i = 0; status == GMR_OK && i < info->attribute_count; i++)
        status = json_attribute(&json, info, &info->attributes[i]);
    json_close(&json, ']');
    json_open(&json, "embeddings", '[');
    for (size_t i = 0; i < info->embedding_count; i++)
        json_embedding(&json, &info->embeddings[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    return status;
}

/* ---- tables ---- */

enum { WIDEST_NAME = 32, LEAST_VALUES = 40 }; /* columns */

static size_t wider(size_t width, const char *name)
{
    size_t columns = terminal_columns(name);
    if (columns > WIDEST_NAME)
        columns = WIDEST_NAME;
    return columns > width ? columns : width;
}

static void print_splits(const struct info *info)
{
    size_t width = 0;
    if (info->split_count == 0)
        return;
    for (size_t i = 0; i < info->split_count; i++)
        width = wider(width, info->splits[i].name);
    puts("\nsplits");
    for (size_t i = 0; i < info->split_count; i++) {
        fputs("  ", stdout);
        terminal_print_padded(info->splits[i].name, width);
        printf("  %9zu\n", info->splits[i].items);
    }
}

/* The commonest values that fit the line. */
static void print_values(const struct gmr_value_summary *values, size_t count, size_t columns)
{
    char number[32];
    for (size_t i = 0; i < count; i++) {
        size_t needed = 2 + terminal_columns(values[i].value) +
                        (size_t)snprintf(number, sizeof number, " %zu", values[i].items);
        if (i > 0 && needed + strlen(", ...") > columns) {
            fputs(", ...", stdout);
            return;
        }
        fputs(i > 0 ? ", " : "", stdout);
        terminal_print(stdout, values[i].value);
        fputs(number, stdout);
        columns -= needed < columns ? needed : columns;
    }
}

static enum gmr_status print_attribute(const struct info *info,
                                       const struct gmr_attribute_summary *attribute, size_t width)
{
    const struct gmr_value_summary *values;
    const size_t line = terminal_width(stdout), used = 2 + width + 2 + 8 + 2;
    size_t count;
    enum gmr_status status =
        gmr_catalogue_values(info->catalogue, attribute->name, &values, &count);
    if (status != GMR_OK)
        return status;
    fputs("  ", stdout);
    terminal_print_padded(attribute->name, width);
    printf("  %8zu  ", attribute->items);
    if (attribute->numbers == attribute->values)
        printf("%g .. %g", attribute->low, attribute->high);
    else
        print_values(values, count, line > used + LEAST_VALUES ? line - used : LEAST_VALUES);
    putchar('\n');
    return GMR_OK;
}

static enum gmr_status print_attributes(const struct info *info)
{
    enum gmr_status status = GMR_OK;
    size_t width = 0;
    if (info->attribute_count == 0)
        return GMR_OK;
    for (size_t i = 0; i < info->attribute_count; i++)
        width = wider(width, info->attributes[i].name);
    puts("\nattributes");
    for (size_t i = 0; status == GMR_OK && i < info->attribute_count; i++)
        status = print_attribute(info, &info->attributes[i], width);
    return status;
}

static void print_embedding(const struct info *info, const struct gmr_embedding_summary *embedding)
{
    fputs("  ", stdout);
    terminal_print(stdout, embedding->name);
    if (embedding->problem) {
        fputs("  cannot be used: ", stdout);
        terminal_print(stdout, embedding->problem);
        putchar('\n');
        return;
    }
    printf("  %zu of %zu items, %zu numbers each", embedding->items, info->items, embedding->width);
    if (embedding->encoder[0] != '\0') {
        fputs(", encoder ", stdout);
        terminal_print(stdout, embedding->encoder);
    }
    putchar('\n');
}

static enum gmr_status print_tables(const struct info *info)
{
    size_t captions = gmr_catalogue_caption_count(info->catalogue);
    terminal_print(stdout, gmr_catalogue_path(info->catalogue));
    printf(": %zu items", info->items);
    if (captions > 0)
        printf(", %zu relative captions", captions);
    putchar('\n');
    print_splits(info);
    enum gmr_status status = print_attributes(info);
    if (info->embedding_count > 0)
        puts("\nembeddings");
    for (size_t i = 0; i < info->embedding_count; i++)
        print_embedding(info, &info->embeddings[i]);
    return status;
}

static enum exit_status run(struct gmr_catalogue *catalogue, const struct look *look)
{
    struct info info;
    enum gmr_status status = read_info(catalogue, &info);
    if (status == GMR_OK)
        status = look->common.json ? print_json(&info) : print_tables(&info);
    return status == GMR_OK ? EXIT_DONE : common_failed();
}

enum exit_status cmd_catalogue_info(int argc, char **argv)
{
    static const char *const arguments[] = { "the catalogue", NULL };
    static const struct look_command command = {
        .name = "gommir catalogue info",
        .args_doc = "CAT",
        .doc = "Counts the items of a catalogue, its splits, attributes with their commonest "
               "values, relative captions and embeddings.",
        .arguments = arguments,
        .run = run,
    };
    return look_run(&command, argc, argv);
}
