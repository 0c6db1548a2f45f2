#include "dialogue_options.h"

#include <string.h>

#include "common.h"
#include "data_file.h"
#include "output.h"

enum { KEY_CRITIC = 1, KEY_ENCODER, KEY_PROTOCOL, KEY_LIKE };

#define OFFSET(member) offsetof(struct gmr_dialogue_evaluation_options, member)

static const struct number_option numbers[] = {
    { "turns", "N", "Critiques of each user", OFFSET(turns), 1, GMR_MAX_TURNS },
    { "k", "N", "Items that are shown at once", OFFSET(k), 1, GMR_MAX_SHOWN },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* In the order of enum gmr_protocol. */
static const char *const protocols[] = { "clean", "paper", NULL };
static const char *const spaces[] = { "model", "encoder", NULL };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct gmr_dialogue_evaluation_options *options = state->input;
    switch (key) {
    case KEY_CRITIC:
        options->captioner = strcmp(argument, "attributes") == 0 ? NULL : argument;
        return 0;
    case KEY_ENCODER: options->encoder = argument; return 0;
    case KEY_PROTOCOL:
        options->protocol =
            (enum gmr_protocol)word_option_read(state, "protocol", argument, protocols);
        return 0;
    case KEY_LIKE:
        options->like_by_encoder = word_option_read(state, "like", argument, spaces) == 1;
        return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= NUMBER_OPTION_KEY + NUMBERS)
        return ARGP_ERR_UNKNOWN;
    number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, options);
    return 0;
}

static const struct argp_option words[] = {
    { "critic", KEY_CRITIC, "CRITIC", 0,
      "Who criticises: attributes (default), or the weights of a captioner", 0 },
    { "encoder", KEY_ENCODER, "W", 0,
      "The encoder that has encoded the catalogue (default: the one that comes with gommir)", 0 },
    { "like", KEY_LIKE, "SPACE", 0,
      "What users find alike: model, what the policy does (default), or encoder, whose vectors are "
      "near as they are",
      0 },
    { "protocol", KEY_PROTOCOL, "P", 0,
      "clean (default), or paper: first lists as in the published runs, which never show the last "
      "item",
      0 },
};

enum { WORDS = sizeof words / sizeof *words };

const struct argp *dialogue_options_argp(void)
{
    static char doc[NUMBERS][NUMBER_OPTION_DOC];
    static struct argp_option options[WORDS + NUMBERS + 1];
    static const struct argp argp = { .options = options, .parser = parse };
    const struct gmr_dialogue_evaluation_options defaults =
        gmr_dialogue_evaluation_options_default();
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &defaults, doc, options + WORDS);
    return &argp;
}

enum exit_status dialogue_options_complete(struct gmr_dialogue_evaluation_options *options)
{
    if (!options->encoder)
        options->encoder = data_file(DATA_FILE_ENCODER);
    if (options->encoder)
        return EXIT_DONE;
    output_message("--encoder is missing, and the one that comes with gommir is not there");
    return EXIT_USAGE;
}
