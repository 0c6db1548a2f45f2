/* The composer: merges what is liked in a picture with what a critique asks for (TIRG; spec
 * section 2.1). */
#ifndef MODEL_COMPOSER_H
#define MODEL_COMPOSER_H

#include "nn/layers.h"

enum composer_form {
    COMPOSER_GOMMIR,      /* BN, ReLU, one linear layer for gate and residual each; omega starts at
                             [1, 1] */
    COMPOSER_ORIGINAL,    /* TIRG as first published: a residual of two layers, omega starts at
                             [1, 10] */
    COMPOSER_NO_GATE,     /* the residual alone; omega is there and never used */
    COMPOSER_NO_RESIDUAL, /* the gated picture alone; likewise */
    COMPOSER_NONE         /* no composer, no parameters */
};

struct composer {
    enum composer_form form;
    struct tensor *omega; /* [2]: weights of gate and residual */
    struct nn_batch_norm gate_norm, residual_norm;
    struct nn_linear gate, residual, residual_out; /* the last: original form only */
};

/* Keys: a, gated_feature_composer.{0,2}.*, res_info_composer.{0,2}.*, of which a form has what it
 * uses, and, in the original form, res_info_composer.4.*. */
void composer_declare(struct composer *c, struct parameters *p, enum composer_form form,
                      size_t width);

/* image, text [B, width] -> omega[0] sigmoid(gate) * image + omega[1] residual, or what the form
 * has of it, without omega. Not with COMPOSER_NONE. */
struct tensor *composer(struct tape *t, const struct composer *c, struct tensor *image,
                        struct tensor *text);

#endif
