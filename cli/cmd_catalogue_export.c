/* gommir catalogue export: the items as lines of JSON, which import --format=jsonl reads again. */
#include <stdio.h>

#include "command.h"
#include "look.h"
#include "output.h"
#include "progress.h"

static bool write_line(void *user, const char *line, size_t length)
{
    (void)user;
    return output_write(line, length);
}

static enum exit_status run(struct gmr_catalogue *catalogue, const struct look *look)
{
    const struct gmr_line_writer writer = { .write = write_line };
    struct progress progress;
    const struct gmr_progress callbacks = progress_begin(&progress, look->common.quiet);
    enum gmr_status status = gmr_catalogue_export(catalogue, look->option, &writer, &callbacks);
    progress_clear(&progress);
    if (ferror(stdout))
        return EXIT_FAILED; /* the end of the program says why (output.h) */
    return status == GMR_OK ? EXIT_DONE : common_failed();
}

enum exit_status cmd_catalogue_export(int argc, char **argv)
{
    static const char *const arguments[] = { "the catalogue", NULL };
    static const struct argp_option options[] = {
        { "pictures", LOOK_OPTION_KEY, "FOLDER", 0,
          "Write the pictures to this folder, made when there is none", 0 },
        { 0 },
    };
    static const struct look_command command = {
        .name = "gommir catalogue export",
        .args_doc = "CAT",
        .doc = "Prints every item as one JSON object a line: key, title, description, attributes, "
               "splits and the name of its picture's file. 'gommir catalogue import "
               "--format=jsonl' reads it again.",
        .arguments = arguments,
        .options = options,
        .run = run,
    };
    return look_run(&command, argc, argv);
}
