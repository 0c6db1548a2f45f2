/* gmr_simulator_*: the public view of simulator/. */
#include <gommir/simulation.h>

#include <string.h>

#include "api/catalogue.h"
#include "api/context.h"
#include "base/digest.h"
#include "simulator/attribute_critic.h"
#include "simulator/captioner_critic.h"
#include "simulator/critique_cache.h"
#include "simulator/pair_items.h"

enum { PAIRS = 1, PART = 256 /* critiques at once */ };

_Static_assert((int)GMR_CRITIQUE_TEXT == (int)CRITIC_TEXT, "texts are copied whole");

struct gmr_simulator {
    const struct gmr_allocator *allocator;
    struct compute *compute;
    size_t items; /* of the catalogue */
    uint64_t seed;
    char network[DIGEST_HEX]; /* of what sees pictures */
    struct attribute_critic *attributes;
    struct regions *regions;  /* NULL: nobody looks at them */
    struct critic *captioner; /* NULL: the attribute critic speaks */
    struct critique_cache *cache;
    struct pair_items pairs;
};

/* ---- names and defaults ---- */

static const char *const decoding_names[GMR_DECODINGS] = {
    [GMR_DECODE_GREEDY] = "greedy",   [GMR_DECODE_BEAM] = "beam",
    [GMR_DECODE_SAMPLE] = "sample",   [GMR_DECODE_TOP_K] = "top-k",
    [GMR_DECODE_NUCLEUS] = "nucleus", [GMR_DECODE_GUMBEL] = "gumbel",
};

static const char *const phrasing_names[GMR_PHRASINGS] = {
    [GMR_PHRASING_TRAINING] = "training",
    [GMR_PHRASING_EVALUATION] = "evaluation",
};

const char *gmr_phrasing_name(enum gmr_phrasing phrasing)
{
    return (unsigned)phrasing < GMR_PHRASINGS ? phrasing_names[phrasing] : "";
}

const char *gmr_decoding_name(enum gmr_decoding decoding)
{
    return (unsigned)decoding < GMR_DECODINGS ? decoding_names[decoding] : "";
}

enum gmr_decoding gmr_decoding_find(const char *name)
{
    int i = 0;
    while (i < GMR_DECODINGS && strcmp(decoding_names[i], name) != 0)
        i++;
    return (enum gmr_decoding)i;
}

struct gmr_simulator_options gmr_simulator_options_default(void)
{
    return (struct gmr_simulator_options){ .phrasing = GMR_PHRASING_TRAINING,
                                           .decoding = GMR_DECODE_GREEDY,
                                           .beam = 3,
                                           .top_k = 10,
                                           .top_p = 0.9,
                                           .temperature = 1,
                                           .seed = 42 };
}

static struct decoding_options decoding_of(const struct gmr_simulator_options *options)
{
    static const enum decoding_mode modes[GMR_DECODINGS] = {
        [GMR_DECODE_GREEDY] = DECODE_GREEDY,   [GMR_DECODE_BEAM] = DECODE_BEAM,
        [GMR_DECODE_SAMPLE] = DECODE_SAMPLE,   [GMR_DECODE_TOP_K] = DECODE_TOP_K,
        [GMR_DECODE_NUCLEUS] = DECODE_NUCLEUS, [GMR_DECODE_GUMBEL] = DECODE_GUMBEL,
    };
    return (struct decoding_options){ .mode = modes[options->decoding],
                                      .beam = options->beam,
                                      .temperature = options->temperature,
                                      .top_k = options->top_k,
                                      .top_p = options->top_p,
                                      .seed = options->seed,
                                      .constrained = true };
}

/* ---- opening ---- */

static enum gmr_status check_options(const struct gmr_simulator_options *o)
{
    if (!o->encoder)
        return gmr_error(GMR_ERR_RANGE, "a simulator needs an encoder, and none is named");
    if ((unsigned)o->decoding >= GMR_DECODINGS || (unsigned)o->phrasing >= GMR_PHRASINGS)
        return gmr_error(GMR_ERR_RANGE, "no way of decoding %d, or no phrasing %d",
                         (int)o->decoding, (int)o->phrasing);
    return GMR_OK;
}

static enum gmr_status open_regions(struct gmr_simulator *s, const struct gmr_context *context,
                                    struct catalogue *catalogue,
                                    const struct gmr_simulator_options *options)
{
    const struct regions_options wanted = { .weights = options->encoder,
                                            .threads = gmr_context_threads(context),
                                            .progress = &options->progress,
                                            .logger = context_logger(context) };
    return regions_open(s->compute, s->allocator, catalogue, &wanted, &s->regions);
}

/* What may take long, the regions, comes after what may be wrong. */
static enum gmr_status open_captioner(struct gmr_simulator *s, const struct gmr_context *context,
                                      struct catalogue *catalogue,
                                      const struct gmr_simulator_options *options)
{
    const struct decoding_options decoding = decoding_of(options);
    const struct captioner_critic_options wanted = { .weights = options->captioner,
                                                     .infos = options->infos,
                                                     .decoding = &decoding };
    const struct critique_cache_options kept = { .logger = context_logger(context) };
    TRY(captioner_critic_check(s->compute, s->allocator, &wanted, s->network));
    TRY(open_regions(s, context, catalogue, options));
    TRY(captioner_critic_create(s->compute, s->allocator, s->regions, &wanted, &s->captioner));
    return critique_cache_open(s->allocator, catalogue, &kept, &s->cache);
}

