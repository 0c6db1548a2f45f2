/* A run of recommender training, from inside. */
#ifndef LEARNING_RECOMMENDER_RUN_INSIDE_H
#define LEARNING_RECOMMENDER_RUN_INSIDE_H

#include "learning/catalogue_source.h"
#include "learning/recommender_run.h"
#include "learning/source_part.h"
#include "model/recommender_file.h"

#define RUN_SUPERVISED "supervised"
#define RUN_REINFORCED "reinforced"

struct recommender_run {
    const struct gmr_recommender_training_options *options;
    struct compute *compute;
    const struct gmr_allocator *allocator;
    const struct gmr_logger *logger;
    struct gmr_recommender_training_result *result;

    const struct recommender_row *row;
    struct catalogue *catalogue;
    struct catalogue_source *source;
    struct source_part train, held_out;
    char source_digest[DIGEST_HEX];
    struct recommender model;
    struct recommender_facts facts;
    struct run_directory directory;
    struct training_job job;
};

/* Opens the catalogue and takes from it what is learned from and what is held out. */
enum gmr_status recommender_run_open_sources(struct recommender_run *run, unsigned threads);

/* Everything that was decided for both stages, for config.json; the caller owns it. NULL without
 * memory. */
json_t *recommender_run_config(const struct recommender_run *run);

/* The same for one stage; `from` is the digest of the weights it begins with, NULL: none. */
json_t *recommender_run_stage_config(const struct recommender_run *run, enum training_stage stage,
                                     const struct training_schedule *schedule, const char *from);

/* Results, for metrics.json of the run and of a stage. */
json_t *recommender_run_metrics(const struct recommender_run *run);
json_t *recommender_run_stage_metrics(const struct gmr_recommender_stage_result *stage);

/* How good the model's present weights are on the items held out: NDCG@10, and for the log success
 * rates too. */
enum gmr_status recommender_run_judge(struct recommender_run *run, double *score, json_t *line);

#endif
