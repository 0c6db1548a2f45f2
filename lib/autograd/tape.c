/* Life of a tape: making tensors, running operations, keeping records. The walk back is in
 * backward.c.
 *
 * Values and gradients come from a pool of device memory, everything else from an arena; both are
 * emptied by tape_reset and filled again by the next step without going to the system. */
#include "autograd/tape.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"

void tape_init(struct tape *t, struct compute *compute, const struct gmr_allocator *allocator)
{
    memset(t, 0, sizeof *t);
    t->compute = compute;
    t->recording = true;
    t->training = true;
    pool_init(&t->pool, &compute->device);
    arena_init(&t->arena, allocator, 0);
    t->poison.dtype = DTYPE_REAL;
    t->poison.data = &t->poison_value;
    t->poison.grad = &t->poison_gradient;
}

void tape_release(struct tape *t)
{
    pool_release(&t->pool);
    arena_release(&t->arena);
}

void tape_reset(struct tape *t)
{
    pool_clear(&t->pool);
    arena_clear(&t->arena);
    t->last = NULL;
    t->record_count = 0;
    t->status = GMR_OK;
    t->failed_op = t->file = NULL;
}

struct tape_statistics tape_statistics(const struct tape *t)
{
    return (struct tape_statistics){
        .records = t->record_count,
        .bytes_in_use = t->pool.in_use,
        .bytes_high_water = t->pool.high_water,
        .bytes_reserved = t->pool.reserved,
    };
}

uint64_t tape_next_dropout_stream(struct tape *t)
{
    return RNG_DROPOUT + (++t->dropout_calls << 8);
}

/* ---- failure ---- */

enum gmr_status tape_status(const struct tape *t)
{
    if (!tape_failed(t))
        return GMR_OK;
    if (!t->failed_op)
        return gmr_error(t->status, "%s", t->message);
    return gmr_error(t->status, "%s (%s:%d): %s", t->failed_op, t->file ? t->file : "?", t->line,
                     t->message);
}

struct tensor *tape_poison(struct tape *t)
{
    return &t->poison;
}

struct tensor *tape_fail(struct tape *t, const char *op, enum gmr_status status, const char *format,
                         ...)
{
    va_list arguments;

    if (tape_failed(t))
        return tape_poison(t);
    t->status = status;
    t->failed_op = op;
    va_start(arguments, format);
    vsnprintf(t->message, sizeof t->message, format, arguments);
    va_end(arguments);
    return tape_poison(t);
}

/* Out of memory: the allocator has already said how many bytes it could not find. */
static struct tensor *fail_memory(struct tape *t, const char *op)
{
    return tape_fail(t, op, GMR_ERR_NOMEM, "%s", gmr_error_message());
}

/* ---- tensors ---- */

/* `op` is whose output it will be, NULL for inputs. */
static struct tensor *new_tensor(struct tape *t, const char *op, enum dtype dtype,
                                 const size_t *dim, size_t rank)
{
    struct tensor *x;
    size_t numel;

    if (tape_failed(t))
        return tape_poison(t);
    if (rank > TENSOR_MAX_RANK || !shape_numel(dim, rank, &numel) ||
        numel > SIZE_MAX / dtype_size(dtype))
        return tape_fail(t, op, GMR_ERR_SHAPE, "a tensor of rank %zu is too large", rank);
    x = arena_array(&t->arena, 1, sizeof *x);
    if (!x)
        return fail_memory(t, op);
    x->dtype = dtype;
    x->rank = (uint32_t)rank;
    if (rank)
        memcpy(x->dim, dim, rank * sizeof *dim);
    return x;
}

static struct tensor *new_tensor_with_data(struct tape *t, const char *op, enum dtype dtype,
                                           const size_t *dim, size_t rank)
{
    struct tensor *x = new_tensor(t, op, dtype, dim, rank);

    if (tape_failed(t))
        return x;
    x->data = pool_alloc(&t->pool, tensor_bytes(x));
    return x->data ? x : fail_memory(t, op);
}

static struct tensor *new_copy(struct tape *t, enum dtype dtype, const size_t *dim, size_t rank,
                               const void *data)
{
    struct tensor *x = new_tensor_with_data(t, NULL, dtype, dim, rank);

    if (!tape_failed(t))
        t->compute->device.upload(&t->compute->device, x->data, data, tensor_bytes(x));
    return x;
}

struct tensor *tape_input(struct tape *t, const size_t *dim, size_t rank, const real *data)
{
    return new_copy(t, DTYPE_REAL, dim, rank, data);
}

struct tensor *tape_indices(struct tape *t, const size_t *dim, size_t rank, const int64_t *data)
{
    return new_copy(t, DTYPE_I64, dim, rank, data);
}

struct tensor *tape_bytes(struct tape *t, const size_t *dim, size_t rank, const uint8_t *data)
{
    return new_copy(t, DTYPE_U8, dim, rank, data);
}

struct tensor *tape_constant(struct tape *t, const size_t *dim, size_t rank, real *data)
{
    struct tensor *x = new_tensor(t, NULL, DTYPE_REAL, dim, rank);

    if (!tape_failed(t))
        x->data = data;
    return x;
}

struct tensor *tape_filled(struct tape *t, const size_t *dim, size_t rank, real value)
{
    struct tensor *x = new_tensor_with_data(t, NULL, DTYPE_REAL, dim, rank);

