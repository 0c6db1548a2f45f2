/* gmr_dialogue_evaluate: opens what is needed, plays and measures. */
#include "api/dialogue_evaluation.h"

#include <string.h>

#include "api/context.h"
#include "base/clock.h"
#include "base/status.h"
#include "learning/dialogue_metrics.h"
#include "learning/policy_evaluation.h"
#include "model/recommender_file.h"

const char *const *gmr_policies(void)
{
    return policy_rules;
}

struct gmr_dialogue_evaluation_options gmr_dialogue_evaluation_options_default(void)
{
    return (struct gmr_dialogue_evaluation_options){
        .phrasing = GMR_PHRASING_EVALUATION, .turns = 10, .k = 3, .seed = 42
    };
}

static bool is_rule(const char *name)
{
    size_t i = 0;
    while (policy_rules[i] && strcmp(policy_rules[i], name) != 0)
        i++;
    return policy_rules[i] != NULL;
}

static enum gmr_status check(const struct gmr_dialogue_evaluation_options *o)
{
    const bool is_one = !o->model != !o->policy;
    if (!is_one || !o->catalogue || !o->split || !o->encoder)
        return gmr_error(GMR_ERR_RANGE, "dialogues need %s",
                         !is_one         ? "either a model or a policy"
                         : !o->catalogue ? "a catalogue"
                         : !o->split     ? "a split"
                                         : "an encoder");
    if (o->policy && !is_rule(o->policy)) /* before anything is opened */
        return gmr_error(GMR_ERR_NOT_FOUND, "no policy '%s'", o->policy);
    if (o->turns < 1 || o->turns > GMR_MAX_TURNS || o->k < 1 || o->k > GMR_MAX_SHOWN)
        return gmr_error(GMR_ERR_RANGE, "%zu turns of lists of %zu: not 1 .. %d of 1 .. %d",
                         o->turns, o->k, GMR_MAX_TURNS, GMR_MAX_SHOWN);
    return GMR_OK;
}

/* ---- who looks ---- */

struct watcher {
    const struct gmr_dialogue_evaluation_options *options;
    const struct catalogue_source *source;
    struct dialogue_record *record; /* NULL: nothing is kept */
};

static void find_positions(const struct catalogue_source *source, const size_t *items, size_t count,
                           size_t *positions)
{
    for (size_t i = 0; i < count; i++)
        positions[i] = catalogue_source_position(source, items[i]);
}

static enum gmr_status show(void *user, const struct policy_dialogue *d)
{
    const struct watcher *w = user;
    if (!w->options->watch)
        return GMR_OK;
    size_t shown[(GMR_MAX_TURNS + 1) * GMR_MAX_SHOWN], liked[GMR_MAX_TURNS];
    const char *critique[GMR_MAX_TURNS];
    find_positions(w->source, d->list, (d->turns + 1) * d->shown, shown);
    find_positions(w->source, d->liked, d->turns, liked);
    for (size_t turn = 0; turn < d->turns; turn++)
        critique[turn] = d->words[turn];
    const struct gmr_dialogue dialogue = { .user = d->target,
                                           .users = catalogue_source(w->source)->items,
                                           .target =
                                               catalogue_source_position(w->source, d->target),
                                           .turns = d->turns,
                                           .k = d->shown,
                                           .shown = shown,
                                           .liked = liked,
                                           .critique = critique,
                                           .rank = d->rank };
    w->options->watch(w->options->watch_user, &dialogue);
    return GMR_OK;
}

static enum gmr_status keep_and_show(void *user, const struct policy_dialogue *d)
{
    const struct watcher *w = user;
    if (w->record)
        TRY(dialogue_record_add(w->record, d));
    return show(user, d);
}

/* ---- who recommends ---- */

/* The tape is initialised whatever happens, so that all of it can be released. */
struct player {
    const struct gmr_allocator *allocator;
    struct compute *compute;
    struct recommender model;
    struct recommender_facts facts;
    bool has_model;
    struct tape tape;
    struct policy *policy; /* NULL until the source is known */
};

