/* Log lines and progress reports on their way to the user's callbacks. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <gommir/context.h>

/* Sends one line to the logger; does nothing when `logger` is NULL or silent. A line above
 * TEXT_LINE_SIZE is cut, what is not printable UTF-8 becomes '?' (base/text.h). */
void log_write(const struct gmr_logger *logger, enum gmr_log_level level, const char *format, ...)
    GMR_PRINTF(3, 4);

/* Reports `done` of `total`; `note` may be NULL. `progress` NULL is fine, as in the next call. */
void progress_report(const struct gmr_progress *progress, const char *job, const char *unit,
                     uint64_t done, uint64_t total, const char *note);

/* GMR_ERR_CANCELLED (with a message that names the job) when the user wants to stop, else GMR_OK.
 */
enum gmr_status progress_check(const struct gmr_progress *progress, const char *job);

#endif
