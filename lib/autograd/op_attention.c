/* attention: softmax(q k^T / sqrt(width) + mask) v for all heads at once. Probabilities are not
 * kept, only the logarithm of each row's sum; the backward kernel makes them again, which costs
 * less than moving them.
 *
 * q, k and v may be column ranges of one array: then they share one gradient buffer, and each range
 * is written once. */
#include <string.h>

#include "autograd/op.h"

enum { Q, K, V, MASK, INPUTS };

struct attention_settings {
    struct attention shape;
    size_t offset[3]; /* first column of q, k, v in their rows */
};

static real *part(const struct record *r, size_t i)
{
    const struct attention_settings *s = r->attributes;

    return tensor_real(r->input[i]) + s->offset[i];
}

static struct attention current_shape(const struct record *r)
{
    const struct attention_settings *s = r->attributes;
    struct attention shape = s->shape;

    shape.mask = r->input[MASK] ? r->input[MASK]->data : NULL;
    return shape;
}

static void attention_forward(struct tape *t, struct record *r)
{
    struct attention shape = current_shape(r);

    RUN(t, attention_forward, &shape, tensor_real(r->output[0]), r->kept[0], part(r, Q), part(r, K),
        part(r, V));
}

/* Where the kernel puts the gradient of input i: the input's buffer, or scratch if nobody wants it.
 */
static real *part_grad(struct tape *t, struct record *r, size_t i, real **scratch)
{
    const struct attention_settings *s = r->attributes;
    real *grad = input_grad(t, r->input[i], NULL);

    if (!grad)
        grad = *scratch = tape_scratch(t, tensor_numel(r->input[i]));
    return grad ? grad + s->offset[i] : NULL;
}

/* q, k, v are the three parts of one fresh buffer: no need to clear it first. */
static bool one_fresh_buffer(const struct record *r)
{
    const struct attention_settings *s = r->attributes;
    const struct tensor *x = r->input[Q];

    return x == r->input[K] && x == r->input[V] && wants_grad(x) && !x->has_grad &&
           s->shape.q_stride == 3 * s->shape.y_stride;
}

static void attention_backward(struct tape *t, struct record *r)
{
    struct attention shape = current_shape(r);
    struct tensor *y = r->output[0];
    real *d[3], *scratch[3] = { NULL, NULL, NULL };
    real beta = one_fresh_buffer(r) ? 0 : 1;

    if (beta == 0)
        r->input[Q]->has_grad = true;
    for (size_t i = Q; i <= V; i++)
        d[i] = part_grad(t, r, i, &scratch[i]);
    for (size_t i = Q; i <= V; i++)
        if (scratch[i])
            RUN(t, fill, scratch[i], 0, tensor_numel(r->input[i]));
    if (!tape_failed(t))
        RUN(t, attention_backward, &shape, d[Q], d[K], d[V], y->grad, tensor_real(y), r->kept[0],
            part(r, Q), part(r, K), part(r, V), beta);
    for (size_t i = Q; i <= V; i++)
        tape_scratch_free(t, scratch[i], tensor_numel(r->input[i]));
}

const struct op attention_op = { "attention", attention_forward, attention_backward };

static bool check_part(struct tape *t, const struct tensor *x, size_t batch, size_t columns)
{
    if (!op_check_rank(t, "attention", "argument", x, 3))
        return false;
    if (x->dim[0] == batch && x->dim[2] == columns)
        return true;
    tape_fail(t, "attention", GMR_ERR_SHAPE,
              "an argument of shape [%zu, %zu, %zu] is not [%zu, L, %zu]", x->dim[0], x->dim[1],
              x->dim[2], batch, columns);
    return false;
}

/* Fills in the strides of a mask [B or 1, Lq or 1, Lk]. */
static bool check_mask(struct tape *t, const struct tensor *mask, struct attention *s)
{
    if (!op_check_rank(t, "attention", "mask", mask, 3))
        return false;
    if (mask->dtype != DTYPE_U8) {
        tape_fail(t, "attention", GMR_ERR_TYPE, "the mask is of type %s, not U8",
                  dtype_name(mask->dtype));
        return false;
    }
    if ((mask->dim[0] != 1 && mask->dim[0] != s->batch) ||
        (mask->dim[1] != 1 && mask->dim[1] != s->query_length) || mask->dim[2] != s->key_length) {
        tape_fail(t, "attention", GMR_ERR_SHAPE,
                  "a mask [%zu, %zu, %zu] does not fit [%zu, %zu, %zu]", mask->dim[0], mask->dim[1],
                  mask->dim[2], s->batch, s->query_length, s->key_length);
        return false;
    }
    s->mask_query_stride = mask->dim[1] == 1 ? 0 : s->key_length;
    s->mask_batch_stride = mask->dim[0] == 1 ? 0 : mask->dim[1] * mask->dim[2];
    return true;
}

