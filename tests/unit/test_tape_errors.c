/* What each operation refuses: every mistake of shape, type or range is reported with the right
 * code, the operation's name and the caller's line. An operation of ops.def that nothing here makes
 * fail fails the last test. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "autograd/ops.h"

enum { ROOM = 1024 };

static struct compute *compute;
static struct tape tape, *const t = &tape;

static const char *const op_names[] = {
#define OP(name) #name,
#include "autograd/ops.def"
#undef OP
};

enum { OP_COUNT = sizeof op_names / sizeof *op_names };

static bool refused[OP_COUNT];

/* ---- short words for the tables ---- */

#define SHAPE(...)                                                 \
    sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]) \
    {                                                              \
        __VA_ARGS__                                                \
    }

/* A tensor of this shape, of numbers, indices (all 1) or bytes. */
#define R(...) tape_filled_of(SHAPE(__VA_ARGS__))
#define I(...) indices_of(SHAPE(__VA_ARGS__))
#define U(...) bytes_of(SHAPE(__VA_ARGS__))

#define MANY(...)                       \
    (struct tensor *[]){ __VA_ARGS__ }, \
        sizeof((struct tensor *[]){ __VA_ARGS__ }) / sizeof(struct tensor *)

static struct tensor *tape_filled_of(size_t rank, const size_t *dim)
{
    return tape_filled(t, dim, rank, 1);
}

static struct tensor *indices_of(size_t rank, const size_t *dim)
{
    int64_t value[ROOM];
    for (size_t i = 0; i < ROOM; i++)
        value[i] = 1;
    return tape_indices(t, dim, rank, value);
}

static struct tensor *bytes_of(size_t rank, const size_t *dim)
{
    uint8_t value[ROOM] = { 1 };
    return tape_bytes(t, dim, rank, value);
}

static struct tensor *number(void)
{
    return tape_filled(t, NULL, 0, 1);
}

static struct tensor *wanted(struct tensor *x)
{
    x->requires_grad = true;
    return x;
}

/* ---- checking ---- */

static void note(const char *op)
{
    for (size_t i = 0; i < OP_COUNT; i++)
        if (strcmp(op_names[i], op) == 0)
            refused[i] = true;
}

/* A call that goes over two lines may be said to stand on either. */
static void check(const char *op, enum gmr_status status, const char *text, int line)
{
    char name[64];
    const char *message, *place;
    if (tape_status(t) == GMR_OK)
        fail_msg("line %d: %s accepts it", line, op);
    message = gmr_error_message();
    if (t->status != status)
        fail_msg("line %d: not status %d: %s", line, (int)status, message);
    snprintf(name, sizeof name, "%s (%s:", op, __FILE__);
    if (strncmp(message, name, strlen(name)) != 0)
        fail_msg("line %d: '%s' does not begin with '%s'", line, message, name);
    place = message + strlen(name);
    assert_in_range(strtol(place, NULL, 10), line, line + 1);
    if (!strstr(place, text))
        fail_msg("line %d: '%s' lacks '%s'", line, message, text);
    note(op);
    tape_reset(t);
}

