#include "gradient/ops/harness.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/support.h"

enum { MAX_SLOTS = 12, MAX_ELEMENTS = 512, FIRST_SEED = 100, WEIGHT_SEED = 99, DROPOUT_SEED = 7 };

static const double AGREEMENT = 1e-7, STEP = 1e-3;

/* A tensor that a case asked for: its numbers outlive the builds. */
struct slot {
    struct tensor *tensor; /* of the current build */
    size_t numel;
    bool wanted; /* its gradient is checked */
    double step;
    real value[MAX_ELEMENTS], first[MAX_ELEMENTS], again[MAX_ELEMENTS];
};

struct graph {
    const struct gradient_case *c;
    struct compute *compute;
    struct tape tape;
    struct slot slot[MAX_SLOTS];
    size_t slot_count; /* known from the first build */
    size_t next_slot;  /* the one that the current build asks for next */
    bool indirect;     /* cases get copies, computed by the tape, of what they ask for */
};

struct tape *tape_of(struct graph *g)
{
    return &g->tape;
}

const void *settings_of(const struct graph *g)
{
    return g->c->settings;
}

/* ---- tensors ---- */

typedef void fill_function(real *values, size_t n, uint64_t seed);

/* The next slot; in the first build it gets its numbers, from `fill` or copied from `values`. */
static struct slot *next_slot(struct graph *g, size_t rank, const size_t *dim, fill_function *fill,
                              const real *values)
{
    struct slot *slot = &g->slot[g->next_slot++];
    assert_true(g->next_slot <= MAX_SLOTS);
    if (g->next_slot <= g->slot_count)
        return slot;
    g->slot_count = g->next_slot;
    assert_true(shape_numel(dim, rank, &slot->numel) && slot->numel <= MAX_ELEMENTS);
    if (values)
        memcpy(slot->value, values, slot->numel * sizeof *values);
    else
        fill(slot->value, slot->numel, FIRST_SEED + g->next_slot);
    return slot;
}

static struct tensor *handed_out(struct graph *g, const struct slot *slot)
{
    return g->indirect ? op_scale(&g->tape, slot->tensor, 1) : slot->tensor;
}

static struct tensor *make_leaf(struct graph *g, size_t rank, const size_t *dim,
                                fill_function *fill, const real *values, double step)
{
    struct slot *slot = next_slot(g, rank, dim, fill, values);
    slot->wanted = true;
    slot->step = step;
    slot->tensor = tape_constant(&g->tape, dim, rank, slot->value);
    slot->tensor->requires_grad = true;
    return handed_out(g, slot);
}

static struct tensor *make_constant(struct graph *g, size_t rank, const size_t *dim,
                                    fill_function *fill, const real *values)
{
    struct slot *slot = next_slot(g, rank, dim, fill, values);
    slot->tensor = tape_input(&g->tape, dim, rank, slot->value);
    return handed_out(g, slot);
}

/* Multiples of 0.1 without 0, each once, in an order that looks like none. */
static void fill_distinct(real *values, size_t n, uint64_t seed)
{
    size_t stride = n % 7 != 0 ? 7 : n % 11 != 0 ? 11 : 13; /* no divisor of n */
    for (size_t i = 0; i < n; i++)
        values[i] = 0.1 * ((double)((i * stride + seed) % n) - (double)(n / 2) + 0.5);
}

static void fill_tiny(real *values, size_t n, uint64_t seed)
{
    fill_uniform(values, n, -2e-13, 2e-13, seed);
}

static void fill_zero(real *values, size_t n, uint64_t seed)
{
    (void)seed;
    memset(values, 0, n * sizeof *values);
}

static void fill_positive(real *values, size_t n, uint64_t seed)
{
    fill_uniform(values, n, 0.5, 1.5, seed);
}

struct tensor *leaf(struct graph *g, size_t rank, const size_t *dim)
{
    return make_leaf(g, rank, dim, fill_normal, NULL, STEP);
}

struct tensor *leaf_distinct(struct graph *g, size_t rank, const size_t *dim)
{
    return make_leaf(g, rank, dim, fill_distinct, NULL, STEP);
}

struct tensor *leaf_tiny(struct graph *g, size_t rank, const size_t *dim)
{
    return make_leaf(g, rank, dim, fill_tiny, NULL, 1e-14);
}

struct tensor *leaf_zero(struct graph *g, size_t rank, const size_t *dim)
{
    return make_leaf(g, rank, dim, fill_zero, NULL, 1e-14);
}

struct tensor *leaf_of(struct graph *g, size_t rank, const size_t *dim, const real *values)
{
    return make_leaf(g, rank, dim, NULL, values, STEP);
}

struct tensor *constant(struct graph *g, size_t rank, const size_t *dim)
{
    return make_constant(g, rank, dim, fill_normal, NULL);
}

struct tensor *constant_positive(struct graph *g, size_t rank, const size_t *dim)
{
    return make_constant(g, rank, dim, fill_positive, NULL);
}

