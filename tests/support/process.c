/* Work done in a child process. */
#include "support/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gommir/status.h>

/* The child ends without flushing what its parent had buffered. */
static void answer(bool (*check)(void))
{
    bool yes = check();
    if (!yes)
        fprintf(stderr, "in a child: last error \"%s\"\n", gmr_error_message());
    _exit(yes ? 0 : 1);
}

static bool answered_true(pid_t child)
{
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("cannot run a child");
        exit(2);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool as_ordinary_user(bool (*check)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(2);
        answer(check);
    }
    return answered_true(child);
}

bool with_full_disk(size_t size, bool (*check)(void))
{
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = { .rlim_cur = size, .rlim_max = size };
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        answer(check);
    }
    return answered_true(child);
}
