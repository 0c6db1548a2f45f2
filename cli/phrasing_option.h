/* --phrasing of all commands in which the attribute critic speaks. */
#ifndef CLI_PHRASING_OPTION_H
#define CLI_PHRASING_OPTION_H

#include <argp.h>

#include <gommir/simulation.h>

/* Reads its argument; leaves with a usage error when it is no set of phrasings. */
enum gmr_phrasing phrasing_option_read(const struct argp_state *state, const char *argument);

#endif
