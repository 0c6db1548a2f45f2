/* What the tape itself costs: a chain of operations on a single number, so that kernels do next to
 * nothing. */
#include <stdio.h>

#include "autograd/ops.h"
#include "bench.h"

enum { CHAIN = 10000 };

struct chain {
    struct tape tape;
    double forward, backward; /* seconds of the last run */
};

static void run_chain(void *state)
{
    struct chain *c = state;
    struct tape *t = &c->tape;
    double start = bench_seconds(), middle;
    struct tensor *x = tape_filled(t, (size_t[]){ 1 }, 1, 1);

    x->requires_grad = true;
    for (size_t i = 0; i < CHAIN; i++)
        x = op_scale(t, x, 1);
    middle = bench_seconds();
    tape_backward(t, x);
    c->forward = middle - start;
    c->backward = bench_seconds() - middle;
    tape_reset(t);
}

static void measure(const struct bench *b, struct compute *compute)
{
    struct chain c = { 0 };
    double seconds;

    tape_init(&c.tape, compute, NULL);
    seconds = bench_median(b, run_chain, &c);
    printf("{\"bench\":\"tape\",\"kernels\":\"%s\",\"records\":%d,\"ns_per_record\":%.0f,"
           "\"forward_ns\":%.0f,\"backward_ns\":%.0f}\n",
           compute->name, CHAIN, 1e9 * seconds / CHAIN, 1e9 * c.forward / CHAIN,
           1e9 * c.backward / CHAIN);
    tape_release(&c.tape);
}

/* With reference kernels, which are plain loops: the tape alone. With those of the table that runs:
 * plus what entering OpenMP costs. */
void bench_tape(const struct bench *b)
{
    struct compute *reference;

    if (compute_create_reference(NULL, &reference) == GMR_OK) {
        measure(b, reference);
        compute_destroy(reference);
    }
    measure(b, b->compute);
}
