/* The limit is found by bisection, which counts without branches, not by a heap or a selection:
 * those guess wrongly at every other step. It need not be the least one possible. */
#include "catalogue/ranking_shortlist.h"

#include <math.h>
#include <stdbool.h>

#include "catalogue/ranking_exact.h"

enum {
    SPARE = 64,      /* candidates beyond twice k */
    BISECTIONS = 12, /* at most */
    SLACK = 8        /* one in so many above k hardly moves the limit */
};

size_t shortlist_capacity(size_t k, size_t items)
{
    size_t most = 2 * k + SPARE;
    return items < most ? items : most;
}

size_t shortlist_bytes(size_t capacity)
{
    return capacity * (2 * sizeof(double) + sizeof(size_t));
}

void shortlist_begin(struct shortlist *s, size_t capacity, void *memory)
{
    s->count = 0;
    s->capacity = capacity;
    s->limit = (double)INFINITY;
    s->low = memory;
    s->high = s->low + capacity;
    void *rest = s->high + capacity;
    s->item = rest;
}

/* ---- the limit ---- */

static size_t count_below(const double *x, size_t n, double limit)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += x[i] <= limit;
    return count;
}

/* The end of a bisection that k upper ends stay below. */
static double find_limit(const struct shortlist *s)
{
    double least = (double)INFINITY, enough = -(double)INFINITY;
    for (size_t i = 0; i < s->count; i++) {
        least = s->high[i] < least ? s->high[i] : least;
        enough = s->high[i] > enough ? s->high[i] : enough;
    }
    if (enough > s->limit)
        enough = s->limit;
    for (size_t i = 0; i < BISECTIONS && isfinite(enough); i++) {
        double middle = least + (enough - least) / 2;
        size_t count = count_below(s->high, s->count, middle);
        if (count < s->k)
            least = middle;
        else
            enough = middle;
        if (count >= s->k && count <= s->k + s->k / SLACK)
            break;
    }
    return enough;
}

static bool is_tight(const struct shortlist *s)
{
    return s->count < s->k || (isfinite(s->limit) && s->count <= s->k + 2 * s->k / SLACK);
}

void shortlist_tighten(struct shortlist *s)
{
    size_t kept = 0;
    if (is_tight(s))
        return;
    s->limit = find_limit(s);
    for (size_t i = 0; i < s->count; i++) {
        s->low[kept] = s->low[i];
        s->high[kept] = s->high[i];
        s->item[kept] = s->item[i];
        kept += s->low[i] <= s->limit;
    }
    s->count = kept;
}

/* ---- exact keys ---- */

static void measure_some(struct shortlist *s, const size_t *place, size_t count)
{
    const real *row[EXACT_ROWS] = { NULL };
    double key[EXACT_ROWS] = { 0 };
    for (size_t i = 0; i < count; i++)
        row[i] = s->vectors + s->item[place[i]] * s->width;
    exact_keys(s->metric, key, s->query, row, count, s->width);
    for (size_t i = 0; i < count; i++)
        s->low[place[i]] = s->high[place[i]] = key[i];
}

static void measure(struct shortlist *s)
{
    size_t place[EXACT_ROWS], count = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->low[i] == s->high[i])
            continue;
        place[count++] = i;
        if (count == EXACT_ROWS) {
            measure_some(s, place, count);
            count = 0;
        }
    }
    if (count > 0)
        measure_some(s, place, count);
}

/* ---- sorting exact candidates by key, then by item ---- */

struct exact {
    double key;
    size_t item;
};

static struct exact take(const struct shortlist *s, size_t i)
{
    return (struct exact){ s->high[i], s->item[i] };
}

static void put(struct shortlist *s, size_t i, struct exact x)
{
    s->low[i] = s->high[i] = x.key;
    s->item[i] = x.item;
}

static bool before(struct exact a, struct exact b)
{
    return a.key < b.key || (a.key == b.key && a.item < b.item);
}

/* Puts x where it belongs on the way down from a free place of a heap whose root comes last. */
static void sink(struct shortlist *s, size_t size, size_t place, struct exact x)
{
    for (size_t child; (child = 2 * place + 1) < size; place = child) {
        if (child + 1 < size && before(take(s, child), take(s, child + 1)))
            child++;
        if (!before(x, take(s, child)))
            break;
        put(s, place, take(s, child));
    }
    put(s, place, x);
}

static void sort(struct shortlist *s)
{
    for (size_t i = s->count / 2; i-- > 0;)
        sink(s, s->count, i, take(s, i));
    for (size_t size = s->count; size > 1; size--) {
        struct exact last = take(s, size - 1);
        put(s, size - 1, take(s, 0));
        sink(s, size - 1, 0, last);
    }
}

static void keep_nearest(struct shortlist *s)
{
    measure(s);
    sort(s);
    if (s->count < s->k)
        return;
    s->count = s->k;
    s->limit = s->high[s->k - 1];
}

/* ---- the list ---- */

static void make_room(struct shortlist *s)
{
    shortlist_tighten(s);
    if (s->count > s->k + (s->capacity - s->k) / 2)
        keep_nearest(s);
}

void shortlist_add(struct shortlist *s, size_t item, double low, double high)
{
    if (low > s->limit)
        return;
    if (s->count == s->capacity)
        make_room(s);
    s->low[s->count] = low;
    s->high[s->count] = high;
    s->item[s->count++] = item;
}

void shortlist_finish(struct shortlist *s)
{
    shortlist_tighten(s);
    keep_nearest(s);
}
