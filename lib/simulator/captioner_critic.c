/* From pairs of items to sentences: features of a batch of pairs that have pictures, decoded
 * together. */
#include "simulator/captioner_critic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "simulator/captioner/checkpoint.h"
#include "simulator/captioner/inference.h"

enum { BATCH = 32 /* pairs at once: 26 MB of regions with 2048 channels */ };

struct captioner_critic {
    struct critic critic; /* first: what is given out is this */
    const struct gmr_allocator *allocator;
    struct compute *compute;
    const struct regions *regions;
    struct decoding_options decoding;
    struct captioner model;
    bool has_model;
    struct captioner_inference *inference;
    real *block; /* means and regions of BATCH targets, then of as many candidates */
    size_t block_bytes;
    int64_t *ids; /* [BATCH, length] */
};

/* ---- critiques ---- */

/* Pairs that are decoded together, and where their texts belong. */
struct batch {
    size_t count;
    size_t target[BATCH], candidate[BATCH], text[BATCH];
};

static struct captioner_pictures gather(const struct captioner_critic *c, const struct batch *batch)
{
    const size_t channels = regions_channels(c->regions), grid = CAPTIONER_REGIONS * channels;
    real *means = c->block, *grids = c->block + 2 * BATCH * channels;
    const struct captioner_pictures pictures = { .count = batch->count,
                                                 .target_mean = means,
                                                 .candidate_mean = means + BATCH * channels,
                                                 .target_regions = grids,
                                                 .candidate_regions = grids + BATCH * grid };
    regions_gather(c->regions, batch->target, batch->count, means, grids);
    regions_gather(c->regions, batch->candidate, batch->count, means + BATCH * channels,
                   grids + BATCH * grid);
    return pictures;
}

static enum gmr_status decode(struct captioner_critic *c, const struct batch *batch, uint64_t seed,
                              char (*texts)[CRITIC_TEXT])
{
    const size_t length = c->model.settings.length;
    const struct captioner_pictures pictures = gather(c, batch);
    struct decoding_options options = c->decoding;
    options.seed = seed;
    if (batch->count == 0)
        return GMR_OK;
    TRY(captioner_decode(c->inference, &pictures, &options, c->ids));
    for (size_t i = 0; i < batch->count; i++)
        captioner_sentence(&c->model, c->ids + i * length, length, texts[batch->text[i]],
                           CRITIC_TEXT);
    return GMR_OK;
}

/* Of one dialogue and turn. */
static uint64_t seed_of(const struct captioner_critic *c, const struct critic_memory *memory)
{
    uint32_t word[4];
    rng_block(c->decoding.seed, memory->dialogue, memory->turn, word);
    return (uint64_t)word[0] << 32 | word[1];
}

static enum gmr_status critiques(struct critic *critic, const struct critic_pair *pairs,
                                 struct critic_memory *memory, size_t count,
                                 char (*texts)[CRITIC_TEXT])
{
    struct captioner_critic *c = (struct captioner_critic *)critic;
    const size_t most = critic->pure ? BATCH : 1; /* what is sampled has a seed of its own */
    struct batch batch = { 0 };
    for (size_t i = 0; i < count; i++) {
        const struct critic_memory fresh = { .dialogue = i }, *of = memory ? &memory[i] : &fresh;
        texts[i][0] = '\0';
        if (regions_has(c->regions, pairs[i].target) &&
            regions_has(c->regions, pairs[i].candidate)) {
            batch.target[batch.count] = pairs[i].target;
            batch.candidate[batch.count] = pairs[i].candidate;
            batch.text[batch.count++] = i;
        }
        if (batch.count == most || i + 1 == count) {
            TRY(decode(c, &batch, seed_of(c, of), texts));
            batch.count = 0;
        }
    }
    for (size_t i = 0; memory && i < count; i++)
        memory[i].turn++;
    return GMR_OK;
}

/* ---- making ---- */

static void destroy(struct critic *critic)
{
    struct captioner_critic *c = (struct captioner_critic *)critic;
    const struct device *device = &c->compute->device;
    captioner_inference_destroy(c->inference);
    memory_release(c->allocator, c->ids, BATCH * c->model.settings.length * sizeof *c->ids);
    if (c->block)
        device->release(device, c->block, c->block_bytes);
    if (c->has_model)
        captioner_release(&c->model);
    memory_release(c->allocator, c, sizeof *c);
}

