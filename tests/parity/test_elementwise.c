/* Kernels of the cpu table that treat every element alone, against the reference; and the
 * approximations behind them, over the whole range of float. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "compute/cpu/cpu.h"
#include "support/parity.h"

static const double TOLERANCE = 5e-7;

static size_t draw_count(struct parity *p)
{
    return p->large ? parity_size(p, 60000, 90000) : parity_size(p, 1, 5000);
}

static enum activation draw_activation(struct parity *p)
{
    return (enum activation)parity_size(p, ACTIVATE_NONE, ACTIVATE_EXP);
}

static void fill(struct parity *p)
{
    size_t n = draw_count(p);
    struct outcome y = parity_output(p, n);
    FOR_TABLES(p, c, side)
    {
        c->fill(c, y.at[side], (real)0.1, n);
    }
    parity_compare(p, "y", y, 0);
}

static void add_scaled(struct parity *p)
{
    size_t n = draw_count(p);
    real beta = parity_beta(p);
    const real *x = parity_normal(p, n);
    struct outcome y = parity_blend(p, n, beta);
    FOR_TABLES(p, c, side)
    {
        c->add_scaled(c, y.at[side], x, (real)-0.3, beta, n);
    }
    parity_compare(p, "y", y, TOLERANCE);
}

static void clamp(struct parity *p)
{
    size_t n = draw_count(p);
    struct outcome y = parity_gradient(p, n);
    FOR_TABLES(p, c, side)
    {
        c->clamp(c, y.at[side], (real)-0.5, (real)0.7, n);
    }
    parity_compare(p, "y", y, 0);
}

static void unary_forward(struct parity *p)
{
    enum activation kind = draw_activation(p);
    size_t n = draw_count(p);
    bool in_place = parity_flip(p);
    const real *x = parity_normal(p, n);
    struct outcome y = in_place ? parity_gradient(p, n) : parity_output(p, n);
    FOR_TABLES(p, c, side)
    {
        c->unary_forward(c, kind, y.at[side], in_place ? y.at[side] : x, n);
    }
    parity_compare(p, "y", y, TOLERANCE);
}

static void unary_backward(struct parity *p)
{
    enum activation kind = draw_activation(p);
    size_t n = draw_count(p);
    bool in_place = parity_flip(p), by_argument = activation_needs_argument(kind);
    real beta = in_place ? 0 : parity_beta(p);
    const real *x = by_argument ? parity_normal(p, n) : NULL;
    const real *y = by_argument ? NULL : parity_uniform(p, n, -0.9, 0.9);
    const real *dy = parity_normal(p, n);
    struct outcome dx = in_place ? parity_gradient(p, n) : parity_blend(p, n, beta);
    FOR_TABLES(p, c, side)
    {
        c->unary_backward(c, kind, dx.at[side], in_place ? dx.at[side] : dy, x, y, beta, n);
    }
    parity_compare(p, "dx", dx, TOLERANCE);
}

static void dropout(struct parity *p)
{
    size_t n = draw_count(p);
    const real chances[] = { 0, (real)0.1, (real)0.5, (real)0.9 };
    real chance = chances[parity_size(p, 0, 3)], beta = parity_beta(p);
    uint64_t key = mt19937_bits(&p->rng, 64), stream = mt19937_bits(&p->rng, 64);
    const real *x = parity_normal(p, n);
    struct outcome y = parity_blend(p, n, beta);
    FOR_TABLES(p, c, side)
    {
        c->dropout(c, y.at[side], x, chance, key, stream, beta, n);
    }
    parity_compare(p, "y", y, TOLERANCE);
}

static void adam_step(struct parity *p)
{
    size_t n = draw_count(p);
    struct adam s = { .rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8 };
    s.weight_decay = parity_flip(p) ? 0.01 : 0;
    s.step = parity_size(p, 1, 1000);
    const real *g = parity_normal(p, n), *variance = parity_uniform(p, n, 0, 1);
    struct outcome weight = parity_gradient(p, n), m = parity_gradient(p, n), v;
    v = parity_output(p, n);
    FOR_TABLES(p, c, side)
    {
        memcpy(v.at[side], variance, n * sizeof(real));
        c->adam_step(c, &s, weight.at[side], m.at[side], v.at[side], g, n);
    }
    parity_compare(p, "weight", weight, TOLERANCE);
    parity_compare(p, "m", m, TOLERANCE);
    parity_compare(p, "v", v, TOLERANCE);
}

static void smooth_l1(struct parity *p)
{
    size_t n = draw_count(p);
    const real *x = parity_normal(p, n), *target = parity_normal(p, n), *dy = parity_normal(p, n);
    struct outcome y = parity_output(p, n);
    struct outcome dx = parity_wanted(p, n, parity_flip(p));
    struct outcome dtarget = parity_wanted(p, n, parity_flip(p));
    FOR_TABLES(p, c, side)
    {
        c->smooth_l1_forward(c, y.at[side], x, target, n);
        c->smooth_l1_backward(c, dx.at[side], dtarget.at[side], dy, x, target, n);
    }
    parity_compare(p, "y", y, TOLERANCE);
    parity_compare(p, "dx", dx, TOLERANCE);
    parity_compare(p, "dtarget", dtarget, TOLERANCE);
}

static void test_simple(void **state)
{
    parity_run(fill, 8);
    parity_run(add_scaled, 16);
    parity_run(clamp, 8);
}

static void test_unary(void **state)
{
    parity_run(unary_forward, 40);
    parity_run(unary_backward, 60);
}

static void test_dropout(void **state)
{
    parity_run(dropout, 24);
}

static void test_adam(void **state)
{
    parity_run(adam_step, 12);
}

static void test_smooth_l1(void **state)
{
    parity_run(smooth_l1, 16);
}

/* ---- the approximations ---- */

