/* A tensor: shape, element type, values, and the gradient that flows into it. Row-major, dense.
 *
 * Owners: parameters belong to a parameter block (nn/parameters.h), all others to the tape that
 * made them and live until tape_reset. The struct itself owns nothing. Functions here only read. */
#ifndef TENSOR_TENSOR_H
#define TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "tensor/dtype.h"

enum { TENSOR_MAX_RANK = 6 };

struct record;

struct tensor {
    enum dtype dtype;
    uint32_t rank; /* 0: a single number */
    size_t dim[TENSOR_MAX_RANK];
    void *data;

    bool requires_grad;
    bool has_grad;  /* something has flowed into `grad`; until then its bytes mean nothing */
    bool owns_grad; /* the tape made `grad` and frees it when its walk has passed */
    bool aliased;   /* `data` is that of another tensor */
    bool dropped;   /* values given up; the backward walk makes them again where it needs them */
    real *grad;
    struct record *producer; /* the operation that makes it; NULL for parameters and inputs */
};

/* The tensor's shape must be one that shape_numel accepts. */
size_t tensor_numel(const struct tensor *x);
size_t tensor_bytes(const struct tensor *x);

/* Length of an axis; negative ones count from the end. 1 for an axis it does not have. */
size_t tensor_dim(const struct tensor *x, int axis);

/* Length of the last axis, 1 for a single number; and the number of such rows. */
size_t tensor_last(const struct tensor *x);
size_t tensor_rows(const struct tensor *x);

bool tensor_same_shape(const struct tensor *a, const struct tensor *b);

/* The values, which must be of type `real` or I64: a wrong type is a bug of the caller. */
real *tensor_real(const struct tensor *x);
int64_t *tensor_index(const struct tensor *x);

/* Number of elements of a shape; false when the product of its lengths (those of 0 left out, so
 * that no part of it overflows either) does not fit size_t. Rank 0 gives 1. */
bool shape_numel(const size_t *dim, size_t rank, size_t *numel);

enum { SHAPE_TEXT = 136 }; /* TENSOR_MAX_RANK numbers of 20 digits fit */

/* "[3, 5]"; writes to `text` of SHAPE_TEXT bytes and returns it. rank <= TENSOR_MAX_RANK. */
const char *shape_text(const size_t *dim, size_t rank, char text[SHAPE_TEXT]);
const char *tensor_shape_text(const struct tensor *x, char text[SHAPE_TEXT]);

#endif
