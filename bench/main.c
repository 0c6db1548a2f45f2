/* gommir-bench [--threads N] [--runs N] [NAME ...]: runs the named benchmarks, or all. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/status.h"
#include "bench.h"

static const struct {
    const char *name;
    void (*run)(const struct bench *b);
} benchmarks[] = {
    { "sgemm", bench_sgemm },
    { "encoder_30", bench_encoder_30 },
    { "encoder_3", bench_encoder_3 },
    { "ten_turns", bench_ten_turns },
    { "tape", bench_tape },
    { "clip_rn101", bench_clip_rn101 },
    { "clip_vit_b_32", bench_clip_vit_b_32 },
    { "clip_text", bench_clip_text },
    { "picture", bench_picture },
    { "captioner", bench_captioner },
    { "recommender_small", bench_recommender_small },
    { "recommender_paper", bench_recommender_paper },
    { "ranking", bench_ranking },
    { "ranking_million", bench_ranking_million },
};

enum { COUNT = sizeof benchmarks / sizeof *benchmarks };

double bench_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void bench_check(enum gmr_status status)
{
    if (status == GMR_OK)
        return;
    fprintf(stderr, "gommir-bench: %s\n", gmr_error_message());
    exit(1);
}

void *bench_room(size_t count, size_t size)
{
    void *memory = memory_array(NULL, count, size);

    if (!memory)
        bench_check(GMR_ERR_NOMEM);
    return memory;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_median(const struct bench *b, void (*work)(void *state), void *state)
{
    double seconds[64] = { 0 };
    size_t runs = b->runs < 64 ? b->runs : 64;

    work(state);
    for (size_t i = 0; i < runs; i++) {
        double start = bench_seconds();

        work(state);
        seconds[i] = bench_seconds() - start;
    }
    qsort(seconds, runs, sizeof *seconds, by_value);
    return seconds[runs / 2];
}

struct arguments {
    unsigned threads;
    size_t runs;
    bool wanted[COUNT], any;
};

static void want(struct argp_state *state, struct arguments *a, const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(benchmarks[i].name, name) == 0) {
            a->wanted[i] = a->any = true;
            return;
        }
    argp_error(state, "no benchmark '%s'", name);
}

static long positive(struct argp_state *state, const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    if (end == text || *end || value < 1 || value > 64)
        argp_error(state, "'%s' is not a number in 1 .. 64", text);
    return value;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
    struct arguments *a = state->input;

    switch (key) {
    case 't': a->threads = (unsigned)positive(state, text); return 0;
    case 'r': a->runs = (size_t)positive(state, text); return 0;
    case ARGP_KEY_ARG: want(state, a, text); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        { "threads", 't', "N", 0, "Threads (default: all cores)", 0 },
        { "runs", 'r', "N", 0, "Timed runs of each benchmark (default: 5)", 0 },
        { 0 },
    };
    static const struct argp argp = {
        options,
        parse,
        "[NAME ...]",
        "Benchmarks of gommir, as JSON lines: sgemm, encoder_30, "
        "encoder_3, ten_turns, tape, clip_rn101, clip_vit_b_32, clip_text, picture, ranking, "
        "ranking_million, captioner, recommender_small, recommender_paper.",
        NULL,
        NULL,
        NULL
    };
    struct arguments a = { .runs = 5 };
    struct bench b = { 0 };

    argp_parse(&argp, argc, argv, 0, NULL, &a);
    bench_check(compute_create_cpu(NULL, a.threads, &b.compute));
    b.threads = (unsigned)b.compute->threads;
    b.runs = a.runs;
    for (size_t i = 0; i < COUNT; i++)
        if (!a.any || a.wanted[i])
            benchmarks[i].run(&b);
    compute_destroy(b.compute);
    return 0;
}
