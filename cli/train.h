/* gommir train: what its commands share. */
#ifndef CLI_TRAIN_H
#define CLI_TRAIN_H

#include "common.h"

/* Trains, by the arguments of a command, which get the result. */
typedef enum gmr_status train_call(struct gmr_context *context, void *arguments);

/* Makes a context, shows progress through `progress`, trains, and says what went wrong; `run` is
 * the directory of the run. EXIT_DONE: the result is there. */
enum exit_status train_run(const struct common_options *common, struct gmr_progress *progress,
                           const char *run, train_call *call, void *arguments);

#endif
