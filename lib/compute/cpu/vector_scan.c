/* The matrix is read once, from first to last, and each of its rows meets all vectors while it is
 * in the first cache. An element is summed in PARTIAL chains for each lane; the lanes of as many
 * rows are added up at once. */
#include "compute/cpu/vector_scan.h"

#include "compute/cpu/vector_pack.h"

enum {
    TOGETHER = 4, /* vectors in one pass over a row */
    PARTIAL = 2,  /* sums for each lane */
    AHEAD = 4096  /* bytes fetched before they are needed */
};

/* sum[i * LANES] = the lanes of q_i x, but for the elements behind the last whole vector. `count`
 * is a constant in every caller. */
ALWAYS_INLINE void multiply(size_t count, size_t width, lanes *sum, const float *x, const float *q)
{
    lanes part[TOGETHER][PARTIAL] = { 0 };
    size_t k = 0;
    for (; k + PARTIAL * LANES <= width; k += PARTIAL * LANES)
        for (size_t p = 0; p < PARTIAL; p++) {
            size_t at = k + p * LANES;
            lanes xk = lanes_load(x + at);
            __builtin_prefetch((const char *)(x + at) + AHEAD);
            for (size_t i = 0; i < count; i++)
                part[i][p] += lanes_load(q + i * width + at) * xk;
        }
    for (; k + LANES <= width; k += LANES)
        for (size_t i = 0; i < count; i++)
            part[i][0] += lanes_load(q + i * width + k) * lanes_load(x + k);
    for (size_t i = 0; i < count; i++)
        sum[i * LANES] = part[i][0] + part[i][1];
}

static void multiply_row(size_t count, size_t width, lanes *sum, const float *x, const float *q)
{
    for (; count >= TOGETHER; count -= TOGETHER, sum += TOGETHER * LANES, q += TOGETHER * width)
        multiply(TOGETHER, width, sum, x, q);
    switch (count) {
    case 3: multiply(3, width, sum, x, q); break;
    case 2: multiply(2, width, sum, x, q); break;
    case 1: multiply(1, width, sum, x, q); break;
    }
}

/* The results of one vector and up to LANES rows. */
static void finish(size_t rows, size_t width, lanes sum[LANES], const float *x, const float *q,
                   float *y, float alpha)
{
    float total[LANES];
    transpose(sum);
    for (size_t i = 1; i < LANES; i++)
        sum[0] += sum[i];
    memcpy(total, sum, sizeof total);
    for (size_t r = 0; r < rows; r++, x += width) {
        for (size_t k = width / LANES * LANES; k < width; k++)
            total[r] += q[k] * x[k];
        y[r] = alpha * total[r];
    }
}

void VECTOR(scan)(size_t count, size_t rows, size_t width, const float *x, const float *q, float *y,
                  size_t y_stride, float alpha)
{
    lanes sum[SCAN_MOST][LANES] = { 0 };
    for (size_t first = 0; first < rows; first += LANES, x += LANES * width) {
        size_t some = smaller(LANES, rows - first);
        for (size_t r = 0; r < some; r++)
            multiply_row(count, width, &sum[0][r], x + r * width, q);
        for (size_t i = 0; i < count; i++)
            finish(some, width, sum[i], x, q + i * width, y + i * y_stride + first, alpha);
    }
}
