/* Kernels that treat every element alone. */
#include <math.h>

#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

static const double QUICK_GELU_SLOPE = 1.702;
static const double SQRT_HALF = 0.70710678118654752440;       /* sqrt(1 / 2) */
static const double INV_SQRT_TWO_PI = 0.39894228040143267794; /* 1 / sqrt(2 pi) */

void reference_fill(const struct compute *c, real *y, real value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = value;
}

void reference_add_scaled(const struct compute *c, real *y, const real *x, real alpha, real beta,
                          size_t n)
{
    for (size_t i = 0; i < n; i++)
        blend(y, i, beta, (double)alpha * x[i]);
}

void reference_clamp(const struct compute *c, real *y, real low, real high, size_t n)
{
    for (size_t i = 0; i < n; i++) /* a NaN fails both comparisons and stays */
        y[i] = y[i] < low ? low : y[i] > high ? high : y[i];
}

double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* The distribution function of the standard normal. */
static double normal_below(double x)
{
    return 0.5 * (1 + erf(x * SQRT_HALF));
}

double activate(enum activation kind, double x)
{
    switch (kind) {
    case ACTIVATE_NONE: return x;
    case ACTIVATE_RELU: return x < 0 ? 0 : x; /* a NaN stays */
    case ACTIVATE_TANH: return tanh(x);
    case ACTIVATE_SIGMOID: return sigmoid(x);
    case ACTIVATE_GELU: return x * normal_below(x);
    case ACTIVATE_QUICK_GELU: return x * sigmoid(QUICK_GELU_SLOPE * x);
    case ACTIVATE_EXP: return exp(x);
    }
    return x;
}

/* f' from the argument x. */
static double slope_at_argument(enum activation kind, double x)
{
    if (kind == ACTIVATE_GELU)
        return normal_below(x) + x * INV_SQRT_TWO_PI * exp(-0.5 * x * x);
    double s = sigmoid(QUICK_GELU_SLOPE * x);
    return s + QUICK_GELU_SLOPE * x * s * (1 - s);
}

/* f' from the result y; at 0, relu has slope 0. */
static double slope_at_result(enum activation kind, double y)
{
    switch (kind) {
    case ACTIVATE_RELU: return y > 0 ? 1 : 0;
    case ACTIVATE_TANH: return 1 - y * y;
    case ACTIVATE_SIGMOID: return y * (1 - y);
    case ACTIVATE_EXP: return y;
    default: return 1;
    }
}

void reference_unary_forward(const struct compute *c, enum activation kind, real *y, const real *x,
                             size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (real)activate(kind, x[i]);
}

void reference_unary_backward(const struct compute *c, enum activation kind, real *dx,
                              const real *dy, const real *x, const real *y, real beta, size_t n)
{
    bool by_argument = activation_needs_argument(kind);
    for (size_t i = 0; i < n; i++) {
        double slope = by_argument ? slope_at_argument(kind, x[i]) : slope_at_result(kind, y[i]);
        blend(dx, i, beta, slope * dy[i]);
    }
}
