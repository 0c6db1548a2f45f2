/* Shapes: counting, comparing, printing. */
#include "tensor/tensor.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

static size_t product(const size_t *dim, size_t rank)
{
    size_t numel = 1;
    for (size_t i = 0; i < rank; i++)
        numel *= dim[i];
    return numel;
}

size_t tensor_numel(const struct tensor *x)
{
    return product(x->dim, x->rank);
}

size_t tensor_bytes(const struct tensor *x)
{
    return tensor_numel(x) * dtype_size(x->dtype);
}

size_t tensor_dim(const struct tensor *x, int axis)
{
    int rank = (int)x->rank, i = axis < 0 ? rank + axis : axis;
    return i >= 0 && i < rank ? x->dim[i] : 1;
}

size_t tensor_last(const struct tensor *x)
{
    return tensor_dim(x, -1);
}

size_t tensor_rows(const struct tensor *x)
{
    return x->rank > 0 ? product(x->dim, x->rank - 1) : 1;
}

bool tensor_same_shape(const struct tensor *a, const struct tensor *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

real *tensor_real(const struct tensor *x)
{
    assert(x->dtype == DTYPE_REAL);
    return x->data;
}

int64_t *tensor_index(const struct tensor *x)
{
    assert(x->dtype == DTYPE_I64);
    return x->data;
}

bool shape_numel(const size_t *dim, size_t rank, size_t *numel)
{
    bool empty = false;
    *numel = 1;
    for (size_t i = 0; i < rank; i++) {
        empty = empty || dim[i] == 0;
        if (!memory_product(*numel, dim[i] > 0 ? dim[i] : 1, numel))
            return false;
    }
    if (empty)
        *numel = 0;
    return true;
}

const char *shape_text(const size_t *dim, size_t rank, char text[SHAPE_TEXT])
{
    size_t length = 1;
    assert(rank <= TENSOR_MAX_RANK);
    text[0] = '[';
    for (size_t i = 0; i < rank; i++)
        length +=
            (size_t)snprintf(text + length, SHAPE_TEXT - length, i > 0 ? ", %zu" : "%zu", dim[i]);
    memcpy(text + length, "]", 2);
    return text;
}

const char *tensor_shape_text(const struct tensor *x, char text[SHAPE_TEXT])
{
    return shape_text(x->dim, x->rank, text);
}
