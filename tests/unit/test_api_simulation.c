/* gmr_simulator_*: what a program sees of simulated users, of both kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gommir/simulation.h>

#include "base/digest.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/seeing.h"
#include "support/support.h"

enum { ITEMS = 40, PAIRS = 300 };

static struct failing_allocator memory;
static struct gmr_context *context;
static struct gmr_catalogue *catalogue;
static struct gmr_simulator *simulator;
static struct gmr_simulator_options options;
static char encoder[PATH_MAX], captioner[PATH_MAX], digest[DIGEST_HEX];
static struct gmr_pair pairs[PAIRS], others[PAIRS];
static struct gmr_critique critiques[PAIRS], again[PAIRS];

/* ---- fixtures ---- */

/* The drawn catalogue, whose attributes are exact. */
static int setup(void **state)
{
    struct gmr_context_options context_options = gmr_context_options_default();
    struct gmr_generate_options generate = gmr_generate_options_default();
    struct gmr_import_report report;
    scratch_setup(state);
    failing_allocator_init(&memory, 0);
    context_options.allocator = memory.allocator;
    context_options.threads = 2;
    assert_int_equal(gmr_context_create(&context_options, &context), GMR_OK);
    generate.items = ITEMS;
    generate.catalogue = in_scratch("shop");
    assert_int_equal(gmr_catalogue_generate(context, &generate, &report), GMR_OK);
    assert_int_equal(gmr_catalogue_open(context, in_scratch("shop"), &catalogue), GMR_OK);
    seeing_put_encoder("encoder", digest);
    seeing_put_captioner("captioner", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, digest);
    snprintf(encoder, sizeof encoder, "%s", in_scratch("encoder"));
    snprintf(captioner, sizeof captioner, "%s", in_scratch("captioner"));
    options = gmr_simulator_options_default();
    options.encoder = encoder;
    simulator = NULL;
    return 0;
}

