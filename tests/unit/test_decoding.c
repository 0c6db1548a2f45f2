/* Decoding without chance: greedy, beam search and the constraints on distributions made by hand,
 * beams against all sentences there are, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/chain.h"
#include "support/message.h"
#include "support/support.h"

enum { MOST_PAIRS = 40 };

static const struct decoding_options GREEDY = { .mode = DECODE_GREEDY };

static struct decoding_options beam_of(size_t beam)
{
    return (struct decoding_options){ .mode = DECODE_BEAM, .beam = beam };
}

/* Probabilities of a chain of one pair as scores. */
static void log_of(real *scores, const double *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        scores[i] = (real)log(p[i]);
}

static void assert_ids(const int64_t *ids, const int64_t *expected, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] != expected[i])
            fail_msg("word %zu is %d, expected %d", i, (int)ids[i], (int)expected[i]);
}

#define ASSERT_IDS(ids, ...)                            \
    assert_ids((ids), (const int64_t[]){ __VA_ARGS__ }, \
               sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* ---- greedy ---- */

static void test_greedy(void **state)
{
    static const double p[4][4] = { { .1, .2, .3, .4 },   /* begin -> 3 */
                                    { .6, .2, .1, .1 },   /* 1 -> end */
                                    { .25, .4, .1, .25 }, /* 2 -> 1 */
                                    { .1, .1, .5, .3 } }; /* 3 -> 2 */
    real scores[16];
    int64_t ids[6];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 4, .scores = scores };
    log_of(scores, p[0], 16);
    chain_decode(&c, &GREEDY, 6, 0, 1, ids);
    ASSERT_IDS(ids, 3, 2, 1, 0, 0, 0);
    chain_decode(&c, &GREEDY, 2, 0, 1, ids);
    ASSERT_IDS(ids, 3, 2);
    for (size_t i = 0; i < 16; i++)
        scores[i] += (real)(7 - (int)i / 4); /* logits of the same distributions */
    chain_decode(&c, &GREEDY, 6, 0, 1, ids);
    ASSERT_IDS(ids, 3, 2, 1, 0, 0, 0);
}

/* Equal scores: the lowest token. All -infinity: the end. */
static void test_greedy_ties(void **state)
{
    real scores[9] = { -2, -1, -1, -1, -1, -1, -1, -1, -1 };
    int64_t ids[3];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 3, .scores = scores };
    const struct decoding_options two = beam_of(2);
    chain_decode(&c, &GREEDY, 3, 0, 1, ids);
    ASSERT_IDS(ids, 1, 0, 0);
    for (size_t i = 3; i < 6; i++)
        scores[i] = -INFINITY;
    chain_decode(&c, &GREEDY, 3, 0, 1, ids);
    ASSERT_IDS(ids, 1, 0, 0);
    chain_decode(&c, &two, 3, 0, 1, ids);
    ASSERT_IDS(ids, 2, 0, 0); /* no sentence with 1 has a probability at all */
}

/* Pairs that end at different steps do not disturb each other. */
static void test_pairs_leave(void **state)
{
    enum { PAIRS = MOST_PAIRS, LENGTH = 5, CLASSES = 3 };
    static real scores[PAIRS * LENGTH * CLASSES * CLASSES];
    int64_t ids[PAIRS * LENGTH];
    const struct chain c = { PAIRS, LENGTH, CLASSES, scores, NULL };
    for (size_t i = 0; i < PAIRS; i++)
        for (size_t t = 0; t < LENGTH; t++)
            for (size_t last = 0; last < CLASSES; last++) {
                real *x = scores + ((i * LENGTH + t) * CLASSES + last) * CLASSES;
                x[t < i % (LENGTH + 1) ? 1 + (i >> t & 1) : 0] = 3;
            }
    chain_decode(&c, &GREEDY, LENGTH, 0, PAIRS, ids);
    for (size_t i = 0; i < PAIRS; i++)
        for (size_t t = 0; t < LENGTH; t++)
            assert_int_equal(ids[i * LENGTH + t],
                             t < i % (LENGTH + 1) ? (int)(1 + (i >> t & 1)) : 0);
}

/* ---- beams ---- */

