/* gmr_dialogue_compare: one evaluation after the other, of which ranks are held until all users can
 * be paired. A directory of a comparison is a run directory of what all share, whose parts are the
 * records of the dialogues with each (api/dialogue_keeping.c). */
#include <gommir/evaluation.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/context.h"
#include "api/dialogue_evaluation.h"
#include "base/file.h"
#include "base/status.h"
#include "learning/dialogue_metrics.h"
#include "learning/significance.h"

struct comparison {
    const struct gmr_allocator *allocator;
    const struct gmr_dialogue_evaluation_options *options;
    const char *directory; /* NULL: nothing is kept */
    size_t count, users;
    size_t *target; /* [users]: of the first */
    size_t *ranks;  /* [users, turns]: of the one that is played */
    double *values; /* [measures, count, users]: what each user got by the last turn */
};

/* ---- checks ---- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether both make the same users have the same kind of dialogues. */
static bool fit_together(const struct gmr_dialogue_evaluation_options *a,
                         const struct gmr_dialogue_evaluation_options *b)
{
    return same_text(a->catalogue, b->catalogue) && same_text(a->split, b->split) &&
           same_text(a->captioner, b->captioner) && same_text(a->features, b->features) &&
           a->phrasing == b->phrasing && a->protocol == b->protocol &&
           a->like_by_encoder == b->like_by_encoder && a->turns == b->turns && a->k == b->k &&
           a->seed == b->seed;
}

static enum gmr_status check(const struct gmr_dialogue_evaluation_options *options, size_t count,
                             size_t reference)
{
    if (count < 1 || count > GMR_MAX_COMPARED)
        return gmr_error(GMR_ERR_RANGE, "%zu models to compare, not 1 .. %d", count,
                         GMR_MAX_COMPARED);
    if (reference >= count)
        return gmr_error(GMR_ERR_RANGE, "model %zu of %zu is no reference", reference, count);
    for (size_t i = 1; i < count; i++)
        if (!fit_together(&options[0], &options[i]))
            return gmr_error(GMR_ERR_RANGE,
                             "models can be compared in dialogues of the same kind only");
    return GMR_OK;
}

/* ---- playing ---- */

/* What is seen of one evaluation, and who else looks. */
struct recording {
    struct comparison *comparison;
    const struct gmr_dialogue_evaluation_options *options;
    bool is_first;
    enum gmr_status status; /* the first failure */
    char problem[512];      /* and what it was: stopping the evaluation says something else */
};

static size_t numbers(const struct comparison *c)
{
    return DIALOGUE_MEASURES * c->count * c->users;
}

static enum gmr_status allocate(struct comparison *c, size_t users)
{
    c->users = users;
    c->target = memory_array(c->allocator, users, sizeof *c->target);
    c->ranks = memory_array(c->allocator, users * c->options->turns, sizeof *c->ranks);
    c->values = memory_array(c->allocator, numbers(c), sizeof *c->values);
    return c->target && c->ranks && c->values ? GMR_OK : GMR_ERR_NOMEM;
}

static void release(struct comparison *c)
{
    memory_release(c->allocator, c->target, c->users * sizeof *c->target);
    memory_release(c->allocator, c->ranks, c->users * c->options->turns * sizeof *c->ranks);
    memory_release(c->allocator, c->values, numbers(c) * sizeof *c->values);
}

static enum gmr_status keep(struct recording *r, const struct gmr_dialogue *d)
{
    struct comparison *c = r->comparison;
    if (r->is_first && d->user == 0)
        TRY(allocate(c, d->users));
    if (d->users != c->users || (!r->is_first && d->target != c->target[d->user]))
        return gmr_error(GMR_ERR_STATE,
                         "'%s' and '%s' have encoded different items of split '%s', so that there "
                         "are no pairs to compare",
                         c->options[0].encoder, r->options->encoder, r->options->split);
    c->target[d->user] = d->target;
    memcpy(c->ranks + d->user * d->turns, d->rank, d->turns * sizeof *d->rank);
    return GMR_OK;
}

static void look(void *user, const struct gmr_dialogue *dialogue)
{
    struct recording *r = user;
    if (r->status == GMR_OK) {
        r->status = keep(r, dialogue);
        if (r->status != GMR_OK)
            snprintf(r->problem, sizeof r->problem, "%s", gmr_error_message());
    }
    if (r->options->watch)
        r->options->watch(r->options->watch_user, dialogue);
}

static bool is_hopeless(void *user)
{
    const struct recording *r = user;
    const struct gmr_progress *progress = &r->comparison->options[0].progress;
    return r->status != GMR_OK || (progress->cancelled && progress->cancelled(progress->user));
}

static void report(void *user, const struct gmr_progress_report *told)
{
    const struct recording *r = user;
    const struct gmr_progress *progress = &r->comparison->options[0].progress;
    if (progress->report)
        progress->report(progress->user, told);
}

