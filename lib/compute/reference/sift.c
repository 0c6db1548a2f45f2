/* What the search for nearest items needs. */
#include "compute/reference/arithmetic.h"
#include "compute/reference/reference.h"

void reference_square_rows(const struct compute *c, double *y, const real *x, size_t rows, size_t d)
{
    for (size_t r = 0; r < rows; r++)
        y[r] = dot(x + r * d, x + r * d, d);
}

static double score_of(const struct sieve *s, const real *x, const real *q, size_t i, size_t j)
{
    size_t panel = s->few ? 1 : SIEVE_PANEL;
    double sum = 0;
    for (size_t p = 0; p < s->width; p++)
        sum += (double)x[i * s->width + p] * q[(j / panel * s->width + p) * panel + j % panel];
    return s->base[i] + s->alpha * sum;
}

static uint32_t sift_chunk(const struct sieve *s, size_t first, uint32_t *sure,
                           struct sieve_hit *hit, const real *x, const real *q)
{
    uint32_t hits = 0;
    for (size_t j = 0; j < s->queries; j++) {
        double slope = s->slope[j];
        if (s->near)
            sure[j] = 0;
        for (size_t i = first; i < first + SIEVE_CHUNK && i < s->items; i++) {
            double score = score_of(s, x, q, i, j), reach = s->reach[i];
            if (s->near && score + (slope + s->bend * reach) * reach < s->near[j])
                sure[j]++;
            else if (!(score - slope * reach > s->far[j]))
                hit[hits++] = (struct sieve_hit){ (uint32_t)i, (uint32_t)j, (real)score };
        }
    }
    return hits;
}

void reference_sift(const struct compute *c, const struct sieve *s, uint32_t *sure, uint32_t *hits,
                    struct sieve_hit *hit, const real *x, const real *q)
{
    for (size_t first = 0; first < s->items; first += SIEVE_CHUNK) {
        *hits++ = sift_chunk(s, first, sure, hit, x, q);
        hit += SIEVE_CHUNK * s->queries;
        sure = s->near ? sure + s->queries : NULL;
    }
}
