/* Exact ranking at a catalogue's sizes: the nearest items and the rank of a target for 128 queries,
 * against the rate of matrix products; the nearest items of one query, against the rate at which
 * this machine reads the same memory. Lengths and distances are those of embedded pictures: rows
 * have squared length 512, and 64 of the 512 directions hold most of it. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/rng.h"
#include "base/status.h"
#include "bench.h"
#include "catalogue/ranking.h"

enum { WIDTH = 512, QUERIES = 128, SEEN = 30 };

struct search {
    const struct bench *b;
    const float *vectors;
    size_t count, k;
    struct ranking *ranking;
    struct ranking_query query;
    size_t items[QUERIES * SEEN], rank[QUERIES], target[QUERIES];
    double scores[QUERIES * SEEN];
    double sum;
};

/* ---- data ---- */

static void fill_row(float *row, uint64_t number)
{
    uint32_t word[4] = { 0 };
    for (size_t i = 0; i < WIDTH; i++) {
        if (i % 4 == 0)
            rng_block(7, number, i / 4, word);
        /* a sum of four bytes is near enough to normal */
        uint32_t w = word[i % 4];
        float x = (float)((w & 255) + (w >> 8 & 255) + (w >> 16 & 255) + (w >> 24)) / 148 - 3.446f;
        row[i] = x * (i < 64 ? 2.6f : 0.5f);
    }
}

/* In huge pages where the system has them; NULL when there is no memory. */
static float *create_rows(const struct bench *b, size_t count)
{
    float *rows =
        aligned_alloc(1 << 21, (count * WIDTH * sizeof *rows + (1 << 21) - 1) >> 21 << 21);
    if (!rows)
        return NULL;
    madvise(rows, count * WIDTH * sizeof *rows, MADV_HUGEPAGE);
#pragma omp parallel for num_threads((int)b->threads)
    for (size_t i = 0; i < count; i++)
        fill_row(rows + i * WIDTH, i);
    return rows;
}

/* Whether so many bytes are free, with half as many to spare. */
static bool has_memory(size_t bytes)
{
    char line[128];
    size_t free_kib = 0;
    FILE *file = fopen("/proc/meminfo", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %zu", &free_kib) == 1)
            break;
    if (file)
        fclose(file);
    return free_kib * 1024 > bytes / 2 * 3;
}

/* ---- what is timed ---- */

static void nearest(void *state)
{
    struct search *s = state;
    bench_check(ranking_nearest(s->ranking, &s->query, s->k, s->items, s->scores));
}

static void rank(void *state)
{
    struct search *s = state;
    bench_check(ranking_rank(s->ranking, &s->query, s->target, s->rank));
}

/* The plainest way of reading all vectors once. */
static void read_all(void *state)
{
    struct search *s = state;
    const float *x = s->vectors;
    double total = 0;
#pragma omp parallel for num_threads((int)s->b->threads) reduction(+ : total)
    for (size_t i = 0; i < s->count; i++) {
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (size_t j = 0; j < WIDTH; j++)
            sum += x[i * WIDTH + j];
        total += (double)sum;
    }
    s->sum = total;
}

static void search_init(struct search *s, const struct bench *b, const float *vectors, size_t count,
                        const float *queries)
{
    *s = (struct search){ .b = b, .vectors = vectors, .count = count };
    for (size_t j = 0; j < QUERIES; j++)
        s->target[j] = j * (count / QUERIES);
    s->query = (struct ranking_query){ .vectors = queries, .count = QUERIES };
    bench_check(
        ranking_create(NULL, b->compute, vectors, count, WIDTH, GMR_SQUARED_L2, &s->ranking));
}

/* ---- reports ---- */

static void report_batch(struct search *s, const char *what, size_t k, void (*work)(void *),
                         double sgemm)
{
    s->k = k;
    double seconds = bench_median(s->b, work, s);
    double rate = 2.0 * QUERIES * (double)s->count * WIDTH / seconds;
    printf("{\"bench\":\"ranking\",\"what\":\"%s\",\"threads\":%u,\"queries\":%d,\"items\":%zu,"
           "\"k\":%zu,\"milliseconds\":%.3f,\"gflops\":%.1f,\"share_of_sgemm\":%.3f}\n",
           what, s->b->threads, QUERIES, s->count, k, 1e3 * seconds, 1e-9 * rate, rate / sgemm);
    fflush(stdout);
}

static void report_one(struct search *s, size_t k)
{
    s->k = k;
    s->query.count = 1;
    double reading = bench_median(s->b, read_all, s), seconds = bench_median(s->b, nearest, s);
    double bytes = (double)s->count * WIDTH * sizeof(float);
    s->query.count = QUERIES;
    printf("{\"bench\":\"ranking\",\"what\":\"nearest\",\"threads\":%u,\"queries\":1,\"items\":%zu,"
           "\"k\":%zu,\"milliseconds\":%.3f,\"gigabytes_per_second\":%.1f,"
           "\"share_of_reading\":%.3f}\n",
           s->b->threads, s->count, k, 1e3 * seconds, 1e-9 * bytes / seconds, reading / seconds);
    fflush(stdout);
}

static void add_left_out(struct search *s, size_t *seen, size_t *seen_begin, uint8_t *allowed)
{
    for (size_t i = 0; i < QUERIES * SEEN; i++)
        seen[i] = i * 2654435761U % s->count;
    for (size_t j = 0; j <= QUERIES; j++)
        seen_begin[j] = j * SEEN;
    for (size_t i = 0; i < s->count; i++)
        allowed[i] = i % 10 != 0;
    s->query.seen = seen;
    s->query.seen_begin = seen_begin;
    s->query.allowed = allowed;
}

static void run_size(const struct bench *b, const float *vectors, const float *queries,
                     size_t count, double sgemm)
{
    static struct search s;
    static size_t seen[QUERIES * SEEN], seen_begin[QUERIES + 1];
    uint8_t *allowed = calloc(count, 1);
    if (!allowed)
        abort();
    search_init(&s, b, vectors, count, queries);
    report_batch(&s, "nearest", 30, nearest, sgemm);
    report_batch(&s, "nearest", 3, nearest, sgemm);
    report_batch(&s, "rank", 0, rank, sgemm);
    report_one(&s, 30);
    add_left_out(&s, seen, seen_begin, allowed);
    report_batch(&s, "nearest, some left out", 30, nearest, sgemm);
    report_batch(&s, "rank, some left out", 0, rank, sgemm);
    ranking_destroy(s.ranking);
    free(allowed);
}

static void run(const struct bench *b, const size_t *sizes, size_t count)
{
    static float queries[QUERIES * WIDTH];
    double sgemm = bench_sgemm_rate(b);
    for (size_t j = 0; j < QUERIES; j++)
        fill_row(queries + j * WIDTH, UINT64_C(1) << 32 | j);
    for (size_t i = 0; i < count; i++) {
        size_t bytes = sizes[i] * WIDTH * sizeof(float);
        float *vectors = has_memory(bytes) ? create_rows(b, sizes[i]) : NULL;
        if (vectors)
            run_size(b, vectors, queries, sizes[i], sgemm);
        else
            fprintf(stderr, "gommir-bench: no memory for %zu items, %zu MiB\n", sizes[i],
                    bytes >> 20);
        free(vectors);
    }
}

void bench_ranking(const struct bench *b)
{
    run(b, (const size_t[]){ 10000, 100000 }, 2);
}

void bench_ranking_million(const struct bench *b)
{
    run(b, (const size_t[]){ 1000000 }, 1);
}
