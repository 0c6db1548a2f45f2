/* Operations that move numbers or add them up: reshape, transpose, concat, stack, slice,
 * gather_rows, sum, mean. */
#include "gradient/ops/cases.h"

enum { MANY = 35 }; /* more inputs than the bits of record_needs */

/* ---- reshape, transpose ---- */

static struct tensor *reshape(struct graph *g)
{
    return op_reshape(tape_of(g), leaf(g, SHAPE(2, 3, 5)), (size_t[]){ 5, 6 }, 2);
}

static struct tensor *reshape_to_number(struct graph *g)
{
    return op_reshape(tape_of(g), leaf(g, SHAPE(1, 1)), NULL, 0);
}

static struct tensor *reshape_of_reshape(struct graph *g)
{
    struct tensor *flat = op_reshape(tape_of(g), leaf(g, SHAPE(2, 6)), (size_t[]){ 12 }, 1);
    return op_reshape(tape_of(g), flat, (size_t[]){ 3, 4 }, 2);
}

struct transpose {
    size_t rank, dim[4], axes[4];
};

static struct tensor *transpose(struct graph *g)
{
    const struct transpose *s = settings_of(g);
    return op_transpose(tape_of(g), leaf(g, s->rank, s->dim), s->axes);
}

#define TRANSPOSE(...)                   \
    transpose, &(const struct transpose) \
    {                                    \
        __VA_ARGS__                      \
    }

/* ---- joining and cutting ---- */

struct joint {
    int axis;
    size_t dim[3][3];
};

static struct tensor *concat(struct graph *g)
{
    const struct joint *s = settings_of(g);
    struct tensor *part[] = { leaf(g, 3, s->dim[0]), constant(g, 3, s->dim[1]),
                              leaf(g, 3, s->dim[2]) };
    return op_concat(tape_of(g), part, 3, s->axis);
}

static struct tensor *stack(struct graph *g)
{
    const int *axis = settings_of(g);
    struct tensor *part[] = { leaf(g, SHAPE(3, 5)), leaf(g, SHAPE(3, 5)),
                              constant(g, SHAPE(3, 5)) };
    return op_stack(tape_of(g), part, 3, *axis);
}

static struct tensor *concat_with_itself(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(3, 5)), *part[] = { x, leaf(g, SHAPE(3, 2)), x };
    return op_concat(tape_of(g), part, 3, 1);
}

static struct tensor *stack_with_itself(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(3, 5));
    return op_stack(tape_of(g), (struct tensor *[]){ x, x }, 2, 0);
}

static struct tensor *stack_of_many(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(MANY, 2)), *part[MANY];
    for (size_t i = 0; i < MANY; i++)
        part[i] = op_slice(tape_of(g), x, 0, (i * 11 + 3) % MANY, 1);
    return op_stack(tape_of(g), part, MANY, 1);
}

struct cut {
    int axis;
    size_t begin, length;
};

static struct tensor *slice(struct graph *g)
{
    const struct cut *s = settings_of(g);
    return op_slice(tape_of(g), leaf(g, SHAPE(3, 4, 5)), s->axis, s->begin, s->length);
}

static struct tensor *overlapping_slices(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(5, 2));
    return op_subtract(tape_of(g), op_slice(tape_of(g), x, 0, 0, 4),
                       op_scale(tape_of(g), op_slice(tape_of(g), x, 0, 1, 4), 0.3));
}

#define CONCAT(...)               \
    concat, &(const struct joint) \
    {                             \
        __VA_ARGS__               \
    }
#define STACK(axis)     \
    stack, &(const int) \
    {                   \
        axis            \
    }
#define SLICE(...)             \
    slice, &(const struct cut) \
    {                          \
        __VA_ARGS__            \
    }

/* ---- rows ---- */

static struct tensor *gather(struct graph *g)
{
    int64_t row[] = { 3, 0, 3, 3, 1, 0 };
    return op_gather_rows(tape_of(g), leaf(g, SHAPE(4, 5)), indices(g, SHAPE(2, 3), row));
}