/* The call fails for this reason; its message contains `text`. */
#define REFUSES(op, status, text, call)              \
    do {                                             \
        assert_ptr_equal(call, tape_poison(t));      \
        check(op, GMR_ERR_##status, text, __LINE__); \
    } while (0)

/* So that a table does not pass because its inputs are wrong in another way. */
#define ACCEPTS(call)                            \
    do {                                         \
        (void)(call);                            \
        if (tape_status(t) != GMR_OK)            \
            fail_msg("%s", gmr_error_message()); \
        tape_reset(t);                           \
    } while (0)

/* ---- the tables ---- */

static void linear(void **state)
{
    (void)state;
    ACCEPTS(op_linear(t, R(2, 3, 5), R(4, 5), R(4), R(2, 3, 4), ACTIVATE_NONE));
    REFUSES("linear", SHAPE, "4 columns, the weight 5",
            op_linear(t, R(3, 4), R(4, 5), NULL, NULL, ACTIVATE_NONE));
    REFUSES("linear", SHAPE, "columns", op_linear(t, number(), R(1, 1), NULL, NULL, ACTIVATE_NONE));
    REFUSES("linear", SHAPE, "weight [20] has 1 axes",
            op_linear(t, R(3, 5), R(20), NULL, NULL, ACTIVATE_NONE));
    REFUSES("linear", SHAPE, "bias [5] has 5 elements, not 4",
            op_linear(t, R(3, 5), R(4, 5), R(5), NULL, ACTIVATE_NONE));
    REFUSES("linear", SHAPE, "[3, 5] and [3, 4]",
            op_linear(t, R(3, 5), R(4, 5), NULL, R(3, 5), ACTIVATE_NONE));
    REFUSES("linear", SHAPE, "[3, 2, 4] and [2, 3, 4]",
            op_linear(t, R(2, 3, 5), R(4, 5), NULL, R(3, 2, 4), ACTIVATE_NONE));
    REFUSES("linear", UNSUPPORTED, "residual",
            op_linear(t, R(3, 5), R(4, 5), NULL, R(3, 4), ACTIVATE_RELU));
    REFUSES("linear", TYPE, "argument 1 is of type I64",
            op_linear(t, I(3, 5), R(4, 5), NULL, NULL, ACTIVATE_NONE));
    REFUSES("linear", TYPE, "argument 3 is of type U8",
            op_linear(t, R(3, 5), R(4, 5), U(4), NULL, ACTIVATE_NONE));
}

static void matmul(void **state)
{
    (void)state;
    ACCEPTS(op_matmul(t, R(2, 3, 5), R(5, 4), false, false));
    REFUSES("matmul", SHAPE, "[3, 5] and [4, 5]", op_matmul(t, R(3, 5), R(4, 5), false, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(3, 5), R(5, 4), true, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(3, 5), R(5, 4), false, true));
    REFUSES("matmul", SHAPE, "[5] and", op_matmul(t, R(5), R(5, 4), false, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(3, 5), R(5), false, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(2, 3, 5), R(3, 5, 4), false, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(3, 5), R(2, 5, 4), false, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(2, 2, 3, 5), R(2, 5, 4), false, false));
    REFUSES("matmul", SHAPE, "multiply", op_matmul(t, R(2, 5, 3), R(5, 4), true, false));
    REFUSES("matmul", TYPE, "argument 2", op_matmul(t, R(3, 5), I(5, 4), false, false));
}

static void elements(void **state)
{
    (void)state;
    ACCEPTS(op_add(t, R(3, 1), R(5)));
    REFUSES("add", SHAPE, "[3, 5] and [3]", op_add(t, R(3, 5), R(3)));
    REFUSES("add", TYPE, "argument 2", op_add(t, R(3), I(3)));
    REFUSES("subtract", SHAPE, "[2, 5] and [3, 5]", op_subtract(t, R(2, 5), R(3, 5)));
    REFUSES("subtract", TYPE, "argument 1", op_subtract(t, U(3), R(3)));
    REFUSES("multiply", SHAPE, "[5, 3] and [5]", op_multiply(t, R(5, 3), R(5)));
    REFUSES("multiply", SHAPE, "[0] and [2]", op_multiply(t, R(0), R(2)));
    REFUSES("multiply", TYPE, "argument 1", op_multiply(t, I(3), R(3)));
    REFUSES("scale", TYPE, "argument 1", op_scale(t, I(3), 2));
    REFUSES("relu", TYPE, "argument 1", op_relu(t, I(3)));
    REFUSES("tanh", TYPE, "argument 1", op_tanh(t, I(3)));
    REFUSES("sigmoid", TYPE, "argument 1", op_sigmoid(t, I(3)));
    REFUSES("gelu", TYPE, "argument 1", op_gelu(t, U(3)));
    REFUSES("quick_gelu", TYPE, "argument 1", op_quick_gelu(t, U(3)));
    REFUSES("exp", TYPE, "argument 1", op_exp(t, U(3)));
    REFUSES("softmax", TYPE, "argument 1", op_softmax(t, I(3)));
    REFUSES("dropout", TYPE, "argument 1", op_dropout(t, I(3), 0.5));
    REFUSES("dropout", RANGE, "chance 1", op_dropout(t, R(3), 1));
    REFUSES("dropout", RANGE, "chance -0.1", op_dropout(t, R(3), -0.1));
    REFUSES("dropout", RANGE, "nan", op_dropout(t, R(3), (double)NAN));
}

static void shapes(void **state)
{
    (void)state;
    const size_t same[] = { 0, 0 }, far[] = { 0, 2 }, huge[] = { SIZE_MAX, SIZE_MAX };
    size_t seven[] = { 1, 1, 1, 1, 1, 1, 1 };
    REFUSES("reshape", SHAPE, "[3, 5] cannot", op_reshape(t, R(3, 5), (size_t[]){ 4, 4 }, 2));
    REFUSES("reshape", SHAPE, "cannot", op_reshape(t, R(3, 5), huge, 2));
    REFUSES("reshape", SHAPE, "cannot", op_reshape(t, R(1), seven, 7));
    REFUSES("reshape", TYPE, "argument 1", op_reshape(t, I(4), (size_t[]){ 2, 2 }, 2));
    REFUSES("transpose", RANGE, "permutation", op_transpose(t, R(3, 5), same));
    REFUSES("transpose", RANGE, "permutation", op_transpose(t, R(3, 5), far));
    REFUSES("transpose", TYPE, "argument 1", op_transpose(t, I(3, 5), same));
    REFUSES("slice", RANGE, "axis 2 among 2", op_slice(t, R(3, 5), 2, 0, 1));
    REFUSES("slice", RANGE, "axis -3 among 2", op_slice(t, R(3, 5), -3, 0, 1));
    REFUSES("slice", RANGE, "4 elements from 2 on exceed 5", op_slice(t, R(3, 5), 1, 2, 4));
    REFUSES("slice", RANGE, "exceed", op_slice(t, R(3, 5), 0, 4, 0));
    REFUSES("slice", RANGE, "exceed", op_slice(t, R(3, 5), 0, 2, SIZE_MAX));
    REFUSES("slice", TYPE, "argument 1", op_slice(t, I(3, 5), 0, 0, 1));
    REFUSES("sum", RANGE, "axis 1 among 1", op_sum(t, R(3), 1));
    REFUSES("sum", RANGE, "axis 0 among 0", op_sum(t, number(), 0));
    REFUSES("sum", TYPE, "argument 1", op_sum_all(t, I(3)));
    REFUSES("mean", RANGE, "axis -2 among 1", op_mean(t, R(3), -2));
    REFUSES("mean", SHAPE, "nothing", op_mean(t, R(3, 0), 1));
    REFUSES("mean", SHAPE, "nothing", op_mean_all(t, R(0)));
    REFUSES("mean", TYPE, "argument 1", op_mean(t, I(3), 0));
}

static void joining(void **state)
{
    (void)state;
    ACCEPTS(op_concat(t, MANY(R(2, 3), R(2, 4)), 1));
    REFUSES("concat", SHAPE, "nothing", op_concat(t, NULL, 0, 0));
    REFUSES("concat", SHAPE, "argument 2", op_concat(t, MANY(R(2, 3), R(3, 3)), 1));
    REFUSES("concat", SHAPE, "argument 3", op_concat(t, MANY(R(2, 3), R(2, 3), R(2, 3, 1)), 0));
    REFUSES("concat", RANGE, "axis 2", op_concat(t, MANY(R(2, 3), R(2, 3)), 2));
    REFUSES("concat", RANGE, "axis 0 among 0", op_concat(t, MANY(number(), number()), 0));
    REFUSES("concat", TYPE, "argument 2", op_concat(t, MANY(R(2, 3), I(2, 3)), 0));
    REFUSES("stack", SHAPE, "nothing", op_stack(t, NULL, 0, 0));
    REFUSES("stack", SHAPE, "[2, 4] and [2, 3]", op_stack(t, MANY(R(2, 3), R(2, 4)), 0));
    REFUSES("stack", RANGE, "axis 3 among 3", op_stack(t, MANY(R(2, 3), R(2, 3)), 3));
    REFUSES("stack", RANGE, "axis -4 among 3", op_stack(t, MANY(R(2, 3), R(2, 3)), -4));
    REFUSES("stack", SHAPE, "7 axes", op_stack(t, MANY(R(1, 1, 1, 1, 1, 1)), 6));
    REFUSES("stack", TYPE, "argument 1", op_stack(t, MANY(U(2, 3)), 0));
}

static void rows(void **state)
{
    (void)state;
    int64_t below = -1, beyond = 3;
    ACCEPTS(op_gather_rows(t, R(2, 5), I(3, 2)));
    REFUSES("gather_rows", RANGE, "index 1 is not in 0 .. 0", op_gather_rows(t, R(1, 5), I(3)));
    REFUSES("gather_rows", RANGE, "index -1",
            op_gather_rows(t, R(3, 5), tape_indices(t, NULL, 0, &below)));
    REFUSES("gather_rows", RANGE, "index 3 is not in 0 .. 2",
            op_gather_rows(t, R(3, 5), tape_indices(t, NULL, 0, &beyond)));
    REFUSES("gather_rows", TYPE, "not I64", op_gather_rows(t, R(3, 5), R(3)));
    REFUSES("gather_rows", TYPE, "argument 1", op_gather_rows(t, I(3, 5), I(3)));
    REFUSES("gather_rows", SHAPE, "table has 0 axes", op_gather_rows(t, number(), I(1)));
    REFUSES("gather_rows", SHAPE, "the index 4", op_gather_rows(t, R(2, 1, 1, 1), I(1, 1, 1, 1)));
}

static struct tensor *attend(struct tensor *q, struct tensor *k, struct tensor *v,
                             struct attention_options options)
{
    return (op_attention)(t, q, k, v, &options);
}

/* Named and located as if `attend` were the operation. */
#define ATTEND(q, k, v, ...) \
    tape_locate(t, attend(q, k, v, (struct attention_options){ __VA_ARGS__ }), __FILE__, __LINE__)

static void attention(void **state)
{
    (void)state;
    struct attention_options two = { .heads = 2 };
    ACCEPTS(ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .mask = U(1, 1, 5)));
    REFUSES("attention", SHAPE, "has 2 axes, not 3", ATTEND(R(3, 4), R(3, 4), R(3, 4), .heads = 2));
    REFUSES("attention", SHAPE, "[1, 5, 4] is not [2, L, 4]",
            ATTEND(R(2, 3, 4), R(1, 5, 4), R(2, 5, 4), .heads = 2));
    REFUSES("attention", SHAPE, "[2, 5, 6] is not [2, L, 4]",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 6), .heads = 2));
    REFUSES("attention", SHAPE, "5 keys and 6 values",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 6, 4), .heads = 2));
    REFUSES("attention", SHAPE, "width 4 does not divide into 3 heads",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 3));
    REFUSES("attention", SHAPE, "0 heads", ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 0));
    REFUSES("attention", SHAPE, "width 0", ATTEND(R(2, 3, 0), R(2, 5, 0), R(2, 5, 0), .heads = 1));
    REFUSES("attention", TYPE, "argument 3",
            ATTEND(R(2, 3, 4), R(2, 5, 4), I(2, 5, 4), .heads = 2));
    REFUSES("attention", RANGE, "dropout chance 1",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .dropout = 1));
    REFUSES("attention", RANGE, "dropout chance -1",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .dropout = -1));
    REFUSES("attention", SHAPE, "[2, 3, 10] is not [2, L, 9]",
            op_self_attention(t, R(2, 3, 10), &two));
    REFUSES("attention", SHAPE, "[2, 5, 4] is not [2, L, 8]",
            op_cross_attention(t, R(2, 3, 4), R(2, 5, 4), &two));
}