/* A captioner for features of that network. Errors, then nothing is held. */
static enum gmr_status open_model(struct captioner *model, struct compute *compute,
                                  const struct gmr_allocator *allocator,
                                  const struct captioner_critic_options *options,
                                  const char *network)
{
    char features[DIGEST_HEX];
    TRY(captioner_open(model, compute, allocator, options->weights, options->infos, features));
    if (features[0] == '\0' || strcmp(features, network) == 0)
        return GMR_OK;
    captioner_release(model);
    return gmr_error(
        GMR_ERR_STATE,
        "cannot use '%s' with these pictures: it was trained on features of the network "
        "%.16s, and these are of %.16s",
        options->weights, features, network);
}

enum gmr_status captioner_critic_check(struct compute *compute,
                                       const struct gmr_allocator *allocator,
                                       const struct captioner_critic_options *options,
                                       const char *network)
{
    struct captioner model;
    if (options->decoding)
        TRY(decoding_options_check(options->decoding));
    TRY(open_model(&model, compute, allocator, options, network));
    captioner_release(&model);
    return GMR_OK;
}

static enum gmr_status take_model(struct captioner_critic *c,
                                  const struct captioner_critic_options *options)
{
    const size_t channels = regions_channels(c->regions);
    TRY(open_model(&c->model, c->compute, c->allocator, options, regions_digest(c->regions)));
    c->has_model = true;
    if (c->model.settings.channels == channels)
        return GMR_OK;
    return gmr_error(GMR_ERR_SHAPE,
                     "cannot use '%s' with these pictures: it reads %zu channels, not %zu",
                     options->weights, c->model.settings.channels, channels);
}

static enum gmr_status take_memory(struct captioner_critic *c)
{
    const struct device *device = &c->compute->device;
    const size_t beam = c->decoding.mode == DECODE_BEAM ? c->decoding.beam : 1;
    c->block_bytes =
        2 * BATCH * (1 + CAPTIONER_REGIONS) * regions_channels(c->regions) * sizeof(real);
    c->block = device->allocate(device, c->block_bytes);
    c->ids = memory_array(c->allocator, BATCH * c->model.settings.length, sizeof *c->ids);
    if (!c->block || !c->ids)
        return GMR_ERR_NOMEM;
    return captioner_inference_create(&c->model, BATCH, beam, &c->inference);
}

/* Weights, words, what the model's file or infos say of it, features, and the way of decoding. */
static enum gmr_status make_digest(struct captioner_critic *c, const char *weights)
{
    const struct captioner_settings *s = &c->model.settings;
    const struct decoding_options *d = &c->decoding;
    struct digest digest;
    struct file_map map;
    uint8_t result[DIGEST_SIZE];
    char settings[256];
    TRY(file_map_open(&map, weights));
    snprintf(settings, sizeof settings,
             "captioner critic 1 %d %d %zu %zu %d %d %zu %a %zu %a %d %" PRIu64, (int)s->kind,
             (int)s->input, s->length, s->heads, s->batch_norm, (int)d->mode, d->beam,
             d->temperature, d->top_k, d->top_p, (int)d->constrained, d->seed);
    digest_init(&digest);
    digest_add_text(&digest, settings);
    digest_add_text(&digest, regions_digest(c->regions));
    for (size_t i = 1; i <= s->words; i++)
        digest_add_text(&digest, c->model.word[i]);
    digest_add(&digest, map.data, map.size);
    digest_finish(&digest, result);
    digest_hex(result, c->critic.digest);
    file_map_close(&map);
    return GMR_OK;
}

static enum gmr_status make(struct captioner_critic *c,
                            const struct captioner_critic_options *options)
{
    c->decoding = options->decoding
                      ? *options->decoding
                      : (struct decoding_options){ .mode = DECODE_GREEDY, .constrained = true };
    TRY(decoding_options_check(&c->decoding));
    TRY(take_model(c, options));
    TRY(take_memory(c));
    c->critic.pure = c->decoding.mode == DECODE_GREEDY || c->decoding.mode == DECODE_BEAM;
    return make_digest(c, options->weights);
}

enum gmr_status captioner_critic_create(struct compute *compute,
                                        const struct gmr_allocator *allocator,
                                        const struct regions *regions,
                                        const struct captioner_critic_options *options,
                                        struct critic **critic)
{
    *critic = NULL;
    struct captioner_critic *c = memory_array(allocator, 1, sizeof *c);
    if (!c)
        return GMR_ERR_NOMEM;
    c->critic = (struct critic){ .name = "captioner", .critiques = critiques, .destroy = destroy };
    c->allocator = allocator;
    c->compute = compute;
    c->regions = regions;
    const enum gmr_status status = make(c, options);
    if (status == GMR_OK)
        *critic = &c->critic;
    else
        destroy(&c->critic);
    return status;
}
