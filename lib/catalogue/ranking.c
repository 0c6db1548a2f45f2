/* Searches: what is asked is checked first, then queries go through the catalogue in groups
 * (ranking_sweep.h). Each query has a list of its own, so threads share nothing, and since a result
 * is that of exact keys, it does not depend on how many items the bounds let through. */
#include "catalogue/ranking.h"

#include <gommir/catalogue.h>
#include <math.h>

#include "base/memory.h"
#include "base/status.h"
#include "catalogue/ranking_exact.h"
#include "catalogue/ranking_shortlist.h"
#include "catalogue/ranking_sweep.h"

/* ---- life ---- */

static enum gmr_status check_vector(const struct compute *c, const char *of, size_t number,
                                    const real *vector, size_t width)
{
    bool finite;
    c->all_finite(c, &finite, vector, width);
    return finite ? GMR_OK
                  : gmr_error(GMR_ERR_NUMERIC, "vector of %s %zu is not finite", of, number);
}

enum { MEASURED = 4096 }; /* items at a time */

static enum gmr_status measure_items(struct ranking *r, double *squares)
{
    const struct compute *c = r->compute;
    for (size_t first = 0; first < r->count; first += MEASURED) {
        size_t n = r->count - first < MEASURED ? r->count - first : MEASURED;
        c->square_rows(c, squares, r->vectors + first * r->width, n, r->width);
        for (size_t i = first; i < first + n; i++) {
            if (!isfinite(squares[i - first]))
                TRY(check_vector(c, "item", i, r->vectors + i * r->width, r->width));
            bound_item(&r->bound, squares[i - first], &r->base[i], &r->reach[i]);
            r->largest = r->reach[i] > r->largest ? r->reach[i] : r->largest;
        }
    }
    return GMR_OK;
}

static enum gmr_status prepare(struct ranking *r)
{
    enum gmr_status status = GMR_ERR_NOMEM;
    double *squares = memory_array(r->allocator, MEASURED, sizeof *squares);
    r->base = memory_array(r->allocator, r->count, sizeof *r->base);
    r->reach = memory_array(r->allocator, r->count, sizeof *r->reach);
    if (squares && r->base && r->reach)
        status = measure_items(r, squares);
    memory_release(r->allocator, squares, MEASURED * sizeof *squares);
    return status;
}

enum gmr_status ranking_create(const struct gmr_allocator *allocator, const struct compute *compute,
                               const real *vectors, size_t count, size_t width,
                               enum gmr_metric metric, struct ranking **ranking)
{
    *ranking = NULL;
    if (width == 0)
        return gmr_error(GMR_ERR_RANGE, "vectors of width 0 cannot be ranked");
    struct ranking *r = memory_array(allocator, 1, sizeof *r);
    if (!r)
        return GMR_ERR_NOMEM;
    *r = (struct ranking){ .allocator = allocator,
                           .compute = compute,
                           .vectors = vectors,
                           .count = count,
                           .width = width };
    bound_init(&r->bound, metric, width);
    enum gmr_status status = prepare(r);
    if (status == GMR_OK)
        *ranking = r;
    else
        ranking_destroy(r);
    return status;
}

void ranking_destroy(struct ranking *r)
{
    if (!r)
        return;
    memory_release(r->allocator, r->base, r->count * sizeof *r->base);
    memory_release(r->allocator, r->reach, r->count * sizeof *r->reach);
    memory_release(r->allocator, r, sizeof *r);
}

/* ---- what searches have in common ---- */

static enum gmr_status check_query(const struct ranking *r, const struct ranking_query *q)
{
    size_t end = q->seen_begin ? q->seen_begin[q->count] : 0;
    bool finite;
    for (size_t j = 0; q->seen_begin && j < q->count; j++)
        if (q->seen_begin[j] > q->seen_begin[j + 1])
            return gmr_error(GMR_ERR_RANGE, "seen items of query %zu end before they begin", j);
    for (size_t i = q->seen_begin ? q->seen_begin[0] : 0; i < end; i++)
        if (q->seen[i] >= r->count)
            return gmr_error(GMR_ERR_RANGE, "seen item %zu is not one of %zu", q->seen[i],
                             r->count);
    r->compute->all_finite(r->compute, &finite, q->vectors, q->count * r->width);
    for (size_t j = 0; !finite && j < q->count; j++)
        TRY(check_vector(r->compute, "query", j, q->vectors + j * r->width, r->width));
    return GMR_OK;
}

