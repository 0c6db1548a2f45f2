/* Dialogues with policies against what brute force says of each: first lists by a second drawing,
 * and then, turn by turn, what is liked, what is near, and at which place the target is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "learning/policy_evaluation.h"
#include "support/message.h"
#include "support/support.h"

enum { ITEMS = 170, WIDTH = 5, TURNS = 4, SHOWN = 3, BATCH = 64, SEED = 42 };

static struct compute *compute;

/* ---- who is asked ---- */

static real pictures[ITEMS * WIDTH];

static size_t batches_known; /* their users are not asked */

/* A pure function of the pair. */
static void say_of(size_t target, size_t liked, real text[WIDTH])
{
    for (size_t i = 0; i < WIDTH; i++)
        text[i] = 3 * pictures[target * WIDTH + i] - 2 * pictures[liked * WIDTH + i] +
                  pictures[(target + 7 * liked) % ITEMS * WIDTH + i];
}

static enum gmr_status critiques(void *user, const uint64_t *target, const uint64_t *liked,
                                 struct critic_memory *memory, size_t count, real *text,
                                 char (*words)[CRITIC_TEXT])
{
    size_t *calls = user;
    assert_int_equal(count, BATCH);
    for (size_t u = 0; u < count; u++) {
        assert_int_equal(memory[u].dialogue % BATCH, u); /* numbers go on from batch to batch */
        assert_int_equal(memory[u].dialogue / BATCH, batches_known + *calls / TURNS);
        assert_int_equal(memory[u].turn, *calls % TURNS);
        memory[u].turn++;
        say_of((size_t)target[u], (size_t)liked[u], text + u * WIDTH);
        snprintf(words[u], CRITIC_TEXT, "%zu not %zu", (size_t)target[u], (size_t)liked[u]);
    }
    ++*calls;
    return GMR_OK;
}

static size_t calls;

static struct dialogue_source source_of(size_t items)
{
    calls = 0;
    fill_normal(pictures, ITEMS * WIDTH, 8);
    return (struct dialogue_source){
        .items = items, .features = WIDTH, .image = pictures, .user = &calls, .critiques = critiques
    };
}

/* ---- brute force ---- */

struct expected {
    const char *rule;
    bool like_raw;
    size_t dialogues;
};

static void direction(const real *x, double y[WIDTH])
{
    double square = 0;
    for (size_t i = 0; i < WIDTH; i++)
        square += (double)x[i] * (double)x[i];
    for (size_t i = 0; i < WIDTH; i++)
        y[i] = (double)x[i] / sqrt(square);
}

static void add_mean(double state[WIDTH], double weight, const double sum[WIDTH], size_t count)
{
    for (size_t i = 0; i < WIDTH && count > 0; i++)
        state[i] += weight * sum[i] / (double)count;
}

/* The sums of directions of what was liked, disliked and said in turns first .. last. */
struct sums {
    double liked[WIDTH], disliked[WIDTH], text[WIDTH];
    size_t turns;
};

static void add(double sum[WIDTH], const real *x)
{
    double y[WIDTH];
    direction(x, y);
    for (size_t i = 0; i < WIDTH; i++)
        sum[i] += y[i];
}

static struct sums sum_turns(const struct policy_dialogue *d, size_t first, size_t last)
{
    struct sums s = { .turns = last - first + 1 };
    for (size_t turn = first; turn <= last; turn++) {
        real text[WIDTH];
        say_of(d->target, d->liked[turn], text);
        add(s.text, text);
        add(s.liked, pictures + d->liked[turn] * WIDTH);
        for (size_t k = 0; k < SHOWN; k++)
            if (d->list[turn * SHOWN + k] != d->liked[turn])
                add(s.disliked, pictures + d->list[turn * SHOWN + k] * WIDTH);
    }
    return s;
}

/* The state of a rule, as policy.h says. */
static void state_of(const struct expected *e, const struct policy_dialogue *d, size_t turn,
                     double state[WIDTH])
{
    const struct sums now = sum_turns(d, turn, turn), all = sum_turns(d, 0, turn);
    memset(state, 0, WIDTH * sizeof *state);
    if (strcmp(e->rule, "text") == 0)
        add_mean(state, 1, now.text, 1);
    if (strcmp(e->rule, "sum") == 0) {
        add_mean(state, 1, now.text, 1);
        add_mean(state, 1, now.liked, 1);
    }
    if (strcmp(e->rule, "average-vector") == 0) {
        add_mean(state, 2, all.liked, all.turns);
        add_mean(state, -1, all.disliked, all.turns * (SHOWN - 1));
        add_mean(state, 1, all.text, all.turns);
    }
}

