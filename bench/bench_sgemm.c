/* The rate of large matrix products, the yardstick of the other benchmarks. */
#include <dnnl.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

struct product {
    const struct bench *b;
    size_t m, n, k;
    float *x, *y, *z;
};

static double flops(const struct product *p)
{
    return 2.0 * (double)p->m * (double)p->n * (double)p->k;
}

/* One call; oneDNN makes its own threads. */
static void whole(void *state)
{
    struct product *p = state;
    dnnl_dim_t m = (dnnl_dim_t)p->m, n = (dnnl_dim_t)p->n, k = (dnnl_dim_t)p->k;

    dnnl_sgemm('N', 'T', m, n, k, 1, p->x, k, p->y, k, 0, p->z, n);
}

/* One equal part a thread. */
static void parts(void *state)
{
    struct product *p = state;
    int threads = (int)p->b->threads;

#pragma omp parallel num_threads(threads)
    {
        size_t first = p->m * (size_t)omp_get_thread_num() / (size_t)threads;
        size_t last = p->m * ((size_t)omp_get_thread_num() + 1) / (size_t)threads;
        dnnl_dim_t n = (dnnl_dim_t)p->n, k = (dnnl_dim_t)p->k;

        dnnl_sgemm('N', 'T', (dnnl_dim_t)(last - first), n, k, 1, p->x + first * p->k, k, p->y, k,
                   0, p->z + first * p->n, n);
    }
}

static void ours(void *state)
{
    struct product *p = state;
    struct matmul shape = { .transpose_b = true,
                            .m = p->m,
                            .n = p->n,
                            .k = p->k,
                            .a_stride = p->k,
                            .b_stride = p->k,
                            .y_stride = p->n,
                            .batch = 1,
                            .alpha = 1 };

    p->b->compute->matmul(p->b->compute, &shape, p->z, p->x, p->y, 0);
}

static float *filled(size_t n)
{
    float *x = aligned_alloc(64, n * sizeof *x);

    if (!x)
        abort();
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(i % 17) - 8;
    return x;
}

struct rates {
    double whole, parts, ours; /* FLOP/s */
};

static struct rates measure(const struct bench *b, size_t m, size_t n, size_t k)
{
    struct product p = { b, m, n, k, filled(m * k), filled(n * k), filled(m * n) };
    struct rates r;

    omp_set_num_threads((int)b->threads);
    r.whole = flops(&p) / bench_median(b, whole, &p);
    r.parts = flops(&p) / bench_median(b, parts, &p);
    r.ours = flops(&p) / bench_median(b, ours, &p);
    free(p.x);
    free(p.y);
    free(p.z);
    return r;
}

static double best_of(struct rates r)
{
    double best = r.whole > r.parts ? r.whole : r.parts;

    return best > r.ours ? best : r.ours;
}

double bench_sgemm_rate(const struct bench *b)
{
    double square = best_of(measure(b, 2048, 2048, 2048));
    double flat = best_of(measure(b, 3840, 1024, 512));

    return square > flat ? square : flat;
}

void bench_sgemm(const struct bench *b)
{
    static const size_t shape[][3] = { { 2048, 2048, 2048 }, { 3840, 1536, 512 },
                                       { 3840, 1024, 512 },  { 3840, 512, 1024 },
                                       { 3840, 512, 512 },   { 512, 512, 3840 },
                                       { 384, 1536, 512 },   { 384, 512, 512 },
                                       { 128, 512, 512 } };

    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        struct rates r = measure(b, shape[i][0], shape[i][1], shape[i][2]);

        printf("{\"bench\":\"sgemm\",\"threads\":%u,\"m\":%zu,\"n\":%zu,\"k\":%zu,"
               "\"gflops\":%.1f,\"onednn_gflops\":%.1f,\"onednn_parts_gflops\":%.1f}\n",
               b->threads, shape[i][0], shape[i][1], shape[i][2], 1e-9 * r.ours, 1e-9 * r.whole,
               1e-9 * r.parts);
        fflush(stdout);
    }
}
