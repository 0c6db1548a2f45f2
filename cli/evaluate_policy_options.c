/* The options of gommir evaluate that only recommenders and policies have. */
#include <string.h>

#include "dialogue_options.h"
#include "evaluate_policy.h"

enum { KEY_POLICY = 1, KEY_RECOMMENDER, KEY_PER_USER, KEY_HTML };

static const struct number_option numbers[] = {
    { "trace", "N", "Users that --html shows", offsetof(struct evaluate_policy, trace), 1, 1000 },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct evaluate_policy *wanted = state->input;
    struct gmr_dialogue_evaluation_options *options = &wanted->options;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = options; return 0;
    case KEY_POLICY:
        options->policy =
            gmr_policies()[word_option_read(state, "policy", argument, gmr_policies())];
        return 0;
    case KEY_RECOMMENDER: options->model_name = argument; return 0;
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
    static struct argp_child children[2];
    static const struct argp argp = { .options = options, .parser = parse, .children = children };
    const struct evaluate_policy defaults = evaluate_policy_default();
    children[0].argp = dialogue_options_argp();
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &defaults, doc, options + WORDS);
    return &argp;
}