/* Greater is nearer. */
static double cosine(const double state[WIDTH], size_t item)
{
    double x[WIDTH], sum = 0;
    direction(pictures + item * WIDTH, x);
    for (size_t i = 0; i < WIDTH; i++)
        sum += state[i] * x[i];
    return sum;
}

static double distance(const struct expected *e, size_t a, size_t b)
{
    double x[WIDTH], y[WIDTH], sum = 0;
    direction(pictures + a * WIDTH, x);
    direction(pictures + b * WIDTH, y);
    for (size_t i = 0; i < WIDTH; i++) {
        const double difference =
            e->like_raw ? (double)pictures[a * WIDTH + i] - (double)pictures[b * WIDTH + i]
                        : x[i] - y[i];
        sum += difference * difference;
    }
    return sum;
}

static size_t uncertain; /* places that rounding decides */

static bool is_seen(const struct policy_dialogue *d, size_t turn, size_t item)
{
    for (size_t i = 0; i < (turn + 1) * SHOWN; i++)
        if (d->list[i] == item)
            return true;
    return false;
}

static size_t nearest_of_list(const struct expected *e, const struct policy_dialogue *d,
                              size_t turn)
{
    size_t best = d->list[turn * SHOWN];
    for (size_t k = 1; k < SHOWN; k++)
        if (distance(e, d->list[turn * SHOWN + k], d->target) < distance(e, best, d->target))
            best = d->list[turn * SHOWN + k];
    return best;
}

/* How many unseen items are nearer to the state than this one; the nearer by rounding alone may or
 * may not be. */
static void assert_place(const struct policy_dialogue *d, size_t turn, const double state[WIDTH],
                         size_t item, size_t place)
{
    size_t surely = 0, perhaps = 0;
    for (size_t i = 0; i < ITEMS; i++) {
        const double nearer = cosine(state, i) - cosine(state, item);
        if (i == item || is_seen(d, turn, i))
            continue;
        surely += nearer > 1e-6;
        perhaps += nearer > -1e-6;
    }
    assert_in_range(place, surely, perhaps);
    uncertain += perhaps - surely;
}

static void check_turn(const struct expected *e, const struct policy_dialogue *d, size_t turn)
{
    double state[WIDTH];
    char words[CRITIC_TEXT];
    assert_int_equal(d->liked[turn], nearest_of_list(e, d, turn));
    snprintf(words, sizeof words, "%zu not %zu", d->target, d->liked[turn]);
    assert_string_equal(d->words[turn], words);
    state_of(e, d, turn, state);
    assert_place(d, turn, state, d->target, d->rank[turn]);
    for (size_t k = 0; k < SHOWN; k++) {
        const size_t item = d->list[(turn + 1) * SHOWN + k];
        assert_false(is_seen(d, turn, item));
        assert_place(d, turn, state, item, k);
    }
}

static enum gmr_status check_dialogue(void *user, const struct policy_dialogue *d)
{
    struct expected *e = user;
    assert_int_equal(d->target, e->dialogues++);
    assert_int_equal(d->turns, TURNS);
    assert_int_equal(d->shown, SHOWN);
    for (size_t turn = 0; turn < TURNS; turn++)
        check_turn(e, d, turn);
    return GMR_OK;
}

/* ---- running ---- */

static struct policy_evaluation_settings settings(void)
{
    return (struct policy_evaluation_settings){
        .batch = BATCH, .turns = TURNS, .shown = SHOWN, .seed = SEED
    };
}

static enum gmr_status run(const char *rule, struct policy_evaluation_settings s, size_t items,
                           const struct gmr_progress *progress, struct policy_evaluation *result)
{
    const struct dialogue_source source = source_of(items);
    struct policy *policy;
    assert_int_equal(policy_create(NULL, rule, BATCH, &source, SEED, &policy), GMR_OK);
    assert_string_equal(policy->name, rule);
    assert_true(policy->draws == (strcmp(rule, "random") == 0));
    const enum gmr_status status =
        policy_evaluation_run(policy, compute, NULL, &source, &s, progress, result);
    policy->destroy(policy);
    return status;
}

static size_t ranks[ITEMS * TURNS], other_ranks[ITEMS * TURNS];