static void attention_masks(void **state)
{
    (void)state;
    REFUSES("attention", TYPE, "not U8",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .mask = R(2, 3, 5)));
    REFUSES("attention", SHAPE, "mask [3, 5] has 2 axes",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .mask = U(3, 5)));
    REFUSES("attention", SHAPE, "[3, 3, 5] does not fit [2, 3, 5]",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .mask = U(3, 3, 5)));
    REFUSES("attention", SHAPE, "[2, 2, 5] does not fit [2, 3, 5]",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .mask = U(2, 2, 5)));
    REFUSES("attention", SHAPE, "[2, 3, 1] does not fit [2, 3, 5]",
            ATTEND(R(2, 3, 4), R(2, 5, 4), R(2, 5, 4), .heads = 2, .mask = U(2, 3, 1)));
}

static void norms(void **state)
{
    (void)state;
    ACCEPTS(op_layer_norm(t, R(3, 1), R(1), R(1)));
    REFUSES("norm", SHAPE, "scale [4] has 4 elements, not 5", op_norm(t, R(3, 5), R(4), R(5)));
    REFUSES("norm", SHAPE, "shift", op_norm(t, R(3, 5), R(5), R(4)));
    REFUSES("norm", SHAPE, "rows of 1", op_norm(t, R(3, 1), R(1), R(1)));
    REFUSES("norm", TYPE, "argument 1", op_norm(t, I(3, 5), R(5), R(5)));
    REFUSES("layer_norm", SHAPE, "scale", op_layer_norm(t, R(3, 5), R(6), R(5)));
    REFUSES("layer_norm", SHAPE, "shift", op_layer_norm(t, R(3, 5), R(5), R(6)));
    REFUSES("layer_norm", SHAPE, "rows of 0", op_layer_norm(t, R(3, 0), R(0), R(0)));
    REFUSES("layer_norm", TYPE, "argument 2", op_layer_norm(t, R(3, 5), I(5), R(5)));
    ACCEPTS(op_batch_norm(t, R(2, 3, 4, 5), R(3), R(3), R(3), R(3)));
    REFUSES("batch_norm", SHAPE, "no batch", op_batch_norm(t, R(3), R(3), R(3), R(3), R(3)));
    REFUSES("batch_norm", SHAPE, "no batch", op_batch_norm(t, R(0, 3), R(3), R(3), R(3), R(3)));
    REFUSES("batch_norm", SHAPE, "scale", op_batch_norm(t, R(2, 3), R(2), R(3), R(3), R(3)));
    REFUSES("batch_norm", SHAPE, "shift", op_batch_norm(t, R(2, 3), R(3), R(2), R(3), R(3)));
    REFUSES("batch_norm", SHAPE, "running mean", op_batch_norm(t, R(2, 3), R(3), R(3), R(2), R(3)));
    REFUSES("batch_norm", SHAPE, "running variance",
            op_batch_norm(t, R(2, 3), R(3), R(3), R(3), R(2)));
    REFUSES("batch_norm", TYPE, "argument 5", op_batch_norm(t, R(2, 3), R(3), R(3), R(3), I(3)));
    REFUSES("l2_normalise", TYPE, "argument 1", op_l2_normalise(t, I(3)));
}

