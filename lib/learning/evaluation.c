/* Each turn: answer, state, distances to all items, rank of the target, the nearest unseen items.
 */
#include "learning/evaluation.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"

struct evaluation {
    const struct evaluation_settings *settings;
    const struct gmr_allocator *allocator;
    const struct gommir *model;
    struct tape *tape;
    struct embedding embedding;
    struct dialogue dialogue;
    struct mt19937 rng;
    real *state;    /* [batch, width] */
    real *distance; /* [batch, items]: squared, less the state's own length, which ranks nothing */
    bool *seen;     /* [batch, items] */
    bool *found;    /* [batch] */
};

/* |f|^2 - 2 s f for all users and items. */
static void measure_distances(struct evaluation *r)
{
    const struct embedding *e = &r->embedding;
    struct compute *c = r->tape->compute;
    struct matmul shape = { .transpose_b = true,
                            .m = r->dialogue.users,
                            .n = e->count,
                            .k = e->width,
                            .a_stride = e->width,
                            .b_stride = e->width,
                            .y_stride = e->count,
                            .batch = 1,
                            .alpha = -2 };

    for (size_t u = 0; u < r->dialogue.users; u++)
        memcpy(r->distance + u * e->count, e->norm, e->count * sizeof *e->norm);
    c->matmul(c, &shape, r->distance, r->state, e->row, 1);
}

/* Zero-based rank among unseen items: strictly nearer ones count, so ties favour the target. */
static size_t rank(const struct evaluation *r, size_t user)
{
    size_t items = r->embedding.count, nearer = 0;
    const real *distance = r->distance + user * items;
    real limit = distance[r->dialogue.target[user]];

    for (size_t i = 0; i < items; i++)
        nearer += distance[i] < limit && !r->seen[user * items + i];
    return nearer;
}

/* The nearest unseen items become the user's next list; equals in order of index. */
static void recommend(struct evaluation *r, size_t user)
{
    size_t items = r->embedding.count, shown = r->dialogue.shown;
    const real *distance = r->distance + user * items;
    bool *seen = r->seen + user * items;

    for (size_t k = 0; k < shown; k++) {
        size_t best = items;

        for (size_t i = 0; i < items; i++)
            if (!seen[i] && (best == items || distance[i] < distance[best]))
                best = i;
        seen[best] = true;
        r->dialogue.list[user * shown + k] = best;
    }
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
    size_t items = r->embedding.count, shown = r->dialogue.shown;

    gommir_history_clear(&history);
    memset(r->seen, 0, r->dialogue.users * items * sizeof *r->seen);
    memset(r->found, 0, r->dialogue.users * sizeof *r->found);
    dialogue_draw_lists(&r->dialogue, &r->rng);
    for (size_t i = 0; i < r->dialogue.users * shown; i++)
        r->seen[i / shown * items + r->dialogue.list[i]] = true;
    show(r, users, 0);
    for (size_t turn = 0; turn < r->settings->turns; turn++) {
        TRY(track(r, &history));
        measure_distances(r);
        for (size_t u = 0; u < r->dialogue.users; u++) {
            r->found[u] = r->found[u] || rank(r, u) < shown;
            recommend(r, u);
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
    embedding_measure(&r->embedding);
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
    r->state = memory_array(r->allocator, s->batch * width, sizeof *r->state);
    r->distance = memory_array(r->allocator, s->batch * items, sizeof *r->distance);
    r->seen = memory_array(r->allocator, s->batch * items, sizeof *r->seen);
    r->found = memory_array(r->allocator, s->batch, sizeof *r->found);
    return r->state && r->distance && r->seen && r->found ? GMR_OK : GMR_ERR_NOMEM;
}

static void release(struct evaluation *r, size_t items)
{
    size_t batch = r->settings->batch;

    memory_release(r->allocator, r->state, batch * r->model->settings.width * sizeof *r->state);
    memory_release(r->allocator, r->distance, batch * items * sizeof *r->distance);
    memory_release(r->allocator, r->seen, batch * items * sizeof *r->seen);
    memory_release(r->allocator, r->found, batch * sizeof *r->found);
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
    release(&run, world->settings.items);
    return status;
}
