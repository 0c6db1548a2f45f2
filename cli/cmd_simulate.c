/* gommir simulate: critiques of pairs of items, a line of JSON each, and a page that shows them. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/simulation.h>

#include "command.h"
#include "common.h"
#include "data_file.h"
#include "interrupt.h"
#include "json.h"
#include "output.h"
#include "phrasing_option.h"
#include "progress.h"
#include "simulate_page.h"

enum {
    KEY_CRITIC = 1,
    KEY_INFOS,
    KEY_FEATURES,
    KEY_SPLIT,
    KEY_PHRASING,
    KEY_SAMPLING,
    KEY_TOP_P,
    KEY_TEMPERATURE,
    KEY_HTML,
    PART = 64 /* pairs between two looks at what the user wants */
};

struct numbers {
    size_t pairs, beam, top_k;
};

struct simulate_arguments {
    struct common_options common;
    struct gmr_simulator_options options;
    struct numbers numbers;
    const char *catalogue, *html;
};

#define NUMBER(field) offsetof(struct numbers, field)

static const struct number_option numbers[] = {
    { "pairs", "N", "Pairs to criticise", NUMBER(pairs), 1, 1000000 },
    { "beam", "N", "Sentences that --sampling=beam follows at once", NUMBER(beam), 1, 64 },
    { "top-k", "N", "Words that --sampling=top-k draws from", NUMBER(top_k), 1, 1000000 },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* ---- arguments ---- */

static enum gmr_decoding sampling(const struct argp_state *state, const char *name)
{
    const enum gmr_decoding decoding = gmr_decoding_find(name);
    if (decoding == GMR_DECODINGS)
        usage_error(state,
                    "--sampling takes 'greedy', 'beam', 'sample', 'top-k', 'nucleus' or 'gumbel', "
                    "not '%s'",
                    name);
    return decoding;
}

static double positive(const struct argp_state *state, const char *name, const char *text,
                       double high)
{
    const double value = real_option_read(state, name, text, high);
    if (value <= 0)
        usage_error(state, "--%s takes a number above 0", name);
    return value;
}

static void check(struct simulate_arguments *arguments, const struct argp_state *state)
{
    struct gmr_simulator_options *options = &arguments->options;
    if (!arguments->catalogue)
        usage_error(state, "the catalogue is missing");
    if (!options->encoder)
        options->encoder = data_file(DATA_FILE_ENCODER);
    if (!options->encoder)
        usage_error(state,
                    "--features is missing, and the one that comes with gommir is not there");
    if (options->infos && !options->captioner)
        usage_error(state, "--infos is of a captioner, and none is named");
    options->seed = arguments->common.seed;
    options->beam = arguments->numbers.beam;
    options->top_k = arguments->numbers.top_k;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct simulate_arguments *arguments = state->input;
    struct gmr_simulator_options *options = &arguments->options;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case KEY_CRITIC:
        options->captioner = strcmp(argument, "attributes") == 0 ? NULL : argument;
        return 0;
    case KEY_INFOS: options->infos = argument; return 0;
    case KEY_FEATURES: options->encoder = argument; return 0;
    case KEY_SPLIT: options->split = argument; return 0;
    case KEY_PHRASING: options->phrasing = phrasing_option_read(state, argument); return 0;
    case KEY_SAMPLING: options->decoding = sampling(state, argument); return 0;
    case KEY_TOP_P: options->top_p = positive(state, "top-p", argument, 1); return 0;
    case KEY_TEMPERATURE:
        options->temperature = positive(state, "temperature", argument, 100);
        return 0;
    case KEY_HTML: arguments->html = argument; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            usage_error(state, "there is one argument too many, '%s'", argument);
        arguments->catalogue = argument;
        return 0;
    case ARGP_KEY_END: check(arguments, state); return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= NUMBER_OPTION_KEY + NUMBERS)
        return ARGP_ERR_UNKNOWN;
    number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, &arguments->numbers);
    return 0;
}