static void pictures(void **state)
{
    (void)state;
    const struct pool_options none = { .kernel = 0, .stride = 1 };
    const struct pool_options still = { .kernel = 2, .stride = 0 };
    const struct pool_options padded = { .kernel = 3, .stride = 1, .pad = 2 };
    const struct pool_options large = { .kernel = 6, .stride = 1 };
    ACCEPTS(op_conv2d(t, R(1, 2, 3, 3), R(4, 2, 3, 3), R(4), 1, 0));
    REFUSES("conv2d", SHAPE, "input [2, 3, 3] has 3 axes",
            op_conv2d(t, R(2, 3, 3), R(4, 2, 3, 3), NULL, 1, 0));
    REFUSES("conv2d", SHAPE, "weight", op_conv2d(t, R(1, 2, 3, 3), R(4, 18), NULL, 1, 0));
    REFUSES("conv2d", SHAPE, "2 channels, the weight 3",
            op_conv2d(t, R(1, 2, 3, 3), R(4, 3, 3, 3), NULL, 1, 0));
    REFUSES("conv2d", SHAPE, "bias", op_conv2d(t, R(1, 2, 3, 3), R(4, 2, 3, 3), R(2), 1, 0));
    REFUSES("conv2d", SHAPE, "2 x 3 is smaller",
            op_conv2d(t, R(1, 2, 2, 3), R(4, 2, 3, 3), NULL, 1, 0));
    REFUSES("conv2d", SHAPE, "smaller", op_conv2d(t, R(1, 2, 3, 3), R(4, 2, 3, 0), NULL, 1, 0));
    REFUSES("conv2d", RANGE, "stride", op_conv2d(t, R(1, 2, 3, 3), R(4, 2, 3, 3), NULL, 0, 0));
    REFUSES("conv2d", TYPE, "argument 1", op_conv2d(t, U(1, 2, 3, 3), R(4, 2, 3, 3), NULL, 1, 0));
    REFUSES("max_pool", SHAPE, "has 2 axes", op_max_pool(t, R(4, 4), large));
    REFUSES("max_pool", SHAPE, "5 x 7 is too small", op_max_pool(t, R(1, 1, 5, 7), large));
    REFUSES("max_pool", RANGE, "kernel 0", op_max_pool(t, R(1, 1, 5, 7), none));
    REFUSES("max_pool", RANGE, "stride 0", op_max_pool(t, R(1, 1, 5, 7), still));
    REFUSES("max_pool", RANGE, "padding 2", op_max_pool(t, R(1, 1, 5, 7), padded));
    REFUSES("max_pool", TYPE, "argument 1", op_max_pool(t, U(1, 1, 5, 7), large));
    REFUSES("average_pool", SHAPE, "7 x 5 is too small", op_average_pool(t, R(1, 1, 7, 5), large));
    REFUSES("average_pool", RANGE, "kernel 0", op_average_pool(t, R(1, 1, 5, 7), none));
    REFUSES("average_pool", SHAPE, "axes", op_average_pool(t, R(5), large));
    REFUSES("adaptive_pool", SHAPE, "too small", op_adaptive_pool(t, R(1, 1, 5, 7), 0, 1));
    REFUSES("adaptive_pool", SHAPE, "5 x 0", op_adaptive_pool(t, R(1, 1, 5, 0), 1, 1));
    REFUSES("adaptive_pool", SHAPE, "axes", op_adaptive_pool(t, R(1, 5, 7), 1, 1));
    REFUSES("adaptive_pool", TYPE, "argument 1", op_adaptive_pool(t, I(1, 1, 5, 7), 1, 1));
}

