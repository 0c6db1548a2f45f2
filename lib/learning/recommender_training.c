#include "learning/recommender_training.h"

#include <string.h>

#include "base/status.h"

struct recommender_training_settings recommender_training_settings_default(void)
{
    return (struct recommender_training_settings){ .batch = 128,
                                                   .turns = 10,
                                                   .shown = 3,
                                                   .margin = 0.1,
                                                   .seed = 42,
                                                   .negatives = 5,
                                                   .discount = 0.2 };
}

static size_t batches_of(size_t items, size_t batch)
{
    return (items + batch - 1) / batch;
}

struct training_schedule recommender_training_schedule(
    enum training_stage stage, size_t items, const struct recommender_training_settings *settings)
{
    return (struct training_schedule){ .epochs = 20,
                                       .batches = batches_of(items, settings->batch),
                                       .rate = stage == TRAINING_POLICY ? 1e-5 : 1e-3,
                                       .constant = true,
                                       .weight_decay = 1e-8,
                                       .seed = settings->seed };
}

size_t recommender_training_batches(const struct recommender_training *r)
{
    return batches_of(r->source->items, r->settings.batch);
}

/* ---- making ---- */

static enum gmr_status check(const struct recommender_training *r)
{
    const struct recommender_training_settings *s = &r->settings;
    const bool policy = r->stage == TRAINING_POLICY;
    const size_t most = recommender_max_turns(r->model);

    if (s->batch == 0 || s->turns == 0 || (policy && s->negatives == 0))
        return gmr_error(GMR_ERR_RANGE, "a size of the training is too small");
    if (s->turns > most || s->turns > TRAINING_TURNS)
        return gmr_error(GMR_ERR_RANGE, "dialogues of %zu turns are too long: '%s' has at most %zu",
                         s->turns, r->model->row->name,
                         most < TRAINING_TURNS ? most : (size_t)TRAINING_TURNS);
    if (r->source->features != r->model->settings.features)
        return gmr_error(GMR_ERR_RANGE, "items have %zu features, '%s' expects %zu",
                         r->source->features, r->model->row->name, r->model->settings.features);
    if (s->shown < 2 && (recommender_wants_dislikes(r->model) ||
                         (policy && r->model->row->negatives != NEGATIVES_RANDOM)))
        return gmr_error(GMR_ERR_RANGE, "lists of one item have nothing to dislike");
    return GMR_OK;
}

