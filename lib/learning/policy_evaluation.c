/* Each turn: answers, then the policy's turn. What a batch does is kept until it ends, so that
 * whoever looks sees whole dialogues. */
#include "learning/policy_evaluation.h"

#include <string.h>

#include "base/log.h"
#include "base/status.h"

struct run {
    const struct gmr_allocator *allocator;
    const struct policy_evaluation_settings *settings;
    struct policy *policy;
    struct policy_evaluation *result;
    struct embedding embedding;
    struct dialogue dialogue;
    struct recommendation next;
    struct mt19937 rng;

    /* What happened in the batch. */
    size_t *list;                /* [batch, turns + 1, shown] */
    size_t *liked, *rank;        /* [batch, turns] */
    char (*words)[CRITIC_TEXT];  /* [batch, turns] */
    char (*saying)[CRITIC_TEXT]; /* [batch]: in this turn */
};

/* ---- one batch ---- */

static void keep_lists(struct run *r, size_t turn)
{
    const size_t shown = r->settings->shown, each = (r->settings->turns + 1) * shown;
    for (size_t u = 0; u < r->settings->batch; u++)
        for (size_t k = 0; k < shown; k++)
            r->list[u * each + turn * shown + k] = (size_t)r->dialogue.list[u * shown + k];
}

static void keep_turn(struct run *r, size_t turn)
{
    const size_t turns = r->settings->turns;
    for (size_t u = 0; u < r->settings->batch; u++) {
        const size_t place = u * turns + turn;
        r->liked[place] = (size_t)r->dialogue.liked[u];
        r->rank[place] = r->next.rank[u];
        memcpy(r->words[place], r->saying[u], CRITIC_TEXT);
    }
    keep_lists(r, turn + 1);
}

/* The last batch is filled up with random targets, whose dialogues do not count. */
static void begin(struct run *r, size_t first, size_t users)
{
    for (size_t u = 0; u < r->settings->batch; u++)
        r->dialogue.target[u] =
            u < users ? first + u : mt19937_below(&r->rng, r->dialogue.source->items);
    dialogue_begin(&r->dialogue, first);
    dialogue_draw_lists(&r->dialogue, &r->rng);
    keep_lists(r, 0);
}

static enum gmr_status play(struct run *r)
{
    r->policy->begin(r->policy, &r->embedding);
    recommendation_begin(&r->next, &r->dialogue);
    for (size_t turn = 0; turn < r->settings->turns; turn++) {
        TRY(dialogue_answer(&r->dialogue, &r->embedding));
        TRY(r->policy->turn(r->policy, &r->dialogue, &r->next));
        keep_turn(r, turn);
    }
    return GMR_OK;
}

/* ---- what comes out ---- */

static void count_first_lists(struct run *r, size_t users)
{
    const size_t shown = r->settings->shown;
    for (size_t u = 0; u < users; u++)
        for (size_t k = 0; k < shown; k++)
            r->result->in_first_list +=
                r->list[u * (r->settings->turns + 1) * shown + k] == r->dialogue.target[u];
}

static enum gmr_status tell(struct run *r, size_t first, size_t users)
{
    const struct policy_evaluation_settings *s = r->settings;
    memcpy(r->result->ranks + first * s->turns, r->rank,
           users * s->turns * sizeof *r->result->ranks);
    for (size_t u = 0; u < users; u++) {
        const struct policy_dialogue d = { .target = first + u,
                                           .turns = s->turns,
                                           .shown = s->shown,
                                           .list = r->list + u * (s->turns + 1) * s->shown,
                                           .liked = r->liked + u * s->turns,
                                           .words = r->words + u * s->turns,
                                           .rank = r->rank + u * s->turns };
        if (s->watch)
            TRY(s->watch(s->user, &d));
    }
    return GMR_OK;
}

/* ---- all of it ---- */

static enum gmr_status play_all(struct run *r, const struct compute *compute,
                                const struct gmr_progress *progress)
{
    const size_t items = r->embedding.count, batch = r->settings->batch;
    if (r->settings->known < items) {
        TRY(r->policy->embed(r->policy, r->dialogue.source, &r->embedding));
        TRY(recommendation_among(&r->next, compute, &r->embedding));
    }
    for (size_t first = 0; first < items; first += batch) {
        const size_t users = items - first < batch ? items - first : batch;
        begin(r, first, users); /* draws, also where nothing is played */
        count_first_lists(r, users);
        if (first >= r->settings->known) {
            TRY(progress_check(progress, "evaluation"));
            TRY(play(r));
            TRY(tell(r, first, users));
        }
        progress_report(progress, "evaluation", "dialogue", first + users, items, NULL);
    }
    return GMR_OK;
}

static enum gmr_status prepare(struct run *r, const struct dialogue_source *source)
{
    const size_t batch = r->settings->batch, turns = r->settings->turns;
    const size_t shown = r->settings->shown;
    const struct gmr_allocator *a = r->allocator;
    TRY(recommendation_init(&r->next, a, source->items, batch, shown, turns));
    TRY(embedding_init(&r->embedding, a, source->items, r->policy->width));
    TRY(dialogue_init(&r->dialogue, a, source, batch, shown));
    r->list = memory_array(a, batch * (turns + 1) * shown, sizeof *r->list);
    r->liked = memory_array(a, batch * turns, sizeof *r->liked);
    r->rank = memory_array(a, batch * turns, sizeof *r->rank);
    r->words = memory_array(a, batch * turns, sizeof *r->words);
    r->saying = memory_array(a, batch, sizeof *r->saying);
    if (!r->list || !r->liked || !r->rank || !r->words || !r->saying)
        return GMR_ERR_NOMEM;
    r->dialogue.words = r->saying;
    r->dialogue.like_raw = r->settings->like_raw;
    r->dialogue.omit_last = r->settings->omit_last;
    return GMR_OK;
}

static void release(struct run *r)
{
    const size_t batch = r->settings->batch, turns = r->settings->turns;
    const size_t shown = r->settings->shown;
    const struct gmr_allocator *a = r->allocator;
    memory_release(a, r->list, batch * (turns + 1) * shown * sizeof *r->list);
    memory_release(a, r->liked, batch * turns * sizeof *r->liked);
    memory_release(a, r->rank, batch * turns * sizeof *r->rank);
    memory_release(a, r->words, batch * turns * sizeof *r->words);
    memory_release(a, r->saying, batch * sizeof *r->saying);
    recommendation_release(&r->next);
    dialogue_release(&r->dialogue);
    embedding_release(&r->embedding, a);
}

enum gmr_status policy_evaluation_run(struct policy *policy, const struct compute *compute,
                                      const struct gmr_allocator *allocator,
                                      const struct dialogue_source *source,
                                      const struct policy_evaluation_settings *settings,
                                      const struct gmr_progress *progress,
                                      struct policy_evaluation *result)
{
    struct run r = {
        .allocator = allocator, .settings = settings, .policy = policy, .result = result
    };
    result->in_first_list = 0;
    mt19937_seed(&r.rng, settings->seed);
    enum gmr_status status = prepare(&r, source);
    if (status == GMR_OK)
        status = play_all(&r, compute, progress);
    release(&r);
    return status;
}
