#include "learning/catalogue_source.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "catalogue/embedding.h"
#include "catalogue/encoder_tower.h"
#include "simulator/captioner_critic.h"
#include "simulator/critique_cache.h"
#include "simulator/pair_items.h"

#define USUAL_NAME "clip" /* of an embedding */

enum { NAME_LENGTH = 16 /* digits of the digest that make another */ };

struct catalogue_source {
    const struct gmr_allocator *allocator;
    struct catalogue *catalogue;
    struct dialogue_source interface;
    struct encoder *encoder;
    struct pair_items items;
    struct attribute_critic *attributes; /* NULL: a captioner speaks */
    struct regions *regions;             /* NULL: nobody looks at pictures */
    struct critic *critic;               /* who speaks; a captioner is owned */
    struct critique_cache *cache;
};

/* ---- critiques ---- */

/* What one call works in. */
struct critiques {
    size_t count;
    struct critic_pair *pairs;  /* [count] */
    const char **words;         /* [count] */
    char (*texts)[CRITIC_TEXT]; /* [count] */
};

static void critiques_release(struct critiques *c, const struct gmr_allocator *allocator)
{
    memory_release(allocator, c->pairs, c->count * sizeof *c->pairs);
    memory_release(allocator, c->words, c->count * sizeof *c->words);
    memory_release(allocator, c->texts, c->count * sizeof *c->texts);
}

