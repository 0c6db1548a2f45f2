/* gmr_dialogue_evaluate: what a program learns of policies on a catalogue. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <gommir/evaluation.h>

#include "base/digest.h"
#include "catalogue/catalogue.h"
#include "model/recommender_file.h"
#include "support/encoded.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { TURNS = 4, SHOWN = 2 };

static struct failing_allocator memory;
static struct gmr_context *context;
static struct gmr_dialogue_evaluation_options options;
static struct gmr_dialogue_evaluation result, again;
static char shop[PATH_MAX], encoder[PATH_MAX], digest[DIGEST_HEX];

/* ---- fixtures ---- */

static void open_context(unsigned threads)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    gmr_context_destroy(context);
    wanted.allocator = memory.allocator;
    wanted.threads = threads;
    assert_int_equal(gmr_context_create(&wanted, &context), GMR_OK);
}

static void reset_options(void)
{
    options = gmr_dialogue_evaluation_options_default();
    options.policy = "sum";
    options.catalogue = shop;
    options.split = "train";
    options.encoder = encoder;
    options.turns = TURNS;
    options.k = SHOWN;
}

/* The catalogue is drawn once; each test encodes it anew. */
static int setup_all(void **state)
{
    scratch_setup(state);
    encoded_prepare(digest);
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    return 0;
}

static int setup(void **state)
{
    (void)state;
    failing_allocator_init(&memory, 0);
    context = NULL;
    open_context(2);
    encoded_embed(digest, 0);
    reset_options();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    return 0;
}

