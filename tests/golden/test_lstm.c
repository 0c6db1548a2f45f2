/* The LSTM cell over four steps against PyTorch: outputs and cell states, gradients, ten steps of a
 * regression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "nn/adam.h"
#include "nn/recurrent.h"
#include "support/golden.h"

enum { STEPS = 4, BATCH = 3, IN = 5, WIDTH = 7, UPDATES = 10 };

/* Outputs and cell states after each step: [STEPS, BATCH, WIDTH]. */
static struct nn_lstm_state unroll(struct tape *t, const struct nn_lstm *lstm, struct tensor *x,
                                   struct nn_lstm_state state)
{
    struct tensor *h[STEPS], *cell[STEPS];

    for (size_t i = 0; i < STEPS; i++) {
        struct tensor *step = op_slice(t, x, 0, i, 1);

        state = nn_lstm(t, lstm, op_reshape(t, step, (size_t[]){ BATCH, IN }, 2), state);
        h[i] = state.h;
        cell[i] = state.cell;
    }
    return (struct nn_lstm_state){ op_stack(t, h, STEPS, 0), op_stack(t, cell, STEPS, 0) };
}

static struct nn_lstm declare(struct golden *g, bool bias)
{
    struct nn_lstm lstm;

    nn_lstm_declare(&lstm, &g->parameters, "rnn", "_l0", IN, WIDTH, bias);
    golden_create(g, bias ? "biased.param." : "free.param.");
    return lstm;
}

static const char *named(bool bias, const char *name)
{
    static char full[2][64];
    static unsigned turn;
    char *text = full[turn++ % 2];

    snprintf(text, sizeof full[0], "%s%s", bias ? "biased." : "free.", name);
    return text;
}

static void check_gradients(struct golden *g, bool bias)
{
    struct nn_lstm lstm = declare(g, bias);
    struct tensor *x = golden_variable(g, named(bias, "x"));
    struct nn_lstm_state first = { golden_variable(g, named(bias, "h0")),
                                   golden_variable(g, named(bias, "c0")) };
    struct nn_lstm_state all = unroll(&g->tape, &lstm, x, first);
    struct tensor *loss = op_add(&g->tape, golden_weighted(g, all.h, named(bias, "r_h")),
                                 golden_weighted(g, all.cell, named(bias, "r_c")));

    golden_value(g, named(bias, "h"), all.h);
    golden_value(g, named(bias, "c"), all.cell);
    golden_value(g, named(bias, "loss"), loss);
    golden_backward(g, loss);
    golden_gradient(g, named(bias, "grad.x"), x);
    golden_gradient(g, named(bias, "grad.h0"), first.h);
    golden_gradient(g, named(bias, "grad.c0"), first.cell);
    golden_gradients(g, named(bias, "grad."), &g->parameters);
}

static double update(struct golden *g, const struct nn_lstm *lstm, struct optimiser *optimiser,
                     bool bias)
{
    struct tape *t = &g->tape;
    struct tensor *x = golden_input(g, named(bias, "x"));
    struct nn_lstm_state first = { golden_input(g, named(bias, "h0")),
                                   golden_input(g, named(bias, "c0")) };
    struct tensor *target = golden_input(g, named(bias, "target"));
    struct tensor *loss = op_mean_all(t, op_smooth_l1(t, unroll(t, lstm, x, first).h, target));
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

static void check_training(struct golden *g, bool bias)
{
    struct nn_lstm lstm = declare(g, bias);
    struct adam_settings settings = adam_settings_default();
    struct optimiser optimiser;
    double losses[UPDATES];

    settings.rate = 1e-2;
    assert_int_equal(optimiser_init(&optimiser, &g->parameters, settings), GMR_OK);
    for (size_t i = 0; i < UPDATES; i++)
        losses[i] = update(g, &lstm, &optimiser, bias);
    optimiser_release(&optimiser);
    golden_numbers(g, named(bias, "losses"), losses, UPDATES, 1e-5);
    g->tolerance = AFTER_TRAINING;
    golden_parameters(g, named(bias, "after."), &g->parameters, NULL);
}

static void check_free(struct golden *g)
{
    check_gradients(g, false);
}

static void check_biased(struct golden *g)
{
    check_gradients(g, true);
}

static void check_free_training(struct golden *g)
{
    check_training(g, false);
}

static void check_biased_training(struct golden *g)
{
    check_training(g, true);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "without biases", { "lstm" }, check_free },
        { "with biases", { "lstm" }, check_biased },
        { "training without biases", { "lstm" }, check_free_training },
        { "training with biases", { "lstm" }, check_biased_training },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
