/* The operations of the tape. Each checks shapes, computes at once and leaves a record for the way
 * back.
 *
 * All take the tape first and return a new tensor of the tape, never NULL; after a failure of the
 * tape they do nothing. Tensors are of type `real` unless said otherwise. [..., d] stands for any
 * leading axes. What a kernel computes exactly is said in compute/kernels.def.
 *
 * The macros at the end note the caller's file and line for error messages. */
#ifndef AUTOGRAD_OPS_H
#define AUTOGRAD_OPS_H

#include "autograd/tape.h"

/* y = f(x w^T + b) + residual. x [..., in], w [out, in], b [out] or NULL, residual [..., out] or
 * NULL (only with ACTIVATE_NONE) -> [..., out]. */
struct tensor *op_linear(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b,
                         struct tensor *residual, enum activation kind);

/* op(a) op(b) over the last two axes: a [..., m, k] (transposed: [..., k, m]), b [..., k, n]
 * (transposed: [..., n, k]) with the same leading axes as a, or none: one b for all (then a must
 * not be transposed) -> [..., m, n]. */
struct tensor *op_matmul(struct tape *t, struct tensor *a, struct tensor *b, bool transpose_a,
                         bool transpose_b);

/* Element by element; axes are aligned at the end and repeated where one operand has length 1 or
 * lacks them. */
struct tensor *op_add(struct tape *t, struct tensor *a, struct tensor *b);
struct tensor *op_subtract(struct tape *t, struct tensor *a, struct tensor *b);
struct tensor *op_multiply(struct tape *t, struct tensor *a, struct tensor *b);

/* factor * x */
struct tensor *op_scale(struct tape *t, struct tensor *x, double factor);

/* The same elements in another shape; shares memory. */
struct tensor *op_reshape(struct tape *t, struct tensor *x, const size_t *dim, size_t rank);

/* y.dim[i] = x.dim[axes[i]]; axes is a permutation of 0 .. rank - 1. */
struct tensor *op_transpose(struct tape *t, struct tensor *x, const size_t *axes);

/* Joins tensors along an axis that they have (concat) or that is new (stack). Negative axes count
 * from the end (of the result). Other axes agree. */
struct tensor *op_concat(struct tape *t, struct tensor *const *x, size_t count, int axis);
struct tensor *op_stack(struct tape *t, struct tensor *const *x, size_t count, int axis);

/* Elements begin .. begin + length - 1 along an axis. */
struct tensor *op_slice(struct tape *t, struct tensor *x, int axis, size_t begin, size_t length);

/* Rows of a table: x [n, ...], index (I64) [...] -> [index..., x...] without the first axis of x.
 * An index outside 0 .. n - 1 is GMR_ERR_RANGE. Embeddings are looked up with it. */
struct tensor *op_gather_rows(struct tape *t, struct tensor *x, struct tensor *index);

/* Over one axis, which goes away. */
struct tensor *op_sum(struct tape *t, struct tensor *x, int axis);
struct tensor *op_mean(struct tape *t, struct tensor *x, int axis);

/* Over all elements -> one number. */
struct tensor *op_sum_all(struct tape *t, struct tensor *x);
struct tensor *op_mean_all(struct tape *t, struct tensor *x);

struct tensor *op_relu(struct tape *t, struct tensor *x);
struct tensor *op_tanh(struct tape *t, struct tensor *x);
struct tensor *op_sigmoid(struct tape *t, struct tensor *x);
struct tensor *op_gelu(struct tape *t, struct tensor *x);       /* exact, by erf */
struct tensor *op_quick_gelu(struct tape *t, struct tensor *x); /* x sigmoid(1.702 x) */
struct tensor *op_exp(struct tape *t, struct tensor *x);

/* Over the last axis. */
struct tensor *op_softmax(struct tape *t, struct tensor *x);

struct attention_options {
    size_t heads;
    bool causal;         /* query i sees keys up to i (counted from the end when lengths differ) */
    struct tensor *mask; /* U8 [B or 1, Lq or 1, Lk], 0 hides; NULL: all seen */
    double dropout;      /* chance of dropping a probability, in training only */
};

/* Multi-head attention without its projections. q [B, Lq, d], k, v [B, Lk, d] -> [B, Lq, d]; d is a
 * multiple of heads, scale 1 / sqrt(d / heads). A query that sees no key gives 0. */
