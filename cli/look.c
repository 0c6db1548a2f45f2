/* Commands that look into a catalogue. */
#include "look.h"

struct request {
    struct look look;
    const struct look_command *command;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = &request->look.common;
        return 0;
    }
    if (key == LOOK_OPTION_KEY) {
        request->look.option = argument;
        return 0;
    }
    bool taken = command_take_argument(key, argument, state, request->command->arguments,
                                       request->look.argument);
    return taken ? 0 : ARGP_ERR_UNKNOWN;
}

enum exit_status look_run(const struct look_command *command, int argc, char **argv)
{
    static const struct argp_child children[] = { { &common_output_argp, 0, NULL, 0 }, { 0 } };
    const struct argp argp = {
        .options = command->options,
        .parser = parse,
        .args_doc = command->args_doc,
        .doc = command->doc,
        .children = children,
    };
    struct request request = { .look = { .common = common_options_default() }, .command = command };
    struct gmr_context *context;
    struct gmr_catalogue *catalogue;
    command_parse(&argp, command->name, argc, argv, &request);
    enum exit_status exit_status = common_context(&request.look.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (gmr_catalogue_open(context, request.look.argument[0], &catalogue) == GMR_OK)
        exit_status = command->run(catalogue, &request.look);
    else
        exit_status = common_failed();
    gmr_catalogue_close(catalogue);
    gmr_context_destroy(context);
    return exit_status;
}
