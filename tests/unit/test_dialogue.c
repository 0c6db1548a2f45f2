/* Dialogues with simulated users: draws in CPython's order, what users like and say; and evaluation
 * seen from outside: no item is shown twice, success never fades, and a user's dialogue does not
 * depend on who shares its batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/status.h"
#include "learning/evaluation.h"
#include "support/support.h"

static struct compute *compute;

static void world_of(struct world *w, struct dialogue_source *source, size_t items)
{
    struct world_settings settings = {
        .items = items, .attributes = 3, .values = 3, .features = 6, .mentions = 1, .noise = 0.1
    };

    assert_int_equal(world_init(w, NULL, settings, 1, 2), GMR_OK);
    world_source(w, source);
}

static void assert_items(const uint64_t *actual, const uint64_t *expected, size_t n)
{
    assert_memory_equal(actual, expected, n * sizeof *expected);
}

/* ---- draws ---- */

/* Lists of three after random.seed(42). */
static void check_lists(size_t items, size_t users, const uint64_t *expected)
{
    struct mt19937 rng;
    struct dialogue d;
    struct dialogue_source source;
    struct world w;

    world_of(&w, &source, items);
    assert_int_equal(dialogue_init(&d, NULL, &source, users, 3), GMR_OK);
    mt19937_seed(&rng, 42);
    dialogue_draw_lists(&d, &rng);
    assert_items(d.list, expected, users * 3);
    dialogue_release(&d);
    world_release(&w);
}

static void lists_are_those_of_cpython(void **state)
{
    (void)state;
    check_lists(4657, 3, (const uint64_t[]){ 912, 204, 2253, 2006, 1828, 1143, 839, 4467, 712 });
    check_lists(2453, 1, (const uint64_t[]){ 456, 102, 1126 });
    /* 21 items and fewer are drawn from a pool instead */
    check_lists(10, 3, (const uint64_t[]){ 1, 0, 4, 3, 9, 2, 1, 8, 9 });
}

static void targets_and_lists_share_one_generator(void **state)
{
    struct mt19937 rng;
    struct dialogue d;
    struct dialogue_source source;
    struct world w;

    (void)state;
    world_of(&w, &source, 100);
    assert_int_equal(dialogue_init(&d, NULL, &source, 3, 3), GMR_OK);
    mt19937_seed(&rng, 42);
    dialogue_draw_targets(&d, &rng);
    assert_items(d.target, (const uint64_t[]){ 81, 14, 3 }, 3);
    dialogue_draw_lists(&d, &rng);
    assert_items(d.list, (const uint64_t[]){ 94, 35, 31, 28, 17, 94, 13, 86, 94 }, 9);
    dialogue_draw_targets(&d, &rng);
    assert_items(d.target, (const uint64_t[]){ 69, 11, 75 }, 3);
    dialogue_release(&d);
    world_release(&w);
}

/* The last one too. */
static void every_item_may_be_wanted_and_shown(void **state)
{
    enum { FEW = 5, MANY_USERS = 100 };
    unsigned wanted = 0, listed = 0;
    struct mt19937 rng;
    struct dialogue d;
    struct dialogue_source source;
    struct world w;

    (void)state;
    world_of(&w, &source, FEW);
    assert_int_equal(dialogue_init(&d, NULL, &source, MANY_USERS, 1), GMR_OK);
    mt19937_seed(&rng, 42);
    dialogue_draw_targets(&d, &rng);
    dialogue_draw_lists(&d, &rng);
    for (size_t u = 0; u < MANY_USERS; u++) {
        assert_true(d.target[u] < FEW && d.list[u] < FEW);
        wanted |= 1U << d.target[u];
        listed |= 1U << d.list[u];
    }
    assert_int_equal(wanted, (1U << FEW) - 1);
    assert_int_equal(listed, (1U << FEW) - 1);
    dialogue_release(&d);
    world_release(&w);
}

static void lists_longer_than_the_world_are_refused(void **state)
{
    struct dialogue d;
    struct dialogue_source source;
    struct world w;

    (void)state;
    world_of(&w, &source, 4);
    assert_int_equal(dialogue_init(&d, NULL, &source, 2, 5), GMR_ERR_RANGE);
    assert_int_equal(dialogue_init(&d, NULL, &source, 2, 4), GMR_OK);
    dialogue_release(&d);
    world_release(&w);
}

/* ---- answers ---- */

enum { USERS = 4, SHOWN = 3, ITEMS = 12 };

/* Item i lies at i on a line. */
static void put_on_a_line(struct embedding *e)
{
    assert_int_equal(embedding_init(e, NULL, ITEMS, 1), GMR_OK);
    for (size_t i = 0; i < ITEMS; i++)
        e->row[i] = (real)i;
}

