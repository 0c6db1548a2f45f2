/* gommir compare: several recommenders and policies on the users of one split, and whether they
 * differ or just happened to. */
#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/catalogue.h>

#include "common.h"
#include "compare.h"
#include "dialogue_lines.h"
#include "dialogue_options.h"
#include "dialogue_results.h"
#include "output.h"
#include "phrasing_option.h"
#include "progress.h"

enum {
    KEY_CATALOGUE = 1,
    KEY_SPLIT,
    KEY_REFERENCE,
    KEY_VOCAB,
    KEY_GELU,
    KEY_FEATURES,
    KEY_PHRASING,
    KEY_OUT,
    KEY_CSV,
    KEY_MARKDOWN,
    KEY_LATEX
};

/* Forms of files: those that options ask for in the order of their keys. */
static const struct form {
    const char *name; /* in the directory of --out */
    void (*put)(FILE *out, const struct comparison *comparison);
} forms[] = { { "table.csv", compare_put_csv },
              { "table.md", compare_put_markdown },
              { "table.tex", compare_put_latex },
              { "metrics.json", compare_put_json } };

enum { FORMS = sizeof forms / sizeof *forms, ASKED_FORMS = 3 };

struct compare_arguments {
    struct common_options common;
    struct gmr_dialogue_evaluation_options options; /* what all share */
    const char *subject[GMR_MAX_COMPARED];
    size_t count;
    const char *reference_name; /* NULL: the first */
    size_t reference;
    const char *out;               /* a directory; NULL: nothing is kept */
    const char *file[ASKED_FORMS]; /* NULL: none */
};

/* ---- arguments ---- */

static void add_subject(struct compare_arguments *a, const struct argp_state *state,
                        const char *name)
{
    if (a->count == GMR_MAX_COMPARED)
        usage_error(state, "more than %d models", GMR_MAX_COMPARED);
    a->subject[a->count++] = name;
}

static void find_reference(struct compare_arguments *a, const struct argp_state *state)
{
    if (!a->reference_name)
        return;
    while (a->reference < a->count && strcmp(a->subject[a->reference], a->reference_name) != 0)
        a->reference++;
    if (a->reference == a->count)
        usage_error(state, "--reference is one of the models that are compared, not '%s'",
                    a->reference_name);
}

/* Whether a file is standard output, so that the table or JSON is not printed. */
static int standard_files(const struct compare_arguments *a)
{
    int count = 0;
    for (size_t i = 0; i < ASKED_FORMS; i++)
        count += output_is_standard(a->file[i]);
    return count;
}

