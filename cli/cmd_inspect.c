/* gommir inspect: what is in a file of weights. */
#include <argp.h>
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <gommir/weights.h>

#include "architecture.h"
#include "command.h"
#include "common.h"
#include "json.h"
#include "terminal.h"

struct inspect_arguments {
    struct common_options common;
    const char *path;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct inspect_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case ARGP_KEY_ARG:
        if (arguments->path)
            usage_error(state, "inspect takes one file, but got '%s' and '%s'", arguments->path,
                        argument);
        if (strcmp(argument, "-") == 0)
            usage_error(state, "cannot inspect standard input: the file is mapped, not read");
        arguments->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS: usage_error(state, "inspect needs a file");
    default: return ARGP_ERR_UNKNOWN;
    }
}

static struct inspect_arguments read_arguments(int argc, char **argv)
{
    static const struct argp_child children[] = { { &common_output_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "FILE",
        .doc =
            "Lists the metadata and the tensors of a file of weights in the order of the file, how "
            "much there is of each type, and what model they are. The file is a safetensors file, "
            "or one of PyTorch: of "
            "torch.save, old or new, or TorchScript. Nothing in it is executed.",
        .children = children,
    };
    struct inspect_arguments arguments = { .common = common_options_default() };
    command_parse(&argp, "gommir inspect", argc, argv, &arguments);
    return arguments;
}

/* ---- totals ---- */

enum { MOST_TYPES = 16 }; /* the library knows fewer */

struct total {
    const char *type;
    size_t tensors, elements, bytes;
};

struct totals {
    struct total type[MOST_TYPES]; /* in the order in which the file has them */
    size_t types;
    struct total all;
};

static void add(struct total *total, const struct gmr_weights_tensor *tensor)
{
    size_t elements = 1;
    for (size_t i = 0; i < tensor->axes; i++)
        elements *= tensor->dim[i];
    total->tensors++;
    total->elements += elements;
    total->bytes += tensor->bytes;
}

static struct total *find_type(struct totals *totals, const char *type)
{
    for (size_t i = 0; i < totals->types; i++)
        if (strcmp(totals->type[i].type, type) == 0)
            return &totals->type[i];
    assert(totals->types < MOST_TYPES);
    totals->type[totals->types].type = type;
    return &totals->type[totals->types++];
}

static struct totals count(const struct gmr_weights *weights)
{
    struct totals totals = { .all = { .type = "all" } };
    for (size_t i = 0; i < gmr_weights_count(weights); i++) {
        struct gmr_weights_tensor tensor = gmr_weights_tensor(weights, i);
        add(find_type(&totals, tensor.type), &tensor);
        add(&totals.all, &tensor);
    }
    return totals;
}

/* ---- JSON ---- */

static void json_tensor(struct json *json, const struct gmr_weights_tensor *tensor)
{
    json_open(json, NULL, '{');
    json_text(json, "name", tensor->name);
    json_text(json, "type", tensor->type);
    json_open(json, "shape", '[');
    for (size_t i = 0; i < tensor->axes; i++)
        json_count(json, NULL, tensor->dim[i]);
    json_close(json, ']');
    json_count(json, "bytes", tensor->bytes);
    json_close(json, '}');
}

static void json_total(struct json *json, const char *key, const struct total *total)
{
    json_open(json, key, '{');
    json_count(json, "tensors", total->tensors);
    json_count(json, "elements", total->elements);
    json_count(json, "bytes", total->bytes);
    json_close(json, '}');
}

static void print_json(const struct gmr_weights *weights)
{
    const struct totals totals = count(weights);
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_open(&json, "metadata", '{');
    for (size_t i = 0; i < gmr_weights_metadata_count(weights); i++) {
        const char *key, *value;
        gmr_weights_metadata(weights, i, &key, &value);
        json_text(&json, key, value);
    }
    json_close(&json, '}');
    architecture_json(&json, "architecture", weights);
    json_open(&json, "tensors", '[');
    for (size_t i = 0; i < gmr_weights_count(weights); i++) {
        struct gmr_weights_tensor tensor = gmr_weights_tensor(weights, i);
        json_tensor(&json, &tensor);
    }
    json_close(&json, ']');
    json_open(&json, "types", '{');
    for (size_t i = 0; i < totals.types; i++)
        json_total(&json, totals.type[i].type, &totals.type[i]);
    json_close(&json, '}');
    json_total(&json, "total", &totals.all);
    json_close(&json, '}');
}

/* ---- tables ---- */

enum {
    WIDEST_NAME = 48,     /* columns kept for a name; a longer one pushes its line to the right */
    LONGEST_VALUE = 1024, /* bytes of metadata that are shown: a vocabulary has a million */
    SHAPE_SIZE = 24 * GMR_MAX_AXES + 3 /* a size has at most 20 digits */
};

static void widen(size_t *width, const char *text)
{
    size_t columns = terminal_columns(text);
    if (columns > *width)
        *width = columns < WIDEST_NAME ? columns : WIDEST_NAME;
}

static const char *shape(const struct gmr_weights_tensor *tensor, char text[SHAPE_SIZE])
{
    char *end = stpcpy(text, "[");
    for (size_t i = 0; i < tensor->axes; i++)
        end += sprintf(end, "%s%zu", i > 0 ? ", " : "", tensor->dim[i]);
    strcpy(end, "]");
    return text;
}

static void print_value(const char *value)
{
    const size_t size = strlen(value);
    char start[64] = "";
    if (size <= LONGEST_VALUE) {
        terminal_print(stdout, value);
        return;
    }
    memcpy(start, value, sizeof start - 1);
    start[strcspn(start, "\n")] = '\0';
    terminal_print(stdout, start);
    printf(" ... (%zu bytes)", size);
}

static void print_metadata(const struct gmr_weights *weights)
{
    const char *key, *value;
    size_t width = 0, pairs = gmr_weights_metadata_count(weights);
    for (size_t i = 0; i < pairs; i++) {
        gmr_weights_metadata(weights, i, &key, &value);
        widen(&width, key);
    }
    for (size_t i = 0; i < pairs; i++) {
        gmr_weights_metadata(weights, i, &key, &value);
        terminal_print_padded(key, width);
        fputs("  ", stdout);
        print_value(value);
        fputc('\n', stdout);
    }
    if (pairs > 0)
        fputc('\n', stdout);
}

static void print_row(const char *name, size_t name_width, const char *type, const char *shape_text,
                      size_t shape_width)
{
    terminal_print_padded(name, name_width);
    printf("  %-4s  ", type);
    terminal_print_padded(shape_text, shape_width);
}

static void print_tensors(const struct gmr_weights *weights)
{
    char text[SHAPE_SIZE];
    size_t name_width = strlen("name"), shape_width = strlen("shape");
    size_t tensors = gmr_weights_count(weights);
    for (size_t i = 0; i < tensors; i++) {
        struct gmr_weights_tensor tensor = gmr_weights_tensor(weights, i);
        widen(&name_width, tensor.name);
        widen(&shape_width, shape(&tensor, text));
    }
    if (tensors == 0)
        return;
    print_row("name", name_width, "type", "shape", shape_width);
    printf("  %12s\n", "bytes");
    for (size_t i = 0; i < tensors; i++) {
        struct gmr_weights_tensor tensor = gmr_weights_tensor(weights, i);
        print_row(tensor.name, name_width, tensor.type, shape(&tensor, text), shape_width);
        printf("  %12zu\n", tensor.bytes);
    }
    fputc('\n', stdout);
}

static void print_totals(const struct gmr_weights *weights)
{
    const struct totals totals = count(weights);
    printf("%-4s  %9s  %14s  %14s\n", "type", "tensors", "elements", "bytes");
    for (size_t i = 0; i <= totals.types; i++) {
        const struct total *total = i < totals.types ? &totals.type[i] : &totals.all;
        printf("%-4s  %9zu  %14zu  %14zu\n", total->type, total->tensors, total->elements,
               total->bytes);
    }
}

/* ---- the command ---- */

static void print(const struct gmr_weights *weights, bool json)
{
    if (json) {
        print_json(weights);
        return;
    }
    print_metadata(weights);
    architecture_print(weights);
    print_tensors(weights);
    print_totals(weights);
}

enum exit_status cmd_inspect(int argc, char **argv)
{
    struct inspect_arguments arguments = read_arguments(argc, argv);
    struct gmr_context *context;
    struct gmr_weights *weights;
    enum exit_status exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (gmr_weights_open(context, arguments.path, &weights) == GMR_OK)
        print(weights, arguments.common.json);
    else
        exit_status = common_failed();
    gmr_weights_close(weights);
    gmr_context_destroy(context);
    return exit_status;
}
