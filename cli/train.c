#include "train.h"

#include "progress.h"

enum exit_status train_run(const struct common_options *common, struct gmr_progress *progress,
                           const char *run, train_call *call, void *arguments)
{
    struct progress shown;
    struct gmr_context *context;
    const enum exit_status exit_status = common_context(common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    *progress = progress_begin(&shown, common->quiet);
    const enum gmr_status status = call(context, arguments);
    progress_clear(&shown);
    gmr_context_destroy(context);
    return status == GMR_OK ? EXIT_DONE : common_run_failed(status, run);
}
