/* Blocks are short at first, since nothing can be left out before k items are known.
 *
 * An item that is not allowed has an infinite base. A query of which no bound is known is replaced
 * by zeros: all its scores are finite, and every item is a hit. */
#include "catalogue/ranking_sweep.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    MOST = 128,           /* queries of a group */
    FEW = 8,              /* that are multiplied at the pace of memory */
    SCORES = 1 << 19,     /* of a block */
    PACKED = 1 << 20,     /* numbers of packed queries */
    HELD = 1 << 25,       /* bytes of the caller's for a group */
    SHORTEST = 96,        /* items of the first block */
    GROWTH = 1,           /* at most so many times what came before */
    WORTH_A_THREAD = 1024 /* hits */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t divide_up(size_t a, size_t b)
{
    return (a + b - 1) / b;
}

size_t sweep_group(const struct ranking *ranking, size_t queries, size_t bytes)
{
    size_t most = smaller(MOST, PACKED / ranking->width);
    most = smaller(most, HELD / (bytes + 1));
    if (most < 1)
        most = 1;
    size_t groups = divide_up(queries, most);
    return groups > 0 ? divide_up(queries, groups) : 1;
}

static size_t seen_count(const struct ranking_query *q, size_t first, size_t queries)
{
    return q->seen_begin ? q->seen_begin[first + queries] - q->seen_begin[first] : 0;
}

/* ---- memory: one block, cut up ---- */

static void *cut(char *memory, size_t *used, size_t bytes)
{
    void *piece = memory ? memory + *used : NULL;
    *used += (bytes + MEMORY_ALIGNMENT - 1) / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
    return piece;
}

static size_t packed_queries(size_t queries)
{
    return queries <= FEW ? queries : divide_up(queries, SIEVE_PANEL) * SIEVE_PANEL;
}

/* Returns the bytes needed; without memory, that is all. */
static size_t lay_out(struct sweep *s, char *memory)
{
    size_t n = s->group, used = 0, chunks = divide_up(s->most, SIEVE_CHUNK);
    s->bound = cut(memory, &used, n * sizeof *s->bound);
    s->squares = cut(memory, &used, n * sizeof *s->squares);
    s->slope = cut(memory, &used, n * sizeof *s->slope);
    s->near = cut(memory, &used, n * sizeof *s->near);
    s->far = cut(memory, &used, n * sizeof *s->far);
    s->seen_at = cut(memory, &used, n * sizeof *s->seen_at);
    s->seen_end = cut(memory, &used, n * sizeof *s->seen_end);
    s->seen = cut(memory, &used, s->seen_most * sizeof *s->seen);
    s->packed = cut(memory, &used, packed_queries(n) * s->ranking->width * sizeof *s->packed);
    s->base = cut(memory, &used, (s->query->allowed ? s->most : 0) * sizeof *s->base);
    s->hits = cut(memory, &used, chunks * sizeof *s->hits);
    s->sure = cut(memory, &used, (s->ranked ? chunks * n : 0) * sizeof *s->sure);
    s->hit = cut(memory, &used, chunks * SIEVE_CHUNK * n * sizeof *s->hit);
    return used;
}

enum gmr_status sweep_open(struct sweep *s, const struct ranking *ranking,
                           const struct ranking_query *query, size_t group, bool ranked)
{
    size_t whole = SIEVE_CHUNK * (size_t)ranking->compute->threads; /* as much for each thread */
    *s = (struct sweep){ .ranking = ranking, .query = query, .ranked = ranked, .group = group };
    s->most = smaller(ranking->count, divide_up(SCORES / group, whole) * whole);
    for (size_t first = 0; first < query->count; first += group) {
        size_t seen = seen_count(query, first, smaller(group, query->count - first));
        s->seen_most = seen > s->seen_most ? seen : s->seen_most;
    }
    s->bytes = lay_out(s, NULL);
    s->memory = memory_allocate(ranking->allocator, s->bytes);
    if (!s->memory)
        return GMR_ERR_NOMEM;
    lay_out(s, s->memory);
    return GMR_OK;
}

void sweep_close(struct sweep *s)
{
    memory_release(s->ranking->allocator, s->memory, s->bytes);
}

/* ---- a group of queries ---- */

static int by_number(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static void sort_seen(struct sweep *s)
{
    size_t total = seen_count(s->query, s->first, s->queries), end = 0;
    if (total == 0) {
        memset(s->seen_at, 0, s->queries * sizeof *s->seen_at);
        memset(s->seen_end, 0, s->queries * sizeof *s->seen_end);
        return;
    }
    memcpy(s->seen, s->query->seen + s->query->seen_begin[s->first], total * sizeof *s->seen);
    for (size_t j = 0; j < s->queries; j++) {
        size_t count = seen_count(s->query, s->first + j, 1);
        qsort(s->seen + end, count, sizeof *s->seen, by_number);
        s->seen_at[j] = end;
        s->seen_end[j] = end += count;
    }
}

/* Columns `first` .. of a panel. */
static void pack_panel(struct sweep *s, real *to, size_t first)
{
    const struct compute *c = s->ranking->compute;
    size_t width = s->ranking->width, n = smaller(SIEVE_PANEL, s->queries - first);
    const struct layout layout = {
        .rank = 2, .dim = { n, width }, .x_stride = { width, 1 }, .y_stride = { 1, SIEVE_PANEL }
    };
    if (n < SIEVE_PANEL)
        c->fill(c, to, 0, SIEVE_PANEL * width);
    c->copy_strided(c, to, s->query->vectors + (s->first + first) * width, &layout, 0);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < width && !s->bound[first + j].sound; i++)
            to[i * SIEVE_PANEL + j] = 0;
}

