/* What the files op_*.c share: checks of shapes and types that end in tape_fail. */
#ifndef AUTOGRAD_OP_H
#define AUTOGRAD_OP_H

#define OPS_IMPLEMENTATION
#include "autograd/ops.h"

/* Each leaves the tape failed and returns false when the check does not hold. NULL tensors pass
 * op_check_real. */
bool op_check_real(struct tape *t, const char *op, struct tensor *const *x, size_t count);
bool op_check_same_shape(struct tape *t, const char *op, const struct tensor *a,
                         const struct tensor *b);
bool op_check_numel(struct tape *t, const char *op, const char *what, const struct tensor *x,
                    size_t numel);
bool op_check_rank(struct tape *t, const char *op, const char *what, const struct tensor *x,
                   size_t rank);

/* Whether all elements of an I64 tensor are in 0 .. limit - 1. */
bool op_check_index(struct tape *t, const char *op, const struct tensor *index, size_t limit);

/* Turns an axis that may be negative into 0 .. rank - 1. */
bool op_check_axis(struct tape *t, const char *op, int axis, size_t rank, size_t *out);

/* Product of dim[begin .. end - 1]. */
size_t op_product(const size_t *dim, size_t begin, size_t end);

#endif
