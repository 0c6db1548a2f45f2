/* Bootstrap intervals against CPython's samples and numpy's percentiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "learning/retrieval.h"
#include "support/golden.h"
#include "tensor/tensor.h"

enum { MOST = 200, PARTS = 5 };

static const double single = 1e-6; /* files hold floats */

static const char *named(const char *under, const char *name)
{
    static char full[32];
    snprintf(full, sizeof full, "%s.%s", under, name);
    return full;
}

static int64_t number(struct golden *g, const char *under, const char *name, size_t i)
{
    const int64_t *numbers = golden_input(g, named(under, name))->data;
    return numbers[i];
}

typedef enum gmr_status estimator(const struct gmr_allocator *allocator, const double *values,
                                  size_t count, uint64_t seed, struct gmr_estimate *estimate);

static void check_values(struct golden *g, const char *under, const char *name, estimator *estimate)
{
    const uint64_t seed = (uint64_t)number(g, under, "seed", 0);
    struct tensor *x = golden_input(g, named(under, "values"));
    const size_t count = tensor_numel(x);
    double values[MOST];
    struct gmr_estimate e;
    for (size_t i = 0; i < count; i++)
        values[i] = (double)tensor_real(x)[i];
    assert_int_equal(estimate(NULL, values, count, seed, &e), GMR_OK);
    golden_numbers(g, named(under, name), (const double[]){ e.value, e.low, e.high }, 3, single);
}

static void check_ranks(struct golden *g, const char *under)
{
    const uint64_t seed = (uint64_t)number(g, under, "seed", 0);
    const size_t count = tensor_numel(golden_input(g, named(under, "ranks")));
    size_t ranks[MOST];
    struct gmr_retrieval e;
    struct retrieval_summary s;
    double found[PARTS][3];
    for (size_t i = 0; i < count; i++)
        ranks[i] = (size_t)number(g, under, "ranks", i);
    assert_int_equal(retrieval_estimate(NULL, ranks, count, seed, &e), GMR_OK);
    assert_int_equal(retrieval_summarise(NULL, ranks, count, &s), GMR_OK);
    const struct gmr_estimate *part[PARTS] = { &e.recall_1, &e.recall_5, &e.recall_10,
                                               &e.median_rank, &e.mean_reciprocal };
    const double alone[PARTS] = { s.recall_1, s.recall_5, s.recall_10, s.median_rank,
                                  s.mean_reciprocal };
    for (size_t i = 0; i < PARTS; i++) {
        assert_true(part[i]->value == alone[i]);
        found[i][0] = part[i]->value;
        found[i][1] = part[i]->low;
        found[i][2] = part[i]->high;
    }
    golden_numbers(g, named(under, "recalls"), found[0], 3 * PARTS, single);
}

static void check(struct golden *g)
{
    const char *const under[] = { "24", "151" };
    for (size_t i = 0; i < 2; i++) {
        check_values(g, under[i], "mean", bootstrap_mean);
        check_values(g, under[i], "median", bootstrap_median);
        check_ranks(g, under[i]);
    }
}

int main(void)
{
    static const struct golden_case cases[] = { { "intervals", { "bootstrap" }, check } };
    return golden_main(cases, sizeof cases / sizeof *cases);
}
