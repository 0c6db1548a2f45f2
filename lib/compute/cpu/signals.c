#include "compute/cpu/signals.h"

/* What a thread had before signals_hold_team. */
static _Thread_local sigset_t held_by_team;

static sigset_t all_but_faults(void)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS };
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&set, faults[i]);
    return set;
}

void signals_hold(sigset_t *held)
{
    const sigset_t set = all_but_faults();
    pthread_sigmask(SIG_BLOCK, &set, held);
}

void signals_release(const sigset_t *held)
{
    pthread_sigmask(SIG_SETMASK, held, NULL);
}

void signals_hold_team(void)
{
#pragma omp parallel
    signals_hold(&held_by_team);
}

void signals_release_team(void)
{
#pragma omp parallel
    signals_release(&held_by_team);
}
