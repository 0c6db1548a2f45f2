/* Comparison with golden files. */
#include "support/golden.h"

#include <assert.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"

enum { MAX_TENSORS = 512, MAX_FILES = 8, MAX_CASES = 32 };

/* The files of all cases, each once. */
static struct golden_file {
    const char *name;
    struct safetensors *content;
    bool used[MAX_TENSORS];
} files[MAX_FILES];

static size_t file_count;

/* ---- kernel tables ---- */

static enum gmr_status create_reference(struct compute **compute)
{
    return compute_create_reference(NULL, compute);
}

#ifndef GMR_REAL_DOUBLE
static enum gmr_status create_cpu(struct compute **compute)
{
    return compute_create_cpu(NULL, 2, compute);
}
#endif

static const struct table {
    const char *name;
    enum gmr_status (*create)(struct compute **compute);
} tables[] = {
    { "reference", create_reference },
#ifndef GMR_REAL_DOUBLE
    { "cpu", create_cpu },
#endif
};

enum { TABLES = sizeof tables / sizeof *tables };

/* ---- files ---- */

static struct golden_file *find_file(const char *name)
{
    for (size_t i = 0; i < file_count; i++)
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static bool open_file(const char *name)
{
    struct golden_file *file = &files[file_count];
    char path[PATH_MAX];

    if (find_file(name))
        return true;
    assert(file_count < MAX_FILES);
    snprintf(path, sizeof path, GMR_SOURCE_DIR "/tests/golden/data/%s.safetensors", name);
    if (safetensors_open(NULL, path, &file->content) != GMR_OK) {
        fprintf(stderr, "golden: %s\n", gmr_error_message());
        return false;
    }
    assert(safetensors_count(file->content) <= MAX_TENSORS);
    file->name = name;
    file_count++;
    return true;
}

static bool open_files(const struct golden_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < GOLDEN_FILES && cases[i].file[k]; k++)
            if (!open_file(cases[i].file[k]))
                return false;
    return true;
}

static const struct safetensors_entry *find_in(struct golden_file *file, const char *name)
{
    for (size_t i = 0; i < safetensors_count(file->content); i++) {
        const struct safetensors_entry *entry = safetensors_at(file->content, i);

        if (strcmp(entry->name, name) != 0)
            continue;
        file->used[i] = true;
        return entry;
    }
    return NULL;
}

static const struct safetensors_entry *find(const struct golden *g, const char *name)
{
    for (size_t i = 0; i < GOLDEN_FILES && g->test->file[i]; i++) {
        const struct safetensors_entry *entry = find_in(find_file(g->test->file[i]), name);

        if (entry)
            return entry;
    }
    fail_msg("there is no golden tensor '%s'", name);
    return NULL;
}

/* Tells which tensors no case has looked at. */
static bool all_used(void)
{
    bool all = true;

    for (struct golden_file *file = files; file < files + file_count; file++)
        for (size_t i = 0; i < safetensors_count(file->content); i++)
            if (!file->used[i]) {
                fprintf(stderr, "golden: no case uses '%s' of '%s'\n",
                        safetensors_at(file->content, i)->name, file->name);
                all = false;
            }
    return all;
}

/* A tensor of a file without some of its first axes. */
struct part {
    enum dtype dtype;
    const size_t *dim;
    size_t rank, numel;
    const char *data; /* in the file: of any alignment */
};

static struct part part_of(const struct golden *g, const char *name, size_t leading, size_t index)
{
    const struct safetensors_entry *entry = find(g, name);
    struct part part = { .dtype = entry->dtype };
    size_t parts;

    assert_true(leading <= entry->rank);
    part.dim = entry->dim + leading;
    part.rank = entry->rank - leading;
    shape_numel(entry->dim, leading, &parts);
    shape_numel(part.dim, part.rank, &part.numel);
    assert_true(index < parts);
    part.data = (const char *)entry->data + index * part.numel * dtype_size(part.dtype);
    return part;
}

/* The caller frees it. */
static real *part_values(const struct part *part)
{
    real *values = malloc(part->numel * sizeof *values);

    assert_int_equal(dtype_to_real(values, part->data, part->dtype, part->numel), GMR_OK);
    return values;
}

static int64_t entry_integer(const struct safetensors_entry *entry)
{
    int64_t value;

    assert_int_equal(entry->dtype, DTYPE_I64);
    assert_int_equal(entry->size, sizeof value);
    memcpy(&value, entry->data, sizeof value);
    return value;
}

/* ---- what goes in ---- */

static struct tensor *put_indices(struct golden *g, const struct part *part, const size_t *dim,
                                  size_t rank)
{
    int64_t *aligned = malloc(part->numel * sizeof *aligned);
    struct tensor *x;

    memcpy(aligned, part->data, part->numel * sizeof *aligned);
    x = tape_indices(&g->tape, dim, rank, aligned);
    free(aligned);
    return x;
}

