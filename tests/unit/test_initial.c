/* The distributions of first values: bounds, moments, and the whole shape by the test of
 * Kolmogorov and Smirnov. Seeds are fixed, so a test holds always or never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "nn/layers.h"
#include "nn/parameters.h"

enum { ROWS = 200, COLUMNS = 300, SIZE = ROWS * COLUMNS };

static struct compute *compute;
static double sample[SIZE];

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Draws SIZE values and sorts them into `sample`. */
static void draw(struct initial initial)
{
    const size_t dim[] = { ROWS, COLUMNS };
    struct parameters p;
    struct tensor *x;

    parameters_init(&p, NULL);
    x = parameters_declare(&p, "w", dim, 2, initial);
    assert_int_equal(parameters_create(&p, compute), GMR_OK);
    parameters_initialise(&p, 5);
    for (size_t i = 0; i < SIZE; i++)
        sample[i] = (double)tensor_real(x)[i];
    parameters_release(&p);
    qsort(sample, SIZE, sizeof *sample, compare);
}

static double mean(void)
{
    double sum = 0;

    for (size_t i = 0; i < SIZE; i++)
        sum += sample[i];
    return sum / SIZE;
}

static double deviation(void)
{
    double m = mean(), sum = 0;

    for (size_t i = 0; i < SIZE; i++)
        sum += (sample[i] - m) * (sample[i] - m);
    return sqrt(sum / SIZE);
}

static double uniform_share(double x, double bound)
{
    return (x + bound) / (2 * bound);
}

static double normal_share(double x, double sigma)
{
    return 0.5 * erfc(-x / (sigma * sqrt(2)));
}

/* The largest distance between the sample's distribution and the true one, times sqrt(n): above
 * 1.95 in one of a thousand samples. */
static double distance(double (*share)(double x, double scale), double scale)
{
    double largest = 0;

    for (size_t i = 0; i < SIZE; i++) {
        double below = share(sample[i], scale) - (double)i / SIZE;
        double above = (double)(i + 1) / SIZE - share(sample[i], scale);

        largest = fmax(largest, fmax(below, above));
    }
    return largest * sqrt(SIZE);
}

static void check_uniform(struct initial initial, double bound)
{
    draw(initial);
    assert_true(sample[0] >= -bound && sample[0] < -0.999 * bound);
    assert_true(sample[SIZE - 1] <= bound && sample[SIZE - 1] > 0.999 * bound);
    assert_true(fabs(mean()) < 4 * bound / sqrt(3.0 * SIZE));
    assert_true(fabs(deviation() - bound / sqrt(3)) < 0.01 * bound);
    assert_true(distance(uniform_share, bound) < 1.95);
}

static void uniform_fills_its_bounds(void **state)
{
    (void)state;
    check_uniform(initial_uniform(0.25), 0.25);
}

static void linear_layers_are_bounded_by_their_inputs(void **state)
{
    (void)state;
    check_uniform(initial_linear(512), 1 / sqrt(512));
}

static void xavier_is_bounded_by_both_sides(void **state)
{
    (void)state;
    check_uniform(initial_xavier(512, 2048), sqrt(6.0 / 2560));
}

static void normal_has_its_deviation(void **state)
{
    (void)state;
    draw(initial_normal(0.02));
    assert_true(fabs(mean()) < 4 * 0.02 / sqrt(SIZE));
    assert_true(fabs(deviation() - 0.02) < 0.01 * 0.02);
    assert_true(sample[0] < -3 * 0.02 && sample[SIZE - 1] > 3 * 0.02); /* it has tails */
    assert_true(distance(normal_share, 0.02) < 1.95);
}

static void constants_are_constant(void **state)
{
    (void)state;
    draw(initial_constant(1.5));
    assert_true(sample[0] == 1.5 && sample[SIZE - 1] == 1.5);
}

/* Weight and bias of PyTorch's Linear share the bound of the inputs, and nothing else. */
static void a_linear_layer_as_a_whole(void **state)
{
    enum { IN = 100, OUT = 400 };
    struct parameters p;
    struct nn_linear l;
    real weight = 0, bias = 0;

    (void)state;
    parameters_init(&p, NULL);
    nn_linear_declare(&l, &p, "l", IN, OUT);
    assert_int_equal(parameters_create(&p, compute), GMR_OK);
    parameters_initialise(&p, 5);
    for (size_t i = 0; i < IN * OUT; i++)
        weight = (real)fmax((double)weight, fabs((double)tensor_real(l.weight)[i]));
    for (size_t i = 0; i < OUT; i++)
        bias = (real)fmax((double)bias, fabs((double)tensor_real(l.bias)[i]));
    assert_true((double)weight <= 0.1 && (double)weight > 0.0999);
    assert_true((double)bias <= 0.1 && (double)bias > 0.098);
    assert_true(tensor_real(l.weight)[0] != tensor_real(l.bias)[0]);
    parameters_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_fills_its_bounds),
        cmocka_unit_test(linear_layers_are_bounded_by_their_inputs),
        cmocka_unit_test(xavier_is_bounded_by_both_sides),
        cmocka_unit_test(normal_has_its_deviation),
        cmocka_unit_test(constants_are_constant),
        cmocka_unit_test(a_linear_layer_as_a_whole),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