struct tensor *op_attention(struct tape *t, struct tensor *q, struct tensor *k, struct tensor *v,
                            const struct attention_options *options);

/* The same for q, k, v side by side: qkv [B, L, 3 d]. */
struct tensor *op_self_attention(struct tape *t, struct tensor *qkv,
                                 const struct attention_options *options);

/* And for k, v side by side: q [B, Lq, d], kv [B, Lk, 2 d]. */
struct tensor *op_cross_attention(struct tape *t, struct tensor *q, struct tensor *kv,
                                  const struct attention_options *options);

/* The recommender's Norm (spec section 0) over the last axis, d >= 2: a (x - mean) / (std + 1e-6) +
 * b, std unbiased. a, b [d]. */
struct tensor *op_norm(struct tape *t, struct tensor *x, struct tensor *a, struct tensor *b);

/* CLIP's LayerNorm: biased variance, 1e-5 inside the root. w, b [d]. */
struct tensor *op_layer_norm(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b);

/* Batch normalisation of axis 1: x [n, c] or [n, c, h, w]; w, b, running_mean, running_var [c]. In
 * training the batch's statistics are used and the running ones move by 0.1 towards them, at once;
 * otherwise the running ones are used. */
struct tensor *op_batch_norm(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b,
                             struct tensor *running_mean, struct tensor *running_var);

/* x [n, c, h, w], w [o, c, kh, kw], b [o] or NULL -> [n, o, h', w']. */
struct tensor *op_conv2d(struct tape *t, struct tensor *x, struct tensor *w, struct tensor *b,
                         size_t stride, size_t pad);

struct pool_options {
    size_t kernel, stride, pad; /* pad at most kernel / 2 */
    bool ceil;                  /* keep a last window that is cut by the border */
};

/* x [n, c, h, w] -> [n, c, h', w']. */
struct tensor *op_max_pool(struct tape *t, struct tensor *x, struct pool_options options);
struct tensor *op_average_pool(struct tape *t, struct tensor *x, struct pool_options options);
struct tensor *op_adaptive_pool(struct tape *t, struct tensor *x, size_t height, size_t width);

/* In training: drops each element with this chance and divides the others by 1 - chance; otherwise
 * x itself. */
struct tensor *op_dropout(struct tape *t, struct tensor *x, double chance);

/* The cells without their linear parts (gate orders of spec section 0). gi, gh [B, 3 H], h [B, H]
 * -> [B, H]. */
struct tensor *op_gru_cell(struct tape *t, struct tensor *gi, struct tensor *gh, struct tensor *h);

/* gates [B, 4 H], cell [B, H] -> h [B, H]; the next cell state goes to *cell_next. */
struct tensor *op_lstm_cell(struct tape *t, struct tensor *gates, struct tensor *cell,
                            struct tensor **cell_next);

/* Rows of length 1: x / max(|x|, 1e-12). */
struct tensor *op_l2_normalise(struct tape *t, struct tensor *x);

/* Row by row: a, b [..., d] -> [...]. */
struct tensor *op_squared_distance(struct tape *t, struct tensor *a, struct tensor *b);

/* max(0, d2(x, positive) - d2(x, negative) + margin), row by row: [..., d] -> [...]. */
struct tensor *op_triplet(struct tape *t, struct tensor *x, struct tensor *positive,
                          struct tensor *negative, double margin);

/* One loss a row: logits [rows, classes], target (I64) [rows], weight [rows] (no gradient) or NULL
 * -> [rows]. smoothing spreads that share of the target evenly over all classes. */
struct tensor *op_cross_entropy(struct tape *t, struct tensor *logits, struct tensor *target,
                                struct tensor *weight, double smoothing);

/* Element by element, beta 1. */
struct tensor *op_smooth_l1(struct tape *t, struct tensor *x, struct tensor *target);

/* Symmetric InfoNCE: logits [n, n], true pairs on the diagonal -> one number. */
struct tensor *op_contrastive(struct tape *t, struct tensor *logits);

#define OP(name) extern const struct op name##_op;
#include "autograd/ops.def"
#undef OP

