/* A list of commands, and the choice of one by its name: `gommir VERB ...` and, with verbs of their
 * own, `gommir catalogue VERB ...`. */
#ifndef CLI_GROUP_H
#define CLI_GROUP_H

#include <stddef.h>

#include "command.h"

struct command {
    const char *name, *summary;
    enum exit_status (*run)(int argc, char **argv);
};

struct command_group {
    const char *name; /* as help calls it: "gommir", "gommir catalogue" */
    const char *doc;
    const struct command *commands;
    size_t count;
};

/* Parses what stands before the command's name and runs the command with the rest. Usage errors,
 * --help and --version end the program. */
enum exit_status command_group_run(const struct command_group *group, int argc, char **argv);

#endif