static void check(struct compare_arguments *a, const struct argp_state *state)
{
    if (standard_files(a) + a->common.json > 1)
        usage_error(state,
                    "only one of --json, --csv, --markdown and --latex can go to standard output");
    if (!a->options.catalogue)
        usage_error(state, "--catalogue is missing: on what shall they be compared?");
    if (!a->options.split)
        usage_error(state, "--split is missing: on which items of '%s'?", a->options.catalogue);
    if (a->count < 2)
        usage_error(state, "two models or more can be compared, not %zu", a->count);
    find_reference(a, state);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct compare_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &a->options;
        state->child_inputs[1] = &a->common;
        return 0;
    case KEY_CATALOGUE: a->options.catalogue = argument; return 0;
    case KEY_SPLIT: a->options.split = argument; return 0;
    case KEY_REFERENCE: a->reference_name = argument; return 0;
    case KEY_VOCAB: a->options.vocabulary = argument; return 0;
    case KEY_GELU: a->options.exact_gelu = true; return 0;
    case KEY_FEATURES: a->options.features = argument; return 0;
    case KEY_PHRASING: a->options.phrasing = phrasing_option_read(state, argument); return 0;
    case KEY_OUT: a->out = argument; return 0;
    case KEY_CSV:
    case KEY_MARKDOWN:
    case KEY_LATEX: a->file[key - KEY_CSV] = argument; return 0;
    case ARGP_KEY_ARG: add_subject(a, state, argument); return 0;
    case ARGP_KEY_END: check(a, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    { "catalogue", KEY_CATALOGUE, "CAT", 0, "The catalogue to compare them on", 0 },
    { "split", KEY_SPLIT, "S", 0, "The split of it", 0 },
    { "reference", KEY_REFERENCE, "MODEL", 0,
      "The one that all others are tested against (default: the first)", 0 },
    { "vocab", KEY_VOCAB, "V", 0,
      "The encoder's vocabulary (default: in the weights, or beside them)", 0 },
    { "gelu", KEY_GELU, NULL, 0, "The encoder was trained with exact GELU, not QuickGELU", 0 },
    { "features", KEY_FEATURES, "W", 0,
      "Weights of what looked at the pictures that a captioner learned from (default: --encoder)",
      0 },
    { "phrasing", KEY_PHRASING, "SET", 0,
      "The attribute critic's phrasings: training, or evaluation (default)", 0 },
    { "out", KEY_OUT, "DIR", 0,
      "Keep dialogues and results in this directory, which is made when there is none: what is "
      "there "
      "is not played again",
      0 },
    { "csv", KEY_CSV, "FILE", 0, "Write a line of CSV for each model and turn", 0 },
    { "markdown", KEY_MARKDOWN, "FILE", 0, "Write the table of the last turn as Markdown", 0 },
    { "latex", KEY_LATEX, "FILE", 0, "Write it as LaTeX", 0 },
    { 0 },
};

static struct compare_arguments read_arguments(int argc, char **argv)
{
    const struct argp_child children[] = { { dialogue_options_argp(), 0, "Dialogues:", 1 },
                                           { &common_job_argp, 0, "Common options:", 2 },
                                           { 0 } };
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "MODEL MODEL...",
        .doc =
            "Lets the same simulated users talk to several recommenders, and tells how soon each "
            "shows what they want, and whether the others differ from one of them. A MODEL is a "
            "file of weights, or a rule that needs no training: random, text, sum or "
            "average-vector.",
        .children = children,
    };
    struct compare_arguments arguments = { .common = common_options_default(),
                                           .options = gmr_dialogue_evaluation_options_default() };
    command_parse(&argp, "gommir compare", argc, argv, &arguments);
    arguments.options.seed = arguments.common.seed;
    return arguments;
}

/* ---- files ---- */

static enum exit_status write_file(const struct form *form, const struct comparison *comparison,
                                   const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    enum exit_status exit_status = EXIT_FAILED;
    if (out)
        form->put(out, comparison);
    const bool whole = out && !ferror(out);
    if ((out && fclose(out) != 0) || !whole)
        output_message("out of memory: '%s' is not written", path);
    else
        exit_status = output_replace(path, bytes, size);
    free(bytes);
    return exit_status;
}

/* False when the path does not fit; that of a directory that was opened does. */
static bool out_file(const struct compare_arguments *a, const char *name, char path[PATH_MAX])
{
    const int length = snprintf(path, PATH_MAX, "%s/%s", a->out, name);
    return length > 0 && length < PATH_MAX;
}

static enum exit_status write_files(const struct compare_arguments *a,
                                    const struct comparison *comparison)
{
    enum exit_status exit_status = EXIT_DONE;
    char path[PATH_MAX];
    for (size_t i = 0; i < ASKED_FORMS; i++)
        if (a->file[i] && write_file(&forms[i], comparison, a->file[i]) != EXIT_DONE)
            exit_status = EXIT_FAILED;
    for (size_t i = 0; a->out && i < FORMS; i++)
        if (out_file(a, forms[i].name, path) &&
            write_file(&forms[i], comparison, path) != EXIT_DONE)
            exit_status = EXIT_FAILED;
    return exit_status;
}

/* ---- the command ---- */

/* The rule of that name, from the library, lest a file of it is meant. */
static const char *find_rule(const char *name)
{
    const char *const *rule = gmr_policies();
    while (*rule && strcmp(*rule, name) != 0)
        rule++;
    return *rule;
}

