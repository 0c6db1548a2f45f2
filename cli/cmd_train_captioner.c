/* gommir train captioner. */
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

#define OFFSET(member) offsetof(struct gmr_captioner_training_options, member)

static const struct number_option numbers[] = {
    { "epochs", "N", "Epochs", OFFSET(epochs), 1, 100000 },
    { "pairs", "N", "Pairs of an epoch", OFFSET(pairs), 1, 100000000 },
    { "batch", "N", "Pairs at a time", OFFSET(batch), 1, 65536 },
    { "warm-up", "N", "Batches until the learning rate is reached", OFFSET(warm_up), 0, 1000000 },
    { "length", "N", "Words of the longest sentence", OFFSET(length), 1, 64 },
    { "minimum", "N", "Words seen less often are UNK", OFFSET(minimum), 1, 1000000 },
    { "width", "N", "Width of the LSTM, or of the transformer", OFFSET(width), 2, 65536 },
    { "embed", "N", "Show-Attend-Tell: width of a word", OFFSET(embed), 1, 65536 },
    { "attention", "N", "Show-Attend-Tell: width of the attention", OFFSET(attention), 1, 65536 },
    { "hidden", "N", "Transformer: width of the feed-forward layers", OFFSET(hidden), 1, 65536 },
    { "layers", "N", "Transformer: encoder layers, and decoder layers", OFFSET(layers), 1, 64 },
    { "heads", "N", "Transformer: heads of its attention", OFFSET(heads), 1, 65536 },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static const struct real_option {
    const char *name, *doc;
    size_t offset;
    double high;
} reals[] = {
    { "rate", "Greatest learning rate (default: 0.001; transformer: 0.0005)", OFFSET(rate), 1 },
    { "clamp", "Bound of each gradient, 0: none (default: 0.1)", OFFSET(clamp), 1e9 },
    { "smoothing", "Share of the labels' weight that other words get (default: 0)",
      OFFSET(smoothing), 0.999 },
    { "dropout", "Dropout (default: 0.2; published sizes: 0.5; transformer: 0.1)", OFFSET(dropout),
      0.999 },
    { "input-dropout", "Transformer: dropout of what goes in (default: 0.1; published sizes: 0.5)",
      OFFSET(input_dropout), 0.999 },
};

enum {
    REALS = sizeof reals / sizeof *reals,
    REAL_KEY = NUMBER_OPTION_KEY + NUMBERS,
};

enum {
    KEY_CATALOGUE = 1,
    KEY_OUT,
    KEY_TRAIN,
    KEY_VALIDATION,
    KEY_FEATURES,
    KEY_MODEL,
    KEY_SIZE,
    KEY_INPUT,
    KEY_CRITIQUES
};

/* Sizes that are not given are those of the model, which may be named later. */
struct train_arguments {
    struct common_options common;
    struct gmr_captioner_training_options options, given;
    bool is_given[NUMBERS + REALS];
    size_t model, size, input, critiques; /* places in the lists below */
    struct gmr_captioner_training_result result;
};

/* In the order of their enumerations. */
static const char *const models[] = { "show-attend-tell", "transformer", NULL };
static const char *const sizes[] = { "small", "published", NULL };
static const char *const inputs[] = { "difference", "both", "target", "usual", NULL };
static const char *const critiques[] = { "attributes", "captions", NULL };

enum { USUAL_INPUT = 3 };

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

static void finish(const struct argp_state *state, struct train_arguments *a)
{
    const struct gmr_captioner_training_options *given = &a->given;
    if (!given->catalogue)
        usage_error(state, "--catalogue is missing: what shall be learned from?");
    if (!given->out)
        usage_error(state, "--out is missing: where shall the run be?");
    a->options = gmr_captioner_training_options_default((enum gmr_captioner_kind)a->model,
                                                        (enum gmr_captioner_size)a->size);
    take_given(a);
    a->options.catalogue = given->catalogue;
    a->options.out = given->out;
    a->options.features = given->features ? given->features : data_file(DATA_FILE_ENCODER);
    if (!a->options.features)
        usage_error(state, "--features is missing, and the encoder that comes with gommir is not "
                           "there");
    if (given->train)
        a->options.train = given->train;
    if (given->validation)
        a->options.validation = given->validation;
    if (a->input != USUAL_INPUT)
        a->options.input = (enum gmr_captioner_input)a->input;
    a->options.critiques = (enum gmr_critiques)a->critiques;
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

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct train_arguments *a = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->common; return 0;
    case KEY_CATALOGUE: a->given.catalogue = argument; return 0;
    case KEY_OUT: a->given.out = argument; return 0;
    case KEY_TRAIN: a->given.train = argument; return 0;
    case KEY_VALIDATION: a->given.validation = argument; return 0;
    case KEY_FEATURES: a->given.features = argument; return 0;
    case KEY_MODEL: a->model = word_option_read(state, "model", argument, models); return 0;
    case KEY_SIZE: a->size = word_option_read(state, "size", argument, sizes); return 0;
    case KEY_INPUT: a->input = word_option_read(state, "input", argument, inputs); return 0;
    case KEY_CRITIQUES:
        a->critiques = word_option_read(state, "critiques", argument, critiques);
        return 0;
    case ARGP_KEY_ARG: usage_error(state, "unexpected argument '%s'", argument);
    case ARGP_KEY_END: finish(state, a); return 0;
    default: break;
    }
    if (key < NUMBER_OPTION_KEY || key >= REAL_KEY + REALS)
        return ARGP_ERR_UNKNOWN;
    read_number(a, state, (size_t)(key - NUMBER_OPTION_KEY), argument);
    return 0;
}

