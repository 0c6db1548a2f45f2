/* CLIP's towers at their real sizes with random weights: pictures and texts a second. Rates count
 * the multiplications of the plain model (spec/performance, section 3), so what is saved exactly
 * shows as rate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"
#include "bench.h"
#include "encoder/clip_inference.h"

enum { PICTURES = 16, TEXTS = 128, TEXT_TOKENS = 10 };

/* Multiplications of one picture, or of one text of TEXT_TOKENS. */
static const double RN101_MACS = 9.5043e9, VIT_B_32_MACS = 4.4088e9;
static const double TEXT_MACS = 2.9798e9 * TEXT_TOKENS / 77;

struct workload {
    struct clip model;
    struct clip_inference *fast;
    struct clip_words words;
    int64_t ids[TEXTS * TEXT_TOKENS], end[TEXTS];
    real *pictures, *y;
    size_t count; /* of a run */
};

static real *numbers(size_t n)
{
    real *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
    struct rng_stream rng;
    if (!x)
        abort();
    rng_stream_init(&rng, 42, RNG_DATA);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)rng_normal(&rng);
    return x;
}

static void workload_init(struct workload *w, const struct bench *b, struct clip_settings settings)
{
    bench_check(clip_init(&w->model, b->compute, NULL, settings));
    clip_initialise(&w->model, 42);
    bench_check(clip_inference_create(&w->model, &w->fast));
    w->pictures = numbers(PICTURES * 3 * settings.resolution * settings.resolution);
    w->y = numbers(TEXTS * settings.embed);
    for (size_t i = 0; i < TEXTS * TEXT_TOKENS; i++)
        w->ids[i] = (int64_t)(i * 7919 % (settings.vocabulary - 2));
    for (size_t i = 0; i < TEXTS; i++)
        w->end[i] = (int64_t)(i * TEXT_TOKENS + TEXT_TOKENS - 1);
    w->words = (struct clip_words){ .length = TEXT_TOKENS, .ids = w->ids, .end = w->end };
}

static void workload_release(struct workload *w)
{
    clip_inference_destroy(w->fast);
    clip_release(&w->model);
    free(w->pictures);
    free(w->y);
}

static void run_images(void *state)
{
    struct workload *w = state;
    bench_check(clip_inference_images(w->fast, w->y, w->pictures, w->count));
}

static void run_texts(void *state)
{
    struct workload *w = state;
    w->words.count = w->count;
    bench_check(clip_inference_texts(w->fast, w->y, &w->words));
}

/* The yardstick is taken before and after, as in bench_encoder.c. */
static void measure(const struct bench *b, const char *name, struct workload *w, size_t count,
                    void (*run)(void *state), double macs)
{
    const double before = bench_sgemm_rate(b);
    w->count = count;
    const double seconds = bench_median(b, run, w), after = bench_sgemm_rate(b);
    const double best = before > after ? before : after;
    const double rate = 2 * macs * (double)count / seconds;
    printf("{\"bench\":\"%s\",\"threads\":%u,\"count\":%zu,\"seconds\":%.5f,\"per_second\":%.2f,"
           "\"gflops\":%.1f,\"sgemm_gflops\":%.1f,\"share\":%.3f}\n",
           name, b->threads, count, seconds, (double)count / seconds, 1e-9 * rate, 1e-9 * best,
           rate / best);
    fflush(stdout);
}

/* One bottleneck a stage: for texts, the image tower must be there but need not be large. */
static struct clip_settings text_only(void)
{
    struct clip_settings s = clip_settings_rn101();
    s.image_width = 8;
    memcpy(s.blocks, (size_t[]){ 1, 1, 1, 1 }, sizeof s.blocks);
    return s;
}

static struct clip_settings vit_b_32(void)
{
    struct clip_settings s = clip_settings_rn101();
    s.image = CLIP_VIT;
    s.image_width = 768;
    s.image_heads = 12;
    s.patch = 32;
    s.blocks[0] = 12;
    return s;
}

/* One, and many at once. */
static void bench_tower(const struct bench *b, const char *name, struct clip_settings settings,
                        void (*run)(void *state), double macs, size_t many)
{
    static struct workload w;
    workload_init(&w, b, settings);
    measure(b, name, &w, 1, run, macs);
    measure(b, name, &w, many, run, macs);
    workload_release(&w);
}

void bench_clip_rn101(const struct bench *b)
{
    bench_tower(b, "clip_rn101", clip_settings_rn101(), run_images, RN101_MACS, PICTURES);
}

void bench_clip_vit_b_32(const struct bench *b)
{
    bench_tower(b, "clip_vit_b_32", vit_b_32(), run_images, VIT_B_32_MACS, PICTURES);
}

void bench_clip_text(const struct bench *b)
{
    bench_tower(b, "clip_text", text_only(), run_texts, TEXT_MACS, TEXTS);
}
