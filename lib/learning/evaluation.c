/* Each turn: answer, state, rank of the target, the nearest unseen items. Distances are compared
 * exactly (catalogue/ranking.h), so a user's list does not depend on its batch. */
#include "learning/evaluation.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "catalogue/ranking.h"

struct evaluation {
    const struct evaluation_settings *settings;
    const struct gmr_allocator *allocator;
    const struct gommir *model;
    struct tape *tape;
    struct embedding embedding;
    struct ranking *ranking; /* of the embedding */
    struct dialogue dialogue;
    struct mt19937 rng;
    size_t most;        /* items that a user sees in all */
    real *state;        /* [batch, width] */
    size_t *target;     /* [batch] */
    size_t *rank;       /* [batch] */
    size_t *list;       /* [batch, shown] */
    size_t *seen;       /* [batch, most]: places not used yet repeat the first */
    size_t *seen_begin; /* [batch + 1] */
    bool *found;        /* [batch] */
};

/* The lists of turn 0, 1, ... are seen from now on. */
static void see_lists(struct evaluation *r, size_t turn)
{
    size_t shown = r->dialogue.shown;

    for (size_t u = 0; u < r->dialogue.users; u++)
        for (size_t i = turn * shown; i < (turn == 0 ? r->most : (turn + 1) * shown); i++)
            r->seen[u * r->most + i] = (size_t)r->dialogue.list[u * shown + i % shown];
}

/* Ranks the targets, then the nearest unseen items become the next lists. */
static enum gmr_status recommend(struct evaluation *r)
{
    size_t users = r->dialogue.users, shown = r->dialogue.shown;
    struct ranking_query query = {
        .vectors = r->state, .count = users, .seen = r->seen, .seen_begin = r->seen_begin
    };

    for (size_t u = 0; u < users; u++)
        r->target[u] = (size_t)r->dialogue.target[u];
    TRY(ranking_rank(r->ranking, &query, r->target, r->rank));
    TRY(ranking_nearest(r->ranking, &query, shown, r->list, NULL));
    for (size_t i = 0; i < users * shown; i++)
        r->dialogue.list[i] = r->list[i];
    return GMR_OK;
}

static enum gmr_status track(struct evaluation *r, struct gommir_history *history)
{
    struct gommir_turn turn =
        dialogue_turn(&r->dialogue, &r->embedding, r->tape, r->model, history);

    tape_read(r->tape, turn.state, r->state);
    return tape_status(r->tape);
}

static void show(const struct evaluation *r, size_t users, size_t turn)
{
    if (r->settings->watch)
        r->settings->watch(r->settings->user, &r->dialogue, users, turn);
}

/* Plays one batch; the first `users` of it count. */
static enum gmr_status play(struct evaluation *r, size_t users, double *success)
{
    struct gommir_history history;

    gommir_history_clear(&history);
    memset(r->found, 0, r->dialogue.users * sizeof *r->found);
    dialogue_draw_lists(&r->dialogue, &r->rng);
    see_lists(r, 0);
    show(r, users, 0);
    for (size_t turn = 0; turn < r->settings->turns; turn++) {
        TRY(track(r, &history));
        TRY(recommend(r));
        see_lists(r, turn + 1);
        for (size_t u = 0; u < r->dialogue.users; u++) {
            r->found[u] = r->found[u] || r->rank[u] < r->dialogue.shown;
            success[turn] += u < users && r->found[u];
        }
        show(r, users, turn + 1);
    }
    return GMR_OK;
}

static enum gmr_status play_all(struct evaluation *r, const struct gmr_progress *progress,
                                double *success)
{
    size_t items = r->embedding.count, batch = r->settings->batch;

    TRY(embedding_refresh(&r->embedding, r->model, r->dialogue.world, r->tape));
    TRY(ranking_create(r->allocator, r->tape->compute, r->embedding.row, items, r->embedding.width,
                       GMR_SQUARED_L2, &r->ranking));
    for (size_t first = 0; first < items; first += batch) {
        size_t users = items - first < batch ? items - first : batch;
        enum gmr_status status;

        TRY(progress_check(progress, "evaluation"));
        for (size_t u = 0; u < batch; u++) /* the last batch is padded with random targets */
            r->dialogue.target[u] = u < users ? first + u : mt19937_below(&r->rng, items);
        status = play(r, users, success);
        tape_reset(r->tape);
        TRY(status);
        progress_report(progress, "evaluation", "dialogue", first + users, items, NULL);
    }
    for (size_t turn = 0; turn < r->settings->turns; turn++)
        success[turn] /= (double)items;
    return GMR_OK;
}

static enum gmr_status prepare(struct evaluation *r, const struct world *world)
{
    const struct evaluation_settings *s = r->settings;
    size_t items = world->settings.items, width = r->model->settings.width;

    if ((s->turns + 1) * s->shown > items)
        return gmr_error(GMR_ERR_RANGE, "%zu items are too few for %zu lists of %zu", items,
                         s->turns + 1, s->shown);
    TRY(embedding_init(&r->embedding, r->allocator, items, width));
    TRY(dialogue_init(&r->dialogue, r->allocator, world, s->batch, s->shown));
    r->most = (s->turns + 1) * s->shown;
    r->state = memory_array(r->allocator, s->batch * width, sizeof *r->state);
    r->target = memory_array(r->allocator, s->batch, sizeof *r->target);
    r->rank = memory_array(r->allocator, s->batch, sizeof *r->rank);
    r->list = memory_array(r->allocator, s->batch * s->shown, sizeof *r->list);
    r->seen = memory_array(r->allocator, s->batch * r->most, sizeof *r->seen);
    r->seen_begin = memory_array(r->allocator, s->batch + 1, sizeof *r->seen_begin);
    r->found = memory_array(r->allocator, s->batch, sizeof *r->found);
    if (!r->state || !r->target || !r->rank || !r->list || !r->seen || !r->seen_begin || !r->found)
        return GMR_ERR_NOMEM;
    for (size_t u = 0; u <= s->batch; u++)
        r->seen_begin[u] = u * r->most;
    return GMR_OK;
}

static void release(struct evaluation *r)
{
    size_t batch = r->settings->batch, shown = r->settings->shown;

    memory_release(r->allocator, r->state, batch * r->model->settings.width * sizeof *r->state);
    memory_release(r->allocator, r->target, batch * sizeof *r->target);
    memory_release(r->allocator, r->rank, batch * sizeof *r->rank);
    memory_release(r->allocator, r->list, batch * shown * sizeof *r->list);
    memory_release(r->allocator, r->seen, batch * r->most * sizeof *r->seen);
    memory_release(r->allocator, r->seen_begin, (batch + 1) * sizeof *r->seen_begin);
    memory_release(r->allocator, r->found, batch * sizeof *r->found);
    ranking_destroy(r->ranking);
    dialogue_release(&r->dialogue);
    embedding_release(&r->embedding, r->allocator);
}

enum gmr_status evaluation_run(const struct gommir *m, const struct world *world, struct tape *t,
                               const struct evaluation_settings *settings,
                               const struct gmr_progress *progress, double *success)
{
    struct evaluation run = {
        .settings = settings, .allocator = m->parameters.allocator, .model = m, .tape = t
    };
    enum gmr_status status;

    memset(success, 0, settings->turns * sizeof *success);
    mt19937_seed(&run.rng, settings->seed);
    t->training = t->recording = false;
    status = prepare(&run, world);
    if (status == GMR_OK)
        status = play_all(&run, progress, success);
    release(&run);
    return status;
}