static void prepare(const struct compare_arguments *a, struct comparison *comparison)
{
    comparison->count = a->count;
    comparison->reference = a->reference;
    for (size_t i = 0; i < a->count; i++) {
        struct gmr_dialogue_evaluation_options *o = &comparison->options[i];
        *o = a->options;
        o->policy = find_rule(a->subject[i]);
        o->model = o->policy ? NULL : a->subject[i];
    }
}

static enum exit_status failed(enum gmr_status status, const struct compare_arguments *a)
{
    if (status != GMR_ERR_CANCELLED)
        return common_failed();
    if (a->out)
        return common_run_failed(status, a->out);
    output_message("stopped; with --out=DIR the same command would go on from there");
    return EXIT_FAILED;
}

static enum exit_status play(struct gmr_context *context, const struct compare_arguments *a,
                             struct comparison *c)
{
    struct progress progress;
    c->options[0].progress = progress_begin(&progress, a->common.quiet);
    const enum gmr_status status = gmr_dialogue_compare(context, c->options, c->count, c->reference,
                                                        a->out, c->results, c->differences);
    progress_clear(&progress);
    return status == GMR_OK ? EXIT_DONE : failed(status, a);
}

/* One model's dialogues on their way to the lines of all. */
struct listener {
    struct dialogue_lines *lines;
    const char *model;
};

static void listen(void *user, const struct gmr_dialogue *dialogue)
{
    const struct listener *listener = user;
    listener->lines->model = listener->model;
    dialogue_lines_add(listener->lines, dialogue);
}

static enum exit_status play_and_list(struct gmr_context *context,
                                      const struct compare_arguments *a,
                                      struct gmr_catalogue *catalogue, struct comparison *c)
{
    struct dialogue_lines lines = { .catalogue = catalogue, .model = "" };
    struct listener listener[GMR_MAX_COMPARED];
    char path[PATH_MAX];
    if (!dialogue_lines_begin(&lines))
        return EXIT_FAILED;
    for (size_t i = 0; i < c->count; i++) {
        listener[i] = (struct listener){ &lines, a->subject[i] };
        c->options[i].watch = listen;
        c->options[i].watch_user = &listener[i];
    }
    const enum exit_status exit_status = play(context, a, c);
    const bool is_named = out_file(a, "per_user.csv", path);
    if (dialogue_lines_end(&lines, exit_status == EXIT_DONE && is_named ? path : NULL) != EXIT_DONE)
        return EXIT_FAILED;
    return exit_status;
}

static enum exit_status play_with_files(struct gmr_context *context,
                                        const struct compare_arguments *a, struct comparison *c)
{
    struct gmr_catalogue *catalogue;
    if (!a->out)
        return play(context, a, c);
    if (gmr_catalogue_open(context, a->options.catalogue, &catalogue) != GMR_OK)
        return common_failed();
    const enum exit_status exit_status = play_and_list(context, a, catalogue, c);
    gmr_catalogue_close(catalogue);
    return exit_status;
}

static enum exit_status compare(struct gmr_context *context, const struct compare_arguments *a,
                                struct comparison *c)
{
    prepare(a, c);
    const enum exit_status exit_status = play_with_files(context, a, c);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (a->common.json)
        compare_put_json(stdout, c);
    else if (standard_files(a) == 0)
        compare_print_table(c);
    return write_files(a, c);
}

enum exit_status cmd_compare(int argc, char **argv)
{
    struct compare_arguments arguments = read_arguments(argc, argv);
    struct gmr_context *context;
    enum exit_status exit_status = dialogue_options_complete(&arguments.options);
    if (exit_status == EXIT_DONE)
        exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    struct comparison *comparison = calloc(1, sizeof *comparison);
    if (comparison)
        exit_status = compare(context, &arguments, comparison);
    else {
        output_message("out of memory");
        exit_status = EXIT_FAILED;
    }
    free(comparison);
    gmr_context_destroy(context);
    return exit_status;
}
