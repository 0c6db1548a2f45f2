/* Supervised training (spec section 2.3): after each turn state and composed vector are pulled to
 * the target and pushed from one random item; the next lists are random too. The loss is the mean
 * over users and turns. */
#include "learning/recommender_training.h"

/* trip(x, target, n), or -log of the softmax's share of the target; a mean over the batch. */
static struct tensor *pull(const struct recommender_training *r, struct tape *t, struct tensor *x,
                           struct tensor *target, struct tensor *negative)
{
    if (!r->settings.all_items)
        return op_mean_all(t, op_triplet(t, x, target, negative, r->settings.margin));
    return op_mean_all(t,
                       recommender_training_entropy(r, t, recommender_training_likeness(r, t, x)));
}

static struct tensor *turn_loss(struct recommender_training *r, struct tape *t,
                                struct recommender_turn turn, struct tensor *target)
{
    struct tensor *negative = recommender_training_rows(r, t, r->drawn), *composed;
    struct tensor *state = pull(r, t, turn.state, target, negative);

    r->parts.state += (double)tape_scalar(t, state) / (double)r->settings.turns;
    if (!r->model->row->composed_loss)
        return state;
    composed = pull(r, t, turn.composed, target, negative);
    r->parts.composed += (double)tape_scalar(t, composed) / (double)r->settings.turns;
    return op_add(t, state, composed);
}

enum gmr_status supervised_loss(struct recommender_training *r, struct tape *t,
                                struct tensor **loss)
{
    struct tensor *target = recommender_training_rows(r, t, r->dialogue.target), *sum = NULL;
    struct recommender_history history;

    recommender_begin(&history);
    for (size_t k = 0; k < r->settings.turns; k++) {
        struct recommender_turn turn;
        struct tensor *part;

        TRY(dialogue_turn(&r->dialogue, &r->embedding, t, r->model, &history, &turn));
        recommender_training_draw(r, k);
        part = turn_loss(r, t, turn, target);
        sum = sum ? op_add(t, sum, part) : part;
    }
    *loss = op_scale(t, sum, 1 / (double)r->settings.turns);
    return GMR_OK;
}
