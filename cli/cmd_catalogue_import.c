/* gommir catalogue import and generate: both fill a catalogue and report what changed. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/catalogue.h>

#include "command.h"
#include "common.h"
#include "json.h"
#include "output.h"
#include "progress.h"

/* ---- the report ---- */

static void print_json(const struct gmr_import_report *report)
{
    const struct {
        const char *name;
        size_t count;
    } counts[] = {
        { "added", report->added },
        { "changed", report->changed },
        { "removed", report->removed },
        { "same", report->same },
        { "skipped", report->skipped },
        { "missing_pictures", report->missing_pictures },
        { "broken_pictures", report->broken_pictures },
        { "captions", report->captions },
        { "skipped_captions", report->skipped_captions },
        { "splits", report->splits },
    };
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_flag(&json, "unchanged", report->unchanged);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_count(&json, counts[i].name, counts[i].count);
    json_text(&json, "problems", report->problems);
    json_number(&json, "seconds", round(1000 * report->seconds) / 1000);
    json_close(&json, '}');
}

static void print_skipped(const struct gmr_import_report *report)
{
    const struct {
        const char *one, *many;
        size_t count;
    } kinds[] = {
        { "record was skipped", "records were skipped", report->skipped },
        { "picture is missing", "pictures are missing", report->missing_pictures },
        { "picture cannot be read", "pictures cannot be read", report->broken_pictures },
        { "relative caption was skipped", "relative captions were skipped",
          report->skipped_captions },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].count > 0)
            printf("  %zu %s\n", kinds[i].count,
                   kinds[i].count == 1 ? kinds[i].one : kinds[i].many);
    if (report->problems[0] != '\0')
        printf("  why is told in %s\n", report->problems);
}

static void print_report(const char *catalogue, const struct gmr_import_report *report)
{
    if (report->unchanged) {
        printf("%s is up to date: the source has not changed\n", catalogue);
        return;
    }
    printf("%s: %zu items added, %zu changed, %zu removed, %zu as they were\n", catalogue,
           report->added, report->changed, report->removed, report->same);
    if (report->splits > 0)
        printf("  %zu splits\n", report->splits);
    if (report->captions > 0)
        printf("  %zu relative captions\n", report->captions);
    print_skipped(report);
    printf("  %.1f s\n", report->seconds);
}

static enum exit_status finish(enum gmr_status status, const struct common_options *common,
                               const char *catalogue, const struct gmr_import_report *report)
{
    if (status == GMR_ERR_CANCELLED) {
        output_message("stopped; '%s' is as it was, and the same command begins anew", catalogue);
        return EXIT_FAILED;
    }
    if (status != GMR_OK)
        return common_failed();
    if (common->json)
        print_json(report);
    else
        print_report(catalogue, report);
    return EXIT_DONE;
}

/* One of the two jobs, with its arguments. */
typedef enum gmr_status fill_job(struct gmr_context *context, const struct gmr_progress *progress,
                                 void *arguments, struct gmr_import_report *report);

static enum exit_status fill(fill_job *job, const struct common_options *common,
                             const char *catalogue, void *arguments)
{
    struct gmr_import_report report;
    struct progress progress;
    struct gmr_context *context;
    enum exit_status exit_status = common_context(common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    const struct gmr_progress callbacks = progress_begin(&progress, common->quiet);
    enum gmr_status status = job(context, &callbacks, arguments, &report);
    progress_clear(&progress);
    gmr_context_destroy(context);
    return finish(status, common, catalogue, &report);
}

/* ---- import ---- */

struct word_list {
    const char **word;
    size_t count;
};

struct import_arguments {
    struct common_options common;
    struct gmr_import_options options;
    struct word_list pictures, columns;
};

enum { KEY_FORMAT = 1, KEY_OUT, KEY_PICTURES, KEY_COLUMN, KEY_COPY };

static void add_word(struct word_list *list, const char *word)
{
    const char **grown = realloc(list->word, (list->count + 1) * sizeof *grown);
    if (!grown) {
        output_message("out of memory");
        exit(EXIT_FAILED);
    }
    list->word = grown;
    list->word[list->count++] = word;
}

static enum gmr_import_format read_format(const struct argp_state *state, const char *name)
{
    enum gmr_import_format format = gmr_import_format_find(name);
    if (format == GMR_IMPORT_FORMATS)
        usage_error(state,
                    "no format '%s'; there are folder, csv, jsonl, fashion-products, fashioniq "
                    "and shoes",
                    name);
    return format;
}

static void check_import(const struct argp_state *state, const struct import_arguments *arguments)
{
    if (arguments->options.format == GMR_IMPORT_FORMATS)
        usage_error(state, "--format is missing: what is '%s'?", arguments->options.source);
    if (!arguments->options.catalogue)
        usage_error(state, "--out is missing: where shall the catalogue be?");
}

static error_t parse_import(int key, char *argument, struct argp_state *state)
{
    static const char *const names[] = { "the source", NULL };
    struct import_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case KEY_FORMAT: arguments->options.format = read_format(state, argument); return 0;
    case KEY_OUT: arguments->options.catalogue = argument; return 0;
    case KEY_PICTURES: add_word(&arguments->pictures, argument); return 0;
    case KEY_COLUMN: add_word(&arguments->columns, argument); return 0;
    case KEY_COPY: arguments->options.copy_pictures = true; return 0;
    default: break;
    }
    if (!command_take_argument(key, argument, state, names, &arguments->options.source))
        return ARGP_ERR_UNKNOWN;
    if (key == ARGP_KEY_END)
        check_import(state, arguments);
    return 0;
}