static void cells(void **state)
{
    (void)state;
    struct tensor *next;
    ACCEPTS(op_gru_cell(t, R(2, 9), R(2, 9), R(2, 3)));
    REFUSES("gru_cell", SHAPE, "gates [2, 6] do not fit a state [2, 3]",
            op_gru_cell(t, R(2, 6), R(2, 9), R(2, 3)));
    REFUSES("gru_cell", SHAPE, "gates [3, 9]", op_gru_cell(t, R(2, 9), R(3, 9), R(2, 3)));
    REFUSES("gru_cell", SHAPE, "state", op_gru_cell(t, R(2, 9), R(2, 9), R(2, 1, 3)));
    REFUSES("gru_cell", SHAPE, "gates", op_gru_cell(t, R(9), R(2, 9), R(2, 3)));
    REFUSES("gru_cell", TYPE, "argument 3", op_gru_cell(t, R(2, 9), R(2, 9), I(2, 3)));
    ACCEPTS(op_lstm_cell(t, R(2, 12), R(2, 3), &next));
    REFUSES("lstm_cell", SHAPE, "gates [2, 9] do not fit a state [2, 3]",
            op_lstm_cell(t, R(2, 9), R(2, 3), &next));
    assert_ptr_equal(next, tape_poison(t));
    REFUSES("lstm_cell", SHAPE, "state", op_lstm_cell(t, R(2, 12), R(3), &next));
    REFUSES("lstm_cell", TYPE, "argument 1", op_lstm_cell(t, I(2, 12), R(2, 3), &next));
}