static enum gmr_status allocate_policy(struct recommender_training *r,
                                       const struct gmr_allocator *allocator)
{
    const struct recommender_training_settings *s = &r->settings;

    TRY(recommendation_init(&r->next, allocator, r->source->items, s->batch, s->shown, s->turns));
    TRY(negatives_init(&r->dislikes, allocator, s->batch, s->shown, s->turns + 1));
    r->state = memory_array(allocator, s->batch * r->embedding.width, sizeof *r->state);
    r->reward = memory_array(allocator, s->turns * s->batch, sizeof *r->reward);
    r->weight = memory_array(allocator, s->batch, sizeof *r->weight);
    r->found = memory_array(allocator, s->batch, sizeof *r->found);
    return r->state && r->reward && r->weight && r->found ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status allocate(struct recommender_training *r,
                                const struct gmr_allocator *allocator)
{
    const struct recommender_training_settings *s = &r->settings;
    const size_t width = r->model->settings.width;

    TRY(dialogue_init(&r->dialogue, allocator, r->source, s->batch, s->shown));
    r->dialogue.omit_last = s->omit_last;
    r->dialogue.like_raw = s->like_raw;
    TRY(embedding_init(&r->embedding, allocator, r->source->items, width));
    r->drawn = memory_array(allocator, s->batch * s->negatives, sizeof *r->drawn);
    r->negative = memory_array(allocator, s->batch, sizeof *r->negative);
    r->rows = memory_array(allocator, s->batch * (1 + s->negatives) * width, sizeof *r->rows);
    r->classes = memory_array(allocator, s->batch, sizeof *r->classes);
    if (!r->drawn || !r->negative || !r->rows || !r->classes)
        return GMR_ERR_NOMEM;
    return r->stage == TRAINING_POLICY ? allocate_policy(r, allocator) : GMR_OK;
}

enum gmr_status recommender_training_init(struct recommender_training *r, enum training_stage stage,
                                          struct recommender *model,
                                          const struct dialogue_source *source,
                                          const struct recommender_training_settings *settings)
{
    *r = (struct recommender_training){
        .stage = stage, .settings = *settings, .model = model, .source = source
    };
    if (stage == TRAINING_SUPERVISED)
        r->settings.negatives = 1;
    TRY(check(r));
    TRY(allocate(r, model->parameters->allocator));
    recommender_freeze_image(model, settings->freeze_image);
    recommender_training_seek(r, 0);
    return GMR_OK;
}

void recommender_training_release(struct recommender_training *r)
{
    const struct gmr_allocator *a = r->model->parameters->allocator;
    const size_t users = r->settings.batch, width = r->model->settings.width;

    memory_release(a, r->drawn, users * r->settings.negatives * sizeof *r->drawn);
    memory_release(a, r->negative, users * sizeof *r->negative);
    memory_release(a, r->rows, users * (1 + r->settings.negatives) * width * sizeof *r->rows);
    memory_release(a, r->state, users * width * sizeof *r->state);
    memory_release(a, r->reward, r->settings.turns * users * sizeof *r->reward);
    memory_release(a, r->weight, users * sizeof *r->weight);
    memory_release(a, r->classes, users * sizeof *r->classes);
    memory_release(a, r->found, users * sizeof *r->found);
    negatives_release(&r->dislikes);
    recommendation_release(&r->next);
    dialogue_release(&r->dialogue);
    embedding_release(&r->embedding, a);
    recommender_freeze_image(r->model, false);
}

/* ---- draws ---- */

static void draw_first(struct recommender_training *r)
{
    dialogue_draw_targets(&r->dialogue, &r->rng);
    dialogue_draw_lists(&r->dialogue, &r->rng);
}

/* What a negative of this turn is drawn from: items, or what is remembered by then. */
static uint64_t pool(const struct recommender_training *r, size_t turn)
{
    const uint64_t each = r->settings.shown - 1;

    if (r->stage == TRAINING_SUPERVISED || r->model->row->negatives == NEGATIVES_RANDOM)
        return r->source->items;
    return each * (turn + (r->model->row->negatives == NEGATIVES_MEMORY ? 2 : 1));
}

void recommender_training_draw(struct recommender_training *r, size_t turn)
{
    const uint64_t below = pool(r, turn);

    for (size_t i = 0; i < r->settings.negatives * r->settings.batch; i++)
        r->drawn[i] = mt19937_below(&r->rng, below);
    if (r->stage == TRAINING_SUPERVISED)
        dialogue_draw_lists(&r->dialogue, &r->rng);
}

void recommender_training_seek(struct recommender_training *r, uint64_t batch)
{
    if (!r->is_before || batch < r->batch) {
        mt19937_seed(&r->rng, r->settings.seed);
        r->batch = 0;
    }
    r->is_before = true;
    for (; r->batch < batch; r->batch++) {
        draw_first(r);
        for (size_t turn = 0; turn < r->settings.turns; turn++)
            recommender_training_draw(r, turn);
    }
}

/* ---- a batch ---- */

struct tensor *recommender_training_rows(struct recommender_training *r, struct tape *t,
                                         const uint64_t *items)
{
    const size_t users = r->dialogue.users, width = r->embedding.width;

    for (size_t u = 0; u < users; u++)
        embedding_copy(&r->embedding, items[u], r->rows + u * width);
    return tape_input(t, (size_t[]){ users, width }, 2, r->rows);
}

/* Of a distance, |s|^2 is left out: a softmax does not see what all its choices share. */
struct tensor *recommender_training_likeness(const struct recommender_training *r, struct tape *t,
                                             struct tensor *state)
{
    struct tensor *dot = op_matmul(t, state, r->all, false, true);

    if (r->settings.kernel == POLICY_DOT)
        return dot;
    return op_subtract(t, op_scale(t, dot, 2), op_sum(t, op_multiply(t, r->all, r->all), 1));
}

struct tensor *recommender_training_entropy(const struct recommender_training *r, struct tape *t,
                                            struct tensor *logits)
{
    const size_t users = r->dialogue.users;

    return op_cross_entropy(t, logits, tape_indices(t, &users, 1, r->classes), NULL, 0);
}

enum gmr_status recommender_training_begin(struct recommender_training *r, struct tape *t)
{
    r->is_before = false;
    draw_first(r);
    dialogue_begin(&r->dialogue, r->batch * r->dialogue.users);
    TRY(embedding_refresh(&r->embedding, r->model, r->source, t));
    if (r->stage == TRAINING_POLICY)
        return recommendation_among(&r->next, t->compute, &r->embedding);
    return GMR_OK;
}

enum gmr_status recommender_training_loss(struct recommender_training *r, struct tape *t,
                                          struct tensor **loss)
{
    const size_t dim[] = { r->source->items, r->embedding.width };

    r->all = r->settings.all_items ? tape_input(t, dim, 2, r->embedding.row) : NULL;
    for (size_t u = 0; u < r->dialogue.users; u++)
        r->classes[u] = r->all ? (int64_t)r->dialogue.target[u] : 0;
    return r->stage == TRAINING_POLICY ? policy_loss(r, t, loss) : supervised_loss(r, t, loss);
}

static enum gmr_status learn(struct recommender_training *r, struct tape *t, double *value)
{
    struct tensor *loss;

    r->parts = (struct recommender_training_parts){ 0 };
    TRY(recommender_training_begin(r, t));
    TRY(recommender_training_loss(r, t, &loss));
    *value = (double)tape_scalar(t, loss);
    return tape_backward(t, loss);
}

enum gmr_status recommender_training_learn(struct recommender_training *r, struct tape *t,
                                           double *loss)
{
    const enum gmr_status status = learn(r, t, loss);

    tape_reset(t);
    r->batch++;
    r->is_before = status == GMR_OK;
    return status;
}

/* ---- the job ---- */

static enum gmr_status seek(void *user, uint64_t epoch, size_t batch)
{
    struct recommender_training *r = user;

    recommender_training_seek(r, epoch * recommender_training_batches(r) + batch);
    return GMR_OK;
}

static enum gmr_status learn_batch(void *user, struct tape *t, double *loss)
{
    return recommender_training_learn(user, t, loss);
}

static void note(void *user, json_t *line)
{
    const struct recommender_training *r = user;
    const struct recommender_training_parts *p = &r->parts;

    if (r->stage == TRAINING_SUPERVISED)
        json_object_set_new(line, "state", json_real(p->state));
    else
        json_object_update_new(line, json_pack("{s:f, s:f, s:f, s:f}", "choice", p->choice,
                                               "cross_entropy", p->cross_entropy, "reward",
                                               p->reward, "found", p->found));
    if (r->model->row->composed_loss)
        json_object_set_new(line, "composed", json_real(p->composed));
    json_object_set_new(line, "gradient", json_real(parameters_grad_norm(r->model->parameters)));
}

void recommender_training_job(struct recommender_training *r, struct training_job *job)
{
    *job = (struct training_job){ .user = r, .seek = seek, .learn = learn_batch, .note = note };
}
