#include "nn/recurrent.h"

#include <stdio.h>

/* One of the two linear parts; PyTorch draws all parameters of a cell from U(+-1/sqrt(width)). */
static void declare_part(struct nn_linear *l, struct parameters *p, const char *part,
                         const char *suffix, size_t in, size_t gates, size_t width, bool bias)
{
    struct initial initial = initial_linear(width);
    size_t rows = gates * width;
    char name[64];

    snprintf(name, sizeof name, "weight_%s%s", part, suffix);
    l->weight = parameters_declare(p, name, (size_t[]){ rows, in }, 2, initial);
    snprintf(name, sizeof name, "bias_%s%s", part, suffix);
    l->bias = bias ? parameters_declare(p, name, &rows, 1, initial) : NULL;
}

void nn_gru_declare(struct nn_gru *l, struct parameters *p, const char *name, size_t in,
                    size_t width, bool bias)
{
    parameters_enter(p, name);
    declare_part(&l->input, p, "ih", "", in, 3, width, bias);
    declare_part(&l->hidden, p, "hh", "", width, 3, width, bias);
    parameters_leave(p);
}

struct tensor *nn_gru(struct tape *t, const struct nn_gru *l, struct tensor *x, struct tensor *h)
{
    return op_gru_cell(t, nn_linear(t, &l->input, x), nn_linear(t, &l->hidden, h), h);
}

void nn_lstm_declare(struct nn_lstm *l, struct parameters *p, const char *name, const char *suffix,
                     size_t in, size_t width, bool bias)
{
    parameters_enter(p, name);
    declare_part(&l->input, p, "ih", suffix, in, 4, width, bias);
    declare_part(&l->hidden, p, "hh", suffix, width, 4, width, bias);
    parameters_leave(p);
}

struct nn_lstm_state nn_lstm(struct tape *t, const struct nn_lstm *l, struct tensor *x,
                             struct nn_lstm_state state)
{
    struct tensor *part = nn_linear(t, &l->input, x);
    struct tensor *gates = nn_linear_add(t, &l->hidden, state.h, part);
    struct nn_lstm_state next;

    next.h = op_lstm_cell(t, gates, state.cell, &next.cell);
    return next;
}
