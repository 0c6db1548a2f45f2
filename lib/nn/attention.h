/* Multi-head attention with its projections. Those that share an input are one matrix product:
 * their parameters stand behind each other in memory and keep their own names. */
#ifndef NN_ATTENTION_H
#define NN_ATTENTION_H

#include "nn/layers.h"

/* Names of the four projections, weight and bias under each. */
struct nn_attention_names {
    const char *query, *key, *value, *out;
};

extern const struct nn_attention_names nn_attention_names_recommender; /* q_linear ... out */
extern const struct nn_attention_names nn_attention_names_captioner;   /* linears.0 ... linears.3 */

struct nn_attention {
    size_t heads;
    struct nn_linear in;    /* self: [3 d, d], rows q, k, v; cross: [2 d, d], rows k, v */
    struct nn_linear query; /* cross only */
    struct nn_linear out;
};

/* Self-attention and cross-attention under NAME, all projections with bias. `initial` is that of
 * the weights (biases: as PyTorch's Linear). */
void nn_self_attention_declare(struct nn_attention *l, struct parameters *p, const char *name,
                               const struct nn_attention_names *names, size_t width, size_t heads,
                               struct initial initial);
void nn_cross_attention_declare(struct nn_attention *l, struct parameters *p, const char *name,
                                const struct nn_attention_names *names, size_t width, size_t heads,
                                struct initial initial);

/* CLIP's keys: NAME.in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias; first values of
 * spec section 1.4 for a tower of `layers` blocks. */
void nn_clip_attention_declare(struct nn_attention *l, struct parameters *p, const char *name,
                               size_t width, size_t heads, size_t layers);

/* What a call may want beside the parameters; all zero: nothing. */
struct nn_attention_call {
    bool causal;
    struct tensor *mask; /* as in op_attention */
    double dropout;      /* of the probabilities */
    bool thrifty;        /* what is attended is not kept: the way back computes it again */
};

/* residual + out(attend(x)); x [B, L, d]; residual NULL: none. */
struct tensor *nn_self_attention(struct tape *t, const struct nn_attention *l, struct tensor *x,
                                 struct tensor *residual, struct nn_attention_call call);

/* The same for what is projected already: qkv [B, L, 3 d] is in(x). */
struct tensor *nn_self_attention_of(struct tape *t, const struct nn_attention *l,
                                    struct tensor *qkv, struct tensor *residual,
                                    struct nn_attention_call call);

/* Queries from x [B, Lq, d], keys and values from memory [B, Lk, d]. */
struct tensor *nn_cross_attention(struct tape *t, const struct nn_attention *l, struct tensor *x,
                                  struct tensor *memory, struct tensor *residual,
                                  struct nn_attention_call call);

#endif
