/* The walk back over a tape: restore what a record needs, run its backward function, give memory
 * back. */
#include <assert.h>

#include "autograd/tape.h"

real *tape_scratch(struct tape *t, size_t n)
{
    real *scratch = tape_failed(t) ? NULL : pool_alloc(&t->pool, n * sizeof *scratch);

    if (!scratch)
        tape_fail(t, NULL, GMR_ERR_NOMEM, "%s", gmr_error_message());
    return scratch;
}

void tape_scratch_free(struct tape *t, real *scratch, size_t n)
{
    pool_free(&t->pool, scratch, n * sizeof *scratch);
}

/* ---- gradients ---- */

static bool make_grad(struct tape *t, struct tensor *x)
{
    if (x->grad)
        return true;
    x->grad = tape_scratch(t, tensor_numel(x));
    x->owns_grad = x->grad != NULL;
    x->has_grad = false;
    return x->owns_grad;
}

static void free_grad(struct tape *t, struct tensor *x)
{
    if (!x->owns_grad)
        return;
    tape_scratch_free(t, x->grad, tensor_numel(x));
    x->grad = NULL;
    x->owns_grad = x->has_grad = false;
}

real *input_grad(struct tape *t, struct tensor *x, real *beta)
{
    if (!wants_grad(x))
        return NULL;
    if (beta)
        *beta = x->has_grad ? 1 : 0;
    else if (!x->has_grad)
        RUN(t, fill, x->grad, 0, tensor_numel(x));
    x->has_grad = true;
    return x->grad;
}

void tape_pass_grad(struct tape *t, struct tensor *x, struct tensor *y)
{
    assert(tensor_numel(x) == tensor_numel(y));
    if (!x->grad && y->owns_grad) {
        x->grad = y->grad;
        x->owns_grad = x->has_grad = true;
        y->grad = NULL;
        y->owns_grad = y->has_grad = false;
        return;
    }
    if (!make_grad(t, x))
        return;
    RUN(t, add_scaled, x->grad, y->grad, 1, x->has_grad ? 1 : 0, tensor_numel(x));
    x->has_grad = true;
}

/* ---- values ---- */

static bool has_forgotten(const struct record *r)
{
    return r->kept_count > 0 && !r->kept[0];
}

/* Runs forward once more, into buffers that are all there but those of a record that forgot what it
 * had kept. */
static bool run_again(struct tape *t, struct record *r)
{
    bool forgotten = has_forgotten(r);

    for (size_t i = 0; forgotten && i < r->kept_count; i++) {
        r->kept[i] = pool_alloc(&t->pool, r->kept_bytes[i]);
        if (!r->kept[i])
            tape_fail(t, NULL, GMR_ERR_NOMEM, "%s", gmr_error_message());
    }
    if (!tape_failed(t)) {
        t->recomputing = true;
        r->op->forward(t, r);
        t->recomputing = false;
    }
    if (forgotten)
        tape_forget_kept(t, r);
    return !tape_failed(t);
}

/* Makes sure that the values of x are in memory, computing them again where they were dropped.
 * Depth is that of a run of dropped tensors, which models keep short. */
static bool restore(struct tape *t, struct tensor *x)
{
    struct record *r = x->producer;

    if (!x->aliased && x->data)
        return true;
    assert(r);
    for (size_t i = 0; i < r->input_count; i++)
        if (r->input[i] && !restore(t, r->input[i]))
            return false;
    if (x->aliased) {
        x->data = r->input[0]->data;
        return true;
    }
    for (size_t i = 0; i < r->output_count; i++) {
        struct tensor *y = r->output[i];

        if (!y->data)
            y->data = tape_scratch(t, tensor_numel(y));
    }
    return !tape_failed(t) && run_again(t, r);
}

/* Inputs past the 32nd are those of joining operations, which read no values. */
static bool has_bit(uint32_t bits, size_t i)
{
    return i < 32 && (bits & INPUT_BIT(i));
}

static bool restore_needs(struct tape *t, struct record *r)
{
    for (size_t i = 0; i < r->input_count; i++)
        if (has_bit(r->needs.inputs, i) && r->input[i] && !restore(t, r->input[i]))
            return false;
    for (size_t i = 0; r->needs.result && i < r->output_count; i++)
        if (!restore(t, r->output[i]))
            return false;
    return true;
}

static void free_dropped(struct tape *t, struct tensor *x)
{
    if (!x->dropped || !x->data)
        return;
    pool_free(&t->pool, x->data, tensor_bytes(x));
    x->data = NULL;
}

/* ---- the walk ---- */

static bool gradient_arrived(const struct record *r)
{
    for (size_t i = 0; i < r->output_count; i++)
        if (r->output[i]->has_grad)
            return true;
    return false;
}

static bool make_input_grads(struct tape *t, struct record *r)
{
    for (size_t i = 0; i < r->input_count; i++)
        if (wants_grad(r->input[i]) && !has_bit(r->needs.passes, i) && !make_grad(t, r->input[i]))
            return false;
    return true;
}

static void walk_record(struct tape *t, struct record *r)
{
    if (gradient_arrived(r) && restore_needs(t, r) && make_input_grads(t, r))
        r->op->backward(t, r);
    if (tape_failed(t)) {
        t->failed_op = r->op->name;
        t->file = r->file;
        t->line = r->line;
    }
    for (size_t i = 0; i < r->output_count; i++) {
        free_grad(t, r->output[i]);
        free_dropped(t, r->output[i]);
    }
}

enum gmr_status tape_backward(struct tape *t, struct tensor *loss)
{
    if (tape_failed(t))
        return tape_status(t);
    if (tensor_numel(loss) != 1)
        tape_fail(t, NULL, GMR_ERR_SHAPE, "a loss has one element, not %zu", tensor_numel(loss));
    else if (!loss->requires_grad)
        tape_fail(t, NULL, GMR_ERR_STATE, "the loss depends on nothing that requires a gradient");
    else if (make_grad(t, loss))
        RUN(t, fill, loss->grad, 1, 1);
    loss->has_grad = !tape_failed(t);

    for (struct record *r = t->last; r && !tape_failed(t); r = r->previous)
        walk_record(t, r);
    return tape_status(t);
}
