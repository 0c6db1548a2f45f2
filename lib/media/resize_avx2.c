/* The passes of a resize with AVX2.
 *
 * The multiplication is vpmaddwd: pairs of 16-bit numbers, products added in 32 bits. Bytes become
 * pairs of 16-bit numbers, of neighbours in the direction of the pass; a weight has 23 bits and
 * goes in as two halves, whose sums are put together at the end. All is exact modulo 2^32, as in
 * the portable kernels. */
#include "media/resize.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <string.h>

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

/* Sums of the halves of the weights. */
struct sums {
    __m256i high, low;
};

AVX2_INLINE __m256i pair_at(const int16_t *weights)
{
    int pair;
    memcpy(&pair, weights, sizeof pair);
    return _mm256_set1_epi32(pair);
}

AVX2_INLINE void add(struct sums *s, __m256i values, __m256i high, __m256i low)
{
    s->high = _mm256_add_epi32(s->high, _mm256_madd_epi16(values, high));
    s->low = _mm256_add_epi32(s->low, _mm256_madd_epi16(values, low));
}

AVX2_INLINE __m256i finish(const struct sums *s)
{
    __m256i half = _mm256_set1_epi32(1 << (RESIZE_FRACTION_BITS - 1));
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(s->high, RESIZE_LOW_BITS), s->low);
    return _mm256_srai_epi32(_mm256_add_epi32(sum, half), RESIZE_FRACTION_BITS);
}

/* ---- horizontal: the two lanes are two rows ---- */

/* 16 bytes of each of two rows: five pixels and a third. */
AVX2_INLINE __m256i load_rows(const uint8_t *upper, size_t row_step)
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)upper);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(upper + row_step));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* Saturates two pixels and stores them; each store spoils one byte after its pixel. */
AVX2_INLINE void store_pixels(__m256i pixels, uint8_t *out, size_t out_step)
{
    __m256i words = _mm256_packs_epi32(pixels, pixels);
    __m256i bytes = _mm256_packus_epi16(words, words);
    int upper = _mm_cvtsi128_si32(_mm256_castsi256_si128(bytes));
    int lower = _mm_cvtsi128_si32(_mm256_extracti128_si256(bytes, 1));
    memcpy(out, &upper, sizeof upper);
    memcpy(out + out_step, &lower, sizeof lower);
}

/* One output pixel of four rows, from `count` pixels of each, rounded up to an even number. */
AVX2_INLINE void narrow_pixel(const int16_t *high, const int16_t *low, size_t count,
                              const uint8_t *from, size_t row_step, uint8_t *out, size_t out_step)
{
    /* Zero-extended pairs (r0 r1) (g0 g1) (b0 b1) 0 of pixels 0, 1 and of pixels 2, 3. */
    const __m256i first =
        _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, 0, -1, 3, -1, 1,
                         -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
    const __m256i second =
        _mm256_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1, //
                         6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    struct sums a = { _mm256_setzero_si256(), _mm256_setzero_si256() }, b = a;
    size_t k = 0;
    for (; k + 2 < count; k += 4, from += 12) {
        __m256i upper = load_rows(from, row_step);
        __m256i lower = load_rows(from + 2 * row_step, row_step);
        __m256i high01 = pair_at(high + k), low01 = pair_at(low + k);
        __m256i high23 = pair_at(high + k + 2), low23 = pair_at(low + k + 2);
        add(&a, _mm256_shuffle_epi8(upper, first), high01, low01);
        add(&b, _mm256_shuffle_epi8(lower, first), high01, low01);
        add(&a, _mm256_shuffle_epi8(upper, second), high23, low23);
        add(&b, _mm256_shuffle_epi8(lower, second), high23, low23);
    }
    if (k < count) {
        __m256i high01 = pair_at(high + k), low01 = pair_at(low + k);
        add(&a, _mm256_shuffle_epi8(load_rows(from, row_step), first), high01, low01);
        add(&b, _mm256_shuffle_epi8(load_rows(from + 2 * row_step, row_step), first), high01,
            low01);
    }
    store_pixels(finish(&a), out, out_step);
    store_pixels(finish(&b), out + 2 * out_step, out_step);
}

AVX2 static void horizontal(const struct resize_axis *axis, const uint8_t *rows, size_t row_step,
                            uint8_t *out, size_t out_step)
{
    for (size_t x = 0; x < axis->size; x++)
        narrow_pixel(axis->high + x * axis->stride, axis->low + x * axis->stride, axis->count[x],
                     rows + 3 * (size_t)axis->first[x], row_step, out + 3 * x, out_step);
}

/* ---- vertical: 32 columns at once ---- */

AVX2_INLINE __m256i load(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)bytes);
}

/* The unpacking here and the packing at the end undo each other's order, lane by lane. */
AVX2_INLINE __m256i sum_columns(const int16_t *high, const int16_t *low, size_t count,
                                const uint8_t *const *rows, size_t at)
{
    const __m256i zero = _mm256_setzero_si256();
    struct sums s[4] = { { zero, zero }, { zero, zero }, { zero, zero }, { zero, zero } };
    for (size_t k = 0; k < count; k += 2) {
        __m256i upper = load(rows[k] + at), lower = load(rows[k + 1] + at);
        __m256i left = _mm256_unpacklo_epi8(upper, lower);
        __m256i right = _mm256_unpackhi_epi8(upper, lower);
        __m256i h = pair_at(high + k), l = pair_at(low + k);
        add(&s[0], _mm256_unpacklo_epi8(left, zero), h, l);
        add(&s[1], _mm256_unpackhi_epi8(left, zero), h, l);
        add(&s[2], _mm256_unpacklo_epi8(right, zero), h, l);
        add(&s[3], _mm256_unpackhi_epi8(right, zero), h, l);
    }
    return _mm256_packus_epi16(_mm256_packs_epi32(finish(&s[0]), finish(&s[1])),
                               _mm256_packs_epi32(finish(&s[2]), finish(&s[3])));
}

AVX2 static void vertical(const int16_t *high, const int16_t *low, size_t count,
                          const uint8_t *const *rows, uint8_t *out, size_t n)
{
    size_t at = 0;
    for (; at + sizeof(__m256i) <= n; at += sizeof(__m256i))
        _mm256_storeu_si256((__m256i *)(void *)(out + at), sum_columns(high, low, count, rows, at));
    if (at < n) {
        __m256i last = sum_columns(high, low, count, rows, at);
        memcpy(out + at, &last, n - at);
    }
}

const struct resize_kernels *resize_kernels_avx2(void)
{
    static const struct resize_kernels kernels = { horizontal, vertical };
    return __builtin_cpu_supports("avx2") ? &kernels : NULL;
}

#else

const struct resize_kernels *resize_kernels_avx2(void)
{
    return NULL;
}

#endif
