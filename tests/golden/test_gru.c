/* The GRU cell over four steps against PyTorch: states, gradients, ten steps of a regression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "nn/adam.h"
#include "nn/recurrent.h"
#include "support/golden.h"

enum { STEPS = 4, BATCH = 3, IN = 5, WIDTH = 7, UPDATES = 10 };

/* The states after each step: [STEPS, BATCH, WIDTH]. */
static struct tensor *unroll(struct tape *t, const struct nn_gru *gru, struct tensor *x,
                             struct tensor *h)
{
    struct tensor *state[STEPS];

    for (size_t i = 0; i < STEPS; i++) {
        struct tensor *step = op_slice(t, x, 0, i, 1);

        h = nn_gru(t, gru, op_reshape(t, step, (size_t[]){ BATCH, IN }, 2), h);
        state[i] = h;
    }
    return op_stack(t, state, STEPS, 0);
}

static struct nn_gru declare(struct golden *g, bool bias)
{
    struct nn_gru gru;

    g->under = "cell.";
    nn_gru_declare(&gru, &g->parameters, "cell", IN, WIDTH, bias);
    golden_create(g, bias ? "biased.param." : "free.param.");
    return gru;
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
    struct nn_gru gru = declare(g, bias);
    struct tensor *x = golden_variable(g, named(bias, "x"));
    struct tensor *h0 = golden_variable(g, named(bias, "h0"));
    struct tensor *h = unroll(&g->tape, &gru, x, h0);
    struct tensor *loss = golden_weighted(g, h, named(bias, "r"));

    golden_value(g, named(bias, "h"), h);
    golden_value(g, named(bias, "loss"), loss);
    golden_backward(g, loss);
    golden_gradient(g, named(bias, "grad.x"), x);
    golden_gradient(g, named(bias, "grad.h0"), h0);
    golden_gradients(g, named(bias, "grad."), &g->parameters);
}

static double update(struct golden *g, const struct nn_gru *gru, struct optimiser *optimiser,
                     bool bias)
{
    struct tape *t = &g->tape;
    struct tensor *x = golden_input(g, named(bias, "x")), *h0 = golden_input(g, named(bias, "h0"));
    struct tensor *target = golden_input(g, named(bias, "target"));
    struct tensor *loss = op_mean_all(t, op_smooth_l1(t, unroll(t, gru, x, h0), target));
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
    struct nn_gru gru = declare(g, bias);
    struct adam_settings settings = adam_settings_default();
    struct optimiser optimiser;
    double losses[UPDATES];

    settings.rate = 1e-2;
    assert_int_equal(optimiser_init(&optimiser, &g->parameters, settings), GMR_OK);
    for (size_t i = 0; i < UPDATES; i++)
        losses[i] = update(g, &gru, &optimiser, bias);
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
        { "without biases", { "gru" }, check_free },
        { "with biases", { "gru" }, check_biased },
        { "training without biases", { "gru" }, check_free_training },
        { "training with biases", { "gru" }, check_biased_training },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
