/* Inference with the VL-Transformer. The encoder runs over some pairs at a time, so that what is
 * between its layers stays in cache; of what it gives, only the keys and values that the layers of
 * the decoder make of it are kept.
 *
 * The decoder makes one token of each row at a step. Keys and values of what was said stay where
 * they were made, step behind step; each row has a list of those it hears, which is that of the row
 * it continues and itself. So beams that branch and sentences that end move numbers of rows, and
 * never what is in them. */
#include <math.h>
#include <string.h>

#include "simulator/captioner/inference_inside.h"

/* ---- memory ---- */

enum { ENCODER_ROWS = 800 /* regions at once */ };

static size_t wide(const struct captioner_settings *s)
{
    return s->hidden > 3 * s->width ? s->hidden : 3 * s->width;
}

static void stream_lay_out(struct inference_stream *l, struct layout_area *area,
                           const struct captioner_settings *s, size_t rows, size_t keys)
{
    l->x = area_take(area, rows * s->width);
    l->normed = area_take(area, rows * s->width);
    l->attended = area_take(area, rows * s->width);
    l->wide = area_take(area, rows * wide(s));
    l->mean = area_take(area, rows);
    l->deviation = area_take(area, rows);
    l->weight = area_take(area, rows * s->heads * keys);
}

static size_t most_keys(const struct captioner_settings *s)
{
    return s->length > CAPTIONER_REGIONS ? s->length : CAPTIONER_REGIONS;
}

void inference_transformer_lay_out(struct captioner_inference *f)
{
    const struct captioner_settings *s = &f->model->settings;
    struct inference_transformer *l = &f->transformer;
    const size_t most = ENCODER_ROWS / CAPTIONER_REGIONS, regions = f->batch * CAPTIONER_REGIONS;
    l->pairs = f->batch < most ? f->batch : most;
    relative_lay_out(&l->input, &f->area, s->input, s->channels, s->width);
    stream_lay_out(&l->encoder, &f->area, s, l->pairs * CAPTIONER_REGIONS, 1);
    stream_lay_out(&l->decoder, &f->area, s, f->rows, most_keys(s));
    l->source = area_take(&f->area, s->decoder_layers * regions * 2 * s->width);
    l->said = area_take(&f->area, s->decoder_layers * s->length * f->rows * 2 * s->width);
}

bool inference_transformer_allocate(struct captioner_inference *f)
{
    const struct gmr_allocator *a = f->compute->device.allocator;
    struct inference_transformer *l = &f->transformer;
    const size_t length = f->model->settings.length;
    l->seen = memory_array(a, f->rows, CAPTIONER_REGIONS * sizeof *l->seen);
    l->heard = memory_array(a, f->rows, length * sizeof *l->heard);
    l->before = memory_array(a, f->rows, length * sizeof *l->before);
    return l->seen && l->heard && l->before;
}

void inference_transformer_release(struct captioner_inference *f)
{
    const struct gmr_allocator *a = f->compute->device.allocator;
    const struct inference_transformer *l = &f->transformer;
    const size_t length = f->model->settings.length;
    memory_release(a, l->seen, f->rows * CAPTIONER_REGIONS * sizeof *l->seen);
    memory_release(a, l->heard, f->rows * length * sizeof *l->heard);
    memory_release(a, l->before, f->rows * length * sizeof *l->before);
}

void inference_transformer_fill(struct captioner_inference *f)
{
    const struct captioner_transformer *l = &f->model->transformer;
    const struct captioner_settings *s = &f->model->settings;
    const struct nn_batch_norm *before = s->batch_norm >= 1 ? &l->before : NULL;
    relative_fill(&f->transformer.input, s->input,
                  (struct relative_source){ &l->att_embed, 0, before });
}

/* ---- layers ---- */

static void normalise(const struct compute *c, const struct inference_stream *s, real *y,
                      const real *x, const struct nn_norm *l, size_t rows)
{
    c->norm_forward(c, y, s->mean, s->deviation, x, tensor_real(l->scale), tensor_real(l->shift),
                    rows, tensor_numel(l->scale));
}

