#include "learning/training_run.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"

static const char *job_name(const struct training_run *run)
{
    return run->job->name ? run->job->name : "training";
}

/* ---- a step ---- */

static size_t all_steps(const struct training_run *run)
{
    return run->schedule.epochs * run->schedule.batches;
}

static double scheduled_rate(const struct training_run *run)
{
    const double warm_up = (double)run->schedule.warm_up, step = (double)run->step;
    if (run->schedule.constant)
        return run->schedule.rate;
    if (step < warm_up)
        return run->schedule.rate * (step + 1) / warm_up;
    const double rest = (double)all_steps(run) - warm_up;
    return run->schedule.rate * 0.5 * (1 + cos(M_PI * (step - warm_up) / rest));
}

/* What a step drops depends on its number, not on the steps that this call has made before. */
static void number_dropouts(struct training_run *run)
{
    enum { CALLS = 16 /* bits: more dropouts than a step has */ };
    run->tape.dropout_seed = run->schedule.seed;
    run->tape.dropout_calls = (uint64_t)run->step << CALLS;
}

static enum gmr_status learn_batch(struct training_run *run, double *loss)
{
    number_dropouts(run);
    parameters_clear_grad(run->parameters);
    return run->job->learn(run->job->user, &run->tape, loss);
}

/* Learns the batch once more and looks at each number, to say where they go wrong. */
static enum gmr_status explain(struct training_run *run)
{
    const size_t batches = run->schedule.batches, step = run->step + 1;
    double loss = 0;
    run->tape.check_finite = true;
    enum gmr_status status =
        run->job->seek(run->job->user, run->step / batches, run->step % batches);
    if (status == GMR_OK)
        status = learn_batch(run, &loss);
    run->tape.check_finite = false;
    if (status == GMR_OK)
        return gmr_error(GMR_ERR_NUMERIC, "step %zu: the %s is not finite", step,
                         isfinite(loss) ? "gradient" : "loss");
    return status == GMR_ERR_NUMERIC
               ? gmr_error(GMR_ERR_NUMERIC, "step %zu: %s", step, gmr_error_message())
               : status;
}

static enum gmr_status learn_finite(struct training_run *run, double *loss)
{
    const enum gmr_status status = learn_batch(run, loss);
    if (status == GMR_ERR_NUMERIC ||
        (status == GMR_OK &&
         (!isfinite(*loss) || !isfinite(parameters_grad_norm(run->parameters)))))
        return explain(run);
    return status;
}

static enum gmr_status make_step(struct training_run *run, double *loss)
{
    const struct training_job *job = run->job;
    TRY(learn_finite(run, loss));
    run->optimiser.settings.rate = scheduled_rate(run);
    if (job->before_step)
        job->before_step(job->user, run->optimiser.settings.rate);
    optimiser_step(&run->optimiser);
    if (job->after_step)
        job->after_step(job->user);
    run->step++;
    return GMR_OK;
}

/* ---- an epoch ---- */

static enum gmr_status log_batch(struct training_run *run, double loss)
{
    json_t *line = json_pack("{s:I, s:f, s:f}", "step", (json_int_t)run->step, "loss", loss, "rate",
                             run->optimiser.settings.rate);
    if (line && run->job->note)
        run->job->note(run->job->user, line);
    return run_log_write(&run->directory, line);
}

static void report(const struct training_run *run, size_t batch)
{
    char note[96];
    const size_t used =
        (size_t)snprintf(note, sizeof note, "loss %.4f", run->loss_sum / (double)batch);
    if (run->best_epoch > 0)
        snprintf(note + used, sizeof note - used, ", %s %.3f", run->job->score, run->best_score);
    progress_report(run->progress, job_name(run), "batch", run->step, all_steps(run), note);
}

/* What is left of the present epoch. */
static enum gmr_status learn_epoch(struct training_run *run)
{
    const size_t batches = run->schedule.batches, first = run->step % batches;
    TRY(run->job->seek(run->job->user, run->step / batches, first));
    for (size_t b = first; b < batches; b++) {
        double loss;
        TRY(progress_check(run->progress, job_name(run)));
        TRY(make_step(run, &loss));
        run->loss_sum += loss;
        TRY(log_batch(run, loss));
        report(run, b + 1);
    }
    return GMR_OK;
}