static const real *query_vector(const struct sweep *s, size_t j)
{
    return s->query->vectors + (s->first + j) * s->ranking->width;
}

/* ---- nearest ---- */

struct lists {
    size_t group, k, capacity, bytes; /* bytes of the room of one list */
    struct shortlist *list;           /* [group] */
    char *room;
};

static void lists_begin(const struct lists *l, const struct sweep *s)
{
    const struct ranking *r = s->ranking;
    for (size_t j = 0; j < s->queries; j++) {
        l->list[j] = (struct shortlist){ .metric = r->bound.metric,
                                         .query = query_vector(s, j),
                                         .vectors = r->vectors,
                                         .width = r->width,
                                         .k = l->k };
        shortlist_begin(&l->list[j], l->capacity, l->room + j * l->bytes);
    }
}

static void enter(void *state, struct sweep *s, size_t j, struct interval x)
{
    const struct lists *l = state;
    if (!sweep_is_seen(s, j, x.item))
        shortlist_add(&l->list[j], x.item, x.low, x.high);
}

static void write_out(struct shortlist *list, size_t k, size_t *items, double *scores)
{
    shortlist_finish(list);
    for (size_t i = 0; i < k; i++) {
        bool used = i < list->count;
        double key = used ? list->high[i] : (double)NAN;
        items[i] = used ? list->item[i] : GMR_NO_ITEM;
        if (scores)
            scores[i] = used && list->metric == GMR_DOT ? -key : key;
    }
}

static void find_nearest(struct sweep *s, struct lists *l, size_t *items, double *scores)
{
    lists_begin(l, s);
    while (sweep_next(s)) {
        sweep_visit(s, enter, l);
        for (size_t j = 0; j < s->queries; j++) {
            shortlist_tighten(&l->list[j]);
            s->far[j] = bound_far(&s->bound[j], l->list[j].limit);
        }
    }
#pragma omp parallel for schedule(static) num_threads(s->ranking->compute->threads)
    for (size_t j = 0; j < s->queries; j++) {
        size_t place = (s->first + j) * l->k;
        write_out(&l->list[j], l->k, items + place, scores ? scores + place : NULL);
    }
}

enum gmr_status ranking_nearest(const struct ranking *r, const struct ranking_query *query,
                                size_t k, size_t *items, double *scores)
{
    if (k < 1 || k > GMR_MAX_NEAREST)
        return gmr_error(GMR_ERR_RANGE, "%zu nearest items are asked for; 1 .. %d are possible", k,
                         GMR_MAX_NEAREST);
    TRY(check_query(r, query));
    struct lists l = { .k = k, .capacity = shortlist_capacity(k, r->count) };
    l.bytes = shortlist_bytes(l.capacity);
    l.group = sweep_group(r, query->count, l.bytes);
    l.list = memory_array(r->allocator, l.group, sizeof *l.list);
    l.room = memory_allocate(r->allocator, l.group * l.bytes);
    struct sweep s;
    enum gmr_status status = sweep_open(&s, r, query, l.group, false);
    if (status == GMR_OK && !(l.list && l.room))
        status = GMR_ERR_NOMEM;
    for (size_t first = 0; status == GMR_OK && first < query->count; first += l.group) {
        size_t left = query->count - first;
        sweep_begin(&s, first, left < l.group ? left : l.group);
        find_nearest(&s, &l, items, scores);
    }
    sweep_close(&s);
    memory_release(r->allocator, l.room, l.group * l.bytes);
    memory_release(r->allocator, l.list, l.group * sizeof *l.list);
    return status;
}

