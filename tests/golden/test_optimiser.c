/* Adam, clamped gradients and Noam's rates against PyTorch, step by step. One parameter gets no
 * gradient in some steps and is skipped then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "nn/adam.h"
#include "support/golden.h"

enum { STEPS = 5, RATES = 40, P_SIZE = 6, Q_SIZE = 5 };

struct problem {
    struct tensor *p, *q;
    struct optimiser optimiser;
};

static void init(struct golden *g, struct problem *o, struct adam_settings settings)
{
    o->p = parameters_declare(&g->parameters, "p", (size_t[]){ 3, 2 }, 2, initial_constant(0));
    o->q = parameters_declare(&g->parameters, "q", (size_t[]){ 5 }, 1, initial_constant(0));
    golden_create(g, "init.");
    assert_int_equal(optimiser_init(&o->optimiser, &g->parameters, settings), GMR_OK);
}

/* The gradient of sum(x * gradient) is that gradient. */
static struct tensor *slope(struct golden *g, struct tensor *x, const char *gradient, size_t step)
{
    struct tape *t = &g->tape;

    return op_sum_all(t, op_multiply(t, x, golden_part(g, gradient, 1, step)));
}

static void backward(struct golden *g, struct problem *o, size_t step)
{
    const int64_t *there = tensor_index(golden_part(g, "has_gradient", 1, step));
    struct tensor *loss = slope(g, o->p, "gradient.p", step);

    assert_int_equal(there[0], 1);
    if (there[1])
        loss = op_add(&g->tape, loss, slope(g, o->q, "gradient.q", step));
    parameters_clear_grad(&g->parameters);
    golden_backward(g, loss);
    tape_reset(&g->tape);
}

static void compare(struct golden *g, const struct problem *o, const char *run, size_t step)
{
    char name[32];

    snprintf(name, sizeof name, "%s.p", run);
    golden_array(g, name, 1, step, tensor_real(o->p), P_SIZE);
    snprintf(name, sizeof name, "%s.q", run);
    golden_array(g, name, 1, step, tensor_real(o->q), Q_SIZE);
}

static struct adam_settings decaying(void)
{
    struct adam_settings settings = adam_settings_default();

    settings.rate = 1e-2;
    settings.weight_decay = 0.1;
    return settings;
}

static void check_adam(struct golden *g)
{
    struct problem o;

    init(g, &o, decaying());
    for (size_t step = 0; step < STEPS; step++) {
        backward(g, &o, step);
        optimiser_step(&o.optimiser);
        compare(g, &o, "adam", step);
    }
    optimiser_release(&o.optimiser);
}

static void check_clamp(struct golden *g)
{
    struct problem o;

    init(g, &o, decaying());
    for (size_t step = 0; step < STEPS; step++) {
        backward(g, &o, step);
        parameters_clamp_grad(&g->parameters, 0.1);
        optimiser_step(&o.optimiser);
        compare(g, &o, "clamp", step);
    }
    optimiser_release(&o.optimiser);
}

static void check_noam(struct golden *g)
{
    struct adam_settings settings = adam_settings_default();
    struct problem o;

    settings.beta2 = 0.98;
    init(g, &o, settings);
    for (size_t step = 0; step < STEPS; step++) {
        backward(g, &o, step);
        o.optimiser.settings.rate = noam_rate(1, 8, 20, step + 1);
        optimiser_step(&o.optimiser);
        compare(g, &o, "noam", step);
    }
    optimiser_release(&o.optimiser);
}

static void check_rates(struct golden *g)
{
    double rate[RATES];

    for (size_t i = 0; i < RATES; i++)
        rate[i] = noam_rate(1, 8, 20, i + 1);
    golden_numbers(g, "rate", rate, RATES, 1e-6);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "Adam", { "optimiser" }, check_adam },
        { "clamped gradients", { "optimiser" }, check_clamp },
        { "Noam's rates in training", { "optimiser" }, check_noam },
        { "Noam's rates", { "optimiser" }, check_rates },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