static void pack(struct sweep *s)
{
    size_t width = s->ranking->width;
    if (!s->few) {
        for (size_t j = 0; j < s->queries; j += SIEVE_PANEL)
            pack_panel(s, s->packed + j * width, j);
        return;
    }
    memcpy(s->packed, s->query->vectors + s->first * width, s->queries * width * sizeof *s->packed);
    for (size_t j = 0; j < s->queries; j++)
        if (!s->bound[j].sound)
            memset(s->packed + j * width, 0, width * sizeof *s->packed);
}

void sweep_begin(struct sweep *s, size_t first, size_t queries)
{
    const struct ranking *r = s->ranking;
    s->first = first;
    s->queries = queries;
    s->begin = s->items = 0;
    s->few = queries <= FEW;
    r->compute->square_rows(r->compute, s->squares, s->query->vectors + first * r->width, queries,
                            r->width);
    for (size_t j = 0; j < queries; j++) {
        s->bound[j] = bound_query(&r->bound, s->squares[j], r->largest);
        s->slope[j] = s->bound[j].slope;
        s->near[j] = -(real)INFINITY;
        s->far[j] = bound_far(&s->bound[j], (double)INFINITY);
    }
    sort_seen(s);
    pack(s);
}

/* ---- a block of items ---- */

/* False when the block holds none. */
static bool keep_allowed(struct sweep *s)
{
    const uint8_t *allowed = s->query->allowed + s->begin;
    const real *base = s->ranking->base + s->begin;
    uint8_t any = 0;
    for (size_t i = 0; i < s->items; i++) {
        s->base[i] = allowed[i] ? base[i] : (real)INFINITY;
        any |= allowed[i];
    }
    return any != 0;
}

static void sift(struct sweep *s)
{
    const struct ranking *r = s->ranking;
    struct sieve shape = { .items = s->items,
                           .queries = s->queries,
                           .width = r->width,
                           .few = s->few,
                           .alpha = r->bound.alpha,
                           .bend = r->bound.bend,
                           .base = s->query->allowed ? s->base : r->base + s->begin,
                           .reach = r->reach + s->begin,
                           .slope = s->slope,
                           .near = s->ranked ? s->near : NULL,
                           .far = s->far };
    r->compute->sift(r->compute, &shape, s->sure, s->hits, s->hit, r->vectors + s->begin * r->width,
                     s->packed);
}

bool sweep_next(struct sweep *s)
{
    do {
        size_t before = s->begin += s->items;
        size_t most = smaller(s->most, s->ranking->count - before);
        s->items = smaller(before > 0 ? GROWTH * before : SHORTEST, most);
        if (s->items == 0)
            return false;
    } while (s->query->allowed && !keep_allowed(s));
    sift(s);
    return true;
}

/* ---- hits ---- */

static struct interval interval_of(const struct sweep *s, const struct sieve_hit *hit)
{
    const struct ranking *r = s->ranking;
    const struct query_bound *q = &s->bound[hit->query];
    size_t item = s->begin + hit->item;
    double reach = (double)r->reach[item], error = (double)q->slope * reach + q->margin;
    double score = q->shift + (double)hit->score;
    double bend = (double)r->bound.bend * reach * reach;
    if (!q->sound)
        return (struct interval){ item, -(double)INFINITY, (double)INFINITY };
    return (struct interval){ item, score - error, score + error + bend };
}

/* The hits of queries begin .. end - 1. */
static void visit_some(struct sweep *s, sweep_visitor *visit, void *state, size_t begin, size_t end)
{
    for (size_t first = 0, n = 0; first < s->items; first += SIEVE_CHUNK, n++) {
        const struct sieve_hit *hit = s->hit + first * s->queries;
        for (size_t i = 0; i < s->hits[n]; i++)
            if (hit[i].query >= begin && hit[i].query < end)
                visit(state, s, hit[i].query, interval_of(s, &hit[i]));
    }
}

void sweep_visit(struct sweep *s, sweep_visitor *visit, void *state)
{
    size_t total = 0, parts = (size_t)s->ranking->compute->threads;
    for (size_t n = 0; n < divide_up(s->items, SIEVE_CHUNK); n++)
        total += s->hits[n];
    if (total < WORTH_A_THREAD)
        parts = 1;
#pragma omp parallel for schedule(static) num_threads((int)parts)
    for (size_t part = 0; part < parts; part++)
        visit_some(s, visit, state, s->queries * part / parts, s->queries * (part + 1) / parts);
}

size_t sweep_sure(const struct sweep *s, size_t j)
{
    size_t sure = 0;
    for (size_t n = 0; n < divide_up(s->items, SIEVE_CHUNK); n++)
        sure += s->sure[n * s->queries + j];
    return sure;
}

bool sweep_is_seen(struct sweep *s, size_t j, size_t item)
{
    while (s->seen_at[j] < s->seen_end[j] && s->seen[s->seen_at[j]] < item)
        s->seen_at[j]++;
    return s->seen_at[j] < s->seen_end[j] && s->seen[s->seen_at[j]] == item;
}
