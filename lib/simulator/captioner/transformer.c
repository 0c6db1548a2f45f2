/* The VL-Transformer (spec section 5.4): an encoder over the regions, which have no positions, and
 * a decoder over the words. */
#include <math.h>
#include <stdio.h>

#include "simulator/captioner/captioner_inside.h"

enum { POSITIONS = 5000 };

/* `att_embed` is a sequence: [batch norm,] linear, ReLU, dropout[, batch norm]. */
static void declare_input(struct captioner_transformer *l, struct parameters *p,
                          const struct captioner_settings *s)
{
    parameters_enter(p, "att_embed");
    if (s->batch_norm >= 1)
        nn_batch_norm_declare(&l->before, p, "0", 2 * s->channels);
    nn_linear_declare(&l->att_embed, p, s->batch_norm >= 1 ? "1" : "0", 2 * s->channels, s->width);
    if (s->batch_norm == 2)
        nn_batch_norm_declare(&l->after, p, "4", s->width);
    parameters_leave(p);
}

static void declare_encoder(struct captioner_transformer *l, struct parameters *p,
                            const struct captioner_settings *s)
{
    parameters_enter(p, "encoder");
    l->encoder = parameters_array(p, s->encoder_layers, sizeof *l->encoder);
    for (size_t i = 0; l->encoder && i < s->encoder_layers; i++) {
        char name[32];
        snprintf(name, sizeof name, "layers.%zu", i);
        nn_caption_encoder_layer_declare(&l->encoder[i], p, name, s->width, s->heads, s->hidden);
    }
    nn_norm_declare_as(&l->encoder_norm, p, "norm", "a_2", "b_2", s->width);
    parameters_leave(p);
}

static void declare_decoder(struct captioner_transformer *l, struct parameters *p,
                            const struct captioner_settings *s)
{
    parameters_enter(p, "decoder");
    l->decoder = parameters_array(p, s->decoder_layers, sizeof *l->decoder);
    for (size_t i = 0; l->decoder && i < s->decoder_layers; i++) {
        char name[32];
        snprintf(name, sizeof name, "layers.%zu", i);
        nn_caption_decoder_layer_declare(&l->decoder[i], p, name, s->width, s->heads, s->hidden);
    }
    nn_norm_declare_as(&l->decoder_norm, p, "norm", "a_2", "b_2", s->width);
    parameters_leave(p);
}

/* The tables of words on both sides: Xavier-uniform as every matrix of `model.`. */
static void declare_words(struct captioner_transformer *l, struct parameters *p,
                          const struct captioner_settings *s)
{
    const size_t tokens = s->words + 1, table[] = { tokens, s->width };
    const struct initial initial = initial_xavier(s->width, tokens);
    l->embed = parameters_declare(p, "tgt_embed.0.lut.weight", table, 2, initial);
    l->positions =
        parameters_declare_buffer(p, "tgt_embed.1.pe", (size_t[]){ 1, POSITIONS, s->width }, 3, 0);
    l->generator.weight = parameters_declare(p, "generator.proj.weight", table, 2, initial);
    l->generator.bias =
        parameters_declare(p, "generator.proj.bias", &tokens, 1, initial_linear(s->width));
}

void captioner_transformer_declare(struct captioner_transformer *l, struct parameters *p,
                                   const struct captioner_settings *s)
{
    declare_input(l, p, s);
    parameters_enter(p, "model");
    declare_encoder(l, p, s);
    declare_decoder(l, p, s);
    declare_words(l, p, s);
    parameters_leave(p);
}

/* ---- forward ---- */

/* What the decoder looks at: [B, 49, width]. Batch norm takes each region as a row. */
static struct tensor *encode(struct tape *t, const struct captioner *model,
                             const struct captioner_pictures *pictures)
{
    const struct captioner_settings *s = &model->settings;
    const struct captioner_transformer *l = &model->transformer;
    const size_t dim[] = { pictures->count, CAPTIONER_REGIONS, s->channels };
    const size_t rows[] = { dim[0] * dim[1], 2 * s->channels };

    struct tensor *x = captioner_relative(t, s->input, dim, 3, pictures->target_regions,
                                          pictures->candidate_regions);
    x = op_reshape(t, x, rows, 2);
    if (s->batch_norm >= 1)
        x = nn_batch_norm(t, &l->before, x);
    x = op_dropout(t, nn_linear_activate(t, &l->att_embed, x, ACTIVATE_RELU), s->input_dropout);
    if (s->batch_norm == 2)
        x = nn_batch_norm(t, &l->after, x);
    x = op_reshape(t, x, (size_t[]){ dim[0], dim[1], s->width }, 3);
    for (size_t i = 0; i < s->encoder_layers; i++)
        x = nn_caption_encoder_layer(t, &l->encoder[i], x, s->dropout);
    return nn_norm(t, &l->encoder_norm, x);
}

/* sqrt(width) word + position */
static struct tensor *embed(struct tape *t, const struct captioner *model,
                            const struct captioner_heard *heard)
{
    const size_t dim[] = { heard->batch, heard->steps }, width = model->settings.width;
    const size_t table[] = { heard->steps, width };
    struct tensor *words =
        op_gather_rows(t, model->transformer.embed, tape_indices(t, dim, 2, heard->token));
    struct tensor *positions =
        tape_constant(t, table, 2, tensor_real(model->transformer.positions));
    words = op_add(t, op_scale(t, words, sqrt((double)width)), positions);
    return op_dropout(t, words, model->settings.dropout);
}

/* Hides padding: every token 0 but the first. */
static struct tensor *padding_mask(struct tape *t, const struct captioner_heard *heard)
{
    const size_t dim[] = { heard->batch, 1, heard->steps }, count = heard->batch * heard->steps;
    uint8_t *seen = arena_array(&t->arena, count, 1);
    if (!seen)
        return tape_fail(t, "captioner", GMR_ERR_NOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        seen[i] = i % heard->steps == 0 || heard->token[i] != 0;
    return tape_bytes(t, dim, 3, seen);
}

struct tensor *captioner_transformer_states(struct tape *t, const struct captioner *model,
                                            const struct captioner_pictures *pictures,
                                            const struct captioner_heard *heard)
{
    const struct captioner_transformer *l = &model->transformer;
    struct tensor *memory = encode(t, model, pictures), *mask = padding_mask(t, heard);
    struct tensor *x = embed(t, model, heard);
    for (size_t i = 0; i < model->settings.decoder_layers; i++)
        x = nn_caption_decoder_layer(t, &l->decoder[i], x, memory, mask, model->settings.dropout);
    return nn_norm(t, &l->decoder_norm, x);
}
