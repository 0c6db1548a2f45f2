/* The cache of critiques: a table in memory for words and one for vectors, each before the
 * database. */
#include <string.h>

#include "base/clock.h"
#include "simulator/critique_cache_inside.h"

static const size_t USUAL_MEMORY = 256 * 1024 * 1024;

/* ---- words ---- */

static size_t words_key(const struct critique_job *job, size_t i)
{
    struct critique_key key = { .target = job->pairs[i].target,
                                .candidate = job->pairs[i].candidate };
    memcpy(key.maker, job->maker, sizeof key.maker);
    memcpy(job->key, &key, sizeof key);
    return sizeof key;
}

static enum gmr_status find_words(const struct critique_job *job, size_t i, bool *found)
{
    (void)i;
    const struct critique_place place = critique_place_of(job->cache, job->key);
    return critique_store_text(&job->cache->store, job->maker, &place, job->value, found);
}

static enum gmr_status make_words(const struct critique_job *job,
                                  const struct critique_missing *missing, void *values)
{
    const struct gmr_allocator *allocator = job->cache->allocator;
    struct critic_pair *pairs = memory_array(allocator, missing->count, sizeof *pairs);
    if (!pairs)
        return GMR_ERR_NOMEM;
    for (size_t k = 0; k < missing->count; k++)
        pairs[k] = job->pairs[missing->question[k]];
    const enum gmr_status status =
        job->critic->critiques(job->critic, pairs, NULL, missing->count, values);
    memory_release(allocator, pairs, missing->count * sizeof *pairs);
    return status;
}

static size_t words_size(const struct critique_job *job, const void *value)
{
    (void)job;
    return strlen(value) + 1;
}

static void answer_words(const struct critique_job *job, size_t i,
                         const struct critique_entry *entry)
{
    memcpy(job->texts[i], entry->value, entry->value_size);
}

enum gmr_status critique_cache_texts(struct critique_cache *cache, struct critic *critic,
                                     const struct critic_pair *pairs, struct critic_memory *memory,
                                     size_t count, char (*texts)[CRITIC_TEXT])
{
    static const struct critique_kind words = { words_key, find_words, make_words, words_size,
                                                answer_words };
    struct critique_job job = { .kind = &words,
                                .cache = cache,
                                .shelf = &cache->words,
                                .count = count,
                                .key_room = sizeof(struct critique_key),
                                .value_room = CRITIC_TEXT,
                                .critic = critic,
                                .pairs = pairs,
                                .texts = texts };
    if (!critic->pure)
        return critic->critiques(critic, pairs, memory, count, texts);
    TRY(critique_answer(&job, critic->digest));
    for (size_t i = 0; memory && i < count; i++)
        memory[i].turn++;
    return GMR_OK;
}

/* ---- vectors ---- */

/* The maker, then the text with its NUL. */
static size_t vectors_key(const struct critique_job *job, size_t i)
{
    const size_t length = strlen(job->sentences[i]) + 1;
    memcpy(job->key, job->maker, CRITIQUE_MAKER);
    memcpy((char *)job->key + CRITIQUE_MAKER, job->sentences[i], length);
    return CRITIQUE_MAKER + length;
}

static enum gmr_status find_vector(const struct critique_job *job, size_t i, bool *found)
{
    return critique_store_vector(&job->cache->store, job->maker, job->sentences[i], job->value,
                                 job->value_room / sizeof(float), found);
}

/* One by one, for the last digits of a vector can depend on what else is encoded with it. What has
 * learned from vectors could then not be made again from what is kept. values
 * [missing->count, width], y [width] */
static enum gmr_status encode(const struct critique_job *job,
                              const struct critique_missing *missing, real *y, float *values)
{
    const size_t width = encoder_width(job->encoder);
    for (size_t k = 0; k < missing->count; k++) {
        TRY(encoder_texts(job->encoder, &job->sentences[missing->question[k]], 1, y));
        for (size_t i = 0; i < width; i++)
            *values++ = (float)y[i];
    }
    return GMR_OK;
}