/* 1 is likelier at first, but 2 goes on with more certainty. */
static void test_beam_beats_greedy(void **state)
{
    static const double p[4][4] = {
        { .02, .55, .38, .05 }, { .3, .25, .2, .25 }, { .05, .02, .03, .9 }, { .97, .01, .01, .01 }
    };
    real scores[16];
    int64_t ids[4];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 4, .scores = scores };
    const struct decoding_options one = beam_of(1), two = beam_of(2);
    log_of(scores, p[0], 16);
    chain_decode(&c, &GREEDY, 4, 0, 1, ids);
    ASSERT_IDS(ids, 1, 0, 0, 0);
    chain_decode(&c, &one, 4, 0, 1, ids);
    ASSERT_IDS(ids, 1, 0, 0, 0);
    chain_decode(&c, &two, 4, 0, 1, ids);
    ASSERT_IDS(ids, 2, 3, 0, 0); /* .38 .9 .97 = .332 > .55 .3 */
}

/* A beam that ends frees its place: at the second step both places are 1's, and the second of
 * them wins. Were the ended one to keep its place, only 1 2 would go on, and lose to "". */
static void test_finished_beams_make_room(void **state)
{
    static const double p[4][4] = { { .3, .69, .005, .005 },
                                    { .001, .001, .505, .493 },
                                    { .25, .25, .25, .25 },
                                    { .99, .004, .003, .003 } };
    real scores[16];
    int64_t ids[5];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 4, .scores = scores };
    const struct decoding_options two = beam_of(2);
    log_of(scores, p[0], 16);
    chain_decode(&c, &two, 5, 0, 1, ids);
    ASSERT_IDS(ids, 1, 3, 0, 0, 0); /* .69 .493 .99 = .337 > .3 */
}

/* The first to end is not the winner for that, nor the longest; a sentence that is cut off counts
 * with what it has. */
static void test_best_sum_wins(void **state)
{
    static const double p[3][3] = { { .45, .5, .05 }, { .1, .89, .01 }, { .9, .05, .05 } };
    real scores[9];
    int64_t ids[4];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 3, .scores = scores };
    const struct decoding_options two = beam_of(2);
    log_of(scores, p[0], 9);
    chain_decode(&c, &two, 1, 0, 1, ids);
    ASSERT_IDS(ids, 1); /* .5, cut off, before .45 */
    chain_decode(&c, &two, 2, 0, 1, ids);
    ASSERT_IDS(ids, 0, 0); /* .45 before 1 1: .445 */
    log_of(scores + 3, (const double[]){ .04, .95, .01 }, 3);
    chain_decode(&c, &two, 2, 0, 1, ids);
    ASSERT_IDS(ids, 1, 1); /* .475 */
}

/* Of equal sums, the first found; among beams and tokens, the first in order. */
static void test_beam_ties(void **state)
{
    static const double p[3][3] = { { .5, .25, .25 }, { 1, 0, 0 }, { 1, 0, 0 } };
    static const double q[3][3] = { { 0, .5, .5 }, { 1, 0, 0 }, { 1, 0, 0 } };
    real scores[9];
    int64_t ids[3];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 3, .scores = scores };
    for (size_t beam = 1; beam < 5; beam++) {
        const struct decoding_options options = beam_of(beam);
        log_of(scores, p[0], 9);
        chain_decode(&c, &options, 3, 0, 1, ids);
        ASSERT_IDS(ids, 0, 0, 0);
        log_of(scores, q[0], 9);
        chain_decode(&c, &options, 3, 0, 1, ids);
        ASSERT_IDS(ids, 1, 0, 0);
    }
}

/* As soon as no beam can win any more, the pair leaves. */
static void test_beams_stop_early(void **state)
{
    static const double p[3][3] = { { .6, .3, .1 }, { .5, .25, .25 }, { .5, .25, .25 } };
    real scores[9];
    int64_t ids[6];
    const struct chain c = { .pairs = 1, .steps = 1, .classes = 3, .scores = scores };
    const struct decoding_options two = beam_of(2);
    log_of(scores, p[0], 9);
    assert_int_equal(chain_decode(&c, &two, 6, 0, 1, ids), 1);
    ASSERT_IDS(ids, 0, 0, 0, 0, 0, 0);
}

/* ---- beams against all sentences ---- */

enum { SMALL_CLASSES = 4, SMALL_LENGTH = 4 };

