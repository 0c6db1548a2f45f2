/* Options of commands that let simulated users talk to recommenders: who criticises what, how long,
 * and by which rules. */
#ifndef CLI_DIALOGUE_OPTIONS_H
#define CLI_DIALOGUE_OPTIONS_H

#include <argp.h>

#include <gommir/evaluation.h>

#include "command.h"

/* A child for a command's argp: critic, encoder, like, protocol, turns and k; its input is a struct
 * gmr_dialogue_evaluation_options. */
const struct argp *dialogue_options_argp(void);

/* Finds the encoder that comes with gommir where none was named, or says that there is none. */
enum exit_status dialogue_options_complete(struct gmr_dialogue_evaluation_options *options);

#endif
