/* Each turn: answer, state, rank of the target, the nearest unseen items. */
#include "learning/evaluation.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "learning/recommendation.h"

struct evaluation {
    const struct evaluation_settings *settings;
    const struct gmr_allocator *allocator;
    const struct recommender *model;
    struct tape *tape;
    struct embedding embedding;
    struct recommendation next;
    struct dialogue dialogue;
    struct mt19937 rng;
    real *state; /* [batch, width] */
    bool *found; /* [batch] */
};

static enum gmr_status track(struct evaluation *r, struct recommender_history *history)
{
    struct recommender_turn turn;

    TRY(dialogue_turn(&r->dialogue, &r->embedding, r->tape, r->model, history, &turn));
    tape_read(r->tape, turn.state, r->state);
    return tape_status(r->tape);
}

static void show(const struct evaluation *r, size_t users, size_t turn)
{
    if (r->settings->watch)
        r->settings->watch(r->settings->user, &r->dialogue, users, turn);
}

/* Plays one batch, whose first user is number `first`; the first `users` of it count. */
static enum gmr_status play(struct evaluation *r, size_t first, size_t users, double *success)
{
    struct recommender_history history;

    recommender_begin(&history);
    memset(r->found, 0, r->dialogue.users * sizeof *r->found);
    dialogue_begin(&r->dialogue, first);
    dialogue_draw_lists(&r->dialogue, &r->rng);
    recommendation_begin(&r->next, &r->dialogue);
    show(r, users, 0);
    for (size_t turn = 0; turn < r->settings->turns; turn++) {
        TRY(track(r, &history));
        TRY(recommendation_rank(&r->next, &r->dialogue, r->state));
        TRY(recommendation_next(&r->next, &r->dialogue, r->state));
        for (size_t u = 0; u < r->dialogue.users; u++) {
            r->found[u] = r->found[u] || r->next.rank[u] < r->dialogue.shown;
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

    TRY(embedding_refresh(&r->embedding, r->model, r->dialogue.source, r->tape));
    TRY(recommendation_among(&r->next, r->tape->compute, &r->embedding));
    for (size_t first = 0; first < items; first += batch) {
        size_t users = items - first < batch ? items - first : batch;
        enum gmr_status status;

        TRY(progress_check(progress, "evaluation"));
        for (size_t u = 0; u < batch; u++) /* the last batch is padded with random targets */
            r->dialogue.target[u] = u < users ? first + u : mt19937_below(&r->rng, items);
        status = play(r, first, users, success);
        tape_reset(r->tape);
        TRY(status);
        progress_report(progress, "evaluation", "dialogue", first + users, items, NULL);
    }
    for (size_t turn = 0; turn < r->settings->turns; turn++)
        success[turn] /= (double)items;
    return GMR_OK;
}

static enum gmr_status prepare(struct evaluation *r, const struct dialogue_source *source)
{
    const struct evaluation_settings *s = r->settings;
    const size_t items = source->items, width = r->model->settings.width;

    TRY(recommendation_init(&r->next, r->allocator, items, s->batch, s->shown, s->turns));
    TRY(embedding_init(&r->embedding, r->allocator, items, width));
    TRY(dialogue_init(&r->dialogue, r->allocator, source, s->batch, s->shown));
    r->state = memory_array(r->allocator, s->batch * width, sizeof *r->state);
    r->found = memory_array(r->allocator, s->batch, sizeof *r->found);
    return r->state && r->found ? GMR_OK : GMR_ERR_NOMEM;
}

static void release(struct evaluation *r)
{
    const size_t batch = r->settings->batch;

    memory_release(r->allocator, r->state, batch * r->model->settings.width * sizeof *r->state);
    memory_release(r->allocator, r->found, batch * sizeof *r->found);
    recommendation_release(&r->next);
    dialogue_release(&r->dialogue);
    embedding_release(&r->embedding, r->allocator);
}

enum gmr_status evaluation_run(const struct recommender *m, const struct dialogue_source *source,
                               struct tape *t, const struct evaluation_settings *settings,
                               const struct gmr_progress *progress, double *success)
{
    struct evaluation run = {
        .settings = settings, .allocator = m->parameters->allocator, .model = m, .tape = t
    };
    enum gmr_status status;

    memset(success, 0, settings->turns * sizeof *success);
    mt19937_seed(&run.rng, settings->seed);
    t->training = t->recording = false;
    status = prepare(&run, source);
    if (status == GMR_OK)
        status = play_all(&run, progress, success);
    release(&run);
    return status;
}
