/* Philox4x32-10 (base/rng.h), many blocks at a time. */
#ifndef COMPUTE_CPU_VECTOR_RANDOM_H
#define COMPUTE_CPU_VECTOR_RANDOM_H

#include "compute/cpu/vector.h"

/* The words of blocks first .. first + blocks - 1 of a stream, four each. */
ALWAYS_INLINE void random_words(uint32_t *words, uint64_t key, uint64_t stream, uint64_t first,
                                size_t blocks)
{
    SIMD
    for (size_t i = 0; i < blocks; i++) {
        uint64_t counter = first + i;
        uint32_t key0 = (uint32_t)key, key1 = (uint32_t)(key >> 32);
        uint32_t x0 = (uint32_t)counter, x1 = (uint32_t)(counter >> 32);
        uint32_t x2 = (uint32_t)stream, x3 = (uint32_t)(stream >> 32);
        for (int round = 0; round < 10; round++) {
            uint64_t product0 = (uint64_t)0xD2511F53 * x0, product1 = (uint64_t)0xCD9E8D57 * x2;
            x0 = (uint32_t)(product1 >> 32) ^ x1 ^ key0;
            x1 = (uint32_t)product1;
            x2 = (uint32_t)(product0 >> 32) ^ x3 ^ key1;
            x3 = (uint32_t)product0;
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }
        words[4 * i] = x0;
        words[4 * i + 1] = x1;
        words[4 * i + 2] = x2;
        words[4 * i + 3] = x3;
    }
}

/* uniform < chance, told by words: those below `limit` are dropped, the others scaled. */
struct drop {
    uint32_t limit;
    float scale;
};

ALWAYS_INLINE struct drop drop_by_chance(float chance)
{
    if (chance >= 1)
        return (struct drop){ .limit = UINT32_MAX, .scale = 0 };
    double limit = (double)chance * 0x1p32;
    uint32_t whole = (uint32_t)limit;
    return (struct drop){ .limit = whole + (whole < limit),
                          .scale = (float)(1 / (1 - (double)chance)) };
}

#endif