struct best_sentence {
    double sum;
    int64_t ids[SMALL_LENGTH];
};

static double log_softmax(const real *x, size_t n, size_t at)
{
    double sum = exp((double)x[0]);
    for (size_t i = 1; i < n; i++)
        sum += exp((double)x[i]);
    return (double)x[at] - log(sum);
}

static void search(const struct chain *c, size_t pair, size_t step, double sum, int64_t *said,
                   struct best_sentence *best)
{
    const size_t last = step > 0 ? (size_t)said[step - 1] : 0;
    const bool over = step == SMALL_LENGTH || (step > 0 && last == 0);
    if (over && sum > best->sum) {
        best->sum = sum;
        memcpy(best->ids, said, sizeof best->ids);
    }
    if (over)
        return;
    for (size_t i = 0; i < c->classes; i++) {
        said[step] = (int64_t)i;
        search(c, pair, step + 1,
               sum + log_softmax(chain_scores(c, pair, step, last), c->classes, i), said, best);
        memset(said + step, 0, (SMALL_LENGTH - step) * sizeof *said);
    }
}

/* A beam wide enough for all sentences finds the best of all; narrower ones find none better, and
 * one of width 1 what greedy finds. */
static void test_beam_finds_the_best(void **state)
{
    enum { ROW = SMALL_CLASSES, ALL = MOST_PAIRS * SMALL_LENGTH * ROW * ROW };
    static real scores[ALL];
    const struct chain c = { MOST_PAIRS, SMALL_LENGTH, SMALL_CLASSES, scores, NULL };
    const struct decoding_options all = beam_of(27), one = beam_of(1);
    int64_t found[MOST_PAIRS * SMALL_LENGTH], greedy[MOST_PAIRS * SMALL_LENGTH];
    fill_normal(scores, ALL, 8);
    chain_decode(&c, &all, SMALL_LENGTH, 0, MOST_PAIRS, found);
    for (size_t i = 0; i < MOST_PAIRS; i++) {
        int64_t said[SMALL_LENGTH] = { 0 };
        struct best_sentence best = { .sum = -INFINITY };
        search(&c, i, 0, 0, said, &best);
        assert_ids(found + i * SMALL_LENGTH, best.ids, SMALL_LENGTH);
    }
    chain_decode(&c, &one, SMALL_LENGTH, 0, MOST_PAIRS, found);
    chain_decode(&c, &GREEDY, SMALL_LENGTH, 0, MOST_PAIRS, greedy);
    assert_ids(found, greedy, MOST_PAIRS * SMALL_LENGTH);
}

/* ---- constraints ---- */

/* Begin -> 1; 1 -> end (.8), 2 (.15), 3 (.05); 2, 3 -> end. */
static void decode_pair(const char *const *words, struct decoding_options options, int64_t *ids)
{
    static const double p[4][4] = {
        { .02, .9, .05, .03 }, { .8, .01, .15, .04 }, { .9, .05, .02, .03 }, { .9, .05, .02, .03 }
    };
    real scores[16];
    const struct chain c = { 1, 1, 4, scores, words };
    log_of(scores, p[0], 16);
    chain_decode(&c, &options, 3, 0, 1, ids);
}

/* Every word of the list, and two that only look like one. */
static void test_no_end_behind_some_words(void **state)
{
    static const char *const bad[] = { "a",    "an",     "the",   "in",  "for",  "at",   "of",
                                       "with", "before", "after", "on",  "upon", "near", "to",
                                       "is",   "are",    "am",    "UNK", "has",  "and",  "more" };
    static const char *const good[] = { "red", "A", "and more", "", "unk" };
    struct decoding_options options[] = { { .mode = DECODE_GREEDY }, beam_of(1), beam_of(3) };
    int64_t ids[3];
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            const char *const words[] = { "", bad[i], "x", "y" };
            options[k].constrained = true;
            decode_pair(words, options[k], ids);
            ASSERT_IDS(ids, 1, 2, 0);
            options[k].constrained = false;
            decode_pair(words, options[k], ids);
            ASSERT_IDS(ids, 1, 0, 0);
        }
        for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
            const char *const words[] = { "", good[i], "x", "y" };
            options[k].constrained = true;
            decode_pair(words, options[k], ids);
            ASSERT_IDS(ids, 1, 0, 0);
        }
    }
}

