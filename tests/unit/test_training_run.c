/* The loop of trainings: which epoch is kept, when patience ends. What is learned is a count, so
 * that weights tell the epoch they are of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

#include "base/status.h"
#include "learning/training_run.h"
#include "nn/parameters.h"
#include "support/scratch.h"

enum { EPOCHS = 6, BATCHES = 2 };

static struct compute *compute;

/* Scores of the epochs; each batch adds 1 to the only weight. */
struct course {
    struct parameters parameters;
    struct tensor *weight;
    const double *score;
    size_t epoch; /* the present one */
};

static enum gmr_status seek(void *user, uint64_t epoch, size_t batch)
{
    struct course *c = user;
    (void)batch;
    c->epoch = (size_t)epoch;
    return GMR_OK;
}

static enum gmr_status learn(void *user, struct tape *tape, double *loss)
{
    (void)user;
    (void)tape;
    *loss = 1;
    return GMR_OK;
}

static void count_step(void *user)
{
    struct course *c = user;
    tensor_real(c->weight)[0] += 1;
}

static enum gmr_status judge(void *user, const char *name, double *score, json_t *line)
{
    struct course *c = user;
    (void)name;
    (void)line;
    *score = c->score[c->epoch];
    return GMR_OK;
}

static enum gmr_status write(void *user, const char *path, const struct safetensors_metadata *state,
                             size_t count)
{
    const struct course *c = user;
    return parameters_save(&c->parameters, path, state, count);
}

/* ---- runs ---- */

static void course_begin(struct course *c, const double *score)
{
    *c = (struct course){ .score = score };
    parameters_init(&c->parameters, NULL);
    c->weight =
        parameters_declare(&c->parameters, "weight", (size_t[]){ 1 }, 1, initial_constant(0));
    assert_int_equal(parameters_create(&c->parameters, compute), GMR_OK);
    parameters_initialise(&c->parameters, 1);
}

/* The epoch that the best weights are of, by the weights themselves. */
static size_t epoch_of_best(struct course *c)
{
    assert_int_equal(parameters_load(&c->parameters, in_scratch("run/" TRAINING_BEST)), GMR_OK);
    return (size_t)lround((double)tensor_real(c->weight)[0]) / BATCHES;
}

struct outcome {
    size_t epochs, best, kept; /* kept: whose weights the file of the best has */
};

static struct outcome run(const double score[EPOCHS], bool lower_is_better, size_t patience)
{
    struct course c;
    const struct training_job job = { .user = &c,
                                      .seek = seek,
                                      .learn = learn,
                                      .after_step = count_step,
                                      .judge = judge,
                                      .write = write,
                                      .score = "score",
                                      .lower_is_better = lower_is_better };
    const struct training_schedule schedule = {
        .epochs = EPOCHS, .batches = BATCHES, .constant = true, .patience = patience
    };
    struct training_run r;
    bool begins;
    course_begin(&c, score);
    training_run_init(&r, compute, NULL, NULL);
    assert_int_equal(training_run_open(&r, &job, schedule, &c.parameters, in_scratch("run"),
                                       json_pack("{s:s}", "job", "test"), &begins),
                     GMR_OK);
    assert_true(begins);
    assert_int_equal(training_run_learn(&r), GMR_OK);
    struct outcome outcome = { .epochs = r.epochs, .best = r.best_epoch };
    training_run_close(&r);
    outcome.kept = epoch_of_best(&c);
    parameters_release(&c.parameters);
    return outcome;
}

static void check(const double score[EPOCHS], bool lower_is_better, size_t best)
{
    const struct outcome o = run(score, lower_is_better, 0);
    assert_int_equal(o.epochs, EPOCHS);
    assert_int_equal(o.best, best);
    assert_int_equal(o.kept, best);
}

static void of_equal_epochs_the_first_is_kept(void **state)
{
    (void)state;
    check((const double[EPOCHS]){ .2, .7, .5, .7, .7, .1 }, false, 2);
}

static void of_equal_losses_too(void **state)
{
    (void)state;
    check((const double[EPOCHS]){ 3, 1, 2, 1, 1, 4 }, true, 2);
}

static void a_better_one_takes_its_place(void **state)
{
    (void)state;
    check((const double[EPOCHS]){ .2, .2, .3, .3, .4, .39 }, false, 5);
}

/* Where no epoch is worth anything there are still weights. */
static void the_first_is_kept_if_all_are_zero(void **state)
{
    (void)state;
    check((const double[EPOCHS]){ 0 }, false, 1);
}

static void equal_epochs_try_patience(void **state)
{
    (void)state;
    const struct outcome o = run((const double[EPOCHS]){ .2, .7, .7, .7, .8, .9 }, false, 2);
    assert_int_equal(o.epochs, 4);
    assert_int_equal(o.best, 2);
    assert_int_equal(o.kept, 2);
}

static int setup(void **state)
{
    scratch_setup(state);
    return compute_create_reference(NULL, &compute) == GMR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    compute_destroy(compute);
    return scratch_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_equal_epochs_the_first_is_kept), TEST(of_equal_losses_too),
        TEST(a_better_one_takes_its_place),      TEST(the_first_is_kept_if_all_are_zero),
        TEST(equal_epochs_try_patience),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
