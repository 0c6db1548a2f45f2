/* Critiques to learn from: each a pure function of seed, epoch and number, of the attribute critic
 * or of people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "learning/captioner_batch.h"
#include "support/captioner_runs.h"
#include "support/message.h"
#include "support/scratch.h"

enum { MANY = 40, SEED = 7 };

static struct catalogue *shop;
static struct compute *compute;
static struct corpus corpus;
static struct regions *regions;
static struct attribute_critic *critic;
static struct critiques critiques;

/* `people`: nobody has said anything in a drawn catalogue. */
static enum gmr_status begin(bool people)
{
    const struct attribute_critic_options wanted = { SEED, GMR_PHRASING_TRAINING, true };
    captioning_setup();
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &shop), GMR_OK);
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    corpus_init(&corpus, NULL);
    assert_int_equal(corpus_add(&corpus, 0, shop, "train", NULL), GMR_OK);
    const struct regions_options features = { .weights = in_scratch("eyes.safetensors"),
                                              .threads = 1 };
    assert_int_equal(regions_open(compute, NULL, shop, &features, &regions), GMR_OK);
    assert_int_equal(attribute_critic_create(NULL, shop, &wanted, &critic), GMR_OK);
    return critiques_init(&critiques, NULL, &corpus, shop, regions, people ? NULL : critic, SEED);
}

static void end(void)
{
    critiques_release(&critiques);
    attribute_critic_destroy(critic);
    regions_close(regions);
    corpus_release(&corpus);
    compute_destroy(compute);
    catalogue_close(shop);
}

static void critiques_are_functions_of_their_number(void **state)
{
    (void)state;
    struct critic_pair all[MANY], one;
    char texts[MANY][CRITIC_TEXT], text[1][CRITIC_TEXT];
    assert_int_equal(begin(false), GMR_OK);
    assert_true(critiques_count(&critiques) == SIZE_MAX);
    assert_int_equal(critiques_draw(&critiques, 1, 0, MANY, all, texts), GMR_OK);
    for (size_t i = MANY; i-- > 0;) {
        assert_int_equal(critiques_draw(&critiques, 1, i, 1, &one, text), GMR_OK);
        assert_memory_equal(&one, &all[i], sizeof one);
        assert_string_equal(text[0], texts[i]);
    }
    end();
}

/* Other epochs speak of other pairs; all of items of the split, that are not the same, of which
 * there is something to say, and it is true. */
static void epochs_differ_and_all_is_true(void **state)
{
    (void)state;
    struct critic_pair first[MANY], second[MANY];
    char texts[MANY][CRITIC_TEXT];
    size_t same = 0;
    assert_int_equal(begin(false), GMR_OK);
    assert_int_equal(critiques_draw(&critiques, 2, 0, MANY, second, texts), GMR_OK);
    assert_int_equal(critiques_draw(&critiques, 1, 0, MANY, first, texts), GMR_OK);
    for (size_t i = 0; i < MANY; i++) {
        struct critique_verdict verdict;
        same += first[i].target == second[i].target && first[i].candidate == second[i].candidate;
        assert_int_not_equal(first[i].target, first[i].candidate);
        attribute_critic_judge(critic, texts[i], first[i], &verdict);
        assert_true(verdict.statements > 0);
        assert_int_equal(verdict.distinguishing, verdict.statements);
    }
    assert_true(same < MANY / 4);
    end();
}

/* References are of one pair, and worded in several ways. */
static void references_are_other_wordings(void **state)
{
    (void)state;
    enum { REFERENCES = 8 };
    struct critic_pair pair;
    char drawn[1][CRITIC_TEXT], texts[REFERENCES][CRITIC_TEXT];
    size_t count, different = 0;
    assert_int_equal(begin(false), GMR_OK);
    assert_int_equal(critiques_draw(&critiques, 0, 3, 1, &pair, drawn), GMR_OK);
    assert_int_equal(critiques_references(&critiques, pair, 3, REFERENCES, texts, &count), GMR_OK);
    assert_int_equal(count, REFERENCES);
    for (size_t i = 0; i < count; i++) {
        struct critique_verdict verdict;
        attribute_critic_judge(critic, texts[i], pair, &verdict);
        assert_true(verdict.distinguishing > 0 && verdict.distinguishing == verdict.statements);
        different += strcmp(texts[i], texts[0]) != 0;
    }
    assert_true(different > 0);
    end();
}

/* A batch has the features of its targets and of its candidates, and counts words and ends. */
static void batches_hold_what_pairs_show(void **state)
{
    (void)state;
    enum { PAIRS = 5, LENGTH = 3 };
    static const char *const known[] = { "", "UNK" };
    static const int64_t rank[1];
    const struct caption_vocabulary vocabulary = { (const char **)known, 1, rank };
    struct captioner_batch batch;
    struct captioner_pictures pictures;
    struct captioner_sentences sentences;
    size_t tokens = PAIRS;
    assert_int_equal(begin(false), GMR_OK);
    assert_int_equal(captioner_batch_init(&batch, NULL, regions, PAIRS, LENGTH), GMR_OK);
    assert_int_equal(
        captioner_batch_draw(&batch, &critiques, &vocabulary, 1, 4, PAIRS, &pictures, &sentences),
        GMR_OK);
    const size_t width = regions_channels(regions), grid = CAPTIONER_REGIONS * width;
    real *mean = test_malloc(2 * width * sizeof *mean), *map = test_malloc(2 * grid * sizeof *map);
    for (size_t i = 0; i < PAIRS; i++) {
        const size_t both[] = { batch.pairs[i].target, batch.pairs[i].candidate };
        regions_gather(regions, both, 2, mean, map);
        assert_memory_equal(pictures.target_mean + i * width, mean, width * sizeof *mean);
        assert_memory_equal(pictures.candidate_mean + i * width, mean + width,
                            width * sizeof *mean);
        assert_memory_equal(pictures.target_regions + i * grid, map, grid * sizeof *map);
        assert_memory_equal(pictures.candidate_regions + i * grid, map + grid, grid * sizeof *map);
        for (size_t k = 0; k < LENGTH; k++)
            tokens += sentences.ids[i * LENGTH + k] != 0;
    }
    assert_int_equal(batch.tokens, tokens);
    assert_true(tokens > 2 * PAIRS);
    test_free(map);
    test_free(mean);
    captioner_batch_release(&batch);
    end();
}

static void people_who_said_nothing_are_missed(void **state)
{
    (void)state;
    assert_int_equal(begin(true), GMR_ERR_NOT_FOUND);
    assert_message("has no captions of these items");
    critiques_release(&critiques); /* again */
    end();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(critiques_are_functions_of_their_number), TEST(epochs_differ_and_all_is_true),
        TEST(references_are_other_wordings),           TEST(batches_hold_what_pairs_show),
        TEST(people_who_said_nothing_are_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
