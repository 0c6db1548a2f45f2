/* A step of training when memory runs out: one graph with every operation, some of whose values are
 * dropped and computed again. Memory ends twice over: every allocation from the system fails in
 * turn, and the device's memory ends at every place where the step asks the pool for some. Each
 * time the step must say so, crash nowhere and hold nothing; afterwards the same tape works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "autograd/ops.h"
#include "support/support.h"

enum { D = 6, PARAMETERS = 4, LARGEST = 18 * D };

/* Tensors that outlive the step, as those of a model do. */
struct weights {
    struct tensor tensor[PARAMETERS];
    real value[PARAMETERS][LARGEST], grad[PARAMETERS][LARGEST];
};

enum { SQUARE, VECTOR, WIDE, FILTER };

static void weights_init(struct weights *w)
{
    static const struct {
        uint32_t rank;
        size_t dim[4];
    } shape[PARAMETERS] = {
        [SQUARE] = { 2, { D, D } },
        [VECTOR] = { 1, { D } },
        [WIDE] = { 2, { 3 * D, D } },
        [FILTER] = { 4, { 2, 2, 2, 2 } },
    };
    memset(w, 0, sizeof *w);
    for (size_t i = 0; i < PARAMETERS; i++) {
        struct tensor *x = &w->tensor[i];
        *x = (struct tensor){ .dtype = DTYPE_REAL, .rank = shape[i].rank };
        memcpy(x->dim, shape[i].dim, sizeof shape[i].dim);
        fill_uniform(w->value[i], LARGEST, -0.5, 0.5, i + 1);
        x->data = w->value[i];
        x->grad = w->grad[i];
        x->requires_grad = true;
    }
}

static void weights_clear_gradients(struct weights *w)
{
    memset(w->grad, 0, sizeof w->grad);
    for (size_t i = 0; i < PARAMETERS; i++)
        w->tensor[i].has_grad = false;
}

/* ---- the graph ---- */

static struct tensor *constant(struct tape *t, size_t rank, const size_t *dim, uint64_t seed)
{
    real value[128];
    fill_normal(value, 128, seed);
    return tape_input(t, dim, rank, value);
}

#define SHAPE(...)                                                 \
    sizeof((size_t[]){ __VA_ARGS__ }) / sizeof(size_t), (size_t[]) \
    {                                                              \
        __VA_ARGS__                                                \
    }

/* [4, D] -> [4, D]; nothing of the first two operations is kept. */
static struct tensor *frozen_part(struct tape *t, struct weights *w)
{
    struct tensor *a = tape_filled(t, (size_t[]){ D }, 1, 1);
    struct tensor *x = op_layer_norm(t, constant(t, SHAPE(4, D), 1), a, a);
    struct tensor *y = op_l2_normalise(t, x);
    struct tensor *z = op_linear(t, y, &w->tensor[SQUARE], NULL, NULL, ACTIVATE_GELU);
    tape_drop(t, x);
    tape_drop(t, y);
    return z;
}

/* [4, D] -> [4, D] */
static struct tensor *sequence_part(struct tape *t, struct weights *w, struct tensor *x)
{
    struct attention_options options = { .heads = 2, .causal = true, .dropout = 0.1 };
    struct tensor *scale = &w->tensor[VECTOR], *normed = op_norm(t, x, scale, scale), *qkv, *kv, *y;
    qkv = op_linear(t, normed, &w->tensor[WIDE], NULL, NULL, ACTIVATE_NONE);
    tape_drop(t, normed);
    qkv = op_reshape(t, qkv, (size_t[]){ 2, 2, 3 * D }, 3);
    y = op_self_attention(t, qkv, &options);
    kv = op_slice(t, qkv, 2, D, 2 * D);
    y = op_add(t, y, op_cross_attention(t, constant(t, SHAPE(2, 2, D), 2), kv, &options));
    y = op_layer_norm(t, op_transpose(t, y, (size_t[]){ 1, 0, 2 }), scale, scale);
    return op_reshape(t, op_dropout(t, y, 0.2), (size_t[]){ 4, D }, 2);
}

