/* Captioners at their real sizes and at small ones, with random weights: greedy captions a second
 * for 128 pairs, none of which ends before the longest sentence, and what of the time goes into the
 * features (what the first layer makes of them), the encoder and the decoder. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/status.h"
#include "bench.h"
#include "simulator/captioner/inference_inside.h"

enum { PAIRS = 128, CHANNELS = 2048, WORDS = 1000 };

struct workload {
    struct captioner model;
    struct captioner_inference *fast;
    struct captioner_pictures pictures;
    real *features;
    int64_t *ids;
};

static size_t features_of(size_t pairs)
{
    return 2 * pairs * (CAPTIONER_REGIONS + 1) * CHANNELS;
}

/* Uniform, as after a ReLU. */
static void draw_pictures(struct workload *w)
{
    struct rng_stream rng;
    rng_stream_init(&rng, 42, RNG_DATA);
    w->features = bench_room(features_of(PAIRS), sizeof *w->features);
    for (size_t i = 0; i < features_of(PAIRS); i++)
        w->features[i] = (real)rng_uniform(&rng);
    w->pictures = (struct captioner_pictures){ .count = PAIRS, .target_mean = w->features };
    w->pictures.candidate_mean = w->pictures.target_mean + PAIRS * CHANNELS;
    w->pictures.target_regions = w->pictures.candidate_mean + PAIRS * CHANNELS;
    w->pictures.candidate_regions =
        w->pictures.target_regions + PAIRS * CAPTIONER_REGIONS * CHANNELS;
}

static void workload_init(struct workload *w, const struct bench *b,
                          struct captioner_settings settings)
{
    static const char *words[WORDS + 1];
    for (size_t i = 0; i <= WORDS; i++)
        words[i] = "word";
    bench_check(captioner_init(&w->model, b->compute, NULL, settings, words));
    captioner_initialise(&w->model, 42);
    tensor_real(settings.kind == CAPTIONER_TRANSFORMER ? w->model.transformer.generator.bias
                                                       : w->model.attend.logit.bias)[0] = -1000;
    bench_check(captioner_inference_create(&w->model, PAIRS, 1, &w->fast));
    draw_pictures(w);
    w->ids = bench_room(PAIRS * settings.length, sizeof *w->ids);
}

static void workload_release(struct workload *w)
{
    memory_release(NULL, w->ids, PAIRS * w->model.settings.length * sizeof *w->ids);
    memory_release(NULL, w->features, features_of(PAIRS) * sizeof *w->features);
    captioner_inference_destroy(w->fast);
    captioner_release(&w->model);
}

/* ---- parts ---- */

static void run_all(void *state)
{
    static const struct decoding_options greedy = { .mode = DECODE_GREEDY };
    struct workload *w = state;
    bench_check(captioner_decode(w->fast, &w->pictures, &greedy, w->ids));
}

static void run_reading(void *state)
{
    struct workload *w = state;
    if (w->model.settings.kind == CAPTIONER_TRANSFORMER)
        inference_transformer_read(w->fast, &w->pictures);
    else
        inference_attend_read(w->fast, &w->pictures);
}

static void run_features(void *state)
{
    struct workload *w = state;
    const size_t most = w->fast->transformer.pairs;
    if (w->model.settings.kind != CAPTIONER_TRANSFORMER) {
        run_reading(w);
        return;
    }
    for (size_t done = 0; done < PAIRS; done += most) {
        const size_t at = done * CAPTIONER_REGIONS * CHANNELS, left = PAIRS - done;
        inference_transformer_project(w->fast, w->pictures.target_regions + at,
                                      w->pictures.candidate_regions + at,
                                      left < most ? left : most);
    }
}

/* ---- multiplications of one pair ---- */

static double transformer_macs(const struct captioner_settings *s)
{
    const double d = (double)s->width, layer = 4 * d * d + 2 * d * (double)s->hidden;
    const double regions = CAPTIONER_REGIONS, encoders = (double)s->encoder_layers;
    const double decoders = (double)s->decoder_layers, steps = (double)s->length;
    const double encoder = 2 * CHANNELS * d + encoders * (layer + 2 * regions * d);
    const double decoder = layer + 2 * d * d + 2 * regions * d + (steps + 1) * d;
    return regions * (encoder + decoders * 2 * d * d) +
           steps * (decoders * decoder + d * (WORDS + 1));
}

static double attend_macs(const struct captioner_settings *s)
{
    const double d = (double)s->width, regions = CAPTIONER_REGIONS, steps = (double)s->length;
    const double context = 2 * CHANNELS, attention = (double)s->attention;
    const double look = d * attention + regions * (attention + context);
    const double gates = 4 * d * ((double)s->embed + context + d);
    return context * (regions * attention + d) + steps * (look + gates + d * (WORDS + 1));
}

static double macs_of(const struct captioner_settings *s)
{
    return s->kind == CAPTIONER_TRANSFORMER ? transformer_macs(s) : attend_macs(s);
}

static void measure(const struct bench *b, const char *model, const char *size,
                    struct captioner_settings settings)
{
    static struct workload w;
    workload_init(&w, b, settings);
    const double before = bench_sgemm_rate(b);
    const double all = bench_median(b, run_all, &w), reading = bench_median(b, run_reading, &w);
    const double features = bench_median(b, run_features, &w), after = bench_sgemm_rate(b);
    const double best = before > after ? before : after;
    const double rate = 2 * macs_of(&settings) * PAIRS / all;
    printf("{\"bench\":\"captioner\",\"model\":\"%s\",\"size\":\"%s\",\"threads\":%u,\"count\":%d,"
           "\"seconds\":%.4f,\"per_second\":%.1f,\"features\":%.4f,\"encoder\":%.4f,"
           "\"decoder\":%.4f,\"gflops\":%.1f,\"sgemm_gflops\":%.1f,\"share\":%.3f}\n",
           model, size, b->threads, PAIRS, all, PAIRS / all, features, reading - features,
           all - reading, 1e-9 * rate, 1e-9 * best, rate / best);
    fflush(stdout);
    workload_release(&w);
}

static void measure_kind(const struct bench *b, const char *model, enum captioner_kind kind)
{
    measure(b, model, "published", captioner_settings_published(kind, CHANNELS, WORDS));
    measure(b, model, "small", captioner_settings_small(kind, CHANNELS, WORDS));
}

void bench_captioner(const struct bench *b)
{
    measure_kind(b, "transformer", CAPTIONER_TRANSFORMER);
    measure_kind(b, "attend", CAPTIONER_SHOW_ATTEND_TELL);
}