static void rules_do_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 1; policy_rules[i]; i++)
        for (int raw = 0; raw < 2; raw++) {
            struct expected e = { .rule = policy_rules[i], .like_raw = raw };
            struct policy_evaluation result = { .ranks = ranks };
            struct policy_evaluation_settings s = settings();
            s.like_raw = raw;
            s.watch = check_dialogue;
            s.user = &e;
            assert_int_equal(run(e.rule, s, ITEMS, NULL, &result), GMR_OK);
            assert_int_equal(e.dialogues, ITEMS);
            assert_true(uncertain < 10);
            assert_int_equal(calls, (ITEMS + BATCH - 1) / BATCH * TURNS);
        }
}

/* ---- first lists ---- */

struct first_lists {
    size_t list[ITEMS][SHOWN], rank[ITEMS][TURNS], holding_target;
};

static enum gmr_status take_first(void *user, const struct policy_dialogue *d)
{
    struct first_lists *first = user;
    memcpy(first->list[d->target], d->list, sizeof first->list[0]);
    memcpy(first->rank[d->target], d->rank, sizeof first->rank[0]);
    for (size_t k = 0; k < SHOWN; k++)
        first->holding_target += d->list[k] == d->target;
    return GMR_OK;
}

static void check_first_lists(const struct first_lists *first, size_t listed)
{
    uint64_t list[SHOWN], scratch[100];
    struct mt19937 rng;
    mt19937_seed(&rng, SEED);
    assert_true(mt19937_sample_scratch(listed, SHOWN) <= 100);
    for (size_t begin = 0; begin < ITEMS; begin += BATCH) {
        for (size_t u = ITEMS - begin; u < BATCH; u++) /* targets that fill the last batch */
            mt19937_below(&rng, ITEMS);
        for (size_t u = begin; u < begin + BATCH; u++) {
            mt19937_sample(&rng, listed, SHOWN, list, scratch);
            for (size_t k = 0; k < SHOWN && u < ITEMS; k++)
                assert_int_equal(first->list[u][k], list[k]);
        }
    }
}

static void first_lists_are_the_same_for_all(void **state)
{
    (void)state;
    static struct first_lists first;
    for (size_t i = 0; policy_rules[i]; i++) {
        struct policy_evaluation result = { .ranks = ranks };
        struct policy_evaluation_settings s = settings();
        s.watch = take_first;
        s.user = &first;
        s.omit_last = i == 2;
        first.holding_target = 0;
        assert_int_equal(run(policy_rules[i], s, ITEMS, NULL, &result), GMR_OK);
        check_first_lists(&first, s.omit_last ? ITEMS - 1 : ITEMS);
        assert_memory_equal(first.rank, ranks, sizeof ranks);
        assert_true(result.in_first_list > 0);
        assert_int_equal(result.in_first_list, first.holding_target);
    }
}

/* ---- random ---- */

struct lottery {
    size_t dialogues, last_places;
    double rank; /* sum of ranks over what is unseen */
};

static enum gmr_status check_lottery(void *user, const struct policy_dialogue *d)
{
    struct lottery *lottery = user;
    for (size_t turn = 0; turn < TURNS; turn++) {
        const bool over = is_seen(d, turn, d->target);
        const size_t unseen = ITEMS - (turn + 1) * SHOWN + over;
        const size_t *list = d->list + (turn + 1) * SHOWN;
        assert_true(d->rank[turn] < unseen);
        lottery->rank += (double)d->rank[turn] / (double)(unseen - 1);
        for (size_t k = 0; k < SHOWN; k++) {
            assert_true(list[k] < ITEMS);
            assert_false(is_seen(d, turn, list[k]));
            assert_int_equal(list[k] == d->target, !over && d->rank[turn] == k);
            assert_true(k == 0 || list[k] != list[k - 1]);
            assert_true(k < 2 || list[k] != list[k - 2]);
            lottery->last_places += list[k] == ITEMS - 1;
        }
    }
    lottery->dialogues++;
    return GMR_OK;
}

/* Half of the items come before a target, on average; each item is shown equally often. */
static void random_is_random(void **state)
{
    (void)state;
    struct lottery lottery = { .dialogues = 0 };
    struct policy_evaluation result = { .ranks = ranks };
    struct policy_evaluation_settings s = settings();
    s.watch = check_lottery;
    s.user = &lottery;
    assert_int_equal(run("random", s, ITEMS, NULL, &result), GMR_OK);
    assert_int_equal(lottery.dialogues, ITEMS);
    const double mean = lottery.rank / (ITEMS * TURNS), sd = sqrt(1. / 12 / (ITEMS * TURNS));
    assert_true(fabs(mean - 0.5) < 3 * sd);
    assert_true(lottery.last_places > 2 && lottery.last_places < 26); /* of 12 */
}

