/* gommir evaluate: how good a model, or a rule in its place, is on a split of a catalogue. The kind
 * of model decides what is measured. */
#include <argp.h>
#include <string.h>

#include <gommir/weights.h>

#include "command.h"
#include "evaluate.h"
#include "output.h"
#include "phrasing_option.h"

enum {
    KEY_MODEL = 1,
    KEY_CATALOGUE,
    KEY_SPLIT,
    KEY_VOCAB,
    KEY_GELU,
    KEY_CLASSIFY,
    KEY_FEATURES,
    KEY_CRITIQUES,
    KEY_PHRASING
};

enum { USUAL_CLASSES = 20, MOST_BLOCK = 1000000000, MOST_PAIRS = 1000000 };

#define OFFSET(member) offsetof(struct evaluate_arguments, member)

static const struct number_option numbers[] = {
    { "block", "N", "Encoders: find each item among N of the split, 0: all", OFFSET(encoder.block),
      0, MOST_BLOCK },
    { "pairs", "N", "Captioners: pairs to criticise", OFFSET(captioner.pairs), 1, MOST_PAIRS },
    { "references", "N", "Captioners: what each critique is compared with",
      OFFSET(captioner.references), 1, GMR_MAX_REFERENCES },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static const char *const critiques[] = { "attributes", "captions", NULL };

static const struct number_option classes_option = { "classify", "", "", 0, 2, GMR_MAX_CLASSES };

/* "NAME" or "NAME=CLASSES"; NAME is cut off in place. */
static void add_classification(struct evaluate_arguments *arguments, struct argp_state *state,
                               char *argument)
{
    struct gmr_encoder_evaluation_options *options = &arguments->encoder;
    struct gmr_zero_shot_wanted wanted = { argument, USUAL_CLASSES };
    char *classes = strrchr(argument, '=');
    if (options->zero_shot_count == GMR_MAX_ZERO_SHOT)
        usage_error(state, "--classify is given more than %d times", GMR_MAX_ZERO_SHOT);
    if (classes) {
        *classes = '\0';
        number_option_read(&classes_option, state, classes + 1, &wanted.classes);
    }
    if (!*argument)
        usage_error(state, "--classify takes the name of an attribute");
    arguments->zero_shot[options->zero_shot_count++] = wanted;
    options->zero_shot = arguments->zero_shot;
}

/* Of the table or JSON, lines and page, one can go to standard output. */
static void check_output(const struct argp_state *state, const struct evaluate_arguments *arguments)
{
    const int wanted = output_is_standard(arguments->policy.per_user) +
                       output_is_standard(arguments->policy.html) + arguments->common.json;
    if (wanted > 1)
        usage_error(state, "only one of --json, --per-user and --html can go to standard output");
}

static void check(const struct argp_state *state, const struct evaluate_arguments *arguments)
{
    check_output(state, arguments);
    if (!arguments->encoder.model && !arguments->policy.options.policy)
        usage_error(state, "--model is missing: what shall be evaluated?");
    if (arguments->encoder.model && arguments->policy.options.policy)
        usage_error(state, "--policy takes the place of --model: only one of them");
    if (!arguments->encoder.catalogue)
        usage_error(state, "--catalogue is missing: on what shall it be evaluated?");
    if (!arguments->encoder.split)
        usage_error(state, "--split is missing: on which items of '%s'?",
                    arguments->encoder.catalogue);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct evaluate_arguments *arguments = state->input;
    struct gmr_encoder_evaluation_options *options = &arguments->encoder;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->policy;
        state->child_inputs[1] = &arguments->common;
        return 0;
    case KEY_MODEL: options->model = argument; return 0;
    case KEY_CATALOGUE: options->catalogue = argument; return 0;
    case KEY_SPLIT: options->split = argument; return 0;
    case KEY_VOCAB: options->vocabulary = argument; return 0;
    case KEY_GELU: options->exact_gelu = true; return 0;
    case KEY_CLASSIFY: add_classification(arguments, state, argument); return 0;
    case KEY_FEATURES: arguments->captioner.features = argument; return 0;
    case KEY_CRITIQUES:
        arguments->captioner.captions = word_option_read(state, "critiques", argument, critiques);
        return 0;
    case KEY_PHRASING:
        arguments->captioner.phrasing = arguments->policy.options.phrasing =
            phrasing_option_read(state, argument);
        return 0;
    case ARGP_KEY_ARG: usage_error(state, "evaluate takes no argument, but got '%s'", argument);
    case ARGP_KEY_END: check(state, arguments); return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= NUMBER_OPTION_KEY + NUMBERS)
        return ARGP_ERR_UNKNOWN;
    number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, arguments);
    return 0;
}

