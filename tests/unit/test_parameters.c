/* Named parameters: names, first values, parts of one tensor, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "nn/parameters.h"
#include "support/kernels.h"
#include "support/message.h"
#include "support/support.h"

enum { ROWS = 3, COLUMNS = 4, SIZE = ROWS * COLUMNS };

static const size_t MATRIX[] = { ROWS, COLUMNS };

static struct compute *compute;

static struct tensor *declare_matrix(struct parameters *p, const char *name)
{
    return parameters_declare(p, name, MATRIX, 2, initial_uniform(1));
}

static void finish(struct parameters *p, uint64_t seed)
{
    assert_int_equal(parameters_create(p, compute), GMR_OK);
    parameters_initialise(p, seed);
}

/* ---- names ---- */

static void names_have_the_prefixes_entered(void **state)
{
    static const char *const expected[] = { "first", "a.w", "a.layers.0.w", "a.last", "b.w" };
    struct parameters p;

    (void)state;
    parameters_init(&p, NULL);
    declare_matrix(&p, "first");
    parameters_enter(&p, "a");
    declare_matrix(&p, "w");
    parameters_enter(&p, "layers.0"); /* one level, left by one call */
    declare_matrix(&p, "w");
    parameters_leave(&p);
    declare_matrix(&p, "last");
    parameters_leave(&p);
    parameters_enter(&p, "b");
    declare_matrix(&p, "w");
    parameters_leave(&p);
    assert_int_equal(p.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(p.entry[i].name, expected[i]);
        assert_ptr_equal(parameters_find(&p, expected[i]), &p.entry[i]);
    }
    assert_null(parameters_find(&p, "w"));
    assert_null(parameters_find(&p, "a"));
    parameters_release(&p);
}

static void many_parameters_are_kept_in_order(void **state)
{
    enum { MANY = 300 };
    struct tensor *x[MANY];
    struct parameters p;
    char name[16];

    (void)state;
    parameters_init(&p, NULL);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "p%d", i);
        x[i] = declare_matrix(&p, name);
    }
    finish(&p, 1);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "p%d", i);
        assert_string_equal(p.entry[i].name, name);
        assert_ptr_equal(p.entry[i].tensor, x[i]);
        assert_int_equal((uintptr_t)x[i]->data % MEMORY_ALIGNMENT, 0);
        assert_int_equal((uintptr_t)x[i]->grad % MEMORY_ALIGNMENT, 0);
    }
    assert_int_equal(parameters_trained(&p), MANY * SIZE);
    parameters_release(&p);
}

static void a_name_declared_twice_is_refused(void **state)
{
    struct parameters p;

    (void)state;
    parameters_init(&p, NULL);
    parameters_enter(&p, "layer");
    declare_matrix(&p, "weight");
    declare_matrix(&p, "weight");
    assert_message("'layer.weight'");
    assert_non_null(declare_matrix(&p, "other")); /* the failure sticks, callers need not look */
    parameters_leave(&p);
    assert_int_equal(parameters_create(&p, compute), GMR_ERR_STATE);
    parameters_release(&p);
}

/* The same name reached in two ways. */
static void a_dot_in_a_name_is_a_prefix(void **state)
{
    struct parameters p;

    (void)state;
    parameters_init(&p, NULL);
    declare_matrix(&p, "a.b");
    parameters_enter(&p, "a");
    declare_matrix(&p, "b");
    parameters_leave(&p);
    assert_int_equal(parameters_create(&p, compute), GMR_ERR_STATE);
    parameters_release(&p);
}

static void too_long_names_are_refused(void **state)
{
    char name[PARAMETER_NAME + 10];
    struct parameters p;

    (void)state;
    memset(name, 'n', sizeof name);
    for (size_t length = 100; length < sizeof name; length += 155) {
        name[length] = '\0';
        parameters_init(&p, NULL);
        for (int level = 0; level < 3; level++)
            parameters_enter(&p, name);
        assert_message("is too long");
        declare_matrix(&p, "w");
        assert_int_equal(parameters_create(&p, compute), GMR_ERR_RANGE);
        parameters_release(&p);
        name[length] = 'n';
    }
}

