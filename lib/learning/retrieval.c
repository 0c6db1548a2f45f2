/* A block is a small catalogue: its candidates, normalised, ranked by dot product. A query's length
 * does not change an order, so queries are taken as they are. */
#include "learning/retrieval.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "catalogue/ranking.h"

/* ---- ranks ---- */

struct block {
    const struct gmr_allocator *allocator;
    const struct compute *compute;
    size_t rows, width;
    real *candidates, *norm; /* [rows, width] normalised, [rows] */
    size_t *target;          /* [rows]: 0, 1, ... */
};

static void block_release(struct block *b)
{
    memory_release(b->allocator, b->target, b->rows * sizeof *b->target);
    memory_release(b->allocator, b->norm, b->rows * sizeof *b->norm);
    memory_release(b->allocator, b->candidates, b->rows * b->width * sizeof *b->candidates);
}

static enum gmr_status block_init(struct block *b)
{
    size_t numbers;
    if (!memory_product(b->rows, b->width, &numbers))
        return gmr_error(GMR_ERR_RANGE, "%zu vectors of width %zu are too many", b->rows, b->width);
    b->candidates = memory_array(b->allocator, numbers, sizeof *b->candidates);
    b->norm = memory_array(b->allocator, b->rows, sizeof *b->norm);
    b->target = memory_array(b->allocator, b->rows, sizeof *b->target);
    if (!b->candidates || !b->norm || !b->target)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < b->rows; i++)
        b->target[i] = i;
    return GMR_OK;
}

/* The ranking would say so too, but count rows from the start of the block. */
static enum gmr_status check_rows(const struct compute *c, const char *kind, const real *rows,
                                  size_t count, size_t width)
{
    bool finite;
    for (size_t i = 0; i < count; i++) {
        c->all_finite(c, &finite, rows + i * width, width);
        if (!finite)
            return gmr_error(GMR_ERR_NUMERIC, "vector of %s %zu is not finite", kind, i);
    }
    return GMR_OK;
}

static enum gmr_status block_rank(const struct block *b, const real *queries,
                                  const real *candidates, size_t *ranks)
{
    const struct compute *c = b->compute;
    const struct ranking_query query = { .vectors = queries, .count = b->rows };
    struct ranking *ranking;
    c->l2_normalise_forward(c, b->candidates, b->norm, candidates, b->rows, b->width);
    TRY(ranking_create(b->allocator, c, b->candidates, b->rows, b->width, GMR_DOT, &ranking));
    enum gmr_status status = ranking_rank(ranking, &query, b->target, ranks);
    ranking_destroy(ranking);
    return status;
}

enum gmr_status retrieval_ranks(const struct gmr_allocator *allocator,
                                const struct compute *compute, const real *queries,
                                const real *candidates, size_t count, size_t width, size_t block,
                                size_t *ranks, size_t *ranked)
{
    const size_t rows = block == 0 || block > count ? count : block;
    const size_t all = rows > 0 ? count - count % rows : 0;
    struct block b = { .allocator = allocator, .compute = compute, .rows = rows, .width = width };
    *ranked = 0;
    TRY(check_rows(compute, "query", queries, all, width));
    TRY(check_rows(compute, "candidate", candidates, all, width));
    enum gmr_status status = block_init(&b);
    for (size_t first = 0; status == GMR_OK && first < all; first += rows) {
        const size_t at = first * width;
        status = block_rank(&b, queries + at, candidates + at, ranks + first);
    }
    if (status == GMR_OK)
        *ranked = all;
    block_release(&b);
    return status;
}

/* ---- summary ---- */

static int by_rank(const void *left, const void *right)
{
    const size_t a = *(const size_t *)left, b = *(const size_t *)right;
    return (a > b) - (a < b);
}

/* Sorted ranks; rank[i] occurs times[i] times (NULL: once). */
static struct retrieval_summary summarise(const size_t *rank, const uint32_t *times, size_t count)
{
    const size_t middle[] = { (count - 1) / 2, count / 2 };
    struct retrieval_summary s = { 0 };
    for (size_t i = 0; i < count; i++) {
        const double occurs = times ? times[i] : 1;
        s.recall_1 += rank[i] < 1 ? occurs : 0;
        s.recall_5 += rank[i] < 5 ? occurs : 0;
        s.recall_10 += rank[i] < 10 ? occurs : 0;
        s.mean_reciprocal += occurs / ((double)rank[i] + 1);
    }
    s.recall_1 /= (double)count;
    s.recall_5 /= (double)count;
    s.recall_10 /= (double)count;
    s.mean_reciprocal /= (double)count;
    for (size_t i = 0; i < 2; i++) {
        const size_t unit = times ? bootstrap_unit_at(times, count, middle[i]) : middle[i];
        s.median_rank += ((double)rank[unit] + 1) / 2;
    }
    return s;
}

/* NULL without memory. */
static size_t *sort(const struct gmr_allocator *allocator, const size_t *ranks, size_t count)
{
    size_t *sorted = memory_array(allocator, count, sizeof *sorted);
    if (sorted && count > 0)
        qsort(memcpy(sorted, ranks, count * sizeof *sorted), count, sizeof *sorted, by_rank);
    return sorted;
}

enum gmr_status retrieval_summarise(const struct gmr_allocator *allocator, const size_t *ranks,
                                    size_t count, struct retrieval_summary *summary)
{
    const double none = (double)NAN;
    size_t *sorted = sort(allocator, ranks, count);
    if (!sorted)
        return GMR_ERR_NOMEM;
    *summary = (struct retrieval_summary){ none, none, none, none, none };
    if (count > 0)
        *summary = summarise(sorted, NULL, count);
    memory_release(allocator, sorted, count * sizeof *sorted);
    return GMR_OK;
}

enum { NUMBERS = sizeof(struct retrieval_summary) / sizeof(double) };

static void summary_of_sample(const void *subject, const uint32_t *times, size_t count,
                              double *result)
{
    const struct retrieval_summary s = summarise(subject, times, count);
    const double numbers[NUMBERS] = { s.recall_1, s.recall_5, s.recall_10, s.median_rank,
                                      s.mean_reciprocal };
    memcpy(result, numbers, sizeof numbers);
}

enum gmr_status retrieval_estimate(const struct gmr_allocator *allocator, const size_t *ranks,
                                   size_t count, uint64_t seed, struct gmr_retrieval *estimate)
{
    struct gmr_estimate e[NUMBERS];
    size_t *sorted = sort(allocator, ranks, count);
    if (!sorted)
        return GMR_ERR_NOMEM;
    const enum gmr_status status =
        bootstrap_run(allocator, summary_of_sample, sorted, count, NUMBERS, seed, e);
    *estimate = (struct gmr_retrieval){ e[0], e[1], e[2], e[3], e[4] };
    memory_release(allocator, sorted, count * sizeof *sorted);
    return status;
}