static struct tensor *put_reals(struct golden *g, const struct part *part, const size_t *dim,
                                size_t rank)
{
    real *values = part_values(part);
    struct tensor *x = tape_input(&g->tape, dim, rank, values);

    free(values);
    return x;
}

static struct tensor *put(struct golden *g, const struct part *part, const size_t *dim, size_t rank)
{
    switch (part->dtype) {
    case DTYPE_I64: return put_indices(g, part, dim, rank);
    case DTYPE_U8: return tape_bytes(&g->tape, dim, rank, (const uint8_t *)part->data);
    default: return put_reals(g, part, dim, rank);
    }
}

struct tensor *golden_part(struct golden *g, const char *name, size_t leading, size_t index)
{
    struct part part = part_of(g, name, leading, index);

    return put(g, &part, part.dim, part.rank);
}

struct tensor *golden_input(struct golden *g, const char *name)
{
    return golden_part(g, name, 0, 0);
}

struct tensor *golden_variable(struct golden *g, const char *name)
{
    struct tensor *x = golden_input(g, name);

    x->requires_grad = true;
    return x;
}

struct tensor *golden_reshaped(struct golden *g, const char *name, const size_t *dim, size_t rank)
{
    struct part part = part_of(g, name, 0, 0);
    size_t numel;

    shape_numel(dim, rank, &numel);
    assert_int_equal(numel, part.numel);
    return put(g, &part, dim, rank);
}

static const char *join(const char *prefix, const char *name)
{
    static char joined[PARAMETER_NAME];

    snprintf(joined, sizeof joined, "%s%s", prefix, name);
    return joined;
}

static bool ends_in(const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);

    return length >= tail && strcmp(name + length - tail, ending) == 0;
}

static void load_parameter(const struct golden *g, const struct parameter *e, const char *name)
{
    struct part part = part_of(g, name, 0, 0);
    real *values;

    assert_int_equal(part.rank, e->rank);
    if (e->rank)
        assert_memory_equal(part.dim, e->dim, e->rank * sizeof *e->dim);
    if (e->kind == PARAMETER_COUNTER) {
        *tensor_index(e->tensor) = entry_integer(find(g, name));
        return;
    }
    values = part_values(&part);
    memcpy(tensor_real(e->tensor) + e->offset, values, part.numel * sizeof *values);
    free(values);
}

void golden_load(struct golden *g, struct parameters *p, const char *prefix)
{
    size_t skipped = strlen(g->under);

    assert_true(p->count > 0);
    for (size_t i = 0; i < p->count; i++)
        if (!g->absent || !ends_in(p->entry[i].name, g->absent))
            load_parameter(g, &p->entry[i], join(prefix, p->entry[i].name + skipped));
}

void golden_create(struct golden *g, const char *prefix)
{
    assert_int_equal(parameters_create(&g->parameters, g->compute), GMR_OK);
    golden_load(g, &g->parameters, prefix);
}

/* ---- what comes out ---- */

static void count(struct golden *g, const char *name, double error, double limit)
{
    g->compared++;
    if (error <= limit)
        return;
    g->different++;
    print_error("%s, %s: '%s' is off by %.3g, at most %.3g\n", g->test->name, g->compute->name,
                name, error, limit);
}

static bool all_zero(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0)
            return false;
    return true;
}

void golden_array(struct golden *g, const char *name, size_t leading, size_t index,
                  const real *value, size_t n)
{
    struct part part = part_of(g, name, leading, index);
    real *expected = part_values(&part);
    double error;

    if (part.numel != n)
        fail_msg("'%s' has %zu elements, not %zu", name, part.numel, n);
    error = all_zero(expected, n) ? max_abs_difference(value, expected, n)
                                  : normalised_error(value, expected, n);
    count(g, name, error, g->tolerance);
    free(expected);
}

void golden_value(struct golden *g, const char *name, struct tensor *x)
{
    size_t n = tensor_numel(x);
    real *values = malloc(n * sizeof *values);

    tape_read(&g->tape, x, values);
    if (tape_status(&g->tape) != GMR_OK)
        fail_msg("'%s': %s", name, g->tape.message);
    golden_array(g, name, 0, 0, values, n);
    free(values);
}

void golden_gradient(struct golden *g, const char *name, const struct tensor *x)
{
    if (!x->has_grad)
        fail_msg("nothing has flowed into the gradient '%s'", name);
    golden_array(g, name, 0, 0, x->grad, tensor_numel(x));
}

void golden_numbers(struct golden *g, const char *name, const double *value, size_t n,
                    double relative)
{
    struct part part = part_of(g, name, 0, 0);
    real *expected = part_values(&part);

    assert_int_equal(part.numel, n);
    for (size_t i = 0; i < n; i++) {
        char number[PARAMETER_NAME];

        snprintf(number, sizeof number, "%s[%zu]", name, i);
        count(g, number, fabs(value[i] - (double)expected[i]) / fabs((double)expected[i]),
              relative);
    }
    free(expected);
}