static void read_import(int argc, char **argv, struct import_arguments *arguments)
{
    static const struct argp_option options[] = {
        { "format", KEY_FORMAT, "F", 0,
          "What SRC is: folder, csv, jsonl, fashion-products, fashioniq or shoes", 0 },
        { "out", KEY_OUT, "CAT", 0, "The catalogue, a directory; made when there is none", 0 },
        { "pictures", KEY_PICTURES, "PLACE", 0,
          "Look for pictures in this folder or zip file; may be given several times", 0 },
        { "column", KEY_COLUMN, "NAME=COLUMN", 0,
          "Tables: take the key, title, description, picture, split, or an attribute of that name "
          "from this column; -COLUMN leaves a column out",
          0 },
        { "copy", KEY_COPY, NULL, 0,
          "Copy pictures that are files into the catalogue, instead of remembering where they are",
          0 },
        { 0 },
    };
    static const struct argp_child children[] = {
        { &common_job_argp, 0, "Common options:", 1 },
        { 0 },
    };
    static const struct argp argp = {
        .options = options,
        .parser = parse_import,
        .args_doc = "SRC --format=F --out=CAT",
        .doc = "Brings a catalogue up to date with its source: adds what is new, replaces what "
               "changed, removes what is gone. All or nothing: interrupted, it leaves the "
               "catalogue as it was.",
        .children = children,
    };
    *arguments = (struct import_arguments){ .common = common_options_default(),
                                            .options = gmr_import_options_default() };
    arguments->options.format = GMR_IMPORT_FORMATS; /* to be told */
    command_parse(&argp, "gommir catalogue import", argc, argv, arguments);
    arguments->options.pictures = arguments->pictures.word;
    arguments->options.picture_count = arguments->pictures.count;
    arguments->options.columns = arguments->columns.word;
    arguments->options.column_count = arguments->columns.count;
}

static enum gmr_status import(struct gmr_context *context, const struct gmr_progress *progress,
                              void *user, struct gmr_import_report *report)
{
    struct import_arguments *arguments = user;
    arguments->options.progress = *progress;
    return gmr_catalogue_import(context, &arguments->options, report);
}

enum exit_status cmd_catalogue_import(int argc, char **argv)
{
    struct import_arguments arguments;
    read_import(argc, argv, &arguments);
    enum exit_status exit_status =
        fill(import, &arguments.common, arguments.options.catalogue, &arguments);
    free(arguments.pictures.word);
    free(arguments.columns.word);
    return exit_status;
}

/* ---- generate ---- */

struct generate_arguments {
    struct common_options common;
    struct gmr_generate_options options;
};

static const struct number_option numbers[] = {
    { "items", "N", "Items to draw", offsetof(struct gmr_generate_options, items), 1,
      GMR_GENERATE_MAX_ITEMS },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static error_t parse_generate(int key, char *argument, struct argp_state *state)
{
    static const char *const names[] = { NULL };
    struct generate_arguments *arguments = state->input;
    if (key >= NUMBER_OPTION_KEY && key < NUMBER_OPTION_KEY + NUMBERS) {
        number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, &arguments->options);
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case KEY_OUT: arguments->options.catalogue = argument; return 0;
    default: break;
    }
    if (!command_take_argument(key, argument, state, names, NULL))
        return ARGP_ERR_UNKNOWN;
    if (!arguments->options.catalogue)
        usage_error(state, "--out is missing: where shall the catalogue be?");
    return 0;
}

static void read_generate(int argc, char **argv, struct generate_arguments *arguments)
{
    static const struct argp_child children[] = {
        { &common_job_argp, 0, "Common options:", 1 },
        { 0 },
    };
    struct argp_option options[NUMBERS + 2] = { 0 };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse_generate,
        .args_doc = "--out=CAT",
        .doc = "Draws a catalogue of illustrated fashion whose attributes are exactly known. The "
               "same seed draws the same items.",
        .children = children,
    };
    *arguments =
        (struct generate_arguments){ common_options_default(), gmr_generate_options_default() };
    number_options_describe(numbers, NUMBERS, &arguments->options, docs, options);
    options[NUMBERS] = (struct argp_option){
        "out", KEY_OUT, "CAT", 0, "The catalogue, a directory; made when there is none", 0
    };
    command_parse(&argp, "gommir catalogue generate", argc, argv, arguments);
    arguments->options.seed = arguments->common.seed;
}

static enum gmr_status generate(struct gmr_context *context, const struct gmr_progress *progress,
                                void *user, struct gmr_import_report *report)
{
    struct generate_arguments *arguments = user;
    arguments->options.progress = *progress;
    return gmr_catalogue_generate(context, &arguments->options, report);
}

enum exit_status cmd_catalogue_generate(int argc, char **argv)
{
    struct generate_arguments arguments;
    read_generate(argc, argv, &arguments);
    return fill(generate, &arguments.common, arguments.options.catalogue, &arguments);
}
