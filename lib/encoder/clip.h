/* CLIP (spec sections 1.1-1.4): pictures and words to vectors of one space. Both kinds of image
 * tower, ModifiedResNet and vision transformer, in any size.
 *
 * This is the model on a tape: it trains, and it is the reference for the faster towers that only
 * infer. Names of parameters are those of OpenAI's checkpoints. */
#ifndef ENCODER_CLIP_H
#define ENCODER_CLIP_H

#include "nn/attention.h"
#include "nn/layers.h"
#include "nn/transformer.h"

enum clip_image_kind { CLIP_RESNET, CLIP_VIT };

enum { CLIP_STEM = 3, CLIP_STAGES = 4, CLIP_HEAD_WIDTH = 64, CLIP_MAX_LAYERS = 128 };

struct clip_settings {
    size_t embed; /* width of the common space */
    enum clip_image_kind image;
    size_t resolution;          /* pictures are [3, resolution, resolution] */
    size_t image_width;         /* resnet: channels after the stem; vit: of a token */
    size_t blocks[CLIP_STAGES]; /* resnet: of each stage; vit: all layers in the first */
    size_t patch;               /* vit: pixels of a patch's side */
    size_t image_heads;         /* of the attention pool, or of the transformer */
    size_t text_width, text_layers, text_heads;
    size_t context;             /* tokens of the longest text, start and end included */
    size_t vocabulary;          /* tokens; the last two are start and end */
    enum activation activation; /* ACTIVATE_QUICK_GELU, or ACTIVATE_GELU */
};

/* Checks that the sizes fit together; the message says which do not. GMR_ERR_RANGE. */
enum gmr_status clip_settings_check(const struct clip_settings *settings);

/* Sizes from the shapes of a checkpoint with OpenAI's names (spec section 1.7). GMR_ERR_FORMAT: it
 * is not one of CLIP, GMR_ERR_SHAPE: its shapes contradict each other. Activation: quick. */
enum gmr_status clip_settings_infer(const struct safetensors *file, struct clip_settings *settings);

/* OpenAI's RN101, the paper's encoder. */
struct clip_settings clip_settings_rn101(void);

/* Side of the grid of tokens that the image tower ends with. */
size_t clip_image_grid(const struct clip_settings *settings);

/* Channels of those tokens. */
size_t clip_image_channels(const struct clip_settings *settings);

/* Heads for so many channels: of CLIP_HEAD_WIDTH each. Towers narrower than that, which are ours,
 * have one. */
size_t clip_heads(size_t channels);

/* ---- image towers ---- */

struct clip_bottleneck {
    struct nn_conv_norm conv[3];
    struct nn_conv_norm shortcut;
    bool has_shortcut;
    size_t stride;
};

struct clip_resnet {
    struct nn_conv_norm stem[CLIP_STEM];
    struct clip_bottleneck *block; /* of all stages, one after the other */
    size_t count;
    struct tensor *positions; /* [grid^2 + 1, channels] */
    struct nn_linear query, key, value, out;
    size_t heads;
};

struct clip_vit {
    struct tensor *patches;   /* [width, 3, patch, patch] */
    struct tensor *start;     /* [width], the class token */
    struct tensor *positions; /* [grid^2 + 1, width] */
    struct nn_layer_norm before, after;
    struct nn_clip_block *block;
    size_t count;
    struct tensor *projection; /* [width, embed] */
};

struct clip_text {
    struct tensor *tokens;    /* [vocabulary, width] */
    struct tensor *positions; /* [context, width] */
    struct nn_clip_block *block;
    size_t count;
    struct nn_layer_norm after;
    struct tensor *projection; /* [width, embed] */
};

struct clip {
    struct clip_settings settings;
    struct parameters parameters;
    struct clip_resnet resnet; /* one of the two */
    struct clip_vit vit;
    struct clip_text text;
    struct tensor *logit_scale; /* one number: log of the inverse temperature */
};

/* Makes the model, its values undefined until clip_initialise or parameters_read; the caller
 * releases it. Errors, then nothing is held: GMR_ERR_RANGE, GMR_ERR_NOMEM. */
enum gmr_status clip_init(struct clip *model, struct compute *compute,
                          const struct gmr_allocator *allocator, struct clip_settings settings);
void clip_release(struct clip *model);

/* Its first half: names and shapes without values. GMR_ERR_RANGE; what else fails shows in
 * model->parameters.status. */
enum gmr_status clip_declare(struct clip *model, const struct gmr_allocator *allocator,
                             struct clip_settings settings);

/* First values (spec section 1.4), a pure function of the seed. */
void clip_initialise(struct clip *model, uint64_t seed);

/* pictures [B, 3, resolution, resolution], normalised -> [B, embed], not normalised. */
struct tensor *clip_image(struct tape *t, const struct clip *model, struct tensor *pictures);

/* The last feature map: [B, grid^2, channels], before pooling and projection. */
struct tensor *clip_image_tokens(struct tape *t, const struct clip *model, struct tensor *pictures);

/* Texts as tokens, on the host. Causal attention makes what follows an end token irrelevant, so a
 * batch is only as long as its longest text. */
struct clip_words {
    size_t count, length;
    const int64_t *ids; /* [count, length] */
    const int64_t *end; /* [count]: b * length + the place of text b's end token */
};

/* -> [count, embed], not normalised. More than `context` tokens are GMR_ERR_RANGE. */
struct tensor *clip_text(struct tape *t, const struct clip *model, const struct clip_words *words);

/* ---- parts of the towers ---- */

void clip_resnet_declare(struct clip_resnet *tower, struct parameters *p,
                         const struct clip_settings *settings);
struct tensor *clip_resnet_stem(struct tape *t, const struct clip_resnet *tower,
                                struct tensor *pictures);
struct tensor *clip_bottleneck(struct tape *t, const struct clip_bottleneck *b, struct tensor *x);
struct tensor *clip_resnet_tokens(struct tape *t, const struct clip_resnet *tower,
                                  struct tensor *pictures);
struct tensor *clip_resnet_pool(struct tape *t, const struct clip_resnet *tower,
                                struct tensor *tokens);
void clip_vit_declare(struct clip_vit *tower, struct parameters *p,
                      const struct clip_settings *settings);

/* What goes into the blocks, and what comes out of them. */
struct tensor *clip_vit_embed(struct tape *t, const struct clip_vit *tower,
                              struct tensor *pictures);
struct tensor *clip_vit_tokens(struct tape *t, const struct clip_vit *tower,
                               struct tensor *pictures);
struct tensor *clip_text_embed(struct tape *t, const struct clip *model,
                               const struct clip_words *words);

#endif