struct tensor *golden_weighted(struct golden *g, struct tensor *y, const char *r)
{
    struct tape *t = &g->tape;

    return op_sum_all(t, op_multiply(t, y, golden_input(g, r)));
}

void golden_backward(struct golden *g, struct tensor *loss)
{
    if (tape_backward(&g->tape, loss) != GMR_OK)
        fail_msg("%s: %s", g->test->name, gmr_error_message());
}

/* ---- parameters ---- */

static void compare_value(struct golden *g, const char *name, const struct parameter *e)
{
    size_t numel;

    shape_numel(e->dim, e->rank, &numel);
    if (e->kind == PARAMETER_COUNTER)
        count(g, name, fabs((double)(*tensor_index(e->tensor) - entry_integer(find(g, name)))), 0);
    else
        golden_array(g, name, 0, 0, tensor_real(e->tensor) + e->offset, numel);
}

static void compare_gradient(struct golden *g, const char *name, const struct parameter *e)
{
    size_t numel;

    shape_numel(e->dim, e->rank, &numel);
    if (!e->tensor->has_grad)
        fail_msg("nothing has flowed into the gradient '%s'", name);
    golden_array(g, name, 0, 0, e->tensor->grad + e->offset, numel);
}

typedef void compare_parameter(struct golden *g, const char *name, const struct parameter *e);

/* Walks the file, not the parameters, so that every golden number is met. Returns how many tensors
 * have a parameter. */
static size_t compare_file(struct golden *g, struct golden_file *file, const char *prefix,
                           const struct parameters *p, const char *except,
                           compare_parameter *compare)
{
    size_t compared = 0;

    for (size_t i = 0; i < safetensors_count(file->content); i++) {
        const char *name = safetensors_at(file->content, i)->name;
        const struct parameter *e;

        if (strncmp(name, prefix, strlen(prefix)) != 0)
            continue;
        e = parameters_find(p, join(g->under, name + strlen(prefix)));
        if (!e) /* such as the gradient of an input; all_used sees to it that nothing is lost */
            continue;
        if (except && ends_in(name, except))
            file->used[i] = true;
        else
            compare(g, name, e);
        compared++;
    }
    return compared;
}

static void compare_all(struct golden *g, const char *prefix, const struct parameters *p,
                        const char *except, compare_parameter *compare)
{
    size_t compared = 0;

    for (size_t i = 0; i < GOLDEN_FILES && g->test->file[i]; i++)
        compared += compare_file(g, find_file(g->test->file[i]), prefix, p, except, compare);
    assert_true(compared > 0);
}

void golden_parameters(struct golden *g, const char *prefix, const struct parameters *p,
                       const char *except)
{
    compare_all(g, prefix, p, except, compare_value);
}

void golden_gradients(struct golden *g, const char *prefix, const struct parameters *p)
{
    compare_all(g, prefix, p, NULL, compare_gradient);
}

/* ---- running ---- */

struct run {
    struct golden_case test;
    const struct table *table;
    struct golden golden;
    char name[100];
};

static int setup(void **state)
{
    struct run *run = *state;
    struct golden *g = &run->golden;

    *g = (struct golden){ .test = &run->test, .tolerance = GOLDEN_TOLERANCE, .under = "" };
    if (run->table->create(&g->compute) != GMR_OK)
        return 1;
    tape_init(&g->tape, g->compute, NULL);
    parameters_init(&g->parameters, NULL);
    return 0;
}

static int teardown(void **state)
{
    struct golden *g = &((struct run *)*state)->golden;

    tape_release(&g->tape);
    parameters_release(&g->parameters);
    compute_destroy(g->compute);
    return 0;
}

static void run_case(void **state)
{
    struct golden *g = &((struct run *)*state)->golden;

    g->test->check(g);
    assert_true(g->compared > 0);
    assert_int_equal(g->different, 0);
}

static struct CMUnitTest as_test(struct run *run, const struct golden_case *test,
                                 const struct table *table)
{
    run->test = *test;
    run->table = table;
    snprintf(run->name, sizeof run->name, "%s on %s", test->name, table->name);
    return (struct CMUnitTest){ run->name, run_case, setup, teardown, run };
}

int golden_main(const struct golden_case *cases, size_t count)
{
    static struct run runs[MAX_CASES * TABLES];
    struct CMUnitTest tests[MAX_CASES * TABLES];
    size_t n = 0;
    int failures = 1;

    assert(count <= MAX_CASES);
    for (size_t i = 0; i < TABLES; i++)
        for (size_t k = 0; k < count; k++, n++)
            tests[n] = as_test(&runs[n], &cases[k], &tables[i]);
    if (open_files(cases, count))
        failures = _cmocka_run_group_tests("golden", tests, n, NULL, NULL);
    if (failures == 0 && !all_used())
        failures = 1;
    for (size_t i = 0; i < file_count; i++)
        safetensors_close(files[i].content);
    return failures;
}
