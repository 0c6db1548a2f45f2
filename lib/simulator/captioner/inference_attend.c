/* Inference with Show-Attend-Tell. What does not wait for a word is made first: h_0, the regions'
 * part of the attention, and what every word of the vocabulary adds to the gates. The regions
 * themselves stay where the caller has them: as weights of a sum are linear, the sum of [g; g - u]
 * is made of the sums of g and of u. */
#include "simulator/captioner/inference_inside.h"

void inference_attend_lay_out(struct captioner_inference *f)
{
    const struct captioner_settings *s = &f->model->settings;
    struct inference_attend *a = &f->attend;
    struct layout_area *area = &f->area;
    const size_t rows = f->rows, width = s->width;
    relative_lay_out(&a->start, area, s->input, s->channels, width);
    relative_lay_out(&a->context_attention, area, s->input, s->channels, s->attention);
    relative_lay_out(&a->context, area, s->input, s->channels, 4 * width);
    a->words = area_take(area, (s->words + 1) * 4 * width);
    a->projected = area_take(area, f->batch * CAPTIONER_REGIONS * s->attention);
    a->h = area_take(area, rows * width);
    a->cell = area_take(area, rows * width);
    a->last_h = area_take(area, rows * width);
    a->last_cell = area_take(area, rows * width);
    a->query = area_take(area, rows * s->attention);
    a->weight = area_take(area, rows * CAPTIONER_REGIONS);
    a->target = area_take(area, rows * s->channels);
    a->candidate = area_take(area, rows * s->channels);
    a->gates = area_take(area, rows * 4 * width);
    a->kept = area_take(area, rows * 4 * width);
}

bool inference_attend_allocate(struct captioner_inference *f)
{
    f->attend.pair = memory_array(f->compute->device.allocator, f->rows, sizeof *f->attend.pair);
    return f->attend.pair != NULL;
}

void inference_attend_release(struct captioner_inference *f)
{
    memory_release(f->compute->device.allocator, f->attend.pair, f->rows * sizeof *f->attend.pair);
}

/* The LSTM reads [word; context]: words [V + 1, 4 width] = embed We^T. */
static void multiply_words(const struct captioner_inference *f)
{
    const struct captioner_settings *s = &f->model->settings;
    const struct captioner_attend *l = &f->model->attend;
    const struct matmul shape = { .transpose_b = true,
                                  .m = s->words + 1,
                                  .n = 4 * s->width,
                                  .k = s->embed,
                                  .a_stride = s->embed,
                                  .b_stride = tensor_last(l->lstm.input.weight),
                                  .y_stride = 4 * s->width,
                                  .batch = 1,
                                  .alpha = 1 };
    f->compute->matmul(f->compute, &shape, f->attend.words, tensor_real(l->embed),
                       tensor_real(l->lstm.input.weight), 0);
}

void inference_attend_fill(struct captioner_inference *f)
{
    const struct captioner_attend *l = &f->model->attend;
    const enum captioner_input input = f->model->settings.input;
    struct inference_attend *a = &f->attend;
    relative_fill(&a->start, input, (struct relative_source){ .layer = &l->start });
    relative_fill(&a->context_attention, input,
                  (struct relative_source){ .layer = &l->context_attention });
    relative_fill(&a->context, input,
                  (struct relative_source){ &l->lstm.input, f->model->settings.embed, NULL });
    multiply_words(f);
}

void inference_attend_read(struct captioner_inference *f, const struct captioner_pictures *pictures)
{
    const struct compute *c = f->compute;
    struct inference_attend *a = &f->attend;
    const size_t width = f->model->settings.width;
    a->pictures = *pictures;
    relative_apply(c, &a->context_attention, a->projected, pictures->target_regions,
                   pictures->candidate_regions, pictures->count * CAPTIONER_REGIONS, 0);
    relative_apply(c, &a->start, a->h, pictures->target_mean, pictures->candidate_mean,
                   pictures->count, 0);
    copy_rows(c, a->cell, width, a->h, width, pictures->count, width, 0);
}

/* The states that the rows of this step go on from. */
static void continue_rows(struct captioner_inference *f, size_t rows)
{
    const struct compute *c = f->compute;
    const struct decoder *d = f->decoder;
    struct inference_attend *a = &f->attend;
    const size_t width = f->model->settings.width;
    c->gather_rows(c, a->last_h, a->h, d->source, rows, width);
    c->gather_rows(c, a->last_cell, a->cell, d->source, rows, width);
    for (size_t i = 0; i < rows; i++)
        a->pair[i] = (int64_t)d->pair[i / d->width];
}

/* What each row looks at, given h of the step before. The bias of the scores adds the same to all
 * of a row, so softmax takes it away. */
static void attend(struct captioner_inference *f, size_t rows)
{
    const struct compute *c = f->compute;
    const struct captioner_settings *s = &f->model->settings;
    const struct captioner_attend *l = &f->model->attend;
    const struct inference_attend *a = &f->attend;
    inference_linear(c, a->query, a->last_h, &l->hidden_attention, ACTIVATE_NONE, rows);
    c->additive_attention(c, a->weight, a->projected, a->query, tensor_real(l->alpha.weight),
                          a->pair, rows, CAPTIONER_REGIONS, s->attention);
    c->mix_rows(c, a->target, a->weight, a->pictures.target_regions, a->pair, rows,
                CAPTIONER_REGIONS, s->channels);
    if (s->input != CAPTIONER_TARGET)
        c->mix_rows(c, a->candidate, a->weight, a->pictures.candidate_regions, a->pair, rows,
                    CAPTIONER_REGIONS, s->channels);
}

void inference_attend_step(struct captioner_inference *f)
{
    const struct compute *c = f->compute;
    const struct decoder *d = f->decoder;
    const struct captioner_attend *l = &f->model->attend;
    const struct inference_attend *a = &f->attend;
    const size_t rows = d->live * d->width, width = f->model->settings.width;
    continue_rows(f, rows);
    attend(f, rows);
    c->gather_rows(c, a->gates, a->words, d->token, rows, 4 * width);
    relative_apply(c, &a->context, a->gates, a->target, a->candidate, rows, 1);
    inference_linear_add(c, a->gates, a->last_h, &l->lstm.hidden, rows);
    c->lstm_cell_forward(c, a->h, a->cell, a->kept, a->gates, a->last_cell, rows, width);
    inference_linear(c, f->logits, a->h, &l->logit, ACTIVATE_NONE, rows);
}