static enum gmr_status open_all(struct gmr_simulator *s, const struct gmr_context *context,
                                struct catalogue *catalogue,
                                const struct gmr_simulator_options *options)
{
    const struct attribute_critic_options critic = {
        .seed = options->seed,
        .phrasing = options->phrasing,
    };
    bool embedded;
    s->items = catalogue_count(catalogue);
    s->seed = options->seed;
    TRY(compute_create_cpu(s->allocator, gmr_context_threads(context), &s->compute));
    TRY(digest_file(options->encoder, s->network));
    TRY(attribute_critic_create(s->allocator, catalogue, &critic, &s->attributes));
    TRY(pair_items_embedded(catalogue, s->network, &embedded));
    if (options->captioner)
        TRY(open_captioner(s, context, catalogue, options));
    else if (!embedded)
        TRY(open_regions(s, context, catalogue, options));
    return pair_items_init(&s->pairs, s->allocator, catalogue, options->split, s->network,
                           s->regions);
}

enum gmr_status gmr_simulator_open(struct gmr_context *context, struct gmr_catalogue *catalogue,
                                   const struct gmr_simulator_options *options,
                                   struct gmr_simulator **simulator)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    *simulator = NULL;
    TRY(check_options(options));
    struct gmr_simulator *s = memory_array(allocator, 1, sizeof *s);
    if (!s)
        return GMR_ERR_NOMEM;
    s->allocator = s->pairs.allocator = allocator;
    const enum gmr_status status = open_all(s, context, catalogue_inside(catalogue), options);
    if (status == GMR_OK)
        *simulator = s;
    else
        gmr_simulator_close(s);
    return status;
}

void gmr_simulator_close(struct gmr_simulator *s)
{
    if (!s)
        return;
    pair_items_release(&s->pairs);
    critique_cache_close(s->cache);
    if (s->captioner)
        s->captioner->destroy(s->captioner);
    regions_close(s->regions);
    attribute_critic_destroy(s->attributes);
    compute_destroy(s->compute);
    memory_release(s->allocator, s, sizeof *s);
}

const char *gmr_simulator_critic(const struct gmr_simulator *s)
{
    return s->captioner ? s->captioner->name : attribute_critic(s->attributes)->name;
}

/* ---- pairs ---- */

void gmr_simulator_draw(const struct gmr_simulator *s, uint64_t first, size_t count,
                        struct gmr_pair *pairs)
{
    const struct critique_pairs from = pair_items_pairs(&s->pairs);
    for (size_t i = 0; i < count; i++) {
        struct critic_pair pair;
        critique_pairs_draw(&from, s->seed, PAIRS, first + i, 1, &pair);
        pairs[i] = (struct gmr_pair){ pair.target, pair.candidate };
    }
}

/* ---- critiques ---- */

static void judge(const struct gmr_simulator *s, const char *text, struct critic_pair pair,
                  struct gmr_critique *critique)
{
    struct critique_verdict verdict;
    attribute_critic_judge(s->attributes, text, pair, &verdict);
    *critique = (struct gmr_critique){ .statements = verdict.statements,
                                       .known = verdict.known,
                                       .true_of_target = verdict.true_of_target,
                                       .known_of_both = verdict.known_of_both,
                                       .distinguishing = verdict.distinguishing };
    memcpy(critique->text, text, CRITIC_TEXT);
}

/* What a part of the pairs works in. */
struct part {
    struct critic_pair pair[PART];
    struct critic_memory memory[PART];
    char text[PART][CRITIC_TEXT];
};

static enum gmr_status criticise(struct gmr_simulator *s, const struct gmr_pair *pairs,
                                 uint64_t first, size_t count, struct part *part,
                                 struct gmr_critique *critiques)
{
    struct critic *own = attribute_critic(s->attributes);
    memset(part, 0, sizeof *part);
    for (size_t i = 0; i < count; i++) {
        if (pairs[i].target >= s->items || pairs[i].candidate >= s->items)
            return gmr_error(GMR_ERR_RANGE, "pair %zu has an item of which there is none", i);
        part->pair[i] = (struct critic_pair){ pairs[i].target, pairs[i].candidate };
        part->memory[i].dialogue = first + i;
    }
    TRY(s->captioner ? critique_cache_texts(s->cache, s->captioner, part->pair, part->memory, count,
                                            part->text)
                     : own->critiques(own, part->pair, part->memory, count, part->text));
    for (size_t i = 0; i < count; i++)
        judge(s, part->text[i], part->pair[i], &critiques[i]);
    return GMR_OK;
}

enum gmr_status gmr_simulator_critiques(struct gmr_simulator *s, const struct gmr_pair *pairs,
                                        uint64_t first, size_t count,
                                        struct gmr_critique *critiques)
{
    struct part *part = memory_array(s->allocator, 1, sizeof *part);
    enum gmr_status status = part ? GMR_OK : GMR_ERR_NOMEM;
    for (size_t done = 0; status == GMR_OK && done < count; done += PART) {
        const size_t now = count - done < PART ? count - done : PART;
        status = criticise(s, pairs + done, first + done, now, part, critiques + done);
    }
    memory_release(s->allocator, part, sizeof *part);
    return status;
}