static enum gmr_status play(struct gmr_context *context, struct comparison *c, size_t i,
                            struct gmr_dialogue_evaluation *result)
{
    struct recording r = { .comparison = c, .options = &c->options[i], .is_first = i == 0 };
    struct gmr_dialogue_evaluation_options options = c->options[i];
    options.watch = look;
    options.watch_user = &r;
    options.progress =
        (struct gmr_progress){ .report = report, .cancelled = is_hopeless, .user = &r };
    const enum gmr_status status = dialogue_evaluate(context, &options, c->directory, result);
    if (r.status != GMR_OK)
        return gmr_error(r.status, "%s", r.problem);
    TRY(status);
    dialogue_ranks_settle(c->ranks, c->users, options.turns, options.k);
    for (int measure = 0; measure < DIALOGUE_MEASURES; measure++)
        dialogue_measure_users((enum dialogue_measure)measure, c->ranks, c->users, options.turns,
                               options.turns - 1, options.k,
                               c->values + ((size_t)measure * c->count + i) * c->users);
    return GMR_OK;
}

/* ---- comparing ---- */

static double *difference(struct gmr_dialogue_difference *d, int measure)
{
    return measure == MEASURE_SR ? &d->sr : measure == MEASURE_NDCG3 ? &d->ndcg3 : &d->ndcg10;
}

static enum gmr_status compare(const struct comparison *c, int measure, size_t reference,
                               struct gmr_dialogue_difference *differences)
{
    const double *values = c->values + (size_t)measure * c->count * c->users;
    double p[GMR_MAX_COMPARED];
    for (size_t i = 0; i < c->count; i++)
        p[i] =
            i == reference
                ? NAN
                : paired_t_test(values + i * c->users, values + reference * c->users, c->users).p;
    TRY(holm_adjust(c->allocator, p, c->count));
    for (size_t i = 0; i < c->count; i++)
        *difference(&differences[i], measure) = p[i];
    return GMR_OK;
}

static enum gmr_status play_and_compare(struct gmr_context *context, struct comparison *c,
                                        size_t reference, struct gmr_dialogue_evaluation *results,
                                        struct gmr_dialogue_difference *differences)
{
    for (size_t i = 0; i < c->count; i++)
        TRY(play(context, c, i, &results[i]));
    for (int measure = 0; measure < DIALOGUE_MEASURES; measure++)
        TRY(compare(c, measure, reference, differences));
    return GMR_OK;
}

/* ---- the directory ---- */

static json_t *config_of(const struct gmr_dialogue_evaluation_options *o)
{
    return json_pack("{s:s, s:i, s:{s:s}, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I}", "job",
                     "compare", "version", 1, RUN_ABOUT, "catalogue", o->catalogue, "split",
                     o->split, "critic", o->captioner ? "captioner" : "attributes", "phrasing",
                     gmr_phrasing_name(o->phrasing), "paper", o->protocol == GMR_PROTOCOL_PAPER,
                     "like_by_encoder", o->like_by_encoder, "turns", (json_int_t)o->turns, "k",
                     (json_int_t)o->k, "seed", (json_int_t)o->seed);
}

/* Lest the last of many turns out to be missing when all others have been played. */
static enum gmr_status check_files(const struct gmr_dialogue_evaluation_options *options,
                                   size_t count)
{
    struct file_map map;
    for (size_t i = 0; i < count; i++)
        if (options[i].model) {
            TRY(file_map_open(&map, options[i].model));
            file_map_close(&map);
        }
    return GMR_OK;
}

static enum gmr_status compare_in(struct gmr_context *context, struct comparison *c,
                                  size_t reference, struct gmr_dialogue_evaluation *results,
                                  struct gmr_dialogue_difference *differences)
{
    struct run_directory directory = { .lock = -1 };
    enum gmr_status status = check_files(c->options, c->count);
    if (status == GMR_OK && c->directory)
        status = run_directory_open(&directory, c->allocator, c->directory, config_of(c->options));
    if (status == GMR_OK)
        status = play_and_compare(context, c, reference, results, differences);
    run_directory_close(&directory);
    return status;
}

enum gmr_status gmr_dialogue_compare(struct gmr_context *context,
                                     const struct gmr_dialogue_evaluation_options *options,
                                     size_t count, size_t reference, const char *directory,
                                     struct gmr_dialogue_evaluation *results,
                                     struct gmr_dialogue_difference *differences)
{
    struct comparison c = { .allocator = context_allocator(context),
                            .options = options,
                            .directory = directory,
                            .count = count };
    for (size_t i = 0; i < count; i++) {
        results[i] = (struct gmr_dialogue_evaluation){ 0 };
        differences[i] = (struct gmr_dialogue_difference){ NAN, NAN, NAN };
    }
    TRY(check(options, count, reference));
    const enum gmr_status status = compare_in(context, &c, reference, results, differences);
    release(&c);
    return status;
}
