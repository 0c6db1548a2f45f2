/* Signals that stop a job. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int signals[] = { SIGINT, SIGTERM };
enum { SIGNALS = sizeof signals / sizeof *signals };

static volatile sig_atomic_t requested;

static void request(int number)
{
    (void)number;
    requested = 1;
    for (size_t i = 0; i < SIGNALS; i++)
        signal(signals[i], SIG_DFL);
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
    return requested != 0;
}
