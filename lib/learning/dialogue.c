#include "learning/dialogue.h"

#include <string.h>

#include "base/status.h"

/* ---- embedding ---- */

enum { EMBED_ROWS = 4096 }; /* items embedded at a time */

enum gmr_status embedding_init(struct embedding *e, const struct gmr_allocator *allocator,
                               size_t count, size_t width)
{
    e->count = count;
    e->width = width;
    e->row = memory_array(allocator, count * width, sizeof *e->row);
    return e->row ? GMR_OK : GMR_ERR_NOMEM;
}

void embedding_release(struct embedding *e, const struct gmr_allocator *allocator)
{
    memory_release(allocator, e->row, e->count * e->width * sizeof *e->row);
    memset(e, 0, sizeof *e);
}

static void embed_rows(struct embedding *e, const struct recommender *m,
                       const struct dialogue_source *s, struct tape *t, size_t first, size_t count)
{
    size_t dim[] = { count, s->features };
    struct tensor *raw = tape_input(t, dim, 2, source_image(s, first));

    tape_read(t, recommender_embed_image(t, m, raw), e->row + first * e->width);
}

enum gmr_status embedding_refresh(struct embedding *e, const struct recommender *m,
                                  const struct dialogue_source *s, struct tape *t)
{
    bool recording = t->recording, training = t->training;
    enum gmr_status status = GMR_OK;

    t->recording = t->training = false;
    for (size_t first = 0; first < e->count && status == GMR_OK; first += EMBED_ROWS) {
        size_t left = e->count - first;

        embed_rows(e, m, s, t, first, left < EMBED_ROWS ? left : EMBED_ROWS);
        status = tape_status(t);
        tape_reset(t);
    }
    t->recording = recording;
    t->training = training;
    return status;
}

void embedding_copy(const struct embedding *e, uint64_t item, real *row)
{
    memcpy(row, e->row + item * e->width, e->width * sizeof *row);
}

/* ---- dialogue ---- */

static enum gmr_status allocate(struct dialogue *d)
{
    const struct gmr_allocator *a = d->allocator;
    const size_t users = d->users, others = users * (d->shown - 1), features = d->source->features;

    d->target = memory_array(a, users, sizeof *d->target);
    d->list = memory_array(a, users * d->shown, sizeof *d->list);
    d->liked = memory_array(a, users, sizeof *d->liked);
    d->disliked = memory_array(a, others, sizeof *d->disliked);
    d->memory = memory_array(a, users, sizeof *d->memory);
    d->image = memory_array(a, users * features, sizeof *d->image);
    d->text = memory_array(a, users * features, sizeof *d->text);
    d->dislike = memory_array(a, others * features, sizeof *d->dislike);
    d->one_list = memory_array(a, d->shown, sizeof *d->one_list);
    d->scratch =
        memory_array(a, mt19937_sample_scratch(d->source->items, d->shown), sizeof *d->scratch);
    if (!d->target || !d->list || !d->liked || !d->disliked || !d->memory || !d->image ||
        !d->text || !d->dislike || !d->one_list || !d->scratch)
        return GMR_ERR_NOMEM;
    return GMR_OK;
}

enum gmr_status dialogue_init(struct dialogue *d, const struct gmr_allocator *allocator,
                              const struct dialogue_source *source, size_t users, size_t shown)
{
    enum gmr_status status;

    memset(d, 0, sizeof *d);
    if (shown == 0 || shown > source->items)
        return gmr_error(GMR_ERR_RANGE, "%zu items cannot fill a list of %zu", source->items,
                         shown);
    d->allocator = allocator;
    d->source = source;
    d->users = users;
    d->shown = shown;
    status = allocate(d);
    if (status != GMR_OK)
        dialogue_release(d);
    return status;
}

