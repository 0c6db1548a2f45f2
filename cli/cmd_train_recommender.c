/* gommir train recommender. */
#include <argp.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <gommir/training.h>

#include "command.h"
#include "common.h"
#include "data_file.h"
#include "json.h"
#include "train.h"

#define OFFSET(member) offsetof(struct gmr_recommender_training_options, member)

static const struct number_option numbers[] = {
    { "supervised-epochs", "N", "Epochs of the first stage", OFFSET(supervised_epochs), 1, 100000 },
    { "epochs", "N", "Epochs of policy learning", OFFSET(epochs), 1, 100000 },
    { "patience", "N", "Epochs in a row that may bring nothing better, 0: any number",
      OFFSET(patience), 0, 100000 },
    { "batch", "N", "Dialogues at a time", OFFSET(batch), 1, 65536 },
    { "turns", "N", "Critiques of a dialogue", OFFSET(turns), 1, 64 },
    { "k", "N", "Items of a list", OFFSET(k), 1, 100 },
    { "negatives", "N", "Policy learning: what the wanted item is chosen among", OFFSET(negatives),
      1, 1000 },
    { "width", "N", "Width of embeddings and states", OFFSET(width), 2, 65536 },
    { "layers", "N", "Layers of the tracker", OFFSET(layers), 1, 64 },
    { "heads", "N", "Heads of its attention", OFFSET(heads), 1, 65536 },
    { "hidden", "N", "Width of its feed-forward layers", OFFSET(hidden), 1, 65536 },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static const struct real_option {
    const char *name, *doc;
    size_t offset;
    double high;
} reals[] = {
    { "rate", "Learning rate of the first stage (default: 0.001)", OFFSET(rate), 1 },
    { "rl-rate", "Learning rate of policy learning (default: 0.00001)", OFFSET(policy_rate), 1 },
    { "decay", "Weight decay (default: 1e-8)", OFFSET(decay), 1 },
    { "margin", "Margin of the triplets (default: 0.1)", OFFSET(margin), 1e6 },
    { "gamma", "Policy learning: what the next turn's rewards count (default: 0.2)",
      OFFSET(discount), 1 },
};

enum {
    REALS = sizeof reals / sizeof *reals,
    REAL_KEY = NUMBER_OPTION_KEY + NUMBERS,
};

enum {
    KEY_CATALOGUE = 1,
    KEY_OUT,
    KEY_MODEL,
    KEY_PRESET,
    KEY_TRAIN,
    KEY_VALIDATION,
    KEY_CRITIC,
    KEY_FEATURES,
    KEY_ENCODER,
    KEY_VOCABULARY,
    KEY_EXACT_GELU,
    KEY_STAGE,
    KEY_FROM,
    KEY_KERNEL,
    KEY_COMPAT
};

/* Sizes that are not given are those of the preset, which may be named later. */
struct train_arguments {
    struct common_options common;
    struct gmr_recommender_training_options given, options;
    bool is_given[NUMBERS + REALS];
    size_t preset; /* place in the list below */
    struct gmr_recommender_training_result result;
};

/* In the order of their enumerations. */
static const char *const presets[] = { "small", "paper", NULL };
static const char *const stages[] = { "both", "supervised", "reinforced", NULL };
static const char *const kernels[] = { "dot", "l2", NULL };
static const char *const compats[] = {
    "omit-last",     "like-by-encoder", "freeze-image",  "full-return",
    "scale-rewards", "clamp-returns",   "tirg-composer", "independent-layers",
    "all-items",     "falling-rate",    "aligned",       NULL
};

/* ---- arguments ---- */

static void take_given(struct train_arguments *a)
{
    for (size_t i = 0; i < NUMBERS + REALS; i++) {
        const size_t offset = i < NUMBERS ? numbers[i].offset : reals[i - NUMBERS].offset;
        const size_t size = i < NUMBERS ? sizeof(size_t) : sizeof(double);
        if (a->is_given[i])
            memcpy((char *)&a->options + offset, (const char *)&a->given + offset, size);
    }
}

/* What has no default that depends on the preset. */
static void take_words(struct train_arguments *a)
{
    const struct gmr_recommender_training_options *given = &a->given;
    struct gmr_recommender_training_options *o = &a->options;
    o->catalogue = given->catalogue;
    o->out = given->out;
    o->model = given->model;
    o->train = given->train;
    o->validation = given->validation;
    o->captioner = given->captioner;
    o->features = given->features;
    o->encoder = given->encoder ? given->encoder : data_file(DATA_FILE_ENCODER);
    o->vocabulary = given->vocabulary;
    o->exact_gelu = given->exact_gelu;
    o->stage = given->stage;
    o->from = given->from;
    o->kernel = given->kernel;
    o->compat = given->compat;
}

static void finish(const struct argp_state *state, struct train_arguments *a)
{
    if (!a->given.catalogue)
        usage_error(state, "--catalogue is missing: what shall be learned from?");
    if (!a->given.out)
        usage_error(state, "--out is missing: where shall the run be?");
    if (a->given.from && a->given.stage == GMR_RECOMMENDER_SUPERVISED)
        usage_error(state, "--from is of policy learning, and --stage=supervised leaves it out");
    if (a->given.features && !a->given.captioner)
        usage_error(state, "--features is of a captioner, and none is named");
    a->options = gmr_recommender_training_options_default((enum gmr_recommender_size)a->preset);
    take_given(a);
    take_words(a);
    if (!a->options.encoder)
        usage_error(state, "--encoder is missing, and the one that comes with gommir is not there");
    a->options.seed = a->common.seed;
}

static void read_number(struct train_arguments *a, const struct argp_state *state, size_t i,
                        const char *argument)
{
    a->is_given[i] = true;
    if (i < NUMBERS) {
        number_option_read(&numbers[i], state, argument, &a->given);
        return;
    }
    const struct real_option *real = &reals[i - NUMBERS];
    const double value = real_option_read(state, real->name, argument, real->high);
    memcpy((char *)&a->given + real->offset, &value, sizeof value);
}

static const char *read_model(const struct argp_state *state, const char *argument)
{
    char list[512] = "";
    size_t used = 0;
    for (size_t i = 0; gmr_recommender_name(i); i++) {
        const char *name = gmr_recommender_name(i);
        if (strcmp(name, argument) == 0)
            return name;
        if (used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", name);
    }
    usage_error(state, "--model takes one of %s, not '%s'", list, argument);
}

/* Words with commas between them. */
static unsigned read_compat(const struct argp_state *state, const char *argument)
{
    unsigned bits = 0;
    while (*argument != '\0') {
        char word[64];
        const size_t length = strcspn(argument, ",");
        snprintf(word, sizeof word, "%.*s", (int)length, argument);
        bits |= 1u << word_option_read(state, "compat", word, compats);
        argument += length + (argument[length] == ',');
    }
    return bits;
}

static error_t parse_word(int key, char *argument, struct argp_state *state,
                          struct gmr_recommender_training_options *given)
{
    switch (key) {
    case KEY_CATALOGUE: given->catalogue = argument; return 0;
    case KEY_OUT: given->out = argument; return 0;
    case KEY_MODEL: given->model = read_model(state, argument); return 0;
    case KEY_TRAIN: given->train = argument; return 0;
    case KEY_VALIDATION: given->validation = argument; return 0;
    case KEY_CRITIC:
        given->captioner = strcmp(argument, "attributes") == 0 ? NULL : argument;
        return 0;
    case KEY_FEATURES: given->features = argument; return 0;
    case KEY_ENCODER: given->encoder = argument; return 0;
    case KEY_VOCABULARY: given->vocabulary = argument; return 0;
    case KEY_EXACT_GELU: given->exact_gelu = true; return 0;
    case KEY_STAGE:
        given->stage =
            (enum gmr_recommender_stage)word_option_read(state, "stage", argument, stages);
        return 0;
    case KEY_FROM: given->from = argument; return 0;
    case KEY_KERNEL:
        given->kernel =
            (enum gmr_policy_kernel)word_option_read(state, "kernel", argument, kernels);
        return 0;
    case KEY_COMPAT: given->compat |= read_compat(state, argument); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct train_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->common; return 0;
    case KEY_PRESET: a->preset = word_option_read(state, "preset", argument, presets); return 0;
    case ARGP_KEY_ARG: usage_error(state, "unexpected argument '%s'", argument);
    case ARGP_KEY_END: finish(state, a); return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= REAL_KEY + REALS)
        return parse_word(key, argument, state, &a->given);
    read_number(a, state, (size_t)(key - NUMBER_OPTION_KEY), argument);
    return 0;
}

static const struct argp_option words[] = {
    { "catalogue", KEY_CATALOGUE, "CAT", 0, "The catalogue to learn from", 0 },
    { "out", KEY_OUT, "RUN", 0, "The directory of the run; made when there is none", 0 },
    { "model", KEY_MODEL, "NAME", 0, "What is trained (default: gommir)", 0 },
    { "preset", KEY_PRESET, "NAME", 0, "Sizes: small, or those of the paper (default: small)", 0 },
    { "train", KEY_TRAIN, "SPLIT", 0, "Split to learn from (default: train)", 0 },
    { "validation", KEY_VALIDATION, "SPLIT", 0,
      "Split that chooses the best epoch (default: validation; where there is none, a tenth of the "
      "other is held out)",
      0 },
    { "critic", KEY_CRITIC, "CRITIC", 0,
      "Who speaks: 'attributes' (default), or the weights of a captioner", 0 },
    { "features", KEY_FEATURES, "W", 0,
      "Weights of what looks at pictures for a captioner (default: the encoder)", 0 },
    { "encoder", KEY_ENCODER, "W", 0,
      "Weights of CLIP (default: the encoder that comes with gommir)", 0 },
    { "vocab", KEY_VOCABULARY, "V", 0,
      "Its vocabulary (default: inside the weights, or beside them)", 0 },
    { "gelu", KEY_EXACT_GELU, NULL, 0, "The encoder was trained with exact GELU, not QuickGELU",
      0 },
    { "stage", KEY_STAGE, "NAME", 0,
      "both, supervised, or reinforced, which goes on from supervised weights (default: both)", 0 },
    { "from", KEY_FROM, "W", 0,
      "Begin policy learning with these weights (default: the best of RUN/supervised)", 0 },
    { "kernel", KEY_KERNEL, "NAME", 0,
      "Policy learning: what likeness is, dot products or l2 distances (default: dot)", 0 },
    { "compat", KEY_COMPAT, "WORD,...", 0,
      "Departures from the published training: omit-last, like-by-encoder, freeze-image, "
      "full-return, scale-rewards, clamp-returns, tirg-composer, independent-layers, all-items, "
      "falling-rate, aligned",
      0 },
};

enum { WORDS = sizeof words / sizeof *words };

static void read_arguments(int argc, char **argv, struct train_arguments *a)
{
    static const struct argp_child children[] = { { &common_job_argp, 0, "Common options:", 1 },
                                                  { 0 } };
    const struct gmr_recommender_training_options defaults =
        gmr_recommender_training_options_default(GMR_RECOMMENDER_SMALL);
    struct argp_option options[WORDS + NUMBERS + REALS + 1] = { 0 };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc =
            "Trains a recommender in dialogues with simulated users: on random lists first, then "
            "on what it recommends itself. RUN/best.safetensors is then a model for `gommir "
            "evaluate`. Stopped, the same command goes on where it stood.",
        .children = children,
    };
    *a = (struct train_arguments){ .common = common_options_default(), .given = defaults };
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &defaults, docs, options + WORDS);
    for (size_t i = 0; i < REALS; i++)
        options[WORDS + NUMBERS + i] = (struct argp_option){
            .name = reals[i].name, .key = REAL_KEY + (int)i, .arg = "X", .doc = reals[i].doc
        };
    command_parse(&argp, "gommir train recommender", argc, argv, a);
}

