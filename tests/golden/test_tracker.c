/* The whole recommender against PyTorch: the first step's activations and gradients, ten losses,
 * and all parameters and running statistics after ten steps of Adam. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/gommir.h"
#include "nn/adam.h"
#include "support/golden.h"

enum { STEPS = 10, TURNS = 3 };

static const double MARGIN = 0.1;

static void init_model(struct golden *g, struct gommir *model)
{
    struct gommir_settings settings = { .features = 8,
                                        .width = 12,
                                        .layers = 2,
                                        .heads = 2,
                                        .hidden = 14,
                                        .independent_layers = true };

    assert_int_equal(gommir_init(model, g->compute, NULL, settings, 1), GMR_OK);
    golden_load(g, &model->parameters, "init.");
}

/* What one batch gives, by turn. */
struct batch {
    struct tensor *catalogue, *state, *composed, *turn_loss, *loss;
};

/* The mean over users of trip(v, target, negative). */
static struct tensor *triplet(struct tape *t, struct tensor *v, struct tensor *target,
                              struct tensor *negative)
{
    return op_mean_all(t, op_triplet(t, v, target, negative, MARGIN));
}

static struct batch forward(struct golden *g, const struct gommir *model, size_t step)
{
    struct tape *t = &g->tape;
    struct tensor *state[TURNS], *composed[TURNS], *loss[TURNS];
    struct tensor *raw = golden_input(g, "features"), *target;
    struct gommir_history history;
    struct batch b;

    gommir_history_clear(&history);
    b.catalogue = tape_detach(t, gommir_embed_image(t, model, raw));
    target = op_gather_rows(t, b.catalogue, golden_part(g, "target", 1, step));
    for (size_t k = 0; k < TURNS; k++) {
        size_t at = step * TURNS + k;
        struct tensor *liked = op_gather_rows(t, raw, golden_part(g, "liked", 2, at));
        struct tensor *negative = op_gather_rows(t, b.catalogue, golden_part(g, "negative", 2, at));
        struct gommir_turn turn =
            gommir_turn(t, model, &history, liked, golden_part(g, "critique", 2, at), NULL);

        state[k] = turn.state;
        composed[k] = turn.composed;
        loss[k] = op_add(t, triplet(t, turn.state, target, negative),
                         triplet(t, turn.composed, target, negative));
    }
    b.state = op_stack(t, state, TURNS, 0);
    b.composed = op_stack(t, composed, TURNS, 0);
    b.turn_loss = op_stack(t, loss, TURNS, 0);
    b.loss = op_mean_all(t, b.turn_loss);
    return b;
}

static void check_first_step(struct golden *g)
{
    struct gommir model;
    struct batch b;

    init_model(g, &model);
    b = forward(g, &model, 0);
    golden_value(g, "catalogue", b.catalogue);
    golden_value(g, "state", b.state);
    golden_value(g, "composed", b.composed);
    golden_value(g, "turn_loss", b.turn_loss);
    golden_backward(g, b.loss);
    golden_gradients(g, "grad.", &model.parameters);
    gommir_release(&model);
}

static void train(struct golden *g, struct gommir *model, double losses[STEPS])
{
    struct adam_settings settings = adam_settings_default();
    struct optimiser optimiser;

    settings.weight_decay = 1e-8;
    assert_int_equal(optimiser_init(&optimiser, &model->parameters, settings), GMR_OK);
    for (size_t step = 0; step < STEPS; step++) {
        struct tensor *loss = forward(g, model, step).loss;

        losses[step] = (double)tape_scalar(&g->tape, loss);
        parameters_clear_grad(&model->parameters);
        golden_backward(g, loss);
        tape_reset(&g->tape);
        optimiser_step(&optimiser);
    }
    optimiser_release(&optimiser);
}

/* A step moves a parameter by at most 1e-3 and parameters are of size 1, so the limit must be far
 * below what ten steps do, 1e-2, to judge the steps at all. Adam divides gradients by their size,
 * hence passes on their relative error, near 1e-6, times the way made: 1e-8 of a parameter, which
 * is less than its own rounding, 1e-7. The limit is ten times that rounding. */
static const double AFTER_TRAINING = 1e-6;

static void check_training(struct golden *g)
{
    struct gommir model;
    double losses[STEPS];

    init_model(g, &model);
    train(g, &model, losses);
    golden_numbers(g, "losses", losses, STEPS, 1e-5);
    g->tolerance = AFTER_TRAINING;
    golden_parameters(g, "after.", &model.parameters, "k_linear.bias");
    gommir_release(&model);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "first step", { "tracker" }, check_first_step },
        { "ten steps", { "tracker", "tracker_after" }, check_training },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
