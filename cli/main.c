/* gommir: `gommir VERB [OPTIONS]`. This file holds the table of commands; each is a file cmd_*.c.
 * The program sees <gommir/...> only. */
#include <locale.h>

#include "common.h"
#include "group.h"
#include "output.h"

static const struct command commands[] = {
    { "catalogue", "Import, generate and look into catalogues of products", cmd_catalogue },
    { "compare", "Compare recommenders on a split of a catalogue", cmd_compare },
    { "convert", "Convert a checkpoint to safetensors, its tensors under their usual names",
      cmd_convert },
    { "demo", "Train a small model on generated items and compare it with chance", cmd_demo },
    { "encode", "Turn pictures and texts into vectors", cmd_encode },
    { "evaluate", "Measure an encoder on a split of a catalogue", cmd_evaluate },
    { "inspect", "List the tensors and metadata of a file of weights", cmd_inspect },
    { "replay", "Play recorded dialogues to a recommender", cmd_replay },
    { "simulate", "Let a simulated user criticise pairs of products", cmd_simulate },
    { "train", "Train models on catalogues", cmd_train },
};

int main(int argc, char **argv)
{
    static const struct command_group gommir = { "gommir",
                                                 "Conversational search in a catalogue of "
                                                 "pictures.\v ",
                                                 commands, sizeof commands / sizeof *commands };
    output_open();
    setlocale(LC_CTYPE, ""); /* only characters: numbers and messages are the same everywhere */
    usage_init(argv);
    return (int)command_group_run(&gommir, argc, argv);
}