/* ---- results ---- */

static void print_stage_json(struct json *json, const char *name,
                             const struct gmr_recommender_stage_result *stage)
{
    if (stage->epochs == 0)
        return;
    json_open(json, name, '{');
    json_count(json, "steps", stage->steps);
    json_count(json, "epochs", stage->epochs);
    json_count(json, "best_epoch", stage->best_epoch);
    json_number(json, "ndcg10", stage->ndcg10);
    json_close(json, '}');
}

static void print_json(const struct gmr_recommender_training_result *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_count(&json, "items", r->items);
    json_count(&json, "held_out", r->held_out);
    json_count(&json, "parameters", r->parameters);
    print_stage_json(&json, "supervised", &r->supervised);
    print_stage_json(&json, "reinforced", &r->reinforced);
    json_text(&json, "best", r->is_reinforced ? "reinforced" : "supervised");
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}

static void print_stage(const char *name, const struct gmr_recommender_stage_result *stage)
{
    if (stage->epochs > 0)
        printf("  %-12sNDCG@10 %.4f, epoch %zu of %zu\n", name, stage->ndcg10, stage->best_epoch,
               stage->epochs);
}

static void print_table(const char *out, const struct gmr_recommender_training_result *r)
{
    printf("%s/best.safetensors: %s\n\n", out, r->is_reinforced ? "reinforced" : "supervised");
    printf("  %-12s%zu learned from, %zu held out\n", "items", r->items, r->held_out);
    printf("  %-12s%zu\n", "parameters", r->parameters);
    print_stage("supervised", &r->supervised);
    print_stage("reinforced", &r->reinforced);
    printf("  %-12s%.1f s\n", "time", r->seconds);
}

/* ---- the command ---- */

static enum gmr_status train(struct gmr_context *context, void *user)
{
    struct train_arguments *arguments = user;
    return gmr_recommender_train(context, &arguments->options, &arguments->result);
}

enum exit_status cmd_train_recommender(int argc, char **argv)
{
    struct train_arguments arguments;
    read_arguments(argc, argv, &arguments);
    const enum exit_status status = train_run(&arguments.common, &arguments.options.progress,
                                              arguments.options.out, train, &arguments);
    if (status != EXIT_DONE)
        return status;
    if (arguments.common.json)
        print_json(&arguments.result);
    else
        print_table(arguments.options.out, &arguments.result);
    return EXIT_DONE;
}
