/* CPython's random.Random: the Mersenne Twister of Matsumoto and Nishimura and, on top of it, the
 * methods of Lib/random.py as they are from Python 3.2 to 3.12. Every function here draws exactly
 * the words that Python would draw; changing the order of two draws breaks every replayed run. */
#include "base/rng.h"

#include <assert.h>
#include <stdbool.h>

enum { SHIFT_SIZE = 397 };

static void seed_word(struct mt19937 *rng, uint32_t seed)
{
    uint32_t *word = rng->word;
    word[0] = seed;
    for (uint32_t i = 1; i < MT19937_WORDS; i++)
        word[i] = UINT32_C(1812433253) * (word[i - 1] ^ (word[i - 1] >> 30)) + i;
}

/* One step of init_by_array: word i takes in its neighbour; returns the next i. */
static uint32_t seed_mix(uint32_t *word, uint32_t i, uint32_t factor, uint32_t add)
{
    word[i] = (word[i] ^ ((word[i - 1] ^ (word[i - 1] >> 30)) * factor)) + add;
    if (++i < MT19937_WORDS)
        return i;
    word[0] = word[MT19937_WORDS - 1];
    return 1;
}

void mt19937_seed(struct mt19937 *rng, uint64_t seed)
{
    const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    const uint32_t length = key[1] != 0 ? 2 : 1;
    uint32_t i = 1;
    seed_word(rng, UINT32_C(19650218));
    for (uint32_t n = 0; n < MT19937_WORDS; n++)
        i = seed_mix(rng->word, i, UINT32_C(1664525), key[n % length] + n % length);
    for (uint32_t n = 1; n < MT19937_WORDS; n++)
        i = seed_mix(rng->word, i, UINT32_C(1566083941), 0 - i);
    rng->word[0] = UINT32_C(0x80000000);
    rng->index = MT19937_WORDS;
}

static uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t mixed = (high & UINT32_C(0x80000000)) | (low & UINT32_C(0x7fffffff));
    return (mixed >> 1) ^ (low & 1 ? UINT32_C(0x9908b0df) : 0);
}

static void refill(struct mt19937 *rng)
{
    uint32_t *word = rng->word;
    for (uint32_t i = 0; i < MT19937_WORDS; i++)
        word[i] =
            word[(i + SHIFT_SIZE) % MT19937_WORDS] ^ twist(word[i], word[(i + 1) % MT19937_WORDS]);
    rng->index = 0;
}

uint32_t mt19937_next(struct mt19937 *rng)
{
    if (rng->index >= MT19937_WORDS)
        refill(rng);
    uint32_t y = rng->word[rng->index++];
    y ^= y >> 11;
    y ^= (y << 7) & UINT32_C(0x9d2c5680);
    y ^= (y << 15) & UINT32_C(0xefc60000);
    return y ^ (y >> 18);
}

uint64_t mt19937_bits(struct mt19937 *rng, unsigned bits)
{
    assert(bits >= 1 && bits <= 64);
    if (bits <= 32)
        return mt19937_next(rng) >> (32 - bits);
    uint64_t low = mt19937_next(rng); /* the low word is drawn first, and whole */
    return low | (uint64_t)(mt19937_next(rng) >> (64 - bits)) << 32;
}

double mt19937_double(struct mt19937 *rng)
{
    uint32_t high = mt19937_next(rng);
    return rng_unit53(high, mt19937_next(rng));
}

static unsigned bit_length(uint64_t n)
{
    return n == 0 ? 0 : 64 - (unsigned)__builtin_clzll(n);
}

uint64_t mt19937_below(struct mt19937 *rng, uint64_t n)
{
    assert(n >= 1);
    unsigned bits = bit_length(n); /* of n, not n - 1: Python does it this way */
    uint64_t value;
    do
        value = mt19937_bits(rng, bits);
    while (value >= n);
    return value;
}

int64_t mt19937_range(struct mt19937 *rng, int64_t low, int64_t high)
{
    uint64_t width = (uint64_t)high - (uint64_t)low;
    assert(low <= high && width < UINT64_MAX);
    return (int64_t)((uint64_t)low + mt19937_below(rng, width + 1));
}

/* random.sample swaps in a list of all n when that is smaller than a set of k, and remembers picks
 * in a set otherwise. The two draw different numbers, so the choice must be Python's:
 * n <= 21, or 21 + 4 ** ceil(log(3 k, 4)) when k > 5. (3 k is no power of 4, hence no rounding of
 * the logarithm can matter below k = 10^14.) */
static bool sample_uses_pool(uint64_t n, size_t k)
{
    uint64_t table = 0;
    if (k > 5)
        for (table = 1; table / 3 < k && table <= UINT64_MAX / 8;)
            table *= 4;
    return n <= 21 + table;
}

/* log2 of the number of slots of the set: at least 2 k, so that probing stays short. */
static unsigned set_bits(size_t k)
{
    return bit_length(k) + 1;
}

size_t mt19937_sample_scratch(uint64_t n, size_t k)
{
    return sample_uses_pool(n, k) ? (size_t)n : (size_t)1 << set_bits(k);
}

static void sample_pool(struct mt19937 *rng, size_t n, size_t k, uint64_t *pick, uint64_t *pool)
{
    for (size_t i = 0; i < n; i++)
        pool[i] = i;
    for (size_t i = 0; i < k; i++) {
        size_t j = (size_t)mt19937_below(rng, n - i);
        pick[i] = pool[j];
        pool[j] = pool[n - i - 1];
    }
}

static const uint64_t NO_VALUE = UINT64_MAX; /* never below n */

/* Adds a value to an open-addressed set; false when it is there already. */
static bool set_add(uint64_t *slot, unsigned bits, uint64_t value)
{
    size_t mask = ((size_t)1 << bits) - 1;
    size_t at = (size_t)((value * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - bits));
    for (; slot[at] != NO_VALUE; at = (at + 1) & mask)
        if (slot[at] == value)
            return false;
    slot[at] = value;
    return true;
}

static void sample_set(struct mt19937 *rng, uint64_t n, size_t k, uint64_t *pick, uint64_t *slot)
{
    unsigned bits = set_bits(k);
    for (size_t i = 0; i < (size_t)1 << bits; i++)
        slot[i] = NO_VALUE;
    for (size_t i = 0; i < k; i++)
        do
            pick[i] = mt19937_below(rng, n);
        while (!set_add(slot, bits, pick[i]));
}

void mt19937_sample(struct mt19937 *rng, uint64_t n, size_t k, uint64_t *pick, uint64_t *scratch)
{
    assert(k <= n);
    if (sample_uses_pool(n, k))
        sample_pool(rng, (size_t)n, k, pick, scratch);
    else
        sample_set(rng, n, k, pick, scratch);
}

void mt19937_shuffle(struct mt19937 *rng, uint64_t *values, size_t n)
{
    for (size_t i = n; i-- > 1;) {
        size_t j = (size_t)mt19937_below(rng, i + 1);
        uint64_t value = values[i];
        values[i] = values[j];
        values[j] = value;
    }
}
