/* Signals that stop a job. */
#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static const int signals[] = { SIGINT, SIGTERM };
enum { SIGNALS = sizeof signals / sizeof *signals };

/* One wish to stop may come as two signals: `timeout` sends one to its child and another to the
 * group, a terminal and a script may both send theirs. */
static const long long same_wish = 100000000; /* nanoseconds */

static atomic_llong requested; /* when, from 1 on; 0: not */

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return 1 + time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Who asks again, and does not want to wait, gets what the signal does by itself. */
static void request(int number)
{
    long long first = 0;
    const long long time = now();
    if (atomic_compare_exchange_strong(&requested, &first, time) || time - first < same_wish)
        return;
    signal(number, SIG_DFL);
    raise(number);
}

void interrupt_catch(void)
{
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction old, action = { .sa_handler = request, .sa_flags = SA_RESTART };
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

bool interrupt_requested(void *user)
{
    (void)user;
    return atomic_load(&requested) != 0;
}
