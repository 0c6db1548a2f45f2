/* Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3" (2011). The 128-bit counter is (block, stream), the key is the seed;
 * so streams of one seed never overlap. It is no cipher: do not use it for secrets. */
#include "base/rng.h"

#include <math.h>

enum { ROUNDS = 10 };

void rng_stream_init(struct rng_stream *rng, uint64_t seed, uint64_t stream)
{
    *rng = (struct rng_stream){ .key = seed, .stream = stream };
}

void rng_block(uint64_t key, uint64_t stream, uint64_t counter, uint32_t out[4])
{
    uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
    uint32_t x0 = (uint32_t)counter, x1 = (uint32_t)(counter >> 32);
    uint32_t x2 = (uint32_t)stream, x3 = (uint32_t)(stream >> 32);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t product0 = UINT64_C(0xD2511F53) * x0;
        uint64_t product1 = UINT64_C(0xCD9E8D57) * x2;
        x0 = (uint32_t)(product1 >> 32) ^ x1 ^ key0;
        x1 = (uint32_t)product1;
        x2 = (uint32_t)(product0 >> 32) ^ x3 ^ key1;
        x3 = (uint32_t)product0;
        key0 += UINT32_C(0x9E3779B9);
        key1 += UINT32_C(0xBB67AE85);
    }
    out[0] = x0;
    out[1] = x1;
    out[2] = x2;
    out[3] = x3;
}

double rng_uniform_at(uint64_t key, uint64_t stream, uint64_t index)
{
    uint32_t word[4];
    rng_block(key, stream, index / 4, word);
    return word[index % 4] * 0x1p-32;
}

double rng_uniform(struct rng_stream *rng)
{
    uint32_t word[4];
    rng_block(rng->key, rng->stream, rng->counter++, word);
    return rng_unit53(word[0], word[1]);
}

double rng_normal(struct rng_stream *rng)
{
    const double two_pi = 6.283185307179586476925;
    uint32_t word[4];
    rng_block(rng->key, rng->stream, rng->counter++, word);
    double radius =
        sqrt(-2 * log(1 - rng_unit53(word[0], word[1]))); /* the argument is in (0, 1] */
    return radius * cos(two_pi * rng_unit53(word[2], word[3]));
}
