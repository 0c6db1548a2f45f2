#include "learning/critiques.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"

enum { TRIES = 16 /* pairs of which something may be said */ };

/* Streams of pairs, one for each epoch, apart from all other streams of the seed. */
#define PAIR_STREAM (UINT64_C(0x63726974) << 32)

/* Dialogues in which references are worded, apart from those of all epochs. */
#define REFERENCE_DIALOGUES (UINT64_C(1) << 63)

/* ---- what it is about ---- */

/* Directions of features: how much they differ, whatever their length. */
static void normalise(real *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const double length = sqrt(sum);
    for (size_t i = 0; length > 0 && i < n; i++)
        x[i] = (real)((double)x[i] / length);
}

static enum gmr_status gather_items(struct critiques *c, const struct corpus *items,
                                    const struct regions *regions)
{
    const size_t width = regions_channels(regions);
    size_t count = 0;
    c->positions = memory_array(c->allocator, c->room, sizeof *c->positions);
    if (!c->positions)
        return GMR_ERR_NOMEM;
    c->pairs = (struct critique_pairs){ .positions = c->positions, .width = width };
    for (size_t i = 0; i < items->count; i++)
        if (regions_has(regions, items->item[i].position))
            c->positions[count++] = items->item[i].position;
    if (count < 2)
        return gmr_error(GMR_ERR_RANGE, "%zu items have a picture that can be read: too few",
                         count);
    c->vectors = memory_array(c->allocator, c->room * width, sizeof *c->vectors);
    if (!c->vectors)
        return GMR_ERR_NOMEM;
    c->pairs.count = count;
    c->pairs.vectors = c->vectors;
    regions_gather(regions, c->positions, count, c->vectors, NULL);
    for (size_t i = 0; i < count; i++)
        normalise(c->vectors + i * width, width);
    return critique_pairs_check(&c->pairs);
}

/* ---- what people said ---- */

static enum gmr_status keep(struct critiques *c, const struct gmr_caption *caption,
                            const bool *is_wanted)
{
    if (caption->target == GMR_NO_ITEM || caption->target == caption->candidate ||
        !is_wanted[caption->target] || !is_wanted[caption->candidate])
        return GMR_OK;
    const char *text = arena_strndup(&c->arena, caption->text, CRITIC_TEXT - 1);
    if (!text)
        return GMR_ERR_NOMEM;
    c->said[c->said_count++] =
        (struct critique_said){ { caption->target, caption->candidate }, text };
    return GMR_OK;
}

static enum gmr_status read_captions(struct critiques *c, struct catalogue *catalogue,
                                     const bool *is_wanted)
{
    const size_t count = catalogue_caption_count(catalogue);
    struct arena arena;
    enum gmr_status status = GMR_OK;
    c->said = arena_array(&c->arena, count, sizeof *c->said);
    if (!c->said)
        return GMR_ERR_NOMEM;
    arena_init(&arena, c->allocator, 0);
    for (size_t i = 0; status == GMR_OK && i < count; i++) {
        struct gmr_caption caption;
        arena_clear(&arena);
        status = catalogue_caption(catalogue, i, &arena, &caption);
        if (status == GMR_OK)
            status = keep(c, &caption, is_wanted);
    }
    arena_release(&arena);
    return status;
}

static enum gmr_status gather_captions(struct critiques *c, struct catalogue *catalogue)
{
    const size_t items = catalogue_count(catalogue);
    bool *is_wanted = memory_array(c->allocator, items, sizeof *is_wanted);
    if (!is_wanted)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < c->pairs.count; i++)
        is_wanted[c->positions[i]] = true;
    const enum gmr_status status = read_captions(c, catalogue, is_wanted);
    memory_release(c->allocator, is_wanted, items * sizeof *is_wanted);
    TRY(status);
    if (c->said_count == 0)
        return gmr_error(GMR_ERR_NOT_FOUND, "catalogue '%s' has no captions of these items",
                         catalogue_path(catalogue));
    c->order = arena_array(&c->arena, c->said_count, sizeof *c->order);
    c->order_epoch = UINT64_MAX;
    return c->order ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status critiques_init(struct critiques *c, const struct gmr_allocator *allocator,
                               const struct corpus *items, struct catalogue *catalogue,
                               const struct regions *regions, struct attribute_critic *critic,
                               uint64_t seed)
{
    *c = (struct critiques){
        .allocator = allocator, .critic = critic, .seed = seed, .room = items->count
    };
    arena_init(&c->arena, allocator, 0);
    enum gmr_status status = gather_items(c, items, regions);
    if (status == GMR_OK && !critic)
        status = gather_captions(c, catalogue);
    if (status != GMR_OK)
        critiques_release(c);
    return status;
}

