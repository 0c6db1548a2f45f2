/* Pairs of a target and what a user would like best of some others. */
#include "simulator/critique_pairs.h"

#include "base/rng.h"

enum { SCRATCH = 21 + 12 * CRITIQUE_PAIRS_MOST /* see mt19937_sample_scratch */ };

static const size_t usual_sizes[] = { 1, CRITIQUE_PAIRS_FIRST_TURN, 10, 30, CRITIQUE_PAIRS_MOST };

enum gmr_status critique_pairs_check(const struct critique_pairs *p)
{
    if (p->count < 2)
        return gmr_error(GMR_ERR_RANGE, "%zu items make no pair", p->count);
    if (p->sizes > CRITIQUE_PAIRS_SIZES)
        return gmr_error(GMR_ERR_RANGE, "%zu sizes of lists, not 0 .. %d", p->sizes,
                         CRITIQUE_PAIRS_SIZES);
    for (size_t i = 0; i < p->sizes; i++)
        if (p->size[i] < 1 || p->size[i] > CRITIQUE_PAIRS_MOST)
            return gmr_error(GMR_ERR_RANGE, "lists of %zu items, not 1 .. %d", p->size[i],
                             CRITIQUE_PAIRS_MOST);
    return GMR_OK;
}

static size_t draw_size(const struct critique_pairs *p, struct mt19937 *rng)
{
    const size_t *size = p->sizes > 0 ? p->size : usual_sizes;
    const size_t sizes = p->sizes > 0 ? p->sizes : sizeof usual_sizes / sizeof *usual_sizes;
    const size_t drawn = size[mt19937_below(rng, sizes)];
    return drawn < p->count ? drawn : p->count - 1;
}

static struct critic_pair draw(const struct critique_pairs *p, struct mt19937 *rng)
{
    uint64_t pick[CRITIQUE_PAIRS_MOST], scratch[SCRATCH];
    size_t other[CRITIQUE_PAIRS_MOST];
    const size_t target = (size_t)mt19937_below(rng, p->count), size = draw_size(p, rng);
    mt19937_sample(rng, p->count - 1, size, pick, scratch);
    for (size_t i = 0; i < size; i++) /* the target is passed over */
        other[i] = (size_t)pick[i] + (pick[i] >= target);
    const size_t liked =
        critic_like(p->vectors, p->width, p->vectors + target * p->width, other, size);
    return (struct critic_pair){ p->positions[target], p->positions[other[liked]] };
}

void critique_pairs_draw(const struct critique_pairs *pairs, uint64_t seed, uint64_t stream,
                         uint64_t first, size_t n, struct critic_pair *drawn)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t word[4];
        struct mt19937 rng;
        rng_block(seed, stream, first + i, word);
        mt19937_seed(&rng, (uint64_t)word[0] << 32 | word[1]);
        drawn[i] = draw(pairs, &rng);
    }
}