/* At the last turn three items are left, and a target that is seen comes at any of four places. */
static enum gmr_status count_places(void *user, const struct policy_dialogue *d)
{
    size_t *places = user;
    if (is_seen(d, TURNS - 1, d->target))
        places[d->rank[TURNS - 1]]++;
    else
        assert_true(d->rank[TURNS - 1] < SHOWN);
    return GMR_OK;
}

static void what_is_seen_has_a_place_too(void **state)
{
    (void)state;
    size_t places[SHOWN + 1] = { 0 };
    struct policy_evaluation result = { .ranks = ranks };
    struct policy_evaluation_settings s = settings();
    s.watch = count_places;
    s.user = places;
    assert_int_equal(run("random", s, (TURNS + 1) * SHOWN, NULL, &result), GMR_OK);
    for (size_t i = 0; i <= SHOWN; i++)
        assert_true(places[i] > 0);
}

/* ---- known users ---- */

static enum gmr_status check_unknown(void *user, const struct policy_dialogue *d)
{
    size_t *next = user;
    assert_int_equal(d->target, *next);
    ++*next;
    return GMR_OK;
}

/* Those who are left have the dialogues that they would have had. */
static void who_is_known_is_not_asked_again(void **state)
{
    (void)state;
    struct policy_evaluation whole = { .ranks = other_ranks }, rest = { .ranks = ranks };
    assert_int_equal(run("average-vector", settings(), ITEMS, NULL, &whole), GMR_OK);
    assert_true(whole.in_first_list > 0);
    for (size_t known = 0; known < ITEMS + BATCH; known += BATCH) {
        struct policy_evaluation_settings s = settings();
        size_t next = known < ITEMS ? known : ITEMS;
        s.known = next;
        s.watch = check_unknown;
        s.user = &next;
        batches_known = known / BATCH;
        memset(ranks, 0xFF, sizeof ranks);
        memcpy(ranks, other_ranks, s.known * TURNS * sizeof *ranks);
        assert_int_equal(run("average-vector", s, ITEMS, NULL, &rest), GMR_OK);
        assert_int_equal(next, ITEMS);
        assert_int_equal(calls, (ITEMS - s.known + BATCH - 1) / BATCH * TURNS);
        assert_memory_equal(ranks, other_ranks, sizeof ranks);
        assert_int_equal(rest.in_first_list, whole.in_first_list);
    }
    batches_known = 0;
}

/* ---- threads ---- */

static void threads_make_no_difference(void **state)
{
    (void)state;
    struct compute *two = compute;
    struct policy_evaluation result = { .ranks = ranks }, other = { .ranks = other_ranks };
    assert_int_equal(run("average-vector", settings(), ITEMS, NULL, &result), GMR_OK);
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    assert_int_equal(run("average-vector", settings(), ITEMS, NULL, &other), GMR_OK);
    assert_memory_equal(ranks, other_ranks, sizeof ranks);
    compute_destroy(compute);
    compute = two;
}

/* ---- recommenders ---- */

enum { WORLD = 50 };

/* One batch of dialogues with a recommender, without a policy. */
static void play_by_hand(const struct recommender *model, const struct dialogue_source *source,
                         struct tape *tape)
{
    struct recommender_history history;
    struct recommender_turn turn;
    struct recommendation next;
    struct embedding embedding;
    struct dialogue d;
    struct mt19937 rng;
    real state[BATCH * 8];
    assert_int_equal(embedding_init(&embedding, NULL, WORLD, 8), GMR_OK);
    assert_int_equal(embedding_refresh(&embedding, model, source, tape), GMR_OK);
    assert_int_equal(recommendation_init(&next, NULL, WORLD, BATCH, SHOWN, TURNS), GMR_OK);
    assert_int_equal(recommendation_among(&next, compute, &embedding), GMR_OK);
    assert_int_equal(dialogue_init(&d, NULL, source, BATCH, SHOWN), GMR_OK);
    mt19937_seed(&rng, SEED);
    for (size_t u = 0; u < BATCH; u++)
        d.target[u] = u < WORLD ? u : mt19937_below(&rng, WORLD);
    dialogue_begin(&d, 0);
    dialogue_draw_lists(&d, &rng);
    recommendation_begin(&next, &d);
    recommender_begin(&history);
    tape->training = tape->recording = false;
    for (size_t t = 0; t < TURNS; t++) {
        assert_int_equal(dialogue_turn(&d, &embedding, tape, model, &history, &turn), GMR_OK);
        tape_read(tape, turn.state, state);
        assert_int_equal(recommendation_rank(&next, &d, state), GMR_OK);
        assert_int_equal(recommendation_next(&next, &d, state), GMR_OK);
        for (size_t u = 0; u < WORLD; u++)
            other_ranks[u * TURNS + t] = next.rank[u];
    }
    tape_reset(tape);
    dialogue_release(&d);
    recommendation_release(&next);
    embedding_release(&embedding, NULL);
}

