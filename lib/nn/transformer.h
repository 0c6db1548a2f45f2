/* Transformer stacks: the recommender's pre-norm encoder (spec section 2.1), CLIP's residual block
 * (1.4), and the encoder and decoder layers of the VL-Transformer captioner (5.4). All are
 * pre-norm: x += f(norm(x)). */
#ifndef NN_TRANSFORMER_H
#define NN_TRANSFORMER_H

#include "nn/attention.h"

/* ---- the recommender's encoder ---- */

struct nn_encoder_settings {
    size_t width, layers, heads, hidden; /* hidden: of the feed-forward part */
    size_t positions;                    /* the longest sequence; spec: 64 */
    bool
        independent; /* each layer gets first values of its own; spec: all start as copies of one */
};

struct nn_encoder_layer {
    struct nn_norm norm_1, norm_2;
    struct nn_attention attention;
    struct nn_linear linear_1, linear_2;
};

struct nn_encoder {
    struct nn_encoder_settings settings;
    struct tensor *positions; /* [1, positions, width], a buffer */
    struct nn_encoder_layer *layer;
    struct nn_norm norm;
};

/* Keys under NAME: pe.pe, layers.{i}.norm_1.alpha ..., norm.alpha, norm.bias. The layers live in
 * p's arena. */
void nn_encoder_declare(struct nn_encoder *l, struct parameters *p, const char *name,
                        struct nn_encoder_settings settings);

/* Writes the table of positions; call it after parameters_initialise. */
void nn_encoder_initialise(struct nn_encoder *l);

/* x [B, L, width] -> [B, L, width]: scaled by sqrt(width), positions added, layers, final norm.
 * More than `positions` tokens are GMR_ERR_RANGE. */
struct tensor *nn_encoder(struct tape *t, const struct nn_encoder *l, struct tensor *x);

/* A sequence that grows, encoded anew each time. Tokens keep their places, so what the first layer
 * makes of each before they meet - its norm, query, key and value - is made once, and gradients of
 * all encodings flow into that. All zero: empty. Lives on a tape and is forgotten with it. */
enum { NN_SEQUENCE_PARTS = 64 };

struct nn_sequence {
    size_t length, parts;
    struct tensor *token[NN_SEQUENCE_PARTS];     /* [B, n, width], scaled and at their places */
    struct tensor *projected[NN_SEQUENCE_PARTS]; /* [B, n, 3 width] */
};

/* Appends x [B, n, width], or [1, n, width] that is the same for all `batch` sequences. More than
 * `positions` tokens or NN_SEQUENCE_PARTS parts are GMR_ERR_RANGE. */
void nn_sequence_append(struct tape *t, const struct nn_encoder *l, struct nn_sequence *s,
                        struct tensor *x, size_t batch);

/* What nn_encoder gives for all that was appended, which is at least one token. */
struct tensor *nn_sequence_encode(struct tape *t, const struct nn_encoder *l,
                                  const struct nn_sequence *s);

/* One layer alone. */
struct tensor *nn_encoder_layer(struct tape *t, const struct nn_encoder_layer *l, struct tensor *x);

/* Tables [count, width] of the recommender (exponents twice the usual, spec section 2.1) and of the
 * captioner (the usual sinusoids, 5.4). */
void nn_positions_recommender(real *table, size_t count, size_t width);
void nn_positions_sinusoid(real *table, size_t count, size_t width);

/* ---- CLIP's block ---- */

struct nn_clip_block {
    struct nn_layer_norm ln_1, ln_2;
    struct nn_attention attention;
    struct nn_linear c_fc, c_proj;
    enum activation activation; /* ACTIVATE_QUICK_GELU for OpenAI's weights, or ACTIVATE_GELU */
};

/* Keys under NAME: attn.in_proj_weight ..., ln_1, ln_2, mlp.c_fc, mlp.c_proj. First values for a
 * tower of `layers` blocks. */
void nn_clip_block_declare(struct nn_clip_block *l, struct parameters *p, const char *name,
                           size_t width, size_t heads, size_t layers, enum activation activation);

/* A tower of `count` of them, NAME.0 to NAME.(count - 1), in p's arena; NULL after a failure. */
struct nn_clip_block *nn_clip_blocks_declare(struct parameters *p, const char *name, size_t width,
                                             size_t heads, size_t count,
                                             enum activation activation);

/* x [B, L, width]; causal: position i sees positions up to i. */
struct tensor *nn_clip_block(struct tape *t, const struct nn_clip_block *l, struct tensor *x,
                             bool causal);

/* ---- the captioner's layers ---- */

struct nn_feed_forward {
    struct nn_linear w_1, w_2;
};

struct nn_caption_encoder_layer {
    struct nn_norm norm[2];
    struct nn_attention self;
    struct nn_feed_forward feed_forward;
};

struct nn_caption_decoder_layer {
    struct nn_norm norm[3];
    struct nn_attention self, source;
    struct nn_feed_forward feed_forward;
};

/* Keys under NAME: self_attn.linears.{0..3}, src_attn.linears.{0..3}, feed_forward.w_1/w_2,
 * sublayer.{i}.norm.a_2/b_2. Weights start Xavier-uniform. */
void nn_caption_encoder_layer_declare(struct nn_caption_encoder_layer *l, struct parameters *p,
                                      const char *name, size_t width, size_t heads, size_t hidden);
void nn_caption_decoder_layer_declare(struct nn_caption_decoder_layer *l, struct parameters *p,
                                      const char *name, size_t width, size_t heads, size_t hidden);

/* x [B, L, width]; `dropout` is the chance everywhere (training only). */
struct tensor *nn_caption_encoder_layer(struct tape *t, const struct nn_caption_encoder_layer *l,
                                        struct tensor *x, double dropout);

/* x [B, L, width] (causal), memory [B, R, width]; mask U8 [B or 1, L or 1, L] hides padded keys, or
 * NULL. */
struct tensor *nn_caption_decoder_layer(struct tape *t, const struct nn_caption_decoder_layer *l,
                                        struct tensor *x, struct tensor *memory,
                                        struct tensor *mask, double dropout);

#endif
