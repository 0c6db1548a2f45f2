/* gommir demo: trains a small tracker on generated items and shows what the training was good for,
 * against chance and against the same model untrained. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gommir/demo.h>

#include "command.h"
#include "common.h"
#include "json.h"
#include "progress.h"
#include "terminal.h"

struct demo_arguments {
    struct common_options common;
    struct gmr_demo_options options;
};

static const struct number_option numbers[] = {
    { "items", "N", "Items to train on, and a third as many to test with",
      offsetof(struct gmr_demo_options, items), GMR_DEMO_MIN_ITEMS, GMR_DEMO_MAX_ITEMS },
    { "epochs", "N", "Passes over the items", offsetof(struct gmr_demo_options, epochs), 1,
      GMR_DEMO_MAX_EPOCHS },
    { "turns", "N", "Turns of a dialogue", offsetof(struct gmr_demo_options, turns), 1,
      GMR_DEMO_MAX_TURNS },
    { "shown", "K", "Items shown in a turn", offsetof(struct gmr_demo_options, shown), 2,
      GMR_DEMO_MAX_SHOWN },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct demo_arguments *arguments = state->input;
    if (key >= NUMBER_OPTION_KEY && key < NUMBER_OPTION_KEY + NUMBERS) {
        number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, &arguments->options);
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case ARGP_KEY_ARG: usage_error(state, "demo takes no argument, but got '%s'", argument);
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void read_arguments(int argc, char **argv, struct demo_arguments *arguments)
{
    static const struct argp_child children[] = {
        { &common_job_argp, 0, "Common options:", 1 },
        { 0 },
    };
    struct argp_option options[NUMBERS + 1] = { 0 };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Trains a small tracker to find wanted items by conversation, on items that it "
               "generates, and compares it with chance and with itself before training.",
        .children = children,
    };
    *arguments = (struct demo_arguments){ common_options_default(), gmr_demo_options_default() };
    number_options_describe(numbers, NUMBERS, &arguments->options, docs, options);
    command_parse(&argp, "gommir demo", argc, argv, arguments);
    arguments->options.seed = arguments->common.seed;
}

static void introduce(const struct gmr_demo_options *options)
{
    fprintf(stderr,
            "A user wants one of %zu generated items, sees %zu at a time, picks the\n"
            "closest and says what it lacks. A small transformer now learns from such\n"
            "dialogues what to show next. Then it looks for each of %zu items that it has\n"
            "never seen, which tells whether it learned more than to remember.\n\n",
            options->items, options->shown, options->items / 3);
}

/* ---- results ---- */

static void json_rates(struct json *json, const char *key, const double *rate, size_t turns)
{
    json_open(json, key, '[');
    for (size_t turn = 0; turn < turns; turn++)
        json_number(json, NULL, rate[turn]);
    json_close(json, ']');
}

static void print_json(const struct gmr_demo_options *options, const struct gmr_demo_result *result)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_count(&json, "items", result->items);
    json_count(&json, "users", result->users);
    json_count(&json, "turns", result->turns);
    json_count(&json, "k", options->shown);
    json_count(&json, "seed", options->seed);
    json_rates(&json, "random", result->random, result->turns);
    json_rates(&json, "untrained", result->untrained, result->turns);
    json_rates(&json, "trained", result->trained, result->turns);
    json_open(&json, "loss", '{');
    json_number(&json, "first", result->first_loss);
    json_number(&json, "last", result->last_loss);
    json_close(&json, '}');
    json_count(&json, "parameters", result->parameters);
    json_number(&json, "seconds", round(1000 * result->seconds) / 1000);
    json_count(&json, "peak_bytes", result->peak_bytes);
    json_close(&json, '}');
}

enum { BAR_COLUMNS = 25 };

static void print_turn(const struct gmr_demo_result *result, size_t turn, bool color)
{
    char bar[3 * BAR_COLUMNS + 1];
    terminal_bar(bar, sizeof bar, result->trained[turn], BAR_COLUMNS);
    printf("%6zu %8.1f %% %10.1f %% %8.1f %%%s%s%s%s\n", turn + 1, 100 * result->random[turn],
           100 * result->untrained[turn], 100 * result->trained[turn], *bar ? "  " : "",
           color ? "\033[32m" : "", bar, color ? "\033[0m" : "");
}

static void print_table(const struct gmr_demo_result *result)
{
    const bool color = terminal_has_color(stdout);
    printf("%sWanted items listed by each turn%s\n\n", color ? "\033[1m" : "",
           color ? "\033[0m" : "");
    printf("%6s %10s %12s %10s\n", "turn", "random", "untrained", "trained");
    for (size_t turn = 0; turn < result->turns; turn++)
        print_turn(result, turn, color);
    printf("\n  %-12s%zu, each about an item not trained on\n", "dialogues", result->users);
    printf("  %-12s%.4f in the first epoch, %.4f in the last\n", "loss", result->first_loss,
           result->last_loss);
    printf("  %-12s%zu\n", "parameters", result->parameters);
    printf("  %-12s%.1f s, %.1f s of it training\n", "time", result->seconds,
           result->training_seconds);
    printf("  %-12s%.1f MiB at most, for the values and gradients of a training step\n", "memory",
           (double)result->peak_bytes / (1024 * 1024));
}

/* ---- the command ---- */

static enum gmr_status run(struct gmr_context *context, struct demo_arguments *arguments,
                           struct gmr_demo_result *result)
{
    struct progress progress;
    arguments->options.progress = progress_begin(&progress, arguments->common.quiet);
    if (!arguments->common.quiet)
        introduce(&arguments->options);
    enum gmr_status status = gmr_demo_run(context, &arguments->options, result);
    progress_clear(&progress);
    return status;
}

enum exit_status cmd_demo(int argc, char **argv)
{
    struct demo_arguments arguments;
    struct gmr_demo_result result;
    struct gmr_context *context;
    read_arguments(argc, argv, &arguments);
    enum exit_status exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    enum gmr_status status = run(context, &arguments, &result);
    gmr_context_destroy(context);
    if (status != GMR_OK) {
        common_failed();
        /* options that are each in range, but not together */
        return status == GMR_ERR_RANGE ? EXIT_USAGE : EXIT_FAILED;
    }
    if (arguments.common.json)
        print_json(&arguments.options, &result);
    else
        print_table(&result);
    return EXIT_DONE;
}
