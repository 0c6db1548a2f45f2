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

static void embed_rows(struct embedding *e, const struct gommir *m, const struct world *w,
                       struct tape *t, size_t first, size_t count)
{
    size_t dim[] = { count, w->settings.features };
    struct tensor *raw = tape_input(t, dim, 2, world_image(w, first));

    tape_read(t, gommir_embed_image(t, m, raw), e->row + first * e->width);
}

enum gmr_status embedding_refresh(struct embedding *e, const struct gommir *m,
                                  const struct world *w, struct tape *t)
{
    bool recording = t->recording, training = t->training;
    enum gmr_status status = GMR_OK;

    t->recording = t->training = false;
    for (size_t first = 0; first < e->count && status == GMR_OK; first += EMBED_ROWS) {
        size_t left = e->count - first;

        embed_rows(e, m, w, t, first, left < EMBED_ROWS ? left : EMBED_ROWS);
        status = tape_status(t);
        tape_reset(t);
    }
    t->recording = recording;
    t->training = training;
    return status;
}

/* ---- dialogue ---- */

enum gmr_status dialogue_init(struct dialogue *d, const struct gmr_allocator *allocator,
                              const struct world *world, size_t users, size_t shown)
{
    size_t features = world->settings.features;

    memset(d, 0, sizeof *d);
    if (shown > world->settings.items)
        return gmr_error(GMR_ERR_RANGE, "%zu items cannot fill a list of %zu",
                         world->settings.items, shown);
    d->allocator = allocator;
    d->world = world;
    d->users = users;
    d->shown = shown;
    d->target = memory_array(allocator, users, sizeof *d->target);
    d->list = memory_array(allocator, users * shown, sizeof *d->list);
    d->liked = memory_array(allocator, users, sizeof *d->liked);
    d->image = memory_array(allocator, users * features, sizeof *d->image);
    d->text = memory_array(allocator, users * features, sizeof *d->text);
    d->scratch = memory_array(allocator, mt19937_sample_scratch(world->settings.items, shown),
                              sizeof *d->scratch);
    if (d->target && d->list && d->liked && d->image && d->text && d->scratch)
        return GMR_OK;
    dialogue_release(d);
    return GMR_ERR_NOMEM;
}

void dialogue_release(struct dialogue *d)
{
    const struct world_settings *s;

    if (!d->world)
        return;
    s = &d->world->settings;
    memory_release(d->allocator, d->target, d->users * sizeof *d->target);
    memory_release(d->allocator, d->list, d->users * d->shown * sizeof *d->list);
    memory_release(d->allocator, d->liked, d->users * sizeof *d->liked);
    memory_release(d->allocator, d->image, d->users * s->features * sizeof *d->image);
    memory_release(d->allocator, d->text, d->users * s->features * sizeof *d->text);
    memory_release(d->allocator, d->scratch,
                   mt19937_sample_scratch(s->items, d->shown) * sizeof *d->scratch);
    memset(d, 0, sizeof *d);
}

void dialogue_draw_targets(struct dialogue *d, struct mt19937 *rng)
{
    for (size_t u = 0; u < d->users; u++)
        d->target[u] = mt19937_below(rng, d->world->settings.items);
}

void dialogue_draw_lists(struct dialogue *d, struct mt19937 *rng)
{
    for (size_t u = 0; u < d->users; u++)
        mt19937_sample(rng, d->world->settings.items, d->shown, d->list + u * d->shown, d->scratch);
}

static double squared_distance(const struct embedding *e, uint64_t a, uint64_t b)
{
    const real *x = e->row + a * e->width, *y = e->row + b * e->width;
    double sum = 0;

    for (size_t i = 0; i < e->width; i++)
        sum += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    return sum;
}

static uint64_t choose(const struct dialogue *d, const struct embedding *e, size_t user)
{
    const uint64_t *list = d->list + user * d->shown;
    uint64_t best = list[0];
    double least = squared_distance(e, best, d->target[user]);

    for (size_t k = 1; k < d->shown; k++) {
        double distance = squared_distance(e, list[k], d->target[user]);

        if (distance < least) {
            least = distance;
            best = list[k];
        }
    }
    return best;
}

void dialogue_answer(struct dialogue *d, const struct embedding *e)
{
    size_t features = d->world->settings.features;

    for (size_t u = 0; u < d->users; u++) {
        d->liked[u] = choose(d, e, u);
        memcpy(d->image + u * features, world_image(d->world, d->liked[u]),
               features * sizeof *d->image);
        world_critique(d->world, d->target[u], d->liked[u], d->text + u * features);
    }
}

struct gommir_turn dialogue_turn(struct dialogue *d, const struct embedding *e, struct tape *t,
                                 const struct gommir *m, struct gommir_history *h)
{
    size_t dim[] = { d->users, d->world->settings.features };
    struct tensor *image, *text;

    dialogue_answer(d, e);
    image = tape_input(t, dim, 2, d->image);
    text = tape_input(t, dim, 2, d->text);
    return gommir_turn(t, m, h, image, text);
}
