/* What the commands that look into a catalogue share: an argument that names it, options of their
 * own, and the catalogue open. */
#ifndef CLI_LOOK_H
#define CLI_LOOK_H

#include <argp.h>

#include <gommir/catalogue.h>

#include "common.h"

enum { LOOK_MAX_ARGUMENTS = 2, LOOK_OPTION_KEY = 1 };

struct look {
    struct common_options common;
    const char *argument[LOOK_MAX_ARGUMENTS]; /* the first is the catalogue's directory */
    const char *option; /* the argument of the command's own option, or NULL */
};

/* One command. */
struct look_command {
    const char *name, *args_doc, *doc;
    const char *const *arguments;      /* what they are, for messages; ended by NULL */
    const struct argp_option *options; /* the command's own option has LOOK_OPTION_KEY; or NULL */
    enum exit_status (*run)(struct gmr_catalogue *catalogue, const struct look *look);
};

/* Reads the arguments, opens the catalogue, runs the command. */
enum exit_status look_run(const struct look_command *command, int argc, char **argv);

#endif
