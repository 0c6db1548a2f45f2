/* Comparison with golden files (tests/golden/data; scripts/golden/README.md says what they hold).
 *
 * A case is a function that runs the library on tensors of a file and compares what comes out. Each
 * case runs once for each kernel table. Comparisons go on after a disagreement, so that one run
 * shows all of them, each with tensor and error. A program also fails when a tensor of its files is
 * used by none of its cases.
 *
 * Errors are normalised, sqrt(sum (a - b)^2 / sum b^2), with the golden tensor as b. Where that is
 * all zero (results whose true value is 0, such as gradients of the biases of keys) the largest
 * difference counts instead. */
#ifndef SUPPORT_GOLDEN_H
#define SUPPORT_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

#include "autograd/ops.h"
#include "nn/parameters.h"

enum { GOLDEN_FILES = 2 }; /* of a case, at most */

/* Room for other orders of summation: the same formulas in single precision stay below 1e-6. */
static const double GOLDEN_TOLERANCE = 1e-5;

struct golden_case;

/* What a case works with; all of it is new in each run. */
struct golden {
    const struct golden_case *test;
    struct compute *compute;
    struct tape tape;
    struct parameters parameters; /* empty: the case declares what it needs */
    double tolerance;             /* GOLDEN_TOLERANCE unless the case sets another */
    const char
        *under; /* what names of parameters begin with and keys of the file do not; else "" */
    const char *absent; /* what names of parameters end in that the file does not have; else NULL */
    size_t compared, different;
};

struct golden_case {
    const char *name;
    const char *file[GOLDEN_FILES]; /* "encoder"; NULL ends the list */
    void (*check)(struct golden *g);
};

/* Runs the cases. Returns main's exit status. */
int golden_main(const struct golden_case *cases, size_t count);

/* ---- what goes in; a tensor that is missing ends the test ---- */

/* A tensor of the file on the tape: real numbers, indices or bytes. A variable gets a gradient. */
struct tensor *golden_input(struct golden *g, const char *name);
struct tensor *golden_variable(struct golden *g, const char *name);

/* One part of it: without its `leading` first axes, number `index` in their order. */
struct tensor *golden_part(struct golden *g, const char *name, size_t leading, size_t index);

/* The same numbers in another shape. */
struct tensor *golden_reshaped(struct golden *g, const char *name, const size_t *dim, size_t rank);

/* Fills all parameters but those that are `absent` from PREFIX.KEY; the shapes agree. `create`
 * makes them first. */
void golden_load(struct golden *g, struct parameters *p, const char *prefix);
void golden_create(struct golden *g, const char *prefix); /* g->parameters */

/* ---- what comes out ---- */

/* sum(y * r) with a tensor r of the file. */
struct tensor *golden_weighted(struct golden *g, struct tensor *y, const char *r);

/* The backward walk; the test ends if anything on the tape failed. */
void golden_backward(struct golden *g, struct tensor *loss);

/* Values and the gradient of a tensor of the tape. */
void golden_value(struct golden *g, const char *name, struct tensor *x);
void golden_gradient(struct golden *g, const char *name, const struct tensor *x);

/* An array, with one part of the golden tensor (see golden_part). */
void golden_array(struct golden *g, const char *name, size_t leading, size_t index,
                  const real *value, size_t n);

/* Each of n numbers, to a relative error. */
void golden_numbers(struct golden *g, const char *name, const double *value, size_t n,
                    double relative);

/* All tensors of the file under `prefix`: the parameters, or their gradients, of these names.
 * Counters agree exactly. Names that end in `except` (NULL: none) are left out. */
void golden_parameters(struct golden *g, const char *prefix, const struct parameters *p,
                       const char *except);
void golden_gradients(struct golden *g, const char *prefix, const struct parameters *p);

#endif
