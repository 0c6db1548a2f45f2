/* Sifting items by scores, and sums of squares, against the reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/parity.h"

static void square_rows(struct parity *p)
{
    size_t d = parity_size(p, 1, 600), rows = parity_rows(p, d);
    const real *x = parity_normal(p, rows * d);
    struct outcome y = parity_output(p, rows);
    double *sums = arena_array(&p->memory, rows, sizeof *sums);
    assert_non_null(sums);
    FOR_TABLES(p, c, side)
    {
        c->square_rows(c, sums, x, rows, d);
        for (size_t r = 0; r < rows; r++)
            y.at[side][r] = (real)sums[r];
    }
    parity_compare(p, "y", y, 1e-6);
}

/* ---- sift ---- */

struct sifting {
    struct sieve shape;
    const real *x;
    real *q;
    size_t chunks;
    uint32_t *sure, *hits;
    struct sieve_hit *hit;
};

/* Quarters, so that scores are exact in whatever order they are summed. */
static real *quarters(struct parity *p, size_t n, size_t low, size_t high)
{
    real *x = parity_normal(p, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)((double)parity_size(p, low, high) / 4 - 2);
    return x;
}

static real *draw_queries(struct parity *p, const struct sieve *s)
{
    size_t panels = (s->queries + SIEVE_PANEL - 1) / SIEVE_PANEL;
    if (s->few)
        return quarters(p, s->queries * s->width, 0, 16);
    real *q = quarters(p, panels * SIEVE_PANEL * s->width, 0, 16);
    for (size_t i = 0; i < s->width; i++)
        for (size_t j = s->queries; j < panels * SIEVE_PANEL; j++)
            q[(j / SIEVE_PANEL * s->width + i) * SIEVE_PANEL + j % SIEVE_PANEL] = 0;
    return q;
}

static struct sifting draw(struct parity *p)
{
    struct sifting s = { .shape = { .queries = parity_size(p, 1, parity_flip(p) ? 6 : 70),
                                    .width = parity_size(p, 1, 150),
                                    .alpha = parity_flip(p) ? -2 : -1,
                                    .bend = (real)0.25 } };
    struct sieve *shape = &s.shape;
    size_t most = p->large ? 700 : 220;
    shape->items = parity_size(p, 1, most);
    shape->few = shape->queries <= 20 && parity_flip(p);
    s.x = quarters(p, shape->items * shape->width, 0, 16);
    s.q = draw_queries(p, shape);
    real *base = quarters(p, shape->items, 8, 200);
    for (size_t i = 0; i < shape->items; i += 7)
        base[i] = (real)__builtin_inf();
    shape->base = base;
    shape->reach = quarters(p, shape->items, 8, 16);
    shape->slope = quarters(p, shape->queries, 8, 12);
    shape->far = quarters(p, shape->queries, 0, 100);
    shape->near = parity_flip(p) ? quarters(p, shape->queries, 0, 60) : NULL;
    s.chunks = (shape->items + SIEVE_CHUNK - 1) / SIEVE_CHUNK;
    s.sure = arena_array(&p->memory, s.chunks * shape->queries, sizeof *s.sure);
    s.hits = arena_array(&p->memory, s.chunks, sizeof *s.hits);
    s.hit = arena_array(&p->memory, s.chunks * SIEVE_CHUNK * shape->queries, sizeof *s.hit);
    assert_true(s.sure && s.hits && s.hit);
    return s;
}

/* Scores of hits plus `shift`, by query and item; the others 0. Checks the order. */
static void spread(const struct sifting *s, real shift, real *y)
{
    memset(y, 0, s->shape.items * s->shape.queries * sizeof *y);
    for (size_t n = 0; n < s->chunks; n++) {
        const struct sieve_hit *hit = s->hit + n * SIEVE_CHUNK * s->shape.queries;
        size_t last[70] = { 0 };
        for (size_t i = 0; i < s->hits[n]; i++) {
            size_t item = hit[i].item, query = hit[i].query;
            assert_true(query < s->shape.queries && item < s->shape.items);
            assert_int_equal(item / SIEVE_CHUNK, n);
            assert_true(last[query] <= item);
            last[query] = item + 1;
            y[query * s->shape.items + item] = hit[i].score + shift;
        }
    }
}

static void sift(struct parity *p)
{
    struct sifting s = draw(p);
    struct outcome found = parity_output(p, s.shape.items * s.shape.queries);
    struct outcome sure = parity_output(p, s.chunks * s.shape.queries);
    FOR_TABLES(p, c, side)
    {
        memset(s.sure, 0, s.chunks * s.shape.queries * sizeof *s.sure);
        c->sift(c, &s.shape, s.sure, s.hits, s.hit, s.x, s.q);
        spread(&s, 10000, found.at[side]); /* no score becomes 0 */
        for (size_t i = 0; i < s.chunks * s.shape.queries; i++)
            sure.at[side][i] = (real)s.sure[i] + 1;
    }
    parity_compare(p, "hits", found, 1e-9);
    parity_compare(p, "sure", sure, 1e-9);
}

/* Any numbers, and everything a hit. */
static void score(struct parity *p)
{
    struct sifting s = draw(p);
    real *far = parity_normal(p, s.shape.queries);
    for (size_t j = 0; j < s.shape.queries; j++)
        far[j] = (real)1e30;
    s.x = parity_normal(p, s.shape.items * s.shape.width);
    s.shape.base = parity_normal(p, s.shape.items);
    s.shape.far = far;
    s.shape.near = NULL;
    struct outcome found = parity_output(p, s.shape.items * s.shape.queries);
    FOR_TABLES(p, c, side)
    {
        c->sift(c, &s.shape, NULL, s.hits, s.hit, s.x, s.q);
        spread(&s, 0, found.at[side]);
    }
    parity_compare(p, "scores", found, 1e-6);
}

static void test_square_rows(void **state)
{
    parity_run(square_rows, 24);
}

static void test_sift(void **state)
{
    parity_run(sift, 40);
}

static void test_score(void **state)
{
    parity_run(score, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_square_rows),
        cmocka_unit_test(test_sift),
        cmocka_unit_test(test_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
