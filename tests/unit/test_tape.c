/* The tape itself: failures that stick, memory, dropped values, what is recorded and what is not.
 * That gradients are right is shown by tests/gradient; that each operation refuses what it cannot
 * do, by test_tape_errors.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "autograd/ops.h"
#include "support/support.h"

#define SHAPE(...)                                                 \
    sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]) \
    {                                                              \
        __VA_ARGS__                                                \
    }

enum { ROOM = 64 };

static struct compute *compute;
static struct tape tape, *const t = &tape;

static int setup(void **state)
{
    (void)state;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    tape_init(t, compute, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tape_release(t);
    compute_destroy(compute);
    return 0;
}

/* 0.1, 0.2, ... */
static struct tensor *input(size_t rank, const size_t *dim)
{
    real value[ROOM];
    for (size_t i = 0; i < ROOM; i++)
        value[i] = (real)(i + 1) / 10;
    return tape_input(t, dim, rank, value);
}

static struct tensor *leaf(size_t rank, const size_t *dim)
{
    struct tensor *x = input(rank, dim);
    x->requires_grad = true;
    return x;
}

static void assert_fails(enum gmr_status status, const char *message)
{
    assert_int_equal(tape_status(t), status);
    assert_string_equal(gmr_error_message(), message);
}

/* "op (this file:line): text" */
static void assert_fails_at(enum gmr_status status, const char *op, int line, const char *text)
{
    char message[2 * TAPE_MESSAGE];
    snprintf(message, sizeof message, "%s (%s:%d): %s", op, __FILE__, line, text);
    assert_fails(status, message);
}