void critiques_release(struct critiques *c)
{
    memory_release(c->allocator, c->vectors, c->room * c->pairs.width * sizeof *c->vectors);
    memory_release(c->allocator, c->positions, c->room * sizeof *c->positions);
    arena_release(&c->arena);
    *c = (struct critiques){ .allocator = c->allocator };
}

size_t critiques_count(const struct critiques *c)
{
    return c->critic ? SIZE_MAX : c->said_count;
}

/* ---- drawing ---- */

static void draw_said(struct critiques *c, uint64_t epoch, uint64_t first, size_t n,
                      struct critic_pair *pairs, char (*texts)[CRITIC_TEXT])
{
    if (c->order_epoch != epoch) {
        struct mt19937 rng;
        mt19937_seed(&rng, c->seed + epoch);
        for (size_t i = 0; i < c->said_count; i++)
            c->order[i] = i;
        mt19937_shuffle(&rng, c->order, c->said_count);
        c->order_epoch = epoch;
    }
    for (size_t i = 0; i < n; i++) {
        const struct critique_said *said = &c->said[c->order[(first + i) % c->said_count]];
        pairs[i] = said->pair;
        strcpy(texts[i], said->text);
    }
}

/* Pair `number` of an epoch, at its first try or a later one. */
static enum gmr_status draw_spoken(struct critiques *c, uint64_t epoch, uint64_t number,
                                   struct critic_pair *pair, char (*text)[CRITIC_TEXT])
{
    struct critic *critic = attribute_critic(c->critic);
    (*text)[0] = '\0';
    for (uint64_t try = 0; try < TRIES && (*text)[0] == '\0'; try++) {
        struct critic_memory memory = { .dialogue = epoch << 32 | number };
        critique_pairs_draw(&c->pairs, c->seed, PAIR_STREAM + epoch, number * TRIES + try, 1, pair);
        TRY(critic->critiques(critic, pair, &memory, 1, text));
    }
    return GMR_OK;
}

enum gmr_status critiques_draw(struct critiques *c, uint64_t epoch, uint64_t first, size_t n,
                               struct critic_pair *pairs, char (*texts)[CRITIC_TEXT])
{
    if (!c->critic) {
        draw_said(c, epoch, first, n, pairs, texts);
        return GMR_OK;
    }
    for (size_t i = 0; i < n; i++)
        TRY(draw_spoken(c, epoch, first + i, &pairs[i], &texts[i]));
    return GMR_OK;
}

/* ---- all that is said of a pair ---- */

static bool is_pair(struct critic_pair a, struct critic_pair b)
{
    return a.target == b.target && a.candidate == b.candidate;
}

static size_t find_said(const struct critiques *c, struct critic_pair pair, size_t most,
                        char (*texts)[CRITIC_TEXT])
{
    size_t count = 0;
    for (size_t i = 0; i < c->said_count && count < most; i++)
        if (is_pair(c->said[i].pair, pair))
            strcpy(texts[count++], c->said[i].text);
    return count;
}

enum gmr_status critiques_references(struct critiques *c, struct critic_pair pair, uint64_t number,
                                     size_t most, char (*texts)[CRITIC_TEXT], size_t *count)
{
    *count = 0;
    if (!c->critic) {
        *count = find_said(c, pair, most, texts);
        return GMR_OK;
    }
    struct critic *critic = attribute_critic(c->critic);
    for (size_t i = 0; i < most; i++) {
        struct critic_memory memory = { .dialogue = REFERENCE_DIALOGUES + number * most + i };
        TRY(critic->critiques(critic, &pair, &memory, 1, &texts[*count]));
        *count += texts[*count][0] != '\0';
    }
    return GMR_OK;
}
