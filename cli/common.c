/* Options and messages that all commands share. */
#include "common.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gommir/status.h>
#include <gommir/version.h>

#include "output.h"

enum { KEY_JSON = 0x100, KEY_QUIET, KEY_SEED, KEY_THREADS, KEY_DEVICE };

struct common_options common_options_default(void)
{
    return (struct common_options){ .seed = 42, .device = DEVICE_AUTO };
}

/* ---- usage ---- */

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "gommir %s\n", gmr_version());
}

void usage_init(char **argv)
{
    static char program[] = "gommir";
    argv[0] = program;
    argp_err_exit_status = EXIT_USAGE;
    argp_program_version_hook = print_version;
}

struct command_line {
    int argc;
    char **argv;
    void *input; /* of the command's own argp */
};

static error_t hand_over(int key, char *argument, struct argp_state *state)
{
    struct command_line *line = state->input;
    (void)argument;
    if (key != ARGP_KEY_INIT)
        return ARGP_ERR_UNKNOWN;
    state->argc = line->argc;
    state->argv = line->argv;
    state->child_inputs[0] = line->input;
    return 0;
}

/* Messages of getopt begin with argv[0], and so would the help. argp takes the name of the program
 * instead when it is called with another vector than it finds after ARGP_KEY_INIT. */
static void parse_as(const struct argp *argp, const char *name, unsigned flags, int argc,
                     char **argv, void *input)
{
    static char shown[64];
    struct command_line line = { argc, argv, input };
    const struct argp_child child[] = { { argp, 0, NULL, 0 }, { 0 } };
    const struct argp outer = { .parser = hand_over, .children = child };
    char *none[] = { argv[0], NULL };
    snprintf(shown, sizeof shown, "%s", name);
    program_invocation_short_name = shown;
    argp_parse(&outer, 1, none, flags, NULL, &line);
}

void command_parse(const struct argp *argp, const char *name, int argc, char **argv, void *input)
{
    parse_as(argp, name, 0, argc, argv, input);
}

void command_parse_in_order(const struct argp *argp, const char *name, int argc, char **argv,
                            void *input)
{
    parse_as(argp, name, ARGP_IN_ORDER, argc, argv, input);
}

bool command_take_argument(int key, char *argument, const struct argp_state *state,
                           const char *const *names, const char **values)
{
    size_t wanted = 0;
    while (names[wanted])
        wanted++;
    if (key == ARGP_KEY_ARG && state->arg_num >= wanted)
        usage_error(state, "there is one argument too many, '%s'", argument);
    if (key == ARGP_KEY_ARG)
        values[state->arg_num] = argument;
    else if (key == ARGP_KEY_END && state->arg_num < wanted)
        usage_error(state, "%s is missing", names[state->arg_num]);
    return key == ARGP_KEY_ARG || key == ARGP_KEY_END;
}

_Noreturn void usage_error(const struct argp_state *state, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    output_message("%s", message);
    argp_state_help(state, stderr, ARGP_HELP_STD_ERR);
    exit(EXIT_USAGE);
}

/* ---- numbers ---- */

/* Digits only: strtoull would take a sign and blanks. */
static bool read_number(const char *text, uint64_t low, uint64_t high, uint64_t *value)
{
    char *end;
    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *value >= low && *value <= high;
}

static uint64_t number(const struct argp_state *state, const char *name, const char *text,
                       uint64_t low, uint64_t high)
{
    uint64_t value;
    if (!read_number(text, low, high, &value))
        usage_error(state, "--%s takes a whole number in %" PRIu64 " .. %" PRIu64 ", not '%s'",
                    name, low, high, text);
    return value;
}

void number_options_describe(const struct number_option *option, size_t count, const void *defaults,
                             char (*doc)[NUMBER_OPTION_DOC], struct argp_option *described)
{
    for (size_t i = 0; i < count; i++, option++) {
        size_t value;
        memcpy(&value, (const char *)defaults + option->offset, sizeof value);
        snprintf(doc[i], NUMBER_OPTION_DOC, "%s: %zu .. %zu (default: %zu)", option->doc,
                 option->low, option->high, value);
        described[i] = (struct argp_option){ .name = option->name,
                                             .key = NUMBER_OPTION_KEY + (int)i,
                                             .arg = option->argument,
                                             .doc = doc[i] };
    }
}