static void losses(void **state)
{
    (void)state;
    REFUSES("squared_distance", SHAPE, "[3, 5] and [5]", op_squared_distance(t, R(3, 5), R(5)));
    REFUSES("squared_distance", SHAPE, "single", op_squared_distance(t, number(), number()));
    REFUSES("squared_distance", TYPE, "argument 2", op_squared_distance(t, R(3, 5), I(3, 5)));
    REFUSES("triplet", SHAPE, "[3, 5] and [3, 4]", op_triplet(t, R(3, 5), R(3, 4), R(3, 5), 0));
    REFUSES("triplet", SHAPE, "[3, 5] and [2, 5]", op_triplet(t, R(3, 5), R(3, 5), R(2, 5), 0));
    REFUSES("triplet", SHAPE, "single", op_triplet(t, number(), number(), number(), 0));
    REFUSES("triplet", TYPE, "argument 1", op_triplet(t, I(3, 5), R(3, 5), R(3, 5), 0));
    REFUSES("smooth_l1", SHAPE, "[3] and [3, 1]", op_smooth_l1(t, R(3), R(3, 1)));
    REFUSES("smooth_l1", TYPE, "argument 2", op_smooth_l1(t, R(3), U(3)));
    REFUSES("contrastive", SHAPE, "3 pictures for 4 texts", op_contrastive(t, R(3, 4)));
    REFUSES("contrastive", SHAPE, "0 pictures", op_contrastive(t, R(0, 0)));
    REFUSES("contrastive", SHAPE, "axes", op_contrastive(t, R(9)));
    REFUSES("contrastive", TYPE, "argument 1", op_contrastive(t, I(3, 3)));
}