static const struct argp_option words[] = {
    { "catalogue", KEY_CATALOGUE, "CAT", 0, "The catalogue to learn from", 0 },
    { "out", KEY_OUT, "RUN", 0, "The directory of the run; made when there is none", 0 },
    { "train", KEY_TRAIN, "SPLIT", 0, "Split to learn from (default: train)", 0 },
    { "validation", KEY_VALIDATION, "SPLIT", 0,
      "Split that chooses the best epoch (default: validation)", 0 },
    { "features", KEY_FEATURES, "W", 0,
      "Weights of what looks at pictures: an encoder, or torchvision's ResNet-101 (default: the "
      "encoder that comes with gommir)",
      0 },
    { "model", KEY_MODEL, "NAME", 0, "show-attend-tell or transformer (default: show-attend-tell)",
      0 },
    { "size", KEY_SIZE, "NAME", 0, "small, or published: the paper's sizes (default: small)", 0 },
    { "input", KEY_INPUT, "NAME", 0,
      "What is read of target g and candidate u: difference [g; g - u], both [g; u], target [g; 0] "
      "(default: difference; transformer: both)",
      0 },
    { "critiques", KEY_CRITIQUES, "WHOSE", 0,
      "Whose critiques are learned: attributes, of the attribute critic, or captions, of people, "
      "that the catalogue holds (default: attributes)",
      0 },
};

enum { WORDS = sizeof words / sizeof *words };

static void read_arguments(int argc, char **argv, struct train_arguments *a)
{
    static const struct argp_child children[] = { { &common_job_argp, 0, "Common options:", 1 },
                                                  { 0 } };
    const struct gmr_captioner_training_options shown =
        gmr_captioner_training_options_default(GMR_CAPTIONER_TRANSFORMER, GMR_CAPTIONER_SMALL);
    struct gmr_captioner_training_options defaults =
        gmr_captioner_training_options_default(GMR_CAPTIONER_SHOW_ATTEND_TELL, GMR_CAPTIONER_SMALL);
    struct argp_option options[WORDS + NUMBERS + REALS + 1] = { 0 };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Trains a relative captioner: a simulated user, who sees the wanted picture and "
               "another and says what the other lacks. RUN/best.safetensors is then a critic for "
               "`gommir simulate`. Stopped, the same command goes on where it stood.",
        .children = children,
    };
    *a = (struct train_arguments){ .common = common_options_default(), .input = USUAL_INPUT };
    defaults.hidden = shown.hidden;
    defaults.layers = shown.layers;
    defaults.heads = shown.heads;
    memcpy(options, words, sizeof words);
    number_options_describe(numbers, NUMBERS, &defaults, docs, options + WORDS);
    for (size_t i = 0; i < REALS; i++)
        options[WORDS + NUMBERS + i] = (struct argp_option){
            .name = reals[i].name, .key = REAL_KEY + (int)i, .arg = "X", .doc = reals[i].doc
        };
    command_parse(&argp, "gommir train captioner", argc, argv, a);
}

/* ---- results ---- */

static void print_json(const struct gmr_captioner_training_result *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_count(&json, "items", r->items);
    json_count(&json, "held_out", r->held_out);
    json_count(&json, "parameters", r->parameters);
    json_count(&json, "vocabulary", r->vocabulary);
    json_count(&json, "steps", r->steps);
    json_count(&json, "epochs", r->epochs);
    json_count(&json, "best_epoch", r->best_epoch);
    json_number(&json, "loss", r->loss);
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}

static void print_table(const char *out, const struct gmr_captioner_training_result *r)
{
    printf("%s/best.safetensors: epoch %zu of %zu\n\n", out, r->best_epoch, r->epochs);
    printf("  %-12s%zu learned from, %zu held out\n", "pictures", r->items, r->held_out);
    printf("  %-12s%zu, and %zu words\n", "parameters", r->parameters, r->vocabulary);
    printf("  %-12sloss %.3f a word, as if one of %.1f words were guessed\n", "held out", r->loss,
           exp(r->loss));
    printf("  %-12s%.1f s\n", "time", r->seconds);
}

/* ---- the command ---- */

static enum gmr_status train(struct gmr_context *context, void *user)
{
    struct train_arguments *arguments = user;
    return gmr_captioner_train(context, &arguments->options, &arguments->result);
}

enum exit_status cmd_train_captioner(int argc, char **argv)
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
