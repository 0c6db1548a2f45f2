/* Captioners as critics: the words of the model on a tape for the regions of both pictures, in any
 * order and number; nothing where there is no picture; what decides the digest; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/captioner/checkpoint.h"
#include "simulator/captioner/inference.h"
#include "simulator/captioner_critic.h"
#include "simulator/critique_cache.h"
#include "support/captioning.h"
#include "support/message.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/seeing.h"
#include "support/support.h"

enum { ITEMS = 12, PAIRS = ITEMS * ITEMS, KINDS = 2 };

static const enum captioner_kind kinds[KINDS] = { CAPTIONER_SHOW_ATTEND_TELL,
                                                  CAPTIONER_TRANSFORMER };

static struct failing_allocator memory;
static struct compute *compute;
static struct catalogue *catalogue;
static struct regions *regions;
static struct critic_pair pairs[PAIRS];
static char texts[PAIRS][CRITIC_TEXT], others[PAIRS][CRITIC_TEXT];

static int setup(void **state)
{
    char digest[DIGEST_HEX], path[PATH_MAX];
    scratch_setup(state);
    failing_allocator_init(&memory, 0);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    seeing_put_encoder("encoder", digest);
    seeing_put_captioner("attend", CAPTIONER_SHOW_ATTEND_TELL, SEEING_CHANNELS, digest);
    seeing_put_captioner("transformer", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, digest);
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &compute), GMR_OK);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
    snprintf(path, sizeof path, "%s", in_scratch("encoder"));
    const struct regions_options options = { .weights = path, .threads = 1 };
    assert_int_equal(regions_open(compute, &memory.allocator, catalogue, &options, &regions),
                     GMR_OK);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct critic_pair){ i / ITEMS, i % ITEMS };
    return 0;
}

static int teardown(void **state)
{
    regions_close(regions);
    catalogue_close(catalogue);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static const char *file_of(enum captioner_kind kind)
{
    return kind == CAPTIONER_TRANSFORMER ? "transformer" : "attend";
}

static enum gmr_status try_create(const char *name, const struct decoding_options *decoding,
                                  struct critic **critic)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch(name));
    const struct captioner_critic_options options = { .weights = path, .decoding = decoding };
    return captioner_critic_create(compute, &memory.allocator, regions, &options, critic);
}

static struct critic *create(const char *name, const struct decoding_options *decoding)
{
    struct critic *critic;
    if (try_create(name, decoding, &critic) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return critic;
}

static void ask(struct critic *critic, struct critic_memory *said, char (*to)[CRITIC_TEXT])
{
    memset(to, '?', PAIRS * sizeof *to);
    if (critic->critiques(critic, pairs, said, PAIRS, to) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

/* ---- words ---- */

/* One pair, by the model's own decoder. */
static void expected_text(const char *name, struct critic_pair pair, char text[CRITIC_TEXT])
{
    const struct decoding_options greedy = { .mode = DECODE_GREEDY, .constrained = true };
    const size_t grid = CAPTIONER_REGIONS * SEEING_CHANNELS;
    struct captioner_inference *inference;
    struct captioner model;
    char features[DIGEST_HEX];
    int64_t ids[16];
    real *x = malloc(2 * (SEEING_CHANNELS + grid) * sizeof *x);
    const struct captioner_pictures pictures = { 1, x, x + SEEING_CHANNELS, x + 2 * SEEING_CHANNELS,
                                                 x + 2 * SEEING_CHANNELS + grid };
    regions_gather(regions, &pair.target, 1, x, x + 2 * SEEING_CHANNELS);
    regions_gather(regions, &pair.candidate, 1, x + SEEING_CHANNELS,
                   x + 2 * SEEING_CHANNELS + grid);
    assert_int_equal(captioner_open(&model, compute, NULL, in_scratch(name), NULL, features),
                     GMR_OK);
    assert_int_equal(captioner_inference_create(&model, 1, 1, &inference), GMR_OK);
    assert_int_equal(captioner_decode(inference, &pictures, &greedy, ids), GMR_OK);
    captioner_sentence(&model, ids, model.settings.length, text, CRITIC_TEXT);
    captioner_inference_destroy(inference);
    captioner_release(&model);
    free(x);
}

/* How many different texts there are; those of pairs without picture are empty. */
static size_t check_texts(const char *name)
{
    size_t different = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        char text[CRITIC_TEXT] = "";
        bool seen = false;
        if (pictured_is_sound(pairs[i].target) && pictured_is_sound(pairs[i].candidate))
            expected_text(name, pairs[i], text);
        assert_string_equal(texts[i], text);
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(texts[k], texts[i]) == 0;
        different += !seen;
    }
    return different;
}

static void words_are_those_of_the_model(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct critic *critic = create(file_of(kinds[k]), NULL);
        struct critic_memory said[PAIRS] = { { .turn = 3 } };
        assert_true(critic->pure);
        assert_string_equal(critic->name, "captioner");
        ask(critic, said, texts);
        assert_true(check_texts(file_of(kinds[k])) > 2);
        assert_int_equal(said[0].turn, 4);
        assert_int_equal(said[PAIRS - 1].turn, 1);
        for (size_t i = 0; i < PAIRS; i += 5) {
            char text[1][CRITIC_TEXT];
            assert_int_equal(critic->critiques(critic, pairs + i, NULL, 1, text), GMR_OK);
            assert_string_equal(text[0], texts[i]);
        }
        critic->destroy(critic);
    }
}

static size_t differing(void)
{
    size_t count = 0;
    for (size_t i = 0; i < PAIRS; i++)
        count += strcmp(texts[i], others[i]) != 0;
    return count;
}