void number_option_read(const struct number_option *option, const struct argp_state *state,
                        const char *argument, void *values)
{
    size_t value = (size_t)number(state, option->name, argument, option->low, option->high);
    memcpy((char *)values + option->offset, &value, sizeof value);
}

double real_option_read(const struct argp_state *state, const char *name, const char *argument,
                        double high)
{
    char *end;
    errno = 0;
    const double value = strtod(argument, &end);
    if (end == argument || *end != '\0' || errno != 0 || !(value >= 0 && value <= high))
        usage_error(state, "--%s takes a number from 0 to %g, not '%s'", name, high, argument);
    return value;
}

size_t word_option_read(const struct argp_state *state, const char *name, const char *argument,
                        const char *const *words)
{
    char list[256] = "";
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], argument) == 0)
            return i;
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s'%s'",
                 i == 0         ? ""
                 : words[i + 1] ? ", "
                                : " or ",
                 words[i]);
    }
    usage_error(state, "--%s takes %s, not '%s'", name, list, argument);
}

/* ---- options ---- */

static const char *const device_names[] = {
    [DEVICE_AUTO] = "auto", [DEVICE_CPU] = "cpu", [DEVICE_CUDA] = "cuda", NULL
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct common_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        if (state->child_inputs)
            state->child_inputs[0] = options;
        return 0;
    case KEY_JSON: options->json = true; return 0;
    case KEY_QUIET: options->quiet = true; return 0;
    case KEY_SEED: options->seed = number(state, "seed", argument, 0, UINT64_MAX); return 0;
    case KEY_THREADS:
        options->threads = (unsigned)number(state, "threads", argument, 1, GMR_MAX_THREADS);
        return 0;
    case KEY_DEVICE:
        options->device = (enum device)word_option_read(state, "device", argument, device_names);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option output_options[] = {
    { "json", KEY_JSON, NULL, 0, "Print the result as one JSON object", 0 },
    { "quiet", KEY_QUIET, NULL, 0, "Print nothing but the result and errors", 0 },
    { 0 },
};

const struct argp common_output_argp = { .options = output_options, .parser = parse };

static const struct argp_option job_options[] = {
    { "seed", KEY_SEED, "N", 0, "Seed of all that is drawn by chance (default: 42)", 0 },
    { "threads", KEY_THREADS, "N", 0, "Threads to compute with (default: all cores)", 0 },
    { "device", KEY_DEVICE, "NAME", 0, "Where to compute: cpu, cuda or auto (default: auto)", 0 },
    { 0 },
};

static const struct argp_child job_children[] = { { &common_output_argp, 0, NULL, 0 }, { 0 } };
const struct argp common_job_argp = { .options = job_options,
                                      .parser = parse,
                                      .children = job_children };

/* ---- the library ---- */

enum exit_status common_context(const struct common_options *options, struct gmr_context **context)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    *context = NULL;
    if (options->device == DEVICE_CUDA) {
        output_message("this build has no CUDA");
        return EXIT_FAILED;
    }
    wanted.threads = options->threads;
    wanted.logger = output_logger();
    return gmr_context_create(&wanted, context) == GMR_OK ? EXIT_DONE : common_failed();
}

enum exit_status common_failed(void)
{
    output_message("%s", gmr_error_message());
    return EXIT_FAILED;
}

enum exit_status common_run_failed(enum gmr_status status, const char *run)
{
    if (status == GMR_ERR_CANCELLED) {
        output_message("stopped; the same command goes on with run '%s'", run);
        return EXIT_FAILED;
    }
    common_failed();
    return status == GMR_ERR_RANGE ? EXIT_USAGE : EXIT_FAILED;
}
