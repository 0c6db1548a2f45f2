/* Products of a few vectors with the rows of a long matrix, at the pace of memory. */
#ifndef COMPUTE_CPU_VECTOR_SCAN_H
#define COMPUTE_CPU_VECTOR_SCAN_H

#include "compute/cpu/vector.h"

enum { SCAN_MOST = 8 }; /* vectors */

/* y[j * y_stride + r] = alpha q_j x_r for `count` vectors q [count, width] and `rows` rows x. */
void VECTOR(scan)(size_t count, size_t rows, size_t width, const float *x, const float *q, float *y,
                  size_t y_stride, float alpha);

#endif
