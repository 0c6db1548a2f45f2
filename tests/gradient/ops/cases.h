/* The tables of cases, each ended by LAST_CASE. */
#ifndef GRADIENT_OPS_CASES_H
#define GRADIENT_OPS_CASES_H

#include "gradient/ops/harness.h"

extern const struct gradient_case linear_cases[];  /* linear, matmul */
extern const struct gradient_case shape_cases[];   /* reshape .. slice, gather, sum, mean */
extern const struct gradient_case element_cases[]; /* add .. scale, activations, dropout, softmax */
extern const struct gradient_case attention_cases[]; /* attention in its three forms */
extern const struct gradient_case norm_cases[];  /* norm, layer_norm, batch_norm, l2_normalise */
extern const struct gradient_case image_cases[]; /* conv2d, pooling */
extern const struct gradient_case recurrent_cases[]; /* gru_cell, lstm_cell */
extern const struct gradient_case loss_cases[];      /* distances and losses */
extern const struct gradient_case graph_cases[];     /* several operations, dropped values */

#endif
