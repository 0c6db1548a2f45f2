/* gru_cell and lstm_cell: what follows the linear parts, fused. */
#include "autograd/op.h"

/* ---- GRU ---- */

enum { GI, GH, H, GRU_INPUTS };

static void gru_cell_forward(struct tape *t, struct record *r)
{
    struct tensor *h = r->input[H];

    RUN(t, gru_cell_forward, tensor_real(r->output[0]), r->kept[0], tensor_real(r->input[GI]),
        tensor_real(r->input[GH]), tensor_real(h), h->dim[0], h->dim[1]);
}

static void gru_cell_backward(struct tape *t, struct record *r)
{
    struct tensor *h = r->input[H];
    real *dgi = input_grad(t, r->input[GI], NULL), *dgh = input_grad(t, r->input[GH], NULL);

    RUN(t, gru_cell_backward, dgi, dgh, input_grad(t, h, NULL), r->output[0]->grad, r->kept[0],
        tensor_real(h), h->dim[0], h->dim[1]);
}

const struct op gru_cell_op = { "gru_cell", gru_cell_forward, gru_cell_backward };

/* gates [B, count H] beside a state [B, H] */
static bool check_gates(struct tape *t, const char *op, const struct tensor *gates,
                        const struct tensor *state, size_t count)
{
    char gates_text[SHAPE_TEXT], state_text[SHAPE_TEXT];

    if (!op_check_rank(t, op, "gates", gates, 2) || !op_check_rank(t, op, "state", state, 2))
        return false;
    if (gates->dim[0] == state->dim[0] && gates->dim[1] == count * state->dim[1])
        return true;
    tape_fail(t, op, GMR_ERR_SHAPE, "gates %s do not fit a state %s",
              tensor_shape_text(gates, gates_text), tensor_shape_text(state, state_text));
    return false;
}

struct tensor *op_gru_cell(struct tape *t, struct tensor *gi, struct tensor *gh, struct tensor *h)
{
    struct tensor *in[GRU_INPUTS] = { gi, gh, h };
    struct record_needs needs = { .inputs = INPUT_BIT(H) };
    struct record *r;

    if (!op_check_real(t, "gru_cell", in, GRU_INPUTS) || !check_gates(t, "gru_cell", gi, h, 3) ||
        !check_gates(t, "gru_cell", gh, h, 3))
        return tape_poison(t);
    r = tape_begin(t, &gru_cell_op, needs, in, GRU_INPUTS, 0);
    tape_output(t, r, h->dim, h->rank);
    tape_keep(t, r, 4 * tensor_numel(h) * sizeof(real));
    return tape_run(t, r);
}

/* ---- LSTM ---- */

enum { GATES, CELL, LSTM_INPUTS };

static void lstm_cell_forward(struct tape *t, struct record *r)
{
    struct tensor *cell = r->input[CELL];

    RUN(t, lstm_cell_forward, tensor_real(r->output[0]), tensor_real(r->output[1]), r->kept[0],
        tensor_real(r->input[GATES]), tensor_real(cell), cell->dim[0], cell->dim[1]);
}

static void lstm_cell_backward(struct tape *t, struct record *r)
{
    struct tensor *cell = r->input[CELL];
    real *dgates = input_grad(t, r->input[GATES], NULL), *dcell = input_grad(t, cell, NULL);

    RUN(t, lstm_cell_backward, dgates, dcell, output_grad(r->output[0]), output_grad(r->output[1]),
        r->kept[0], tensor_real(cell), tensor_real(r->output[1]), cell->dim[0], cell->dim[1]);
}

const struct op lstm_cell_op = { "lstm_cell", lstm_cell_forward, lstm_cell_backward };

struct tensor *op_lstm_cell(struct tape *t, struct tensor *gates, struct tensor *cell,
                            struct tensor **cell_next)
{
    struct tensor *in[LSTM_INPUTS] = { gates, cell };
    struct record_needs needs = { .inputs = INPUT_BIT(CELL), .result = true };
    struct record *r;

    *cell_next = tape_poison(t);
    if (!op_check_real(t, "lstm_cell", in, LSTM_INPUTS) ||
        !check_gates(t, "lstm_cell", gates, cell, 4))
        return tape_poison(t);
    r = tape_begin(t, &lstm_cell_op, needs, in, LSTM_INPUTS, 0);
    tape_output(t, r, cell->dim, cell->rank);
    *cell_next = tape_output(t, r, cell->dim, cell->rank);
    tape_keep(t, r, 4 * tensor_numel(cell) * sizeof(real));
    return tape_run(t, r);
}