/* Of equal ones the first stays, as in the published runs (spec section 2.5). */
static bool is_best(const struct training_run *run, double score)
{
    if (run->best_epoch == 0)
        return true;
    return run->job->lower_is_better ? score < run->best_score : score > run->best_score;
}

static enum gmr_status judge(struct training_run *run, double *score)
{
    run->last_loss = run->loss_sum / (double)run->schedule.batches;
    json_t *line =
        json_pack("{s:I, s:f}", "epoch", (json_int_t)run->epochs + 1, "loss", run->last_loss);
    enum gmr_status status =
        line ? run->job->judge(run->job->user, TRAINING_LAST, score, line) : GMR_OK;
    if (status != GMR_OK) {
        json_decref(line);
        return status;
    }
    if (line)
        json_object_set_new(line, "seconds", json_real(clock_seconds() - run->start));
    return run_log_write(&run->directory, line);
}

static enum gmr_status end_epoch(struct training_run *run)
{
    double score = NAN;
    TRY(training_run_save(run));
    TRY(judge(run, &score));
    run->loss_sum = 0;
    run->epochs++;
    if (is_best(run, score)) {
        run->best_score = score;
        run->best_epoch = run->epochs;
        TRY(training_run_save_best(run));
    }
    return training_run_save(run);
}

/* ---- a run ---- */

/* The last batch of an epoch is learned, and the epoch not yet judged. */
static bool is_to_be_judged(const struct training_run *run)
{
    return run->step == (run->epochs + 1) * run->schedule.batches;
}

static bool is_patience_over(const struct training_run *run)
{
    return run->schedule.patience > 0 && run->epochs >= run->best_epoch + run->schedule.patience;
}

static enum gmr_status learn_epochs(struct training_run *run)
{
    const size_t batches = run->schedule.batches, done = run->epochs * batches;
    if (run->epochs > run->schedule.epochs || run->step < done || run->step > done + batches)
        return gmr_error(GMR_ERR_FORMAT, "run '%s' cannot have made %zu steps in %zu epochs",
                         run->directory.path, run->step, run->epochs);
    run->tape.training = run->tape.recording = true;
    while (run->epochs < run->schedule.epochs && !is_patience_over(run))
        TRY(is_to_be_judged(run) ? end_epoch(run) : learn_epoch(run));
    return GMR_OK;
}

enum gmr_status training_run_learn(struct training_run *run)
{
    const enum gmr_status status = learn_epochs(run);
    if (status != GMR_ERR_CANCELLED)
        return status;
    TRY(training_run_save(run));
    return gmr_error(GMR_ERR_CANCELLED, "%s was cancelled", job_name(run));
}

void training_run_init(struct training_run *run, struct compute *compute,
                       const struct gmr_allocator *allocator, const struct gmr_progress *progress)
{
    *run = (struct training_run){ .allocator = allocator,
                                  .progress = progress,
                                  .directory = { .lock = -1 },
                                  .start = clock_seconds(),
                                  .moments = SIZE_MAX };
    tape_init(&run->tape, compute, allocator);
}

enum gmr_status training_run_open(struct training_run *run, const struct training_job *job,
                                  struct training_schedule schedule, struct parameters *parameters,
                                  const char *directory, json_t *config, bool *begins)
{
    struct adam_settings adam = adam_settings_default();
    uint64_t log_lines;
    adam.weight_decay = schedule.weight_decay;
    run->job = job;
    run->schedule = schedule;
    run->parameters = parameters;
    TRY(run_directory_open(&run->directory, run->allocator, directory, config));
    TRY(optimiser_init(&run->optimiser, parameters, adam));
    TRY(training_run_restore(run, begins, &log_lines));
    return run_log_open(&run->directory, log_lines);
}

enum gmr_status training_run_conclude(struct training_run *run, json_t *metrics)
{
    return run_directory_write(&run->directory, "metrics.json", metrics);
}

void training_run_close(struct training_run *run)
{
    if (run->optimiser.parameters)
        optimiser_release(&run->optimiser);
    tape_release(&run->tape);
    run_directory_close(&run->directory);
}
