/* Signals wait while oneDNN computes.
 *
 * The kernels of its matrix products, in all versions before 3.12, use the stack pointer to walk
 * along a buffer on the heap. A handler that runs meanwhile writes its frame there: the heap is
 * damaged, and the process dies later, or goes on with other numbers
 * (https://github.com/uxlfoundation/oneDNN/issues/4845). So whoever calls them holds back all
 * signals of the thread for as long; they are delivered right after, or to another thread. Faults
 * (SIGSEGV and the like) are not held. Costs two system calls, less than a microsecond. */
#ifndef COMPUTE_CPU_SIGNALS_H
#define COMPUTE_CPU_SIGNALS_H

#include <signal.h>

/* Of the calling thread; `held` is for signals_release. */
void signals_hold(sigset_t *held);
void signals_release(const sigset_t *held);

/* Of the calling thread and of all threads of its OpenMP team, for primitives that deal out their
 * work themselves. */
void signals_hold_team(void);
void signals_release_team(void);

#endif
