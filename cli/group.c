/* Finds the command that is asked for in a list, or says which may have been meant. */
#include "group.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "suggest.h"

/* Above this many edits a word meant something else. */
enum { MOST_EDITS = 2 };

struct request {
    const struct command_group *group;
    const struct command *command;
    int argc;
    char **argv; /* of the command: argv[0] is the program, the verb is left out */
};

static const struct command *find_command(const struct command_group *group, const char *name)
{
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->commands[i].name, name) == 0)
            return &group->commands[i];
    return NULL;
}

static _Noreturn void refuse_command(const struct command_group *group,
                                     const struct argp_state *state, const char *typed)
{
    const struct command *nearest = NULL;
    size_t edits = MOST_EDITS + 1;
    for (size_t i = 0; i < group->count; i++) {
        size_t distance = suggest_distance(typed, group->commands[i].name);
        if (distance < edits) {
            edits = distance;
            nearest = &group->commands[i];
        }
    }
    if (nearest)
        usage_error(state, "no command '%s'; did you mean '%s'?", typed, nearest->name);
    usage_error(state, "no command '%s'", typed);
}

/* The list of commands, which stands in --help after the options. argp frees it. */
static char *help_text(int key, const char *text, void *input)
{
    const struct request *request = input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        return NULL;
    const struct command_group *group = request->group;
    fputs("Commands:\n", out);
    for (size_t i = 0; i < group->count; i++)
        fprintf(out, "  %-10s %s\n", group->commands[i].name, group->commands[i].summary);
    fprintf(out, "\n'%s COMMAND --help' tells more about one of them.", group->name);
    fclose(out);
    return list;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case ARGP_KEY_ARG:
        request->command = find_command(request->group, argument);
        if (!request->command)
            refuse_command(request->group, state, argument);
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

enum exit_status command_group_run(const struct command_group *group, int argc, char **argv)
{
    const struct argp argp = { .parser = parse,
                               .args_doc = "COMMAND [ARGUMENT...]",
                               .doc = group->doc,
                               .help_filter = help_text };
    struct request request = { .group = group };
    command_parse_in_order(&argp, group->name, argc, argv, &request);
    return request.command->run(request.argc, request.argv);
}
