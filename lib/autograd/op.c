#include <inttypes.h>

#include "autograd/op.h"

bool op_check_real(struct tape *t, const char *op, struct tensor *const *x, size_t count)
{
    if (tape_failed(t))
        return false;
    for (size_t i = 0; i < count; i++)
        if (x[i] && x[i]->dtype != DTYPE_REAL) {
            tape_fail(t, op, GMR_ERR_TYPE, "argument %zu is of type %s, not %s", i + 1,
                      dtype_name(x[i]->dtype), dtype_name(DTYPE_REAL));
            return false;
        }
    return true;
}

bool op_check_same_shape(struct tape *t, const char *op, const struct tensor *a,
                         const struct tensor *b)
{
    char text_a[SHAPE_TEXT], text_b[SHAPE_TEXT];

    if (tape_failed(t))
        return false;
    if (tensor_same_shape(a, b))
        return true;
    tape_fail(t, op, GMR_ERR_SHAPE, "shapes %s and %s differ", tensor_shape_text(a, text_a),
              tensor_shape_text(b, text_b));
    return false;
}

bool op_check_numel(struct tape *t, const char *op, const char *what, const struct tensor *x,
                    size_t numel)
{
    char text[SHAPE_TEXT];

    if (tape_failed(t))
        return false;
    if (tensor_numel(x) == numel)
        return true;
    tape_fail(t, op, GMR_ERR_SHAPE, "%s %s has %zu elements, not %zu", what,
              tensor_shape_text(x, text), tensor_numel(x), numel);
    return false;
}

bool op_check_rank(struct tape *t, const char *op, const char *what, const struct tensor *x,
                   size_t rank)
{
    char text[SHAPE_TEXT];

    if (tape_failed(t))
        return false;
    if (x->rank == rank)
        return true;
    tape_fail(t, op, GMR_ERR_SHAPE, "%s %s has %u axes, not %zu", what, tensor_shape_text(x, text),
              (unsigned)x->rank, rank);
    return false;
}

bool op_check_index(struct tape *t, const char *op, const struct tensor *index, size_t limit)
{
    const int64_t *value;

    if (tape_failed(t))
        return false;
    if (index->dtype != DTYPE_I64) {
        tape_fail(t, op, GMR_ERR_TYPE, "an index is of type %s, not I64", dtype_name(index->dtype));
        return false;
    }
    value = tensor_index(index);
    for (size_t i = 0, n = tensor_numel(index); i < n; i++)
        if (value[i] < 0 || (uint64_t)value[i] >= limit) {
            tape_fail(t, op, GMR_ERR_RANGE, "index %" PRId64 " is not in 0 .. %zu", value[i],
                      limit ? limit - 1 : 0);
            return false;
        }
    return true;
}

bool op_check_axis(struct tape *t, const char *op, int axis, size_t rank, size_t *out)
{
    size_t back = axis < 0 ? (size_t)-axis : 0;

    if (tape_failed(t))
        return false;
    if (axis < 0 ? back <= rank : (size_t)axis < rank) {
        *out = axis < 0 ? rank - back : (size_t)axis;
        return true;
    }
    tape_fail(t, op, GMR_ERR_RANGE, "there is no axis %d among %zu", axis, rank);
    return false;
}

size_t op_product(const size_t *dim, size_t begin, size_t end)
{
    size_t product = 1;

    for (size_t i = begin; i < end; i++)
        product *= dim[i];
    return product;
}
