/* Random numbers, two kinds.
 *
 * `mt19937` is CPython's `random.Random`, bit for bit: all sampling (targets, lists, negatives)
 * uses it, so that published runs can be replayed (spec section 0).
 *
 * `rng_stream` is counter based (Philox4x32-10): number n of stream s of seed k is a pure function
 * of (k, s, n). Weights and dropout use it, each a stream of its own, so that drawing from one
 * never moves another, and a mask can be made again, in any order and by any thread. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* 53 of 64 random bits as a number in [0, 1); the same mapping as Python's random.random(). */
static inline double rng_unit53(uint32_t high, uint32_t low)
{
    return ((double)(high >> 5) * 67108864.0 + (double)(low >> 6)) * 0x1p-53;
}

enum { MT19937_WORDS = 624 };

struct mt19937 {
    uint32_t word[MT19937_WORDS];
    uint32_t index; /* next unused word, 0 .. MT19937_WORDS; the struct is the whole state and may
                       be copied */
};

/* random.seed(seed) for a non-negative int. */
void mt19937_seed(struct mt19937 *rng, uint64_t seed);

uint32_t mt19937_next(struct mt19937 *rng);

/* random.getrandbits(bits), bits 1 .. 64. */
uint64_t mt19937_bits(struct mt19937 *rng, unsigned bits);

/* random.random(): 53 bits in [0, 1). */
double mt19937_double(struct mt19937 *rng);

/* random.randrange(n), n >= 1. */
uint64_t mt19937_below(struct mt19937 *rng, uint64_t n);

/* random.randint(low, high), both included; low <= high, fewer than 2^64 values. */
int64_t mt19937_range(struct mt19937 *rng, int64_t low, int64_t high);

/* random.sample(range(n), k) into pick[k], k <= n: distinct, in CPython's order. `scratch` has room
 * for mt19937_sample_scratch(n, k) elements: at most 21 + 12 k, whatever n is; its contents do not
 * matter before, and mean nothing after. */
size_t mt19937_sample_scratch(uint64_t n, size_t k);
void mt19937_sample(struct mt19937 *rng, uint64_t n, size_t k, uint64_t *pick, uint64_t *scratch);

/* random.shuffle() of an array of 64-bit values. */
void mt19937_shuffle(struct mt19937 *rng, uint64_t *values, size_t n);

enum rng_purpose { RNG_WEIGHTS = 1, RNG_DROPOUT = 2, RNG_DATA = 3 };

struct rng_stream {
    uint64_t key;     /* the seed */
    uint64_t stream;  /* which stream: a purpose, or any number derived from one */
    uint64_t counter; /* next block of four words; set it to begin elsewhere */
};

void rng_stream_init(struct rng_stream *rng, uint64_t seed, uint64_t stream);

/* Block `counter` of a stream: four 32-bit words. Pure. */
void rng_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4]);

/* One number uniform in [0, 1) from 32 bits, element `index` of a stream's sequence. Pure. */
double rng_uniform_at(uint64_t key, uint64_t stream, uint64_t index);

/* Next numbers of a stream; each call uses whole blocks. */
double rng_uniform(struct rng_stream *rng); /* [0, 1), 53 bits */
double rng_normal(struct rng_stream *rng);  /* mean 0, variance 1 (Box-Muller) */

#endif
