#include "nn/attention.h"

#include <math.h>
#include <stdio.h>

const struct nn_attention_names nn_attention_names_recommender = { "q_linear", "k_linear",
                                                                   "v_linear", "out" };
const struct nn_attention_names nn_attention_names_captioner = { "linears.0", "linears.1",
                                                                 "linears.2", "linears.3" };

/* Projections of one input as one linear layer of count * width rows; each keeps its name. */
static void declare_packed(struct nn_linear *l, struct parameters *p, const char *const *name,
                           size_t count, size_t width, struct initial initial)
{
    char text[3][PARAMETER_NAME];
    const char *full[3] = { NULL };

    for (size_t i = 0; i < count; i++) {
        snprintf(text[i], sizeof text[i], "%s.weight", name[i]);
        full[i] = text[i];
    }
    l->weight = parameters_declare_parts(p, full, count, (size_t[]){ width, width }, 2, initial);
    for (size_t i = 0; i < count; i++)
        snprintf(text[i], sizeof text[i], "%s.bias", name[i]);
    l->bias = parameters_declare_parts(p, full, count, &width, 1, initial_linear(width));
}

void nn_self_attention_declare(struct nn_attention *l, struct parameters *p, const char *name,
                               const struct nn_attention_names *names, size_t width, size_t heads,
                               struct initial initial)
{
    parameters_enter(p, name);
    l->heads = heads;
    declare_packed(&l->in, p, (const char *[]){ names->query, names->key, names->value }, 3, width,
                   initial);
    declare_packed(&l->out, p, &names->out, 1, width, initial);
    parameters_leave(p);
}

void nn_cross_attention_declare(struct nn_attention *l, struct parameters *p, const char *name,
                                const struct nn_attention_names *names, size_t width, size_t heads,
                                struct initial initial)
{
    parameters_enter(p, name);
    l->heads = heads;
    declare_packed(&l->query, p, &names->query, 1, width, initial);
    declare_packed(&l->in, p, (const char *[]){ names->key, names->value }, 2, width, initial);
    declare_packed(&l->out, p, &names->out, 1, width, initial);
    parameters_leave(p);
}

void nn_clip_attention_declare(struct nn_attention *l, struct parameters *p, const char *name,
                               size_t width, size_t heads, size_t layers)
{
    double scale = 1 / sqrt((double)width);
    size_t rows = 3 * width;

    parameters_enter(p, name);
    l->heads = heads;
    l->in.weight = parameters_declare(p, "in_proj_weight", (size_t[]){ rows, width }, 2,
                                      initial_normal(scale));
    l->in.bias = parameters_declare(p, "in_proj_bias", &rows, 1, initial_constant(0));
    parameters_enter(p, "out_proj");
    l->out.weight = parameters_declare(p, "weight", (size_t[]){ width, width }, 2,
                                       initial_normal(scale / sqrt(2 * (double)layers)));
    l->out.bias = parameters_declare(p, "bias", &width, 1, initial_constant(0));
    parameters_leave(p);
    parameters_leave(p);
}

static struct attention_options options(const struct nn_attention *l, struct nn_attention_call call)
{
    return (struct attention_options){
        .heads = l->heads, .causal = call.causal, .mask = call.mask, .dropout = call.dropout
    };
}

struct tensor *nn_self_attention_of(struct tape *t, const struct nn_attention *l,
                                    struct tensor *qkv, struct tensor *residual,
                                    struct nn_attention_call call)
{
    struct attention_options o = options(l, call);
    struct tensor *attended = op_self_attention(t, qkv, &o);
    struct tensor *y = nn_linear_add(t, &l->out, attended, residual);

    if (call.thrifty)
        tape_drop(t, attended);
    else
        tape_spend(t, attended);
    return y;
}

struct tensor *nn_self_attention(struct tape *t, const struct nn_attention *l, struct tensor *x,
                                 struct tensor *residual, struct nn_attention_call call)
{
    struct tensor *qkv = nn_linear(t, &l->in, x);
    struct tensor *y = nn_self_attention_of(t, l, qkv, residual, call);

    tape_spend(t, qkv);
    return y;
}

struct tensor *nn_cross_attention(struct tape *t, const struct nn_attention *l, struct tensor *x,
                                  struct tensor *memory, struct tensor *residual,
                                  struct nn_attention_call call)
{
    struct attention_options o = options(l, call);
    struct tensor *q = nn_linear(t, &l->query, x), *kv = nn_linear(t, &l->in, memory);

    return nn_linear_add(t, &l->out, op_cross_attention(t, q, kv, &o), residual);
}
