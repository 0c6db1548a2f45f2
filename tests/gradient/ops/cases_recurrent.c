/* gru_cell and lstm_cell. */
#include "gradient/ops/cases.h"

enum { B = 3, H = 5 };

static struct tensor *gru(struct graph *g)
{
    struct tensor *gi = leaf(g, SHAPE(B, 3 * H)), *gh = leaf(g, SHAPE(B, 3 * H));
    return op_gru_cell(tape_of(g), gi, gh, leaf(g, SHAPE(B, H)));
}

static struct tensor *gru_from_fixed_state(struct graph *g)
{
    struct tensor *gi = leaf(g, SHAPE(B, 3 * H)), *gh = leaf(g, SHAPE(B, 3 * H));
    return op_gru_cell(tape_of(g), gi, gh, constant(g, SHAPE(B, H)));
}

static struct tensor *gru_only_state(struct graph *g)
{
    struct tensor *gi = constant(g, SHAPE(B, 3 * H)), *gh = constant(g, SHAPE(B, 3 * H));
    return op_gru_cell(tape_of(g), gi, gh, leaf(g, SHAPE(B, H)));
}

static struct tensor *gru_of_one_part(struct graph *g)
{
    struct tensor *gates = leaf(g, SHAPE(B, 3 * H));
    return op_gru_cell(tape_of(g), gates, gates, leaf(g, SHAPE(B, H)));
}

/* The state is used again where it comes from. */
static struct tensor *gru_step_by_step(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *x = leaf(g, SHAPE(2, 3)), *h = leaf(g, SHAPE(2, 3));
    struct tensor *wi = leaf(g, SHAPE(9, 3)), *wh = leaf(g, SHAPE(9, 3));
    for (int step = 0; step < 3; step++) {
        struct tensor *gi = op_linear(t, x, wi, NULL, NULL, ACTIVATE_NONE);
        struct tensor *gh = op_linear(t, h, wh, NULL, NULL, ACTIVATE_NONE);
        h = op_gru_cell(t, gi, gh, h);
    }
    return h;
}

static struct tensor *lstm_only_h(struct graph *g)
{
    struct tensor *gates = leaf(g, SHAPE(B, 4 * H)), *cell = leaf(g, SHAPE(B, H)), *next;
    return op_lstm_cell(tape_of(g), gates, cell, &next);
}

static struct tensor *lstm_only_c(struct graph *g)
{
    struct tensor *gates = leaf(g, SHAPE(B, 4 * H)), *cell = leaf(g, SHAPE(B, H)), *next;
    op_lstm_cell(tape_of(g), gates, cell, &next);
    return next;
}

static struct tensor *lstm_both(struct graph *g)
{
    struct tensor *gates = leaf(g, SHAPE(B, 4 * H)), *cell = leaf(g, SHAPE(B, H)), *next;
    struct tensor *h = op_lstm_cell(tape_of(g), gates, cell, &next);
    return op_concat(tape_of(g), (struct tensor *[]){ h, next }, 2, 1);
}

static struct tensor *lstm_from_fixed_cell(struct graph *g)
{
    struct tensor *gates = leaf(g, SHAPE(B, 4 * H)), *cell = constant(g, SHAPE(B, H)), *next;
    struct tensor *h = op_lstm_cell(tape_of(g), gates, cell, &next);
    return op_multiply(tape_of(g), h, next);
}

static struct tensor *lstm_only_cell(struct graph *g)
{
    struct tensor *gates = constant(g, SHAPE(B, 4 * H)), *cell = leaf(g, SHAPE(B, H)), *next;
    struct tensor *h = op_lstm_cell(tape_of(g), gates, cell, &next);
    return op_add(tape_of(g), h, next);
}

static struct tensor *lstm_step_by_step(struct graph *g)
{
    struct tape *t = tape_of(g);
    struct tensor *h = leaf(g, SHAPE(2, 3)), *cell = leaf(g, SHAPE(2, 3));
    struct tensor *w = leaf(g, SHAPE(12, 3)), *b = leaf(g, SHAPE(12));
    for (int step = 0; step < 3; step++)
        h = op_lstm_cell(t, op_linear(t, h, w, b, NULL, ACTIVATE_NONE), cell, &cell);
    return h;
}

const struct gradient_case recurrent_cases[] = {
    { "gru_cell", gru, NULL },
    { "gru_cell, fixed state", gru_from_fixed_state, NULL },
    { "gru_cell, only the state", gru_only_state, NULL },
    { "gru_cell, gi = gh", gru_of_one_part, NULL },
    { "gru_cell, step by step", gru_step_by_step, NULL },
    { "lstm_cell, only h", lstm_only_h, NULL },
    { "lstm_cell, only c", lstm_only_c, NULL },
    { "lstm_cell, h and c", lstm_both, NULL },
    { "lstm_cell, fixed cell", lstm_from_fixed_cell, NULL },
    { "lstm_cell, only the cell", lstm_only_cell, NULL },
    { "lstm_cell, step by step", lstm_step_by_step, NULL },
    LAST_CASE,
};
