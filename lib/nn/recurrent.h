/* GRU and LSTM cells, one step at a time (spec section 0). */
#ifndef NN_RECURRENT_H
#define NN_RECURRENT_H

#include "nn/layers.h"

/* Keys under NAME: weight_ih [3 H, in], weight_hh [3 H, H], and with biases bias_ih, bias_hh [3 H];
 * gate order r, z, n. */
struct nn_gru {
    struct nn_linear input, hidden;
};

void nn_gru_declare(struct nn_gru *l, struct parameters *p, const char *name, size_t in,
                    size_t width, bool bias);

/* x [B, in], h [B, H] -> next h. */
struct tensor *nn_gru(struct tape *t, const struct nn_gru *l, struct tensor *x, struct tensor *h);

/* Keys under NAME: weight_ih, weight_hh [4 H, .], with `suffix` behind each ("_l0" for a layer of
 * PyTorch's LSTM), and with biases bias_ih, bias_hh; gate order i, f, g, o. */
struct nn_lstm {
    struct nn_linear input, hidden;
};

void nn_lstm_declare(struct nn_lstm *l, struct parameters *p, const char *name, const char *suffix,
                     size_t in, size_t width, bool bias);

struct nn_lstm_state {
    struct tensor *h, *cell; /* [B, H] each */
};

struct nn_lstm_state nn_lstm(struct tape *t, const struct nn_lstm *l, struct tensor *x,
                             struct nn_lstm_state state);

#endif
