/* linear and matmul. */
#include "gradient/ops/cases.h"

/* ---- linear ---- */

enum given { ABSENT, FIXED, WANTED };

struct linear {
    enum activation kind;
    bool fixed_x, fixed_w;
    enum given b, residual;
};

static struct tensor *given(struct graph *g, enum given kind, size_t rank, const size_t *dim)
{
    if (kind == ABSENT)
        return NULL;
    return kind == WANTED ? leaf(g, rank, dim) : constant(g, rank, dim);
}

/* [3, 5] -> [3, 4] */
static struct tensor *linear(struct graph *g)
{
    const struct linear *s = settings_of(g);
    struct tensor *x = given(g, s->fixed_x ? FIXED : WANTED, SHAPE(3, 5));
    struct tensor *w = given(g, s->fixed_w ? FIXED : WANTED, SHAPE(4, 5));
    struct tensor *b = given(g, s->b, SHAPE(4)), *residual = given(g, s->residual, SHAPE(3, 4));
    return op_linear(tape_of(g), x, w, b, residual, s->kind);
}

static struct tensor *linear_of_vector(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(5)), *w = leaf(g, SHAPE(4, 5)), *b = leaf(g, SHAPE(4));
    return op_linear(tape_of(g), x, w, b, leaf(g, SHAPE(4)), ACTIVATE_NONE);
}

static struct tensor *linear_of_sequence(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(2, 3, 5)), *w = leaf(g, SHAPE(4, 5)), *b = leaf(g, SHAPE(4));
    return op_linear(tape_of(g), x, w, b, leaf(g, SHAPE(2, 3, 4)), ACTIVATE_NONE);
}

static struct tensor *linear_plus_itself(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(3, 5)), *w = leaf(g, SHAPE(5, 5)), *b = leaf(g, SHAPE(5));
    return op_linear(tape_of(g), x, w, b, x, ACTIVATE_NONE);
}

static struct tensor *linear_by_itself(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(5, 5));
    return op_linear(tape_of(g), x, x, NULL, NULL, ACTIVATE_TANH);
}

/* More rows than there are partial sums of a bias gradient. */
static struct tensor *linear_of_many_rows(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(2 * ROW_CHUNKS + 3, 2)), *w = leaf(g, SHAPE(3, 2));
    return op_linear(tape_of(g), x, w, leaf(g, SHAPE(3)), NULL, ACTIVATE_SIGMOID);
}

#define LINEAR(...)                \
    linear, &(const struct linear) \
    {                              \
        __VA_ARGS__                \
    }

/* ---- matmul ---- */

struct product {
    bool transpose_a, transpose_b;
    size_t rank_a, rank_b;
    size_t a[4], b[4];
};

static struct tensor *product(struct graph *g)
{
    const struct product *s = settings_of(g);
    struct tensor *a = leaf(g, s->rank_a, s->a), *b = leaf(g, s->rank_b, s->b);
    return op_matmul(tape_of(g), a, b, s->transpose_a, s->transpose_b);
}

static struct tensor *product_of_fixed_left(struct graph *g)
{
    struct tensor *a = constant(g, SHAPE(3, 5)), *b = leaf(g, SHAPE(5, 4));
    return op_matmul(tape_of(g), a, b, false, false);
}

static struct tensor *product_of_fixed_right(struct graph *g)
{
    struct tensor *a = leaf(g, SHAPE(3, 5)), *b = constant(g, SHAPE(5, 4));
    return op_matmul(tape_of(g), a, b, false, false);
}

static struct tensor *square(struct graph *g)
{
    struct tensor *a = leaf(g, SHAPE(5, 5));
    return op_matmul(tape_of(g), a, a, false, false);
}

static struct tensor *gram(struct graph *g)
{
    struct tensor *a = leaf(g, SHAPE(2, 3, 5));
    return op_matmul(tape_of(g), a, a, false, true);
}

#define PRODUCT(...)                 \
    product, &(const struct product) \
    {                                \
        __VA_ARGS__                  \
    }

