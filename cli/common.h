/* What all commands share: options of one name, meaning and default everywhere, usage errors, and
 * the library's context made from them. */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#include "command.h"

enum device { DEVICE_AUTO, DEVICE_CPU, DEVICE_CUDA };

struct common_options {
    bool json, quiet;
    uint64_t seed;
    unsigned threads; /* 0: all cores */
    enum device device;
};

struct common_options common_options_default(void);

/* A child for a command's argp, which must be its first; the input of both is a struct
 * common_options. */
extern const struct argp common_output_argp; /* --json, --quiet */
extern const struct argp common_job_argp;    /* those and --seed, --threads, --device */

/* An option of a command that takes a whole number. */
struct number_option {
    const char *name, *argument, *doc;
    size_t offset; /* of a size_t in the struct that the options fill */
    size_t low, high;
};

enum {
    NUMBER_OPTION_KEY = 0x200, /* option i of a table has key NUMBER_OPTION_KEY + i */
    NUMBER_OPTION_DOC = 160
};

/* Fills described[0 .. count) for argp; their texts, with range and the default that `defaults`
 * holds, go to doc[0 .. count), which must live as long. */
void number_options_describe(const struct number_option *option, size_t count, const void *defaults,
                             char (*doc)[NUMBER_OPTION_DOC], struct argp_option *described);

/* Reads the argument of one of them into `values`; leaves with a usage error when it is none. */
void number_option_read(const struct number_option *option, const struct argp_state *state,
                        const char *argument, void *values);

/* Reads the argument of option --NAME, a real number from 0 to `high`; leaves with a usage error
 * when it is none. */
double real_option_read(const struct argp_state *state, const char *name, const char *argument,
                        double high);

/* The same for one word of a list ended by NULL: its place. */
size_t word_option_read(const struct argp_state *state, const char *name, const char *argument,
                        const char *const *words);

/* Prepares argp for all that follows: --version, exit status 2, and "gommir" as argv[0], which
 * begins every message. */
void usage_init(char **argv);

/* Parses the arguments of a command; `name` is what its help calls it, "gommir demo". Usage errors,
 * --help and --version end the program. */
void command_parse(const struct argp *argp, const char *name, int argc, char **argv, void *input);

/* The same, but the first word that is no option may end the options: it can set state->next. */
void command_parse_in_order(const struct argp *argp, const char *name, int argc, char **argv,
                            void *input);

/* For the parser of a command with a fixed number of arguments: names (ended by NULL) tells what
 * they are, "the catalogue"; values[i] gets argument i. True when the key was about arguments; one
 * too few or too many is a usage error. */
bool command_take_argument(int key, char *argument, const struct argp_state *state,
                           const char *const *names, const char **values);

/* Prints "gommir: MESSAGE" and where to find help, and ends the program with EXIT_USAGE. */
_Noreturn void usage_error(const struct argp_state *state, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* Makes a context; the caller destroys it. When it fails, the message has been printed. */
enum exit_status common_context(const struct common_options *options, struct gmr_context **context);

/* Prints the library's error message; returns EXIT_FAILED. */
enum exit_status common_failed(void);

/* The same for a training: says how a run that was stopped goes on, and EXIT_USAGE when options do
 * not fit together. */
enum exit_status common_run_failed(enum gmr_status status, const char *run);

#endif
