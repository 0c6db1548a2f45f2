/* Training that is killed at any moment goes on where it last stood and ends with the same weights
 * as a run that was not. All of it happens in child processes: threads of OpenMP do not survive a
 * fork. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/scratch.h"
#include "support/training.h"

enum { STEPS = 6 /* of the whole run: two epochs of three batches */, NEVER = 1000 };

static void kill_at(void *user, const struct gmr_progress_report *report)
{
    const size_t *step = user;
    if (strcmp(report->job, "training") == 0 && report->done == *step)
        kill(getpid(), SIGKILL);
}

static int train(const char *name, size_t step)
{
    const struct encoder_training_settings settings = training_settings();
    const struct gmr_progress progress = { .report = kill_at, .user = &step };
    struct encoder_training_result result;
    if (training_run(NULL, &settings, name, &progress, &result) != GMR_OK)
        return 1;
    return result.steps == STEPS ? 0 : 2;
}

/* Returns how the child ended. */
static int in_child(int (*work)(const char *name, size_t step), const char *name, size_t step)
{
    int status;
    const pid_t child = fork();
    if (child == 0)
        _exit(work(name, step));
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int draw(const char *name, size_t step)
{
    training_catalogue();
    return 0;
}

static void killed_runs_end_as_unbroken_ones(void **state)
{
    assert_int_equal(in_child(draw, NULL, 0), 0);
    assert_int_equal(in_child(train, "whole", NEVER), 0);
    for (size_t step = 1; step <= STEPS; step++) {
        const int status = in_child(train, "parts", step);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    assert_int_equal(in_child(train, "parts", NEVER), 0);
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
    assert_true(training_same_file("whole/last.safetensors", "parts/last.safetensors"));
    assert_true(training_same_file("whole/metrics.json", "parts/metrics.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_runs_end_as_unbroken_ones, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
