/* Creates the table that runs: the reference kernels, overlaid with the vector code of the widest
 * variant that this processor has. */
#include "compute/cpu/cpu.h"

#include <omp.h>

#include "base/memory.h"
#include "compute/reference/reference.h"

#define VECTOR_INSTALL_BASE(part) part##_install_base(c);
#define VECTOR_INSTALL_V3(part)   part##_install_v3(c);
#define VECTOR_INSTALL_V4(part)   part##_install_v4(c);

static void install_base(struct compute *c)
{
    VECTOR_PARTS(VECTOR_INSTALL_BASE)
}

#ifdef __x86_64__

static void install(struct compute *c, enum cpu_variant variant)
{
    switch (variant) {
    case CPU_V3: VECTOR_PARTS(VECTOR_INSTALL_V3) break;
    case CPU_V4: VECTOR_PARTS(VECTOR_INSTALL_V4) break;
    default: install_base(c);
    }
}

static bool has_v3(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static bool has_v4(void)
{
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

bool cpu_variant_supported(enum cpu_variant variant)
{
    switch (variant) {
    case CPU_BASE: return true;
    case CPU_V3: return has_v3();
    case CPU_V4: return has_v4();
    default: return false;
    }
}

#else

static void install(struct compute *c, enum cpu_variant variant)
{
    install_base(c);
}

bool cpu_variant_supported(enum cpu_variant variant)
{
    return variant == CPU_BASE;
}

#endif

/* Kernels have finished when they return. */
static enum gmr_status synchronise(const struct compute *c)
{
    return GMR_OK;
}

static void destroy(struct compute *c)
{
    struct cpu_state *state = c->state;
    const struct gmr_allocator *allocator = c->device.allocator;
    onednn_destroy(state->onednn);
    workspaces_release(&state->workspaces);
    memory_release(allocator, state, sizeof *state);
    memory_release(allocator, c, sizeof *c);
}

static void fill_table(struct compute *c, struct cpu_state *state, const struct device *device,
                       unsigned threads, enum cpu_variant variant)
{
    c->name = "cpu";
    c->device = *device;
    c->threads = (int)threads;
    c->state = state;
    c->synchronise = synchronise;
    c->destroy = destroy;
    reference_kernels(c);
    install(c, variant);
    convolution_install(c);
    pooling_install(c);
    convnet_install(c);
}

enum gmr_status compute_create_cpu_variant(const struct gmr_allocator *allocator, unsigned threads,
                                           enum cpu_variant variant, struct compute **compute)
{
    struct device device = device_host(allocator);
    struct compute *c = memory_array(allocator, 1, sizeof *c);
    struct cpu_state *state = memory_array(allocator, 1, sizeof *state);
    if (threads == 0)
        threads = (unsigned)omp_get_num_procs();
    if (!c || !state || workspaces_init(&state->workspaces, &device, threads) != GMR_OK) {
        memory_release(allocator, state, sizeof *state);
        memory_release(allocator, c, sizeof *c);
        return GMR_ERR_NOMEM;
    }
    state->onednn = onednn_create(allocator, (int)threads);
    fill_table(c, state, &device, threads, variant);
    if (!state->onednn) {
        destroy(c);
        return GMR_ERR_NOMEM;
    }
    *compute = c;
    return GMR_OK;
}

enum gmr_status compute_create_cpu(const struct gmr_allocator *allocator, unsigned threads,
                                   struct compute **compute)
{
    enum cpu_variant variant = CPU_VARIANTS;
    do
        variant--;
    while (!cpu_variant_supported(variant));
    return compute_create_cpu_variant(allocator, threads, variant, compute);
}
