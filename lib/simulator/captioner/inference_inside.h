/* Inference of captioners from inside: what both models share, and one part for each. */
#ifndef SIMULATOR_CAPTIONER_INFERENCE_INSIDE_H
#define SIMULATOR_CAPTIONER_INFERENCE_INSIDE_H

#include "simulator/captioner/inference.h"
#include "tensor/layout_area.h"

/* ---- the relative input ---- */

/* A linear layer over the relative input of two pictures (spec section 5.2). The input is linear in
 * both, so the layer is a sum of one for each: of [g; g - u], W1 g + W2 (g - u) = (W1 + W2) g -
 * W2 u. Batch norm in front of it is part of the weights. */
struct relative_linear {
    size_t in, out;           /* C, and what comes out */
    real *target, *candidate; /* [out, C]; candidate NULL: not looked at */
    real *bias;               /* [out] */
};

/* Columns first .. first + 2 C - 1 of a linear layer; `before` NULL: no batch norm. */
struct relative_source {
    const struct nn_linear *layer;
    size_t first;
    const struct nn_batch_norm *before;
};

void relative_lay_out(struct relative_linear *l, struct layout_area *area,
                      enum captioner_input input, size_t in, size_t out);
void relative_fill(struct relative_linear *l, enum captioner_input input,
                   struct relative_source source);

/* y [rows, out] = beta y + W target + W candidate + bias; beta is 0 or 1. */
void relative_apply(const struct compute *c, const struct relative_linear *l, real *y,
                    const real *target, const real *candidate, size_t rows, real beta);

/* ---- layers ---- */

/* y [rows, out] = f(l(x)) */
void inference_linear(const struct compute *c, real *y, const real *x, const struct nn_linear *l,
                      enum activation kind, size_t rows);

/* x += l(y) */
void inference_linear_add(const struct compute *c, real *x, const real *y,
                          const struct nn_linear *l, size_t rows);

/* Rows first .. first + out - 1 of a linear layer with bias. */
void inference_linear_part(const struct compute *c, real *y, const real *x,
                           const struct nn_linear *l, size_t first, size_t out, size_t rows);

/* ---- Show-Attend-Tell ---- */

struct inference_attend {
    struct relative_linear start, context_attention, context; /* context: of the gates */
    real *words;                                              /* [V + 1, 4 width]: of the gates */
    real *projected;                                          /* [B, 49, attention] */
    real *h, *cell, *last_h, *last_cell;                      /* [rows, width] */
    real *query;                                              /* [rows, attention] */
    real *weight;                                             /* [rows, 49] */
    real *target, *candidate;                                 /* [rows, C]: what is looked at */
    real *gates, *kept;                                       /* [rows, 4 width] */
    struct captioner_pictures pictures;                       /* of the batch */
    int64_t *pair;                                            /* [rows] */
};

/* ---- the transformer ---- */

/* Rows while they pass through layers. */
struct inference_stream {
    real *x, *normed, *attended; /* [rows, width] */
    real *wide;                  /* [rows, 3 width or hidden] */
    real *mean, *deviation;      /* [rows] */
    real *weight;                /* probabilities */
};

struct inference_transformer {
    struct relative_linear input;
    size_t pairs; /* that are encoded at once */
    struct inference_stream encoder, decoder;
    real *source;    /* [layers, B 49, 2 width]: keys and values of what is seen */
    real *said;      /* [layers, length rows, 2 width]: the same of what was said, step by step */
    int64_t *seen;   /* [rows, 49]: which of `source` each row sees */
    int64_t *heard;  /* [rows, length]: which of `said` each row hears */
    int64_t *before; /* the same at the step before */
};

/* ---- both ---- */

struct captioner_inference {
    const struct captioner *model;
    const struct compute *compute;
    size_t batch, beam, rows; /* pairs at once, and rows: batch beam */
    struct decoder *decoder;
    struct inference_attend attend; /* one of the two */
    struct inference_transformer transformer;
    real *logits; /* [rows, V + 1] */
    real *scores; /* the same on the host */
    struct layout_area area;
};

/* Each part: its arrays; numbers on the host; what is made of weights; what is made of a batch; the
 * logits of the rows that the decoder wants. */
void inference_attend_lay_out(struct captioner_inference *f);
bool inference_attend_allocate(struct captioner_inference *f);
void inference_attend_release(struct captioner_inference *f);
void inference_attend_fill(struct captioner_inference *f);
void inference_attend_read(struct captioner_inference *f,
                           const struct captioner_pictures *pictures);
void inference_attend_step(struct captioner_inference *f);

void inference_transformer_lay_out(struct captioner_inference *f);
bool inference_transformer_allocate(struct captioner_inference *f);
void inference_transformer_release(struct captioner_inference *f);
void inference_transformer_fill(struct captioner_inference *f);
void inference_transformer_read(struct captioner_inference *f,
                                const struct captioner_pictures *pictures);
void inference_transformer_step(struct captioner_inference *f);

/* The first part of reading, for a benchmark: what goes into the encoder, of at most
 * `transformer.pairs` pairs. */
void inference_transformer_project(struct captioner_inference *f, const real *target,
                                   const real *candidate, size_t pairs);

#endif