/* How far y is from the exact result, in units of the last place of a float of that size. */
static double ulps(double y, double exact)
{
    int exponent;
    frexp(exact, &exponent);
    double unit = ldexp(1, exponent < -125 ? -149 : exponent - 24);
    return fabs(y - exact) / unit;
}

static double exact_quick_gelu(double x)
{
    return x / (1 + exp(-1.702 * x));
}

static double exact_sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double exact_gelu(double x)
{
    return 0.5 * x * erfc(-x * 0.70710678118654752440);
}

struct approximation {
    enum activation kind;
    double (*exact)(double x);
    double low, high; /* where it is measured */
    double most;      /* ulps */
};

/* Below -1, the GELUs fall like e^-(x^2 / 2), or e^x, of an argument that has been rounded. */
static const struct approximation approximation[] = {
    { ACTIVATE_EXP, exp, -104, 88.72, 1.2 },
    { ACTIVATE_TANH, tanh, -20, 20, 2 },
    { ACTIVATE_SIGMOID, exact_sigmoid, -87, 30, 2.5 },
    { ACTIVATE_GELU, exact_gelu, -1, 20, 10 },
    { ACTIVATE_GELU, exact_gelu, -12, -1, 100 },
    { ACTIVATE_QUICK_GELU, exact_quick_gelu, -1, 30, 4 },
    { ACTIVATE_QUICK_GELU, exact_quick_gelu, -50, -1, 100 },
};

static double worst_error(const struct compute *c, const struct approximation *a)
{
    enum { N = 1 << 16 };
    static real x[N], y[N];
    double worst = 0;
    for (size_t part = 0; part < 16; part++) {
        for (size_t i = 0; i < N; i++) {
            double place = (double)(part * N + i) / (16.0 * N);
            x[i] = (real)(a->low + (a->high - a->low) * place);
            if (i % 2) /* small ones too: half of all floats are below 1 */
                x[i] = (real)ldexp(x[i], -(int)(i % 64));
        }
        c->unary_forward(c, a->kind, y, x, N);
        for (size_t i = 0; i < N; i++)
            if (x[i] >= a->low && x[i] <= a->high && isgreater(ulps(y[i], a->exact(x[i])), worst))
                worst = ulps(y[i], a->exact(x[i]));
    }
    return worst;
}

static void check_special_values(const struct compute *c)
{
    const real inf = (real)INFINITY, x[] = { (real)NAN, inf, -inf, 0, 200, -200, 1e30f, -1e30f };
    real y[8];
    c->unary_forward(c, ACTIVATE_EXP, y, x, 8);
    assert_true(isnan(y[0]) && y[1] == inf && y[2] == 0 && y[3] == 1 && y[4] == inf && y[5] == 0);
    c->unary_forward(c, ACTIVATE_TANH, y, x, 8);
    assert_true(isnan(y[0]) && y[1] == 1 && y[2] == -1 && y[3] == 0 && y[6] == 1 && y[7] == -1);
    c->unary_forward(c, ACTIVATE_SIGMOID, y, x, 8);
    assert_true(isnan(y[0]) && y[1] == 1 && y[2] == 0 && y[3] == 0.5f && y[6] == 1 && y[7] == 0);
    c->unary_forward(c, ACTIVATE_GELU, y, x, 8);
    assert_true(isnan(y[0]) && y[1] == inf && y[3] == 0 && y[4] == 200 && y[5] == 0 && y[7] == 0);
    c->unary_forward(c, ACTIVATE_RELU, y, x, 8);
    assert_true(isnan(y[0]) && y[1] == inf && y[2] == 0 && y[4] == 200 && y[5] == 0);
}

static void test_approximations(void **state)
{
    for (enum cpu_variant variant = CPU_BASE; variant < CPU_VARIANTS; variant++) {
        struct compute *c;
        if (!cpu_variant_supported(variant))
            continue;
        assert_int_equal(compute_create_cpu_variant(NULL, 2, variant, &c), GMR_OK);
        for (size_t i = 0; i < sizeof approximation / sizeof *approximation; i++) {
            double worst = worst_error(c, &approximation[i]);
            if (!(worst <= approximation[i].most))
                fail_msg("activation %d is %g units off", (int)approximation[i].kind, worst);
        }
        check_special_values(c);
        compute_destroy(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple),    cmocka_unit_test(test_unary),
        cmocka_unit_test(test_dropout),   cmocka_unit_test(test_adam),
        cmocka_unit_test(test_smooth_l1), cmocka_unit_test(test_approximations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