void dialogue_release(struct dialogue *d)
{
    const struct gmr_allocator *a = d->allocator;
    const size_t users = d->users, others = users * (d->shown - 1);
    size_t features;

    if (!d->source)
        return;
    features = d->source->features;
    memory_release(a, d->target, users * sizeof *d->target);
    memory_release(a, d->list, users * d->shown * sizeof *d->list);
    memory_release(a, d->liked, users * sizeof *d->liked);
    memory_release(a, d->disliked, others * sizeof *d->disliked);
    memory_release(a, d->memory, users * sizeof *d->memory);
    memory_release(a, d->image, users * features * sizeof *d->image);
    memory_release(a, d->text, users * features * sizeof *d->text);
    memory_release(a, d->dislike, others * features * sizeof *d->dislike);
    memory_release(a, d->one_list, d->shown * sizeof *d->one_list);
    memory_release(a, d->scratch,
                   mt19937_sample_scratch(d->source->items, d->shown) * sizeof *d->scratch);
    memset(d, 0, sizeof *d);
}

void dialogue_begin(struct dialogue *d, uint64_t first)
{
    for (size_t u = 0; u < d->users; u++)
        d->memory[u] = (struct critic_memory){ .dialogue = first + u };
}

void dialogue_draw_targets(struct dialogue *d, struct mt19937 *rng)
{
    for (size_t u = 0; u < d->users; u++)
        d->target[u] = mt19937_below(rng, d->source->items);
}

/* Items that may be in a random list. */
static size_t listed(const struct dialogue *d)
{
    const size_t items = d->source->items;

    return d->omit_last && items > d->shown ? items - 1 : items;
}

void dialogue_draw_lists(struct dialogue *d, struct mt19937 *rng)
{
    for (size_t u = 0; u < d->users; u++)
        mt19937_sample(rng, listed(d), d->shown, d->list + u * d->shown, d->scratch);
}

/* ---- answers ---- */

static void choose(struct dialogue *d, const real *rows, size_t width, size_t user)
{
    const uint64_t *list = d->list + user * d->shown;
    uint64_t *others = d->disliked + user * (d->shown - 1);
    size_t best;

    for (size_t k = 0; k < d->shown; k++)
        d->one_list[k] = (size_t)list[k];
    best = critic_like(rows, width, rows + d->target[user] * width, d->one_list, d->shown);
    d->liked[user] = list[best];
    for (size_t k = 0; k < d->shown; k++)
        if (k != best)
            *others++ = list[k];
}

void dialogue_choose(struct dialogue *d, const struct embedding *e)
{
    const real *rows = d->like_raw ? d->source->image : e->row;
    const size_t width = d->like_raw ? d->source->features : e->width;

    for (size_t u = 0; u < d->users; u++)
        choose(d, rows, width, u);
}

/* Raw pictures of some items. */
static void gather(const struct dialogue *d, const uint64_t *item, size_t count, real *rows)
{
    const size_t features = d->source->features;

    for (size_t i = 0; i < count; i++)
        memcpy(rows + i * features, source_image(d->source, item[i]), features * sizeof *rows);
}

enum gmr_status dialogue_answer(struct dialogue *d, const struct embedding *e)
{
    dialogue_choose(d, e);
    gather(d, d->liked, d->users, d->image);
    gather(d, d->disliked, d->users * (d->shown - 1), d->dislike);
    return d->source->critiques(d->source->user, d->target, d->liked, d->memory, d->users, d->text,
                                d->words);
}

struct recommender_turn dialogue_take_in(const struct dialogue *d, struct tape *t,
                                         const struct recommender *m, struct recommender_history *h)
{
    const size_t features = d->source->features;
    const size_t dim[] = { d->users, features }, others[] = { d->users, d->shown - 1, features };
    struct recommender_input input = { .image = tape_input(t, dim, 2, d->image),
                                       .text = tape_input(t, dim, 2, d->text) };

    if (recommender_wants_dislikes(m))
        input.dislike = tape_input(t, others, 3, d->dislike);
    return recommender_turn(t, m, h, &input);
}

enum gmr_status dialogue_turn(struct dialogue *d, const struct embedding *e, struct tape *t,
                              const struct recommender *m, struct recommender_history *h,
                              struct recommender_turn *turn)
{
    TRY(dialogue_answer(d, e));
    *turn = dialogue_take_in(d, t, m, h);
    return GMR_OK;
}
