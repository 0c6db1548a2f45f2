/* Kernels that add up. Sums over a whole array go through one partial sum for each of SUM_CHUNKS
 * parts of it, whatever the number of threads. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_math.h"
#include "compute/cpu/vector_rows.h"

enum { SUM_CHUNKS = 64 };

static void sum_squares(const struct compute *c, double *sum, const real *x, size_t n)
{
    double part[SUM_CHUNKS] = { 0 };
    size_t length = (n / SUM_CHUNKS / BLOCK + 1) * BLOCK;
    PARALLEL(c, n)
    for (size_t chunk = 0; chunk < SUM_CHUNKS; chunk++)
        if (chunk * length < n)
            part[chunk] = row_squares(x + chunk * length, smaller(length, n - chunk * length));
    *sum = 0;
    for (size_t chunk = 0; chunk < SUM_CHUNKS; chunk++)
        *sum += part[chunk];
}

/* A number is finite when its exponent is not all ones. */
static bool block_is_finite(const float *x, size_t n)
{
    uint32_t bad = 0;
    PRAGMA(omp simd reduction(| : bad))
    for (size_t i = 0; i < n; i++)
        bad |= (bits_of(x[i]) & 0x7f800000) == 0x7f800000;
    return bad == 0;
}

static void all_finite(const struct compute *c, bool *finite, const real *x, size_t n)
{
    bool good = true;
    PRAGMA(omp parallel for schedule(static) num_threads(team(c, n)) reduction(&& : good))
    for (size_t at = 0; at < n; at += BLOCK)
        good = good && block_is_finite(x + at, smaller(BLOCK, n - at));
    *finite = good;
}

/* In double, since there may be very many. */
static double sum_of(const float *x, size_t n)
{
    double sum = 0;
    SIMD_SUM(sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

/* y[i] = scale * sum over a of x[a * inner + i], a strip of columns at a time in registers or the
 * first cache. */
static void sum_axis_one(float *y, const float *x, size_t axis, size_t inner, float scale)
{
    enum { STRIP = 256 };
    for (size_t at = 0; at < inner; at += STRIP) {
        float sum[STRIP] = { 0 };
        size_t n = smaller(STRIP, inner - at);
        for (size_t a = 0; a < axis; a++) {
            SIMD
            for (size_t i = 0; i < n; i++)
                sum[i] += x[a * inner + at + i];
        }
        SIMD
        for (size_t i = 0; i < n; i++)
            y[at + i] = scale * sum[i];
    }
}

static void sum_axis_forward(const struct compute *c, real *y, const real *x, size_t outer,
                             size_t axis, size_t inner, real scale)
{
    PARALLEL(c, outer * axis * inner)
    for (size_t o = 0; o < outer; o++)
        if (inner == 1)
            y[o] = (float)(scale * sum_of(x + o * axis, axis));
        else
            sum_axis_one(y + o * inner, x + o * axis * inner, axis, inner, scale);
}

static void sum_axis_backward(const struct compute *c, real *dx, const real *dy, size_t outer,
                              size_t axis, size_t inner, real scale, real beta)
{
    PARALLEL(c, outer * axis * inner)
    for (size_t row = 0; row < outer * axis; row++) {
        float *to = dx + row * inner;
        const float *from = dy + row / axis * inner;
        if (beta == 0) {
            SIMD
            for (size_t i = 0; i < inner; i++)
                to[i] = scale * from[i];
        } else {
            SIMD
            for (size_t i = 0; i < inner; i++)
                to[i] = scale * from[i] + beta * to[i];
        }
    }
}

/* sum[i] = sum over rows begin .. end - 1 of x[., i] */
static void sum_chunk(float *sum, const float *x, size_t begin, size_t end, size_t d)
{
    memset(sum, 0, d * sizeof *sum);
    size_t r = begin;
    for (; r + 4 <= end; r += 4) {
        const float *a = x + r * d, *b = a + d, *e = b + d, *f = e + d;
        SIMD
        for (size_t i = 0; i < d; i++)
            sum[i] += (a[i] + b[i]) + (e[i] + f[i]);
    }
    for (; r < end; r++) {
        SIMD
        for (size_t i = 0; i < d; i++)
            sum[i] += x[r * d + i];
    }
}

static void sum_rows(const struct compute *c, real *db, const real *dy, real *scratch, size_t rows,
                     size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t chunk = 0; chunk < ROW_CHUNKS; chunk++)
        sum_chunk(scratch + chunk * d, dy, chunk_begin(rows, chunk), chunk_begin(rows, chunk + 1),
                  d);
    add_chunks(db, scratch, d, d);
}

void VECTOR(reduce_install)(struct compute *c)
{
    c->sum_squares = sum_squares;
    c->all_finite = all_finite;
    c->sum_axis_forward = sum_axis_forward;
    c->sum_axis_backward = sum_axis_backward;
    c->sum_rows = sum_rows;
}
