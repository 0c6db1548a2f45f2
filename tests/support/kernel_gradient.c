/* A backward kernel against central differences. */
#include "support/kernel_gradient.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "support/kernels.h"
#include "support/support.h"

static const double STEP = 1e-5;
static const double TOLERANCE = 1e-8; /* |difference| / (1 + |gradient|) */

/* The arrays of the case at hand, and the slopes that the differences give. */
static real inputs[GRADIENT_INPUTS][GRADIENT_SIZE], outputs[GRADIENT_OUTPUTS][GRADIENT_SIZE];
static real weights[GRADIENT_OUTPUTS][GRADIENT_SIZE], scratch[GRADIENT_SCRATCH];
static real gradients[GRADIENT_INPUTS][GRADIENT_SIZE];
static double slopes[GRADIENT_INPUTS][GRADIENT_SIZE];

static size_t list_length(const size_t *sizes, size_t max)
{
    size_t n = 0;
    while (n < max && sizes[n] > 0)
        n++;
    return n;
}

static size_t input_count(const struct gradient_case *test)
{
    return list_length(test->in, GRADIENT_INPUTS);
}

void gradient_input(real *x, size_t n, size_t i)
{
    fill_uniform(x, n, -1.5, 1.5, 100 + i);
}

static struct gradient_problem prepare(const struct compute *c, const struct gradient_case *test)
{
    struct gradient_problem p = { .c = c, .shape = test->shape, .scratch = scratch };
    for (size_t i = 0; i < input_count(test); i++) {
        assert(test->in[i] <= GRADIENT_SIZE);
        p.in[i] = inputs[i];
        gradient_input(inputs[i], test->in[i], i);
    }
    for (size_t i = 0; i < list_length(test->out, GRADIENT_OUTPUTS); i++) {
        assert(test->out[i] <= GRADIENT_SIZE);
        p.out[i] = outputs[i];
        p.dout[i] = weights[i];
        fill_normal(weights[i], test->out[i], 200 + i);
    }
    return p;
}

static double weighted_results(const struct gradient_case *test, const struct gradient_problem *p)
{
    double sum = 0;
    test->forward(p);
    for (size_t i = 0; i < test->results; i++)
        for (size_t j = 0; j < test->out[i]; j++)
            sum += (double)weights[i][j] * outputs[i][j];
    return sum;
}

static double central_difference(const struct gradient_case *test, const struct gradient_problem *p,
                                 real *x)
{
    real at = *x;
    *x = (real)(at + STEP);
    double above = weighted_results(test, p);
    *x = (real)(at - STEP);
    double below = weighted_results(test, p);
    *x = at;
    return (above - below) / (2 * STEP);
}

static void differentiate(const struct gradient_case *test, const struct gradient_problem *p)
{
    for (size_t i = 0; i < input_count(test); i++)
        for (size_t j = 0; j < test->in[i]; j++)
            slopes[i][j] = central_difference(test, p, &inputs[i][j]);
    test->forward(p); /* outputs at the inputs themselves */
}

/* What the gradient of input i is multiplied by before its slope is added. */
static double scale_of(const struct gradient_case *test, size_t i, double beta)
{
    return test->scaled >> i & 1 ? beta : 1;
}

/* Gradients as they are before a call: NaN where they must not be read. */
static void fill_gradients(const struct gradient_case *test, double beta)
{
    for (size_t i = 0; i < input_count(test); i++)
        if (scale_of(test, i, beta) == 0)
            fill_nan(gradients[i], test->in[i]);
        else
            fill_steps(gradients[i], test->in[i], 5);
}

static bool gradient_holds(const struct gradient_case *test, size_t i, bool wanted, double beta)
{
    real before[GRADIENT_SIZE];
    double scale = wanted ? scale_of(test, i, beta) : 1;
    fill_steps(before, test->in[i], 5);
    for (size_t j = 0; j < test->in[i]; j++) {
        double expected = scale * before[j] + (wanted ? slopes[i][j] : 0);
        double actual = gradients[i][j];
        if (fabs(actual - expected) <= TOLERANCE * (1 + fabs(expected)))
            continue;
        fprintf(stderr, "%s %s, beta %g: gradient %zu of input %zu is %.12g, expected %.12g\n",
                test->kernel, test->variant ? test->variant : "", beta, j, i, actual, expected);
        return false;
    }
    return true;
}

static bool call_holds(const struct gradient_case *test, struct gradient_problem *p,
                       unsigned wanted, double beta)
{
    fill_gradients(test, beta);
    p->beta = (real)beta;
    for (size_t i = 0; i < input_count(test); i++)
        p->din[i] = wanted >> i & 1 ? gradients[i] : NULL;
    test->backward(p);
    for (size_t i = 0; i < input_count(test); i++)
        if (!gradient_holds(test, i, wanted >> i & 1, beta))
            return false;
    return true;
}

bool gradient_case_holds(const struct compute *c, const struct gradient_case *test)
{
    struct gradient_problem p = prepare(c, test);
    unsigned all = (1U << input_count(test)) - 1;
    differentiate(test, &p);
    bool holds = call_holds(test, &p, all, 1);
    for (size_t i = 0; holds && i < GRADIENT_SUBSETS && test->subsets[i] != 0; i++)
        holds = call_holds(test, &p, test->subsets[i], 1);
    if (holds && test->scaled != 0)
        holds = call_holds(test, &p, all, 0) && call_holds(test, &p, all, -0.75);
    return holds;
}
