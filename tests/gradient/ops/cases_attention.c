/* attention: q, k, v as three tensors, as one and as two. */
#include "gradient/ops/cases.h"

enum { B = 2, LQ = 3, LK = 4, D = 6 };

struct attention_case {
    size_t heads;
    bool causal;
    double dropout;
    size_t mask[3]; /* shape of the mask; none when 0 */
};

/* A pattern that hides about a third; of the second query of the first element, all. */
static struct tensor *make_mask(struct graph *g, const size_t dim[3])
{
    uint8_t seen[B * LK * LK];
    size_t n = dim[0] * dim[1] * dim[2];
    for (size_t i = 0; i < n; i++)
        seen[i] = (i * 5 + 1) % 3 != 0 && !(dim[1] > 1 && i / dim[2] == 1);
    return bytes(g, 3, dim, seen);
}

static struct attention_options options_of(struct graph *g)
{
    const struct attention_case *s = settings_of(g);
    return (struct attention_options){
        .heads = s->heads,
        .causal = s->causal,
        .mask = s->mask[0] > 0 ? make_mask(g, s->mask) : NULL,
        .dropout = s->dropout,
    };
}

static struct tensor *separate(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = leaf(g, SHAPE(B, LQ, D)), *k = leaf(g, SHAPE(B, LK, D));
    return op_attention(tape_of(g), q, k, leaf(g, SHAPE(B, LK, D)), &options);
}

/* More queries than keys. */
static struct tensor *few_keys(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = leaf(g, SHAPE(B, LK, D)), *k = leaf(g, SHAPE(B, LQ, D));
    return op_attention(tape_of(g), q, k, leaf(g, SHAPE(B, LQ, D)), &options);
}

static struct tensor *only_the_queries(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = leaf(g, SHAPE(B, LQ, D)), *k = constant(g, SHAPE(B, LK, D));
    return op_attention(tape_of(g), q, k, constant(g, SHAPE(B, LK, D)), &options);
}

static struct tensor *only_the_values(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = constant(g, SHAPE(B, LQ, D)), *k = constant(g, SHAPE(B, LK, D));
    return op_attention(tape_of(g), q, k, leaf(g, SHAPE(B, LK, D)), &options);
}

static struct tensor *one_tensor_thrice(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *x = leaf(g, SHAPE(B, LK, D));
    return op_attention(tape_of(g), x, x, x, &options);
}

static struct tensor *keys_are_values(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = leaf(g, SHAPE(B, LQ, D)), *k = leaf(g, SHAPE(B, LK, D));
    return op_attention(tape_of(g), q, k, k, &options);
}

static struct tensor *self(struct graph *g)
{
    struct attention_options options = options_of(g);
    return op_self_attention(tape_of(g), leaf(g, SHAPE(B, LK, 3 * D)), &options);
}

/* The gradient of qkv has another source, which comes first on the way back. */
static struct tensor *self_and_more(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *qkv = leaf(g, SHAPE(B, LK, 3 * D));
    struct tensor *y = op_self_attention(tape_of(g), qkv, &options);
    return op_add(tape_of(g), y, op_slice(tape_of(g), qkv, 2, D - 1, D));
}

static struct tensor *cross(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = leaf(g, SHAPE(B, LQ, D)), *kv = leaf(g, SHAPE(B, LK, 2 * D));
    return op_cross_attention(tape_of(g), q, kv, &options);
}

static struct tensor *cross_with_fixed_queries(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = constant(g, SHAPE(B, LQ, D)), *kv = leaf(g, SHAPE(B, LK, 2 * D));
    return op_cross_attention(tape_of(g), q, kv, &options);
}

static struct tensor *cross_with_fixed_keys(struct graph *g)
{
    struct attention_options options = options_of(g);
    struct tensor *q = leaf(g, SHAPE(B, LQ, D)), *kv = constant(g, SHAPE(B, LK, 2 * D));
    return op_cross_attention(tape_of(g), q, kv, &options);
}

/* Wider than the blocks in which the reference adds up. */
static struct tensor *wide_head(struct graph *g)
{
    struct attention_options options = options_of(g);
    return op_self_attention(tape_of(g), leaf(g, SHAPE(1, 2, 3 * 67)), &options);
}

#define ATTENTION(...)             \
    &(const struct attention_case) \
    {                              \
        __VA_ARGS__                \
    }

const struct gradient_case attention_cases[] = {
    { "attention, 1 head", separate, ATTENTION(.heads = 1) },
    { "attention, 2 heads", separate, ATTENTION(.heads = 2) },
    { "attention, heads of 1", separate, ATTENTION(.heads = D) },
    { "attention, causal", separate, ATTENTION(.heads = 2, .causal = true) },
    { "attention, mask", separate, ATTENTION(.heads = 2, .mask = { B, LQ, LK }) },
    { "attention, mask for all", separate, ATTENTION(.heads = 2, .mask = { 1, 1, LK }) },
    { "attention, mask for all queries", separate, ATTENTION(.heads = 3, .mask = { B, 1, LK }) },
    { "attention, mask for the batch", separate, ATTENTION(.heads = 3, .mask = { 1, LQ, LK }) },
    { "attention, causal with mask", separate,
      ATTENTION(.heads = 2, .causal = true, .mask = { B, LQ, LK }) },
    { "attention, dropout", separate, ATTENTION(.heads = 2, .dropout = 0.4) },
    { "attention, all at once", separate,
      ATTENTION(.heads = 2, .causal = true, .dropout = 0.3, .mask = { B, 1, LK }) },
    { "attention, few keys", few_keys, ATTENTION(.heads = 2) },
    { "attention, few keys, causal", few_keys, ATTENTION(.heads = 2, .causal = true) },
    { "attention, only q", only_the_queries, ATTENTION(.heads = 2) },
    { "attention, only v", only_the_values, ATTENTION(.heads = 2, .causal = true) },
    { "attention, q = k = v", one_tensor_thrice, ATTENTION(.heads = 2) },
    { "attention, q = k = v, causal", one_tensor_thrice,
      ATTENTION(.heads = 2, .causal = true, .dropout = 0.2) },
    { "attention, k = v", keys_are_values, ATTENTION(.heads = 3) },
    { "self attention", self, ATTENTION(.heads = 2) },
    { "self attention, causal", self, ATTENTION(.heads = 3, .causal = true) },
    { "self attention, mask, dropout", self,
      ATTENTION(.heads = 2, .dropout = 0.3, .mask = { B, LK, LK }) },
    { "self attention and more", self_and_more, ATTENTION(.heads = 2) },
    { "self attention, wide head", wide_head, ATTENTION(.heads = 1) },
    { "cross attention", cross, ATTENTION(.heads = 2) },
    { "cross attention, mask, dropout", cross,
      ATTENTION(.heads = 3, .dropout = 0.3, .mask = { B, 1, LK }) },
    { "cross attention, fixed q", cross_with_fixed_queries, ATTENTION(.heads = 2) },
    { "cross attention, fixed kv", cross_with_fixed_keys, ATTENTION(.heads = 2) },
    LAST_CASE,
};
