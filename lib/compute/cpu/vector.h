/* What all vector code shares: names per variant, the vector type, and how loops are spread over
 * threads. Included by vector_*.c only.
 *
 * Results must not depend on the number of threads. So an array is cut into pieces of fixed length,
 * BLOCK, whose first and last elements a compiler treats the same way in every run, and only whole
 * pieces, or whole rows, are handed to threads. */
#ifndef COMPUTE_CPU_VECTOR_H
#define COMPUTE_CPU_VECTOR_H

#include <omp.h>
#include <string.h>

#include "compute/compute.h"

#define VECTOR_JOIN_(name, suffix) name##suffix
#define VECTOR_JOIN(name, suffix)  VECTOR_JOIN_(name, suffix)
#define VECTOR(name)               VECTOR_JOIN(name, VECTOR_SUFFIX)

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif
#define LANES (VECTOR_BYTES / 4)

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef float lanes __attribute__((vector_size(VECTOR_BYTES)));
typedef float lanes_anywhere __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

ALWAYS_INLINE lanes lanes_load(const float *from)
{
    return *(const lanes_anywhere *)from;
}

ALWAYS_INLINE void lanes_store(float *to, lanes x)
{
    *(lanes_anywhere *)to = x;
}

ALWAYS_INLINE lanes lanes_all(float x)
{
    return x - (lanes){ 0 };
}

enum {
    BLOCK = 4096,            /* elements of an array that one thread does in one go */
    WORTH_A_THREAD = 1 << 15 /* below so many elements, starting threads costs more than it saves */
};

static inline int team(const struct compute *c, size_t work)
{
    return work < WORTH_A_THREAD ? 1 : c->threads;
}

static inline size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

#define PRAGMA(text) _Pragma(#text)

/* In front of a `for` over rows or blocks: spreads it over threads when `work` elements are worth
 * it. */
#define PARALLEL(c, work) PRAGMA(omp parallel for schedule(static) num_threads(team(c, work)))

/* In front of an inner loop: its turns are independent. */
#define SIMD PRAGMA(omp simd)

/* The same, but for sums (or maxima) into the named variables. */
#define SIMD_SUM(...) PRAGMA(omp simd reduction(+ : __VA_ARGS__))
#define SIMD_MAX(...) PRAGMA(omp simd reduction(max : __VA_ARGS__))

/* First row of part `chunk` when rows are cut into ROW_CHUNKS parts. */
static inline size_t chunk_begin(size_t rows, size_t chunk)
{
    return rows / ROW_CHUNKS * chunk + smaller(chunk, rows % ROW_CHUNKS);
}

#endif
