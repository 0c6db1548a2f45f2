/* Files of named parameters, which are loaded whole or not at all. */
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
        TEST(round_trip_keeps_every_byte), TEST(good_entries_are_loaded),
        TEST(half_precision_is_loaded),    TEST(a_missing_tensor_is_refused),
        TEST(a_missing_counter_is_zero),   TEST(an_unknown_tensor_is_refused),
        TEST(another_shape_is_refused),    TEST(another_type_is_refused),
        TEST(a_counter_is_one_count),      TEST(a_file_that_is_not_there_is_reported),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
