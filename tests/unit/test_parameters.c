/* Named parameters: names, first values, parts of one tensor, what is refused; and their files,
 * which are loaded whole or not at all. */
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
#include "support/scratch.h"
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

static void assert_message(const char *part)
{
    if (!strstr(gmr_error_message(), part))
        fail_msg("\"%s\" does not contain \"%s\"", gmr_error_message(), part);
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

/* ---- files ---- */

/* A model with every kind of parameter. */
struct net {
    struct parameters p;
    struct tensor *w, *buffer, *counter;
};

static void net_init(struct net *n, uint64_t seed)
{
    static const char *const parts[] = { "q", "k" };

    parameters_init(&n->p, NULL);
    parameters_enter(&n->p, "net");
    n->w = declare_matrix(&n->p, "w");
    parameters_declare_parts(&n->p, parts, 2, MATRIX, 2, initial_normal(1));
    n->buffer = parameters_declare_buffer(&n->p, "table", MATRIX, 2, 0);
    n->counter = parameters_declare_counter(&n->p, "count");
    parameters_leave(&n->p);
    finish(&n->p, seed);
    fill_normal(tensor_real(n->buffer), SIZE, seed);
    *tensor_index(n->counter) = (int64_t)seed;
}

static void round_trip_keeps_every_byte(void **state)
{
    const struct safetensors_metadata metadata = { "epoch", "7" };
    struct safetensors *file;
    struct net a, b;

    (void)state;
    net_init(&a, 1);
    net_init(&b, 2);
    assert_int_equal(parameters_save(&a.p, in_scratch("model"), &metadata, 1), GMR_OK);
    assert_int_equal(parameters_load(&b.p, in_scratch("model")), GMR_OK);
    assert_memory_equal(a.p.values, b.p.values, a.p.values_bytes);
    assert_int_equal(*tensor_index(b.counter), 1);

    assert_int_equal(safetensors_open(NULL, in_scratch("model"), &file), GMR_OK);
    assert_int_equal(safetensors_count(file), 5);
    for (size_t i = 0; i < 5; i++)
        assert_non_null(safetensors_find(file, a.p.entry[i].name));
    assert_int_equal(safetensors_find(file, "net.k")->dtype, DTYPE_F32);
    assert_int_equal(safetensors_find(file, "net.count")->rank, 0);
    assert_memory_equal(safetensors_find(file, "net.k")->data,
                        tensor_real(a.p.entry[2].tensor) + SIZE, SIZE * sizeof(real));
    assert_string_equal(safetensors_metadata_find(file, "epoch"), "7");
    safetensors_close(file);
    parameters_release(&a.p);
    parameters_release(&b.p);
}

/* Entries of a file that fits `struct net`; tests spoil one of them. */
enum { ENTRY_W, ENTRY_Q, ENTRY_K, ENTRY_TABLE, ENTRY_COUNT, ENTRIES };

static float stored[SIZE + COLUMNS]; /* room for one row more */
static int64_t stored_count;

static void fill_entries(struct safetensors_entry entry[ENTRIES])
{
    static const char *const name[] = { "net.w", "net.q", "net.k", "net.table" };

    for (size_t i = 0; i < SIZE; i++)
        stored[i] = (float)i;
    stored_count = 5;
    for (size_t i = 0; i < ENTRY_COUNT; i++)
        entry[i] =
            (struct safetensors_entry){ name[i],           DTYPE_F32, 2,
                                        { ROWS, COLUMNS }, stored,    SIZE * sizeof *stored };
    entry[ENTRY_COUNT] =
        (struct safetensors_entry){ "net.count", DTYPE_I64,     0,
                                    { 0 },       &stored_count, sizeof stored_count };
}

static enum gmr_status load_entries(struct net *n, const struct safetensors_entry *entry,
                                    size_t count)
{
    assert_int_equal(safetensors_write(NULL, in_scratch("model"), entry, count, NULL, 0), GMR_OK);
    return parameters_load(&n->p, in_scratch("model"));
}

/* The file is refused for this reason, and the values are as they were. */
static void assert_refused(const struct safetensors_entry *entry, size_t count,
                           enum gmr_status status, const char *tensor)
{
    struct net before, n;

    net_init(&before, 1);
    net_init(&n, 1);
    assert_int_equal(load_entries(&n, entry, count), status);
    assert_message("/model'");
    assert_message(tensor);
    assert_memory_equal(n.p.values, before.p.values, n.p.values_bytes);
    parameters_release(&n.p);
    parameters_release(&before.p);
}

static void good_entries_are_loaded(void **state)
{
    struct safetensors_entry entry[ENTRIES];
    struct net n;

    (void)state;
    fill_entries(entry);
    net_init(&n, 1);
    assert_int_equal(load_entries(&n, entry, ENTRIES), GMR_OK);
    for (size_t i = 0; i < SIZE; i++)
        assert_true(tensor_real(n.w)[i] == (real)i && tensor_real(n.buffer)[i] == (real)i);
    assert_int_equal(*tensor_index(n.counter), 5);
    parameters_release(&n.p);
}

static void half_precision_is_loaded(void **state)
{
    struct safetensors_entry entry[ENTRIES];
    uint16_t half[SIZE];
    struct net n;

    (void)state;
    fill_entries(entry);
    for (size_t i = 0; i < SIZE; i++)
        half[i] = f16_from_float((float)i / 4);
    entry[ENTRY_W].dtype = DTYPE_F16;
    entry[ENTRY_W].data = half;
    entry[ENTRY_W].size = sizeof half;
    net_init(&n, 1);
    assert_int_equal(load_entries(&n, entry, ENTRIES), GMR_OK);
    for (size_t i = 0; i < SIZE; i++)
        assert_true(tensor_real(n.w)[i] == (real)i / 4);
    parameters_release(&n.p);
}

static void a_missing_tensor_is_refused(void **state)
{
    struct safetensors_entry entry[ENTRIES];

    (void)state;
    fill_entries(entry);
    entry[ENTRY_K] = entry[ENTRY_COUNT];
    assert_refused(entry, ENTRY_COUNT, GMR_ERR_FORMAT, "tensor 'net.k' is missing");
}

static void a_missing_counter_is_zero(void **state)
{
    struct safetensors_entry entry[ENTRIES];
    struct net n;

    (void)state;
    fill_entries(entry);
    net_init(&n, 1);
    assert_int_equal(load_entries(&n, entry, ENTRY_COUNT), GMR_OK);
    assert_int_equal(*tensor_index(n.counter), 0);
    parameters_release(&n.p);
}

static void an_unknown_tensor_is_refused(void **state)
{
    struct safetensors_entry entry[ENTRIES + 1];

    (void)state;
    fill_entries(entry);
    entry[ENTRIES] = entry[ENTRY_W];
    entry[ENTRIES].name = "net.extra";
    assert_refused(entry, ENTRIES + 1, GMR_ERR_FORMAT, "'net.extra'");
}

static void another_shape_is_refused(void **state)
{
    struct safetensors_entry entry[ENTRIES];

    (void)state;
    fill_entries(entry);
    entry[ENTRY_TABLE].dim[0]++;
    entry[ENTRY_TABLE].size += COLUMNS * sizeof *stored;
    assert_refused(entry, ENTRIES, GMR_ERR_SHAPE, "'net.table': shape [4, 4], expected [3, 4]");
    fill_entries(entry);
    entry[ENTRY_Q].rank = 1;
    entry[ENTRY_Q].dim[0] = SIZE;
    assert_refused(entry, ENTRIES, GMR_ERR_SHAPE, "'net.q': shape [12], expected [3, 4]");
}

static void another_type_is_refused(void **state)
{
    static const int64_t integers[SIZE];
    struct safetensors_entry entry[ENTRIES];

    (void)state;
    fill_entries(entry);
    entry[ENTRY_TABLE].dtype = DTYPE_I64;
    entry[ENTRY_TABLE].data = integers;
    entry[ENTRY_TABLE].size = sizeof integers;
    assert_refused(entry, ENTRIES, GMR_ERR_TYPE, "'net.table'");
}

static void a_counter_is_one_count(void **state)
{
    static const int64_t two[2];
    struct safetensors_entry entry[ENTRIES];

    (void)state;
    fill_entries(entry);
    stored_count = -1;
    assert_refused(entry, ENTRIES, GMR_ERR_FORMAT, "'net.count' is not one count");
    fill_entries(entry);
    entry[ENTRY_COUNT].rank = 1;
    entry[ENTRY_COUNT].dim[0] = 2;
    entry[ENTRY_COUNT].data = two;
    entry[ENTRY_COUNT].size = sizeof two;
    assert_refused(entry, ENTRIES, GMR_ERR_FORMAT, "'net.count' is not one count");
    fill_entries(entry);
    entry[ENTRY_COUNT].dtype = DTYPE_F64;
    assert_refused(entry, ENTRIES, GMR_ERR_FORMAT, "'net.count' is not one count");
}

static void a_file_that_is_not_there_is_reported(void **state)
{
    struct net n;

    (void)state;
    net_init(&n, 1);
    assert_int_equal(parameters_load(&n.p, in_scratch("nothing")), GMR_ERR_NOT_FOUND);
    assert_message("/nothing'");
    assert_int_equal(parameters_save(&n.p, in_scratch("no/folder"), NULL, 0), GMR_ERR_NOT_FOUND);
    parameters_release(&n.p);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, scratch_setup, scratch_teardown)

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
        TEST(round_trip_keeps_every_byte),
        TEST(good_entries_are_loaded),
        TEST(half_precision_is_loaded),
        TEST(a_missing_tensor_is_refused),
        TEST(a_missing_counter_is_zero),
        TEST(an_unknown_tensor_is_refused),
        TEST(another_shape_is_refused),
        TEST(another_type_is_refused),
        TEST(a_counter_is_one_count),
        TEST(a_file_that_is_not_there_is_reported),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
