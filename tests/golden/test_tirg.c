/* The composer, in the recommender's form and in that of the original TIRG, against PyTorch:
 * results in both modes, gradients, running statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/composer.h"
#include "support/golden.h"

enum { WIDTH = 6 };

static void check_evaluation(struct golden *g, const struct composer *c)
{
    struct tape *t = &g->tape;

    t->training = false;
    golden_value(g, "eval", composer(t, c, golden_input(g, "image"), golden_input(g, "text")));
    t->training = true;
}

static void check_training(struct golden *g, const struct composer *c)
{
    struct tensor *image = golden_variable(g, "image"), *text = golden_variable(g, "text");
    struct tensor *y = composer(&g->tape, c, image, text);
    struct tensor *loss = golden_weighted(g, y, "r");

    golden_value(g, "train", y);
    golden_value(g, "loss", loss);
    golden_backward(g, loss);
    golden_gradient(g, "grad.image", image);
    golden_gradient(g, "grad.text", text);
    golden_gradients(g, "grad.", &g->parameters);
    golden_parameters(g, "after.", &g->parameters, NULL);
}

static void check_form(struct golden *g, enum composer_form form)
{
    struct composer c;

    composer_declare(&c, &g->parameters, form, WIDTH);
    golden_create(g, "param.");
    check_evaluation(g, &c);
    check_training(g, &c);
    assert_int_equal(*tensor_index(c.gate_norm.batches), 1);
}

static void check_gommir(struct golden *g)
{
    check_form(g, COMPOSER_GOMMIR);
}

static void check_original(struct golden *g)
{
    check_form(g, COMPOSER_ORIGINAL);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "composer", { "tirg" }, check_gommir },
        { "original TIRG", { "tirg_original" }, check_original },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
