/* Show-Attend-Tell (spec section 5.3): an LSTM that looks at the regions before each word.
 *
 * Whatever does not wait for the step before is made for all steps at once: the regions' part of
 * the attention, the words' part of the gates, and - by the caller - the logits. */
#include "simulator/captioner/captioner_inside.h"

void captioner_attend_declare(struct captioner_attend *l, struct parameters *p,
                              const struct captioner_settings *s)
{
    const size_t tokens = s->words + 1, context = 2 * s->channels;
    nn_linear_declare(&l->start, p, "linear", context, s->width);
    l->embed = parameters_declare(p, "embed.weight", (size_t[]){ tokens, s->embed }, 2,
                                  initial_uniform(0.1));
    parameters_enter(p, "core");
    nn_linear_declare(&l->context_attention, p, "ctx2att", context, s->attention);
    nn_linear_declare(&l->hidden_attention, p, "h2att", s->width, s->attention);
    nn_linear_declare(&l->alpha, p, "alpha_net", s->attention, 1);
    nn_lstm_declare(&l->lstm, p, "rnn", "_l0", s->embed + context, s->width, false);
    parameters_leave(p);
    parameters_enter(p, "logit");
    l->logit.weight =
        parameters_declare(p, "weight", (size_t[]){ tokens, s->width }, 2, initial_uniform(0.1));
    l->logit.bias = parameters_declare(p, "bias", &tokens, 1, initial_constant(0));
    parameters_leave(p);
}

/* A batch while it is captioned. */
struct telling {
    const struct captioner_attend *l;
    size_t batch, width, context;
    struct tensor *regions;        /* [B, 49, 2 C] */
    struct tensor *projected;      /* [B, 49, attention]: Wc A + bc */
    struct tensor *words;          /* [B, steps, 4 width]: what each word adds to the gates */
    struct tensor *context_weight; /* [4 width, 2 C]: the part of the LSTM that reads regions */
};

/* The LSTM reads [word; context]: its weight is one part for each, side by side. */
static void prepare(struct tape *t, struct telling *s, const struct captioner_heard *heard)
{
    const struct captioner_attend *l = s->l;
    struct tensor *weight = l->lstm.input.weight;
    const size_t embed = tensor_last(l->embed);
    struct tensor *ids = tape_indices(t, (size_t[]){ heard->batch, heard->steps }, 2, heard->token);
    struct tensor *word_weight = op_slice(t, weight, 1, 0, embed);

    s->projected = nn_linear(t, &l->context_attention, s->regions);
    s->words =
        op_linear(t, op_gather_rows(t, l->embed, ids), word_weight, NULL, NULL, ACTIVATE_NONE);
    s->context_weight = op_slice(t, weight, 1, embed, s->context);
}

/* Where to look, given h of the step before: w tanh(Wc A_i + bc + Wh h + bh) + b, softmax over the
 * regions, and their sum -> [B, 2 C]. */
static struct tensor *attend(struct tape *t, const struct telling *s, struct tensor *h)
{
    struct tensor *hidden = nn_linear(t, &s->l->hidden_attention, h);
    hidden = op_reshape(t, hidden, (size_t[]){ s->batch, 1, tensor_last(hidden) }, 3);
    struct tensor *sum = op_add(t, s->projected, hidden), *bent = op_tanh(t, sum);
    tape_drop(t, sum); /* tanh takes its slope from the result */
    struct tensor *score = nn_linear(t, &s->l->alpha, bent);
    score = op_reshape(t, score, (size_t[]){ s->batch, 1, CAPTIONER_REGIONS }, 3);
    struct tensor *seen = op_matmul(t, op_softmax(t, score), s->regions, false, false);
    return op_reshape(t, seen, (size_t[]){ s->batch, s->context }, 2);
}

static struct nn_lstm_state step(struct tape *t, const struct telling *s,
                                 struct nn_lstm_state state, size_t number)
{
    struct tensor *word = op_slice(t, s->words, 1, number, 1);
    struct nn_lstm_state next;

    word = op_reshape(t, word, (size_t[]){ s->batch, 4 * s->width }, 2);
    struct tensor *gates =
        op_linear(t, attend(t, s, state.h), s->context_weight, NULL, word, ACTIVATE_NONE);
    gates = nn_linear_add(t, &s->l->lstm.hidden, state.h, gates);
    next.h = op_lstm_cell(t, gates, state.cell, &next.cell);
    return next;
}

struct tensor *captioner_attend_states(struct tape *t, const struct captioner *model,
                                       const struct captioner_pictures *pictures,
                                       const struct captioner_heard *heard)
{
    const struct captioner_settings *c = &model->settings;
    const size_t dim[] = { pictures->count, CAPTIONER_REGIONS, c->channels };
    struct telling s = {
        .l = &model->attend, .batch = pictures->count, .width = c->width, .context = 2 * c->channels
    };
    struct tensor *h[CAPTIONER_MAX_WORDS + 1];

    struct tensor *mean = captioner_relative(t, c->input, (size_t[]){ dim[0], dim[2] }, 2,
                                             pictures->target_mean, pictures->candidate_mean);
    s.regions = captioner_relative(t, c->input, dim, 3, pictures->target_regions,
                                   pictures->candidate_regions);
    prepare(t, &s, heard);
    struct tensor *start = nn_linear(t, &s.l->start, mean);
    struct nn_lstm_state state = { start, start };
    for (size_t i = 0; i < heard->steps; i++) {
        state = step(t, &s, state, i);
        h[i] = state.h;
    }
    return op_dropout(t, op_stack(t, h, heard->steps, 1), c->dropout);
}