static void evaluate(struct gmr_dialogue_evaluation *to)
{
    if (gmr_dialogue_evaluate(context, &options, to) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    to->seconds = 0;
}

/* Positions of the items of a split. */
static size_t find_split(const char *name, size_t positions[TRAINING_ITEMS])
{
    struct catalogue *catalogue;
    const struct gmr_split *splits;
    size_t count, items = 0;
    assert_int_equal(catalogue_open(NULL, shop, &catalogue), GMR_OK);
    assert_int_equal(catalogue_splits(catalogue, &splits, &count), GMR_OK);
    for (size_t i = 0; i < count; i++)
        if (strcmp(splits[i].name, name) == 0)
            items = splits[i].items;
    assert_int_equal(catalogue_split_items(catalogue, name, positions, items), GMR_OK);
    catalogue_close(catalogue);
    return items;
}

/* ---- results ---- */

/* What a watcher sees. */
struct seen {
    size_t positions[TRAINING_ITEMS], items, users, found[TURNS], said, in_first;
    bool of_split[TRAINING_ITEMS];
};

static bool has_target(const struct gmr_dialogue *d, size_t list)
{
    for (size_t k = 0; k < SHOWN; k++)
        if (d->shown[list * SHOWN + k] == d->target)
            return true;
    return false;
}

static void look(void *user, const struct gmr_dialogue *d)
{
    struct seen *seen = user;
    bool found = false;
    assert_int_equal(d->user, seen->users);
    assert_int_equal(d->users, seen->items);
    assert_int_equal(d->target, seen->positions[d->user]);
    assert_int_equal(d->turns, TURNS);
    assert_int_equal(d->k, SHOWN);
    for (size_t i = 0; i < (TURNS + 1) * SHOWN; i++)
        assert_true(d->shown[i] < TRAINING_ITEMS && seen->of_split[d->shown[i]]);
    for (size_t turn = 0; turn < TURNS; turn++) {
        const size_t *list = d->shown + turn * SHOWN;
        assert_true(d->liked[turn] == list[0] || d->liked[turn] == list[1]);
        assert_true(d->rank[turn] < seen->items);
        found = found || d->rank[turn] < SHOWN;
        seen->found[turn] += found;
        seen->said += d->critique[turn][0] != '\0';
        if (!has_target(d, 0) && d->rank[turn] < SHOWN && (turn == 0 || !found))
            assert_true(has_target(d, turn + 1));
    }
    seen->in_first += has_target(d, 0);
    seen->users++;
}

static void results_are_those_of_the_dialogues(void **state)
{
    (void)state;
    for (size_t i = 0; gmr_policies()[i]; i++) {
        struct seen seen = { .users = 0 };
        seen.items = find_split("train", seen.positions);
        for (size_t k = 0; k < seen.items; k++)
            seen.of_split[seen.positions[k]] = true;
        options.policy = gmr_policies()[i];
        options.watch = look;
        options.watch_user = &seen;
        evaluate(&result);
        assert_int_equal(result.users, seen.items);
        assert_int_equal(seen.users, seen.items);
        assert_int_equal(result.left_out, 0);
        assert_int_equal(result.in_first_list, seen.in_first);
        assert_int_equal(result.turns, TURNS);
        assert_string_equal(result.critic, "attributes");
        assert_true(seen.said > seen.items * TURNS / 2);
        for (size_t turn = 0; turn < TURNS; turn++) {
            const struct gmr_estimate sr = result.turn[turn].sr;
            assert_true(fabs(sr.value - (double)seen.found[turn] / (double)seen.items) < 1e-12);
            assert_true(sr.low <= sr.value && sr.value <= sr.high);
            assert_true(result.turn[turn].ndcg3.value <= result.turn[turn].ndcg10.value);
        }
    }
}

static void items_without_vector_do_not_play(void **state)
{
    (void)state;
    enum { LEFT_OUT = 20 };
    size_t positions[TRAINING_ITEMS], left = 0;
    const size_t items = find_split("train", positions);
    for (size_t i = 0; i < items; i++)
        left += positions[i] < LEFT_OUT;
    encoded_embed(digest, LEFT_OUT);
    evaluate(&result);
    assert_true(left > 0);
    assert_int_equal(result.left_out, left);
    assert_int_equal(result.users, items - left);
}

static void options_make_a_difference(void **state)
{
    (void)state;
    evaluate(&result);
    evaluate(&again);
    assert_memory_equal(&again, &result, sizeof result);
    open_context(1);
    evaluate(&again);
    assert_memory_equal(&again, &result, sizeof result);
    options.seed = 43;
    evaluate(&again);
    assert_memory_not_equal(&again, &result, sizeof result);
    options.seed = 42;
    options.like_by_encoder = true;
    evaluate(&again);
    assert_memory_not_equal(&again, &result, sizeof result);
    options.like_by_encoder = false;
    options.phrasing = GMR_PHRASING_TRAINING;
    evaluate(&again);
    assert_memory_not_equal(&again, &result, sizeof result);
}

struct last {
    size_t position, lists;
};

static void count_last(void *user, const struct gmr_dialogue *d)
{
    struct last *last = user;
    for (size_t k = 0; k < SHOWN; k++)
        last->lists += d->shown[k] == last->position;
}

static void published_lists_omit_the_last_item(void **state)
{
    (void)state;
    size_t positions[TRAINING_ITEMS];
    const size_t items = find_split("train", positions);
    struct last clean = { .position = positions[items - 1] }, paper = clean;
    options.watch = count_last;
    options.watch_user = &clean;
    evaluate(&result);
    options.protocol = GMR_PROTOCOL_PAPER;
    options.watch_user = &paper;
    evaluate(&result);
    assert_true(clean.lists > 0);
    assert_int_equal(paper.lists, 0);
}

/* ---- what is refused ---- */

static bool is_enough(void *user)
{
    (void)user;
    return true;
}

static void refuse(enum gmr_status expected, const char *message)
{
    assert_int_equal(gmr_dialogue_evaluate(context, &options, &result), expected);
    assert_message(message);
    reset_options();
}

/* ---- recommenders ---- */

static char model[PATH_MAX];

/* Writes one with random weights, of lists of `shown` by an encoder. */
static void put_model(const char *name, size_t features, const char *by)
{
    struct recommender_facts facts = { .shown = SHOWN };
    struct recommender_settings settings = {
        .features = features, .width = 8, .layers = 1, .heads = 1, .hidden = 6
    };
    struct recommender m;
    struct compute *compute;
    snprintf(facts.encoder, sizeof facts.encoder, "%s", by);
    snprintf(model, sizeof model, "%s", in_scratch("model.safetensors"));
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find(name), settings, 1),
                     GMR_OK);
    assert_int_equal(recommender_save(&m, model, &facts, NULL, 0), GMR_OK);
    recommender_release(&m);
    compute_destroy(compute);
    options.policy = NULL;
    options.model = model;
}