static void users_like_the_nearest_and_say_what_it_lacks(void **state)
{
    static const uint64_t target[USERS] = { 5, 5, 5, 0 };
    static const uint64_t list[USERS * SHOWN] = { 9, 4, 11, 7, 6, 4, 4, 6, 5, 11, 1, 10 };
    static const uint64_t liked[USERS] = { 4, 6, 5, 1 }; /* 6 before 4: the first of equals */
    static const uint64_t disliked[USERS * (SHOWN - 1)] = { 9, 11, 7, 4, 4, 6, 11, 10 };
    struct embedding e;
    struct dialogue d;
    struct dialogue_source source;
    struct world w;

    (void)state;
    world_of(&w, &source, ITEMS);
    put_on_a_line(&e);
    assert_int_equal(dialogue_init(&d, NULL, &source, USERS, SHOWN), GMR_OK);
    memcpy(d.target, target, sizeof target);
    memcpy(d.list, list, sizeof list);
    assert_int_equal(dialogue_answer(&d, &e), GMR_OK);
    assert_items(d.liked, liked, USERS);
    assert_items(d.disliked, disliked, USERS * (SHOWN - 1));
    for (size_t u = 0; u < USERS; u++) {
        size_t features = w.settings.features;
        real text[6];

        world_critique(&w, target[u], liked[u], text);
        assert_memory_equal(d.text + u * features, text, sizeof text);
        assert_memory_equal(d.image + u * features, world_image(&w, liked[u]), sizeof text);
        for (size_t k = 0; k < SHOWN - 1; k++)
            assert_memory_equal(d.dislike + (u * (SHOWN - 1) + k) * features,
                                world_image(&w, disliked[u * (SHOWN - 1) + k]), sizeof text);
    }
    dialogue_release(&d);
    embedding_release(&e, NULL);
    world_release(&w);
}

/* Critics word things by the number of the dialogue, and by what was said in it before. */
static void dialogues_have_numbers_and_memories(void **state)
{
    char words[USERS][CRITIC_TEXT] = { "left from before" };
    struct dialogue_source source;
    struct embedding e;
    struct mt19937 rng;
    struct dialogue d;
    struct world w;

    (void)state;
    world_of(&w, &source, ITEMS);
    put_on_a_line(&e);
    assert_int_equal(dialogue_init(&d, NULL, &source, USERS, SHOWN), GMR_OK);
    mt19937_seed(&rng, 1);
    dialogue_draw_lists(&d, &rng);
    dialogue_begin(&d, 70);
    d.words = words;
    for (size_t turn = 1; turn <= 2; turn++) {
        assert_int_equal(dialogue_answer(&d, &e), GMR_OK);
        for (size_t u = 0; u < USERS; u++) {
            assert_int_equal(d.memory[u].dialogue, 70 + u);
            assert_int_equal(d.memory[u].turn, turn);
        }
    }
    assert_string_equal(words[0], ""); /* a world has no words */
    dialogue_begin(&d, 3);
    assert_int_equal(d.memory[1].dialogue, 4);
    assert_int_equal(d.memory[1].turn, 0);
    dialogue_release(&d);
    embedding_release(&e, NULL);
    world_release(&w);
}

/* ---- the catalogue ---- */

struct setting {
    struct world world;
    struct dialogue_source source;
    struct recommender model;
    struct tape tape;
};

static void setup(struct setting *s, size_t items)
{
    struct recommender_settings model = {
        .features = 6, .width = 8, .layers = 1, .heads = 2, .hidden = 6
    };

    world_of(&s->world, &s->source, items);
    assert_int_equal(
        recommender_init(&s->model, compute, NULL, recommender_find("gommir"), model, 1), GMR_OK);
    tape_init(&s->tape, compute, NULL);
}

static void teardown(struct setting *s)
{
    tape_release(&s->tape);
    recommender_release(&s->model);
    world_release(&s->world);
}

/* One item embedded alone. */
static void embed_one(struct setting *s, size_t item, real row[8])
{
    struct tensor *raw = tape_input(&s->tape, (size_t[]){ 1, 6 }, 2, world_image(&s->world, item));

    tape_read(&s->tape, recommender_embed_image(&s->tape, &s->model, raw), row);
    tape_reset(&s->tape);
}

static void all_items_are_embedded(void **state)
{
    enum { MANY = 4100 }; /* more than one batch of embedding_refresh */
    struct embedding e;
    struct setting s;

    (void)state;
    setup(&s, MANY);
    assert_int_equal(embedding_init(&e, NULL, MANY, 8), GMR_OK);
    assert_int_equal(embedding_refresh(&e, &s.model, &s.source, &s.tape), GMR_OK);
    assert_true(s.tape.recording && s.tape.training); /* as they were */
    for (size_t item = 0; item < MANY; item += item < 4090 ? 409 : 1) {
        real row[8];

        embed_one(&s, item, row);
        assert_true(max_abs_difference(e.row + item * 8, row, 8) < 1e-6);
    }
    embedding_release(&e, NULL);
    teardown(&s);
}

/* ---- evaluation ---- */

enum { TURNS = 5, EVALUATED = 24 };

/* What a watcher has seen of each user: the user with target i is user i. */
struct notes {
    uint64_t list[EVALUATED][TURNS + 1][SHOWN];
    size_t lists[EVALUATED];
};

static enum gmr_status take_note(void *user, const struct policy_dialogue *d)
{
    struct notes *r = user;