static const struct argp_option words[] = {
    { "model", KEY_MODEL, "W", 0, "The weights of an encoder, a captioner or a recommender", 0 },
    { "catalogue", KEY_CATALOGUE, "CAT", 0, "The catalogue to evaluate on", 0 },
    { "split", KEY_SPLIT, "S", 0, "The split of it", 0 },
    { "vocab", KEY_VOCAB, "V", 0,
      "The encoder's vocabulary (default: in the weights, or beside them)", 0 },
    { "gelu", KEY_GELU, NULL, 0, "The encoder was trained with exact GELU, not QuickGELU", 0 },
    { "classify", KEY_CLASSIFY, "NAME[=N]", 0,
      "Tell the N commonest values of an attribute apart, 20 if N is not given; may be repeated "
      "(default: category=20, colour=12, gender and sleeve length, where items have them)",
      0 },
    { "features", KEY_FEATURES, "W", 0,
      "Captioners, as model or as critic: weights of what looked at the pictures that it learned "
      "from (default: the encoder that comes with gommir; for critics --encoder)",
      0 },
    { "critiques", KEY_CRITIQUES, "WHOSE", 0,
      "Captioners: what is compared with: attributes, the attribute critic, or captions, of people "
      "(default: attributes)",
      0 },
    { "phrasing", KEY_PHRASING, "SET", 0,
      "The attribute critic's phrasings, training or evaluation (default: training for "
      "captioners, evaluation for recommenders)",
      0 },
};

enum { WORDS = sizeof words / sizeof *words };

static void read_arguments(int argc, char **argv, struct evaluate_arguments *arguments)
{
    const struct argp_child children[] = { { evaluate_policy_argp(), 0, "Dialogues:", 1 },
                                           { &common_job_argp, 0, "Common options:", 2 },
                                           { 0 } };
    struct argp_option options[WORDS + NUMBERS + 1] = { 0 };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Measures a model on the items of a split. Of an encoder: how well the words about "
               "an item find its picture and the other way round, and how often words alone name "
               "the right value of an attribute. Of a captioner: how alike its critiques are to "
               "others, and how often they are true. Of a recommender, or a rule in its place: in "
               "dialogues with simulated users, how soon it shows what they want. All with 95 % "
               "intervals.",
        .children = children,
    };
    *arguments =
        (struct evaluate_arguments){ .common = common_options_default(),
                                     .encoder = gmr_encoder_evaluation_options_default(),
                                     .captioner = gmr_captioner_evaluation_options_default(),
                                     .policy = evaluate_policy_default() };
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, arguments, docs, options + WORDS);
    command_parse(&argp, "gommir evaluate", argc, argv, arguments);
    arguments->encoder.seed = arguments->common.seed;
}

/* ---- the command ---- */

static enum gmr_status find_kind(struct gmr_context *context, const char *path,
                                 enum gmr_architecture_kind *kind)
{
    struct gmr_weights *weights;
    struct gmr_architecture architecture = { 0 };
    enum gmr_status status = gmr_weights_open(context, path, &weights);
    if (status == GMR_OK)
        status = gmr_weights_architecture(weights, &architecture);
    gmr_weights_close(weights);
    *kind = architecture.kind;
    return status;
}

/* Of a recommender, or a rule in its place. */
static enum exit_status evaluate_dialogues(struct gmr_context *context,
                                           struct evaluate_arguments *arguments)
{
    struct gmr_dialogue_evaluation_options *options = &arguments->policy.options;
    options->model = arguments->encoder.model;
    options->catalogue = arguments->encoder.catalogue;
    options->split = arguments->encoder.split;
    options->vocabulary = arguments->encoder.vocabulary;
    options->exact_gelu = arguments->encoder.exact_gelu;
    options->features = arguments->captioner.features;
    options->seed = arguments->common.seed;
    return evaluate_policy(context, &arguments->policy, &arguments->common);
}

static enum exit_status evaluate(struct gmr_context *context, struct evaluate_arguments *arguments)
{
    if (arguments->policy.options.policy)
        return evaluate_dialogues(context, arguments);
    const char *model = arguments->encoder.model;
    enum gmr_architecture_kind kind;
    if (find_kind(context, model, &kind) != GMR_OK)
        return common_failed();
    switch (kind) {
    case GMR_ARCHITECTURE_CLIP_RESNET:
    case GMR_ARCHITECTURE_CLIP_VIT: return evaluate_encoder(context, arguments);
    case GMR_ARCHITECTURE_RECOMMENDER: return evaluate_dialogues(context, arguments);
    case GMR_ARCHITECTURE_CAPTIONER: return evaluate_captioner(context, arguments);
    case GMR_ARCHITECTURE_UNKNOWN: break;
    }
    output_message("'%s' holds no model that is known", model);
    return EXIT_FAILED;
}

enum exit_status cmd_evaluate(int argc, char **argv)
{
    struct evaluate_arguments arguments;
    struct gmr_context *context;
    read_arguments(argc, argv, &arguments);
    enum exit_status status = common_context(&arguments.common, &context);
    if (status != EXIT_DONE)
        return status;
    status = evaluate(context, &arguments);
    gmr_context_destroy(context);
    return status;
}
