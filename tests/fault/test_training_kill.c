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

#include "support/recommender_runs.h"
#include "support/scratch.h"
#include "support/training.h"

enum { STEPS = 6 /* of the whole run: two epochs of three batches */, NEVER = 1000 };

static void kill_at(void *user, const struct gmr_progress_report *report)
{
    const size_t *step = user;
    if (strcmp(report->job, "training") == 0 && report->done == *step)
        kill(getpid(), SIGKILL);
}

/* Steps of policy learning come after those of the supervised stage. */
static void kill_in_stage(void *user, const struct gmr_progress_report *report)
{
    const size_t *step = user;
    const bool policy = strcmp(report->job, "policy learning") == 0;
    if (strcmp(report->unit, "batch") == 0 && report->done + (policy ? report->total : 0) == *step)
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

/* ---- recommenders ---- */

enum { RECOMMENDER_EPOCH = 4, RECOMMENDER_STEPS = 4 * RECOMMENDER_EPOCH };

static int recommend(const char *name, size_t step)
{
    struct gmr_recommender_training_options options = recommending_options(name);
    struct gmr_recommender_training_result result;
    options.progress = (struct gmr_progress){ .report = kill_in_stage, .user = &step };
    if (recommending_train(NULL, &options, &result) != GMR_OK)
        return 1;
    return result.supervised.steps + result.reinforced.steps == RECOMMENDER_STEPS ? 0 : 2;
}

static int set_up(const char *name, size_t step)
{
    recommending_setup();
    return 0;
}

/* What is said is encoded anew, as if the first run had not been. */
static void forget_critiques(void)
{
    assert_int_equal(unlink(in_scratch("shop/critiques.db")), 0);
}

static void killed_recommenders_end_as_unbroken_ones(void **state)
{
    assert_int_equal(in_child(set_up, NULL, 0), 0);
    assert_int_equal(in_child(recommend, "whole", NEVER), 0);
    forget_critiques();
    for (size_t step = 1; step <= RECOMMENDER_STEPS; step += 3) {
        const int status = in_child(recommend, "parts", step);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    assert_int_equal(in_child(recommend, "parts", NEVER), 0);
    assert_true(training_same_file("whole/best.safetensors", "parts/best.safetensors"));
    assert_true(training_same_file("whole/metrics.json", "parts/metrics.json"));
    assert_true(training_same_file("whole/supervised/best.safetensors",
                                   "parts/supervised/best.safetensors"));
    assert_true(training_same_file("whole/reinforced/last.safetensors",
                                   "parts/reinforced/last.safetensors"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(killed_recommenders_end_as_unbroken_ones, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(killed_runs_end_as_unbroken_ones, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
