/* Decoding by chance: how often words come against their probabilities, with a bound on chi-square
 * that chance passes once in a thousand (the seeds are fixed, so it is the same each time); sets
 * that are never left; draws that do not depend on the batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/chain.h"
#include "support/support.h"

enum { CLASSES = 7, DRAWS = 20000, TABLE = CLASSES * CLASSES };

/* Ties, a rare word, one that cannot come. */
static const double P[CLASSES] = { .1, .3, .04, .3, .005, 0, .255 };

/* The 99.9% points of chi-square with 1, 2, ... degrees of freedom. */
static const double BOUND[] = { 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88,
                                29.59, 31.26, 32.91, 34.53, 36.12, 37.70, 39.25, 40.79, 42.31,
                                43.82, 45.31, 46.80, 48.27, 49.73, 51.18, 52.62 };

/* Cells whose share is 0 must be empty. */
static void assert_frequencies(const char *what, const size_t *count, const double *share, size_t n)
{
    double total = 0, chi = 0;
    size_t cells = 0, draws = 0;
    for (size_t i = 0; i < n; i++) {
        total += share[i];
        draws += count[i];
    }
    for (size_t i = 0; i < n; i++) {
        const double expected = (double)draws * share[i] / total;
        if (share[i] > 0) {
            chi += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
            cells++;
        } else if (count[i] > 0) {
            fail_msg("%s: token %zu came %zu times", what, i, count[i]);
        }
    }
    assert_true(cells >= 2 && cells - 2 < sizeof BOUND / sizeof *BOUND);
    if (!(chi < BOUND[cells - 2]))
        fail_msg("%s: chi-square is %g with %zu cells", what, chi, cells);
}

/* The same distribution behind every word. */
static void make_table(real *scores)
{
    for (size_t i = 0; i < TABLE; i++)
        scores[i] = (real)(log(P[i % CLASSES]) + (double)(i / CLASSES)); /* logits */
}

/* DRAWS sentences of `length` words: ids [DRAWS, length]. */
static void draw(const struct decoding_options *options, size_t length, int64_t *ids)
{
    static real scores[TABLE];
    const struct chain c = { 1, 1, CLASSES, scores, NULL };
    make_table(scores);
    chain_decode(&c, options, length, 0, DRAWS, ids);
}

static void check_first_word(const char *what, struct decoding_options options, const double *share)
{
    static int64_t ids[DRAWS];
    size_t count[CLASSES] = { 0 };
    draw(&options, 1, ids);
    for (size_t i = 0; i < DRAWS; i++)
        count[ids[i]]++;
    assert_frequencies(what, count, share, CLASSES);
}

static void tempered(double *share, double temperature)
{
    for (size_t i = 0; i < CLASSES; i++)
        share[i] = pow(P[i], 1 / temperature);
}

static void test_sample_and_gumbel(void **state)
{
    static const double temperatures[] = { 1, .5, 2 };
    for (size_t i = 0; i < 3; i++) {
        double share[CLASSES];
        struct decoding_options o = { .mode = DECODE_SAMPLE, .temperature = temperatures[i] };
        tempered(share, temperatures[i]);
        o.seed = i;
        check_first_word("sample", o, share);
        o.mode = DECODE_GUMBEL;
        check_first_word("gumbel", o, share);
    }
}

/* Near temperature 0 only the likeliest are left; it is a tie. */
static void test_cold(void **state)
{
    static const double share[CLASSES] = { 0, .5, 0, .5, 0, 0, 0 };
    struct decoding_options o = { .mode = DECODE_SAMPLE, .temperature = 1e-3 };
    check_first_word("cold sample", o, share);
    o.temperature = 1e-300;
    check_first_word("colder sample", o, share);
    o.mode = DECODE_GUMBEL;
    check_first_word("cold gumbel", o, share);
}

/* By probability: 1 and 3 (.3, the lower index first), 6, 0, 2, 4. */
static void test_top_k(void **state)
{
    static const size_t order[] = { 1, 3, 6, 0, 2, 4 };
    for (size_t k = 2; k <= 6; k++) {
        double share[CLASSES] = { 0 };
        for (size_t i = 0; i < k; i++)
            share[order[i]] = P[order[i]];
        check_first_word("top k",
                         (struct decoding_options){
                             .mode = DECODE_TOP_K, .temperature = 1, .top_k = k, .seed = k },
                         share);
    }
    check_first_word("more than all",
                     (struct decoding_options){
                         .mode = DECODE_TOP_K, .temperature = 1, .top_k = 100, .seed = 3 },
                     P);
}

static void test_one_is_left(void **state)
{
    static int64_t ids[DRAWS];
    const struct decoding_options one[] = {
        { .mode = DECODE_TOP_K, .temperature = 1, .top_k = 1 },
        { .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = .29 },
        { .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = 1e-300 },
    };
    for (size_t i = 0; i < 3; i++) {
        draw(&one[i], 1, ids);
        for (size_t k = 0; k < DRAWS; k++)
            assert_int_equal(ids[k], 1);
    }
}

/* Sums of the ranked: .3, .6, .855, .955, .995, 1. */
static void test_nucleus(void **state)
{
    static const struct {
        double p;
        size_t count;
    } cases[] = {
        { .31, 2 }, { .59, 2 }, { .61, 3 }, { .9, 4 }, { .96, 5 }, { .996, 6 }, { 1, 6 }
    };
    static const size_t order[] = { 1, 3, 6, 0, 2, 4 };
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        double share[CLASSES] = { 0 };
        for (size_t i = 0; i < cases[n].count; i++)
            share[order[i]] = P[order[i]];
        check_first_word(
            "nucleus",
            (struct decoding_options){
                .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = cases[n].p, .seed = n + 40 },
            share);
    }
}

