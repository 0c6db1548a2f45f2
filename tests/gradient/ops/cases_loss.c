/* Distances and losses: squared_distance, triplet, cross_entropy, smooth_l1, contrastive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "gradient/ops/cases.h"

/* ---- distances ---- */

static struct tensor *distance(struct graph *g)
{
    struct tensor *a = leaf(g, SHAPE(2, 3, 5));
    return op_squared_distance(tape_of(g), a, leaf(g, SHAPE(2, 3, 5)));
}

static struct tensor *distance_to_fixed(struct graph *g)
{
    struct tensor *a = leaf(g, SHAPE(3, 5));
    return op_squared_distance(tape_of(g), a, constant(g, SHAPE(3, 5)));
}

static struct tensor *distance_of_vectors(struct graph *g)
{
    struct tensor *a = constant(g, SHAPE(5));
    return op_squared_distance(tape_of(g), a, leaf(g, SHAPE(5)));
}

static struct tensor *distance_to_itself(struct graph *g)
{
    struct tensor *a = leaf(g, SHAPE(3, 5));
    return op_add(tape_of(g), op_squared_distance(tape_of(g), a, a), op_sum(tape_of(g), a, 1));
}

/* The case means what it says only if this many of the losses are above 0. */
static struct tensor *with_active(struct graph *g, struct tensor *loss, size_t expected)
{
    real value[16];
    size_t active = 0, n = tensor_numel(loss);
    tape_read(tape_of(g), loss, value);
    for (size_t i = 0; i < n; i++)
        active += value[i] > 0;
    assert_int_equal(active, expected);
    return loss;
}

static const real near_zero[] = { 0.1, -0.2, 0.1, 0, 0.3, 0.2, 0.1, -0.1, 0.1, 0.2 };
static const real near_one[] = { 1.1, 0.8, 1.3, 0.9, 0.7, 1.2, 1, 0.7, 0.9, 1.4 };
static const real either[] = { 0.2, 0.1, -0.1, 0.2, 0, 1.1, 0.9, 1.2, 0.8, 1 };

/* Of two rows, the first is near its positive, the second near its negative. */
static struct tensor *triplet(struct graph *g)
{
    struct tensor *x = leaf_of(g, SHAPE(2, 5), either), *p = leaf_of(g, SHAPE(2, 5), near_zero);
    struct tensor *n = leaf_of(g, SHAPE(2, 5), near_one);
    return with_active(g, op_triplet(tape_of(g), x, p, n, 0.1), 1);
}

static struct tensor *triplet_active(struct graph *g)
{
    struct tensor *x = leaf_of(g, SHAPE(2, 5), either), *p = constant(g, SHAPE(2, 5));
    return with_active(g, op_triplet(tape_of(g), x, p, leaf(g, SHAPE(2, 5)), 100), 2);
}

static struct tensor *triplet_inactive(struct graph *g)
{
    struct tensor *x = leaf_of(g, SHAPE(2, 5), near_one), *p = leaf_of(g, SHAPE(2, 5), near_one);
    struct tensor *n = leaf_of(g, SHAPE(2, 5), near_zero);
    return with_active(g, op_triplet(tape_of(g), x, p, n, 0.1), 0);
}

static struct tensor *triplet_in_pairs(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(2, 3, 5)), *p = leaf(g, SHAPE(2, 3, 5));
    return op_triplet(tape_of(g), x, p, constant(g, SHAPE(2, 3, 5)), 0.1);
}

static struct tensor *triplet_of_itself(struct graph *g)
{
    struct tensor *x = leaf(g, SHAPE(2, 5));
    return with_active(g, op_triplet(tape_of(g), x, x, leaf(g, SHAPE(2, 5)), 100), 2);
}

/* ---- cross_entropy ---- */

struct entropy_case {
    bool weights;
    double smoothing;
};

static struct tensor *cross_entropy(struct graph *g)
{
    const struct entropy_case *s = settings_of(g);
    int64_t target[] = { 4, 0, 4 };
    struct tensor *logits = leaf(g, SHAPE(3, 5));
    struct tensor *weight = s->weights ? constant_of(g, SHAPE(3), (real[]){ 0.5, 0, -2 }) : NULL;
    return op_cross_entropy(tape_of(g), logits, indices(g, SHAPE(3), target), weight, s->smoothing);
}

#define ENTROPY(...)                            \
    cross_entropy, &(const struct entropy_case) \
    {                                           \
        __VA_ARGS__                             \
    }

/* ---- smooth_l1, contrastive ---- */

static const real small_and_large[] = { 0.5, -0.5, 1.5, -1.5, 0.9, -0.9, 1.1, -1.1, 0, 3 };

static struct tensor *smooth_l1(struct graph *g)
{
    struct tensor *x = leaf_of(g, SHAPE(2, 5), small_and_large);
    return op_smooth_l1(tape_of(g), x, leaf_of(g, SHAPE(2, 5), (real[10]){ 0 }));
}

static struct tensor *smooth_l1_to_fixed(struct graph *g)
{
    struct tensor *x = leaf_of(g, SHAPE(2, 5), small_and_large);
    return op_smooth_l1(tape_of(g), x, constant_of(g, SHAPE(2, 5), (real[10]){ 0 }));
}

static struct tensor *smooth_l1_only_target(struct graph *g)
{
    struct tensor *x = constant_of(g, SHAPE(2, 5), small_and_large);
    return op_smooth_l1(tape_of(g), x, leaf_of(g, SHAPE(2, 5), (real[10]){ 0 }));
}

static struct tensor *contrastive(struct graph *g)
{
    return op_contrastive(tape_of(g), leaf(g, SHAPE(5, 5)));
}

static struct tensor *contrastive_of_one(struct graph *g)
{
    return op_contrastive(tape_of(g), leaf(g, SHAPE(1, 1)));
}

const struct gradient_case loss_cases[] = {
    { "squared_distance", distance, NULL },
    { "squared_distance, fixed b", distance_to_fixed, NULL },
    { "squared_distance of vectors, fixed a", distance_of_vectors, NULL },
    { "squared_distance to itself", distance_to_itself, NULL },
    { "triplet, half active", triplet, NULL },
    { "triplet, active, fixed positive", triplet_active, NULL },
    { "triplet, inactive", triplet_inactive, NULL },
    { "triplet in pairs, fixed negative", triplet_in_pairs, NULL },
    { "triplet of itself", triplet_of_itself, NULL },
    { "cross_entropy", ENTROPY(false, 0) },
    { "cross_entropy, smoothed", ENTROPY(false, 0.1) },
    { "cross_entropy, all smooth", ENTROPY(false, 1) },
    { "cross_entropy, weights", ENTROPY(true, 0) },
    { "cross_entropy, weights, smoothed", ENTROPY(true, 0.3) },
    { "smooth_l1", smooth_l1, NULL },
    { "smooth_l1, fixed target", smooth_l1_to_fixed, NULL },
    { "smooth_l1, only the target", smooth_l1_only_target, NULL },
    { "contrastive", contrastive, NULL },
    { "contrastive of one", contrastive_of_one, NULL },
    LAST_CASE,
};
