/* Choosing one word: the largest score, a draw from a distribution or from a part of it, the
 * largest of noisy scores. Scores need no normalising: none of these depends on a sum over them.
 *
 * Pair i of a call draws from a stream that belongs to seed and i, and step t looks at a place of
 * it that belongs to t: what is drawn depends on neither batch nor threads. */
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "simulator/captioner/decoding_inside.h"

/* Streams of decoding, far from those that are numbered by purpose alone. */
static const uint64_t STREAMS = UINT64_C(0xdec0) << 48;

static struct rng_stream open_stream(const struct decoder *d, uint64_t pair)
{
    struct rng_stream rng;
    rng_stream_init(&rng, d->options.seed, STREAMS ^ pair);
    return rng;
}

static size_t largest(const double *x, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (x[i] > x[best])
            best = i;
    return best;
}

/* ---- draws ---- */

/* rank = all tokens with their masses, softmax(score / temperature) but for a common factor;
 * returns their sum. */
static double weigh(struct decoder *d)
{
    const size_t classes = d->room.classes;
    const double top = d->score[largest(d->score, classes)];
    double sum = 0;
    for (size_t i = 0; i < classes; i++) {
        const double mass = exp((d->score[i] - top) / d->options.temperature);
        d->rank[i] = (struct ranked){ .value = mass, .token = i };
        sum += mass;
    }
    return sum;
}

static int by_mass(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return x->token < y->token ? -1 : x->token > y->token;
}

/* How many of the ranked tokens it takes to reach a mass: the shortest prefix. */
static size_t prefix(const struct ranked *rank, size_t count, double mass)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += rank[i].value;
        if (sum >= mass)
            return i + 1;
    }
    return count; /* for rounding */
}

/* Which of these tokens: share u in [0, 1) of their mass lies in front of it. */
static size_t draw(const struct ranked *rank, size_t count, double u)
{
    double sum = 0, passed = 0;
    size_t last = 0;
    for (size_t i = 0; i < count; i++)
        sum += rank[i].value;
    for (size_t i = 0; i < count; i++) {
        if (rank[i].value > 0)
            last = i;
        passed += rank[i].value;
        if (passed > u * sum)
            break;
    }
    return rank[last].token;
}

static size_t sample(struct decoder *d, uint64_t pair)
{
    const struct decoding_options *o = &d->options;
    struct rng_stream rng = open_stream(d, pair);
    const double sum = weigh(d);
    size_t count = d->room.classes;
    rng.counter = d->step;
    if (o->mode != DECODE_SAMPLE)
        qsort(d->rank, count, sizeof *d->rank, by_mass);
    if (o->mode == DECODE_TOP_K)
        count = o->top_k < count ? o->top_k : count;
    if (o->mode == DECODE_NUCLEUS)
        count = prefix(d->rank, count, o->top_p * sum);
    return draw(d->rank, count, rng_uniform(&rng));
}

/* ---- Gumbel ---- */

/* -log(-log(u)), and as a uniform number may be 0, never infinite. */
static double gumbel(struct rng_stream *rng)
{
    return -log(fmax(-log1p(-rng_uniform(rng)), 0x1p-54));
}

static size_t noisy_largest(struct decoder *d, uint64_t pair)
{
    const size_t classes = d->room.classes;
    const double top = d->score[largest(d->score, classes)];
    struct rng_stream rng = open_stream(d, pair);
    rng.counter = d->step * classes;
    for (size_t i = 0; i < classes; i++)
        d->score[i] = (d->score[i] - top) / d->options.temperature + gumbel(&rng);
    return largest(d->score, classes);
}

size_t decoder_choose(struct decoder *d, uint64_t pair)
{
    const size_t best = largest(d->score, d->room.classes);
    if (d->options.mode == DECODE_GREEDY || d->score[best] == -INFINITY)
        return best; /* without any number: 0, the end */
    return d->options.mode == DECODE_GUMBEL ? noisy_largest(d, pair) : sample(d, pair);
}