static void leaving_more_than_entered_is_harmless(void **state)
{
    struct parameters p;

    (void)state;
    parameters_init(&p, NULL);
    parameters_leave(&p);
    declare_matrix(&p, "w");
    assert_string_equal(p.entry[0].name, "w");
    parameters_release(&p);
}

/* ---- kinds ---- */

static void kinds_differ(void **state)
{
    struct tensor *trained, *buffer, *list, *counter;
    struct parameters p;

    (void)state;
    parameters_init(&p, NULL);
    trained = declare_matrix(&p, "trained");
    buffer = parameters_declare_buffer(&p, "buffer", MATRIX, 2, 2.5);
    list = parameters_declare_values(&p, "list", (double[]){ 1, 10 }, 2);
    counter = parameters_declare_counter(&p, "counter");
    finish(&p, 1);
    assert_int_equal(parameters_trained(&p), SIZE + 2);
    assert_true(trained->requires_grad && trained->grad);
    assert_true(list->requires_grad && list->grad);
    assert_false(buffer->requires_grad || buffer->grad);
    assert_false(counter->requires_grad || counter->grad);
    assert_int_equal(counter->dtype, DTYPE_I64);
    assert_int_equal(*tensor_index(counter), 0);
    assert_close(tensor_real(list), ((const double[]){ 1, 10 }));
    for (size_t i = 0; i < SIZE; i++)
        assert_true(tensor_real(buffer)[i] == (real)2.5);
    parameters_release(&p);
}

static void arrays_live_with_the_parameters(void **state)
{
    static const char zeros[7 * 40];
    struct parameters p;
    void *array;

    (void)state;
    parameters_init(&p, NULL);
    array = parameters_array(&p, 7, 40);
    assert_memory_equal(array, zeros, sizeof zeros);
    assert_null(parameters_array(&p, SIZE_MAX / 2, 40));
    assert_null(parameters_array(&p, 1, 1)); /* nothing after a failure */
    assert_int_equal(parameters_create(&p, compute), GMR_ERR_NOMEM);
    parameters_release(&p);
}

/* ---- first values ---- */

/* The first values of "net.NAME" beside another parameter, declared before it or not at all. */
static void draw_beside(const char *before, const char *name, uint64_t seed, real value[SIZE])
{
    struct parameters p;
    struct tensor *x;

    parameters_init(&p, NULL);
    if (before)
        declare_matrix(&p, before);
    parameters_enter(&p, "net");
    x = declare_matrix(&p, name);
    parameters_leave(&p);
    finish(&p, seed);
    memcpy(value, x->data, SIZE * sizeof *value);
    parameters_release(&p);
}

static bool same(const real *a, const real *b)
{
    return memcmp(a, b, SIZE * sizeof *a) == 0;
}

static void first_values_depend_on_seed_and_name_only(void **state)
{
    real alone[SIZE], beside[SIZE], other_name[SIZE], other_seed[SIZE];

    (void)state;
    draw_beside(NULL, "w", 1, alone);
    draw_beside("more", "w", 1, beside);
    draw_beside(NULL, "v", 1, other_name);
    draw_beside(NULL, "w", 2, other_seed);
    assert_true(same(alone, beside));
    assert_false(same(alone, other_name));
    assert_false(same(alone, other_seed));
    assert_true(max_abs_difference(alone, other_name, SIZE) > 0.1);
    assert_true(max_abs_difference(alone, other_seed, SIZE) > 0.1);
}

static void twins_start_equal(void **state)
{
    struct tensor *first, *twin, *single;
    struct parameters p;

    (void)state;
    parameters_init(&p, NULL);
    parameters_enter(&p, "net");
    parameters_enter(&p, "layers.0");
    parameters_enter(&p, "ff");
    first = declare_matrix(&p, "w");
    parameters_leave(&p);
    parameters_leave(&p);
    parameters_enter_twin(&p, "layers.1", "layers.0");
    parameters_enter(&p, "ff");
    twin = declare_matrix(&p, "w");
    parameters_leave(&p);
    parameters_leave(&p);
    parameters_enter(&p, "layers.2"); /* the twin ends where its level is left */
    parameters_enter(&p, "ff");
    single = declare_matrix(&p, "w");
    parameters_leave(&p);
    parameters_leave(&p);
    parameters_leave(&p);
    finish(&p, 1);
    assert_string_equal(p.entry[1].name, "net.layers.1.ff.w");
    assert_string_equal(p.entry[1].twin, "net.layers.0.ff.w");
    assert_string_equal(p.entry[2].twin, "net.layers.2.ff.w");
    assert_true(first->data != twin->data);
    assert_true(same(tensor_real(first), tensor_real(twin)));
    assert_false(same(tensor_real(first), tensor_real(single)));
    parameters_release(&p);
}

