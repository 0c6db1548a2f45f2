/* Sifting items by their scores. A chunk's scores never leave the first caches: they are computed
 * on tiles, or by a scan where queries are few, and told apart at once. Nearly all are far, so a
 * strip of them is first judged by vector code that leaves a byte for each; then the few bytes that
 * are set are looked for, eight at a time. */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_rows.h"
#include "compute/cpu/vector_scan.h"
#include "compute/cpu/vector_tile.h"

enum { STRIP = SIEVE_PANEL, WORD = 8 };

_Static_assert(SIEVE_PANEL % TILE_COLUMNS == 0, "tiles fill a panel");
_Static_assert(SIEVE_CHUNK % STRIP == 0 && SIEVE_CHUNK % TILE_ROWS == 0, "chunks are whole");

static void square_rows(const struct compute *c, double *y, const real *x, size_t rows, size_t d)
{
    PARALLEL(c, rows * d)
    for (size_t r = 0; r < rows; r++)
        y[r] = row_squares(x + r * d, d);
}

struct chunk {
    const struct sieve *sieve;
    size_t first, items;
    const float *x, *q;
    uint32_t *sure; /* [queries], or NULL */
    struct sieve_hit *hit;
    uint32_t hits;
};

/* Lists the places of a strip whose byte is 1. */
ALWAYS_INLINE size_t list_passed(uint8_t place[STRIP], const uint8_t pass[STRIP])
{
    size_t count = 0;
    for (size_t at = 0; at < STRIP; at += WORD) {
        uint64_t word;
        memcpy(&word, pass + at, sizeof word);
        for (size_t i = at; word != 0 && i < at + WORD; i++) {
            place[count] = (uint8_t)i;
            count += pass[i];
        }
    }
    return count;
}

ALWAYS_INLINE bool is_near(float score, float reach, float slope, float bend, float near)
{
    return score + (slope + bend * reach) * reach < near;
}

ALWAYS_INLINE bool is_far(float score, float reach, float slope, float far)
{
    return score - slope * reach > far;
}

/* ---- many queries: a strip is an item and the queries of a panel ---- */

struct panel {
    float slope[STRIP], near[STRIP], far[STRIP];
    uint32_t nearer[STRIP];
};

/* Columns beyond the last query are far from everything. */
static void panel_begin(struct panel *p, const struct sieve *s, size_t first)
{
    for (size_t j = 0; j < STRIP; j++) {
        bool used = first + j < s->queries;
        p->slope[j] = used ? s->slope[first + j] : 0;
        p->near[j] = used && s->near ? s->near[first + j] : -__builtin_inff();
        p->far[j] = used ? s->far[first + j] : -__builtin_inff();
        p->nearer[j] = 0;
    }
}

/* `ranked` is a constant in every caller. */
ALWAYS_INLINE void judge_queries(struct chunk *c, struct panel *p, bool ranked, size_t query,
                                 size_t i, const float *y)
{
    const struct sieve *s = c->sieve;
    float base = s->base[c->first + i], reach = s->reach[c->first + i], bend = s->bend;
    _Alignas(64) uint8_t pass[STRIP];
    uint8_t place[STRIP];
    SIMD
    for (size_t j = 0; j < STRIP; j++) {
        bool near = ranked && is_near(base + y[j], reach, p->slope[j], bend, p->near[j]);
        pass[j] = !near & !is_far(base + y[j], reach, p->slope[j], p->far[j]);
        if (ranked)
            p->nearer[j] += near;
    }
    for (size_t n = 0, passed = list_passed(place, pass); n < passed; n++)
        c->hit[c->hits++] = (struct sieve_hit){ (uint32_t)(c->first + i),
                                                (uint32_t)(query + place[n]), base + y[place[n]] };
}