static const struct argp_option words[] = {
    { "critic", KEY_CRITIC, "CRITIC", 0,
      "Who speaks: 'attributes' (default), or the weights of a captioner", 0 },
    { "infos", KEY_INFOS, "FILE", 0,
      "Words and options of a published captioner (default: beside its weights)", 0 },
    { "features", KEY_FEATURES, "W", 0,
      "Weights of what looks at the pictures: an encoder, or a ResNet for published captioners "
      "(default: the small encoder of fashion that comes with gommir)",
      0 },
    { "split", KEY_SPLIT, "NAME", 0, "Draw pairs from this split (default: all items)", 0 },
    { "phrasing", KEY_PHRASING, "SET", 0,
      "Which phrasings attributes are spoken of in: training (default) or evaluation", 0 },
    { "sampling", KEY_SAMPLING, "HOW", 0,
      "How a captioner chooses its words: greedy (default), beam, sample, top-k, nucleus or gumbel",
      0 },
    { "top-p", KEY_TOP_P, "P", 0, "Likelihood of the words that nucleus draws from (default: 0.9)",
      0 },
    { "temperature", KEY_TEMPERATURE, "T", 0, "Of drawing by chance (default: 1)", 0 },
    { "html", KEY_HTML, "FILE", 0,
      "Write a page with the pictures, what was said and whether it is so", 0 },
};

enum { WORDS = sizeof words / sizeof *words };

static struct simulate_arguments read_arguments(int argc, char **argv)
{
    static char doc[NUMBERS][NUMBER_OPTION_DOC];
    static struct argp_option options[NUMBERS + WORDS + 1];
    static const struct argp_child children[] = { { &common_job_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "CAT",
        .doc = "Draws pairs of items, one that a user wants and one that it is shown, and prints "
               "what the user says of each: a line of JSON with 'target', 'candidate', 'critique' "
               "and 'critic', how many 'statements' the grammar finds in it, and how many of them "
               "the items' attributes confirm ('true' of the target, 'distinguishing' it from the "
               "candidate). The same seed gives the same lines.",
        .children = children,
    };
    struct simulate_arguments arguments = { .common = common_options_default(),
                                            .options = gmr_simulator_options_default(),
                                            .numbers = { .pairs = 10 } };
    arguments.numbers.beam = arguments.options.beam;
    arguments.numbers.top_k = arguments.options.top_k;
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &arguments.numbers, doc, options + WORDS);
    command_parse(&argp, "gommir simulate", argc, argv, &arguments);
    return arguments;
}

/* ---- lines ---- */

static enum gmr_status print_key(struct json *json, const char *name,
                                 struct gmr_catalogue *catalogue, size_t position)
{
    struct gmr_item item;
    const enum gmr_status status = gmr_catalogue_item(catalogue, position, &item);
    if (status == GMR_OK)
        json_text(json, name, item.key);
    return status;
}

static enum gmr_status print_line(struct gmr_catalogue *catalogue, const char *critic,
                                  const struct gmr_pair *pair, const struct gmr_critique *critique)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    enum gmr_status status = print_key(&json, "target", catalogue, pair->target);
    if (status == GMR_OK)
        status = print_key(&json, "candidate", catalogue, pair->candidate);
    json_text(&json, "critique", critique->text);
    json_text(&json, "critic", critic);
    json_count(&json, "statements", critique->statements);
    json_count(&json, "true", critique->true_of_target);
    json_count(&json, "distinguishing", critique->distinguishing);
    json_close(&json, '}');
    return status;
}

/* ---- the job ---- */

/* What was drawn and said, all of it for a page. */
struct said {
    size_t count;
    bool is_silent; /* standard output is the page's */
    struct gmr_pair *pairs;
    struct gmr_critique *critiques;
};

/* How far it is, until the lines of a part are there: bar and lines may share a terminal. */
struct watch {
    struct progress *bar;
    struct gmr_progress callbacks;
};

static void tell_progress(const struct watch *watch, size_t done, size_t total)
{
    const struct gmr_progress_report report = { "criticising", "pair", done, total, "" };
    watch->callbacks.report(watch->callbacks.user, &report);
}

static enum gmr_status print_part(struct gmr_catalogue *catalogue, const char *critic,
                                  const struct said *said, size_t first, size_t count)
{
    enum gmr_status status = GMR_OK;
    if (said->is_silent)
        return GMR_OK;
    for (size_t i = first; status == GMR_OK && i < first + count; i++)
        status = print_line(catalogue, critic, &said->pairs[i], &said->critiques[i]);
    fflush(stdout);
    return status;
}

