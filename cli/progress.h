/* Shows on standard error how far a job is: a bar, redrawn in place, on a terminal; elsewhere now
 * and then a line.
 *
 *     struct progress progress;
 *     options.progress = progress_begin(&progress, quiet);
 *     ... the job ...
 *     progress_clear(&progress);
 *
 * The callbacks also stop the job when a signal asked for it (interrupt.h). */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <gommir/context.h>

struct progress {
    bool quiet, live; /* live: a terminal, where a line can be drawn again */
    bool drawn;       /* the line at the cursor is a bar */
    char job[64];     /* the present one */
    uint64_t first;   /* what the first report of this job had done, at time `started` */
    double started;
    double shown;   /* time of the last bar or line of this job */
    uint64_t tenth; /* tenths done at the last line */
};

/* For the options of a job; borrows `progress`. From now on signals ask the job to stop. */
struct gmr_progress progress_begin(struct progress *progress, bool quiet);

/* Removes the bar. */
void progress_clear(struct progress *progress);

#endif
