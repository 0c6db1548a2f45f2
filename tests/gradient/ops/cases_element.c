/* Operations on single elements, and rows of them: add, subtract, multiply with repetition, scale,
 * activations, dropout, softmax. */
#include "gradient/ops/cases.h"

/* ---- two operands ---- */

typedef struct tensor *binary_function(struct tape *t, struct tensor *a, struct tensor *b);

static struct tensor *add(struct tape *t, struct tensor *a, struct tensor *b)
{
    return op_add(t, a, b);
}

static struct tensor *subtract(struct tape *t, struct tensor *a, struct tensor *b)
{
    return op_subtract(t, a, b);
}

static struct tensor *multiply(struct tape *t, struct tensor *a, struct tensor *b)
{
    return op_multiply(t, a, b);
}

struct binary_case {
    binary_function *op;
    size_t rank_a, rank_b;
    size_t a[4], b[4];
};

static struct tensor *both_wanted(struct graph *g)
{
    const struct binary_case *s = settings_of(g);
    struct tensor *a = leaf(g, s->rank_a, s->a), *b = leaf(g, s->rank_b, s->b);
    return s->op(tape_of(g), a, b);
}

static struct tensor *left_wanted(struct graph *g)
{
    const struct binary_case *s = settings_of(g);
    struct tensor *a = leaf(g, s->rank_a, s->a), *b = constant(g, s->rank_b, s->b);
    return s->op(tape_of(g), a, b);
}

static struct tensor *right_wanted(struct graph *g)
{
    const struct binary_case *s = settings_of(g);
    struct tensor *a = constant(g, s->rank_a, s->a), *b = leaf(g, s->rank_b, s->b);
    return s->op(tape_of(g), a, b);
}

static struct tensor *with_itself(struct graph *g)
{
    const struct binary_case *s = settings_of(g);
    struct tensor *a = leaf(g, s->rank_a, s->a);
    return s->op(tape_of(g), a, a);
}

#define BINARY(...)             \
    &(const struct binary_case) \
    {                           \
        __VA_ARGS__             \
    }

#define BINARY_CASES(op)                                                                     \
    { #op, both_wanted, BINARY(op, 2, 2, { 3, 5 }, { 3, 5 }) },                              \
        { #op ", fixed right", left_wanted, BINARY(op, 2, 2, { 3, 5 }, { 3, 5 }) },          \
        { #op ", fixed left", right_wanted, BINARY(op, 2, 2, { 3, 5 }, { 3, 5 }) },          \
        { #op " with itself", with_itself, BINARY(op, 2, 0, { 3, 5 }, { 0 }) },              \
        { #op ", row on the right", both_wanted, BINARY(op, 2, 1, { 3, 5 }, { 5 }) },        \
        { #op ", row on the left", both_wanted, BINARY(op, 1, 2, { 5 }, { 3, 5 }) },         \
        { #op ", column", both_wanted, BINARY(op, 2, 2, { 3, 5 }, { 3, 1 }) },               \
        { #op ", column and row", both_wanted, BINARY(op, 2, 2, { 3, 1 }, { 1, 5 }) },       \
        { #op ", number on the right", both_wanted, BINARY(op, 2, 0, { 3, 5 }, { 0 }) },     \
        { #op ", number on the left", both_wanted, BINARY(op, 0, 3, { 0 }, { 2, 1, 3 }) },   \
        { #op ", two numbers", both_wanted, BINARY(op, 0, 0, { 0 }, { 0 }) },                \
        { #op ", middle axes", both_wanted, BINARY(op, 4, 3, { 2, 1, 3, 2 }, { 3, 1, 2 }) }, \
        { #op ", fixed row", left_wanted, BINARY(op, 2, 1, { 3, 5 }, { 5 }) },               \
    {                                                                                        \
#op ", only the row", right_wanted, BINARY(op, 2, 1, { 3, 5 }, { 5 })                \
    }

static struct tensor *scale(struct graph *g)
{
    return op_scale(tape_of(g), leaf(g, SHAPE(3, 5)), -1.7);
}

/* ---- one operand ---- */

typedef struct tensor *unary_function(struct tape *t, struct tensor *x);

struct unary_case {
    unary_function *op;
};

static struct tensor *unary(struct graph *g)
{
    const struct unary_case *s = settings_of(g);
    return s->op(tape_of(g), leaf_distinct(g, SHAPE(3, 11)));
}

/* The gradient that arrives second is added to the first. */
static struct tensor *unary_twice(struct graph *g)
{
    const struct unary_case *s = settings_of(g);
    struct tensor *x = leaf_distinct(g, SHAPE(2, 5));
    return op_subtract(tape_of(g), s->op(tape_of(g), x),
                       op_scale(tape_of(g), s->op(tape_of(g), x), 0.25));
}

#define UNARY_CASES(name)                                        \
    { #name, unary, &(const struct unary_case){ (op_##name) } }, \
    {                                                            \
#name ", twice", unary_twice, &(const struct unary_case) \
        {                                                        \
            (op_##name)                                          \
        }                                                        \
    }

/* ---- dropout ---- */

static struct tensor *dropout(struct graph *g)
{
    return op_dropout(tape_of(g), leaf(g, SHAPE(5, 7)), 0.4);
}

static struct tensor *dropout_twice(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(5, 7)), *y = op_dropout(tape_of(g), x, 0.3);
    return op_multiply(tape_of(g), y, op_dropout(tape_of(g), x, 0.3));
}

static struct tensor *dropout_of_nothing(struct graph *g)
{
    return op_dropout(tape_of(g), leaf(g, SHAPE(3, 5)), 0);
}

static struct tensor *no_dropout_outside_training(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(3, 5));
    tape_of(g)->training = false;
    return op_dropout(tape_of(g), x, 0.4);
}

/* ---- softmax ---- */

static struct tensor *softmax(struct graph *g)
{
    return op_softmax(tape_of(g), leaf(g, SHAPE(2, 3, 5)));
}

static struct tensor *softmax_of_vector(struct graph *g)
{
    return op_softmax(tape_of(g), leaf(g, SHAPE(5)));
}

static struct tensor *softmax_of_one(struct graph *g)
{
    return op_softmax(tape_of(g), leaf(g, SHAPE(3, 1)));
}

const struct gradient_case element_cases[] = {
    BINARY_CASES(add),
    BINARY_CASES(subtract),
    BINARY_CASES(multiply),
    { "scale", scale, NULL },
    UNARY_CASES(relu),
    UNARY_CASES(tanh),
    UNARY_CASES(sigmoid),
    UNARY_CASES(gelu),
    UNARY_CASES(quick_gelu),
    UNARY_CASES(exp),
    { "dropout", dropout, NULL },
    { "dropout, twice", dropout_twice, NULL },
    { "dropout of nothing", dropout_of_nothing, NULL },
    { "dropout outside training", no_dropout_outside_training, NULL },
    { "softmax", softmax, NULL },
    { "softmax of a vector", softmax_of_vector, NULL },
    { "softmax of one", softmax_of_one, NULL },
    LAST_CASE,
};
