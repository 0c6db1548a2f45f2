/* gommir: `gommir VERB [OPTIONS]`. This file holds the table of commands and finds the one asked
 * for; each is a file cmd_*.c. The program sees <gommir/...> only. */
#include <argp.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/gommir.h>

#include "command.h"
#include "common.h"
#include "output.h"
#include "suggest.h"

static const struct command {
    const char *name, *summary;
    enum exit_status (*run)(int argc, char **argv);
} commands[] = {
    { "demo", "Train a small model on generated items and compare it with chance", cmd_demo },
    { "inspect", "List the tensors and metadata of a safetensors file", cmd_inspect },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

/* Above this many edits a word meant something else. */
enum { MOST_EDITS = 2 };

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static _Noreturn void refuse_command(const struct argp_state *state, const char *typed)
{
    const struct command *nearest = NULL;
    size_t edits = MOST_EDITS + 1;
    for (size_t i = 0; i < COMMANDS; i++) {
        size_t distance = suggest_distance(typed, commands[i].name);
        if (distance < edits) {
            edits = distance;
            nearest = &commands[i];
        }
    }
    if (nearest)
        usage_error(state, "no command '%s'; did you mean '%s'?", typed, nearest->name);
    usage_error(state, "no command '%s'", typed);
}

/* The list of commands, which stands in --help after the options. argp frees it. */
static char *help_text(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        return NULL;
    fputs("Commands:\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fputs("\n'gommir COMMAND --help' tells more about one of them.", out);
    fclose(out);
    return list;
}

struct request {
    const struct command *command;
    int argc;
    char **argv; /* of the command: argv[0] is the program, the verb is left out */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        request->command = find_command(argument);
        if (!request->command)
            refuse_command(state, argument);
        state->argv[state->next - 1] = state->argv[0];
        request->argv = state->argv + state->next - 1;
        request->argc = state->argc - state->next + 1;
        state->next = state->argc; /* the rest is the command's */
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_state_help(state, stderr, ARGP_HELP_SHORT_USAGE | ARGP_HELP_POST_DOC);
        exit(EXIT_USAGE);
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = { .parser = parse,
                                      .args_doc = "COMMAND [ARGUMENT...]",
                                      .doc = "Conversational search in a catalogue of pictures.\v ",
                                      .help_filter = help_text };
    struct request request = { 0 };

    output_open();
    setlocale(LC_CTYPE, ""); /* only characters: numbers and messages are the same everywhere */
    usage_init(argv);
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &request);
    return (int)request.command->run(request.argc, request.argv);
}
