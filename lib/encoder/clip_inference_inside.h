/* Inference with CLIP, from inside: its parts and the memory they work in. */
#ifndef ENCODER_CLIP_INFERENCE_INSIDE_H
#define ENCODER_CLIP_INFERENCE_INSIDE_H

#include "compute/convnet.h"
#include "encoder/clip_inference.h"
#include "tensor/layout_area.h"

/* ---- transformer blocks ---- */

/* Sequences of rows behind each other, those of one length together. */
struct sequence_group {
    size_t count, length;
};

struct sequences {
    size_t rows, count;
    size_t groups;
    struct sequence_group *group;
};

/* For at most `rows` rows. */
struct transformer_area {
    real *x;        /* [rows, width], in and out */
    real *normed;   /* [rows, width] */
    real *wide;     /* [rows, 4 width]: projections, then the hidden layer */
    real *attended; /* [rows, width]: behind three parts of `wide`, which lives at other times */
    real *mean, *inv, *lse;
    real *chosen; /* [sequences, width] */
};

void transformer_lay_out(struct transformer_area *a, struct layout_area *area, size_t rows,
                         size_t sequences, size_t width, size_t heads);

enum chosen_row { FIRST_ROW, LAST_ROW };

/* x through all blocks, in place. */
void transformer_run_all(const struct compute *c, const struct transformer_area *a,
                         const struct nn_clip_block *block, size_t blocks,
                         const struct sequences *s, bool causal);

/* x through all blocks; then a->chosen holds one row of each sequence, normalised by `after`. */
void transformer_run(const struct compute *c, const struct transformer_area *a,
                     const struct nn_clip_block *block, size_t blocks,
                     const struct nn_layer_norm *after, const struct sequences *s, bool causal,
                     enum chosen_row row);

/* y [rows, embed] = x [rows, width] projection */
void project(const struct compute *c, real *y, const real *x, const struct tensor *projection,
             size_t rows);

/* ---- image towers ---- */

/* The attention pool, for a batch of B pictures of T tokens and C channels. */
struct pool_area {
    real *tokens; /* [B, T, C], from the convolutions */
    real *all;    /* [B, T + 1, C]: their mean, and they, with positions */
    real *first;  /* [B, C] */
    real *query;  /* [B, C] */
    real *asked;  /* [B, heads, C]: Wk^T q */
    real *score, *weight;
    real *mixed; /* [B, heads, C] */
    real *value; /* [B, C] */
};

struct inference_resnet {
    struct convnet *net;
    struct pool_area area;
};

struct inference_vit {
    struct transformer_area area;
    real *patches; /* [B T, 3 patch^2] */
    struct sequence_group group;
};

/* ---- text ---- */

enum { TEXT_WINDOW = 128 /* texts that are sorted by length at once */ };

struct inference_text {
    struct transformer_area area;
    size_t rows;                  /* at once */
    real *features;               /* [TEXT_WINDOW, embed] */
    int64_t *ids;                 /* [rows] */
    int64_t place[TEXT_WINDOW];   /* of each text among the sorted ones */
    struct sequence_group *group; /* [TEXT_WINDOW] */
};

struct clip_inference {
    const struct clip *model;
    const struct compute *compute;
    size_t batch;                   /* pictures at once */
    struct inference_resnet resnet; /* one of the two */
    struct inference_vit vit;
    struct inference_text text;
    struct layout_area area;
};

/* Each part: the network, where there is one; its arrays; a run. */
enum gmr_status inference_resnet_compile(struct clip_inference *f);
void inference_resnet_lay_out(struct clip_inference *f);
enum gmr_status inference_resnet_run(struct clip_inference *f, real *y, const real *pictures,
                                     size_t count);
enum gmr_status inference_resnet_regions(struct clip_inference *f, real *y, const real *pictures,
                                         size_t count);
void inference_vit_lay_out(struct clip_inference *f);
enum gmr_status inference_vit_run(struct clip_inference *f, real *y, const real *pictures,
                                  size_t count);
enum gmr_status inference_vit_regions(struct clip_inference *f, real *y, const real *pictures,
                                      size_t count);
void inference_text_lay_out(struct clip_inference *f);

#endif