/* ---- parts ---- */

static void parts_are_rows_of_one_tensor(void **state)
{
    static const char *const name[] = { "q", "k", "v" };
    struct parameters p;
    struct tensor *whole;

    (void)state;
    parameters_init(&p, NULL);
    parameters_enter(&p, "net");
    whole = parameters_declare_parts(&p, name, 3, MATRIX, 2, initial_uniform(1));
    parameters_leave(&p);
    finish(&p, 1);
    assert_int_equal(p.tensor_count, 1);
    assert_int_equal(whole->rank, 2);
    assert_int_equal(whole->dim[0], 3 * ROWS);
    assert_int_equal(whole->dim[1], COLUMNS);
    for (size_t i = 0; i < 3; i++) {
        const struct parameter *part = &p.entry[i];
        real expected[SIZE];

        assert_ptr_equal(part->tensor, whole);
        assert_int_equal(part->offset, i * SIZE);
        assert_int_equal(part->rank, 2);
        assert_memory_equal(part->dim, MATRIX, sizeof MATRIX);
        draw_beside(NULL, name[i], 1, expected); /* packed or not, the values are the same */
        assert_true(same(tensor_real(whole) + part->offset, expected));
    }
    assert_int_equal(parameters_trained(&p), 3 * SIZE);
    parameters_release(&p);
}

/* ---- gradients ---- */

static void set_grad(struct tensor *x, real value)
{
    for (size_t i = 0; i < tensor_numel(x); i++)
        x->grad[i] = value;
    x->has_grad = true;
}

static void gradients_are_measured_clamped_and_forgotten(void **state)
{
    struct parameters p;
    struct tensor *a, *b, *c;

    (void)state;
    parameters_init(&p, NULL);
    a = declare_matrix(&p, "a");
    b = declare_matrix(&p, "b");
    c = declare_matrix(&p, "c");
    finish(&p, 1);
    assert_true(parameters_grad_norm(&p) == 0);
    set_grad(a, 3);
    set_grad(b, -4);
    set_grad(c, 1000);
    c->has_grad = false; /* nothing flowed: what stands there means nothing */
    assert_close(&(real){ (real)parameters_grad_norm(&p) }, ((const double[]){ 17.32050808 }));
    parameters_clamp_grad(&p, 0.5);
    assert_true(a->grad[0] == (real)0.5 && a->grad[SIZE - 1] == (real)0.5);
    assert_true(b->grad[0] == (real)-0.5 && b->grad[SIZE - 1] == (real)-0.5);
    assert_true(c->grad[0] == 1000);
    parameters_clear_grad(&p);
    assert_false(a->has_grad || b->has_grad || c->has_grad);
    parameters_release(&p);
}

static void releasing_again_does_nothing(void **state)
{
    struct parameters p;
    (void)state;
    parameters_init(&p, NULL);
    declare_matrix(&p, "x");
    finish(&p, 1);
    parameters_release(&p);
    assert_int_equal(p.count, 0);
    assert_null(parameters_find(&p, "x"));
    parameters_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_the_prefixes_entered),
        cmocka_unit_test(many_parameters_are_kept_in_order),
        cmocka_unit_test(a_name_declared_twice_is_refused),
        cmocka_unit_test(a_dot_in_a_name_is_a_prefix),
        cmocka_unit_test(too_long_names_are_refused),
        cmocka_unit_test(leaving_more_than_entered_is_harmless),
        cmocka_unit_test(kinds_differ),
        cmocka_unit_test(arrays_live_with_the_parameters),
        cmocka_unit_test(first_values_depend_on_seed_and_name_only),
        cmocka_unit_test(twins_start_equal),
        cmocka_unit_test(parts_are_rows_of_one_tensor),
        cmocka_unit_test(gradients_are_measured_clamped_and_forgotten),
        cmocka_unit_test(releasing_again_does_nothing),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