static enum gmr_status make_vectors(const struct critique_job *job,
                                    const struct critique_missing *missing, void *values)
{
    const struct gmr_allocator *allocator = job->cache->allocator;
    const size_t width = encoder_width(job->encoder);
    real *y = memory_array(allocator, width, sizeof *y);
    const enum gmr_status status = y ? encode(job, missing, y, values) : GMR_ERR_NOMEM;
    memory_release(allocator, y, width * sizeof *y);
    return status;
}

static size_t vectors_size(const struct critique_job *job, const void *value)
{
    (void)value;
    return job->value_room;
}

static void answer_vectors(const struct critique_job *job, size_t i,
                           const struct critique_entry *entry)
{
    const size_t width = encoder_width(job->encoder);
    const float *vector = entry->value;
    for (size_t k = 0; k < width; k++)
        job->y[i * width + k] = (real)vector[k];
}

static size_t longest_of(const char *const *texts, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(texts[i]);
        longest = length > longest ? length : longest;
    }
    return longest;
}

enum gmr_status critique_cache_features(struct critique_cache *cache, struct encoder *encoder,
                                        const char *const *texts, size_t count, real *y)
{
    static const struct critique_kind vectors = { vectors_key, find_vector, make_vectors,
                                                  vectors_size, answer_vectors };
    struct critique_job job = { .kind = &vectors,
                                .cache = cache,
                                .shelf = &cache->vectors,
                                .count = count,
                                .key_room = CRITIQUE_MAKER + longest_of(texts, count) + 1,
                                .value_room = encoder_width(encoder) * sizeof(float),
                                .encoder = encoder,
                                .sentences = texts,
                                .y = y };
    return critique_answer(&job, encoder->digest);
}

/* ---- life ---- */

static enum gmr_status open_inside(struct critique_cache *c, struct catalogue *catalogue,
                                   const struct critique_cache_options *options)
{
    c->items = catalogue_count(catalogue);
    c->ids = memory_array(c->allocator, c->items, sizeof *c->ids);
    c->stamps = memory_array(c->allocator, c->items, sizeof *c->stamps);
    if (!c->ids || !c->stamps)
        return GMR_ERR_NOMEM;
    TRY(catalogue_item_ids(catalogue, c->ids, c->stamps));
    return critique_store_open(&c->store, c->allocator, options->logger, catalogue_path(catalogue));
}

enum gmr_status critique_cache_open(const struct gmr_allocator *allocator,
                                    struct catalogue *catalogue,
                                    const struct critique_cache_options *options,
                                    struct critique_cache **cache)
{
    static const struct critique_cache_options none;
    *cache = NULL;
    struct critique_cache *c = memory_array(allocator, 1, sizeof *c);
    if (!c)
        return GMR_ERR_NOMEM;
    options = options ? options : &none;
    c->allocator = allocator;
    c->memory = options->memory > 0 ? options->memory : USUAL_MEMORY;
    c->flushed = clock_seconds();
    critique_table_init(&c->words.table, allocator);
    critique_table_init(&c->vectors.table, allocator);
    const enum gmr_status status = open_inside(c, catalogue, options);
    if (status == GMR_OK)
        *cache = c;
    else
        critique_cache_close(c);
    return status;
}

void critique_cache_close(struct critique_cache *c)
{
    if (!c)
        return;
    const enum gmr_status status = critique_cache_flush(c);
    (void)status; /* what is not kept is made again */
    critique_store_close(&c->store);
    critique_table_release(&c->words.table);
    critique_table_release(&c->vectors.table);
    memory_release(c->allocator, c->ids, c->items * sizeof *c->ids);
    memory_release(c->allocator, c->stamps, c->items * sizeof *c->stamps);
    memory_release(c->allocator, c, sizeof *c);
}
