#include "learning/pair_stream.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "learning/augment.h"

enum { CHANNELS = 3 };

static const double TOPIC_SHARE = 0.25; /* of the batches */

/* Squares are larger than the tower's pictures, so that a closer view loses nothing. */
static size_t square_side(size_t resolution)
{
    return resolution + resolution / 8;
}

static size_t square_bytes(const struct pair_stream *s)
{
    return s->side * s->side * CHANNELS;
}

static size_t picture_values(const struct pair_stream *s)
{
    return s->settings.resolution * s->settings.resolution * CHANNELS;
}

enum gmr_status pair_stream_init(struct pair_stream *stream, const struct gmr_allocator *allocator,
                                 const struct corpus *corpus, struct catalogue *const *catalogue,
                                 size_t catalogues, const struct tokeniser *tokeniser,
                                 struct pair_stream_settings settings)
{
    struct pair_stream *s = stream;
    *s = (struct pair_stream){ .settings = settings,
                               .allocator = allocator,
                               .corpus = corpus,
                               .catalogue = catalogue,
                               .catalogues = catalogues,
                               .tokeniser = tokeniser };
    if (corpus->count == 0)
        return gmr_error(GMR_ERR_RANGE, "there is no picture to learn from");
    if (s->settings.batch > corpus->count)
        s->settings.batch = corpus->count;
    const size_t n = s->settings.batch;
    s->side = square_side(settings.resolution);
    s->order = memory_array(allocator, corpus->count, sizeof *s->order);
    s->positions = memory_array(allocator, corpus->count, sizeof *s->positions);
    s->squares = memory_array(allocator, n, square_bytes(s));
    s->unreadable = memory_array(allocator, n, sizeof *s->unreadable);
    s->pictures = memory_array(allocator, n * picture_values(s), sizeof *s->pictures);
    s->mask = memory_array(allocator, n * n, sizeof *s->mask);
    s->text = memory_array(allocator, n, sizeof *s->text);
    s->facts = memory_array(allocator, n, sizeof *s->facts);
    s->ids = memory_array(allocator, n * settings.context, sizeof *s->ids);
    s->end = memory_array(allocator, n, sizeof *s->end);
    if (s->order && s->positions && s->squares && s->unreadable && s->pictures && s->mask &&
        s->text && s->facts && s->ids && s->end)
        return GMR_OK;
    pair_stream_release(s);
    return GMR_ERR_NOMEM;
}

static void stop_loading(struct pair_stream *s)
{
    for (size_t i = 0; i < s->catalogues; i++) {
        picture_loader_destroy(s->loader[i]);
        s->loader[i] = NULL;
    }
}

void pair_stream_release(struct pair_stream *stream)
{
    struct pair_stream *s = stream;
    const size_t n = s->settings.batch;
    if (!s->corpus)
        return;
    stop_loading(s);
    memory_release(s->allocator, s->order, s->corpus->count * sizeof *s->order);
    memory_release(s->allocator, s->positions, s->corpus->count * sizeof *s->positions);
    memory_release(s->allocator, s->squares, n * square_bytes(s));
    memory_release(s->allocator, s->unreadable, n * sizeof *s->unreadable);
    memory_release(s->allocator, s->pictures, n * picture_values(s) * sizeof *s->pictures);
    memory_release(s->allocator, s->mask, n * n * sizeof *s->mask);
    memory_release(s->allocator, s->text, n * sizeof *s->text);
    memory_release(s->allocator, s->facts, n * sizeof *s->facts);
    memory_release(s->allocator, s->ids, n * s->settings.context * sizeof *s->ids);
    memory_release(s->allocator, s->end, n * sizeof *s->end);
    s->corpus = NULL;
}

size_t pair_stream_batches(const struct pair_stream *stream)
{
    return stream->corpus->count / stream->settings.batch;
}

/* ---- an epoch ---- */

static void draw_order(struct pair_stream *s)
{
    struct mt19937 rng;
    for (size_t i = 0; i < s->corpus->count; i++)
        s->order[i] = i;
    mt19937_seed(&rng, s->settings.seed * UINT64_C(1000003) + s->epoch);
    mt19937_shuffle(&rng, s->order, s->corpus->count);
}

static const struct corpus_item *item_at(const struct pair_stream *s, size_t place)
{
    return &s->corpus->item[s->order[place]];
}

/* Each catalogue has a loader for its part of what is left of the order. */
static enum gmr_status start_loading(struct pair_stream *s, size_t end)
{
    size_t used = 0;
    for (size_t c = 0; c < s->catalogues; c++) {
        size_t *positions = s->positions + used, count = 0;
        for (size_t i = s->next; i < end; i++)
            if (item_at(s, i)->catalogue == c)
                positions[count++] = item_at(s, i)->position;
        used += count;
        const struct picture_loader_options options = { .positions = positions,
                                                        .count = count,
                                                        .side = s->side,
                                                        .fit = PREPROCESS_PAD,
                                                        .threads = s->settings.threads };
        if (count > 0)
            TRY(picture_loader_create(s->catalogue[c], &options, &s->loader[c]));
    }
    return GMR_OK;
}

