/* Shows what model a file of weights holds: lines of a name and what it is, or a JSON object. */
#ifndef CLI_ARCHITECTURE_H
#define CLI_ARCHITECTURE_H

#include <gommir/weights.h>

#include "json.h"

/* Nothing for a file that holds no known model; why not, where it looks like one. */
void architecture_print(const struct gmr_weights *weights);

/* The same as a member: null, or an object with the member `problem`. */
void architecture_json(struct json *json, const char *key, const struct gmr_weights *weights);

#endif
