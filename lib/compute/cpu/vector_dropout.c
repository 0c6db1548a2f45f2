/* Dropout. Whether element i stays is a pure function of (key, stream, i). */
#include "compute/cpu/cpu.h"
#include "compute/cpu/vector_random.h"

enum { PIECE = 256 /* elements whose random words are made at a time */ };

static void drop_piece(float *y, const float *x, const uint32_t *word, struct drop drop, float beta,
                       size_t n)
{
    if (beta == 0) {
        SIMD
        for (size_t i = 0; i < n; i++)
            y[i] = word[i] < drop.limit ? 0 : x[i] * drop.scale;
    } else {
        SIMD
        for (size_t i = 0; i < n; i++)
            y[i] = beta * y[i] + (word[i] < drop.limit ? 0 : x[i] * drop.scale);
    }
}

static void dropout(const struct compute *c, real *y, const real *x, real chance, uint64_t key,
                    uint64_t stream, real beta, size_t n)
{
    struct drop drop = drop_by_chance(chance);
    PARALLEL(c, n * 4)
    for (size_t at = 0; at < n; at += PIECE) {
        uint32_t word[PIECE];
        random_words(word, key, stream, at / 4, PIECE / 4);
        drop_piece(y + at, x + at, word, drop, beta, smaller(PIECE, n - at));
    }
}

void VECTOR(dropout_install)(struct compute *c)
{
    c->dropout = dropout;
}