const struct gradient_case linear_cases[] = {
    { "linear", LINEAR(.kind = ACTIVATE_NONE) },
    { "linear relu", LINEAR(.kind = ACTIVATE_RELU) },
    { "linear tanh", LINEAR(.kind = ACTIVATE_TANH) },
    { "linear sigmoid", LINEAR(.kind = ACTIVATE_SIGMOID) },
    { "linear gelu", LINEAR(.kind = ACTIVATE_GELU) },
    { "linear quick_gelu", LINEAR(.kind = ACTIVATE_QUICK_GELU) },
    { "linear exp", LINEAR(.kind = ACTIVATE_EXP) },
    { "linear, bias", LINEAR(.kind = ACTIVATE_NONE, .b = WANTED) },
    { "linear relu, bias", LINEAR(.kind = ACTIVATE_RELU, .b = WANTED) },
    { "linear tanh, bias", LINEAR(.kind = ACTIVATE_TANH, .b = WANTED) },
    { "linear sigmoid, bias", LINEAR(.kind = ACTIVATE_SIGMOID, .b = WANTED) },
    { "linear gelu, bias", LINEAR(.kind = ACTIVATE_GELU, .b = WANTED) },
    { "linear quick_gelu, bias", LINEAR(.kind = ACTIVATE_QUICK_GELU, .b = WANTED) },
    { "linear exp, bias", LINEAR(.kind = ACTIVATE_EXP, .b = WANTED) },
    { "linear, bias, residual", LINEAR(.kind = ACTIVATE_NONE, .b = WANTED, .residual = WANTED) },
    { "linear, residual", LINEAR(.kind = ACTIVATE_NONE, .residual = WANTED) },
    { "linear, fixed residual", LINEAR(.kind = ACTIVATE_NONE, .b = WANTED, .residual = FIXED) },
    { "linear, fixed x", LINEAR(.kind = ACTIVATE_RELU, .fixed_x = true, .b = WANTED) },
    { "linear, fixed w", LINEAR(.kind = ACTIVATE_GELU, .fixed_w = true, .b = WANTED) },
    { "linear, fixed b", LINEAR(.kind = ACTIVATE_NONE, .b = FIXED, .residual = WANTED) },
    { "linear, only the bias",
      LINEAR(.kind = ACTIVATE_TANH, .fixed_x = true, .fixed_w = true, .b = WANTED) },
    { "linear, only the residual", LINEAR(.kind = ACTIVATE_NONE, .fixed_x = true, .fixed_w = true,
                                          .b = FIXED, .residual = WANTED) },
    { "linear of a vector", linear_of_vector, NULL },
    { "linear of a sequence", linear_of_sequence, NULL },
    { "linear plus itself", linear_plus_itself, NULL },
    { "linear by itself", linear_by_itself, NULL },
    { "linear of many rows", linear_of_many_rows, NULL },
    { "matmul", PRODUCT(false, false, 2, 2, { 3, 5 }, { 5, 4 }) },
    { "matmul, a transposed", PRODUCT(true, false, 2, 2, { 5, 3 }, { 5, 4 }) },
    { "matmul, b transposed", PRODUCT(false, true, 2, 2, { 3, 5 }, { 4, 5 }) },
    { "matmul, both transposed", PRODUCT(true, true, 2, 2, { 5, 3 }, { 4, 5 }) },
    { "matmul, batch", PRODUCT(false, false, 3, 3, { 2, 3, 5 }, { 2, 5, 4 }) },
    { "matmul, batch, a transposed", PRODUCT(true, false, 3, 3, { 2, 5, 3 }, { 2, 5, 4 }) },
    { "matmul, batch, b transposed", PRODUCT(false, true, 3, 3, { 2, 3, 5 }, { 2, 4, 5 }) },
    { "matmul, batch, both transposed", PRODUCT(true, true, 3, 3, { 2, 5, 3 }, { 2, 4, 5 }) },
    { "matmul, two leading axes", PRODUCT(false, true, 4, 4, { 2, 3, 3, 5 }, { 2, 3, 1, 5 }) },
    { "matmul, shared b", PRODUCT(false, false, 3, 2, { 2, 3, 5 }, { 5, 4 }) },
    { "matmul, shared b transposed", PRODUCT(false, true, 4, 2, { 2, 2, 3, 5 }, { 4, 5 }) },
    { "matmul, fixed a", product_of_fixed_left, NULL },
    { "matmul, fixed b", product_of_fixed_right, NULL },
    { "matmul, a a", square, NULL },
    { "matmul, a a^T", gram, NULL },
    LAST_CASE,
};