static enum gmr_status player_open(struct player *p,
                                   const struct gmr_dialogue_evaluation_options *o)
{
    tape_init(&p->tape, p->compute, p->allocator);
    if (!o->model)
        return GMR_OK;
    TRY(recommender_open(&p->model, p->compute, p->allocator, o->model, o->model_name, &p->facts));
    p->has_model = true;
    return GMR_OK;
}

static void player_close(struct player *p)
{
    if (p->policy)
        p->policy->destroy(p->policy);
    tape_release(&p->tape);
    if (p->has_model)
        recommender_release(&p->model);
}

/* Whether the recommender can have these dialogues. */
static enum gmr_status check_model(const struct player *p, const struct catalogue_source *source,
                                   const struct gmr_dialogue_evaluation_options *o)
{
    const size_t features = catalogue_source(source)->features;
    if (p->facts.encoder[0] && strcmp(p->facts.encoder, catalogue_source_encoder(source)) != 0)
        return gmr_error(GMR_ERR_STATE, "'%s' learned from another encoder than '%s'", o->model,
                         o->encoder);
    if (p->model.settings.features != features)
        return gmr_error(GMR_ERR_SHAPE, "'%s' takes vectors of %zu numbers, and '%s' makes %zu",
                         o->model, p->model.settings.features, o->encoder, features);
    if (recommender_wants_dislikes(&p->model) && p->facts.shown && p->facts.shown != o->k)
        return gmr_error(GMR_ERR_RANGE, "'%s' learned from lists of %zu, not of %zu", o->model,
                         p->facts.shown, o->k);
    if (o->turns > recommender_max_turns(&p->model))
        return gmr_error(GMR_ERR_RANGE, "'%s' remembers %zu turns, not %zu", o->model,
                         recommender_max_turns(&p->model), o->turns);
    return GMR_OK;
}

static enum gmr_status player_begin(struct player *p, const struct catalogue_source *source,
                                    const struct gmr_dialogue_evaluation_options *o)
{
    if (!p->has_model)
        return policy_create(p->allocator, o->policy, POLICY_EVALUATION_BATCH,
                             catalogue_source(source), o->seed, &p->policy);
    TRY(check_model(p, source, o));
    return policy_of_recommender(p->allocator, &p->model, &p->tape, POLICY_EVALUATION_BATCH,
                                 &p->policy);
}

/* ---- playing ---- */

static enum gmr_status play(const struct player *player, struct watcher *watcher, size_t *ranks,
                            struct gmr_dialogue_evaluation *result)
{
    const struct gmr_dialogue_evaluation_options *o = watcher->options;
    const struct policy_evaluation_settings settings = {
        .batch = POLICY_EVALUATION_BATCH,
        .turns = o->turns,
        .shown = o->k,
        .seed = o->seed,
        .like_raw = o->like_by_encoder,
        .omit_last = o->protocol == GMR_PROTOCOL_PAPER,
        .known = watcher->record ? watcher->record->known : 0,
        .watch = keep_and_show,
        .user = watcher,
    };
    struct policy_evaluation played = { .ranks = ranks };
    if (watcher->record)
        TRY(dialogue_record_read(watcher->record, ranks, show, watcher));
    TRY(policy_evaluation_run(player->policy, player->compute, player->allocator,
                              catalogue_source(watcher->source), &settings, &o->progress, &played));
    result->in_first_list = played.in_first_list;
    dialogue_ranks_settle(ranks, result->users, o->turns, o->k);
    return dialogue_measures(player->allocator, ranks, result->users, o->turns, o->k, o->seed,
                             result->turn);
}

