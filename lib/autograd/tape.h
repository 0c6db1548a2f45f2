/* The tape: runs operations at once and remembers them, so that gradients can flow back.
 *
 * A model is written as its forward pass only: functions of ops.h, which check shapes, run a kernel
 * and leave a record. tape_backward walks the records in reverse. Between operations a caller may
 * look at any value (ranking, choosing, generating text), which no fixed graph would allow.
 *
 *     struct tensor *h = op_linear(t, x, w, b, NULL, ACTIVATE_RELU);
 *     struct tensor *loss = op_mean(t, op_triplet(t, h, p, n, margin), 0);
 *     TRY(tape_backward(t, loss));
 *     ...
 *     tape_reset(t);
 *
 * Errors stick: the first failure is kept, later operations do nothing and return a harmless tensor
 * (never NULL), so a model is checked once, at the end (tape_backward, tape_status). The message
 * names operation and source line.
 *
 * Memory: tensors and records live until tape_reset, which keeps the memory for the next step.
 * Gradients of intermediate tensors exist only while the backward walk is near them. Values that a
 * model gives up with tape_drop are computed again if the walk needs them.
 *
 * Gradients accumulate: what flows into a tensor is added to what is there. Inside, a buffer is
 * first written when something flows into it (has_grad), and a gradient that passes unchanged moves
 * instead of being copied.
 *
 * Threads: one tape, one thread; the kernels below use several. */
#ifndef AUTOGRAD_TAPE_H
#define AUTOGRAD_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "compute/compute.h"
#include "tensor/pool.h"
#include "tensor/tensor.h"

struct tape;
struct record;

/* An operation: `forward` computes the outputs of a record from its inputs (again, for dropped
 * values: it must not depend on anything else); `backward` adds to the gradients of the inputs. */
struct op {
    const char *name;
    void (*forward)(struct tape *t, struct record *r);
    void (*backward)(struct tape *t, struct record *r);
};

enum { RECORD_MAX_OUTPUTS = 2, RECORD_MAX_KEPT = 2, TAPE_MESSAGE = 256 };

/* What a backward function relies on; the walk sees to it beforehand. */
struct record_needs {
    uint32_t inputs; /* bit i: the values of input i */
    uint32_t passes; /* bit i: the gradient of input i is served by tape_pass_grad, so no buffer is
                        made for it */
    bool result;     /* the values of the outputs */
};

#define INPUT_BIT(i) (UINT32_C(1) << (i))

struct record {
    const struct op *op;
    struct record *previous;
    const char *file; /* where the operation was asked for */
    int line;
    struct record_needs needs;
    size_t input_count, output_count, kept_count;
    struct tensor **input; /* entries may be NULL: optional inputs */
    struct tensor *output[RECORD_MAX_OUTPUTS];
    void *kept[RECORD_MAX_KEPT]; /* what forward leaves for backward, beside the outputs */
    size_t kept_bytes[RECORD_MAX_KEPT];
    void *attributes; /* the operation's own settings */
};

struct tape_statistics {
    size_t records;          /* on the tape now */
    size_t bytes_in_use;     /* of values and gradients */
    size_t bytes_high_water; /* most since tape_init */
    size_t bytes_reserved;   /* held from the device */
};

struct tape {
    struct compute *compute;
    struct pool pool;   /* values and gradients */
    struct arena arena; /* tensors, records, attributes */
    struct record *last;
    size_t record_count;

    bool recording;    /* off: nothing is remembered, for inference */
    bool training;     /* dropout drops, batch_norm uses the batch's statistics */
    bool check_finite; /* look for infinities and NaN after each operation (slow) */
    bool recomputing;  /* inside a second run of a forward function */

    uint64_t dropout_seed, dropout_calls; /* each dropout takes the next stream of the seed */

    enum gmr_status status; /* the first failure */
    char message[TAPE_MESSAGE];
    const char *failed_op, *file; /* the operation that failed, and where it was asked for */
    int line;
    struct tensor poison;
    real poison_value, poison_gradient;
};

/* A tape over a kernel table and an allocator that outlive it. Recording and training are on. */
void tape_init(struct tape *t, struct compute *compute, const struct gmr_allocator *allocator);
void tape_release(struct tape *t);

/* Forgets all tensors, records and the failure; keeps memory, flags and the dropout streams. */
void tape_reset(struct tape *t);

/* ---- inputs ---- */

/* New tensors on the tape. Data is copied from host memory; `tape_constant` wraps memory of the
 * caller (on the device, outliving the step) instead. None requires a gradient; set
 * x->requires_grad to get one. */
struct tensor *tape_input(struct tape *t, const size_t *dim, size_t rank, const real *data);
struct tensor *tape_indices(struct tape *t, const size_t *dim, size_t rank, const int64_t *data);
struct tensor *tape_bytes(struct tape *t, const size_t *dim, size_t rank, const uint8_t *data);
struct tensor *tape_constant(struct tape *t, const size_t *dim, size_t rank, real *data);
struct tensor *tape_filled(struct tape *t, const size_t *dim, size_t rank, real value);