    if (!tape_failed(t))
        RUN(t, fill, tensor_real(x), value, tensor_numel(x));
    return x;
}

/* Of a tensor that the tape computed, a detached one is the output of a record that is on no list
 * and never runs: no gradient comes to it, but values dropped in x can be made again for it. */
static const struct op detach_op = { "detach", NULL, NULL };

struct tensor *tape_detach(struct tape *t, struct tensor *x)
{
    struct tensor *y;

    if (x->producer)
        return tape_output_alias(t, tape_begin(t, &detach_op, (struct record_needs){ 0 }, &x, 1, 0),
                                 x->dim, x->rank);
    y = new_tensor(t, NULL, x->dtype, x->dim, x->rank);
    if (!tape_failed(t))
        y->data = x->data;
    return y;
}

void tape_read(struct tape *t, const struct tensor *x, real *data)
{
    if (!tape_failed(t))
        t->compute->device.download(&t->compute->device, data, tensor_real(x), tensor_bytes(x));
}

real tape_scalar(struct tape *t, const struct tensor *x)
{
    real value = 0;

    assert(tensor_numel(x) == 1);
    tape_read(t, x, &value);
    return value;
}

void tape_drop(struct tape *t, struct tensor *x)
{
    if (tape_failed(t) || !x->producer || x->aliased || !x->data)
        return;
    pool_free(&t->pool, x->data, tensor_bytes(x));
    x->data = NULL;
    x->dropped = true;
}

/* ---- records ---- */

struct record *tape_begin(struct tape *t, const struct op *op, struct record_needs needs,
                          struct tensor *const *input, size_t count, size_t attribute_size)
{
    struct record *r;
    char *memory;

    if (tape_failed(t))
        return NULL;
    /* one block: record, inputs, attributes; the first two keep the alignment of pointers */
    memory = arena_array(&t->arena, 1, sizeof *r + count * sizeof(void *) + attribute_size);
    if (!memory) {
        fail_memory(t, op->name);
        return NULL;
    }
    r = (struct record *)(void *)memory;
    r->op = op;
    r->needs = needs;
    r->input_count = count;
    r->input = (struct tensor **)(void *)(memory + sizeof *r);
    memcpy(r->input, input, count * sizeof *input);
    r->attributes = memory + sizeof *r + count * sizeof(void *);
    return r;
}

static struct tensor *add_output(struct record *r, struct tensor *y)
{
    assert(r->output_count < RECORD_MAX_OUTPUTS);
    y->producer = r;
    return r->output[r->output_count++] = y;
}

struct tensor *tape_output(struct tape *t, struct record *r, const size_t *dim, size_t rank)
{
    struct tensor *y;

    if (tape_failed(t) || !r)
        return tape_poison(t);
    y = new_tensor_with_data(t, r->op->name, DTYPE_REAL, dim, rank);
    return tape_failed(t) ? tape_poison(t) : add_output(r, y);
}

struct tensor *tape_output_alias(struct tape *t, struct record *r, const size_t *dim, size_t rank)
{
    struct tensor *y;

    if (tape_failed(t) || !r)
        return tape_poison(t);
    y = new_tensor(t, r->op->name, DTYPE_REAL, dim, rank);
    if (tape_failed(t))
        return tape_poison(t);
    y->aliased = true;
    y->data = r->input[0]->data;
    return add_output(r, y);
}

void *tape_keep(struct tape *t, struct record *r, size_t bytes)
{
    void *memory;

    if (tape_failed(t) || !r)
        return NULL;
    assert(r->kept_count < RECORD_MAX_KEPT);
    memory = pool_alloc(&t->pool, bytes);
    if (!memory) {
        fail_memory(t, r->op->name);
        return NULL;
    }
    r->kept[r->kept_count] = memory;
    r->kept_bytes[r->kept_count++] = bytes;
    return memory;
}

static bool gradient_can_flow(const struct record *r)
{
    for (size_t i = 0; i < r->input_count; i++)
        if (wants_grad(r->input[i]))
            return true;
    return false;
}

static void check_finite(struct tape *t, const struct record *r)
{
    for (size_t i = 0; i < r->output_count; i++) {
        bool finite = true;

        RUN(t, all_finite, &finite, tensor_real(r->output[i]), tensor_numel(r->output[i]));
        if (!finite)
            tape_fail(t, r->op->name, GMR_ERR_NUMERIC, "the result is not finite");
    }
}

void tape_forget_kept(struct tape *t, struct record *r)
{
    for (size_t i = 0; i < r->kept_count; i++) {
        pool_free(&t->pool, r->kept[i], r->kept_bytes[i]);
        r->kept[i] = NULL;
    }
}

/* A record without gradients is on the list too: the walk frees what it had to compute again. */
static void put_on_list(struct tape *t, struct record *r)
{
    r->previous = t->last;
    t->last = r;
    t->record_count++;
}

struct tensor *tape_run(struct tape *t, struct record *r)
{
    if (tape_failed(t) || !r)
        return tape_poison(t);
    r->op->forward(t, r);
    if (t->check_finite)
        check_finite(t, r);
    if (t->recording)
        put_on_list(t, r);
    if (!t->recording || !gradient_can_flow(r))
        tape_forget_kept(t, r);
    else
        for (size_t i = 0; i < r->output_count; i++)
            r->output[i]->requires_grad = true;
    return tape_failed(t) ? tape_poison(t) : r->output[0];
}
