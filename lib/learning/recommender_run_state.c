/* A run of recommender training as JSON, and how good its weights are. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "learning/dialogue_metrics.h"
#include "learning/policy_evaluation.h"
#include "learning/recommender_run_inside.h"

/* ---- JSON ---- */

static json_t *model_config(const struct recommender *m)
{
    const struct recommender_settings *s = &m->settings;
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b}", "name", m->row->name,
                     "features", (json_int_t)s->features, "width", (json_int_t)s->width, "layers",
                     (json_int_t)s->layers, "heads", (json_int_t)s->heads, "hidden",
                     (json_int_t)s->hidden, "original_composer", s->original_composer,
                     "independent_layers", s->independent_layers, "aligned", s->aligned);
}

json_t *recommender_run_config(const struct recommender_run *run)
{
    const struct gmr_recommender_training_options *o = run->options;
    return json_pack(
        "{s:s, s:i, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:f, s:f, "
        "s:i, s:I}",
        "job", "train recommender", "version", 1, RUN_ABOUT, "catalogue",
        catalogue_path(run->catalogue), "encoder", o->encoder, "encoder", run->facts.encoder,
        "source", run->source_digest, "critic", catalogue_source_critic(run->source), "train",
        o->train, "validation", o->validation, "items", (json_int_t)run->result->items, "held_out",
        (json_int_t)run->result->held_out, "model", model_config(&run->model), "batch",
        (json_int_t)o->batch, "turns", (json_int_t)o->turns, "k", (json_int_t)o->k, "margin",
        o->margin, "decay", o->decay, "compat", (int)o->compat, "seed", (json_int_t)o->seed);
}

json_t *recommender_run_stage_config(const struct recommender_run *run, enum training_stage stage,
                                     const struct training_schedule *schedule, const char *from)
{
    const struct gmr_recommender_training_options *o = run->options;
    json_t *config = recommender_run_config(run);
    json_t *own = json_pack("{s:s, s:I, s:I, s:f}", "stage",
                            stage == TRAINING_POLICY ? RUN_REINFORCED : RUN_SUPERVISED, "epochs",
                            (json_int_t)schedule->epochs, "patience",
                            (json_int_t)schedule->patience, "rate", schedule->rate);
    json_object_update_new(config, own);
    if (stage == TRAINING_POLICY)
        json_object_update_new(config, json_pack("{s:f, s:I, s:i, s:s}", "discount", o->discount,
                                                 "negatives", (json_int_t)o->negatives, "kernel",
                                                 (int)o->kernel, "from", from));
    return config;
}

json_t *recommender_run_stage_metrics(const struct gmr_recommender_stage_result *stage)
{
    return json_pack("{s:I, s:I, s:{s:I, s:f}}", "steps", (json_int_t)stage->steps, "epochs",
                     (json_int_t)stage->epochs, "best", "epoch", (json_int_t)stage->best_epoch,
                     "ndcg10", stage->ndcg10);
}

json_t *recommender_run_metrics(const struct recommender_run *run)
{
    const struct gmr_recommender_training_result *r = run->result;
    json_t *metrics = json_pack("{s:I, s:I, s:I, s:s}", "items", (json_int_t)r->items, "held_out",
                                (json_int_t)r->held_out, "parameters", (json_int_t)r->parameters,
                                "best", r->is_reinforced ? RUN_REINFORCED : RUN_SUPERVISED);
    if (r->supervised.epochs > 0)
        json_object_set_new(metrics, RUN_SUPERVISED, recommender_run_stage_metrics(&r->supervised));
    if (r->reinforced.epochs > 0)
        json_object_set_new(metrics, RUN_REINFORCED, recommender_run_stage_metrics(&r->reinforced));
    return metrics;
}

/* ---- validation ---- */

struct judgement {
    const struct gmr_allocator *allocator;
    size_t users, turns, shown;
    size_t *ranks;  /* [users, turns] */
    double *values; /* [users] */
};

static double mean_of(const struct judgement *j, enum dialogue_measure measure, size_t turn)
{
    double sum = 0;
    dialogue_measure_users(measure, j->ranks, j->users, j->turns, turn, j->shown, j->values);
    for (size_t u = 0; u < j->users; u++)
        sum += j->values[u];
    return sum / (double)j->users;
}

/* Epochs that differ in later digits are equally good in the published runs (spec section 2.5). */
static double rounded(double value)
{
    return round(1e4 * value) / 1e4;
}

/* The score, and for the log how many users were content after each turn. */
static double score_of(const struct judgement *j, json_t *line)
{
    json_t *success = json_array();
    double ndcg = 0;
    for (size_t turn = 0; turn < j->turns; turn++) {
        ndcg += rounded(mean_of(j, MEASURE_NDCG10, turn)) / (double)j->turns;
        json_array_append_new(success, json_real(mean_of(j, MEASURE_SR, turn)));
    }
    json_object_set_new(line, "ndcg10", json_real(ndcg));
    json_object_set_new(line, "sr", success);
    return ndcg;
}

static enum gmr_status play(struct recommender_run *run, struct tape *tape, size_t *ranks)
{
    const struct gmr_recommender_training_options *o = run->options;
    const struct gmr_progress quiet = { .cancelled = o->progress.cancelled,
                                        .user = o->progress.user };
    const struct policy_evaluation_settings settings = {
        .batch = POLICY_EVALUATION_BATCH,
        .turns = o->turns,
        .shown = o->k,
        .seed = o->seed,
        .like_raw = (o->compat & GMR_COMPAT_LIKE_BY_ENCODER) != 0,
        .omit_last = (o->compat & GMR_COMPAT_OMIT_LAST) != 0,
    };
    struct policy_evaluation played = { .ranks = ranks };
    struct policy *policy;
    TRY(policy_of_recommender(run->allocator, &run->model, tape, settings.batch, &policy));
    const enum gmr_status status = policy_evaluation_run(
        policy, run->compute, run->allocator, &run->held_out.source, &settings, &quiet, &played);
    policy->destroy(policy);
    return status;
}

static enum gmr_status judge_with(struct recommender_run *run, struct judgement *j, double *score,
                                  json_t *line)
{
    struct tape tape;
    if (!j->ranks || !j->values)
        return GMR_ERR_NOMEM;
    tape_init(&tape, run->compute, run->allocator);
    const enum gmr_status status = play(run, &tape, j->ranks);
    tape_release(&tape);
    TRY(status);
    dialogue_ranks_settle(j->ranks, j->users, j->turns, j->shown);
    *score = score_of(j, line);
    return GMR_OK;
}

enum gmr_status recommender_run_judge(struct recommender_run *run, double *score, json_t *line)
{
    const struct gmr_allocator *a = run->allocator;
    struct judgement j = { .allocator = a,
                           .users = run->held_out.source.items,
                           .turns = run->options->turns,
                           .shown = run->options->k };
    j.ranks = memory_array(a, j.users * j.turns, sizeof *j.ranks);
    j.values = memory_array(a, j.users, sizeof *j.values);
    const enum gmr_status status = judge_with(run, &j, score, line);
    memory_release(a, j.ranks, j.users * j.turns * sizeof *j.ranks);
    memory_release(a, j.values, j.users * sizeof *j.values);
    return status;
}