static void recommenders_are_measured(void **state)
{
    (void)state;
    struct seen seen = { .users = 0 };
    seen.items = find_split("train", seen.positions);
    for (size_t k = 0; k < seen.items; k++)
        seen.of_split[seen.positions[k]] = true;
    put_model("gommir", ENCODED_WIDTH, digest);
    options.watch = look;
    options.watch_user = &seen;
    evaluate(&result);
    assert_string_equal(result.name, "gommir");
    assert_int_equal(seen.users, seen.items);
    options.watch = NULL;
    evaluate(&again);
    assert_memory_equal(&again, &result, sizeof result);
    put_model("gommir", ENCODED_WIDTH, ""); /* it does not tell */
    evaluate(&again);
    assert_memory_equal(&again, &result, sizeof result);
}

static void recommenders_for_others_are_refused(void **state)
{
    (void)state;
    char other[DIGEST_HEX];
    snprintf(other, sizeof other, "%s", digest);
    other[0] = other[0] == '0' ? '1' : '0';
    put_model("gommir", ENCODED_WIDTH, other);
    refuse(GMR_ERR_STATE, "learned from another encoder");
    put_model("gommir", ENCODED_WIDTH + 1, "");
    refuse(GMR_ERR_SHAPE, "takes vectors of 7 numbers");
    put_model("gommir", ENCODED_WIDTH, digest);
    options.model_name = "nobody";
    refuse(GMR_ERR_NOT_FOUND, "nobody");
    options.policy = NULL;
    options.model = encoder;
    refuse(GMR_ERR_FORMAT, "clip.safetensors");
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    options.policy = NULL;
    refuse(GMR_ERR_RANGE, "either a model or a policy");
    options.model = "model";
    refuse(GMR_ERR_RANGE, "either a model or a policy");
    options.catalogue = NULL;
    refuse(GMR_ERR_RANGE, "a catalogue");
    options.split = NULL;
    refuse(GMR_ERR_RANGE, "a split");
    options.encoder = NULL;
    refuse(GMR_ERR_RANGE, "an encoder");
    options.policy = "psychic";
    refuse(GMR_ERR_NOT_FOUND, "no policy 'psychic'");
    options.turns = GMR_MAX_TURNS + 1;
    refuse(GMR_ERR_RANGE, "22 turns");
    options.turns = 0;
    refuse(GMR_ERR_RANGE, "0 turns");
    options.k = 0;
    refuse(GMR_ERR_RANGE, "lists of 0");
    options.k = 20;
    refuse(GMR_ERR_RANGE, "too few");
    options.split = "nowhere";
    refuse(GMR_ERR_NOT_FOUND, "nowhere");
    options.catalogue = "nothing";
    refuse(GMR_ERR_NOT_FOUND, "nothing");
    options.progress.cancelled = is_enough;
    refuse(GMR_ERR_CANCELLED, "cancelled");
    encoded_embed("another", 0);
    refuse(GMR_ERR_NOT_FOUND, "gommir encode");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(results_are_those_of_the_dialogues), TEST(items_without_vector_do_not_play),
        TEST(options_make_a_difference),          TEST(published_lists_omit_the_last_item),
        TEST(recommenders_are_measured),          TEST(recommenders_for_others_are_refused),
        TEST(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, setup_all, scratch_teardown);
}
