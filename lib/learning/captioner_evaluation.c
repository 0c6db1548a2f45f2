#include "learning/captioner_evaluation.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/status.h"
#include "learning/caption_evaluation.h"
#include "learning/captioner_batch.h"
#include "simulator/captioner/checkpoint.h"
#include "simulator/captioner/inference.h"
#include "tensor/weights.h"

#define JOB "evaluating"

enum { BATCH = 128 };

struct work {
    const struct gmr_captioner_evaluation_options *options;
    struct compute *compute;
    const struct gmr_allocator *allocator;
    struct catalogue *catalogue;
    struct gmr_captioner_evaluation *result;

    struct captioner model;
    bool has_model;
    struct captioner_inference *inference;
    struct regions *regions;
    struct corpus corpus;
    struct attribute_critic *critic;
    struct critiques critiques;
    struct captioner_batch batch;

    struct arena arena; /* of all that is said */
    size_t count;       /* pairs, at most options->pairs */
    struct critic_pair *pairs;
    struct caption_case *cases;
    const char **said; /* by the captioner */
};

/* ---- opening ---- */

/* A captioner understands the features that it learned from. */
static enum gmr_status check_features(const struct work *w, const char *wanted)
{
    if (w->model.settings.channels != regions_channels(w->regions))
        return gmr_error(GMR_ERR_SHAPE, "'%s' reads features of %zu numbers, '%s' makes %zu",
                         w->options->model, w->model.settings.channels, w->options->features,
                         regions_channels(w->regions));
    if (*wanted != '\0' && strcmp(wanted, regions_digest(w->regions)) != 0)
        return gmr_error(GMR_ERR_STATE, "'%s' learned from features of other weights than '%s'",
                         w->options->model, w->options->features);
    return GMR_OK;
}

static enum gmr_status open_model(struct work *w, char features[DIGEST_HEX])
{
    TRY(captioner_open(&w->model, w->compute, w->allocator, w->options->model, NULL, features));
    w->has_model = true;
    return captioner_inference_create(&w->model, BATCH, 1, &w->inference);
}

static enum gmr_status open_all(struct work *w, unsigned threads)
{
    const struct gmr_captioner_evaluation_options *o = w->options;
    const struct regions_options regions = { .weights = o->features,
                                             .threads = threads,
                                             .progress = &o->progress };
    const struct attribute_critic_options critic = {
        .seed = o->seed,
        .phrasing = o->phrasing,
        .seen_only = true,
    };
    char features[DIGEST_HEX];
    TRY(open_model(w, features));
    TRY(corpus_add(&w->corpus, 0, w->catalogue, o->split, &o->progress));
    TRY(regions_open(w->compute, w->allocator, w->catalogue, &regions, &w->regions));
    TRY(check_features(w, features));
    TRY(attribute_critic_create(w->allocator, w->catalogue, &critic, &w->critic));
    TRY(critiques_init(&w->critiques, w->allocator, &w->corpus, w->catalogue, w->regions,
                       o->captions ? NULL : w->critic, o->seed));
    w->result->items = w->critiques.pairs.count;
    return captioner_batch_init(&w->batch, w->allocator, w->regions, BATCH, 1);
}

/* ---- pairs and references ---- */

static bool is_known(const struct work *w, struct critic_pair pair)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->pairs[i].target == pair.target && w->pairs[i].candidate == pair.candidate)
            return true;
    return false;
}

static enum gmr_status add_pair(struct work *w, struct critic_pair pair, size_t references)
{
    char text[GMR_MAX_REFERENCES][CRITIC_TEXT];
    size_t count;
    TRY(critiques_references(&w->critiques, pair, w->count, references, text, &count));
    if (count == 0)
        return GMR_OK;
    const char **kept = arena_array(&w->arena, count, sizeof *kept);
    if (!kept)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        kept[i] = arena_strdup(&w->arena, text[i]);
        if (!kept[i])
            return GMR_ERR_NOMEM;
    }
    w->pairs[w->count] = pair;
    w->cases[w->count++] = (struct caption_case){ "", kept, count };
    return GMR_OK;
}

