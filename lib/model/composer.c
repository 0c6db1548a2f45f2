#include "model/composer.h"

void composer_declare(struct composer *c, struct parameters *p, enum composer_form form,
                      size_t width)
{
    bool original = form == COMPOSER_ORIGINAL;

    c->form = form;
    parameters_enter(p, "gated_feature_composer");
    nn_batch_norm_declare(&c->gate_norm, p, "0", 2 * width);
    nn_linear_declare(&c->gate, p, "2", 2 * width, width);
    parameters_leave(p);
    parameters_enter(p, "res_info_composer");
    nn_batch_norm_declare(&c->residual_norm, p, "0", 2 * width);
    nn_linear_declare(&c->residual, p, "2", 2 * width, original ? 2 * width : width);
    if (original)
        nn_linear_declare(&c->residual_out, p, "4", 2 * width, width);
    parameters_leave(p);
    c->omega = parameters_declare_values(p, "a", (double[]){ 1, original ? 10 : 1 }, 2);
}

/* L(ReLU(BN(x))) */
static struct tensor *branch(struct tape *t, const struct nn_batch_norm *norm,
                             const struct nn_linear *linear, struct tensor *x,
                             enum activation activation)
{
    return nn_linear_activate(t, linear, op_relu(t, nn_batch_norm(t, norm, x)), activation);
}

static struct tensor *residual_branch(struct tape *t, const struct composer *c, struct tensor *x)
{
    if (c->form == COMPOSER_GOMMIR)
        return branch(t, &c->residual_norm, &c->residual, x, ACTIVATE_NONE);
    return nn_linear(t, &c->residual_out,
                     branch(t, &c->residual_norm, &c->residual, x, ACTIVATE_RELU));
}

struct tensor *composer(struct tape *t, const struct composer *c, struct tensor *image,
                        struct tensor *text)
{
    struct tensor *both = op_concat(t, (struct tensor *[]){ image, text }, 2, -1);
    struct tensor *gate = branch(t, &c->gate_norm, &c->gate, both, ACTIVATE_SIGMOID);
    struct tensor *residual = residual_branch(t, c, both);
    struct tensor *gate_weight = op_slice(t, c->omega, 0, 0, 1);
    struct tensor *residual_weight = op_slice(t, c->omega, 0, 1, 1);

    return op_add(t, op_multiply(t, gate_weight, op_multiply(t, gate, image)),
                  op_multiply(t, residual_weight, residual));
}