static enum gmr_status say_part(struct gmr_simulator *simulator, struct gmr_catalogue *catalogue,
                                const struct watch *watch, struct said *said, size_t first,
                                size_t count)
{
    struct gmr_pair *pairs = said->pairs + first;
    tell_progress(watch, first, said->count);
    gmr_simulator_draw(simulator, first, count, pairs);
    enum gmr_status status =
        gmr_simulator_critiques(simulator, pairs, first, count, said->critiques + first);
    progress_clear(watch->bar);
    if (status == GMR_OK)
        status = print_part(catalogue, gmr_simulator_critic(simulator), said, first, count);
    return status;
}

static enum exit_status say(struct gmr_simulator *simulator, struct gmr_catalogue *catalogue,
                            const struct watch *watch, struct said *said)
{
    for (size_t done = 0; done < said->count; done += PART) {
        const size_t count = said->count - done < PART ? said->count - done : PART;
        if (interrupt_requested(NULL)) {
            output_message("stopped after %zu of %zu pairs", done, said->count);
            return EXIT_FAILED;
        }
        if (say_part(simulator, catalogue, watch, said, done, count) != GMR_OK)
            return common_failed();
        if (ferror(stdout))
            return EXIT_FAILED; /* the end of the program says why (output.h) */
    }
    return EXIT_DONE;
}

static enum exit_status show(struct gmr_catalogue *catalogue, const struct simulate_arguments *a,
                             const struct said *said)
{
    const struct simulate_page page = { .catalogue = a->catalogue,
                                        .critic = a->options.captioner ? a->options.captioner
                                                                       : "attributes",
                                        .pairs = said->pairs,
                                        .critiques = said->critiques,
                                        .count = said->count };
    return a->html ? simulate_page_write(catalogue, &page, a->html) : EXIT_DONE;
}

static enum exit_status run(struct gmr_context *context, struct gmr_catalogue *catalogue,
                            struct simulate_arguments *a, struct said *said)
{
    struct gmr_simulator *simulator;
    struct progress progress;
    a->options.progress = progress_begin(&progress, a->common.quiet);
    enum gmr_status status = gmr_simulator_open(context, catalogue, &a->options, &simulator);
    progress_clear(&progress);
    if (status == GMR_ERR_CANCELLED) {
        output_message(
            "stopped; what was seen of the pictures is kept, and the same command goes on "
            "from there");
        return EXIT_FAILED;
    }
    if (status != GMR_OK)
        return common_failed();
    const struct watch watch = { &progress, a->options.progress };
    const enum exit_status exit_status = say(simulator, catalogue, &watch, said);
    gmr_simulator_close(simulator);
    return exit_status == EXIT_DONE ? show(catalogue, a, said) : exit_status;
}

static enum exit_status run_with_memory(struct gmr_context *context,
                                        struct gmr_catalogue *catalogue,
                                        struct simulate_arguments *a)
{
    struct said said = { .count = a->numbers.pairs,
                         .is_silent = output_is_standard(a->html),
                         .pairs = calloc(a->numbers.pairs, sizeof *said.pairs),
                         .critiques = calloc(a->numbers.pairs, sizeof *said.critiques) };
    enum exit_status exit_status = EXIT_FAILED;
    if (said.pairs && said.critiques)
        exit_status = run(context, catalogue, a, &said);
    else
        output_message("out of memory");
    free(said.pairs);
    free(said.critiques);
    return exit_status;
}

enum exit_status cmd_simulate(int argc, char **argv)
{
    struct simulate_arguments arguments = read_arguments(argc, argv);
    struct gmr_catalogue *catalogue;
    struct gmr_context *context;
    enum exit_status exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (gmr_catalogue_open(context, arguments.catalogue, &catalogue) == GMR_OK)
        exit_status = run_with_memory(context, catalogue, &arguments);
    else
        exit_status = common_failed();
    gmr_catalogue_close(catalogue);
    gmr_context_destroy(context);
    return exit_status;
}