static void cross_entropy(void **state)
{
    (void)state;
    ACCEPTS(op_cross_entropy(t, R(3, 5), I(3), R(3), 0.1));
    REFUSES("cross_entropy", SHAPE, "logits", op_cross_entropy(t, R(15), I(3), NULL, 0));
    REFUSES("cross_entropy", SHAPE, "target", op_cross_entropy(t, R(3, 5), I(4), NULL, 0));
    REFUSES("cross_entropy", SHAPE, "weight", op_cross_entropy(t, R(3, 5), I(3), R(4), 0));
    REFUSES("cross_entropy", RANGE, "index 1 is not in 0 .. 0",
            op_cross_entropy(t, R(3, 1), I(3), NULL, 0));
    REFUSES("cross_entropy", RANGE, "smoothing 1.1", op_cross_entropy(t, R(3, 5), I(3), NULL, 1.1));
    REFUSES("cross_entropy", RANGE, "smoothing -0.1",
            op_cross_entropy(t, R(3, 5), I(3), NULL, -0.1));
    REFUSES("cross_entropy", TYPE, "not I64", op_cross_entropy(t, R(3, 5), R(3), NULL, 0));
    REFUSES("cross_entropy", TYPE, "argument", op_cross_entropy(t, R(3, 5), I(3), I(3), 0));
    REFUSES("cross_entropy", UNSUPPORTED, "detach",
            op_cross_entropy(t, R(3, 5), I(3), wanted(R(3)), 0));
}

static void every_op_was_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < OP_COUNT; i++)
        if (!refused[i])
            fail_msg("nothing here makes '%s' fail", op_names[i]);
}

static int setup(void **state)
{
    (void)state;
    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return -1;
    tape_init(t, compute, NULL);
    return 0;
}

/* A table that stopped half way leaves its failure behind. */
static int begin(void **state)
{
    (void)state;
    tape_reset(t);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tape_release(t);
    compute_destroy(compute);
    return 0;
}

int main(void)
{
#define TABLE(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TABLE(linear),        TABLE(matmul),
        TABLE(elements),      TABLE(shapes),
        TABLE(joining),       TABLE(rows),
        TABLE(attention),     TABLE(attention_masks),
        TABLE(norms),         TABLE(pictures),
        TABLE(cells),         TABLE(losses),
        TABLE(cross_entropy), TABLE(every_op_was_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