static void recommenders_are_policies(void **state)
{
    (void)state;
    const struct world_settings world_settings = {
        .items = WORLD, .attributes = 3, .values = 3, .features = 6, .mentions = 1, .noise = 0.1
    };
    const struct recommender_settings model_settings = {
        .features = 6, .width = 8, .layers = 1, .heads = 2, .hidden = 6
    };
    const struct policy_evaluation_settings wanted = settings();
    struct policy_evaluation result = { .ranks = ranks };
    struct dialogue_source source;
    struct world world;
    struct recommender model;
    struct tape tape;
    struct policy *policy;
    assert_int_equal(world_init(&world, NULL, world_settings, 1, 2), GMR_OK);
    world_source(&world, &source);
    assert_int_equal(
        recommender_init(&model, compute, NULL, recommender_find("gommir"), model_settings, 1),
        GMR_OK);
    tape_init(&tape, compute, NULL);
    play_by_hand(&model, &source, &tape);
    assert_int_equal(policy_of_recommender(NULL, &model, &tape, BATCH, &policy), GMR_OK);
    assert_string_equal(policy->name, "gommir");
    for (int again = 0; again < 2; again++) { /* the last dialogues are forgotten */
        assert_int_equal(
            policy_evaluation_run(policy, compute, NULL, &source, &wanted, NULL, &result), GMR_OK);
        assert_memory_equal(ranks, other_ranks, WORLD * TURNS * sizeof *ranks);
    }
    policy->destroy(policy);
    tape_release(&tape);
    recommender_release(&model);
    world_release(&world);
}

/* ---- what is refused, and what ends it ---- */

static enum gmr_status refuse_dialogue(void *user, const struct policy_dialogue *d)
{
    ++*(size_t *)user;
    return d->target < 2 ? GMR_OK : gmr_error(GMR_ERR_IO, "no more");
}

static bool is_enough(void *user)
{
    return (*(size_t *)user)++ == 1;
}

static void it_ends_early_with_a_reason(void **state)
{
    (void)state;
    size_t asked = 0, seen = 0;
    const struct gmr_progress progress = { .cancelled = is_enough, .user = &asked };
    struct policy_evaluation result = { .ranks = ranks };
    struct policy_evaluation_settings s = settings();
    assert_int_equal(run("text", s, ITEMS, &progress, &result), GMR_ERR_CANCELLED);
    assert_int_equal(calls, TURNS); /* of one batch */
    s.watch = refuse_dialogue;
    s.user = &seen;
    assert_int_equal(run("text", s, ITEMS, NULL, &result), GMR_ERR_IO);
    assert_int_equal(seen, 3);
    s = settings();
    s.turns = 60;
    assert_int_equal(run("text", s, ITEMS, NULL, &result), GMR_ERR_RANGE);
    assert_message("170 items are too few");
}

static void there_is_room_for_the_last_list(void **state)
{
    (void)state;
    struct policy_evaluation result = { .ranks = ranks };
    for (size_t i = 0; policy_rules[i]; i++)
        assert_int_equal(run(policy_rules[i], settings(), (TURNS + 1) * SHOWN, NULL, &result),
                         GMR_OK);
}

static void rules_have_names(void **state)
{
    (void)state;
    const struct dialogue_source source = source_of(ITEMS);
    struct policy *policy = (struct policy *)&calls;
    assert_int_equal(policy_create(NULL, "none", BATCH, &source, SEED, &policy), GMR_ERR_NOT_FOUND);
    assert_null(policy);
    assert_message("no policy 'none'");
}

static int setup(void **state)
{
    (void)state;
    return compute_create_cpu(NULL, 2, &compute) == GMR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    compute_destroy(compute);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_do_what_they_say),
        cmocka_unit_test(first_lists_are_the_same_for_all),
        cmocka_unit_test(random_is_random),
        cmocka_unit_test(what_is_seen_has_a_place_too),
        cmocka_unit_test(who_is_known_is_not_asked_again),
        cmocka_unit_test(threads_make_no_difference),
        cmocka_unit_test(recommenders_are_policies),
        cmocka_unit_test(it_ends_early_with_a_reason),
        cmocka_unit_test(there_is_room_for_the_last_list),
        cmocka_unit_test(rules_have_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