static enum gmr_status draw_pairs(struct work *w)
{
    const struct gmr_captioner_evaluation_options *o = w->options;
    const size_t known = critiques_count(&w->critiques);
    const size_t draws = known < o->pairs ? known : o->pairs;
    const size_t references = o->captions ? GMR_MAX_REFERENCES : o->references;
    w->pairs = arena_array(&w->arena, draws, sizeof *w->pairs);
    w->cases = arena_array(&w->arena, draws, sizeof *w->cases);
    w->said = arena_array(&w->arena, draws, sizeof *w->said);
    if (!w->pairs || !w->cases || !w->said)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < draws; i++) {
        struct critic_pair pair;
        char text[1][CRITIC_TEXT];
        TRY(critiques_draw(&w->critiques, 0, i, 1, &pair, text));
        if (!is_known(w, pair))
            TRY(add_pair(w, pair, references));
    }
    w->result->pairs = w->count;
    if (w->count == 0)
        return gmr_error(GMR_ERR_NOT_FOUND, "there is nothing to say about the items of split '%s'",
                         o->split);
    return GMR_OK;
}

/* ---- what the captioner says ---- */

static enum gmr_status keep_sentence(struct work *w, const int64_t *ids, size_t place)
{
    char text[CRITIC_TEXT];
    captioner_sentence(&w->model, ids, w->model.settings.length, text, sizeof text);
    w->said[place] = arena_strdup(&w->arena, text);
    return w->said[place] ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status speak(struct work *w)
{
    const struct decoding_options greedy = { .mode = DECODE_GREEDY,
                                             .temperature = 1,
                                             .constrained = true };
    int64_t ids[BATCH * CAPTIONER_MAX_WORDS];
    for (size_t done = 0, some; done < w->count; done += some) {
        some = w->count - done < BATCH ? w->count - done : BATCH;
        TRY(progress_check(&w->options->progress, JOB));
        const struct captioner_pictures pictures =
            captioner_batch_pictures(&w->batch, w->pairs + done, some);
        TRY(captioner_decode(w->inference, &pictures, &greedy, ids));
        for (size_t i = 0; i < some; i++)
            TRY(keep_sentence(w, ids + i * w->model.settings.length, done + i));
        progress_report(&w->options->progress, JOB, "pair", done + some, w->count, NULL);
    }
    return GMR_OK;
}

/* ---- what it is worth ---- */

static enum gmr_status read_constant(struct work *w)
{
    struct safetensors *file;
    TRY(weights_open(w->allocator, w->options->model, &file));
    const char *constant = safetensors_metadata_find(file, CAPTIONER_CONSTANT);
    snprintf(w->result->constant_text, sizeof w->result->constant_text, "%s",
             constant ? constant : "");
    safetensors_close(file);
    return GMR_OK;
}

static enum gmr_status measure(struct work *w)
{
    const struct caption_evaluation evaluation = { .allocator = w->allocator,
                                                   .judge = w->critic,
                                                   .pairs = w->pairs,
                                                   .cases = w->cases,
                                                   .count = w->count,
                                                   .seed = w->options->seed };
    TRY(caption_evaluate(&evaluation, w->said, &w->result->captioner));
    TRY(read_constant(w));
    if (w->result->constant_text[0] == '\0')
        return GMR_OK;
    for (size_t i = 0; i < w->count; i++)
        w->said[i] = w->result->constant_text;
    return caption_evaluate(&evaluation, w->said, &w->result->constant);
}

static void finish(struct work *w)
{
    captioner_batch_release(&w->batch);
    critiques_release(&w->critiques);
    attribute_critic_destroy(w->critic);
    regions_close(w->regions);
    corpus_release(&w->corpus);
    captioner_inference_destroy(w->inference);
    if (w->has_model)
        captioner_release(&w->model);
    arena_release(&w->arena);
}

enum gmr_status captioner_evaluation_run(struct compute *compute, struct catalogue *catalogue,
                                         const struct gmr_captioner_evaluation_options *options,
                                         unsigned threads, struct gmr_captioner_evaluation *result)
{
    struct work w = { .options = options,
                      .compute = compute,
                      .allocator = catalogue_allocator(catalogue),
                      .catalogue = catalogue,
                      .result = result };
    const double start = clock_seconds();
    corpus_init(&w.corpus, w.allocator);
    arena_init(&w.arena, w.allocator, 0);
    enum gmr_status status = open_all(&w, threads);
    if (status == GMR_OK)
        status = draw_pairs(&w);
    if (status == GMR_OK)
        status = speak(&w);
    if (status == GMR_OK)
        status = measure(&w);
    finish(&w);
    result->seconds = clock_seconds() - start;
    return status;
}