/* [4, D] -> [4, D] */
static struct tensor *picture_part(struct tape *t, struct weights *w, struct tensor *x)
{
    struct pool_options pool = { .kernel = 2, .stride = 1 };
    struct tensor *one = tape_filled(t, (size_t[]){ 2 }, 1, 1), *y;
    y = op_reshape(t, x, (size_t[]){ 1, 2, 3, 4 }, 4);
    y = op_conv2d(t, y, &w->tensor[FILTER], NULL, 1, 1);
    y = op_batch_norm(t, y, one, one, one, one);
    y = op_average_pool(t, op_max_pool(t, y, pool), pool);
    return op_reshape(t, op_adaptive_pool(t, y, 3, 4), (size_t[]){ 4, D }, 2);
}

/* [4, D] -> [4, D] */
static struct tensor *recurrent_part(struct tape *t, struct weights *w, struct tensor *x)
{
    struct tensor *gates = op_linear(t, x, &w->tensor[WIDE], NULL, NULL, ACTIVATE_TANH), *h, *cell;
    h = op_gru_cell(t, gates, gates, x);
    gates = op_concat(t, (struct tensor *[]){ gates, h }, 2, 1);
    h = op_lstm_cell(t, gates, h, &cell);
    tape_drop(t, gates);
    h = op_mean(t, op_stack(t, (struct tensor *[]){ h, cell, x }, 3, 1), 1);
    return op_quick_gelu(t, op_gelu(t, op_relu(t, op_sigmoid(t, h))));
}

/* [4, D] -> one number */
static struct tensor *loss_part(struct tape *t, struct tensor *x)
{
    int64_t row[] = { 3, 0, 0, 1 };
    struct tensor *index = tape_indices(t, (size_t[]){ 4 }, 1, row);
    struct tensor *p = op_gather_rows(t, x, index), *scores = op_matmul(t, x, p, false, true),
                  *loss;
    loss = op_triplet(t, x, p, op_exp(t, op_scale(t, x, 0.1)), 5);
    loss = op_add(t, loss, op_squared_distance(t, x, p));
    loss = op_subtract(t, loss, op_cross_entropy(t, scores, index, NULL, 0.1));
    loss = op_multiply(t, loss, op_sum(t, op_smooth_l1(t, op_softmax(t, scores), scores), 1));
    return op_add(t, op_mean(t, op_tanh(t, loss), 0), op_contrastive(t, scores));
}

static struct tensor *model(struct tape *t, struct weights *w, size_t repeats)
{
    struct tensor *x = frozen_part(t, w);
    for (size_t i = 0; i < repeats; i++) {
        x = sequence_part(t, w, x);
        x = picture_part(t, w, x);
        x = op_l2_normalise(t, recurrent_part(t, w, x));
    }
    return loss_part(t, x);
}

static enum gmr_status step(struct tape *t, struct weights *w, size_t repeats)
{
    weights_clear_gradients(w);
    t->dropout_calls = 0;
    return tape_backward(t, model(t, w, repeats));
}

/* ---- memory ends ---- */

static bool on_tape(const struct tape *t, const struct op *op)
{
    const struct record *r = t->last;
    while (r && r->op != op)
        r = r->previous;
    return r != NULL;
}