static void sift_panel(struct chunk *c, size_t query)
{
    const struct sieve *s = c->sieve;
    const float *q = c->q + query * s->width;
    _Alignas(64) float y[TILE_ROWS * STRIP];
    struct panel panel;
    panel_begin(&panel, s, query);
    for (size_t i = 0; i < c->items; i += TILE_ROWS) {
        size_t rows = smaller(TILE_ROWS, c->items - i);
        for (size_t j = 0; j < STRIP; j += TILE_COLUMNS)
            tile_by_row(rows, s->width, c->x + i * s->width, s->width, q + j, STRIP, y + j, STRIP,
                        s->alpha, 0);
        for (size_t r = 0; r < rows; r++)
            if (s->near)
                judge_queries(c, &panel, true, query, i + r, y + r * STRIP);
            else
                judge_queries(c, &panel, false, query, i + r, y + r * STRIP);
    }
    if (s->near)
        memcpy(c->sure + query, panel.nearer, smaller(STRIP, s->queries - query) * sizeof *c->sure);
}

/* ---- few queries: a strip is a query and some items ---- */

ALWAYS_INLINE uint32_t judge_items(struct chunk *c, size_t query, size_t i, size_t n,
                                   const float *y)
{
    const struct sieve *s = c->sieve;
    const float *base = s->base + c->first + i, *reach = s->reach + c->first + i;
    float slope = s->slope[query], far = s->far[query], bend = s->bend;
    float limit = s->near ? s->near[query] : -__builtin_inff();
    _Alignas(64) uint8_t pass[STRIP] = { 0 };
    uint8_t place[STRIP];
    uint32_t nearer = 0;
    SIMD_SUM(nearer)
    for (size_t k = 0; k < n; k++) {
        bool near = is_near(base[k] + y[k], reach[k], slope, bend, limit);
        pass[k] = !near & !is_far(base[k] + y[k], reach[k], slope, far);
        nearer += near;
    }
    for (size_t k = 0, passed = list_passed(place, pass); k < passed; k++)
        c->hit[c->hits++] = (struct sieve_hit){ (uint32_t)(c->first + i + place[k]),
                                                (uint32_t)query, base[place[k]] + y[place[k]] };
    return nearer;
}

static void sift_query(struct chunk *c, size_t query, const float *y)
{
    uint32_t nearer = 0;
    size_t i = 0;
    for (; i + STRIP <= c->items; i += STRIP)
        nearer += judge_items(c, query, i, STRIP, y + i);
    if (i < c->items)
        nearer += judge_items(c, query, i, c->items - i, y + i);
    if (c->sure)
        c->sure[query] = nearer;
}

static void sift_few(struct chunk *c, size_t query)
{
    const struct sieve *s = c->sieve;
    size_t count = smaller(SCAN_MOST, s->queries - query);
    _Alignas(64) float y[SCAN_MOST * SIEVE_CHUNK];
    VECTOR(scan)
    (count, c->items, s->width, c->x, c->q + query * s->width, y, SIEVE_CHUNK, s->alpha);
    for (size_t j = 0; j < count; j++)
        sift_query(c, query + j, y + j * SIEVE_CHUNK);
}

/* ---- both ---- */

static uint32_t sift_chunk(struct chunk *c)
{
    const struct sieve *s = c->sieve;
    for (size_t query = 0; query < s->queries; query += s->few ? SCAN_MOST : STRIP)
        if (s->few)
            sift_few(c, query);
        else
            sift_panel(c, query);
    return c->hits;
}

static void sift(const struct compute *c, const struct sieve *s, uint32_t *sure, uint32_t *hits,
                 struct sieve_hit *hit, const real *x, const real *q)
{
    size_t chunks = (s->items + SIEVE_CHUNK - 1) / SIEVE_CHUNK;
    PARALLEL(c, s->items * s->queries * s->width)
    for (size_t n = 0; n < chunks; n++) {
        size_t first = n * SIEVE_CHUNK;
        struct chunk chunk = { .sieve = s,
                               .first = first,
                               .items = smaller(SIEVE_CHUNK, s->items - first),
                               .x = x + first * s->width,
                               .q = q,
                               .sure = s->near ? sure + n * s->queries : NULL,
                               .hit = hit + first * s->queries };
        hits[n] = sift_chunk(&chunk);
    }
}

void VECTOR(sift_install)(struct compute *c)
{
    c->square_rows = square_rows;
    c->sift = sift;
}