/* The same values, in the same memory, cut off: no gradient flows through. */
struct tensor *tape_detach(struct tape *t, struct tensor *x);

/* Copies values to host memory with room for tensor_numel(x). */
void tape_read(struct tape *t, const struct tensor *x, real *data);

/* The one value of a tensor with one element; 0 after a failure. */
real tape_scalar(struct tape *t, const struct tensor *x);

/* Promises that no later operation, and nobody else, reads the values of x: their memory is free at
 * once. The backward walk computes them again where it needs them. Tensors that the tape did not
 * compute are left alone. */
void tape_drop(struct tape *t, struct tensor *x);

/* The same promise where computing again is not worth it: when the tape records, values stay. */
static inline void tape_spend(struct tape *t, struct tensor *x)
{
    if (!t->recording)
        tape_drop(t, x);
}

/* ---- gradients ---- */

/* Adds d loss / d x to the gradient of every tensor that requires one. `loss` has one element.
 * Returns the first failure of the tape. */
enum gmr_status tape_backward(struct tape *t, struct tensor *loss);

enum gmr_status tape_status(const struct tape *t);
struct tape_statistics tape_statistics(const struct tape *t);

/* ---- for operations ---- */

static inline bool tape_failed(const struct tape *t)
{
    return t->status != GMR_OK;
}

/* Keeps the first failure; returns the poison. `op` is NULL outside operations. */
struct tensor *tape_fail(struct tape *t, const char *op, enum gmr_status status, const char *format,
                         ...) GMR_PRINTF(4, 5);
struct tensor *tape_poison(struct tape *t);

/* Notes where the operation that returned x was asked for, and thus where it failed; returns x. The
 * macros of ops.h call it afterwards, so that operations among the arguments of another are told
 * apart whatever the order in which they run. */
static inline struct tensor *tape_locate(struct tape *t, struct tensor *x, const char *file,
                                         int line)
{
    if (x->producer && !x->producer->file) {
        x->producer->file = file;
        x->producer->line = line;
    }
    if (t->failed_op && !t->file) {
        t->file = file;
        t->line = line;
    }
    return x;
}

/* Starts a record: copies `input` (count entries, some may be NULL), clears `attributes` of the
 * given size. Then the operation fills in attributes, makes outputs and kept buffers, and ends with
 * tape_run. After a failure of any of these calls the others are harmless; the record is never NULL
 * unless memory is out (then tape_run(t, NULL) gives the poison). */
struct record *tape_begin(struct tape *t, const struct op *op, struct record_needs needs,
                          struct tensor *const *input, size_t count, size_t attribute_size);

/* Adds an output of type real. An aliased output shares the values of input 0. */
struct tensor *tape_output(struct tape *t, struct record *r, const size_t *dim, size_t rank);
struct tensor *tape_output_alias(struct tape *t, struct record *r, const size_t *dim, size_t rank);

/* Adds a kept buffer of `bytes`, uninitialised; NULL after a failure. */
void *tape_keep(struct tape *t, struct record *r, size_t bytes);

/* Runs forward and, when the tape records, keeps the record. Returns output 0, or the poison. */
struct tensor *tape_run(struct tape *t, struct record *r);

/* Frees the kept buffers of a record to which no gradient will come. */
void tape_forget_kept(struct tape *t, struct record *r);

/* Room for n numbers during one backward call; NULL after a failure (which sticks). */
real *tape_scratch(struct tape *t, size_t n);
void tape_scratch_free(struct tape *t, real *scratch, size_t n);

/* In backward: whether x wants a gradient (false for NULL). */
static inline bool wants_grad(const struct tensor *x)
{
    return x && x->requires_grad;
}

/* In backward: the gradient of an output (NULL: nothing flowed into it). */
static inline real *output_grad(const struct tensor *y)
{
    return y && y->has_grad ? y->grad : NULL;
}

/* In backward: the buffer to add an input's gradient to; NULL when x wants none. With `beta` the
 * buffer may hold garbage and *beta says how to treat it (0: overwrite, 1: add); without (NULL) it
 * is cleared first. The walk has allocated the buffers of all inputs before it calls backward,
 * except of those in `passes`. */
real *input_grad(struct tape *t, struct tensor *x, real *beta);

/* In backward: adds the gradient of y to that of x (same number of elements) by moving the buffer
 * if x has none yet; y's gradient is gone afterwards. */
void tape_pass_grad(struct tape *t, struct tensor *x, struct tensor *y);

/* A stream of random numbers that no other dropout of this tape's seed has. */
uint64_t tape_next_dropout_stream(struct tape *t);

/* Runs a kernel of the tape's table. */
#define RUN(t, kernel, ...) ((t)->compute->kernel((t)->compute, __VA_ARGS__))

#endif