static void the_graph_has_every_operation(void **state)
{
    (void)state;
    struct compute *compute;
    struct tape tape;
    struct weights w;
    weights_init(&w);
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    tape_init(&tape, compute, NULL);
    if (step(&tape, &w, 1) != GMR_OK)
        fail_msg("%s", gmr_error_message());
#define OP(name)                     \
    if (!on_tape(&tape, &name##_op)) \
        fail_msg("there is no %s", #name);
#include "autograd/ops.def"
#undef OP
    for (size_t i = 0; i < PARAMETERS; i++)
        assert_true(w.tensor[i].has_grad);
    tape_release(&tape);
    compute_destroy(compute);
}

/* Two steps of different size. The first to fail decides; a failure that does not last must not
 * hinder the second. */
static enum gmr_status job(const struct failing_allocator *memory)
{
    struct compute *compute;
    struct tape tape;
    struct weights w;
    weights_init(&w);
    TRY(compute_create_reference(&memory->allocator, &compute));
    tape_init(&tape, compute, &memory->allocator);
    enum gmr_status first = step(&tape, &w, 20), second;
    tape_reset(&tape);
    second = step(&tape, &w, 25);
    if (first != GMR_OK && !memory->stays_failed)
        assert_int_equal(second, GMR_OK);
    tape_release(&tape);
    compute_destroy(compute);
    return first != GMR_OK ? first : second;
}

static size_t fail_each_allocation(bool stays_failed)
{
    for (size_t n = 1;; n++) {
        struct failing_allocator memory;
        failing_allocator_init(&memory, n);
        memory.stays_failed = stays_failed;
        enum gmr_status status = job(&memory);
        assert_true(failing_allocator_is_clean(&memory));
        if (!failing_allocator_has_failed(&memory)) {
            assert_int_equal(status, GMR_OK);
            return n - 1;
        }
        assert_int_equal(status, GMR_ERR_NOMEM);
        assert_non_null(strstr(gmr_error_message(), "memory"));
    }
}

static void steps_survive_a_failing_system(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(false) > 10);
    assert_true(fail_each_allocation(true) > 10);
}

/* A device that has one chunk and no more. */
static size_t chunks_left;
static struct device host;

static void *allocate_chunk(const struct device *device, size_t size)
{
    (void)device;
    if (chunks_left == 0) {
        gmr_error(GMR_ERR_NOMEM, "out of memory: the device is full");
        return NULL;
    }
    chunks_left--;
    return host.allocate(&host, size);
}

/* Leaves `room` bytes of the chunk for the step. */
static enum gmr_status step_in(struct tape *t, struct weights *w, size_t room)
{
    void *rest = pool_alloc(&t->pool, t->pool.reserved - room);
    assert_non_null(rest);
    enum gmr_status status = step(t, w, 1);
    tape_reset(t);
    return status;
}

typedef enum gmr_status create_function(const struct gmr_allocator *allocator,
                                        struct compute **compute);

static enum gmr_status create_cpu(const struct gmr_allocator *allocator, struct compute **compute)
{
    return compute_create_cpu(allocator, 2, compute);
}

static void survive_a_full_device(create_function *create)
{
    static struct weights w, expected;
    struct failing_allocator memory;
    struct compute *compute;
    struct tape tape;
    size_t room = MEMORY_ALIGNMENT, failures = 0;

    failing_allocator_init(&memory, 0);
    weights_init(&w);
    assert_int_equal(create(&memory.allocator, &compute), GMR_OK);
    host = compute->device;
    compute->device.allocate = allocate_chunk;
    chunks_left = 1;
    tape_init(&tape, compute, &memory.allocator);
    assert_int_equal(step(&tape, &w, 1), GMR_OK);
    tape_reset(&tape);
    expected = w;

    for (; step_in(&tape, &w, room) != GMR_OK; room += MEMORY_ALIGNMENT) {
        assert_non_null(strstr(gmr_error_message(), "the device is full"));
        failures++;
    }
    assert_true(failures > 100);
    assert_memory_equal(w.grad, expected.grad, sizeof w.grad);
    tape_release(&tape);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
}

static void steps_survive_a_full_device(void **state)
{
    (void)state;
    survive_a_full_device(compute_create_reference);
}

/* Its kernels use the scratch that the reference does without. */
static void steps_survive_a_full_device_with_fast_kernels(void **state)
{
    (void)state;
    survive_a_full_device(create_cpu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_graph_has_every_operation),
        cmocka_unit_test(steps_survive_a_failing_system),
        cmocka_unit_test(steps_survive_a_full_device),
        cmocka_unit_test(steps_survive_a_full_device_with_fast_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