/* x += w_2(relu(w_1(norm(x)))) */
static void feed_forward(const struct compute *c, const struct inference_stream *s,
                         const struct nn_feed_forward *l, const struct nn_norm *norm, size_t rows)
{
    normalise(c, s, s->normed, s->x, norm, rows);
    inference_linear(c, s->wide, s->normed, &l->w_1, ACTIVATE_RELU, rows);
    inference_linear_add(c, s->x, s->wide, &l->w_2, rows);
}

/* ---- encoder ---- */

static void encoder_layer(const struct compute *c, const struct inference_stream *s,
                          const struct nn_caption_encoder_layer *l, size_t pairs)
{
    const size_t width = tensor_numel(l->norm[0].scale), rows = pairs * CAPTIONER_REGIONS;
    const struct attention shape = { .batch = pairs,
                                     .heads = l->self.heads,
                                     .query_length = CAPTIONER_REGIONS,
                                     .key_length = CAPTIONER_REGIONS,
                                     .head_width = width / l->self.heads,
                                     .q_stride = 3 * width,
                                     .k_stride = 3 * width,
                                     .v_stride = 3 * width,
                                     .y_stride = width };
    normalise(c, s, s->normed, s->x, &l->norm[0], rows);
    inference_linear(c, s->wide, s->normed, &l->self.in, ACTIVATE_NONE, rows);
    c->attention_forward(c, &shape, s->attended, s->weight, s->wide, s->wide + width,
                         s->wide + 2 * width);
    inference_linear_add(c, s->x, s->attended, &l->self.out, rows);
    feed_forward(c, s, &l->feed_forward, &l->norm[1], rows);
}

void inference_transformer_project(struct captioner_inference *f, const real *target,
                                   const real *candidate, size_t pairs)
{
    const struct compute *c = f->compute;
    const struct captioner_settings *s = &f->model->settings;
    const struct nn_batch_norm *after = &f->model->transformer.after;
    const struct inference_stream *e = &f->transformer.encoder;
    const size_t rows = pairs * CAPTIONER_REGIONS;
    relative_apply(c, &f->transformer.input, e->x, target, candidate, rows, 0);
    c->unary_forward(c, ACTIVATE_RELU, e->x, e->x, rows * s->width);
    if (s->batch_norm != 2)
        return;
    c->batch_norm_eval_forward(c, e->normed, e->wide, tensor_real(after->running_mean),
                               tensor_real(after->running_var), e->x, tensor_real(after->weight),
                               tensor_real(after->bias), (real)1e-5, rows, s->width, 1);
    copy_rows(c, e->x, s->width, e->normed, s->width, rows, s->width, 0);
}

/* Pairs first .. first + count - 1 of the batch: from regions to the decoder's keys and values. */
static void encode(struct captioner_inference *f, const struct captioner_pictures *p, size_t first,
                   size_t count)
{
    const struct compute *c = f->compute;
    const struct captioner_settings *s = &f->model->settings;
    const struct captioner_transformer *l = &f->model->transformer;
    const struct inference_stream *e = &f->transformer.encoder;
    const size_t at = first * CAPTIONER_REGIONS, layer = f->batch * CAPTIONER_REGIONS;
    const real *candidate = p->candidate_regions ? p->candidate_regions + at * s->channels : NULL;
    inference_transformer_project(f, p->target_regions + at * s->channels, candidate, count);
    for (size_t i = 0; i < s->encoder_layers; i++)
        encoder_layer(c, e, &l->encoder[i], count);
    normalise(c, e, e->normed, e->x, &l->encoder_norm, count * CAPTIONER_REGIONS);
    for (size_t i = 0; i < s->decoder_layers; i++)
        inference_linear(c, f->transformer.source + (i * layer + at) * 2 * s->width, e->normed,
                         &l->decoder[i].source.in, ACTIVATE_NONE, count * CAPTIONER_REGIONS);
}

void inference_transformer_read(struct captioner_inference *f,
                                const struct captioner_pictures *pictures)
{
    const size_t most = f->transformer.pairs;
    for (size_t done = 0; done < pictures->count; done += most) {
        const size_t left = pictures->count - done;
        encode(f, pictures, done, left < most ? left : most);
    }
}

/* ---- decoder ---- */

