/* A training in epochs and batches, whatever is learned: the loop, the learning rate, the log, what
 * is kept on disk and how a run that was stopped goes on.
 *
 * A run has a directory (learning/run_directory.h) with, beside config and log,
 *
 *     last.safetensors         the weights as they are, ready for use; its metadata also tell where
 *                              the run stands
 *     optimiser-N.safetensors  the moments that belong to them, after N steps
 *     best.safetensors         the weights of the epoch that was judged best, the first of equals
 *     metrics.json             results, at the end
 *
 * A job draws all that it draws by chance as a function of seed, epoch and batch, so that a run
 * that was killed ends with the same weights as one that was not. */
#ifndef LEARNING_TRAINING_RUN_H
#define LEARNING_TRAINING_RUN_H

#include "autograd/tape.h"
#include "learning/run_directory.h"
#include "nn/adam.h"

#define TRAINING_LAST "last.safetensors"
#define TRAINING_BEST "best.safetensors"

/* What a model and its data do in the loop. Each returns how it went; the first failure ends the
 * run. */
struct training_job {
    void *user;

    /* Goes to a batch of an epoch; `learn` is then called for it and for those that follow. */
    enum gmr_status (*seek)(void *user, uint64_t epoch, size_t batch);

    /* The next batch: its loss, and the gradients on top of none. */
    enum gmr_status (*learn)(void *user, struct tape *tape, double *loss);

    /* What else is to be said of the batch that was learned last, in its line of the log; NULL:
     * nothing. */
    void (*note)(void *user, json_t *line);

    /* Before and after the optimiser's step; NULL: nothing to do. */
    void (*before_step)(void *user, double rate);
    void (*after_step)(void *user);

    /* How good the weights in a file of the run are; may add to the epoch's line of the log. */
    enum gmr_status (*judge)(void *user, const char *name, double *score, json_t *line);

    /* Writes the weights to a file, ready for use, with these metadata among its own. */
    enum gmr_status (*write)(void *user, const char *path, const struct safetensors_metadata *state,
                             size_t count);

    const char *name;  /* what progress calls the job; NULL: "training" */
    const char *score; /* what progress calls it: "validation R@10" */
    bool lower_is_better;
};

struct training_schedule {
    size_t epochs, batches; /* batches: of an epoch */
    double rate;            /* the greatest; it rises from 0 in `warm_up` batches, then falls to 0
                               along half a wave */
    size_t warm_up;
    bool constant; /* the rate is the same at every step */
    double weight_decay;
    uint64_t seed;   /* of dropout */
    size_t patience; /* epochs in a row that may be no better than the best; 0: any number */
};

struct training_run {
    const struct training_job *job;
    struct training_schedule schedule;
    const struct gmr_allocator *allocator;
    const struct gmr_progress *progress;
    struct parameters *parameters;
    struct optimiser optimiser;
    struct tape tape;
    struct run_directory directory;
    double start; /* time of this call, in seconds */

    size_t step;       /* made */
    size_t epochs;     /* learned and judged */
    double loss_sum;   /* of the present epoch */
    double last_loss;  /* mean of the last epoch of this call */
    size_t best_epoch; /* from 1 on; 0: none yet */
    double best_score;
    size_t moments; /* step whose moments are on disk; SIZE_MAX: none */
};

/* Before anything else: closing is then always right. */
void training_run_init(struct training_run *run, struct compute *compute,
                       const struct gmr_allocator *allocator, const struct gmr_progress *progress);

/* Opens the directory and goes back to where the run stood; *begins: it stands at its beginning,
 * and the parameters are still to get their first values. Borrows job and parameters, takes
 * the reference to the config. Errors: those of run_directory_open, GMR_ERR_FORMAT (damaged
 * weights).
 */
enum gmr_status training_run_open(struct training_run *run, const struct training_job *job,
                                  struct training_schedule schedule, struct parameters *parameters,
                                  const char *directory, json_t *config, bool *begins);

/* Learns what is left. GMR_ERR_CANCELLED: where it stood is saved. GMR_ERR_NUMERIC: the loss or a
 * gradient is not finite; the message names the step, and the operation where that is known. */
enum gmr_status training_run_learn(struct training_run *run);

/* Writes metrics.json; takes the reference, NULL: GMR_ERR_NOMEM. */
enum gmr_status training_run_conclude(struct training_run *run, json_t *metrics);

void training_run_close(struct training_run *run);

/* ---- from inside ---- */

/* Weights and moments after `step` steps, so that one state is whole on disk at any time. */
enum gmr_status training_run_save(struct training_run *run);
enum gmr_status training_run_save_best(const struct training_run *run);

/* Goes back to the state that was saved last, when there is one. */
enum gmr_status training_run_restore(struct training_run *run, bool *begins, uint64_t *log_lines);

#endif
