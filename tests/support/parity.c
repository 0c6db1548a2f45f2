/* Comparison of tables of kernels. */
#include "support/parity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compute/cpu/cpu.h"
#include "support/kernels.h"
#include "support/support.h"

enum { GUARD_WORDS = 16, MOST_THREADS = 4, SEED = 42 };

static const uint32_t GUARD = 0x7fbadbad; /* a NaN, should a kernel read it */
static const char *const variant_name[CPU_VARIANTS] = { "base", "v3", "v4" };

static void check_guards(struct parity *p)
{
    for (size_t i = 0; i < p->guards; i++)
        for (size_t j = 0; j < GUARD_WORDS; j++)
            if (p->guard[i][j] != GUARD)
                fail_msg("%s: array %zu was written behind its end", p->what, i);
}

static void run_rounds(struct parity *p, parity_case *run, size_t rounds)
{
    mt19937_seed(&p->rng, SEED);
    for (size_t round = 0; round < rounds; round++) {
        p->large = round % 4 == 3;
        p->guards = 0;
        run(p);
        check_guards(p);
        arena_clear(&p->memory);
    }
}

static struct compute *create_cpu(unsigned threads, enum cpu_variant variant)
{
    struct compute *c = NULL;
    assert_int_equal(compute_create_cpu_variant(NULL, threads, variant, &c), GMR_OK);
    return c;
}

static void run_variant(struct parity *p, enum cpu_variant variant, parity_case *run, size_t rounds)
{
    char what[64];
    struct compute *reference = NULL, *one = create_cpu(1, variant);
    assert_int_equal(compute_create_reference(NULL, &reference), GMR_OK);
    p->what = what;
    for (unsigned threads = 2; threads <= MOST_THREADS; threads++) {
        struct compute *several = create_cpu(threads, variant);
        p->table[1] = several;
        if (threads == 2) {
            snprintf(what, sizeof what, "%s against reference", variant_name[variant]);
            p->table[0] = reference;
            p->exact = false;
            run_rounds(p, run, rounds);
        }
        snprintf(what, sizeof what, "%s on 1 and %u threads", variant_name[variant], threads);
        p->table[0] = one;
        p->exact = true;
        run_rounds(p, run, rounds);
        compute_destroy(several);
    }
    compute_destroy(one);
    compute_destroy(reference);
}

void parity_run(parity_case *run, size_t rounds)
{
    struct parity p = { .what = "" };
    arena_init(&p.memory, NULL, 0);
    for (enum cpu_variant variant = CPU_BASE; variant < CPU_VARIANTS; variant++)
        if (cpu_variant_supported(variant))
            run_variant(&p, variant, run, rounds);
    arena_release(&p.memory);
}

size_t parity_size(struct parity *p, size_t low, size_t high)
{
    return low + (size_t)mt19937_below(&p->rng, high - low + 1);
}

bool parity_flip(struct parity *p)
{
    return parity_size(p, 0, 1) == 1;
}

real parity_beta(struct parity *p)
{
    const real beta[] = { 0, 1, (real)0.75 };
    return beta[parity_size(p, 0, 2)];
}

size_t parity_rows(struct parity *p, size_t d)
{
    size_t enough = 70000 / d + 1;
    return p->large ? enough + parity_size(p, 0, enough / 3) : parity_size(p, 1, 40);
}

static void *new_array(struct parity *p, size_t size)
{
    size_t whole = (size + sizeof(uint32_t) - 1) / sizeof(uint32_t) * sizeof(uint32_t);
    char *array = arena_alloc(&p->memory, whole + GUARD_WORDS * sizeof GUARD);
    assert_non_null(array);
    assert_true(p->guards < PARITY_ARRAYS);
    uint32_t *guard = (uint32_t *)(void *)(array + whole);
    for (size_t i = 0; i < GUARD_WORDS; i++)
        guard[i] = GUARD;
    p->guard[p->guards++] = guard;
    return array;
}

real *parity_normal(struct parity *p, size_t n)
{
    real *x = new_array(p, n * sizeof *x);
    fill_normal(x, n, mt19937_bits(&p->rng, 32));
    return x;
}

real *parity_uniform(struct parity *p, size_t n, double low, double high)
{
    real *x = new_array(p, n * sizeof *x);
    fill_uniform(x, n, low, high, mt19937_bits(&p->rng, 32));
    return x;
}

int64_t *parity_index(struct parity *p, size_t n, size_t limit)
{
    int64_t *index = new_array(p, n * sizeof *index);
    for (size_t i = 0; i < n; i++)
        index[i] = (int64_t)mt19937_below(&p->rng, limit);
    return index;
}

struct outcome parity_output(struct parity *p, size_t n)
{
    struct outcome o = { .n = n };
    for (size_t side = 0; side < 2; side++) {
        o.at[side] = new_array(p, n * sizeof(real));
        fill_nan(o.at[side], n);
    }
    return o;
}

struct outcome parity_gradient(struct parity *p, size_t n)
{
    struct outcome o = { .n = n };
    o.at[0] = parity_normal(p, n);
    o.at[1] = new_array(p, n * sizeof(real));
    memcpy(o.at[1], o.at[0], n * sizeof(real));
    return o;
}

struct outcome parity_blend(struct parity *p, size_t n, real beta)
{
    return beta == 0 ? parity_output(p, n) : parity_gradient(p, n);
}

struct outcome parity_wanted(struct parity *p, size_t n, bool wanted)
{
    return wanted ? parity_gradient(p, n) : (struct outcome){ .n = n };
}

/* Infinities count only as equal or not. */
static void compare_infinities(struct parity *p, const char *name, struct outcome *found)
{
    for (size_t i = 0; i < found->n; i++)
        if (isinf(found->at[0][i])) {
            if (found->at[1][i] != found->at[0][i])
                fail_msg("%s: %s[%zu] is %g, not infinite", p->what, name, i,
                         (double)found->at[1][i]);
            found->at[0][i] = found->at[1][i] = 0;
        }
}

void parity_compare(struct parity *p, const char *name, struct outcome found, double tolerance)
{
    if (!found.at[0])
        return;
    if (p->exact) {
        if (memcmp(found.at[0], found.at[1], found.n * sizeof(real)) != 0)
            fail_msg("%s: %s differs", p->what, name);
        return;
    }
    compare_infinities(p, name, &found);
    double error = normalised_error(found.at[1], found.at[0], found.n);
    if (!(error <= tolerance))
        fail_msg("%s: %s of %zu numbers has error %g, more than %g", p->what, name, found.n, error,
                 tolerance);
}