struct tensor *constant_of(struct graph *g, size_t rank, const size_t *dim, const real *values)
{
    return make_constant(g, rank, dim, NULL, values);
}

struct tensor *indices(struct graph *g, size_t rank, const size_t *dim, const int64_t *values)
{
    return tape_indices(&g->tape, dim, rank, values);
}

struct tensor *bytes(struct graph *g, size_t rank, const size_t *dim, const uint8_t *values)
{
    return tape_bytes(&g->tape, dim, rank, values);
}

/* ---- which operations ran backwards ---- */

static const struct op *const all_ops[] = {
#define OP(name) &name##_op,
#include "autograd/ops.def"
#undef OP
};

enum { OP_COUNT = sizeof all_ops / sizeof *all_ops };

/* spies[i] stands in for all_ops[i] in the records of a case. */
static struct op spies[OP_COUNT];
static bool ran_backwards[OP_COUNT];

static void spy_backward(struct tape *t, struct record *r)
{
    size_t i = (size_t)(r->op - spies);
    all_ops[i]->backward(t, r);
    ran_backwards[i] = true;
}

static size_t op_index(const struct op *op)
{
    for (size_t i = 0; i < OP_COUNT; i++)
        if (all_ops[i] == op)
            return i;
    fail_msg("operation '%s' is not in ops.def", op->name);
    return 0;
}

static void watch(struct record *last)
{
    for (struct record *r = last; r; r = r->previous) {
        struct op *spy = &spies[op_index(r->op)];
        *spy = (struct op){ r->op->name, r->op->forward, spy_backward };
        r->op = spy;
    }
}

void gradient_check_coverage(void)
{
    size_t missing = 0;
    for (size_t i = 0; i < OP_COUNT; i++)
        if (!ran_backwards[i]) {
            print_error("no case ran '%s' backwards\n", all_ops[i]->name);
            missing++;
        }
    assert_int_equal(missing, 0);
}

/* ---- running a case ---- */

static void assert_works(const struct graph *g)
{
    if (tape_status(&g->tape) != GMR_OK)
        fail_msg("%s: %s", g->c->name, gmr_error_message());
}

/* The loss is an operation of its own, which reads no value on the way back: what the operations of
 * a case need there, they must have asked for themselves. */
static void weigh_forward(struct tape *t, struct record *r)
{
    const real *weight = r->attributes;
    double sum = 0;
    (void)t;
    for (size_t i = 0; i < tensor_numel(r->input[0]); i++)
        sum += weight[i] * tensor_real(r->input[0])[i];
    *tensor_real(r->output[0]) = sum;
}

static void weigh_backward(struct tape *t, struct record *r)
{
    const real *weight = r->attributes;
    real *dy = input_grad(t, r->input[0], NULL);
    for (size_t i = 0; i < tensor_numel(r->input[0]); i++)
        dy[i] += weight[i] * *r->output[0]->grad;
}

static const struct op weigh_op = { "weigh", weigh_forward, weigh_backward };

static struct tensor *weigh(struct tape *t, struct tensor *y)
{
    size_t numel = tensor_numel(y);
    struct record *r =
        tape_begin(t, &weigh_op, (struct record_needs){ 0 }, &y, 1, numel * sizeof(real));
    tape_output(t, r, NULL, 0);
    if (r)
        fill_normal(r->attributes, numel, WEIGHT_SEED);
    return tape_run(t, r);
}

static struct tensor *build_loss(struct graph *g)
{
    struct tape *t = &g->tape;
    struct tensor *y;

    tape_reset(t);
    t->training = true;
    t->dropout_seed = DROPOUT_SEED;
    t->dropout_calls = 0;
    g->next_slot = 0;
    y = g->c->build(g);
    assert_works(g);
    assert_true(tensor_numel(y) <= MAX_ELEMENTS);
    if (t->recording && !g->indirect)
        watch(t->last);
    return weigh(t, y);
}

static double loss_at(struct graph *g, real *x, double value)
{
    double before = *x, loss;
    *x = value;
    loss = tape_scalar(&g->tape, build_loss(g));
    *x = before;
    return loss;
}

static double slope(struct graph *g, real *x, double h)
{
    double at = *x;
    double near = loss_at(g, x, at + h) - loss_at(g, x, at - h);
    double far = loss_at(g, x, at + 2 * h) - loss_at(g, x, at - 2 * h);
    return (8 * near - far) / (12 * h);
}

static bool agree(double a, double b)
{
    return fabs(a - b) <= AGREEMENT * fmax(1, fmax(fabs(a), fabs(b)));
}

/* All free memory of the tape's pool becomes NaN. */
static void spoil_memory(struct graph *g)
{
    tape_reset(&g->tape);
    for (size_t i = 0; i < g->tape.pool.chunk.count; i++)
        memset(g->tape.pool.chunk.span[i].start, 0xFF, g->tape.pool.chunk.span[i].size);
}