static int teardown(void **state)
{
    gmr_simulator_close(simulator);
    gmr_catalogue_close(catalogue);
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static void open_simulator(void)
{
    gmr_simulator_close(simulator);
    if (gmr_simulator_open(context, catalogue, &options, &simulator) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static void say(uint64_t first, size_t count, struct gmr_critique *to)
{
    gmr_simulator_draw(simulator, first, count, pairs);
    if (gmr_simulator_critiques(simulator, pairs, first, count, to) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

/* ---- critics ---- */

static void attributes_are_spoken_of_truly(void **state)
{
    (void)state;
    size_t silent = 0;
    open_simulator();
    assert_string_equal(gmr_simulator_critic(simulator), "attributes");
    say(0, PAIRS, critiques);
    for (size_t i = 0; i < PAIRS; i++) {
        const struct gmr_critique *c = &critiques[i];
        assert_true(pairs[i].target < ITEMS && pairs[i].candidate < ITEMS);
        assert_int_not_equal(pairs[i].target, pairs[i].candidate);
        assert_int_equal(c->known, c->statements);
        assert_int_equal(c->true_of_target, c->statements);
        assert_int_equal(c->known_of_both, c->statements);
        assert_int_equal(c->distinguishing, c->statements);
        assert_int_equal(c->statements == 0, c->text[0] == '\0');
        silent += c->statements == 0;
    }
    assert_true(silent < PAIRS / 10);
}

/* A pair is worded by its number, not by what it is asked with. */
static void any_part_says_the_same(void **state)
{
    (void)state;
    open_simulator();
    say(0, PAIRS, critiques);
    say(270, 30, again);
    assert_memory_equal(again, critiques + 270, 30 * sizeof *again);
    open_simulator();
    say(0, PAIRS, again);
    assert_memory_equal(again, critiques, sizeof again);
    options.phrasing = GMR_PHRASING_EVALUATION;
    open_simulator();
    gmr_simulator_draw(simulator, 0, PAIRS, others);
    assert_memory_equal(others, pairs, sizeof pairs);
    say(0, PAIRS, again);
    for (size_t i = 0; i < PAIRS; i++)
        assert_int_equal(again[i].distinguishing, again[i].statements);
    assert_memory_not_equal(again, critiques, sizeof again);
    options.seed = 7;
    open_simulator();
    gmr_simulator_draw(simulator, 0, PAIRS, others);
    assert_memory_not_equal(others, pairs, sizeof pairs);
}

static void captioners_speak_and_are_kept(void **state)
{
    (void)state;
    size_t spoken = 0;
    options.captioner = captioner;
    open_simulator();
    assert_string_equal(gmr_simulator_critic(simulator), "captioner");
    say(0, PAIRS, critiques);
    for (size_t i = 0; i < PAIRS; i++)
        spoken += critiques[i].text[0] != '\0';
    assert_true(spoken > PAIRS / 10);
    open_simulator();
    assert_int_equal(access(in_scratch("shop/critiques.db"), F_OK), 0);
    say(0, PAIRS, again);
    assert_memory_equal(again, critiques, sizeof again);
    options.decoding = GMR_DECODE_SAMPLE;
    options.temperature = 2;
    open_simulator();
    say(0, PAIRS, again);
    assert_memory_not_equal(again, critiques, sizeof again);
    say(100, 50, critiques);
    assert_memory_equal(critiques, again + 100, 50 * sizeof *again);
}

/* ---- where pairs come from ---- */

static void pairs_are_of_the_split(void **state)
{
    (void)state;
    size_t positions[ITEMS], count = 0;
    const struct gmr_split *splits;
    size_t split_count;
    bool of_split[ITEMS] = { false };
    assert_int_equal(gmr_catalogue_splits(catalogue, &splits, &split_count), GMR_OK);
    for (size_t i = 0; i < split_count; i++)
        if (strcmp(splits[i].name, "train") == 0)
            count = splits[i].items;
    assert_true(count > 2 && count < ITEMS);
    assert_int_equal(gmr_catalogue_split_items(catalogue, "train", positions, count), GMR_OK);
    for (size_t i = 0; i < count; i++)
        of_split[positions[i]] = true;
    options.split = "train";
    open_simulator();
    gmr_simulator_draw(simulator, 0, PAIRS, pairs);
    for (size_t i = 0; i < PAIRS; i++)
        assert_true(of_split[pairs[i].target] && of_split[pairs[i].candidate]);
}

/* Vectors on a line, in the order of positions: with many others, candidates are neighbours. An
 * embedding of another encoder, even of more items, has no say. */
static void an_embedding_says_what_is_near(void **state)
{
    (void)state;
    float line[ITEMS], other[ITEMS];
    size_t positions[ITEMS], near = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        line[i] = (float)i;
        other[i] = (float)(i * 17 % ITEMS);
        positions[i] = i;
    }
    assert_int_equal(
        gmr_embedding_write(catalogue, "other", "another encoder", other, 1, positions, ITEMS),
        GMR_OK);
    assert_int_equal(gmr_embedding_write(catalogue, "line", digest, line, 1, positions, ITEMS - 1),
                     GMR_OK);
    open_simulator();
    assert_int_not_equal(access(in_scratch("shop/regions"), F_OK), 0); /* nothing was to be seen */
    gmr_simulator_draw(simulator, 0, PAIRS, pairs);
    for (size_t i = 0; i < PAIRS; i++) {
        near +=
            pairs[i].target + 1 == pairs[i].candidate || pairs[i].candidate + 1 == pairs[i].target;
        assert_true(pairs[i].target < ITEMS - 1 && pairs[i].candidate < ITEMS - 1);
    }
    assert_true(near > PAIRS / 3); /* all of lists of 30 or 100, which are two fifths */
}

/* ---- what is refused ---- */

static void refuse(enum gmr_status expected, const char *message)
{
    struct gmr_simulator *none = (struct gmr_simulator *)&options;
    assert_int_equal(gmr_simulator_open(context, catalogue, &options, &none), expected);
    assert_null(none);
    assert_message(message);
    options = gmr_simulator_options_default();
    options.encoder = encoder;
}

static bool is_enough(void *user)
{
    (void)user;
    return true;
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    options.encoder = NULL;
    refuse(GMR_ERR_RANGE, "needs an encoder");
    options.encoder = "none";
    refuse(GMR_ERR_NOT_FOUND, "none");
    options.split = "nowhere";
    refuse(GMR_ERR_NOT_FOUND, "no split 'nowhere'");
    options.captioner = encoder;
    refuse(GMR_ERR_FORMAT, "encoder");
    options.captioner = "none";
    refuse(GMR_ERR_NOT_FOUND, "none");
    options.captioner = captioner;
    options.decoding = GMR_DECODE_BEAM;
    options.beam = 0;
    refuse(GMR_ERR_RANGE, "beam");
    options.decoding = GMR_DECODINGS;
    refuse(GMR_ERR_RANGE, "decoding");
    options.encoder = captioner;
    refuse(GMR_ERR_FORMAT, "captioner");
}

/* Features are made after all that may be wrong, and can be stopped. */
static void making_features_can_be_stopped(void **state)
{
    (void)state;
    seeing_put_captioner("captioner", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, "another");
    options.captioner = captioner;
    options.progress.cancelled = is_enough;
    refuse(GMR_ERR_STATE, "captioner");
    seeing_put_captioner("captioner", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, digest);
    options.captioner = captioner;
    options.progress.cancelled = is_enough;
    refuse(GMR_ERR_CANCELLED, "cancelled");
}

static void items_that_are_not_there_are_refused(void **state)
{
    (void)state;
    const struct gmr_pair wrong[] = { { 0, 1 }, { 0, ITEMS } };
    open_simulator();
    assert_int_equal(gmr_simulator_critiques(simulator, wrong, 0, 2, critiques), GMR_ERR_RANGE);
    assert_message("pair 1");
    assert_int_equal(gmr_simulator_critiques(simulator, wrong, 0, 1, critiques), GMR_OK);
    assert_int_equal(gmr_simulator_critiques(simulator, wrong, 0, 0, critiques), GMR_OK);
}

static void ways_of_decoding_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < GMR_DECODINGS; i++)
        assert_int_equal(gmr_decoding_find(gmr_decoding_name((enum gmr_decoding)i)), i);
    assert_string_equal(gmr_decoding_name(GMR_DECODE_TOP_K), "top-k");
    assert_string_equal(gmr_decoding_name(GMR_DECODINGS), "");
    assert_int_equal(gmr_decoding_find(""), GMR_DECODINGS);
}

static void phrasings_have_names(void **state)
{
    (void)state;
    assert_string_equal(gmr_phrasing_name(GMR_PHRASING_TRAINING), "training");
    assert_string_equal(gmr_phrasing_name(GMR_PHRASING_EVALUATION), "evaluation");
    assert_string_equal(gmr_phrasing_name(GMR_PHRASINGS), "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(attributes_are_spoken_of_truly),          TEST(any_part_says_the_same),
        TEST(captioners_speak_and_are_kept),           TEST(pairs_are_of_the_split),
        TEST(an_embedding_says_what_is_near),          TEST(what_cannot_be_is_refused),
        TEST(making_features_can_be_stopped),          TEST(items_that_are_not_there_are_refused),
        cmocka_unit_test(ways_of_decoding_have_names), cmocka_unit_test(phrasings_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