/* Each dropout draws from a stream of its own, noted in the record so that a second run drops the
 * same. */
static void set_dropout(struct tape *t, struct attention *s, double chance)
{
    if (!t->training || chance == 0)
        return;
    s->dropout = (real)chance;
    s->dropout_key = t->dropout_seed;
    s->dropout_stream = tape_next_dropout_stream(t);
}

static struct tensor *attention(struct tape *t, struct tensor *const in[INPUTS],
                                struct attention_settings *s)
{
    const struct attention *shape = &s->shape;
    struct record_needs needs = { .inputs = INPUT_BIT(Q) | INPUT_BIT(K) | INPUT_BIT(V),
                                  .result = true };
    struct record *r = tape_begin(t, &attention_op, needs, in, INPUTS, sizeof *s);
    size_t dim[] = { shape->batch, shape->query_length, shape->y_stride };

    tape_output(t, r, dim, 3);
    tape_keep(t, r, shape->batch * shape->heads * shape->query_length * sizeof(real));
    if (r)
        memcpy(r->attributes, s, sizeof *s);
    return tape_run(t, r);
}

/* Columns of q, k, v: `width` of them beginning at offset[i] of rows that are `columns[i]` long. */
static struct tensor *attend(struct tape *t, struct tensor *const part[3], size_t width,
                             const size_t columns[3], const size_t offset[3],
                             const struct attention_options *options)
{
    struct tensor *in[INPUTS] = { part[Q], part[K], part[V], options->mask };
    struct attention_settings s = { .offset = { offset[Q], offset[K], offset[V] } };

    if (!op_check_real(t, "attention", in, 3))
        return tape_poison(t);
    for (size_t i = Q; i <= V; i++)
        if (!check_part(t, part[i], tensor_dim(part[Q], 0), columns[i]))
            return tape_poison(t);
    if (part[K]->dim[1] != part[V]->dim[1])
        return tape_fail(t, "attention", GMR_ERR_SHAPE, "%zu keys and %zu values", part[K]->dim[1],
                         part[V]->dim[1]);
    if (options->heads == 0 || width == 0 || width % options->heads != 0)
        return tape_fail(t, "attention", GMR_ERR_SHAPE, "width %zu does not divide into %zu heads",
                         width, options->heads);
    s.shape = (struct attention){
        .batch = part[Q]->dim[0],
        .heads = options->heads,
        .query_length = part[Q]->dim[1],
        .key_length = part[K]->dim[1],
        .head_width = width / options->heads,
        .q_stride = columns[Q],
        .k_stride = columns[K],
        .v_stride = columns[V],
        .y_stride = width,
        .causal = options->causal,
    };
    if (!(options->dropout >= 0 && options->dropout < 1))
        return tape_fail(t, "attention", GMR_ERR_RANGE, "the dropout chance %g is not in [0, 1)",
                         options->dropout);
    if (options->mask && !check_mask(t, options->mask, &s.shape))
        return tape_poison(t);
    set_dropout(t, &s.shape, options->dropout);
    return attention(t, in, &s);
}

struct tensor *op_attention(struct tape *t, struct tensor *q, struct tensor *k, struct tensor *v,
                            const struct attention_options *options)
{
    size_t width = tensor_last(q);

    return attend(t, (struct tensor *[]){ q, k, v }, width, (size_t[]){ width, width, width },
                  (size_t[]){ 0, 0, 0 }, options);
}

struct tensor *op_self_attention(struct tape *t, struct tensor *qkv,
                                 const struct attention_options *options)
{
    size_t width = tensor_last(qkv) / 3;

    return attend(t, (struct tensor *[]){ qkv, qkv, qkv }, width,
                  (size_t[]){ 3 * width, 3 * width, 3 * width }, (size_t[]){ 0, width, 2 * width },
                  options);
}

struct tensor *op_cross_attention(struct tape *t, struct tensor *q, struct tensor *kv,
                                  const struct attention_options *options)
{
    size_t width = tensor_last(q);

    return attend(t, (struct tensor *[]){ q, kv, kv }, width,
                  (size_t[]){ width, 2 * width, 2 * width }, (size_t[]){ 0, 0, width }, options);
}
