/* gather_rows: looking up rows of a table, such as embeddings. */
#include <string.h>

#include "autograd/op.h"

static size_t row_width(const struct tensor *x)
{
    return op_product(x->dim, 1, x->rank);
}

static void gather_rows_forward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[0], *index = r->input[1];

    RUN(t, gather_rows, tensor_real(r->output[0]), tensor_real(x), tensor_index(index),
        tensor_numel(index), row_width(x));
}

static void gather_rows_backward(struct tape *t, struct record *r)
{
    struct tensor *x = r->input[0], *index = r->input[1];

    RUN(t, scatter_add_rows, input_grad(t, x, NULL), r->output[0]->grad, tensor_index(index),
        tensor_numel(index), row_width(x));
}

const struct op gather_rows_op = { "gather_rows", gather_rows_forward, gather_rows_backward };

static bool check(struct tape *t, struct tensor *x, const struct tensor *index)
{
    const char *name = gather_rows_op.name;

    if (!op_check_real(t, name, &x, 1))
        return false;
    if (x->rank == 0 || index->rank + x->rank - 1 > TENSOR_MAX_RANK) {
        tape_fail(t, name, GMR_ERR_SHAPE, "the table has %u axes, the index %u", (unsigned)x->rank,
                  (unsigned)index->rank);
        return false;
    }
    return op_check_index(t, name, index, x->dim[0]);
}

struct tensor *op_gather_rows(struct tape *t, struct tensor *x, struct tensor *index)
{
    struct tensor *in[] = { x, index };
    size_t dim[2 * TENSOR_MAX_RANK];
    struct record *r;

    if (tape_failed(t) || !check(t, x, index))
        return tape_poison(t);
    memcpy(dim, index->dim, index->rank * sizeof *dim);
    memcpy(dim + index->rank, x->dim + 1, (x->rank - 1) * sizeof *dim);
    r = tape_begin(t, &gather_rows_op, (struct record_needs){ 0 }, in, 2, 0);
    tape_output(t, r, dim, index->rank + x->rank - 1);
    return tape_run(t, r);
}