/* By dialogue and turn, not by place or by what was asked before. */
static void sampling_draws_for_each_turn(void **state)
{
    (void)state;
    const struct decoding_options sample = { .mode = DECODE_SAMPLE, .temperature = 1.5, .seed = 7 };
    const struct decoding_options other = { .mode = DECODE_SAMPLE, .temperature = 1.5, .seed = 8 };
    struct critic *critic = create("attend", &sample), *another = create("attend", &other);
    struct critic_memory said[PAIRS];
    for (size_t i = 0; i < PAIRS; i++)
        said[i] = (struct critic_memory){ .dialogue = i };
    assert_false(critic->pure);
    ask(critic, NULL, texts);
    ask(critic, said, others);
    assert_int_equal(differing(), 0);
    ask(critic, said, others); /* the second turn */
    assert_true(differing() > PAIRS / 10);
    ask(another, NULL, others);
    assert_true(differing() > PAIRS / 10);
    for (size_t i = 0; i < PAIRS; i += 11) {
        struct critic_memory one = { .dialogue = i };
        char text[1][CRITIC_TEXT];
        assert_int_equal(critic->critiques(critic, pairs + i, &one, 1, text), GMR_OK);
        assert_string_equal(text[0], texts[i]);
    }
    critic->destroy(critic);
    another->destroy(another);
}

static void beams_are_pure(void **state)
{
    (void)state;
    const struct decoding_options beam = { .mode = DECODE_BEAM, .beam = 4, .constrained = true };
    struct critic *critic = create("transformer", &beam);
    assert_true(critic->pure);
    ask(critic, NULL, texts);
    ask(critic, NULL, others);
    assert_int_equal(differing(), 0);
    critic->destroy(critic);
}

static void a_cache_says_the_same(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct critic *critic = create("transformer", NULL);
        struct critique_cache *cache;
        ask(critic, NULL, texts);
        assert_int_equal(critique_cache_open(&memory.allocator, catalogue, NULL, &cache), GMR_OK);
        assert_int_equal(critique_cache_texts(cache, critic, pairs, NULL, PAIRS, others), GMR_OK);
        assert_int_equal(differing(), 0);
        critique_cache_close(cache);
        critic->destroy(critic);
    }
}

/* ---- digests ---- */

static void all_that_words_depend_on_is_in_the_digest(void **state)
{
    (void)state;
    const struct decoding_options ways[] = {
        { .mode = DECODE_GREEDY, .constrained = true },
        { .mode = DECODE_GREEDY },
        { .mode = DECODE_BEAM, .beam = 2 },
        { .mode = DECODE_BEAM, .beam = 3 },
        { .mode = DECODE_SAMPLE, .temperature = 1 },
        { .mode = DECODE_SAMPLE, .temperature = 1, .seed = 1 },
        { .mode = DECODE_SAMPLE, .temperature = 2 },
    };
    enum { WAYS = sizeof ways / sizeof *ways };
    struct critic *critic[WAYS + 1];
    for (size_t i = 0; i < WAYS; i++)
        critic[i] = create("attend", &ways[i]);
    critic[WAYS] = create("transformer", &ways[0]);
    for (size_t i = 0; i <= WAYS; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(critic[i]->digest, critic[k]->digest);
    struct critic *again = create("attend", NULL);
    assert_string_equal(again->digest, critic[0]->digest);
    again->destroy(again);
    for (size_t i = 0; i <= WAYS; i++)
        critic[i]->destroy(critic[i]);
}

/* ---- what is refused ---- */

static void refuse(const char *name, const struct decoding_options *decoding,
                   enum gmr_status expected, const char *message)
{
    struct critic *critic = (struct critic *)&expected;
    assert_int_equal(try_create(name, decoding, &critic), expected);
    assert_null(critic);
    assert_message(message);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    const struct decoding_options wide = { .mode = DECODE_BEAM, .beam = 65 };
    seeing_put_captioner("foreign", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, "0123456789abcdef01");
    seeing_put_captioner("narrow", CAPTIONER_TRANSFORMER, SEEING_CHANNELS - 1, "");
    seeing_put_captioner("untold", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, "");
    refuse("missing", NULL, GMR_ERR_NOT_FOUND, "missing");
    refuse("encoder", NULL, GMR_ERR_FORMAT, "encoder");
    refuse("foreign", NULL, GMR_ERR_STATE, "trained on features of the network 0123456789abcdef,");
    refuse("narrow", NULL, GMR_ERR_SHAPE, "it reads 7 channels, not 8");
    refuse("attend", &wide, GMR_ERR_RANGE, "65");
    struct critic *critic = create("untold", NULL);
    critic->destroy(critic);
}

static void checking_says_the_same_before(void **state)
{
    (void)state;
    const struct decoding_options wide = { .mode = DECODE_BEAM, .beam = 65 };
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch("attend"));
    struct captioner_critic_options options = { .weights = path };
    const char *network = regions_digest(regions);
    assert_int_equal(captioner_critic_check(compute, NULL, &options, network), GMR_OK);
    assert_int_equal(captioner_critic_check(compute, NULL, &options, "another"), GMR_ERR_STATE);
    options.decoding = &wide;
    assert_int_equal(captioner_critic_check(compute, NULL, &options, network), GMR_ERR_RANGE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_are_those_of_the_model),
        TEST(sampling_draws_for_each_turn),
        TEST(beams_are_pure),
        TEST(a_cache_says_the_same),
        TEST(all_that_words_depend_on_is_in_the_digest),
        TEST(what_does_not_fit_is_refused),
        TEST(checking_says_the_same_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
