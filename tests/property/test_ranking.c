/* Rankings against brute force in double: items, scores and ranks are equal, not close. Random
 * sizes, both metrics, data that is hard for bounds (copies, neighbours one unit in the last place
 * apart, long vectors that nearly agree, numbers beyond what float can square), masks and seen
 * lists, every table of kernels. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gommir/catalogue.h>

#include "base/arena.h"
#include "base/rng.h"
#include "catalogue/ranking.h"
#include "compute/cpu/cpu.h"
#include "support/support.h"

enum { MOST_ITEMS = 3000, MOST_WIDTH = 130, MOST_QUERIES = 140, SEED = 7 };

/* ---- problems ---- */

struct problem {
    struct mt19937 *rng;
    struct arena *memory;
    size_t items, width, k;
    enum gmr_metric metric;
    real *vectors;
    struct ranking_query query;
    size_t *target;
};

static size_t between(struct mt19937 *rng, size_t low, size_t high)
{
    return low + (size_t)mt19937_below(rng, high - low + 1);
}

static double normal(struct mt19937 *rng)
{
    double sum = -6;
    for (size_t i = 0; i < 12; i++)
        sum += mt19937_double(rng);
    return sum;
}

static void *array(struct problem *p, size_t count, size_t size)
{
    void *memory = arena_array(p->memory, count > 0 ? count : 1, size);
    assert_non_null(memory);
    return memory;
}

static real *random_rows(struct problem *p, size_t rows, double scale)
{
    real *x = array(p, rows * p->width, sizeof *x);
    for (size_t i = 0; i < rows * p->width; i++)
        x[i] = (real)(scale * normal(p->rng));
    return x;
}

static void copy_row(const struct problem *p, real *to, const real *from)
{
    memcpy(to, from, p->width * sizeof *to);
}

static real *item(const struct problem *p, size_t i)
{
    return p->vectors + i * p->width;
}

static real *query_row(struct problem *p, size_t j)
{
    return (real *)p->query.vectors + j * p->width;
}

/* Kinds of data: each changes the random rows that are there. */

static void leave_random(struct problem *p)
{
}

static void repeat_items(struct problem *p)
{
    size_t kinds = between(p->rng, 1, 5);
    for (size_t i = kinds; i < p->items; i++)
        copy_row(p, item(p, i), item(p, between(p->rng, 0, kinds - 1)));
}

static void use_few_numbers(struct problem *p)
{
    for (size_t i = 0; i < p->items * p->width; i++)
        p->vectors[i] = (real)((double)between(p->rng, 0, 2) - 1);
    for (size_t i = 0; i < p->query.count * p->width; i++)
        query_row(p, 0)[i] = (real)((double)between(p->rng, 0, 2) - 1);
}

/* Copies of one row with single numbers moved by one unit in the last place. */
static void move_by_units(struct problem *p)
{
    for (size_t i = 1; i < p->items; i++) {
        real *row = item(p, i), *moved = row + between(p->rng, 0, p->width - 1);
        copy_row(p, row, item(p, 0));
        if (between(p->rng, 0, 3) > 0)
            *moved = nextafterf(*moved, between(p->rng, 0, 1) ? INFINITY : -INFINITY);
    }
    for (size_t j = 0; j < p->query.count; j += 2)
        copy_row(p, query_row(p, j), item(p, 0));
}

/* Squared norms near 511, distances near 0. */
static void crowd(struct problem *p)
{
    double shift = sqrt(511.0 / (double)p->width), spread = pow(10, -(double)between(p->rng, 1, 5));
    for (size_t i = 0; i < p->items * p->width; i++)
        p->vectors[i] = (real)(shift + spread * (double)p->vectors[i]);
    for (size_t i = 0; i < p->query.count * p->width; i++)
        query_row(p, 0)[i] = (real)(shift + spread * (double)query_row(p, 0)[i]);
}

static void scale_all(struct problem *p)
{
    double scale = pow(10, (double)between(p->rng, 0, 48) - 30);
    for (size_t i = 0; i < p->items * p->width; i++)
        p->vectors[i] = (real)(scale * (double)p->vectors[i]);
    for (size_t i = 0; i < p->query.count * p->width; i++)
        query_row(p, 0)[i] = (real)(scale * (double)query_row(p, 0)[i]);
}

