/* Log lines and progress reports on their way to the user's callbacks. */
#include "base/log.h"

#include <stdarg.h>

#include "base/status.h"
#include "base/text.h"

void log_write(const struct gmr_logger *logger, enum gmr_log_level level, const char *format, ...)
{
    if (!logger || !logger->write)
        return;
    char line[TEXT_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_format(line, sizeof line, format, arguments);
    va_end(arguments);
    logger->write(logger->user, level, line);
}

void progress_report(const struct gmr_progress *progress, const char *job, const char *unit,
                     uint64_t done, uint64_t total, const char *note)
{
    if (!progress || !progress->report)
        return;
    struct gmr_progress_report report = {
        .job = job, .unit = unit, .done = done, .total = total, .note = note ? note : ""
    };
    progress->report(progress->user, &report);
}

enum gmr_status progress_check(const struct gmr_progress *progress, const char *job)
{
    if (progress && progress->cancelled && progress->cancelled(progress->user))
        return gmr_error(GMR_ERR_CANCELLED, "%s was cancelled", job);
    return GMR_OK;
}
