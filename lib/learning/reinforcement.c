/* Policy learning (spec section 2.4). The policy of a turn chooses the target among J negatives by
 * a softmax of likenesses to the state; its cross-entropy is weighted with what the dialogue earns
 * from there on, rewards being the likeness of recommended items to the target. So what led to good
 * lists is made more likely, what led to poor ones less so. Beside it, composed vectors are pulled
 * to the target as in supervised training; here the turns are summed. Beyond the paper the target
 * may be chosen among all items instead: dislikes are by construction what the state lies nearer to
 * than to the target, so a model that only sees those can do little but shorten its states.
 *
 * Lists, rewards and negatives are constants: gradients flow through states and composed vectors
 * only. */
#include "learning/recommender_training.h"

#include <math.h>
#include <string.h>

/* What the loss needs of each turn, once its return is known. */
struct policy_turn {
    struct tensor *entropy; /* [users]: of the choice */
    struct tensor *triplet; /* one number; NULL: none */
};

/* ---- rewards ---- */

static double dot(const struct embedding *e, uint64_t a, uint64_t b)
{
    const real *x = e->row + a * e->width, *y = e->row + b * e->width;
    double sum = 0;

    for (size_t i = 0; i < e->width; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

/* What the list that user `u` has now earns. */
static double reward(const struct recommender_training *r, size_t u)
{
    const struct dialogue *d = &r->dialogue;
    double sum = 0;

    if (r->model->row->rewards == REWARDS_LIKED)
        return dot(&r->embedding, d->liked[u], d->target[u]);
    for (size_t k = 0; k < d->shown; k++)
        sum += dot(&r->embedding, d->list[u * d->shown + k], d->target[u]);
    return sum;
}

static void earn(struct recommender_training *r, size_t turn)
{
    const double scale = r->settings.scale_rewards ? 1 / (double)r->embedding.width : 1;

    for (size_t u = 0; u < r->dialogue.users; u++) {
        const double earned = scale * reward(r, u);

        r->reward[turn * r->dialogue.users + u] = earned;
        r->parts.reward += earned / (double)(r->dialogue.users * r->settings.turns);
    }
}

/* Rewards become returns: G_k = r_k + discount G_(k + 1). */
static void collect(struct recommender_training *r)
{
    const size_t users = r->dialogue.users, turns = r->settings.turns;

    for (size_t k = turns - 1; k-- > 0;)
        for (size_t u = 0; u < users; u++)
            r->reward[k * users + u] += r->settings.discount * r->reward[(k + 1) * users + u];
}

/* The return of a turn of user `u`, after collect. */
static double turn_return(const struct recommender_training *r, size_t turn, size_t u)
{
    double value = r->reward[(r->settings.full_return ? 0 : turn) * r->dialogue.users + u];

    if (r->model->row->rewards == REWARDS_NONE)
        value = 1;
    return r->settings.clamp_returns ? fmax(value, 0) : value;
}

/* ---- likenesses ---- */

/* The item that draw `j` of user `u` stands for. */
static uint64_t negative(const struct recommender_training *r, size_t j, size_t u)
{
    const uint64_t drawn = r->drawn[j * r->dialogue.users + u];

    return r->model->row->negatives == NEGATIVES_RANDOM ? drawn
                                                        : negatives_at(&r->dislikes, u, drawn);
}

/* Embeddings of the target and of the J negatives, [users, 1 + J, width]. */
static struct tensor *candidates(struct recommender_training *r, struct tape *t)
{
    const size_t users = r->dialogue.users, count = r->settings.negatives;
    const size_t width = r->embedding.width, dim[] = { users, 1 + count, width };

    for (size_t u = 0; u < users; u++) {
        real *row = r->rows + u * (1 + count) * width;

        embedding_copy(&r->embedding, r->dialogue.target[u], row);
        for (size_t j = 0; j < count; j++)
            embedding_copy(&r->embedding, negative(r, j, u), row + (1 + j) * width);
    }
    return tape_input(t, dim, 3, r->rows);
}

static struct tensor *likeness(const struct recommender_training *r, struct tape *t,
                               struct tensor *state, struct tensor *candidate)
{
    const size_t users = r->dialogue.users, count = 1 + r->settings.negatives;
    const size_t one[] = { users, 1, r->embedding.width }, flat[] = { users, count };
    struct tensor *difference;

    state = op_reshape(t, state, one, 3);
    if (r->settings.kernel == POLICY_DOT)
        return op_reshape(t, op_matmul(t, state, candidate, false, true), flat, 2);
    difference = op_subtract(t, candidate, state);
    return op_scale(t, op_sum(t, op_multiply(t, difference, difference), 2), -1);
}

/* The cross-entropies of a turn's choices, [users], before they are weighted. */
static struct tensor *choose(struct recommender_training *r, struct tape *t, struct tensor *state)
{
    struct tensor *logits = r->settings.all_items ? recommender_training_likeness(r, t, state)
                                                  : likeness(r, t, state, candidates(r, t));
    struct tensor *entropy = recommender_training_entropy(r, t, logits);

    r->parts.cross_entropy +=
        (double)tape_scalar(t, op_mean_all(t, entropy)) / (double)r->settings.turns;
    return entropy;
}

/* ---- what is told ---- */

/* Who has been shown the target by now. */
static void tell_found(struct recommender_training *r)
{
    const struct dialogue *d = &r->dialogue;
    size_t count = 0;

    for (size_t u = 0; u < d->users; u++) {
        for (size_t k = 0; k < d->shown; k++)
            r->found[u] |= d->list[u * d->shown + k] == d->target[u];
        count += r->found[u];
    }
    r->parts.found = (double)count / (double)d->users;
}

/* ---- turns ---- */

/* The nearest unseen items are shown, and users like one of them. What they dislike is remembered
 * before negatives are drawn, or only then. */
static enum gmr_status recommend(struct recommender_training *r, struct tape *t,
                                 struct tensor *state)
{
    tape_read(t, state, r->state);
    TRY(tape_status(t));
    TRY(recommendation_next(&r->next, &r->dialogue, r->state));
    tell_found(r);
    dialogue_choose(&r->dialogue, &r->embedding);
    if (r->model->row->negatives == NEGATIVES_MEMORY)
        negatives_add(&r->dislikes, &r->dialogue);
    return GMR_OK;
}

static enum gmr_status play_turn(struct recommender_training *r, struct tape *t, size_t k,
                                 struct recommender_history *history, struct tensor *target,
                                 struct policy_turn *played)
{
    struct recommender_turn turn;

    TRY(dialogue_turn(&r->dialogue, &r->embedding, t, r->model, history, &turn));
    TRY(recommend(r, t, turn.state));
    recommender_training_draw(r, k);
    played->entropy = choose(r, t, turn.state);
    if (r->model->row->composed_loss) {
        for (size_t u = 0; u < r->dialogue.users; u++)
            r->negative[u] = negative(r, r->settings.negatives - 1, u);
        played->triplet = op_mean_all(t, op_triplet(t, turn.composed, target,
                                                    recommender_training_rows(r, t, r->negative),
                                                    r->settings.margin));
        r->parts.composed += (double)tape_scalar(t, played->triplet);
    }
    if (r->model->row->negatives == NEGATIVES_HISTORY)
        negatives_add(&r->dislikes, &r->dialogue);
    earn(r, k);
    return GMR_OK;
}

/* mean(CE G) + trip */
static struct tensor *turn_loss(struct recommender_training *r, struct tape *t, size_t k,
                                const struct policy_turn *turn)
{
    const size_t users = r->dialogue.users;
    struct tensor *loss, *weight;

    for (size_t u = 0; u < users; u++)
        r->weight[u] = (real)turn_return(r, k, u);
    weight = tape_input(t, &users, 1, r->weight);
    loss = op_mean_all(t, op_multiply(t, turn->entropy, weight));
    r->parts.choice += (double)tape_scalar(t, loss);
    return turn->triplet ? op_add(t, loss, turn->triplet) : loss;
}

static struct tensor *sum_turns(struct recommender_training *r, struct tape *t,
                                const struct policy_turn *turns)
{
    struct tensor *sum = NULL;

    collect(r);
    for (size_t k = 0; k < r->settings.turns; k++) {
        struct tensor *part = turn_loss(r, t, k, &turns[k]);

        sum = sum ? op_add(t, sum, part) : part;
    }
    return sum;
}

enum gmr_status policy_loss(struct recommender_training *r, struct tape *t, struct tensor **loss)
{
    struct tensor *target = recommender_training_rows(r, t, r->dialogue.target);
    struct policy_turn turn[TRAINING_TURNS] = { 0 };
    struct recommender_history history;

    recommender_begin(&history);
    recommendation_begin(&r->next, &r->dialogue);
    dialogue_choose(&r->dialogue, &r->embedding);
    memset(r->found, 0, r->dialogue.users * sizeof *r->found);
    negatives_clear(&r->dislikes);
    negatives_add(&r->dislikes, &r->dialogue);
    for (size_t k = 0; k < r->settings.turns; k++)
        TRY(play_turn(r, t, k, &history, target, &turn[k]));
    *loss = sum_turns(r, t, turn);
    return GMR_OK;
}