/* UNK as the last word is lowered, elsewhere it is not. */
static void test_unknown_is_lowered(void **state)
{
    static const double p[3][3] = { { .05, .05, .9 }, { .9, .05, .05 }, { .9, .05, .05 } };
    static const char *const last[] = { "", "red", "UNK" }, *const first[] = { "", "UNK", "red" };
    struct decoding_options options[] = { { .mode = DECODE_GREEDY, .constrained = true },
                                          { .mode = DECODE_BEAM, .beam = 2, .constrained = true } };
    real scores[9];
    int64_t ids[2];
    struct chain c = { 1, 1, 3, scores, last };
    log_of(scores, p[0], 9);
    scores[1] += (real)1e-3;
    for (size_t k = 0; k < 2; k++) {
        c.words = last;
        options[k].constrained = true;
        chain_decode(&c, &options[k], 2, 0, 1, ids);
        ASSERT_IDS(ids, k == 0 ? 1 : 0, 0); /* .05 .9 against .05 */
        options[k].constrained = false;
        chain_decode(&c, &options[k], 2, 0, 1, ids);
        ASSERT_IDS(ids, 2, 0);
        c.words = first;
        options[k].constrained = true;
        chain_decode(&c, &options[k], 2, 0, 1, ids);
        ASSERT_IDS(ids, 2, 0);
    }
    scores[0] = scores[1] = -1100; /* lowered by 1000, not forbidden */
    c.words = last;
    options[0].constrained = true;
    chain_decode(&c, &options[0], 2, 0, 1, ids);
    ASSERT_IDS(ids, 2, 1); /* and no end behind it */
}

/* ---- options ---- */

static void refuse(struct decoding_options options, const char *message)
{
    assert_int_equal(decoding_options_check(&options), GMR_ERR_RANGE);
    assert_message(message);
}

static void test_options(void **state)
{
    const struct decoding_options fine[] = {
        { .mode = DECODE_GREEDY },
        { .mode = DECODE_BEAM, .beam = 1 },
        { .mode = DECODE_BEAM, .beam = 64 },
        { .mode = DECODE_SAMPLE, .temperature = 1e-300 },
        { .mode = DECODE_TOP_K, .temperature = 1, .top_k = 1 },
        { .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = 1 },
        { .mode = DECODE_GUMBEL, .temperature = 3 },
    };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        assert_int_equal(decoding_options_check(&fine[i]), GMR_OK);
    refuse((struct decoding_options){ .mode = (enum decoding_mode)6 }, "way of decoding 6");
    refuse((struct decoding_options){ .mode = DECODE_BEAM }, "beam is 0, must be 1 to 64");
    refuse((struct decoding_options){ .mode = DECODE_BEAM, .beam = 65 }, "beam is 65");
    refuse((struct decoding_options){ .mode = DECODE_SAMPLE }, "temperature is 0");
    refuse((struct decoding_options){ .mode = DECODE_GUMBEL, .temperature = -1 }, "is -1");
    refuse((struct decoding_options){ .mode = DECODE_SAMPLE, .temperature = INFINITY }, "is inf");
    refuse((struct decoding_options){ .mode = DECODE_SAMPLE, .temperature = NAN }, "nan");
    refuse((struct decoding_options){ .mode = DECODE_TOP_K, .temperature = 1 }, "likeliest");
    refuse((struct decoding_options){ .mode = DECODE_NUCLEUS, .temperature = 1 }, "nucleus is 0");
    refuse((struct decoding_options){ .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = 1.1 },
           "nucleus is 1.1");
    refuse((struct decoding_options){ .mode = DECODE_NUCLEUS, .temperature = 1, .top_p = NAN },
           "nucleus is");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_greedy_ties),
        cmocka_unit_test(test_pairs_leave),
        cmocka_unit_test(test_beam_beats_greedy),
        cmocka_unit_test(test_finished_beams_make_room),
        cmocka_unit_test(test_best_sum_wins),
        cmocka_unit_test(test_beam_ties),
        cmocka_unit_test(test_beams_stop_early),
        cmocka_unit_test(test_beam_finds_the_best),
        cmocka_unit_test(test_no_end_behind_some_words),
        cmocka_unit_test(test_unknown_is_lowered),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
