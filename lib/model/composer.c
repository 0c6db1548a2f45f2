#include "model/composer.h"

static void declare_gate(struct composer *c, struct parameters *p, size_t width)
{
    parameters_enter(p, "gated_feature_composer");
    nn_batch_norm_declare(&c->gate_norm, p, "0", 2 * width);
    nn_linear_declare(&c->gate, p, "2", 2 * width, width);
    parameters_leave(p);
}

static void declare_residual(struct composer *c, struct parameters *p, size_t width)
{
    const bool original = c->form == COMPOSER_ORIGINAL;

    parameters_enter(p, "res_info_composer");
    nn_batch_norm_declare(&c->residual_norm, p, "0", 2 * width);
    nn_linear_declare(&c->residual, p, "2", 2 * width, original ? 2 * width : width);
    if (original)
        nn_linear_declare(&c->residual_out, p, "4", 2 * width, width);
    parameters_leave(p);
}

void composer_declare(struct composer *c, struct parameters *p, enum composer_form form,
                      size_t width)
{
    c->form = form;
    if (form == COMPOSER_NONE)
        return;
    if (form != COMPOSER_NO_GATE)
        declare_gate(c, p, width);
    if (form != COMPOSER_NO_RESIDUAL)
        declare_residual(c, p, width);
    c->omega =
        parameters_declare_values(p, "a", (double[]){ 1, form == COMPOSER_ORIGINAL ? 10 : 1 }, 2);
}

/* L(ReLU(BN(x))) */
static struct tensor *branch(struct tape *t, const struct nn_batch_norm *norm,
                             const struct nn_linear *linear, struct tensor *x,
                             enum activation activation)
{
    return nn_linear_activate(t, linear, op_relu(t, nn_batch_norm(t, norm, x)), activation);
}

static struct tensor *gated(struct tape *t, const struct composer *c, struct tensor *both,
                            struct tensor *image)
{
    return op_multiply(t, branch(t, &c->gate_norm, &c->gate, both, ACTIVATE_SIGMOID), image);
}

static struct tensor *residual(struct tape *t, const struct composer *c, struct tensor *both)
{
    if (c->form != COMPOSER_ORIGINAL)
        return branch(t, &c->residual_norm, &c->residual, both, ACTIVATE_NONE);
    return nn_linear(t, &c->residual_out,
                     branch(t, &c->residual_norm, &c->residual, both, ACTIVATE_RELU));
}

struct tensor *composer(struct tape *t, const struct composer *c, struct tensor *image,
                        struct tensor *text)
{
    struct tensor *both = op_concat(t, (struct tensor *[]){ image, text }, 2, -1);
    struct tensor *kept, *added;

    if (c->form == COMPOSER_NO_GATE)
        return residual(t, c, both);
    kept = gated(t, c, both, image);
    if (c->form == COMPOSER_NO_RESIDUAL)
        return kept;
    added = residual(t, c, both);
    kept = op_multiply(t, op_slice(t, c->omega, 0, 0, 1), kept);
    return op_add(t, kept, op_multiply(t, op_slice(t, c->omega, 0, 1, 1), added));
}
