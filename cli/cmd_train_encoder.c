/* gommir train encoder. */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/training.h>

#include "command.h"
#include "common.h"
#include "json.h"
#include "train.h"

struct train_arguments {
    struct common_options common;
    struct gmr_encoder_training_options options;
    const char *catalogues[GMR_TRAINING_MAX_CATALOGUES];
    struct gmr_encoder_training_result result;
};

enum { KEY_CATALOGUE = 1, KEY_OUT, KEY_TRAIN, KEY_VALIDATION, KEY_RATE, KEY_DECAY };

#define SIZE(member) offsetof(struct gmr_encoder_training_options, member)

static const struct number_option numbers[] = {
    { "epochs", "N", "How often each item is seen", SIZE(epochs), 1, 100000 },
    { "batch", "N", "Pairs that are told apart at a time", SIZE(batch), 2, 65536 },
    { "warm-up", "N", "Batches until the learning rate is reached", SIZE(warm_up), 0, 1000000 },
    { "resolution", "N", "Pixels of a picture's side, a multiple of 32", SIZE(resolution), 32,
      1024 },
    { "width", "N", "Channels of the image tower's first stage, best a multiple of 32", SIZE(width),
      2, 4096 },
    { "blocks", "N", "Blocks of each of its four stages", SIZE(blocks), 1, 256 },
    { "embed", "N", "Numbers of a vector", SIZE(embed), 1, 65536 },
    { "text-width", "N", "Width of the text tower", SIZE(text_width), 1, 65536 },
    { "text-layers", "N", "Its layers", SIZE(text_layers), 1, 256 },
    { "context", "N", "Tokens of the longest text", SIZE(context), 2, 4096 },
    { "vocabulary", "N", "Tokens to learn", SIZE(vocabulary), 515, 1000000 },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* ---- arguments ---- */

static void add_catalogue(struct train_arguments *arguments, const struct argp_state *state,
                          const char *path)
{
    if (arguments->options.catalogue_count == GMR_TRAINING_MAX_CATALOGUES)
        usage_error(state, "more than %d catalogues", GMR_TRAINING_MAX_CATALOGUES);
    arguments->catalogues[arguments->options.catalogue_count++] = path;
}

static void check(const struct argp_state *state, const struct train_arguments *arguments)
{
    if (arguments->options.catalogue_count == 0)
        usage_error(state, "--catalogue is missing: what shall be learned from?");
    if (!arguments->options.out)
        usage_error(state, "--out is missing: where shall the run be?");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct train_arguments *arguments = state->input;
    struct gmr_encoder_training_options *options = &arguments->options;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case KEY_CATALOGUE: add_catalogue(arguments, state, argument); return 0;
    case KEY_OUT: options->out = argument; return 0;
    case KEY_TRAIN: options->train = argument; return 0;
    case KEY_VALIDATION: options->validation = argument; return 0;
    case KEY_RATE: options->rate = real_option_read(state, "rate", argument, 1); return 0;
    case KEY_DECAY: options->decay = real_option_read(state, "decay", argument, 1); return 0;
    case ARGP_KEY_ARG: usage_error(state, "unexpected argument '%s'", argument);
    case ARGP_KEY_END: check(state, arguments); return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= NUMBER_OPTION_KEY + NUMBERS)
        return ARGP_ERR_UNKNOWN;
    number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, options);
    return 0;
}

static const struct argp_option words[] = {
    { "catalogue", KEY_CATALOGUE, "CAT", 0,
      "A catalogue to learn from; several are learned from together", 0 },
    { "out", KEY_OUT, "RUN", 0, "The directory of the run; made when there is none", 0 },
    { "train", KEY_TRAIN, "SPLIT", 0, "Split to learn from (default: train)", 0 },
    { "validation", KEY_VALIDATION, "SPLIT", 0,
      "Split that chooses the best epoch (default: validation)", 0 },
    { "rate", KEY_RATE, "X", 0, "Greatest learning rate (default: 0.001)", 0 },
    { "decay", KEY_DECAY, "X", 0, "Weight decay (default: 0.05)", 0 },
};

enum { WORDS = sizeof words / sizeof *words };

static void read_arguments(int argc, char **argv, struct train_arguments *arguments)
{
    static const struct argp_child children[] = { { &common_job_argp, 0, "Common options:", 1 },
                                                  { 0 } };
    struct argp_option options[WORDS + NUMBERS + 1] = { 0 };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Trains a small CLIP on the pictures and words of catalogues, and judges it after "
               "each epoch on items that it does not learn from. RUN/best.safetensors is then an "
               "encoder. Stopped, the same command goes on where it stood.",
        .children = children,
    };
    *arguments = (struct train_arguments){ .common = common_options_default(),
                                           .options = gmr_encoder_training_options_default() };
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &arguments->options, docs, options + WORDS);
    command_parse(&argp, "gommir train encoder", argc, argv, arguments);
    arguments->options.seed = arguments->common.seed;
    arguments->options.catalogues = arguments->catalogues;
}

/* ---- results ---- */

static void print_json(const struct gmr_encoder_training_result *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_count(&json, "items", r->items);
    json_count(&json, "held_out", r->held_out);
    json_count(&json, "parameters", r->parameters);
    json_count(&json, "vocabulary", r->vocabulary);
    json_count(&json, "steps", r->steps);
    json_count(&json, "epochs", r->epochs);
    json_count(&json, "best_epoch", r->best_epoch);
    json_number(&json, "r1", r->recall_1);
    json_number(&json, "r5", r->recall_5);
    json_number(&json, "r10", r->recall_10);
    json_number(&json, "median_rank", r->median_rank);
    json_count(&json, "broken_pictures", r->broken);
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}

static void print_table(const char *out, const struct gmr_encoder_training_result *r)
{
    printf("%s/best.safetensors: epoch %zu of %zu\n\n", out, r->best_epoch, r->epochs);
    printf("  %-12s%zu learned from, %zu held out\n", "pictures", r->items, r->held_out);
    printf("  %-12s%zu, and %zu tokens\n", "parameters", r->parameters, r->vocabulary);
    printf("  %-12sfirst %.1f %%, among 5 %.1f %%, among 10 %.1f %%, median rank %.1f\n",
           "held out", 100 * r->recall_1, 100 * r->recall_5, 100 * r->recall_10, r->median_rank);
    if (r->broken > 0)
        printf("  %-12s%zu pictures were left out: %s\n", "broken", r->broken, r->broken_reason);
    printf("  %-12s%.1f s\n", "time", r->seconds);
}

/* ---- the command ---- */

static enum gmr_status train(struct gmr_context *context, void *user)
{
    struct train_arguments *arguments = user;
    return gmr_encoder_train(context, &arguments->options, &arguments->result);
}

enum exit_status cmd_train_encoder(int argc, char **argv)
{
    struct train_arguments arguments;
    read_arguments(argc, argv, &arguments);
    const enum exit_status status = train_run(&arguments.common, &arguments.options.progress,
                                              arguments.options.out, train, &arguments);
    if (status != EXIT_DONE)
        return status;
    if (arguments.common.json)
        print_json(&arguments.result);
    else
        print_table(arguments.options.out, &arguments.result);
    return EXIT_DONE;
}