static enum gmr_status critiques_init(struct critiques *c, const struct gmr_allocator *allocator,
                                      size_t count)
{
    c->count = count;
    c->pairs = memory_array(allocator, count, sizeof *c->pairs);
    c->words = memory_array(allocator, count, sizeof *c->words);
    c->texts = memory_array(allocator, count, sizeof *c->texts);
    return c->pairs && c->words && c->texts ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status speak(struct catalogue_source *s, struct critiques *c,
                             struct critic_memory *memory, real *text)
{
    TRY(critique_cache_texts(s->cache, s->critic, c->pairs, memory, c->count, c->texts));
    for (size_t u = 0; u < c->count; u++)
        c->words[u] = c->texts[u];
    return critique_cache_features(s->cache, s->encoder, c->words, c->count, text);
}

static enum gmr_status say(void *user, const uint64_t *target, const uint64_t *liked,
                           struct critic_memory *memory, size_t count, real *text,
                           char (*words)[CRITIC_TEXT])
{
    struct catalogue_source *s = user;
    struct critiques c;
    enum gmr_status status = critiques_init(&c, s->allocator, count);
    if (status == GMR_OK) {
        for (size_t u = 0; u < count; u++)
            c.pairs[u] =
                (struct critic_pair){ s->items.positions[target[u]], s->items.positions[liked[u]] };
        status = speak(s, &c, memory, text);
    }
    if (status == GMR_OK && words)
        memcpy(words, c.texts, count * sizeof *words);
    critiques_release(&c, s->allocator);
    return status;
}

/* ---- opening ---- */

/* An embedding of the usual name by another encoder stays. */
static void choose_name(struct catalogue *catalogue, const char *digest, char name[NAME_LENGTH + 1])
{
    struct embedding_file other;
    const bool taken = embedding_file_open(catalogue, USUAL_NAME, &other) == GMR_OK;
    if (taken)
        embedding_file_close(&other);
    snprintf(name, NAME_LENGTH + 1, "%.*s", NAME_LENGTH, taken ? digest : USUAL_NAME);
}

static enum gmr_status encode(struct catalogue_source *s, struct catalogue *catalogue,
                              const struct catalogue_source_options *o)
{
    const struct image_tower tower = encoder_tower(s->encoder);
    char name[NAME_LENGTH + 1];
    struct gmr_encode_options options = { .name = name };
    struct gmr_encode_report report;
    choose_name(catalogue, s->encoder->digest, name);
    if (o->progress)
        options.progress = *o->progress;
    TRY(catalogue_encode(catalogue, &tower, o->threads, o->logger, &options, &report));
    if (report.problems[0] != '\0')
        log_write(o->logger, GMR_LOG_WARNING, "%zu pictures cannot be used: see '%s'",
                  report.broken_pictures, report.problems);
    return GMR_OK;
}

static enum gmr_status open_items(struct catalogue_source *s, struct catalogue *catalogue,
                                  const struct catalogue_source_options *o)
{
    bool embedded;
    TRY(pair_items_embedded(catalogue, s->encoder->digest, &embedded));
    if (!embedded && !o->encode)
        return gmr_error(GMR_ERR_NOT_FOUND,
                         "'%s' has no embedding by '%s': 'gommir encode' makes it",
                         catalogue_path(catalogue), o->encoder.weights);
    if (!embedded)
        TRY(encode(s, catalogue, o));
    return pair_items_init(&s->items, s->allocator, catalogue, o->split, s->encoder->digest, NULL);
}

static enum gmr_status open_captioner(struct catalogue_source *s, struct compute *compute,
                                      struct catalogue *catalogue,
                                      const struct catalogue_source_options *o)
{
    const struct captioner_critic_options critic = { .weights = o->captioner };
    const struct regions_options regions = { .weights =
                                                 o->regions ? o->regions : o->encoder.weights,
                                             .threads = o->threads,
                                             .progress = o->progress,
                                             .logger = o->logger };
    if (!o->regions) /* what takes long comes after what may be wrong */
        TRY(captioner_critic_check(compute, s->allocator, &critic, s->encoder->digest));
    TRY(regions_open(compute, s->allocator, catalogue, &regions, &s->regions));
    return captioner_critic_create(compute, s->allocator, s->regions, &critic, &s->critic);
}

static enum gmr_status open_critic(struct catalogue_source *s, struct compute *compute,
                                   struct catalogue *catalogue,
                                   const struct catalogue_source_options *o)
{
    const struct attribute_critic_options attributes = { .seed = o->seed, .phrasing = o->phrasing };
    if (o->captioner)
        return open_captioner(s, compute, catalogue, o);
    TRY(attribute_critic_create(s->allocator, catalogue, &attributes, &s->attributes));
    s->critic = attribute_critic(s->attributes);
    return GMR_OK;
}

static enum gmr_status open_all(struct catalogue_source *s, struct compute *compute,
                                struct catalogue *catalogue,
                                const struct catalogue_source_options *o)
{
    const struct critique_cache_options kept = { .logger = o->logger };
    TRY(encoder_open(compute, s->allocator, &o->encoder, &s->encoder));
    TRY(open_items(s, catalogue, o));
    TRY(open_critic(s, compute, catalogue, o));
    TRY(critique_cache_open(s->allocator, catalogue, &kept, &s->cache));
    s->interface = (struct dialogue_source){ .items = s->items.count,
                                             .features = s->items.width,
                                             .image = s->items.vectors,
                                             .user = s,
                                             .critiques = say };
    return GMR_OK;
}

enum gmr_status catalogue_source_open(struct compute *compute,
                                      const struct gmr_allocator *allocator,
                                      struct catalogue *catalogue,
                                      const struct catalogue_source_options *options,
                                      struct catalogue_source **source)
{
    *source = NULL;
    struct catalogue_source *s = memory_array(allocator, 1, sizeof *s);
    if (!s)
        return GMR_ERR_NOMEM;
    s->allocator = s->items.allocator = allocator;
    s->catalogue = catalogue;
    const enum gmr_status status = open_all(s, compute, catalogue, options);
    if (status == GMR_OK)
        *source = s;
    else
        catalogue_source_close(s);
    return status;
}

void catalogue_source_close(struct catalogue_source *s)
{
    if (!s)
        return;
    critique_cache_close(s->cache);
    if (s->critic && !s->attributes)
        s->critic->destroy(s->critic);
    attribute_critic_destroy(s->attributes);
    regions_close(s->regions);
    pair_items_release(&s->items);
    encoder_close(s->encoder);
    memory_release(s->allocator, s, sizeof *s);
}

/* ---- what it is ---- */

const struct dialogue_source *catalogue_source(const struct catalogue_source *s)
{
    return &s->interface;
}

size_t catalogue_source_position(const struct catalogue_source *s, size_t item)
{
    return s->items.positions[item];
}

const char *catalogue_source_encoder(const struct catalogue_source *s)
{
    return s->encoder->digest;
}

size_t catalogue_source_left_out(const struct catalogue_source *s)
{
    return s->items.room - s->items.count;
}

const char *catalogue_source_critic(const struct catalogue_source *s)
{
    return s->critic->name;
}

const char *catalogue_source_critic_digest(const struct catalogue_source *s)
{
    return s->critic->digest;
}

static enum gmr_status digest_item(const struct catalogue_source *s, size_t position,
                                   struct arena *arena, struct digest *digest)
{
    struct gmr_item item;
    TRY(catalogue_item(s->catalogue, position, arena, &item));
    digest_add(digest, &position, sizeof position);
    digest_add_text(digest, item.key);
    digest_add(digest, &item.attribute_count, sizeof item.attribute_count);
    for (size_t i = 0; i < item.attribute_count; i++) {
        digest_add_text(digest, item.attributes[i].name);
        digest_add_text(digest, item.attributes[i].value);
    }
    arena_clear(arena);
    return GMR_OK;
}

static enum gmr_status digest_items(const struct catalogue_source *s, struct digest *digest)
{
    enum gmr_status status = GMR_OK;
    struct arena arena;
    arena_init(&arena, s->allocator, 0);
    for (size_t i = 0; status == GMR_OK && i < s->items.count; i++)
        status = digest_item(s, s->items.positions[i], &arena, digest);
    arena_release(&arena);
    return status;
}

enum gmr_status catalogue_source_digest(const struct catalogue_source *s, char hex[DIGEST_HEX])
{
    struct digest digest;
    uint8_t bytes[DIGEST_SIZE];
    digest_init(&digest);
    TRY(digest_items(s, &digest));
    digest_add(&digest, s->items.vectors,
               s->items.count * s->items.width * sizeof *s->items.vectors);
    digest_add_text(&digest, s->encoder->digest);
    digest_add_text(&digest, s->critic->digest);
    digest_finish(&digest, bytes);
    digest_hex(bytes, hex);
    return GMR_OK;
}
