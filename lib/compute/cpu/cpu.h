/* The table that runs, from inside: variants of the vector code and the memory kernels work in.
 *
 * Files named vector_*.c are compiled once per instruction set (cmake/Library.cmake). Each is a
 * part of the table and has an `..._install` function that puts its kernels in; cpu.c calls those
 * of one variant. What no part installs stays the reference kernel. */
#ifndef COMPUTE_CPU_CPU_H
#define COMPUTE_CPU_CPU_H

#include "compute/compute.h"
#include "compute/cpu/onednn.h"
#include "compute/cpu/workspace.h"

enum cpu_variant {
    CPU_BASE, /* what the compiler takes for granted: SSE2 on x86-64 */
    CPU_V3,   /* x86-64-v3: AVX2 and FMA */
    CPU_V4,   /* x86-64-v4: AVX-512 */
    CPU_VARIANTS
};

/* compute->state */
struct cpu_state {
    struct workspaces workspaces;
    struct onednn *onednn;
};

static inline struct onednn *cpu_onednn(const struct compute *c)
{
    const struct cpu_state *state = c->state;
    return state->onednn;
}

/* Parts that are the same for all variants. */
void convolution_install(struct compute *c);
void pooling_install(struct compute *c);
void convnet_install(struct compute *c);

/* Whether it was built and this processor runs it. CPU_BASE always is. */
bool cpu_variant_supported(enum cpu_variant variant);

/* As compute_create_cpu, with a variant of the caller's choice, which must be supported. For tests:
 * compute_create_cpu takes the last supported one. */
enum gmr_status compute_create_cpu_variant(const struct gmr_allocator *allocator, unsigned threads,
                                           enum cpu_variant variant, struct compute **compute);

/* X(part): vector_<part>.c with its function <part>_install. */
#define VECTOR_PARTS(X) \
    X(adam)             \
    X(attention)        \
    X(batch_norm)       \
    X(binary)           \
    X(copy)             \
    X(distance)         \
    X(dropout)          \
    X(elementwise)      \
    X(gathered)         \
    X(loss)             \
    X(matmul)           \
    X(norm)             \
    X(recurrent)        \
    X(reduce)           \
    X(sift)             \
    X(softmax)

#define VECTOR_DECLARE(part)                     \
    void part##_install_base(struct compute *c); \
    void part##_install_v3(struct compute *c);   \
    void part##_install_v4(struct compute *c);
VECTOR_PARTS(VECTOR_DECLARE)
#undef VECTOR_DECLARE

#endif