static void assert_ok(void)
{
    if (tape_status(t) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static size_t bytes_in_use(void)
{
    return tape_statistics(t).bytes_in_use;
}

/* ---- failures ---- */

static void first_error_sticks(void **state)
{
    (void)state;
    struct tensor *a = input(SHAPE(2, 3)), *b = input(SHAPE(4, 3));
    struct tensor *y = op_add(t, a, b);
    int line = __LINE__ - 1;
    assert_ptr_equal(y, tape_poison(t));
    op_matmul(t, a, b, false, false);
    op_sum(t, y, 7);
    assert_ptr_equal(tape_fail(t, "later", GMR_ERR_RANGE, "not this one"), y);
    assert_int_equal(tape_backward(t, y), GMR_ERR_SHAPE);
    assert_fails_at(GMR_ERR_SHAPE, "add", line, "shapes [2, 3] and [4, 3] do not fit together");
    assert_int_equal(tape_statistics(t).records, 0);

    tape_reset(t);
    assert_ok();
    assert_int_equal(tape_scalar(t, op_sum_all(t, input(SHAPE(1)))) * 10, 1);
}

static struct tensor *layer(struct tensor *x)
{
    return op_relu(t, op_tanh(t, x));
}

/* Operations among the arguments of another do not pass for it, in whatever order a compiler has
 * them run. */
static void errors_name_the_outer_call(void **state)
{
    (void)state;
    struct tensor *x = input(SHAPE(2, 3));
    op_sum(t, layer(x), 5);
    int line = __LINE__ - 1;
    assert_fails_at(GMR_ERR_RANGE, "sum", line, "there is no axis 5 among 2");
}

static void errors_name_the_first_of_a_chain(void **state)
{
    (void)state;
    struct tensor *x = input(SHAPE(2, 3)), *w = input(SHAPE(2, 2));
    struct tensor *bad = op_linear(t, x, w, NULL, NULL, ACTIVATE_NONE);
    int line = __LINE__ - 1;
    layer(op_mean(t, bad, 0));
    assert_fails_at(GMR_ERR_SHAPE, "linear", line, "the input has 3 columns, the weight 2");
}

/* Inputs are no operation: no line is named, nor that of the operation after them. */
static void inputs_fail_without_a_line(void **state)
{
    (void)state;
    size_t dim[TENSOR_MAX_RANK + 1] = { 1, 1, 1, 1, 1, 1, 1 };
    op_relu(t, tape_filled(t, dim, TENSOR_MAX_RANK + 1, 0));
    assert_fails(GMR_ERR_SHAPE, "a tensor of rank 7 is too large");
    tape_reset(t);
    tape_filled(t, (size_t[]){ SIZE_MAX / 2, 3 }, 2, 0);
    assert_fails(GMR_ERR_SHAPE, "a tensor of rank 2 is too large");
}

static struct tensor *long_model(struct tensor *x)
{
    struct attention_options attention = { .heads = 1 };
    struct pool_options pool = { .kernel = 1, .stride = 1 };
    int64_t zero = 0;
    size_t axes[] = { 0 }, one = 1;
    struct tensor *index = tape_indices(t, &one, 1, &zero), *cell;

    x = op_scale(t, op_multiply(t, op_subtract(t, op_add(t, x, x), x), x), 2);
    x = op_transpose(t, op_reshape(t, x, &one, 1), axes);
    x = op_concat(t, (struct tensor *[]){ x, x }, 2, 0);
    x = op_slice(t, op_stack(t, (struct tensor *[]){ x, x }, 2, 0), 0, 0, 1);
    x = op_matmul(t, op_gather_rows(t, x, index), x, false, false);
    x = op_mean_all(t, op_sum_all(t, op_mean(t, op_sum(t, x, 0), 0)));
    x = op_quick_gelu(t, op_gelu(t, op_sigmoid(t, op_tanh(t, op_relu(t, x)))));
    x = op_dropout(t, op_softmax(t, op_exp(t, x)), 0.5);
    x = op_attention(t, x, x, x, &attention);
    x = op_self_attention(t, op_cross_attention(t, x, x, &attention), &attention);
    x = op_batch_norm(t, op_layer_norm(t, op_norm(t, x, x, x), x, x), x, x, x, x);
    x = op_average_pool(t, op_max_pool(t, op_conv2d(t, x, x, x, 1, 0), pool), pool);
    x = op_gru_cell(t, op_adaptive_pool(t, x, 1, 1), x, x);
    x = op_add(t, op_lstm_cell(t, x, x, &cell), cell);
    x = op_squared_distance(t, op_l2_normalise(t, x), x);
    x = op_cross_entropy(t, op_triplet(t, x, x, x, 0.1), index, x, 0);
    x = op_contrastive(t, op_smooth_l1(t, x, x));
    return op_linear(t, tape_detach(t, x), x, x, x, ACTIVATE_NONE);
}

static void poison_is_harmless(void **state)
{
    (void)state;
    struct tensor *x = input(SHAPE(2, 3)), *bad = op_sum(t, x, 2), *y;
    size_t before = bytes_in_use();
    real value = 7;
    y = long_model(bad);
    assert_ptr_equal(y, tape_poison(t));
    assert_ptr_equal(long_model(x), tape_poison(t));
    tape_drop(t, y);
    tape_drop(t, x);
    tape_read(t, y, &value);
    assert_int_equal(value, 7);
    assert_int_equal(tape_scalar(t, y), 0);
    assert_int_equal(tape_backward(t, y), GMR_ERR_RANGE);
    assert_int_equal(bytes_in_use(), before);
    assert_int_equal(tape_statistics(t).records, 0);
    assert_false(y->requires_grad || y->has_grad || y->dropped || y->producer);
    assert_int_equal(y->rank, 0);
}

static void a_loss_is_one_number_with_a_gradient(void **state)
{
    (void)state;
    assert_int_equal(tape_backward(t, op_tanh(t, leaf(SHAPE(2)))), GMR_ERR_SHAPE);
    assert_fails(GMR_ERR_SHAPE, "a loss has one element, not 2");
    tape_reset(t);
    assert_int_equal(tape_backward(t, op_sum_all(t, input(SHAPE(2)))), GMR_ERR_STATE);
    assert_fails(GMR_ERR_STATE, "the loss depends on nothing that requires a gradient");
    tape_reset(t);
    t->recording = false;
    assert_int_equal(tape_backward(t, op_sum_all(t, leaf(SHAPE(2)))), GMR_ERR_STATE);
}

static void what_is_not_finite_is_named(void **state)
{
    (void)state;
    struct tensor *x = leaf(SHAPE(2, 3)), *large;
    op_exp(t, op_scale(t, x, 1e6));
    assert_ok(); /* nobody asked */
    t->check_finite = true;
    large = op_scale(t, x, 1e6);
    assert_ok();
    op_tanh(t, op_exp(t, large));
    int line = __LINE__ - 1;
    assert_fails_at(GMR_ERR_NUMERIC, "exp", line, "the result is not finite");
}

static void failures_of_the_walk_name_their_operation(void **state)
{
    (void)state;
    struct failing_allocator memory;
    struct compute *narrow;
    size_t n = 1 << 20; /* as many numbers as make the pool ask for more each time */
    failing_allocator_init(&memory, 0);
    assert_int_equal(compute_create_reference(&memory.allocator, &narrow), GMR_OK);
    tape_release(t);
    tape_init(t, narrow, &memory.allocator);

    struct tensor *x = tape_filled(t, &n, 1, 1);
    x->requires_grad = true;
    struct tensor *loss = op_sum_all(t, op_tanh(t, x));
    int line = __LINE__ - 1;
    assert_ok();
    memory.fail_at = memory.calls + 1;
    assert_int_equal(tape_backward(t, loss), GMR_ERR_NOMEM);
    char expected[TAPE_MESSAGE];
    snprintf(expected, sizeof expected, "sum (%s:%d): out of memory", __FILE__, line);
    assert_memory_equal(gmr_error_message(), expected, strlen(expected));

    tape_release(t);
    compute_destroy(narrow);
    assert_true(failing_allocator_is_clean(&memory));
    tape_init(t, compute, NULL);
}

/* ---- recording ---- */

static struct tensor *small_model(struct tensor *x)
{
    struct tensor *a = leaf(SHAPE(3)), *w = leaf(SHAPE(4, 3));
    x = op_linear(t, op_norm(t, x, a, a), w, NULL, NULL, ACTIVATE_GELU);
    return op_sum_all(t, x);
}

static void inference_keeps_no_records(void **state)
{
    (void)state;
    struct tensor *x = input(SHAPE(2, 3)), *y;
    y = small_model(x);
    size_t with_kept = bytes_in_use();
    assert_int_equal(tape_statistics(t).records, 3);
    assert_true(y->requires_grad);

    tape_reset(t);
    t->recording = false;
    x = input(SHAPE(2, 3));
    y = small_model(x);
    assert_int_equal(tape_statistics(t).records, 0);
    assert_false(y->requires_grad);
    /* what norm and gelu keep for the way back: three blocks of 64 bytes */
    assert_int_equal(bytes_in_use(), with_kept - 3 * MEMORY_ALIGNMENT);
    t->recording = true;
}

static void detached_values_are_shared_and_stop_gradients(void **state)
{
    (void)state;
    struct tensor *x = leaf(SHAPE(3)), *h = op_scale(t, x, 2), *cut = tape_detach(t, h);
    assert_ptr_equal(cut->data, h->data);
    assert_false(cut->requires_grad);
    assert_true(tensor_same_shape(cut, h));
    /* loss = sum(x * 2x), the second factor held fixed */
    assert_int_equal(tape_backward(t, op_sum_all(t, op_multiply(t, x, cut))), GMR_OK);
    for (size_t i = 0; i < 3; i++)
        assert_float_equal(x->grad[i], 2 * tensor_real(x)[i], 0);

    struct tensor *alone = tape_detach(t, x);
    assert_ptr_equal(alone->data, x->data);
    assert_false(alone->requires_grad);
    struct tensor *index = tape_indices(t, (size_t[]){ 1 }, 1, (int64_t[]){ 5 });
    assert_int_equal(tensor_index(tape_detach(t, index))[0], 5);
}

static void constants_wrap_memory(void **state)
{
    (void)state;
    real value[] = { 1, 2, 3 }, gradient[] = { 0, 0, 0 }, copy[3];
    struct tensor *x = tape_constant(t, (size_t[]){ 3 }, 1, value);
    assert_ptr_equal(x->data, value);
    x->requires_grad = true;
    x->grad = gradient; /* as a parameter has it */
    assert_int_equal(tape_backward(t, op_sum_all(t, op_scale(t, x, 3))), GMR_OK);
    assert_int_equal(gradient[2], 3);
    assert_int_equal(tape_backward(t, op_sum_all(t, op_tanh(t, op_scale(t, x, 0)))), GMR_OK);
    assert_int_equal(gradient[2], 3);
    assert_false(x->owns_grad);
    value[1] = 5;
    tape_read(t, x, copy);
    assert_int_equal(copy[1], 5);
    tape_reset(t);
    assert_int_equal(gradient[0], 3);
}

/* ---- memory ---- */

static struct tensor *chain(struct tensor *x, size_t length)
{
    for (size_t i = 0; i < length; i++)
        x = op_tanh(t, op_scale(t, x, 0.9));
    return op_sum_all(t, x);
}

static void walk_gives_gradients_back(void **state)
{
    (void)state;
    real value[1000] = { 1 }, gradient[1000] = { 0 };
    struct tensor *x = tape_constant(t, (size_t[]){ 1000 }, 1, value), *loss;
    x->requires_grad = true;
    x->grad = gradient;
    loss = chain(x, 20);
    size_t before = bytes_in_use(), block = 4032; /* 1000 numbers of 4 bytes, in units of 64 */
    assert_int_equal(before, 40 * block + MEMORY_ALIGNMENT);
    assert_int_equal(tape_backward(t, loss), GMR_OK);
    assert_int_equal(bytes_in_use(), before);
    assert_true(gradient[0] != 0);
    /* never more than the gradient that came in, the one that goes out and the loss's */
    struct tape_statistics s = tape_statistics(t);
    assert_int_equal(s.bytes_high_water, before + 2 * block);
    assert_int_equal(s.records, 41);
    assert_true(s.bytes_reserved >= s.bytes_high_water);
}

static void high_water_outlives_reset(void **state)
{
    (void)state;
    real value[1000] = { 0 };
    chain(tape_input(t, (size_t[]){ 1000 }, 1, value), 4);
    size_t high = tape_statistics(t).bytes_high_water;
    assert_int_equal(high, bytes_in_use());
    tape_reset(t);
    struct tape_statistics s = tape_statistics(t);
    assert_int_equal(s.bytes_in_use, 0);
    assert_int_equal(s.records, 0);
    assert_int_equal(s.bytes_high_water, high);
    chain(tape_input(t, (size_t[]){ 1000 }, 1, value), 2);
    assert_int_equal(tape_statistics(t).bytes_high_water, high);
}

/* After the first step, equal ones ask the system for nothing. */
static void steps_reuse_memory(void **state)
{
    (void)state;
    struct failing_allocator memory;
    size_t calls = 0;
    failing_allocator_init(&memory, 0);
    struct compute *counted;
    assert_int_equal(compute_create_reference(&memory.allocator, &counted), GMR_OK);
    tape_release(t);
    tape_init(t, counted, &memory.allocator);
    for (int step = 0; step < 4; step++) {
        struct tensor *x = tape_filled(t, (size_t[]){ 100, 200 }, 2, 1);
        x->requires_grad = true;
        assert_int_equal(tape_backward(t, chain(x, 150)), GMR_OK);
        assert_true(step == 0 || memory.calls == calls);
        calls = memory.calls;
        tape_reset(t);
    }
    assert_true(calls > 4);
    tape_release(t);
    compute_destroy(counted);
    assert_true(failing_allocator_is_clean(&memory));
    tape_init(t, compute, NULL);
}

/* ---- dropped values ---- */

static void drop_frees_at_once(void **state)
{
    (void)state;
    struct tensor *x = leaf(SHAPE(8, 8)), *h = op_tanh(t, x), *seen, *y;
    size_t before = bytes_in_use(), block = 256;
    seen = op_reshape(t, h, (size_t[]){ 64 }, 1);
    assert_int_equal(bytes_in_use(), before); /* shares memory */
    y = op_multiply(t, seen, seen);
    assert_int_equal(bytes_in_use(), before + block);
    tape_drop(t, x);    /* not computed by the tape */
    tape_drop(t, seen); /* not its memory */
    assert_int_equal(bytes_in_use(), before + block);
    tape_drop(t, h);
    tape_drop(t, h);
    assert_int_equal(bytes_in_use(), before);
    assert_null(h->data);
    assert_int_equal(tape_backward(t, op_sum_all(t, y)), GMR_OK);
    assert_null(h->data);
    for (size_t i = 0; i < 64; i++) {
        double v = tanh(tensor_real(x)[i]);
        assert_float_equal(x->grad[i], (float)(2 * v * (1 - v * v)), 1e-6);
    }
}

static void running_statistics_move_once(void **state)
{
    (void)state;
    real mean[] = { 1, 2 }, variance[] = { 1, 1 }, value[] = { 0, 10, 2, 20, 4, 60 };
    size_t two = 2;
    struct tensor *running_mean = tape_constant(t, &two, 1, mean);
    struct tensor *running_variance = tape_constant(t, &two, 1, variance);
    struct tensor *x = tape_input(t, (size_t[]){ 3, 2 }, 2, value), *w = leaf(SHAPE(2));
    struct tensor *y = op_batch_norm(t, x, w, input(SHAPE(2)), running_mean, running_variance);
    struct tensor *loss = op_sum_all(t, op_multiply(t, y, y));
    tape_drop(t, y);
    assert_int_equal(tape_backward(t, loss), GMR_OK);
    assert_int_equal(tape_backward(t, loss), GMR_OK);
    /* 0.9 old + 0.1 of the batch: means 2 and 30, variances 4 and 700 over n - 1 */
    assert_float_equal(mean[0], 1.1, 1e-6);
    assert_float_equal(mean[1], 4.8, 1e-6);
    assert_float_equal(variance[0], 1.3, 1e-6);
    assert_float_equal(variance[1], 70.9, 1e-4);

    t->training = false;
    op_batch_norm(t, x, w, w, running_mean, running_variance);
    assert_float_equal(mean[0], 1.1, 1e-6);
    t->training = true;
}

/* ---- dropout ---- */

static void read_dropout(real *value, size_t n)
{
    struct tensor *x = tape_filled(t, &n, 1, 1);
    tape_read(t, op_dropout(t, x, 0.25), value);
    assert_ok();
}

static void dropout_streams_differ_and_repeat(void **state)
{
    (void)state;
    enum { N = 4000 };
    static real first[N], second[N], again[N];
    size_t dropped = 0, same = 0;
    t->dropout_seed = 3;
    read_dropout(first, N);
    read_dropout(second, N);
    for (size_t i = 0; i < N; i++) {
        assert_true(first[i] == 0 || fabs(first[i] - 1 / 0.75) < 1e-6);
        dropped += first[i] == 0;
        same += (first[i] == 0) == (second[i] == 0);
    }
    /* 1000 and 2500 expected, six standard deviations allowed */
    assert_in_range(dropped, 836, 1164);
    assert_in_range(same, 2316, 2684);

    tape_reset(t); /* the streams go on */
    read_dropout(again, N);
    assert_memory_not_equal(again, first, sizeof again);
    assert_memory_not_equal(again, second, sizeof again);
    t->dropout_calls = 1;
    read_dropout(again, N);
    assert_memory_equal(again, second, sizeof again);
    t->dropout_calls = 0;
    t->dropout_seed = 4;
    read_dropout(again, N);
    assert_memory_not_equal(again, first, sizeof again);
    t->training = false;
    assert_int_equal(t->dropout_calls, 1);
    struct tensor *x = input(SHAPE(2));
    assert_ptr_equal(op_dropout(t, x, 0.5), x);
    assert_int_equal(t->dropout_calls, 1);
}

static void attention_takes_a_stream_of_its_own(void **state)
{
    (void)state;
    struct attention_options options = { .heads = 1, .dropout = 0.5 };
    struct tensor *x = input(SHAPE(1, 4, 3)), *y[3];
    for (size_t i = 0; i < 3; i++) {
        t->dropout_calls = i / 2;
        y[i] = op_attention(t, x, x, x, &options);
    }
    assert_int_equal(t->dropout_calls, 2);
    assert_memory_equal(y[0]->data, y[1]->data, tensor_bytes(x));
    assert_memory_not_equal(y[0]->data, y[2]->data, tensor_bytes(x));
    options.dropout = 0;
    op_attention(t, x, x, x, &options);
    assert_int_equal(t->dropout_calls, 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(first_error_sticks),
        TEST(errors_name_the_outer_call),
        TEST(errors_name_the_first_of_a_chain),
        TEST(inputs_fail_without_a_line),
        TEST(poison_is_harmless),
        TEST(a_loss_is_one_number_with_a_gradient),
        TEST(what_is_not_finite_is_named),
        TEST(failures_of_the_walk_name_their_operation),
        TEST(inference_keeps_no_records),
        TEST(detached_values_are_shared_and_stop_gradients),
        TEST(constants_wrap_memory),
        TEST(walk_gives_gradients_back),
        TEST(high_water_outlives_reset),
        TEST(steps_reuse_memory),
        TEST(drop_frees_at_once),
        TEST(running_statistics_move_once),
        TEST(dropout_streams_differ_and_repeat),
        TEST(attention_takes_a_stream_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
