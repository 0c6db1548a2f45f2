/* Kernels that treat every element alone. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"

static void fill(const struct compute *c, real *y, real value, size_t n)
{
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = smaller(at + BLOCK, n);
        SIMD
        for (size_t i = at; i < end; i++)
            y[i] = value;
    }
}

static void add_scaled(const struct compute *c, real *y, const real *x, real alpha, real beta,
                       size_t n)
{
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = smaller(at + BLOCK, n);
        if (beta == 0) {
            SIMD
            for (size_t i = at; i < end; i++)
                y[i] = alpha * x[i];
        } else {
            SIMD
            for (size_t i = at; i < end; i++)
                y[i] = alpha * x[i] + beta * y[i];
        }
    }
}

static void clamp(const struct compute *c, real *y, real low, real high, size_t n)
{
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = smaller(at + BLOCK, n);
        SIMD
        for (size_t i = at; i < end; i++) { /* a NaN fails both comparisons and stays */
            float raised = y[i] < low ? low : y[i];
            y[i] = raised > high ? high : raised;
        }
    }
}

static void unary_forward(const struct compute *c, enum activation kind, real *y, const real *x,
                          size_t n)
{
#define CASE(kind)                            \
    case kind:                                \
        SIMD                                  \
        for (size_t i = at; i < end; i++)     \
            y[i] = activation_of(kind, x[i]); \
        break;
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t end = smaller(at + BLOCK, n);
        switch (kind) {
            CASE(ACTIVATE_NONE)
            CASE(ACTIVATE_RELU)
            CASE(ACTIVATE_TANH)
            CASE(ACTIVATE_SIGMOID)
            CASE(ACTIVATE_GELU)
            CASE(ACTIVATE_QUICK_GELU)
            CASE(ACTIVATE_EXP)
        }
    }
#undef CASE
}

/* dx = slope dy, and dx = beta dx + slope dy; `at` is the array that the slope is taken from. */
#define BACKWARD(name, update)                                                                  \
    static void name(enum activation kind, real *dx, const real *dy, const real *at, real beta, \
                     size_t n)                                                                  \
    {                                                                                           \
        switch (kind) {                                                                         \
            BACKWARD_CASE(ACTIVATE_NONE, update)                                                \
            BACKWARD_CASE(ACTIVATE_RELU, update)                                                \
            BACKWARD_CASE(ACTIVATE_TANH, update)                                                \
            BACKWARD_CASE(ACTIVATE_SIGMOID, update)                                             \
            BACKWARD_CASE(ACTIVATE_GELU, update)                                                \
            BACKWARD_CASE(ACTIVATE_QUICK_GELU, update)                                          \
            BACKWARD_CASE(ACTIVATE_EXP, update)                                                 \
        }                                                                                       \
    }
#define BACKWARD_CASE(kind, update)                      \
    case kind:                                           \
        SIMD                                             \
        for (size_t i = 0; i < n; i++) {                 \
            float slope = activation_slope(kind, at[i]); \
            update;                                      \
        }                                                \
        break;

BACKWARD(write_slopes, dx[i] = slope * dy[i]; (void)beta)
BACKWARD(add_slopes, dx[i] = slope * dy[i] + beta * dx[i])

static void unary_backward(const struct compute *c, enum activation kind, real *dx, const real *dy,
                           const real *x, const real *y, real beta, size_t n)
{
    const real *from = activation_needs_argument(kind) ? x : y;
    PARALLEL(c, n)
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t count = smaller(BLOCK, n - at);
        const real *block = kind == ACTIVATE_NONE ? dy + at : from + at; /* slope 1 reads nothing */
        if (beta == 0)
            write_slopes(kind, dx + at, dy + at, block, beta, count);
        else
            add_slopes(kind, dx + at, dy + at, block, beta, count);
    }
}

void VECTOR(elementwise_install)(struct compute *c)
{
    c->fill = fill;
    c->add_scaled = add_scaled;
    c->clamp = clamp;
    c->unary_forward = unary_forward;
    c->unary_backward = unary_backward;
}
