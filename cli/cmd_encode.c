/* gommir encode: one text or picture to a vector, or all items of a catalogue. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include <gommir/encoder.h>

#include "command.h"
#include "common.h"
#include "data_file.h"
#include "encode_catalogue.h"
#include "input.h"
#include "json.h"
#include "output.h"

enum { KEY_WEIGHTS = 1, KEY_VOCABULARY, KEY_TEXT, KEY_IMAGE, KEY_GELU, KEY_NAME };

struct encode_arguments {
    struct encode_catalogue job; /* its `common` and `encoder` are those of the others, too */
    const char *text, *image;    /* one of them, or a catalogue */
    const char *name;
};

/* ---- arguments ---- */

static void check(struct encode_arguments *arguments, const struct argp_state *state)
{
    const int things =
        (arguments->text != NULL) + (arguments->image != NULL) + (arguments->job.path != NULL);
    if (!arguments->job.encoder.weights)
        arguments->job.encoder.weights = data_file(DATA_FILE_ENCODER);
    if (!arguments->job.encoder.weights)
        usage_error(state, "--weights is missing, and the encoder that comes with gommir is not "
                           "there");
    if (things != 1)
        usage_error(state, "encode takes one of a catalogue, --text and --image");
    if (arguments->name && !arguments->job.path)
        usage_error(state, "--name is of the embedding of a catalogue, and there is none");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct encode_arguments *arguments = state->input;
    struct gmr_encoder_options *encoder = &arguments->job.encoder;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->job.common; return 0;
    case KEY_WEIGHTS: encoder->weights = argument; return 0;
    case KEY_VOCABULARY: encoder->vocabulary = argument; return 0;
    case KEY_GELU: encoder->exact_gelu = true; return 0;
    case KEY_TEXT: arguments->text = argument; return 0;
    case KEY_IMAGE: arguments->image = argument; return 0;
    case KEY_NAME: arguments->name = argument; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0)
            usage_error(state, "there is one argument too many, '%s'", argument);
        arguments->job.path = argument;
        return 0;
    case ARGP_KEY_END: check(arguments, state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static struct encode_arguments read_arguments(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "weights", KEY_WEIGHTS, "FILE", 0,
          "The encoder: a checkpoint of CLIP, of any kind (default: the small one of fashion that "
          "comes with gommir)",
          0 },
        { "vocab", KEY_VOCABULARY, "FILE", 0,
          "Its vocabulary (default: the one inside the weights, or beside them)", 0 },
        { "gelu", KEY_GELU, NULL, 0, "Compute exact GELU instead of QuickGELU", 0 },
        { "text", KEY_TEXT, "TEXT", 0, "Encode this text", 0 },
        { "image", KEY_IMAGE, "FILE", 0, "Encode this picture ('-': standard input)", 0 },
        { "name", KEY_NAME, "NAME", 0,
          "Of the catalogue's embedding: letters, digits, '.', '_' and '-' (default clip)", 0 },
        { 0 },
    };
    static const struct argp_child children[] = { { &common_job_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "CAT\n--text=TEXT\n--image=FILE",
        .doc = "Gives all items of a catalogue vectors: those that have a picture and no vector of "
               "this encoder yet. Interrupted, the same command goes on where it was. Or prints "
               "the vector of one text or picture, a number a line, as it is: not normalised.",
        .children = children,
    };
    struct encode_arguments arguments = { .job = { .options = gmr_encode_options_default(),
                                                   .common = common_options_default() } };
    command_parse(&argp, "gommir encode", argc, argv, &arguments);
    if (arguments.name)
        arguments.job.options.name = arguments.name;
    return arguments;
}

/* ---- one vector ---- */

static void print_json(const float *vector, size_t width)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_open(&json, "embedding", '[');
    for (size_t i = 0; i < width; i++)
        json_single(&json, NULL, vector[i]);
    json_close(&json, ']');
    json_close(&json, '}');
}

static void print(const float *vector, size_t width, bool json)
{
    if (json) {
        print_json(vector, width);
        return;
    }
    for (size_t i = 0; i < width; i++)
        printf("%.9g\n", (double)vector[i]);
}

static enum exit_status encode_picture(struct gmr_encoder *encoder, const char *path, float *vector)
{
    struct gmr_picture_bytes picture = { .name = input_name(path) };
    void *bytes;
    enum exit_status exit_status = input_file(path, &bytes, &picture.size);
    if (exit_status != EXIT_DONE)
        return exit_status;
    picture.bytes = bytes;
    if (gmr_encoder_pictures(encoder, &picture, 1, vector) != GMR_OK)
        exit_status = common_failed();
    free(bytes);
    return exit_status;
}

static enum exit_status encode_text(struct gmr_encoder *encoder, const char *text, float *vector)
{
    return gmr_encoder_texts(encoder, &text, 1, vector) == GMR_OK ? EXIT_DONE : common_failed();
}

static enum exit_status print_vector(struct gmr_encoder *encoder,
                                     const struct encode_arguments *arguments)
{
    const size_t width = gmr_encoder_width(encoder);
    float *vector = calloc(width, sizeof *vector);
    if (!vector) {
        output_message("out of memory");
        return EXIT_FAILED;
    }
    enum exit_status exit_status = arguments->text
                                       ? encode_text(encoder, arguments->text, vector)
                                       : encode_picture(encoder, arguments->image, vector);
    if (exit_status == EXIT_DONE)
        print(vector, width, arguments->job.common.json);
    free(vector);
    return exit_status;
}

static enum exit_status encode_one(struct gmr_context *context,
                                   const struct encode_arguments *arguments)
{
    struct gmr_encoder *encoder;
    if (gmr_encoder_open(context, &arguments->job.encoder, &encoder) != GMR_OK)
        return common_failed();
    const enum exit_status exit_status = print_vector(encoder, arguments);
    gmr_encoder_close(encoder);
    return exit_status;
}

/* ---- the command ---- */

enum exit_status cmd_encode(int argc, char **argv)
{
    const struct encode_arguments arguments = read_arguments(argc, argv);
    struct gmr_context *context;
    enum exit_status exit_status = common_context(&arguments.job.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    exit_status = arguments.job.path ? encode_catalogue(context, &arguments.job)
                                     : encode_one(context, &arguments);
    gmr_context_destroy(context);
    return exit_status;
}
