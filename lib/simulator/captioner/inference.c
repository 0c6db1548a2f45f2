/* Inference of captioners: memory, and pairs batch by batch. */
#include "simulator/captioner/inference.h"

#include <string.h>

#include "simulator/captioner/inference_inside.h"

enum { MOST_PAIRS = 1 << 16 /* at once: keeps products far from overflow */ };

static bool is_transformer(const struct captioner_inference *f)
{
    return f->model->settings.kind == CAPTIONER_TRANSFORMER;
}

/* ---- memory ---- */

static size_t logits_bytes(const struct captioner_inference *f)
{
    return f->rows * (f->model->settings.words + 1) * sizeof *f->logits;
}

static void lay_out(struct captioner_inference *f)
{
    if (is_transformer(f))
        inference_transformer_lay_out(f);
    else
        inference_attend_lay_out(f);
    f->logits = area_take(&f->area, f->rows * (f->model->settings.words + 1));
}

static enum gmr_status take_memory(struct captioner_inference *f)
{
    const struct captioner_settings *s = &f->model->settings;
    const struct gmr_allocator *allocator = f->compute->device.allocator;
    const struct decoder_room room = { f->batch, f->beam, s->length, s->words + 1 };
    lay_out(f);
    f->scores = memory_allocate(allocator, logits_bytes(f));
    if (!f->scores || !area_allocate(&f->area, &f->compute->device) ||
        !(is_transformer(f) ? inference_transformer_allocate(f) : inference_attend_allocate(f)))
        return GMR_ERR_NOMEM;
    lay_out(f);
    return decoder_create(allocator, room, f->model->word, &f->decoder);
}

static enum gmr_status check_sizes(size_t batch, size_t beam)
{
    if (batch < 1 || batch > MOST_PAIRS)
        return gmr_error(GMR_ERR_RANGE, "captioner: %zu pairs at once, must be 1 to %d", batch,
                         MOST_PAIRS);
    if (beam < 1 || beam > DECODING_MAX_BEAM)
        return gmr_error(GMR_ERR_RANGE, "captioner: the widest beam is %zu, must be 1 to %d", beam,
                         DECODING_MAX_BEAM);
    return GMR_OK;
}

enum gmr_status captioner_inference_create(const struct captioner *model, size_t batch, size_t beam,
                                           struct captioner_inference **inference)
{
    const struct compute *compute = model->parameters.compute;
    TRY(check_sizes(batch, beam));
    struct captioner_inference *f = memory_array(compute->device.allocator, 1, sizeof *f);
    if (!f)
        return GMR_ERR_NOMEM;
    f->model = model;
    f->compute = compute;
    f->batch = batch;
    f->beam = beam;
    f->rows = batch * beam;
    const enum gmr_status status = take_memory(f);
    if (status != GMR_OK) {
        captioner_inference_destroy(f);
        return status;
    }
    if (is_transformer(f))
        inference_transformer_fill(f);
    else
        inference_attend_fill(f);
    *inference = f;
    return GMR_OK;
}

void captioner_inference_destroy(struct captioner_inference *f)
{
    if (!f)
        return;
    const struct device *device = &f->compute->device;
    decoder_destroy(f->decoder);
    if (is_transformer(f))
        inference_transformer_release(f);
    else
        inference_attend_release(f);
    area_release(&f->area, device);
    memory_release(device->allocator, f->scores, logits_bytes(f));
    memory_release(device->allocator, f, sizeof *f);
}

/* ---- decoding ---- */

static void read_batch(struct captioner_inference *f, const struct captioner_pictures *pictures)
{
    if (is_transformer(f))
        inference_transformer_read(f, pictures);
    else
        inference_attend_read(f, pictures);
}

/* The scores that the decoder wants, on the host. */
static enum gmr_status ask_model(struct captioner_inference *f)
{
    const struct compute *c = f->compute;
    const size_t n = f->decoder->live * f->decoder->width * (f->model->settings.words + 1);
    bool finite;
    if (is_transformer(f))
        inference_transformer_step(f);
    else
        inference_attend_step(f);
    c->all_finite(c, &finite, f->logits, n);
    TRY(c->synchronise(c));
    if (!finite)
        return gmr_error(GMR_ERR_NUMERIC, "a logit of the captioner is not finite, at word %zu",
                         f->decoder->step + 1);
    c->device.download(&c->device, f->scores, f->logits, n * sizeof *f->scores);
    return GMR_OK;
}

/* Candidates may be missing where the input does not look at them, means where there are none. */
static const real *later(const real *x, size_t n)
{
    return x ? x + n : NULL;
}

/* Pairs first .. first + count - 1 of all. */
static struct captioner_pictures part_of(const struct captioner *model,
                                         const struct captioner_pictures *p, size_t first,
                                         size_t count)
{
    const size_t mean = first * model->settings.channels, regions = mean * CAPTIONER_REGIONS;
    return (struct captioner_pictures){
        .count = count,
        .target_mean = later(p->target_mean, mean),
        .candidate_mean = later(p->candidate_mean, mean),
        .target_regions = later(p->target_regions, regions),
        .candidate_regions = later(p->candidate_regions, regions),
    };
}

static enum gmr_status decode_batch(struct captioner_inference *f,
                                    const struct captioner_pictures *pictures,
                                    const struct decoding_options *options, size_t first,
                                    int64_t *ids)
{
    struct decoder *d = f->decoder;
    read_batch(f, pictures);
    for (decoder_begin(d, options, first, pictures->count, ids); d->live > 0;) {
        TRY(ask_model(f));
        decoder_step(d, f->scores);
    }
    return GMR_OK;
}

enum gmr_status captioner_decode(struct captioner_inference *f,
                                 const struct captioner_pictures *pictures,
                                 const struct decoding_options *options, int64_t *ids)
{
    TRY(decoding_options_check(options));
    if (options->mode == DECODE_BEAM && options->beam > f->beam)
        return gmr_error(GMR_ERR_RANGE, "beam is %zu, there is room for %zu", options->beam,
                         f->beam);
    for (size_t done = 0; done < pictures->count; done += f->batch) {
        const size_t left = pictures->count - done;
        const struct captioner_pictures part =
            part_of(f->model, pictures, done, left < f->batch ? left : f->batch);
        TRY(decode_batch(f, &part, options, done, ids + done * f->model->settings.length));
    }
    return GMR_OK;
}

void captioner_sentence(const struct captioner *model, const int64_t *ids, size_t length,
                        char *text, size_t size)
{
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < length && ids[i] != 0; i++) {
        const char *word = model->word[ids[i]];
        const size_t space = used > 0, needed = space + strlen(word);
        if (used + needed >= size)
            return;
        memcpy(text + used, " ", space);
        memcpy(text + used + space, word, needed - space + 1);
        used += needed;
    }
}