enum gmr_status pair_stream_seek(struct pair_stream *stream, uint64_t epoch, size_t batch)
{
    struct pair_stream *s = stream;
    stop_loading(s);
    s->epoch = epoch;
    s->next = batch * s->settings.batch;
    draw_order(s);
    return start_loading(s, pair_stream_batches(s) * s->settings.batch);
}

/* ---- a batch ---- */

static enum gmr_status load_square(struct pair_stream *s, size_t i)
{
    const char *reason;
    struct picture_loader *loader = s->loader[item_at(s, s->next + i)->catalogue];
    TRY(picture_loader_next(loader, s->squares + i * square_bytes(s), &s->unreadable[i], &reason));
    if (s->unreadable[i] && s->broken++ == 0)
        snprintf(s->reason, sizeof s->reason, "%s", reason);
    return GMR_OK;
}

/* The pair that stands at place i: its own, or the nearest before or after with a picture. */
static size_t stand_in(const struct pair_stream *s, size_t i)
{
    for (size_t step = 0; step < s->settings.batch; step++) {
        const size_t j = (i + s->settings.batch - step) % s->settings.batch;
        if (!s->unreadable[j])
            return j;
    }
    return i;
}

static enum gmr_status load_squares(struct pair_stream *s)
{
    bool any = false;
    for (size_t i = 0; i < s->settings.batch; i++) {
        TRY(load_square(s, i));
        any = any || !s->unreadable[i];
    }
    return any ? GMR_OK
               : gmr_error(GMR_ERR_FORMAT, "no picture of a batch can be read: %s", s->reason);
}

/* Each pair has two streams of its own, one for its picture and one for its words. */
static void chance_of(const struct pair_stream *s, size_t place, unsigned use,
                      struct rng_stream *chance)
{
    const uint64_t stream = (uint64_t)RNG_DATA << 56 | s->epoch << 33 | s->order[place] << 1 | use;
    rng_stream_init(chance, s->settings.seed, stream);
}

static void make_pictures(struct pair_stream *s)
{
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < s->settings.batch; i++) {
        struct rng_stream chance;
        chance_of(s, s->next + i, 0, &chance);
        augment_square(s->squares + stand_in(s, i) * square_bytes(s), s->side, &chance,
                       s->pictures + i * picture_values(s), s->settings.resolution);
    }
}

/* What this batch is about; NULL: anything. Borrowed from an item. */
static const char *draw_topic(const struct pair_stream *s)
{
    struct rng_stream chance;
    const uint64_t batch = s->next / s->settings.batch;
    rng_stream_init(&chance, s->settings.seed,
                    (uint64_t)RNG_DATA << 56 | UINT64_C(1) << 55 | s->epoch << 33 | batch);
    if (rng_uniform(&chance) >= TOPIC_SHARE)
        return NULL;
    const size_t any = (size_t)(rng_uniform(&chance) * (double)s->settings.batch);
    return item_text_topic(&item_at(s, s->next + any)->item, &chance);
}

static void draw_text(struct pair_stream *s, size_t i, const struct corpus_item *item,
                      const char *topic)
{
    struct rng_stream chance;
    chance_of(s, s->next + i, 1, &chance);
    if (!topic || !item_text_draw_about(&item->item, topic, &chance, &s->text[i]))
        item_text_draw(&item->item, &chance, &s->text[i]);
}

/* Rows of ids are first `context` apart, then as close as the longest text allows. */
static enum gmr_status make_words(struct pair_stream *s, struct clip_words *words)
{
    const size_t context = s->settings.context, count = s->settings.batch;
    const char *topic = draw_topic(s);
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const struct corpus_item *item = item_at(s, s->next + stand_in(s, i));
        draw_text(s, i, item, topic);
        s->facts[i] = &item->facts;
        TRY(tokeniser_encode(s->tokeniser, s->text[i].text, context, true, s->ids + i * context,
                             &length));
        s->end[i] = (int64_t)length - 1;
        longest = length > longest ? length : longest;
    }
    for (size_t i = 0; i < count; i++) {
        memmove(s->ids + i * longest, s->ids + i * context, longest * sizeof *s->ids);
        s->end[i] += (int64_t)(i * longest);
    }
    *words = (struct clip_words){ .count = count, .length = longest, .ids = s->ids, .end = s->end };
    return GMR_OK;
}

enum gmr_status pair_stream_next(struct pair_stream *stream, struct contrastive_batch *batch)
{
    struct pair_stream *s = stream;
    TRY(load_squares(s));
    make_pictures(s);
    TRY(make_words(s, &batch->words));
    contrastive_mask(s->mask, s->text, s->facts, s->settings.batch);
    batch->pictures = s->pictures;
    batch->mask = s->mask;
    s->next += s->settings.batch;
    return GMR_OK;
}
