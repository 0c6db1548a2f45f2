/* The GRU and LSTM cells over four steps against PyTorch: states, gradients, ten steps of a
 * regression; each without and with biases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "nn/adam.h"
#include "nn/recurrent.h"
#include "support/golden.h"

enum { STEPS = 4, BATCH = 3, IN = 5, WIDTH = 7, UPDATES = 10 };

/* Either cell; the GRU has no cell state: NULL. */
struct recurrent {
    bool lstm, bias;
    struct nn_gru gru;
    struct nn_lstm as_lstm;
};

static struct nn_lstm_state advance(struct tape *t, const struct recurrent *r, struct tensor *x,
                                    struct nn_lstm_state state)
{
    if (r->lstm)
        return nn_lstm(t, &r->as_lstm, x, state);
    return (struct nn_lstm_state){ nn_gru(t, &r->gru, x, state.h), NULL };
}

/* Outputs and cell states after each step: [STEPS, BATCH, WIDTH]. */
static struct nn_lstm_state unroll(struct tape *t, const struct recurrent *r, struct tensor *x,
                                   struct nn_lstm_state state)
{
    struct tensor *h[STEPS], *cell[STEPS];

    for (size_t i = 0; i < STEPS; i++) {
        struct tensor *step = op_slice(t, x, 0, i, 1);

        state = advance(t, r, op_reshape(t, step, (size_t[]){ BATCH, IN }, 2), state);
        h[i] = state.h;
        cell[i] = state.cell;
    }
    return (struct nn_lstm_state){ op_stack(t, h, STEPS, 0),
                                   r->lstm ? op_stack(t, cell, STEPS, 0) : NULL };
}

static void declare(struct golden *g, struct recurrent *r)
{
    if (r->lstm) {
        nn_lstm_declare(&r->as_lstm, &g->parameters, "rnn", "_l0", IN, WIDTH, r->bias);
    } else {
        g->under = "cell.";
        nn_gru_declare(&r->gru, &g->parameters, "cell", IN, WIDTH, r->bias);
    }
    golden_create(g, r->bias ? "biased.param." : "free.param.");
}

static const char *named(const struct recurrent *r, const char *name)
{
    static char full[2][64];
    static unsigned turn;
    char *text = full[turn++ % 2];

    snprintf(text, sizeof full[0], "%s%s", r->bias ? "biased." : "free.", name);
    return text;
}

/* Fixed weights times the outputs, and the LSTM's cell states too. */
static struct tensor *weighted(struct golden *g, const struct recurrent *r,
                               struct nn_lstm_state all)
{
    if (!r->lstm)
        return golden_weighted(g, all.h, named(r, "r"));
    return op_add(&g->tape, golden_weighted(g, all.h, named(r, "r_h")),
                  golden_weighted(g, all.cell, named(r, "r_c")));
}

static void check_gradients(struct golden *g, struct recurrent r)
{
    struct nn_lstm_state first = { NULL, NULL }, all;
    struct tensor *x, *loss;

    declare(g, &r);
    x = golden_variable(g, named(&r, "x"));
    first.h = golden_variable(g, named(&r, "h0"));
    if (r.lstm)
        first.cell = golden_variable(g, named(&r, "c0"));
    all = unroll(&g->tape, &r, x, first);
    loss = weighted(g, &r, all);
    golden_value(g, named(&r, "h"), all.h);
    if (r.lstm)
        golden_value(g, named(&r, "c"), all.cell);
    golden_value(g, named(&r, "loss"), loss);
    golden_backward(g, loss);
    golden_gradient(g, named(&r, "grad.x"), x);
    golden_gradient(g, named(&r, "grad.h0"), first.h);
    if (r.lstm)
        golden_gradient(g, named(&r, "grad.c0"), first.cell);
    golden_gradients(g, named(&r, "grad."), &g->parameters);
}

static double update(struct golden *g, const struct recurrent *r, struct optimiser *optimiser)
{
    struct tape *t = &g->tape;
    struct tensor *x = golden_input(g, named(r, "x"));
    struct nn_lstm_state first = { golden_input(g, named(r, "h0")),
                                   r->lstm ? golden_input(g, named(r, "c0")) : NULL };
    struct tensor *target = golden_input(g, named(r, "target"));
    struct tensor *loss = op_mean_all(t, op_smooth_l1(t, unroll(t, r, x, first).h, target));
    double value = (double)tape_scalar(t, loss);

    parameters_clear_grad(&g->parameters);
    golden_backward(g, loss);
    tape_reset(t);
    optimiser_step(optimiser);
    return value;
}

/* Ten steps of 1e-2 move parameters by a tenth of their size; the relative error of gradients, near
 * 1e-6, comes back in that way, and small biases show it most. */
static const double AFTER_TRAINING = 5e-6;

static void check_training(struct golden *g, struct recurrent r)
{
    struct adam_settings settings = adam_settings_default();
    struct optimiser optimiser;
    double losses[UPDATES];

    declare(g, &r);
    settings.rate = 1e-2;
    assert_int_equal(optimiser_init(&optimiser, &g->parameters, settings), GMR_OK);
    for (size_t i = 0; i < UPDATES; i++)
        losses[i] = update(g, &r, &optimiser);
    optimiser_release(&optimiser);
    golden_numbers(g, named(&r, "losses"), losses, UPDATES, 1e-5);
    g->tolerance = AFTER_TRAINING;
    golden_parameters(g, named(&r, "after."), &g->parameters, NULL);
}

#define CHECKS(cell, is_lstm)                                                    \
    static void cell##_free(struct golden *g)                                    \
    {                                                                            \
        check_gradients(g, (struct recurrent){ .lstm = is_lstm });               \
    }                                                                            \
    static void cell##_biased(struct golden *g)                                  \
    {                                                                            \
        check_gradients(g, (struct recurrent){ .lstm = is_lstm, .bias = true }); \
    }                                                                            \
    static void cell##_free_training(struct golden *g)                           \
    {                                                                            \
        check_training(g, (struct recurrent){ .lstm = is_lstm });                \
    }                                                                            \
    static void cell##_biased_training(struct golden *g)                         \
    {                                                                            \
        check_training(g, (struct recurrent){ .lstm = is_lstm, .bias = true });  \
    }

CHECKS(gru, false)
CHECKS(lstm, true)

int main(void)
{
    static const struct golden_case cases[] = {
        { "gru without biases", { "gru" }, gru_free },
        { "gru with biases", { "gru" }, gru_biased },
        { "gru, training without biases", { "gru" }, gru_free_training },
        { "gru, training with biases", { "gru" }, gru_biased_training },
        { "lstm without biases", { "lstm" }, lstm_free },
        { "lstm with biases", { "lstm" }, lstm_biased },
        { "lstm, training without biases", { "lstm" }, lstm_free_training },
        { "lstm, training with biases", { "lstm" }, lstm_biased_training },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
