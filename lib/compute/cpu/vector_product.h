/* Products of matrices on tiles of our own, for those that oneDNN's sgemm does badly. */
#ifndef COMPUTE_CPU_VECTOR_PRODUCT_H
#define COMPUTE_CPU_VECTOR_PRODUCT_H

#include "compute/cpu/vector.h"

/* Whether `shape` is such a product: without AVX-512, where the right operand is not transposed
 * (all of a backward pass), oneDNN takes for many shapes a path that reaches half the speed. */
bool VECTOR(product_suits)(const struct matmul *shape);

/* As the kernel matmul. Bytes depend neither on threads nor on m and n. */
void VECTOR(product)(const struct compute *c, const struct matmul *shape, float *y, const float *a,
                     const float *b, float beta);

#endif
