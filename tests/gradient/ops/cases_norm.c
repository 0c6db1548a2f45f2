/* norm, layer_norm, batch_norm, l2_normalise. */
#include "gradient/ops/cases.h"

/* ---- norm and layer_norm ---- */

typedef struct tensor *row_norm(struct tape *t, struct tensor *x, struct tensor *a,
                                struct tensor *b);

struct row_case {
    row_norm *norm;
};

static struct tensor *all_wanted(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *a = leaf(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, leaf(g, SHAPE(5)));
}

static struct tensor *sequence(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(2, 3, 5)), *a = leaf(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, leaf(g, SHAPE(5)));
}

static struct tensor *only_rows(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *a = constant(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, constant(g, SHAPE(5)));
}

static struct tensor *only_scale_and_shift(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = constant(g, SHAPE(3, 5)), *a = leaf(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, leaf(g, SHAPE(5)));
}

static struct tensor *only_scale(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = constant(g, SHAPE(3, 5)), *a = leaf(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, constant(g, SHAPE(5)));
}

static struct tensor *only_shift(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *a = constant(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, leaf(g, SHAPE(5)));
}

static struct tensor *pairs(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 2)), *a = leaf(g, SHAPE(2));
    return s->norm(tape_of(g), x, a, leaf(g, SHAPE(2)));
}

/* A row of equal numbers, where the standard deviation has a kink: at zero and with steps far below
 * epsilon the kink weighs 1e-8. Without a shift, so that nothing hides the small differences. */
static struct tensor *flat_row(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf_zero(g, SHAPE(2, 5)), *a = constant(g, SHAPE(5));
    return s->norm(tape_of(g), x, a, constant_of(g, SHAPE(5), (real[5]){ 0 }));
}

static struct tensor *twice(struct graph *g)
{
    const struct row_case *s = settings_of(g);
    struct tensor *x = leaf(g, SHAPE(3, 5)), *a = leaf(g, SHAPE(5)), *b = leaf(g, SHAPE(5));
    return op_multiply(tape_of(g), s->norm(tape_of(g), x, a, b), s->norm(tape_of(g), x, b, a));
}

#define ROW_CASES(name)                                                                       \
    { #name, all_wanted, &(const struct row_case){ (op_##name) } },                           \
        { #name " of a sequence", sequence, &(const struct row_case){ (op_##name) } },        \
        { #name ", only x", only_rows, &(const struct row_case){ (op_##name) } },             \
        { #name ", fixed x", only_scale_and_shift, &(const struct row_case){ (op_##name) } }, \
        { #name ", only the scale", only_scale, &(const struct row_case){ (op_##name) } },    \
        { #name ", fixed scale", only_shift, &(const struct row_case){ (op_##name) } },       \
        { #name " of pairs", pairs, &(const struct row_case){ (op_##name) } },                \
        { #name " of a flat row", flat_row, &(const struct row_case){ (op_##name) } },        \
    {                                                                                         \
#name ", twice", twice, &(const struct row_case)                                      \
        {                                                                                     \
            (op_##name)                                                                       \
        }                                                                                     \
    }

/* ---- batch_norm ---- */

struct batch_case {
    bool training;
    size_t rank, dim[4];
};

static struct tensor *batch(struct graph *g)
{
    const struct batch_case *s = settings_of(g);
    size_t channels = s->dim[1];
    struct tensor *x = leaf(g, s->rank, s->dim), *w = leaf(g, SHAPE(channels));
    struct tensor *b = leaf(g, SHAPE(channels)), *mean = constant(g, SHAPE(channels));
    tape_of(g)->training = s->training;
    return op_batch_norm(tape_of(g), x, w, b, mean, constant_positive(g, SHAPE(channels)));
}

static struct tensor *batch_only_x(struct graph *g)
{
    const struct batch_case *s = settings_of(g);
    size_t channels = s->dim[1];
    struct tensor *x = leaf(g, s->rank, s->dim), *w = constant(g, SHAPE(channels));
    struct tensor *b = constant(g, SHAPE(channels)), *mean = constant(g, SHAPE(channels));
    tape_of(g)->training = s->training;
    return op_batch_norm(tape_of(g), x, w, b, mean, constant_positive(g, SHAPE(channels)));
}

static struct tensor *batch_fixed_x(struct graph *g)
{
    const struct batch_case *s = settings_of(g);
    size_t channels = s->dim[1];
    struct tensor *x = constant(g, s->rank, s->dim), *w = leaf(g, SHAPE(channels));
    struct tensor *b = leaf(g, SHAPE(channels)), *mean = constant(g, SHAPE(channels));
    tape_of(g)->training = s->training;
    return op_batch_norm(tape_of(g), x, w, b, mean, constant_positive(g, SHAPE(channels)));
}

#define BATCH(...)             \
    &(const struct batch_case) \
    {                          \
        __VA_ARGS__            \
    }

/* ---- l2_normalise ---- */

static struct tensor *l2(struct graph *g)
{
    return op_l2_normalise(tape_of(g), leaf(g, SHAPE(2, 3, 5)));
}

static struct tensor *l2_of_tiny_rows(struct graph *g)
{
    return op_l2_normalise(tape_of(g), leaf_tiny(g, SHAPE(2, 5)));
}

static struct tensor *l2_of_zero_rows(struct graph *g)
{
    return op_l2_normalise(tape_of(g), leaf_zero(g, SHAPE(2, 5)));
}

static struct tensor *l2_twice(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(3, 5)), *y = op_l2_normalise(tape_of(g), x);
    return op_add(tape_of(g), op_l2_normalise(tape_of(g), y), x);
}

const struct gradient_case norm_cases[] = {
    ROW_CASES(norm),
    ROW_CASES(layer_norm),
    { "batch_norm 1d", batch, BATCH(true, 2, { 5, 3 }) },
    { "batch_norm 2d", batch, BATCH(true, 4, { 2, 3, 2, 3 }) },
    { "batch_norm of a sequence", batch, BATCH(true, 3, { 2, 3, 5 }) },
    { "batch_norm, only x", batch_only_x, BATCH(true, 2, { 5, 3 }) },
    { "batch_norm, fixed x", batch_fixed_x, BATCH(true, 4, { 2, 3, 1, 2 }) },
    { "batch_norm 1d outside training", batch, BATCH(false, 2, { 5, 3 }) },
    { "batch_norm 2d outside training", batch, BATCH(false, 4, { 2, 3, 2, 3 }) },
    { "batch_norm outside training, only x", batch_only_x, BATCH(false, 2, { 5, 3 }) },
    { "batch_norm outside training, fixed x", batch_fixed_x, BATCH(false, 2, { 1, 3 }) },
    { "l2_normalise", l2, NULL },
    { "l2_normalise of tiny rows", l2_of_tiny_rows, NULL },
    { "l2_normalise of zeros", l2_of_zero_rows, NULL },
    { "l2_normalise, twice", l2_twice, NULL },
    LAST_CASE,
};
