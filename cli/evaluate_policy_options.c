/* The options of gommir evaluate --policy. */
#include <string.h>

#include "evaluate_policy.h"

enum {
    KEY_POLICY = 1,
    KEY_RECOMMENDER,
    KEY_CRITIC,
    KEY_ENCODER,
    KEY_PROTOCOL,
    KEY_LIKE,
    KEY_PER_USER,
    KEY_HTML
};

#define OFFSET(member) offsetof(struct evaluate_policy, member)

static const struct number_option numbers[] = {
    { "turns", "N", "Critiques of each user", OFFSET(options.turns), 1, GMR_MAX_TURNS },
    { "trace", "N", "Users that --html shows", OFFSET(trace), 1, 1000 },
    { "k", "N", "Items that are shown at once", OFFSET(options.k), 1, GMR_MAX_SHOWN },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

/* In the order of enum gmr_protocol. */
static const char *const protocols[] = { "clean", "paper", NULL };
static const char *const spaces[] = { "model", "encoder", NULL };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct evaluate_policy *wanted = state->input;
    struct gmr_dialogue_evaluation_options *options = &wanted->options;
    switch (key) {
    case KEY_POLICY:
        options->policy =
            gmr_policies()[word_option_read(state, "policy", argument, gmr_policies())];
        return 0;
    case KEY_RECOMMENDER: options->model_name = argument; return 0;
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
    case KEY_PER_USER: wanted->per_user = argument; return 0;
    case KEY_HTML: wanted->html = argument; return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= NUMBER_OPTION_KEY + NUMBERS)
        return ARGP_ERR_UNKNOWN;
    number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, wanted);
    return 0;
}

static const struct argp_option words[] = {
    { "policy", KEY_POLICY, "P", 0,
      "Measure a rule that needs no training in place of a model: random, text (near to the "
      "critique), sum (near to the liked picture + the critique) or average-vector (near to what "
      "was liked and said in all turns, and not to what was disliked)",
      0 },
    { "recommender", KEY_RECOMMENDER, "NAME", 0,
      "Which recommender the weights are of, where they do not tell: gommir, ir-img, ...", 0 },
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
    { "per-user", KEY_PER_USER, "FILE", 0,
      "Write a line of CSV for each user and turn: target,turn,rank,liked,critique", 0 },
    { "html", KEY_HTML, "FILE", 0,
      "Write a page with the dialogues of some users: pictures, likes, critiques, ranks", 0 },
};

enum { WORDS = sizeof words / sizeof *words };

struct evaluate_policy evaluate_policy_default(void)
{
    return (struct evaluate_policy){ .options = gmr_dialogue_evaluation_options_default(),
                                     .trace = 10 };
}

const struct argp *evaluate_policy_argp(void)
{
    static char doc[NUMBERS][NUMBER_OPTION_DOC];
    static struct argp_option options[WORDS + NUMBERS + 1];
    static const struct argp argp = { .options = options, .parser = parse };
    const struct evaluate_policy defaults = evaluate_policy_default();
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &defaults, doc, options + WORDS);
    return &argp;
}
