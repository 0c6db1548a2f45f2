/* What a run leaves on disk. The weights name the step that they belong to and the moments carry it
 * in their name: moments are written first, then the weights, which make the change; then older
 * moments go. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "learning/training_run.h"

enum { NUMBER = 32, STATES = 6 };

static const char *const state_name[STATES] = { "step",       "log",  "epochs",
                                                "best_epoch", "loss", "best" };

static enum gmr_status moments_path(const struct training_run *run, size_t step, char *path)
{
    char name[64];
    snprintf(name, sizeof name, "optimiser-%zu.safetensors", step);
    return run_directory_file(&run->directory, name, path);
}

/* ---- saving ---- */

/* Where the run stands, beside weights in a file of the run. */
static enum gmr_status save_weights(const struct training_run *run, const char *name)
{
    char path[PATH_MAX], text[STATES][NUMBER];
    struct safetensors_metadata state[STATES];
    TRY(run_directory_file(&run->directory, name, path));
    snprintf(text[0], NUMBER, "%zu", run->step);
    snprintf(text[1], NUMBER, "%" PRIu64, run->directory.lines);
    snprintf(text[2], NUMBER, "%zu", run->epochs);
    snprintf(text[3], NUMBER, "%zu", run->best_epoch);
    snprintf(text[4], NUMBER, "%.17g", run->loss_sum);
    snprintf(text[5], NUMBER, "%.17g", run->best_score);
    for (size_t i = 0; i < STATES; i++)
        state[i] = (struct safetensors_metadata){ state_name[i], text[i] };
    return run->job->write(run->job->user, path, state, STATES);
}

enum gmr_status training_run_save_best(const struct training_run *run)
{
    return save_weights(run, TRAINING_BEST);
}

/* Moments of other steps: older ones, and those of a save that did not come to its end. */
static void remove_other_moments(const struct training_run *run)
{
    DIR *folder = opendir(run->directory.path);
    char path[PATH_MAX];
    size_t step;
    for (const struct dirent *e; folder && (e = readdir(folder));)
        if (sscanf(e->d_name, "optimiser-%zu.safetensors", &step) == 1 && step != run->step &&
            run_directory_file(&run->directory, e->d_name, path) == GMR_OK)
            unlink(path);
    if (folder)
        closedir(folder);
}

static enum gmr_status save_moments(struct training_run *run)
{
    char path[PATH_MAX];
    if (run->moments == run->step)
        return GMR_OK;
    TRY(moments_path(run, run->step, path));
    TRY(optimiser_save(&run->optimiser, path, NULL, 0));
    run->moments = run->step;
    return GMR_OK;
}

enum gmr_status training_run_save(struct training_run *run)
{
    TRY(run_log_sync(&run->directory));
    TRY(save_moments(run));
    TRY(save_weights(run, TRAINING_LAST));
    remove_other_moments(run);
    return GMR_OK;
}

/* ---- going on ---- */

static enum gmr_status read_number(const struct safetensors *file, const char *key, double *value)
{
    const char *text = safetensors_metadata_find(file, key);
    char *end = NULL;
    if (text)
        *value = strtod(text, &end);
    if (!text || end == text || *end != '\0' || !(fabs(*value) < 1e15))
        return gmr_error(GMR_ERR_FORMAT, "'%s' does not say its '%s'", safetensors_name(file), key);
    return GMR_OK;
}

static enum gmr_status read_count(const struct safetensors *file, const char *key, size_t *value)
{
    double number = 0;
    TRY(read_number(file, key, &number));
    if (number < 0)
        return gmr_error(GMR_ERR_FORMAT, "'%s' says that its '%s' is %g", safetensors_name(file),
                         key, number);
    *value = (size_t)number;
    return GMR_OK;
}

static enum gmr_status read_state(struct training_run *run, const struct safetensors *file,
                                  uint64_t *log_lines)
{
    char path[PATH_MAX];
    size_t lines;
    TRY(read_count(file, state_name[0], &run->step));
    TRY(read_count(file, state_name[1], &lines));
    TRY(read_count(file, state_name[2], &run->epochs));
    TRY(read_count(file, state_name[3], &run->best_epoch));
    TRY(read_number(file, state_name[4], &run->loss_sum));
    TRY(read_number(file, state_name[5], &run->best_score));
    TRY(parameters_read(run->parameters, file));
    *log_lines = lines;
    TRY(moments_path(run, run->step, path));
    TRY(optimiser_load(&run->optimiser, path));
    run->moments = run->step;
    return GMR_OK;
}

enum gmr_status training_run_restore(struct training_run *run, bool *begins, uint64_t *log_lines)
{
    char path[PATH_MAX];
    struct safetensors *file;
    *log_lines = 0;
    TRY(run_directory_file(&run->directory, TRAINING_LAST, path));
    *begins = access(path, F_OK) != 0 && errno == ENOENT;
    if (*begins)
        return GMR_OK;
    TRY(safetensors_open(run->allocator, path, &file));
    const enum gmr_status status = read_state(run, file, log_lines);
    safetensors_close(file);
    return status;
}
