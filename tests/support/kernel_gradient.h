/* A backward kernel against central differences.
 *
 * A case names inputs, outputs and two functions that call a pair of kernels. With random weights u
 * the scalar f(inputs) = sum of u * results is differentiated twice: by the backward kernel, fed
 * with dy = u, and by (f(x + h) - f(x - h)) / 2h for each element of each input. The case also
 * checks what compute.h promises of gradients: they are added to what is there, `beta` scales that
 * (and with 0 it is not read), and those not wanted are left alone. Meant for the double build. */
#ifndef SUPPORT_KERNEL_GRADIENT_H
#define SUPPORT_KERNEL_GRADIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "compute/compute.h"

enum {
    GRADIENT_INPUTS = 4,
    GRADIENT_OUTPUTS = 4,
    GRADIENT_SIZE = 320, /* of one array, at most */
    GRADIENT_SCRATCH = ROW_CHUNKS * 2 * 5,
    GRADIENT_SUBSETS = 4
};

/* The arrays of one case: `results` outputs, then what the backward pass needs besides. din[i] is
 * NULL where it is not wanted. */
struct gradient_problem {
    const struct compute *c;
    const void *shape;
    real *in[GRADIENT_INPUTS], *out[GRADIENT_OUTPUTS];
    const real *dout[GRADIENT_OUTPUTS];
    real *din[GRADIENT_INPUTS];
    real *scratch; /* GRADIENT_SCRATCH elements */
    real beta;
};

struct gradient_case {
    const char *kernel, *variant; /* variant may be NULL */
    void (*forward)(const struct gradient_problem *p);
    void (*backward)(const struct gradient_problem *p);
    size_t in[GRADIENT_INPUTS], out[GRADIENT_OUTPUTS]; /* sizes; 0 ends the list */
    size_t results;                                    /* outputs that have a gradient */
    unsigned scaled;                    /* inputs whose gradient obeys beta, one bit each */
    unsigned subsets[GRADIENT_SUBSETS]; /* inputs that are asked for alone; 0 ends the list */
    const void *shape;
};

/* What a case has as input i: uniform numbers in [-1.5, 1.5). */
void gradient_input(real *x, size_t n, size_t i);

/* False, after a message, when the backward kernel and the differences disagree. */
bool gradient_case_holds(const struct compute *c, const struct gradient_case *test);

#endif