static struct tensor *gather_numbers(struct graph *g)
{
    int64_t row[] = { 2, 2, 0 };
    return op_gather_rows(tape_of(g), leaf(g, SHAPE(4)), indices(g, SHAPE(3), row));
}

static struct tensor *gather_matrices(struct graph *g)
{
    int64_t row = 1;
    return op_gather_rows(tape_of(g), leaf(g, SHAPE(3, 2, 5)), indices(g, 0, NULL, &row));
}

/* ---- sums ---- */

static struct tensor *sum(struct graph *g)
{
    const int *axis = settings_of(g);
    return op_sum(tape_of(g), leaf(g, SHAPE(2, 3, 5)), *axis);
}

static struct tensor *mean(struct graph *g)
{
    const int *axis = settings_of(g);
    return op_mean(tape_of(g), leaf(g, SHAPE(2, 3, 5)), *axis);
}

static struct tensor *sum_all(struct graph *g)
{
    return op_sum_all(tape_of(g), leaf(g, SHAPE(2, 3, 5)));
}

static struct tensor *mean_all(struct graph *g)
{
    return op_mean_all(tape_of(g), leaf(g, SHAPE(2, 3, 5)));
}

#define SUM(axis)     \
    sum, &(const int) \
    {                 \
        axis          \
    }
#define MEAN(axis)     \
    mean, &(const int) \
    {                  \
        axis           \
    }

const struct gradient_case shape_cases[] = {
    { "reshape", reshape, NULL },
    { "reshape to a number", reshape_to_number, NULL },
    { "reshape of reshape", reshape_of_reshape, NULL },
    { "transpose, 2 axes", TRANSPOSE(2, { 3, 5 }, { 1, 0 }) },
    { "transpose, 3 axes", TRANSPOSE(3, { 2, 3, 5 }, { 2, 0, 1 }) },
    { "transpose, heads", TRANSPOSE(4, { 2, 3, 2, 5 }, { 0, 2, 1, 3 }) },
    { "transpose, all in place", TRANSPOSE(3, { 2, 3, 5 }, { 0, 1, 2 }) },
    { "concat, axis 0", CONCAT(0, { { 2, 3, 5 }, { 1, 3, 5 }, { 3, 3, 5 } }) },
    { "concat, axis 1", CONCAT(1, { { 2, 3, 5 }, { 2, 1, 5 }, { 2, 2, 5 } }) },
    { "concat, axis 2", CONCAT(2, { { 2, 3, 5 }, { 2, 3, 1 }, { 2, 3, 2 } }) },
    { "concat, last axis", CONCAT(-1, { { 2, 3, 1 }, { 2, 3, 1 }, { 2, 3, 4 } }) },
    { "concat with nothing", CONCAT(1, { { 2, 0, 5 }, { 2, 1, 5 }, { 2, 2, 5 } }) },
    { "concat with itself", concat_with_itself, NULL },
    { "stack, axis 0", STACK(0) },
    { "stack, axis 1", STACK(1) },
    { "stack, axis 2", STACK(2) },
    { "stack, last axis", STACK(-1) },
    { "stack with itself", stack_with_itself, NULL },
    { "stack of many", stack_of_many, NULL },
    { "slice, axis 0", SLICE(0, 1, 2) },
    { "slice, axis 1", SLICE(1, 0, 3) },
    { "slice, axis 2", SLICE(2, 2, 1) },
    { "slice, axis from the end", SLICE(-2, 1, 2) },
    { "slice, all", SLICE(1, 0, 4) },
    { "slices that overlap", overlapping_slices, NULL },
    { "gather_rows, repeated", gather, NULL },
    { "gather_rows of numbers", gather_numbers, NULL },
    { "gather_rows of matrices", gather_matrices, NULL },
    { "sum, axis 0", SUM(0) },
    { "sum, axis 1", SUM(1) },
    { "sum, last axis", SUM(-1) },
    { "sum, all", sum_all, NULL },
    { "mean, axis 0", MEAN(0) },
    { "mean, axis 1", MEAN(-2) },
    { "mean, axis 2", MEAN(2) },
    { "mean, all", mean_all, NULL },
    LAST_CASE,
};