#ifndef OPS_IMPLEMENTATION
#define OPS_AT(t, y)                tape_locate(t, y, __FILE__, __LINE__)
#define op_linear(t, ...)           OPS_AT(t, op_linear(t, __VA_ARGS__))
#define op_matmul(t, ...)           OPS_AT(t, op_matmul(t, __VA_ARGS__))
#define op_add(t, ...)              OPS_AT(t, op_add(t, __VA_ARGS__))
#define op_subtract(t, ...)         OPS_AT(t, op_subtract(t, __VA_ARGS__))
#define op_multiply(t, ...)         OPS_AT(t, op_multiply(t, __VA_ARGS__))
#define op_scale(t, ...)            OPS_AT(t, op_scale(t, __VA_ARGS__))
#define op_reshape(t, ...)          OPS_AT(t, op_reshape(t, __VA_ARGS__))
#define op_transpose(t, ...)        OPS_AT(t, op_transpose(t, __VA_ARGS__))
#define op_concat(t, ...)           OPS_AT(t, op_concat(t, __VA_ARGS__))
#define op_stack(t, ...)            OPS_AT(t, op_stack(t, __VA_ARGS__))
#define op_slice(t, ...)            OPS_AT(t, op_slice(t, __VA_ARGS__))
#define op_gather_rows(t, ...)      OPS_AT(t, op_gather_rows(t, __VA_ARGS__))
#define op_sum(t, ...)              OPS_AT(t, op_sum(t, __VA_ARGS__))
#define op_mean(t, ...)             OPS_AT(t, op_mean(t, __VA_ARGS__))
#define op_sum_all(t, ...)          OPS_AT(t, op_sum_all(t, __VA_ARGS__))
#define op_mean_all(t, ...)         OPS_AT(t, op_mean_all(t, __VA_ARGS__))
#define op_relu(t, ...)             OPS_AT(t, op_relu(t, __VA_ARGS__))
#define op_tanh(t, ...)             OPS_AT(t, op_tanh(t, __VA_ARGS__))
#define op_sigmoid(t, ...)          OPS_AT(t, op_sigmoid(t, __VA_ARGS__))
#define op_gelu(t, ...)             OPS_AT(t, op_gelu(t, __VA_ARGS__))
#define op_quick_gelu(t, ...)       OPS_AT(t, op_quick_gelu(t, __VA_ARGS__))
#define op_exp(t, ...)              OPS_AT(t, op_exp(t, __VA_ARGS__))
#define op_softmax(t, ...)          OPS_AT(t, op_softmax(t, __VA_ARGS__))
#define op_attention(t, ...)        OPS_AT(t, op_attention(t, __VA_ARGS__))
#define op_self_attention(t, ...)   OPS_AT(t, op_self_attention(t, __VA_ARGS__))
#define op_cross_attention(t, ...)  OPS_AT(t, op_cross_attention(t, __VA_ARGS__))
#define op_norm(t, ...)             OPS_AT(t, op_norm(t, __VA_ARGS__))
#define op_layer_norm(t, ...)       OPS_AT(t, op_layer_norm(t, __VA_ARGS__))
#define op_batch_norm(t, ...)       OPS_AT(t, op_batch_norm(t, __VA_ARGS__))
#define op_conv2d(t, ...)           OPS_AT(t, op_conv2d(t, __VA_ARGS__))
#define op_max_pool(t, ...)         OPS_AT(t, op_max_pool(t, __VA_ARGS__))
#define op_average_pool(t, ...)     OPS_AT(t, op_average_pool(t, __VA_ARGS__))
#define op_adaptive_pool(t, ...)    OPS_AT(t, op_adaptive_pool(t, __VA_ARGS__))
#define op_dropout(t, ...)          OPS_AT(t, op_dropout(t, __VA_ARGS__))
#define op_gru_cell(t, ...)         OPS_AT(t, op_gru_cell(t, __VA_ARGS__))
#define op_lstm_cell(t, ...)        OPS_AT(t, op_lstm_cell(t, __VA_ARGS__))
#define op_l2_normalise(t, ...)     OPS_AT(t, op_l2_normalise(t, __VA_ARGS__))
#define op_squared_distance(t, ...) OPS_AT(t, op_squared_distance(t, __VA_ARGS__))
#define op_triplet(t, ...)          OPS_AT(t, op_triplet(t, __VA_ARGS__))
#define op_cross_entropy(t, ...)    OPS_AT(t, op_cross_entropy(t, __VA_ARGS__))
#define op_smooth_l1(t, ...)        OPS_AT(t, op_smooth_l1(t, __VA_ARGS__))
#define op_contrastive(t, ...)      OPS_AT(t, op_contrastive(t, __VA_ARGS__))
#endif

#endif