static bool is_copy(const struct record *r)
{
    return r->op == &scale_op && !r->input[0]->producer;
}

/* Of an indirect build: what the case asked for, and all it computed or nothing of that. */
static void drop_values(struct graph *g, bool results)
{
    for (struct record *r = g->tape.last; r; r = r->previous)
        for (size_t i = 0; i < r->output_count; i++)
            if (results || is_copy(r))
                tape_drop(&g->tape, r->output[i]);
}

/* What the pool counts for the gradients that leaves hold. */
static size_t gradient_bytes(const struct graph *g)
{
    size_t unit = MEMORY_ALIGNMENT, sum = 0;
    for (size_t i = 0; i < g->slot_count; i++) {
        size_t numel = g->slot[i].numel > 0 ? g->slot[i].numel : 1;
        if (g->slot[i].tensor->owns_grad)
            sum += (numel * sizeof(real) + unit - 1) / unit * unit;
    }
    return sum;
}

static void walk(struct graph *g, struct tensor *loss)
{
    size_t held = tape_statistics(&g->tape).bytes_in_use - gradient_bytes(g);
    tape_backward(&g->tape, loss);
    assert_works(g);
    assert_int_equal(tape_statistics(&g->tape).bytes_in_use, held + gradient_bytes(g));
}

static void read_gradients(struct graph *g, bool again)
{
    for (size_t i = 0; i < g->slot_count; i++) {
        struct slot *slot = &g->slot[i];
        real *out = again ? slot->again : slot->first;
        assert_true(slot->wanted || !slot->tensor->has_grad);
        memset(out, 0, slot->numel * sizeof *out);
        if (slot->tensor->has_grad)
            memcpy(out, slot->tensor->grad, slot->numel * sizeof *out);
    }
}

static void compare_with_differences(struct graph *g)
{
    g->tape.recording = false;
    for (size_t i = 0; i < g->slot_count; i++) {
        struct slot *slot = &g->slot[i];
        for (size_t e = 0; slot->wanted && e < slot->numel; e++) {
            double expected = slope(g, &slot->value[e], slot->step);
            if (!agree(slot->first[e], expected))
                fail_msg("%s: tensor %zu, element %zu: gradient %.12g, differences say %.12g",
                         g->c->name, i, e, slot->first[e], expected);
        }
    }
    g->tape.recording = true;
}

static void second_walk_doubles(struct graph *g, struct tensor *loss)
{
    walk(g, loss);
    read_gradients(g, true);
    for (size_t i = 0; i < g->slot_count; i++)
        for (size_t e = 0; e < g->slot[i].numel; e++)
            if (!agree(g->slot[i].again[e], 2 * g->slot[i].first[e]))
                fail_msg("%s: tensor %zu, element %zu: %.12g after one walk, %.12g after two",
                         g->c->name, i, e, g->slot[i].first[e], g->slot[i].again[e]);
}

static void same_again(struct graph *g, const char *change)
{
    read_gradients(g, true);
    for (size_t i = 0; i < g->slot_count; i++)
        if (memcmp(g->slot[i].first, g->slot[i].again, g->slot[i].numel * sizeof(real)) != 0)
            fail_msg("%s: gradients of tensor %zu change when %s", g->c->name, i, change);
}

static void dropping_changes_nothing(struct graph *g, bool results)
{
    struct tensor *loss;
    spoil_memory(g);
    g->indirect = true;
    loss = build_loss(g);
    drop_values(g, results);
    walk(g, loss);
    same_again(g, results ? "all values are dropped" : "arguments are dropped");
    g->indirect = false;
}

/* As parameters have them; the numbers in them mean nothing before something has flowed in. */
static void outside_buffers_change_nothing(struct graph *g)
{
    static real buffer[MAX_SLOTS][MAX_ELEMENTS];
    struct tensor *loss;
    spoil_memory(g);
    loss = build_loss(g);
    memset(buffer, 0xFF, sizeof buffer);
    for (size_t i = 0; i < g->slot_count; i++)
        if (g->slot[i].wanted)
            g->slot[i].tensor->grad = buffer[i];
    walk(g, loss);
    same_again(g, "their buffers are not the tape's");
}

void gradient_check(const struct gradient_case *c)
{
    static struct graph g;
    struct tensor *loss;

    g = (struct graph){ .c = c };
    assert_int_equal(compute_create_reference(NULL, &g.compute), GMR_OK);
    tape_init(&g.tape, g.compute, NULL);
    build_loss(&g); /* the pool gets its memory */
    spoil_memory(&g);
    loss = build_loss(&g);
    walk(&g, loss);
    read_gradients(&g, false);
    second_walk_doubles(&g, loss);
    dropping_changes_nothing(&g, true);
    dropping_changes_nothing(&g, false);
    outside_buffers_change_nothing(&g);
    compare_with_differences(&g);
    tape_release(&g.tape);
    compute_destroy(g.compute);
}
