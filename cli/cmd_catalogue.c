/* gommir catalogue: the table of its commands. */
#include "group.h"

static const struct command commands[] = {
    { "import", "Make or update a catalogue from files", cmd_catalogue_import },
    { "generate", "Draw a catalogue of illustrated fashion", cmd_catalogue_generate },
    { "info", "Count items, splits, attributes and embeddings", cmd_catalogue_info },
    { "show", "Show one item", cmd_catalogue_show },
    { "export", "Print the items as lines of JSON", cmd_catalogue_export },
};

enum exit_status cmd_catalogue(int argc, char **argv)
{
    static const struct command_group group = { "gommir catalogue",
                                                "Makes catalogues of products and looks into "
                                                "them. A catalogue is a directory.\v ",
                                                commands, sizeof commands / sizeof *commands };
    return command_group_run(&group, argc, argv);
}
