/* Forward and backward pass of the recommender's encoder at the paper's sizes: at one length, and
 * ten turns of a dialogue on one tape (lengths 3, 6, ... 30). Only the FLOPs of matrix products
 * count. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/status.h"
#include "bench.h"
#include "nn/transformer.h"

enum { BATCH = 128, WIDTH = 512, LAYERS = 6, HEADS = 8, HIDDEN = 1024, TURN_TOKENS = 3 };

struct workload {
    struct parameters parameters;
    struct nn_encoder encoder;
    struct tape tape;
    size_t first, last; /* lengths, in steps of TURN_TOKENS */
    real *input;        /* [BATCH, last, WIDTH] */
};

/* Products of one pass over `length` tokens, forward only. */
static double forward_flops(size_t length)
{
    double rows = BATCH * (double)length, d = WIDTH;
    double linear = 2 * rows * (4 * d * d + 2 * d * HIDDEN);
    double attention = 4 * rows * (double)length * d;

    return LAYERS * (linear + attention);
}

static double step_flops(const struct workload *w)
{
    double sum = 0;

    for (size_t length = w->first; length <= w->last; length += TURN_TOKENS)
        sum += 3 * forward_flops(length); /* backward: twice the forward */
    return sum;
}

/* The sum over turns of mean(encoder(x)), and its gradients. */
static void step(void *state)
{
    struct workload *w = state;
    struct tape *t = &w->tape;
    struct tensor *loss = NULL;

    parameters_clear_grad(&w->parameters);
    for (size_t length = w->first; length <= w->last; length += TURN_TOKENS) {
        size_t dim[] = { BATCH, length, WIDTH };
        struct tensor *x = tape_constant(t, dim, 3, w->input);
        struct tensor *part;

        x->requires_grad = true; /* as the tokens of a history do */
        part = op_mean_all(t, nn_encoder(t, &w->encoder, x));
        loss = loss ? op_add(t, loss, part) : part;
    }
    bench_check(tape_backward(t, loss));
    tape_reset(t);
}

static void workload_init(struct workload *w, const struct bench *b, size_t first, size_t last)
{
    size_t numel = BATCH * last * WIDTH;
    struct rng_stream rng;

    *w = (struct workload){ .first = first, .last = last };
    parameters_init(&w->parameters, NULL);
    nn_encoder_declare(
        &w->encoder, &w->parameters, "tran",
        (struct nn_encoder_settings){
            .width = WIDTH, .layers = LAYERS, .heads = HEADS, .hidden = HIDDEN, .positions = 64 });
    bench_check(parameters_create(&w->parameters, b->compute));
    parameters_initialise(&w->parameters, 42);
    nn_encoder_initialise(&w->encoder);
    tape_init(&w->tape, b->compute, NULL);
    w->input = malloc(numel * sizeof *w->input);
    if (!w->input)
        abort();
    rng_stream_init(&rng, 42, RNG_DATA);
    for (size_t i = 0; i < numel; i++)
        w->input[i] = (real)rng_normal(&rng);
}

static void workload_release(struct workload *w)
{
    free(w->input);
    tape_release(&w->tape);
    parameters_release(&w->parameters);
}

/* The yardstick is taken before and after, and the better one counts: the share is not flattered by
 * a slow moment. */
static void run(const struct bench *b, const char *name, size_t first, size_t last)
{
    double before = bench_sgemm_rate(b), after, best, seconds, rate;
    struct workload w;

    workload_init(&w, b, first, last);
    seconds = bench_median(b, step, &w);
    after = bench_sgemm_rate(b);
    best = before > after ? before : after;
    rate = step_flops(&w) / seconds;
    printf("{\"bench\":\"%s\",\"threads\":%u,\"seconds\":%.4f,\"gflops\":%.1f,"
           "\"sgemm_gflops\":%.1f,\"share\":%.3f,\"peak_bytes\":%zu}\n",
           name, b->threads, seconds, 1e-9 * rate, 1e-9 * best, rate / best,
           tape_statistics(&w.tape).bytes_high_water);
    fflush(stdout);
    workload_release(&w);
}

void bench_encoder_30(const struct bench *b)
{
    run(b, "encoder_30", 30, 30);
}

void bench_encoder_3(const struct bench *b)
{
    run(b, "encoder_3", 3, 3);
}

void bench_ten_turns(const struct bench *b)
{
    run(b, "ten_turns", 3, 30);
}