/* The mass is that of the tempered distribution: at temperature 1/2 the two likeliest have .717. */
static void test_nucleus_is_tempered(void **state)
{
    double share[CLASSES];
    tempered(share, .5);
    share[0] = share[2] = share[4] = share[6] = 0;
    check_first_word("tempered nucleus",
                     (struct decoding_options){
                         .mode = DECODE_NUCLEUS, .temperature = .5, .top_p = .7, .seed = 5 },
                     share);
}

/* The first two words, and the first words of neighbours, are independent. */
static void check_independence(enum decoding_mode mode)
{
    static int64_t ids[DRAWS * 2];
    size_t count[25] = { 0 }, neighbours[25] = { 0 };
    double share[25] = { 0 };
    static const int8_t cell[CLASSES] = { -1, 0, 1, 2, 3, -1, 4 }; /* words that occur */
    const struct decoding_options o = { .mode = mode, .temperature = 1, .seed = 77 };
    draw(&o, 2, ids);
    for (size_t i = 0; i < TABLE; i++)
        if (cell[i / CLASSES] >= 0 && cell[i % CLASSES] >= 0)
            share[cell[i / CLASSES] * 5 + cell[i % CLASSES]] = P[i / CLASSES] * P[i % CLASSES];
    for (size_t i = 0; i + 1 < DRAWS; i++) {
        const int8_t a = cell[ids[2 * i]], b = cell[ids[2 * i + 1]], c = cell[ids[2 * i + 2]];
        if (a >= 0 && b >= 0)
            count[a * 5 + b]++;
        if (a >= 0 && c >= 0 && i % 2 == 0)
            neighbours[a * 5 + c]++;
    }
    assert_frequencies("two words", count, share, 25);
    assert_frequencies("neighbours", neighbours, share, 25);
}

static void test_independence(void **state)
{
    check_independence(DECODE_SAMPLE);
    check_independence(DECODE_GUMBEL);
}

/* ---- the batch ---- */

enum { PAIRS = 60, LENGTH = 6 };

static const struct decoding_options WAYS[] = {
    { .mode = DECODE_GREEDY },
    { .mode = DECODE_BEAM, .beam = 3 },
    { .mode = DECODE_SAMPLE, .temperature = 1, .seed = 9 },
    { .mode = DECODE_TOP_K, .temperature = 1, .top_k = 3, .seed = 9 },
    { .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = .8, .seed = 9 },
    { .mode = DECODE_GUMBEL, .temperature = 1, .seed = 9 },
};

/* Alone, in parts and together. */
static void test_batch_does_not_matter(void **state)
{
    static real scores[PAIRS * LENGTH * TABLE];
    const struct chain c = { PAIRS, LENGTH, CLASSES, scores, NULL };
    fill_normal(scores, PAIRS * LENGTH * TABLE, 4);
    for (size_t k = 0; k < sizeof WAYS / sizeof *WAYS; k++) {
        int64_t all[PAIRS * LENGTH], some[PAIRS * LENGTH];
        static const size_t parts[] = { 1, 7 };
        chain_decode(&c, &WAYS[k], LENGTH, 0, PAIRS, all);
        for (size_t n = 0; n < 2; n++) {
            for (size_t i = 0; i < PAIRS; i += parts[n]) {
                const size_t left = PAIRS - i;
                chain_decode(&c, &WAYS[k], LENGTH, i, left < parts[n] ? left : parts[n],
                             some + i * LENGTH);
            }
            assert_memory_equal(all, some, sizeof all);
        }
    }
}

static void test_seeds_matter(void **state)
{
    static int64_t a[DRAWS], b[DRAWS];
    struct decoding_options o = { .mode = DECODE_SAMPLE, .temperature = 1, .seed = 1 };
    size_t same = 0;
    draw(&o, 1, a);
    o.seed = 2;
    draw(&o, 1, b);
    for (size_t i = 0; i < DRAWS; i++)
        same += a[i] == b[i];
    const double expected = .1 * .1 + 2 * .3 * .3 + .04 * .04 + .005 * .005 + .255 * .255;
    assert_true(fabs((double)same / DRAWS - expected) < .015);
}

/* No end behind a function word, by chance neither; UNK never. */
static void test_constrained_samples(void **state)
{
    static const char *const words[CLASSES] = { "", "red", "a", "with", "heel", "is", "UNK" };
    static real scores[TABLE];
    static int64_t ids[DRAWS * LENGTH];
    const struct chain c = { 1, 1, CLASSES, scores, words };
    fill_uniform(scores, TABLE, -1, 1, 6);
    for (size_t k = 2; k < sizeof WAYS / sizeof *WAYS; k++) {
        struct decoding_options o = WAYS[k];
        size_t bad = 0;
        for (int constrained = 0; constrained < 2; constrained++) {
            bad = 0;
            o.constrained = constrained;
            chain_decode(&c, &o, LENGTH, 0, DRAWS, ids);
            for (size_t i = 0; i < DRAWS * LENGTH; i++) {
                const bool over = (i + 1) % LENGTH != 0 && ids[i + 1] == 0;
                bad += ids[i] == 6 || (over && (ids[i] == 2 || ids[i] == 3 || ids[i] == 5));
            }
            assert_true(constrained ? bad == 0 : bad > 100);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample_and_gumbel),
        cmocka_unit_test(test_cold),
        cmocka_unit_test(test_top_k),
        cmocka_unit_test(test_one_is_left),
        cmocka_unit_test(test_nucleus),
        cmocka_unit_test(test_nucleus_is_tempered),
        cmocka_unit_test(test_independence),
        cmocka_unit_test(test_batch_does_not_matter),
        cmocka_unit_test(test_seeds_matter),
        cmocka_unit_test(test_constrained_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
