/* BLEU, ROUGE-L and CIDEr-D against results worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "learning/caption_measures.h"
#include "support/support.h"

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-8))
        fail_msg("%.12g is not %.12g", found, expected);
}

#define REFERENCES(...)                   \
    (const char *const[]){ __VA_ARGS__ }, \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

static void bleu_of(const struct caption_case *cases, size_t count, double bleu[CAPTION_NGRAM])
{
    struct caption_score score[4];
    assert_true(count <= 4);
    assert_int_equal(caption_measure(NULL, cases, count, score), GMR_OK);
    caption_bleu(score, NULL, count, bleu);
}

/* Papineni's example: "the" is in no reference more than twice. */
static void bleu_clips_repeated_words(void **state)
{
    (void)state;
    double bleu[CAPTION_NGRAM];
    const struct caption_case one = { "the the the the the the the",
                                      REFERENCES("The cat is on the mat.",
                                                 "There is a cat on the mat") };
    bleu_of(&one, 1, bleu);
    assert_near(bleu[0], 2.0 / 7);
    assert_true(bleu[1] < 1e-6);
}

/* 3 of 4 words, 1 of 3 bigrams (red heels), no more; 4 words against 5. */
static void bleu_is_short_of_brief_candidates(void **state)
{
    (void)state;
    double bleu[CAPTION_NGRAM];
    const struct caption_case one = { "red heels are shiny",
                                      REFERENCES("are more like red heels") };
    const double brevity = exp(1 - 5.0 / 4);
    bleu_of(&one, 1, bleu);
    assert_near(bleu[0], brevity * 3 / 4);
    assert_near(bleu[1], brevity * sqrt(3.0 / 4 * 1 / 3));
}

/* Counts of all pairs are added before they are divided: 1 of 1 and 1 of 3 are 2 of 4. */
static void bleu_is_of_the_corpus(void **state)
{
    (void)state;
    struct caption_score score[2];
    double bleu[CAPTION_NGRAM];
    const struct caption_case two[] = { { "red", REFERENCES("red") },
                                        { "is not blue", REFERENCES("are dark blue") } };
    assert_int_equal(caption_measure(NULL, two, 2, score), GMR_OK);
    caption_bleu(score, NULL, 2, bleu);
    assert_near(bleu[0], 2.0 / 4);
    caption_bleu(score, (const uint32_t[]){ 0, 2 }, 2, bleu);
    assert_near(bleu[0], 1.0 / 3);
}

/* Of two references that are equally far, the shorter. */
static void bleu_takes_the_closest_length(void **state)
{
    (void)state;
    struct caption_score score;
    const struct caption_case one = { "a b c", REFERENCES("a b c d", "a b", "a b c d e") };
    assert_int_equal(caption_measure(NULL, &one, 1, &score), GMR_OK);
    assert_int_equal(score.length, 3);
    assert_int_equal(score.closest, 2);
}

/* Common: "police the gunman" of 4 and 4 words; and best precision and recall may be of different
 * references. */
static void rouge_by_hand(void **state)
{
    (void)state;
    struct caption_score score[2];
    const struct caption_case two[] = {
        { "police kill the gunman", REFERENCES("police killed the gunman") },
        { "a b", REFERENCES("a b c d", "a") },
    };
    assert_int_equal(caption_measure(NULL, two, 2, score), GMR_OK);
    assert_near(score[0].rouge, 0.75);
    assert_near(score[1].rouge, 1); /* P 1 by the first, R 1 by the second */
}

/* Two pairs without a word in common: every n-gram is in one pair of two, weight log 2. The
 * candidate "a b c" against "a b d": unigrams 2 of 3, bigrams 1 of 2, no trigrams, so 10 / 4 (2/3 +
 * 1/2). */
static void cider_by_hand(void **state)
{
    (void)state;
    struct caption_score score[2];
    const struct caption_case two[] = { { "a b c", REFERENCES("a b d") },
                                        { "x y z w", REFERENCES("x y z w v") } };
    assert_int_equal(caption_measure(NULL, two, 2, score), GMR_OK);
    assert_near(score[0].cider, 10.0 / 4 * (2.0 / 3 + 1.0 / 2));
    const double cosines = 4 / sqrt(20) + 3 / sqrt(12) + 2 / sqrt(6) + 1 / sqrt(2);
    assert_near(score[1].cider, 10.0 / 4 * cosines * exp(-1.0 / 72));
}

/* What all pairs say tells nothing: idf 0. */
static void cider_ignores_what_all_say(void **state)
{
    (void)state;
    struct caption_score score[2];
    const struct caption_case two[] = { { "is", REFERENCES("is red") },
                                        { "is", REFERENCES("is blue") } };
    assert_int_equal(caption_measure(NULL, two, 2, score), GMR_OK);
    assert_near(score[0].cider, 0);
}

static void case_and_punctuation_do_not_count(void **state)
{
    (void)state;
    double bleu[CAPTION_NGRAM];
    const struct caption_case one = { "A \"Zip\", (and) BOWS!",
                                      REFERENCES("a zip and bows", "is not") };
    bleu_of(&one, 1, bleu);
    assert_near(bleu[3], 1);
}

static void takes_empty_sentences(void **state)
{
    (void)state;
    struct caption_score score;
    double bleu[CAPTION_NGRAM];
    const struct caption_case one = { " ,. ", REFERENCES("", "red") };
    assert_int_equal(caption_measure(NULL, &one, 1, &score), GMR_OK);
    assert_int_equal(score.length, 0);
    assert_near(score.rouge, 0);
    assert_near(score.cider, 0);
    caption_bleu(&score, NULL, 1, bleu);
    assert_true(isfinite(bleu[3]) && bleu[3] < 1e-3);
    assert_int_equal(caption_measure(NULL, NULL, 0, NULL), GMR_OK);
}

/* Words beyond the limit do not count. */
static void takes_endless_sentences(void **state)
{
    (void)state;
    static char text[4 * CAPTION_MAX_WORDS + 8];
    struct caption_score score;
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "a ", 2);
    const struct caption_case one = { text, (const char *const[]){ text }, 1 };
    assert_int_equal(caption_measure(NULL, &one, 1, &score), GMR_OK);
    assert_int_equal(score.length, CAPTION_MAX_WORDS);
    assert_near(score.rouge, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bleu_clips_repeated_words),
        cmocka_unit_test(bleu_is_short_of_brief_candidates),
        cmocka_unit_test(bleu_is_of_the_corpus),
        cmocka_unit_test(bleu_takes_the_closest_length),
        cmocka_unit_test(rouge_by_hand),
        cmocka_unit_test(cider_by_hand),
        cmocka_unit_test(cider_ignores_what_all_say),
        cmocka_unit_test(case_and_punctuation_do_not_count),
        cmocka_unit_test(takes_empty_sentences),
        cmocka_unit_test(takes_endless_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
