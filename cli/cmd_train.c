/* gommir train: the table of its commands. */
#include "group.h"

static const struct command commands[] = {
    { "captioner", "Train a simulated user on critiques of pairs of pictures",
      cmd_train_captioner },
    { "encoder", "Train a small CLIP on the pictures and words of catalogues", cmd_train_encoder },
    { "recommender", "Train a model of wishes in dialogues with simulated users",
      cmd_train_recommender },
};

enum exit_status cmd_train(int argc, char **argv)
{
    static const struct command_group group = { "gommir train",
                                                "Trains models. A run is a directory: the same "
                                                "command goes on with it after a stop.\v ",
                                                commands, sizeof commands / sizeof *commands };
    return command_group_run(&group, argc, argv);
}
