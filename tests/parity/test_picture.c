/* Convolution and pooling of the cpu table against the reference kernels: many shapes, gradients
 * that add to what is there, gradients that nobody wants, and more shapes than the cache of plans
 * holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "compute/compute.h"
#include "support/support.h"

struct tables {
    struct compute *reference, *cpu;
};

static int setup(void **state)
{
    static struct tables tables;

    *state = &tables;
    return compute_create_reference(NULL, &tables.reference) ||
           compute_create_cpu(NULL, 2, &tables.cpu);
}

static int teardown(void **state)
{
    struct tables *tables = *state;

    compute_destroy(tables->reference);
    compute_destroy(tables->cpu);
    return 0;
}

static real *random_array(size_t n, uint64_t seed)
{
    real *x = malloc(n * sizeof *x);

    assert_non_null(x);
    fill_normal(x, n, seed);
    return x;
}

static void assert_equal_arrays(const char *what, const real *found, const real *expected, size_t n)
{
    double error = normalised_error(found, expected, n);

    if (!(error <= 2e-6))
        fail_msg("%s: normalised error %g", what, error);
}

struct case_arrays {
    size_t x, w, b, y; /* elements */
    real *in_x, *in_w, *in_b, *in_y;
};

static struct case_arrays make_arrays(const struct convolution *s)
{
    struct case_arrays a = {
        .x = s->batch * s->in_channels * s->in_height * s->in_width,
        .w = s->out_channels * s->in_channels * s->kernel_height * s->kernel_width,
        .b = s->out_channels,
        .y = s->batch * s->out_channels * s->out_height * s->out_width,
    };

    a.in_x = random_array(a.x, 1);
    a.in_w = random_array(a.w, 2);
    a.in_b = random_array(a.b, 3);
    a.in_y = random_array(a.y, 4);
    return a;
}

static void free_arrays(struct case_arrays *a)
{
    free(a->in_x);
    free(a->in_w);
    free(a->in_b);
    free(a->in_y);
}

static void check_forward(const struct tables *tables, const struct convolution *s,
                          const struct case_arrays *a, const real *b)
{
    real *expected = random_array(a->y, 5), *found = random_array(a->y, 6);

    tables->reference->conv2d_forward(tables->reference, s, expected, a->in_x, a->in_w, b);
    tables->cpu->conv2d_forward(tables->cpu, s, found, a->in_x, a->in_w, b);
    assert_equal_arrays("y", found, expected, a->y);
    free(expected);
    free(found);
}

/* `wanted`: one bit each for dx, dw, db. */
static void check_backward(const struct tables *tables, const struct convolution *s,
                           const struct case_arrays *a, unsigned wanted)
{
    size_t n[] = { a->x, a->w, a->b };
    struct compute *table[] = { tables->reference, tables->cpu };
    real *d[2][3] = { { NULL } };

    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < 3; k++)
            d[i][k] = wanted & 1u << k ? random_array(n[k], 10 + k) : NULL;
        table[i]->conv2d_backward(table[i], s, d[i][0], d[i][1], d[i][2], a->in_y, a->in_x,
                                  a->in_w);
    }
    for (size_t k = 0; k < 3; k++) {
        if (d[0][k])
            assert_equal_arrays("gradient", d[1][k], d[0][k], n[k]);
        free(d[0][k]);
        free(d[1][k]);
    }
}

static void check_convolution(const struct tables *tables, const struct convolution *s)
{
    struct case_arrays a = make_arrays(s);

    check_forward(tables, s, &a, a.in_b);
    check_forward(tables, s, &a, NULL);
    for (unsigned wanted = 1; wanted < 8; wanted++)
        check_backward(tables, s, &a, wanted);
    free_arrays(&a);
}

static size_t draw(struct mt19937 *rng, size_t low, size_t high)
{
    return low + (size_t)mt19937_below(rng, high - low + 1);
}

/* A random shape in which the kernel fits; the last rows and columns may be left over. */
static struct convolution random_shape(struct mt19937 *rng)
{
    struct convolution s = {
        .batch = draw(rng, 1, 3),
        .in_channels = draw(rng, 1, 9),
        .in_height = draw(rng, 3, 9),
        .in_width = draw(rng, 3, 9),
        .out_channels = draw(rng, 1, 9),
        .kernel_height = draw(rng, 1, 3),
        .kernel_width = draw(rng, 1, 3),
        .stride = draw(rng, 1, 3),
        .pad = draw(rng, 0, 1),
    };

