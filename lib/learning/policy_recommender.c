/* A trained recommender as a policy: what it remembers of the dialogues lies on its tape. */
#include <string.h>

#include "base/status.h"
#include "learning/policy.h"

struct trained {
    struct policy policy;
    const struct gmr_allocator *allocator;
    const struct recommender *model;
    struct tape *tape;
    struct recommender_history history;
    size_t users;
    real *state; /* [users, width] */
};

static enum gmr_status embed(struct policy *policy, const struct dialogue_source *source,
                             struct embedding *embedding)
{
    const struct trained *t = (const struct trained *)policy;
    return embedding_refresh(embedding, t->model, source, t->tape);
}

static void begin(struct policy *policy, const struct embedding *embedding)
{
    struct trained *t = (struct trained *)policy;
    (void)embedding;
    t->tape->recording = t->tape->training = false;
    tape_reset(t->tape);
    recommender_begin(&t->history);
}

static enum gmr_status turn(struct policy *policy, struct dialogue *d, struct recommendation *next)
{
    struct trained *t = (struct trained *)policy;
    const struct recommender_turn turn = dialogue_take_in(d, t->tape, t->model, &t->history);
    tape_read(t->tape, turn.state, t->state);
    TRY(tape_status(t->tape));
    TRY(recommendation_rank(next, d, t->state));
    return recommendation_next(next, d, t->state);
}

static void destroy(struct policy *policy)
{
    struct trained *t = (struct trained *)policy;
    tape_reset(t->tape);
    memory_release(t->allocator, t->state, t->users * policy->width * sizeof *t->state);
    memory_release(t->allocator, t, sizeof *t);
}

enum gmr_status policy_of_recommender(const struct gmr_allocator *allocator,
                                      const struct recommender *model, struct tape *tape,
                                      size_t users, struct policy **policy)
{
    const size_t width = model->settings.width;
    *policy = NULL;
    struct trained *t = memory_array(allocator, 1, sizeof *t);
    if (!t)
        return GMR_ERR_NOMEM;
    *t = (struct trained){ .policy = { .name = model->row->name,
                                       .width = width,
                                       .embed = embed,
                                       .begin = begin,
                                       .turn = turn,
                                       .destroy = destroy },
                           .allocator = allocator,
                           .model = model,
                           .tape = tape,
                           .users = users,
                           .state = memory_array(allocator, users * width, sizeof *t->state) };
    if (!t->state) {
        destroy(&t->policy);
        return GMR_ERR_NOMEM;
    }
    *policy = &t->policy;
    return GMR_OK;
}
