/* Ctrl-C (SIGINT) and SIGTERM ask a job to stop; the second of them ends the process at once. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on a signal is noted. One that is ignored, as nohup does, stays ignored. */
void interrupt_catch(void);

/* True once a signal came. Fits `cancelled` of struct gmr_progress; `user` is not used. */
bool interrupt_requested(void *user);

#endif
