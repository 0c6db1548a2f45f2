/* gommir replay: what a recommender makes of recorded dialogues. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gommir/recommender.h>

#include "command.h"
#include "common.h"
#include "json.h"
#include "output.h"
#include "progress.h"

enum { KEY_MODEL = 1, KEY_RECOMMENDER, KEY_INPUT, KEY_OUTPUT };

struct replay_arguments {
    struct common_options common;
    struct gmr_replay_options options;
};

/* ---- arguments ---- */

static const char *file_name(const struct argp_state *state, const char *option,
                             const char *argument)
{
    if (strcmp(argument, "-") == 0)
        usage_error(state, "--%s cannot be a pipe: the file needs a name", option);
    return argument;
}

static void check(const struct argp_state *state, const struct gmr_replay_options *options)
{
    if (!options->model)
        usage_error(state, "--model is missing: what shall hear the dialogues?");
    if (!options->input)
        usage_error(state, "--input is missing: where are the dialogues?");
    if (!options->output)
        usage_error(state, "--output is missing: where shall the states go?");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct replay_arguments *arguments = state->input;
    struct gmr_replay_options *options = &arguments->options;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case KEY_MODEL: options->model = file_name(state, "model", argument); return 0;
    case KEY_RECOMMENDER: options->name = argument; return 0;
    case KEY_INPUT: options->input = file_name(state, "input", argument); return 0;
    case KEY_OUTPUT: options->output = file_name(state, "output", argument); return 0;
    case ARGP_KEY_ARG: usage_error(state, "replay takes no argument, but got '%s'", argument);
    case ARGP_KEY_END: check(state, options); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static struct replay_arguments read_arguments(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "model", KEY_MODEL, "M", 0, "A recommender's weights: safetensors, or of PyTorch", 0 },
        { "recommender", KEY_RECOMMENDER, "NAME", 0,
          "Which recommender it is, where neither its tensors nor its metadata tell", 0 },
        { "input", KEY_INPUT, "E", 0,
          "The dialogues: tensors image [B, T, D], of the liked item of each turn, text [B, T, D], "
          "of what was said, and for models that want it dislike [B, T, K-1, D], of what else was "
          "shown; all are raw features of the encoder",
          0 },
        { "output", KEY_OUTPUT, "S", 0,
          "The states, a safetensors file: state [B, T, width]; embedded, the liked items in the "
          "model's space; and composed, of models that compose",
          0 },
        { 0 },
    };
    static const struct argp_child children[] = { { &common_job_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Plays recorded dialogues to a recommender and writes what it makes of each turn. "
               "Nothing is drawn by chance.",
        .children = children,
    };
    struct replay_arguments arguments = { .common = common_options_default() };
    command_parse(&argp, "gommir replay", argc, argv, &arguments);
    return arguments;
}

/* ---- results ---- */

static void print_json(const struct gmr_replay_result *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "model", r->model);
    json_count(&json, "dialogues", r->dialogues);
    json_count(&json, "turns", r->turns);
    json_count(&json, "dim", r->width);
    json_flag(&json, "composed", r->composed);
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}

static enum exit_status finish(enum gmr_status status, const struct replay_arguments *arguments,
                               const struct gmr_replay_result *result)
{
    const char *output = arguments->options.output;
    if (status == GMR_ERR_CANCELLED) {
        output_message("stopped; '%s' is as it was", output);
        return EXIT_FAILED;
    }
    if (status != GMR_OK)
        return common_failed();
    if (arguments->common.json)
        print_json(result);
    else
        printf("%s: %s, %zu dialogues of %zu turns, %.1f s\n", output, result->model,
               result->dialogues, result->turns, result->seconds);
    return EXIT_DONE;
}

enum exit_status cmd_replay(int argc, char **argv)
{
    struct replay_arguments arguments = read_arguments(argc, argv);
    struct gmr_replay_result result;
    struct progress progress;
    struct gmr_context *context;
    enum exit_status exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    arguments.options.progress = progress_begin(&progress, arguments.common.quiet);
    const enum gmr_status status = gmr_replay(context, &arguments.options, &result);
    progress_clear(&progress);
    gmr_context_destroy(context);
    return finish(status, &arguments, &result);
}