/* Every row at a scale of its own: tiny, huge and ordinary ones side by side, some all zero. */
static void scale_rows(struct problem *p)
{
    static const double scales[] = { 0, 1e-44, 1e-38, 1e-20, 1e-3, 1, 1, 1, 1e3, 1e18, 1e30 };
    size_t most = between(p->rng, 1, sizeof scales / sizeof *scales);
    for (size_t i = 0; i < p->items + p->query.count; i++) {
        real *row = i < p->items ? item(p, i) : query_row(p, i - p->items);
        double scale = scales[between(p->rng, 0, most - 1)];
        for (size_t k = 0; k < p->width; k++)
            row[k] = (real)(scale * (double)row[k]);
    }
}

static void (*const kinds[])(struct problem *p) = { leave_random,  repeat_items, use_few_numbers,
                                                    move_by_units, crowd,        scale_all,
                                                    scale_rows };

static void draw_mask(struct problem *p)
{
    uint8_t *allowed = array(p, p->items, 1);
    double share = mt19937_double(p->rng);
    size_t gap = between(p->rng, 0, p->items);
    for (size_t i = 0; i < p->items; i++)
        allowed[i] = i >= gap / 2 && mt19937_double(p->rng) < share ? 200 : 0;
    p->query.allowed = allowed;
}

static void draw_seen(struct problem *p)
{
    size_t most = between(p->rng, 0, 1) ? 8 : 2 * p->items;
    size_t *begin = array(p, p->query.count + 1, sizeof *begin);
    for (size_t j = 0; j < p->query.count; j++)
        begin[j + 1] = begin[j] + (j < 12 ? between(p->rng, 0, most) : between(p->rng, 0, 8));
    size_t *seen = array(p, begin[p->query.count], sizeof *seen);
    for (size_t i = 0; i < begin[p->query.count]; i++)
        seen[i] = between(p->rng, 0, p->items - 1);
    p->query.seen = seen;
    p->query.seen_begin = begin;
}

static void draw(struct problem *p, size_t round)
{
    static const size_t most_items[] = { 4, 40, 400, MOST_ITEMS };
    static const size_t most_queries[] = { 1, 3, 12, MOST_QUERIES };
    p->items = between(p->rng, 1, most_items[between(p->rng, 0, 3)]);
    p->width = between(p->rng, 1, between(p->rng, 0, 1) ? 9 : MOST_WIDTH);
    p->metric = between(p->rng, 0, 1) ? GMR_DOT : GMR_SQUARED_L2;
    p->k = between(p->rng, 1, between(p->rng, 0, 3) ? 12 : p->items + 5);
    p->query = (struct ranking_query){ .count = between(p->rng, 1, most_queries[round % 4]) };
    p->vectors = random_rows(p, p->items, 1);
    p->query.vectors = random_rows(p, p->query.count, 1);
    kinds[round % (sizeof kinds / sizeof *kinds)](p);
    if (between(p->rng, 0, 1))
        draw_mask(p);
    if (between(p->rng, 0, 1))
        draw_seen(p);
    p->target = array(p, p->query.count, sizeof *p->target);
    for (size_t j = 0; j < p->query.count; j++)
        p->target[j] = between(p->rng, 0, p->items - 1);
}

/* ---- brute force ---- */