    assert_true(d->target < EVALUATED && d->turns == TURNS && d->shown == SHOWN);
    for (size_t i = 0; i < (TURNS + 1) * SHOWN; i++)
        r->list[d->target][i / SHOWN][i % SHOWN] = d->list[i];
    r->lists[d->target] += TURNS + 1;
    return GMR_OK;
}

static void evaluate(size_t batch, uint64_t seed, struct notes *notes, double success[TURNS])
{
    struct evaluation_settings settings = { .batch = batch,
                                            .turns = TURNS,
                                            .shown = SHOWN,
                                            .seed = seed,
                                            .watch = take_note,
                                            .user = notes };
    struct setting s;

    memset(notes, 0, sizeof *notes);
    setup(&s, EVALUATED);
    assert_int_equal(evaluation_run(&s.model, &s.source, &s.tape, &settings, NULL, success),
                     GMR_OK);
    teardown(&s);
}

static void no_item_is_shown_twice(void **state)
{
    static struct notes r;
    double success[TURNS];

    (void)state;
    evaluate(7, 1, &r, success); /* the last batch is padded */
    for (size_t user = 0; user < EVALUATED; user++) {
        const uint64_t *shown = &r.list[user][0][0];

        assert_int_equal(r.lists[user], TURNS + 1); /* each item was a target once */
        for (size_t i = 0; i < (TURNS + 1) * SHOWN; i++) {
            assert_true(shown[i] < EVALUATED);
            for (size_t k = 0; k < i; k++)
                assert_true(shown[i] != shown[k]);
        }
    }
}

static bool shows(const struct notes *r, size_t user, size_t turn)
{
    for (size_t k = 0; k < SHOWN; k++)
        if (r->list[user][turn][k] == user)
            return true;
    return false;
}

/* Users to whom their target was recommended by some turn. */
static size_t count_found(const struct notes *r, size_t turn)
{
    size_t found = 0;

    for (size_t user = 0; user < EVALUATED; user++) {
        bool recommended = false;

        for (size_t t = 1; t <= turn; t++)
            recommended = recommended || shows(r, user, t);
        found += recommended;
    }
    return found;
}

static bool anybody_starts_with_the_target(const struct notes *r)
{
    for (size_t user = 0; user < EVALUATED; user++)
        if (shows(r, user, 0))
            return true;
    return false;
}

/* The rank of a target in the random first list counts although it is not shown again, so only runs
 * without such a user tell success from the lists alone. */
static void success_is_what_was_shown(void **state)
{
    static struct notes r;
    double success[TURNS];
    size_t checked = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        evaluate(8, seed, &r, success);
        if (anybody_starts_with_the_target(&r))
            continue;
        for (size_t turn = 1; turn <= TURNS; turn++)
            assert_true(fabs(success[turn - 1] * EVALUATED - (double)count_found(&r, turn)) < 1e-9);
        checked++;
    }
    assert_true(checked >= 3);
}

/* Batches without padding draw the same first lists, whatever their size. */
static void a_user_does_not_depend_on_its_batch(void **state)
{
    static struct notes whole, parts, single;
    double success[3][TURNS];

    (void)state;
    evaluate(EVALUATED, 1, &whole, success[0]);
    evaluate(8, 1, &parts, success[1]);
    evaluate(1, 1, &single, success[2]);
    assert_memory_equal(whole.list, parts.list, sizeof whole.list);
    assert_memory_equal(whole.list, single.list, sizeof whole.list);
    assert_memory_equal(success[0], success[1], sizeof success[0]);
    assert_memory_equal(success[0], success[2], sizeof success[0]);
}

static void nobody_needs_to_watch(void **state)
{
    struct evaluation_settings settings = { .batch = 8, .turns = TURNS, .shown = SHOWN, .seed = 1 };
    static struct notes r;
    double watched[TURNS], alone[TURNS];
    struct setting s;

    (void)state;
    evaluate(8, 1, &r, watched);
    setup(&s, EVALUATED);
    assert_int_equal(evaluation_run(&s.model, &s.source, &s.tape, &settings, NULL, alone), GMR_OK);
    teardown(&s);
    assert_memory_equal(watched, alone, sizeof watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_those_of_cpython),
        cmocka_unit_test(targets_and_lists_share_one_generator),
        cmocka_unit_test(every_item_may_be_wanted_and_shown),
        cmocka_unit_test(lists_longer_than_the_world_are_refused),
        cmocka_unit_test(users_like_the_nearest_and_say_what_it_lacks),
        cmocka_unit_test(dialogues_have_numbers_and_memories),
        cmocka_unit_test(all_items_are_embedded),
        cmocka_unit_test(no_item_is_shown_twice),
        cmocka_unit_test(success_is_what_was_shown),
        cmocka_unit_test(a_user_does_not_depend_on_its_batch),
        cmocka_unit_test(nobody_needs_to_watch),
    };
    int failures;

    if (compute_create_reference(NULL, &compute) != GMR_OK)
        return 1;
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    compute_destroy(compute);
    return failures;
}
