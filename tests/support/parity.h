/* Comparison of tables of kernels. A case runs a kernel on two tables and compares what they wrote;
 * parity_run gives it, for each variant of the vector code that this processor runs,
 *
 *     reference and cpu   equal to within a tolerance,
 *     cpu and cpu         on 1 and on 2, 3 and 4 threads: equal bytes.
 *
 *     static void softmax_case(struct parity *p)
 *     {
 *         size_t rows = parity_size(p, 1, 40), d = parity_size(p, 1, 600);
 *         const real *x = parity_normal(p, rows * d);
 *         struct outcome y = parity_output(p, rows * d);
 *         FOR_TABLES(p, c, side)
 *             c->softmax_forward(c, y.at[side], x, rows, d);
 *         parity_compare(p, "y", y, 1e-6);
 *     }
 *
 * Arrays live until the case ends, and are followed by a guard that must not change. */
#ifndef SUPPORT_PARITY_H
#define SUPPORT_PARITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/rng.h"
#include "compute/compute.h"

enum { PARITY_ARRAYS = 256 };

struct parity {
    const struct compute *table[2];
    const char *what; /* which tables */
    bool exact;
    bool large; /* this round's shapes are worth several threads */
    struct mt19937 rng;
    struct arena memory;
    uint32_t *guard[PARITY_ARRAYS];
    size_t guards;
};

typedef void parity_case(struct parity *p);

/* Runs a case `rounds` times with each pair of tables, one round in four with large shapes. */
void parity_run(parity_case *run, size_t rounds);

#define FOR_TABLES(p, c, side)              \
    for (size_t side = 0; side < 2; side++) \
        for (const struct compute *c = (p)->table[side], *once_ = c; once_; once_ = NULL)

/* A random number in low .. high, both included. */
size_t parity_size(struct parity *p, size_t low, size_t high);
bool parity_flip(struct parity *p);

/* 0, 1, or something in between. */
real parity_beta(struct parity *p);

/* A number of rows: a few, or in a large round enough for several threads at width d. */
size_t parity_rows(struct parity *p, size_t d);

/* What kernels read: new numbers for each array. */
real *parity_normal(struct parity *p, size_t n);
real *parity_uniform(struct parity *p, size_t n, double low, double high);
int64_t *parity_index(struct parity *p, size_t n, size_t limit);

/* What kernels write, once per table: NaN, or the same numbers for both. */
struct outcome {
    real *at[2];
    size_t n;
};

struct outcome parity_output(struct parity *p, size_t n);
struct outcome parity_gradient(struct parity *p, size_t n);

/* parity_output with beta 0, else parity_gradient; no arrays unless `wanted`. */
struct outcome parity_blend(struct parity *p, size_t n, real beta);
struct outcome parity_wanted(struct parity *p, size_t n, bool wanted);

/* Fails unless the normalised error of the second from the first is below the tolerance, or unless
 * their bytes are equal where that is asked. Without arrays, does nothing. */
void parity_compare(struct parity *p, const char *name, struct outcome found, double tolerance);

#endif
