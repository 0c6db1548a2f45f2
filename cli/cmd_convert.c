/* gommir convert: checkpoints of any kind to safetensors files. */
#include <argp.h>
#include <string.h>

#include <gommir/weights.h>

#include "command.h"
#include "common.h"
#include "output.h"
#include "progress.h"

enum { KEY_MODEL = 1, KEY_INFOS, KEY_VOCABULARY, KEY_HALF, KEY_GELU };

struct convert_arguments {
    struct common_options common;
    const char *path[2]; /* from, to */
    struct gmr_convert_options options;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    static const char *const names[] = { "the checkpoint", "the file to write", NULL };
    struct convert_arguments *arguments = state->input;
    if (command_take_argument(key, argument, state, names, arguments->path)) {
        if (argument && strcmp(argument, "-") == 0)
            usage_error(state, "cannot convert through a pipe: both files need a name");
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &arguments->common; return 0;
    case KEY_MODEL: arguments->options.model = argument; return 0;
    case KEY_INFOS: arguments->options.infos = argument; return 0;
    case KEY_VOCABULARY: arguments->options.vocabulary = argument; return 0;
    case KEY_HALF: arguments->options.half = true; return 0;
    case KEY_GELU: arguments->options.exact_gelu = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static struct convert_arguments read_arguments(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "model", KEY_MODEL, "NAME", 0,
          "Which recommender it is, where the tensors do not tell: gommir-no-comp, ir-img, ir-txt, "
          "mmt; gommir, or what differs from it in training only; or captioner",
          0 },
        { "infos", KEY_INFOS, "FILE", 0,
          "A captioner of PyTorch: the pickle of its options and words (default: infos_best.pkl or "
          "infos.pkl beside IN)",
          0 },
        { "vocab", KEY_VOCABULARY, "FILE", 0,
          "CLIP: put this vocabulary into the file (bpe_simple_vocab_16e6.txt.gz, merges.txt)", 0 },
        { "half", KEY_HALF, NULL, 0, "CLIP: store matrices in half precision", 0 },
        { "gelu", KEY_GELU, NULL, 0,
          "CLIP: note that it was trained with exact GELU instead of QuickGELU", 0 },
        { 0 },
    };
    static const struct argp_child children[] = { { &common_output_argp, 0, NULL, 0 }, { 0 } };
    static const struct argp argp = {
        .options = options,
        .parser = parse,
        .args_doc = "IN OUT",
        .doc = "Converts a checkpoint to a safetensors file that says what it holds. CLIP may come "
               "from OpenAI, open_clip or Hugging Face, as TorchScript, of torch.save or in "
               "safetensors; its tensors get OpenAI's names. Recommenders and captioners keep "
               "theirs; the words of a captioner are put into the file. Types stay as they are. "
               "OUT may be IN.",
        .children = children,
    };
    struct convert_arguments arguments = { .common = common_options_default() };
    command_parse(&argp, "gommir convert", argc, argv, &arguments);
    arguments.options.input = arguments.path[0];
    arguments.options.output = arguments.path[1];
    return arguments;
}

static enum exit_status finish(enum gmr_status status, const char *output)
{
    if (status == GMR_OK)
        return EXIT_DONE;
    if (status != GMR_ERR_CANCELLED)
        return common_failed();
    output_message("stopped; '%s' is as it was", output);
    return EXIT_FAILED;
}

enum exit_status cmd_convert(int argc, char **argv)
{
    struct convert_arguments arguments = read_arguments(argc, argv);
    struct progress progress;
    struct gmr_context *context;
    enum exit_status exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    arguments.options.progress = progress_begin(&progress, arguments.common.quiet);
    const enum gmr_status status = gmr_weights_convert(context, &arguments.options);
    progress_clear(&progress);
    gmr_context_destroy(context);
    return finish(status, arguments.options.output);
}