/* What each row hears and sees: what the row it continues has heard, then itself; all regions of
 * its pair. */
static void place_rows(struct captioner_inference *f, size_t rows)
{
    struct inference_transformer *l = &f->transformer;
    const struct decoder *d = f->decoder;
    const size_t step = d->step;
    int64_t *heard = l->before;
    l->before = l->heard;
    l->heard = heard;
    for (size_t i = 0; i < rows; i++) {
        memcpy(heard + i * (step + 1), l->before + (size_t)d->source[i] * step,
               step * sizeof *heard);
        heard[i * (step + 1) + step] = (int64_t)(step * f->rows + i);
        for (size_t j = 0; j < CAPTIONER_REGIONS; j++)
            l->seen[i * CAPTIONER_REGIONS + j] =
                (int64_t)(d->pair[i / d->width] * CAPTIONER_REGIONS + j);
    }
}

/* x = sqrt(width) word + position */
static void embed(struct captioner_inference *f, size_t rows)
{
    const struct compute *c = f->compute;
    const struct captioner_transformer *l = &f->model->transformer;
    const size_t width = f->model->settings.width;
    real *x = f->transformer.decoder.x;
    c->gather_rows(c, x, tensor_real(l->embed), f->decoder->token, rows, width);
    copy_rows(c, x, width, tensor_real(l->positions) + f->decoder->step * width, 0, rows, width,
              (real)sqrt((double)width));
}

static void attend(const struct captioner_inference *f, const struct nn_attention *l, const real *q,
                   size_t q_stride, const real *kv, const int64_t *place, size_t rows, size_t keys)
{
    const size_t width = f->model->settings.width;
    const struct inference_stream *s = &f->transformer.decoder;
    const struct gathered_attention shape = { .rows = rows,
                                              .keys = keys,
                                              .heads = l->heads,
                                              .head_width = width / l->heads,
                                              .q_stride = q_stride,
                                              .k_stride = 2 * width,
                                              .v_stride = 2 * width,
                                              .y_stride = width,
                                              .place = place };
    f->compute->gathered_attention(f->compute, &shape, s->attended, s->weight, q, kv, kv + width);
    inference_linear_add(f->compute, s->x, s->attended, &l->out, rows);
}

static void decoder_layer(struct captioner_inference *f, size_t number, size_t rows)
{
    const struct compute *c = f->compute;
    const struct inference_transformer *t = &f->transformer;
    const struct inference_stream *s = &t->decoder;
    const struct nn_caption_decoder_layer *l = &f->model->transformer.decoder[number];
    const size_t width = f->model->settings.width, step = f->decoder->step;
    real *said = t->said + number * f->model->settings.length * f->rows * 2 * width;
    const real *source = t->source + number * f->batch * CAPTIONER_REGIONS * 2 * width;

    normalise(c, s, s->normed, s->x, &l->norm[0], rows);
    inference_linear(c, s->wide, s->normed, &l->self.in, ACTIVATE_NONE, rows);
    copy_rows(c, said + step * f->rows * 2 * width, 2 * width, s->wide + width, 3 * width, rows,
              2 * width, 0);
    attend(f, &l->self, s->wide, 3 * width, said, t->heard, rows, step + 1);
    normalise(c, s, s->normed, s->x, &l->norm[1], rows);
    inference_linear(c, s->wide, s->normed, &l->source.query, ACTIVATE_NONE, rows);
    attend(f, &l->source, s->wide, width, source, t->seen, rows, CAPTIONER_REGIONS);
    feed_forward(c, s, &l->feed_forward, &l->norm[2], rows);
}

void inference_transformer_step(struct captioner_inference *f)
{
    const struct decoder *d = f->decoder;
    const struct captioner_transformer *l = &f->model->transformer;
    const struct inference_stream *s = &f->transformer.decoder;
    const size_t rows = d->live * d->width;
    place_rows(f, rows);
    embed(f, rows);
    for (size_t i = 0; i < f->model->settings.decoder_layers; i++)
        decoder_layer(f, i, rows);
    normalise(f->compute, s, s->normed, s->x, &l->decoder_norm, rows);
    inference_linear(f->compute, f->logits, s->normed, &l->generator, ACTIVATE_NONE, rows);
}