static enum gmr_status play_with_memory(const struct player *player, struct watcher *watcher,
                                        struct gmr_dialogue_evaluation *result)
{
    const size_t numbers = result->users * result->turns;
    size_t *ranks = memory_array(player->allocator, numbers, sizeof *ranks);
    if (!ranks)
        return GMR_ERR_NOMEM;
    const enum gmr_status status = play(player, watcher, ranks, result);
    memory_release(player->allocator, ranks, numbers * sizeof *ranks);
    return status;
}

static enum gmr_status play_and_keep(const struct player *player, struct watcher watcher,
                                     const char *folder, struct gmr_dialogue_evaluation *result)
{
    struct dialogue_record record;
    TRY(dialogue_keep(&record, player->allocator, folder, watcher.options, player->policy,
                      watcher.source));
    watcher.record = &record;
    const enum gmr_status status = play_with_memory(player, &watcher, result);
    dialogue_record_close(&record);
    return status;
}

static enum gmr_status evaluate_with(struct player *player, const struct catalogue_source *source,
                                     const struct gmr_dialogue_evaluation_options *o,
                                     const char *folder, struct gmr_dialogue_evaluation *result)
{
    struct watcher watcher = { o, source, NULL };
    result->users = catalogue_source(source)->items;
    result->left_out = catalogue_source_left_out(source);
    result->critic = o->captioner ? "captioner" : "attributes";
    result->turns = o->turns;
    TRY(player_begin(player, source, o));
    result->name = player->policy->name;
    return folder ? play_and_keep(player, watcher, folder, result)
                  : play_with_memory(player, &watcher, result);
}

static enum gmr_status open_source(struct gmr_context *context, struct compute *compute,
                                   struct catalogue *catalogue,
                                   const struct gmr_dialogue_evaluation_options *o,
                                   struct catalogue_source **source)
{
    const struct catalogue_source_options wanted = {
        .split = o->split,
        .encoder = { .weights = o->encoder,
                     .vocabulary = o->vocabulary,
                     .exact_gelu = o->exact_gelu },
        .captioner = o->captioner,
        .regions = o->features,
        .phrasing = o->phrasing,
        .seed = o->seed,
        .threads = gmr_context_threads(context),
        .progress = &o->progress,
        .logger = context_logger(context),
    };
    return catalogue_source_open(compute, context_allocator(context), catalogue, &wanted, source);
}

static enum gmr_status evaluate_in(struct gmr_context *context, struct compute *compute,
                                   struct catalogue *catalogue,
                                   const struct gmr_dialogue_evaluation_options *o,
                                   const char *folder, struct gmr_dialogue_evaluation *result)
{
    struct player player = { .allocator = context_allocator(context), .compute = compute };
    struct catalogue_source *source = NULL;
    enum gmr_status status = player_open(&player, o);
    if (status == GMR_OK)
        status = open_source(context, compute, catalogue, o, &source);
    if (status == GMR_OK)
        status = evaluate_with(&player, source, o, folder, result);
    player_close(&player);
    catalogue_source_close(source);
    return status;
}

enum gmr_status dialogue_evaluate(struct gmr_context *context,
                                  const struct gmr_dialogue_evaluation_options *options,
                                  const char *folder, struct gmr_dialogue_evaluation *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const double start = clock_seconds();
    struct compute *compute = NULL;
    struct catalogue *catalogue;
    *result = (struct gmr_dialogue_evaluation){ 0 };
    TRY(check(options));
    TRY(catalogue_open(allocator, options->catalogue, &catalogue));
    enum gmr_status status = compute_create_cpu(allocator, gmr_context_threads(context), &compute);
    if (status == GMR_OK)
        status = evaluate_in(context, compute, catalogue, options, folder, result);
    compute_destroy(compute);
    catalogue_close(catalogue);
    result->seconds = clock_seconds() - start;
    return status;
}

enum gmr_status gmr_dialogue_evaluate(struct gmr_context *context,
                                      const struct gmr_dialogue_evaluation_options *options,
                                      struct gmr_dialogue_evaluation *result)
{
    return dialogue_evaluate(context, options, NULL, result);
}