struct scored {
    double score; /* distance, or negative product */
    size_t item;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static double score_of(const struct problem *p, const real *q, const real *x)
{
    double sum = 0;
    for (size_t i = 0; i < p->width; i++) {
        double a = (double)q[i], b = (double)x[i];
        sum += p->metric == GMR_DOT ? a * b : (a - b) * (a - b);
    }
    return p->metric == GMR_DOT ? -sum : sum;
}

struct answer {
    size_t *items, *rank;
    double *scores;
};

static struct answer room_for_answer(struct problem *p)
{
    size_t places = p->query.count * p->k;
    struct answer a = { array(p, places, sizeof *a.items), array(p, p->query.count, sizeof *a.rank),
                        array(p, places, sizeof *a.scores) };
    memset(a.items, 0x55, places * sizeof *a.items);
    return a;
}

static void find_left_out(const struct problem *p, size_t j, uint8_t *left_out)
{
    const struct ranking_query *q = &p->query;
    for (size_t i = 0; i < p->items; i++)
        left_out[i] = q->allowed && q->allowed[i] == 0;
    for (size_t i = q->seen ? q->seen_begin[j] : 0; q->seen && i < q->seen_begin[j + 1]; i++)
        left_out[q->seen[i]] = 1;
}

static void brute_force_one(struct problem *p, size_t j, struct answer *a, struct scored *all,
                            uint8_t *left_out)
{
    const real *q = query_row(p, j);
    double limit = score_of(p, q, item(p, p->target[j]));
    size_t left = 0;
    find_left_out(p, j, left_out);
    a->rank[j] = 0;
    for (size_t i = 0; i < p->items; i++)
        if (!left_out[i]) {
            all[left] = (struct scored){ score_of(p, q, item(p, i)), i };
            a->rank[j] += all[left++].score < limit;
        }
    qsort(all, left, sizeof *all, by_score);
    for (size_t n = 0; n < p->k; n++) {
        double score = n < left ? all[n].score : (double)NAN;
        a->items[j * p->k + n] = n < left ? all[n].item : GMR_NO_ITEM;
        a->scores[j * p->k + n] = p->metric == GMR_DOT ? -score : score;
    }
}

static struct answer brute_force(struct problem *p)
{
    struct answer a = room_for_answer(p);
    struct scored *all = array(p, p->items, sizeof *all);
    uint8_t *left_out = array(p, p->items, 1);
    for (size_t j = 0; j < p->query.count; j++)
        brute_force_one(p, j, &a, all, left_out);
    return a;
}

/* ---- comparison ---- */

static struct answer search(struct problem *p, const struct compute *c)
{
    struct answer a = room_for_answer(p);
    struct ranking *ranking;
    assert_int_equal(ranking_create(NULL, c, p->vectors, p->items, p->width, p->metric, &ranking),
                     GMR_OK);
    assert_int_equal(ranking_nearest(ranking, &p->query, p->k, a.items, a.scores), GMR_OK);
    assert_int_equal(ranking_rank(ranking, &p->query, p->target, a.rank), GMR_OK);
    ranking_destroy(ranking);
    return a;
}

static bool same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void compare(const struct problem *p, size_t round, const char *name, const struct answer *a,
                    const struct answer *expected)
{
    for (size_t j = 0; j < p->query.count; j++) {
        for (size_t i = j * p->k; i < (j + 1) * p->k; i++)
            if (a->items[i] != expected->items[i] ||
                !same_number(a->scores[i], expected->scores[i]))
                fail_msg("round %zu, %s: %zu items, width %zu, k %zu, %zu queries: place %zu of "
                         "query %zu is item %zu at %.17g, not %zu at %.17g",
                         round, name, p->items, p->width, p->k, p->query.count, i % p->k, j,
                         a->items[i], a->scores[i], expected->items[i], expected->scores[i]);
        if (a->rank[j] != expected->rank[j])
            fail_msg("round %zu, %s: %zu items, width %zu, query %zu: rank %zu, not %zu", round,
                     name, p->items, p->width, j, a->rank[j], expected->rank[j]);
    }
}

enum { MOST_TABLES = 8 };

struct tables {
    struct compute *table[MOST_TABLES];
    size_t count;
};

static void add_table(struct tables *t, unsigned threads, enum cpu_variant variant)
{
    assert_int_equal(compute_create_cpu_variant(NULL, threads, variant, &t->table[t->count]),
                     GMR_OK);
    t->count++;
}

/* The reference, each variant of the vector code, and the widest on several threads. */
static struct tables create_tables(void)
{
    struct tables t = { .count = 1 };
    enum cpu_variant widest = CPU_BASE;
    assert_int_equal(compute_create_reference(NULL, &t.table[0]), GMR_OK);
    for (enum cpu_variant v = CPU_BASE; v < CPU_VARIANTS; v++)
        if (cpu_variant_supported(v))
            add_table(&t, 1, widest = v);
    add_table(&t, 4, widest);
    add_table(&t, 2, widest);
    return t;
}

static void destroy_tables(struct tables *t)
{
    for (size_t i = 0; i < t->count; i++)
        compute_destroy(t->table[i]);
}

/* Runs `check` on random problems. */
static void for_problems(size_t rounds,
                         void (*check)(struct problem *p, size_t round, const struct tables *t))
{
    struct tables t = create_tables();
    struct arena memory;
    struct mt19937 rng;
    mt19937_seed(&rng, SEED);
    arena_init(&memory, NULL, 0);
    for (size_t round = 0; round < rounds; round++) {
        struct problem p = { .rng = &rng, .memory = &memory };
        draw(&p, round);
        check(&p, round, &t);
        arena_clear(&memory);
    }
    arena_release(&memory);
    destroy_tables(&t);
}

static void compare_with_brute_force(struct problem *p, size_t round, const struct tables *t)
{
    struct answer expected = brute_force(p);
    for (size_t i = 0; i < t->count; i++) {
        /* the reference table takes long for large products */
        if (i == 0 && p->items * p->query.count > 40000)
            continue;
        struct answer a = search(p, t->table[i]);
        compare(p, round, t->table[i]->name, &a, &expected);
    }
}

static void results_are_those_of_brute_force(void **state)
{
    for_problems(250, compare_with_brute_force);
}

/* ---- the order of the catalogue ---- */

/* Ranks and scores are the same in another order; items too, but among those with equal scores. */
static void shuffle_and_compare(struct problem *p, size_t round, const struct tables *t)
{
    const struct compute *c = t->table[t->count - 1];
    struct problem shuffled = *p;
    uint64_t *order = array(p, p->items, sizeof *order);
    for (size_t i = 0; i < p->items; i++)
        order[i] = i;
    mt19937_shuffle(p->rng, order, p->items);
    shuffled.vectors = array(p, p->items * p->width, sizeof *p->vectors);
    shuffled.target = array(p, p->query.count, sizeof *p->target);
    p->query.allowed = NULL;
    p->query.seen = p->query.seen_begin = NULL;
    shuffled.query = p->query;
    for (size_t i = 0; i < p->items; i++)
        copy_row(p, item(&shuffled, i), item(p, order[i]));
    for (size_t j = 0; j < p->query.count; j++)
        for (size_t i = 0; i < p->items; i++)
            if (order[i] == p->target[j])
                shuffled.target[j] = i;
    struct answer a = search(p, c), b = search(&shuffled, c);
    for (size_t i = 0; i < p->query.count; i++)
        assert_int_equal(a.rank[i], b.rank[i]);
    for (size_t i = 0; i < p->query.count * p->k; i++) {
        assert_true(same_number(a.scores[i], b.scores[i]));
        if (a.items[i] != GMR_NO_ITEM && a.items[i] != order[b.items[i]]) {
            double score = score_of(p, query_row(p, i / p->k), item(p, order[b.items[i]]));
            assert_true((p->metric == GMR_DOT ? -score : score) == a.scores[i]);
        }
    }
}

static void the_order_of_items_decides_ties_only(void **state)
{
    for_problems(60, shuffle_and_compare);
}

/* ---- threads ---- */

enum { ASKERS = 4, ITEMS_ASKED = 2000, WIDTH_ASKED = 40, QUERIES_ASKED = 20, K_ASKED = 9 };

struct asker {
    pthread_t thread;
    const struct ranking *ranking;
    struct ranking_query query;
    size_t items[QUERIES_ASKED * K_ASKED], rank[QUERIES_ASKED];
    enum gmr_status status;
};

static void *ask(void *argument)
{
    static const size_t target[QUERIES_ASKED];
    struct asker *a = argument;
    a->status = ranking_nearest(a->ranking, &a->query, K_ASKED, a->items, NULL);
    if (a->status == GMR_OK)
        a->status = ranking_rank(a->ranking, &a->query, target, a->rank);
    return NULL;
}

static void threads_may_share_a_ranking(void **state)
{
    static struct asker asker[ASKERS], alone;
    static real vectors[ITEMS_ASKED * WIDTH_ASKED];
    struct compute *c;
    struct ranking *ranking;
    fill_normal(vectors, ITEMS_ASKED * WIDTH_ASKED, 3);
    assert_int_equal(compute_create_cpu(NULL, 2, &c), GMR_OK);
    assert_int_equal(ranking_create(NULL, c, vectors, ITEMS_ASKED, WIDTH_ASKED, GMR_DOT, &ranking),
                     GMR_OK);
    for (size_t i = 0; i < ASKERS; i++) {
        asker[i].ranking = ranking;
        asker[i].query = (struct ranking_query){ .vectors = vectors + 10 * i * WIDTH_ASKED,
                                                 .count = QUERIES_ASKED };
        assert_int_equal(pthread_create(&asker[i].thread, NULL, ask, &asker[i]), 0);
    }
    for (size_t i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_join(asker[i].thread, NULL), 0);
    for (size_t i = 0; i < ASKERS; i++) {
        alone = asker[i];
        memset(alone.items, 0, sizeof alone.items);
        ask(&alone);
        assert_int_equal(asker[i].status, GMR_OK);
        assert_memory_equal(asker[i].items, alone.items, sizeof alone.items);
        assert_memory_equal(asker[i].rank, alone.rank, sizeof alone.rank);
    }
    ranking_destroy(ranking);
    compute_destroy(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_brute_force),
        cmocka_unit_test(the_order_of_items_decides_ties_only),
        cmocka_unit_test(threads_may_share_a_ranking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