/* ---- rank ---- */

/* The rank of one target so far, and items that are still to be compared with it. */
struct place {
    double key; /* the target's */
    size_t nearer, waiting;
    const real *row[EXACT_ROWS];
};

static size_t count_nearer(const struct sweep *s, size_t j, struct place *p)
{
    double key[EXACT_ROWS];
    size_t nearer = 0;
    exact_keys(s->ranking->bound.metric, key, query_vector(s, j), p->row, p->waiting,
               s->ranking->width);
    for (size_t i = 0; i < p->waiting; i++)
        nearer += key[i] < p->key;
    p->waiting = 0;
    return nearer;
}

static const real *item_vector(const struct sweep *s, size_t item)
{
    return s->ranking->vectors + item * s->ranking->width;
}

static void place_begin(struct sweep *s, size_t j, struct place *p, size_t target)
{
    const real *row = item_vector(s, target);
    *p = (struct place){ 0 };
    exact_keys(s->ranking->bound.metric, &p->key, query_vector(s, j), &row, 1, s->ranking->width);
    s->near[j] = bound_near(&s->bound[j], p->key);
    s->far[j] = bound_far(&s->bound[j], p->key);
}

static void compare(void *state, struct sweep *s, size_t j, struct interval x)
{
    struct place *p = (struct place *)state + j;
    p->row[p->waiting++] = item_vector(s, x.item);
    if (p->waiting == EXACT_ROWS)
        p->nearer += count_nearer(s, j, p);
}

/* Seen items were counted with all others. */
static size_t count_seen(const struct sweep *s, size_t j, struct place *p)
{
    const uint8_t *allowed = s->query->allowed;
    size_t nearer = 0;
    for (size_t i = s->seen_at[j]; i < s->seen_end[j]; i++) {
        bool repeated = i > s->seen_at[j] && s->seen[i] == s->seen[i - 1];
        if (repeated || (allowed && !allowed[s->seen[i]]))
            continue;
        p->row[p->waiting++] = item_vector(s, s->seen[i]);
        if (p->waiting == EXACT_ROWS)
            nearer += count_nearer(s, j, p);
    }
    return p->waiting > 0 ? nearer + count_nearer(s, j, p) : nearer;
}

static void find_ranks(struct sweep *s, struct place *place, const size_t *target, size_t *rank)
{
    int threads = s->ranking->compute->threads;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t j = 0; j < s->queries; j++)
        place_begin(s, j, &place[j], target[s->first + j]);
    while (sweep_next(s)) {
        sweep_visit(s, compare, place);
        for (size_t j = 0; j < s->queries; j++)
            place[j].nearer += sweep_sure(s, j);
    }
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t j = 0; j < s->queries; j++) {
        struct place *p = &place[j];
        if (p->waiting > 0)
            p->nearer += count_nearer(s, j, p);
        rank[s->first + j] = p->nearer - count_seen(s, j, p);
    }
}

enum gmr_status ranking_rank(const struct ranking *r, const struct ranking_query *query,
                             const size_t *target, size_t *rank)
{
    for (size_t j = 0; j < query->count; j++)
        if (target[j] >= r->count)
            return gmr_error(GMR_ERR_RANGE, "target %zu is not one of %zu items", target[j],
                             r->count);
    TRY(check_query(r, query));
    size_t group = sweep_group(r, query->count, sizeof(struct place));
    struct place *place = memory_array(r->allocator, group, sizeof *place);
    struct sweep s;
    enum gmr_status status = sweep_open(&s, r, query, group, true);
    if (!place)
        status = GMR_ERR_NOMEM;
    for (size_t first = 0; status == GMR_OK && first < query->count; first += group) {
        size_t left = query->count - first;
        sweep_begin(&s, first, left < group ? left : group);
        find_ranks(&s, place, target, rank);
    }
    sweep_close(&s);
    memory_release(r->allocator, place, group * sizeof *place);
    return status;
}