    s.out_height = (s.in_height + 2 * s.pad - s.kernel_height) / s.stride + 1;
    s.out_width = (s.in_width + 2 * s.pad - s.kernel_width) / s.stride + 1;
    return s;
}

static void test_convolution(void **state)
{
    struct mt19937 rng;
    struct convolution shape[80]; /* more than the cache of plans holds */

    mt19937_seed(&rng, 42);
    for (size_t i = 0; i < 80; i++) {
        shape[i] = random_shape(&rng);
        check_convolution(*state, &shape[i]);
    }
    check_convolution(*state, &shape[0]); /* whose plans are gone by now */
}

static void test_wide_convolution(void **state)
{
    struct convolution shape = { .batch = 2,
                                 .in_channels = 32,
                                 .in_height = 14,
                                 .in_width = 14,
                                 .out_channels = 48,
                                 .out_height = 14,
                                 .out_width = 14,
                                 .kernel_height = 3,
                                 .kernel_width = 3,
                                 .stride = 1,
                                 .pad = 1 };

    check_convolution(*state, &shape);
}

/* ---- pooling ---- */

static struct pooling random_pooling(struct mt19937 *rng)
{
    struct pooling s = { .planes = draw(rng, 1, 7),
                         .in_height = draw(rng, 3, 9),
                         .in_width = draw(rng, 3, 9),
                         .kernel = draw(rng, 1, 3),
                         .stride = draw(rng, 1, 3) };

    s.pad = draw(rng, 0, s.kernel / 2);
    s.out_height = (s.in_height + 2 * s.pad - s.kernel) / s.stride + 1;
    s.out_width = (s.in_width + 2 * s.pad - s.kernel) / s.stride + 1;
    return s;
}

static void check_max_pool(const struct tables *tables, const struct pooling *s, size_t in,
                           size_t out)
{
    struct compute *table[] = { tables->reference, tables->cpu };
    real *x = random_array(in, 1), *dy = random_array(out, 2), *y[2], *dx[2];
    int32_t *place[2];

    for (size_t i = 0; i < 2; i++) {
        y[i] = random_array(out, 3 + i);
        dx[i] = random_array(in, 5);
        place[i] = malloc(out * sizeof *place[i]);
        table[i]->max_pool_forward(table[i], s, y[i], place[i], x);
        table[i]->max_pool_backward(table[i], s, dx[i], dy, place[i]);
    }
    assert_memory_equal(place[0], place[1], out * sizeof *place[0]);
    assert_memory_equal(y[0], y[1], out * sizeof *y[0]);
    assert_memory_equal(dx[0], dx[1], in * sizeof *dx[0]);
    for (size_t i = 0; i < 2; i++) {
        free(y[i]);
        free(dx[i]);
        free(place[i]);
    }
    free(x);
    free(dy);
}

typedef void pool_kernel(const struct compute *c, const struct pooling *shape, real *to,
                         const real *from);

static void check_pool(const struct tables *tables, const struct pooling *s,
                       pool_kernel *const kernel[2], size_t to, size_t from)
{
    real *x = random_array(from, 1), *expected = random_array(to, 2), *found = random_array(to, 2);

    kernel[0](tables->reference, s, expected, x);
    kernel[1](tables->cpu, s, found, x);
    assert_memory_equal(found, expected, to * sizeof *found);
    free(x);
    free(expected);
    free(found);
}

static void test_pooling(void **state)
{
    const struct tables *t = *state;
    const struct compute *r = t->reference, *c = t->cpu;
    struct mt19937 rng;

    mt19937_seed(&rng, 43);
    for (size_t i = 0; i < 50; i++) {
        struct pooling s = random_pooling(&rng);
        size_t in = s.planes * s.in_height * s.in_width;
        size_t out = s.planes * s.out_height * s.out_width;

        check_max_pool(t, &s, in, out);
        check_pool(t, &s, (pool_kernel *[]){ r->average_pool_forward, c->average_pool_forward },
                   out, in);
        check_pool(t, &s, (pool_kernel *[]){ r->average_pool_backward, c->average_pool_backward },
                   in, out);
        check_pool(t, &s, (pool_kernel *[]){ r->adaptive_pool_forward, c->adaptive_pool_forward },
                   out, in);
        check_pool(t, &s, (pool_kernel *[]){ r->adaptive_pool_backward, c->adaptive_pool_backward },
                   in, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_convolution),
        cmocka_unit_test(test_wide_convolution),
        cmocka_unit_test(test_pooling),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
