/* The cache of critiques: the same answers from the critic, from memory and from disk; each pair
 * and each text asked for once; nothing of other critics, encoders or pictures; several at once;
 * files that are damaged or made to mislead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "simulator/critique_cache.h"
#include "simulator/critique_table.h"
#include "support/clip_files.h"
#include "support/message.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/told_critic.h"

enum { ITEMS = 20, PAIRS = ITEMS * ITEMS, WIDTH = CLIP_FILE_WIDTH };

#define DATABASE "shop/critiques.db"

static struct failing_allocator memory;
static struct catalogue *catalogue;
static struct told_critic critic;
static struct critic_pair pairs[PAIRS];
static char texts[PAIRS][CRITIC_TEXT];

/* ---- fixtures ---- */

static int setup(void **state)
{
    scratch_setup(state);
    failing_allocator_init(&memory, 0);
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
    told_critic_init(&critic, "told", true);
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct critic_pair){ i / ITEMS, i % ITEMS };
    return 0;
}

static int teardown(void **state)
{
    catalogue_close(catalogue);
    assert_true(failing_allocator_is_clean(&memory));
    return scratch_teardown(state);
}

static struct critique_cache *open_with(size_t bytes)
{
    const struct critique_cache_options options = { .memory = bytes };
    struct critique_cache *cache;
    if (critique_cache_open(&memory.allocator, catalogue, &options, &cache) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return cache;
}

static struct critique_cache *open_cache(void)
{
    return open_with(0);
}

/* Asks about some pairs; the answers are right, and the critic was asked about `expected`. */
static void ask(struct critique_cache *cache, struct told_critic *who, size_t first, size_t count,
                size_t expected)
{
    const size_t before = who->pairs;
    memset(texts, '?', sizeof texts);
    if (critique_cache_texts(cache, &who->critic, pairs + first, NULL, count, texts) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    for (size_t i = 0; i < count; i++) {
        char text[CRITIC_TEXT];
        told_text(who, pairs[first + i], text);
        assert_string_equal(texts[i], text);
    }
    assert_int_equal(who->pairs - before, expected);
}

static void ask_and_close(size_t expected)
{
    struct critique_cache *cache = open_cache();
    ask(cache, &critic, 0, PAIRS, expected);
    critique_cache_close(cache);
}

/* ---- words ---- */

static void each_pair_is_asked_about_once(void **state)
{
    (void)state;
    struct critique_cache *cache = open_cache();
    ask(cache, &critic, 0, 10, 10);
    ask(cache, &critic, 0, 10, 0);
    ask(cache, &critic, 5, 20, 15);
    assert_int_equal(critic.calls, 2);
    ask(cache, &critic, 0, 0, 0);
    critique_cache_close(cache);
    cache = open_cache();
    ask(cache, &critic, 0, 25, 0);
    ask(cache, &critic, 20, PAIRS - 20, PAIRS - 25);
    critique_cache_close(cache);
    ask_and_close(0);
}

static void repeats_are_asked_about_once(void **state)
{
    (void)state;
    struct critique_cache *cache = open_cache();
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct critic_pair){ 1, i % 7 + i / 200 };
    ask(cache, &critic, 0, PAIRS, 8);
    ask(cache, &critic, 0, PAIRS, 0);
    critique_cache_close(cache);
}

static void critics_do_not_mix(void **state)
{
    (void)state;
    struct told_critic other;
    struct critique_cache *cache = open_cache();
    told_critic_init(&other, "another", true);
    ask(cache, &critic, 0, 30, 30);
    ask(cache, &other, 0, 30, 30);
    ask(cache, &critic, 0, 30, 0);
    critique_cache_close(cache);
    cache = open_cache();
    ask(cache, &other, 0, 30, 0);
    ask(cache, &critic, 0, 30, 0);
    critique_cache_close(cache);
}

static void what_depends_on_more_is_not_kept(void **state)
{
    (void)state;
    struct critique_cache *cache = open_cache();
    struct critic_memory said[2] = { { 0 } };
    told_critic_init(&critic, "impure", false);
    ask(cache, &critic, 0, 30, 30);
    ask(cache, &critic, 0, 30, 30);
    assert_int_equal(critique_cache_texts(cache, &critic.critic, pairs, said, 2, texts), GMR_OK);
    assert_true(critic.had_memory);
    assert_int_equal(said[0].turn, 0); /* its own business */
    critique_cache_close(cache);
}

static void turns_are_counted(void **state)
{
    (void)state;
    struct critique_cache *cache = open_cache();
    struct critic_memory said[3] = { { 0 } };
    said[1].turn = 4;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(critique_cache_texts(cache, &critic.critic, pairs, said, 2, texts),
                         GMR_OK);
    assert_false(critic.had_memory);
    assert_int_equal(said[0].turn, 2);
    assert_int_equal(said[1].turn, 6);
    assert_int_equal(said[2].turn, 0);
    critique_cache_close(cache);
}

static void a_failing_critic_leaves_nothing(void **state)
{
    (void)state;
    struct critique_cache *cache = open_cache();
    critic.failure = GMR_ERR_NUMERIC;
    assert_int_equal(critique_cache_texts(cache, &critic.critic, pairs, NULL, 5, texts),
                     GMR_ERR_NUMERIC);
    assert_message("the critic fails");
    critic.failure = GMR_OK;
    ask(cache, &critic, 0, 5, 5);
    critique_cache_close(cache);
}

/* Item 3 gets another picture, and items before it go: positions change, ids do not. */
static void other_pictures_have_other_words(void **state)
{
    (void)state;
    enum { LEFT = ITEMS - 2 };
    ask_and_close(PAIRS);
    catalogue_close(catalogue);
    pictured_create(2, ITEMS, 3);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
    struct critique_cache *cache = open_cache();
    const size_t before = critic.pairs;
    size_t asked = 0;
    for (size_t i = 0; i < LEFT * LEFT; i++)
        pairs[i] = (struct critic_pair){ i / LEFT, i % LEFT };
    assert_int_equal(critique_cache_texts(cache, &critic.critic, pairs, NULL, LEFT * LEFT, texts),
                     GMR_OK);
    for (size_t i = 0; i < LEFT * LEFT; i++) {
        char text[CRITIC_TEXT];
        const bool anew = pairs[i].target == 1 || pairs[i].candidate == 1;
        const size_t shift = anew ? 0 : 2; /* what was said then named the positions of then */
        told_text(&critic,
                  (struct critic_pair){ pairs[i].target + shift, pairs[i].candidate + shift },
                  text);
        assert_string_equal(texts[i], text);
        asked += anew;
    }
    assert_int_equal(critic.pairs - before, asked);
    critique_cache_close(cache);
}

/* With no room in memory, the disk has it all. */
static void memory_has_an_end(void **state)
{
    (void)state;
    struct critique_cache *cache = open_with(1);
    for (size_t i = 0; i < PAIRS; i += 10)
        ask(cache, &critic, i, 10, 10);
    const size_t held = memory.live_bytes;
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < PAIRS; i += 10)
            ask(cache, &critic, i, 10, 0);
    assert_int_equal(memory.live_bytes, held);
    critique_cache_close(cache);
}

/* ---- several at once ---- */

static void caches_share_what_was_written(void **state)
{
    (void)state;
    struct told_critic same;
    struct critique_cache *one = open_cache(), *two = open_cache();
    told_critic_init(&same, "told", true);
    ask(one, &critic, 0, 30, 30);
    ask(two, &same, 20, 20, 20); /* not written yet */
    assert_int_equal(critique_cache_flush(one), GMR_OK);
    ask(two, &same, 0, 40, 20 - 20);
    assert_int_equal(critique_cache_flush(two), GMR_OK);
    ask(one, &critic, 0, 40, 0);
    critique_cache_close(one);
    ask(two, &same, 40, 10, 10);
    critique_cache_close(two);
    struct critique_cache *three = open_cache();
    ask(three, &critic, 0, 50, 0);
    critique_cache_close(three);
}

/* ---- vectors ---- */

static struct compute *compute;

static struct encoder *open_encoder(const char *name, uint64_t seed)
{
    const struct safetensors_metadata metadata = { "vocabulary", clip_file_vocabulary };
    struct encoder *encoder;
    struct clip model;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_scratch(name));
    assert_int_equal(clip_init(&model, compute, NULL, clip_file_settings(CLIP_VIT)), GMR_OK);
    clip_initialise(&model, seed);
    assert_int_equal(parameters_save(&model.parameters, path, &metadata, 1), GMR_OK);
    clip_release(&model);
    const struct encoder_options options = { .weights = path };
    if (encoder_open(compute, &memory.allocator, &options, &encoder) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return encoder;
}

enum { SENTENCES = 6, DISTINCT = 4 };

static const char *const sentences[SENTENCES] = { "ab cd", "", "cd", "ab cd", "ab", "" };

/* With `silent` encoders, which fail when they are asked. */
static void features(struct critique_cache *cache, struct encoder *encoder, bool silent,
                     real y[SENTENCES * WIDTH])
{
    struct tokeniser *tokeniser = encoder->tokeniser;
    encoder->tokeniser = silent ? NULL : tokeniser;
    memset(y, 0, SENTENCES * WIDTH * sizeof *y);
    const enum gmr_status status = critique_cache_features(cache, encoder, sentences, SENTENCES, y);
    encoder->tokeniser = tokeniser;
    if (status != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static void vectors_are_made_once(void **state)
{
    (void)state;
    real expected[SENTENCES * WIDTH], cold[SENTENCES * WIDTH], warm[SENTENCES * WIDTH];
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &compute), GMR_OK);
    struct encoder *encoder = open_encoder("one", 1), *other = open_encoder("other", 2);
    for (size_t i = 0; i < SENTENCES; i++)
        assert_int_equal(encoder_texts(encoder, &sentences[i], 1, expected + i * WIDTH), GMR_OK);
    struct critique_cache *cache = open_cache();
    features(cache, encoder, false, cold);
    for (size_t i = 0; i < SENTENCES * WIDTH; i++) /* whatever they are encoded with */
        assert_true((float)cold[i] == (float)expected[i]);
    assert_memory_equal(cold, cold + 3 * WIDTH, WIDTH * sizeof *cold);
    features(cache, encoder, true, warm);
    assert_memory_equal(warm, cold, sizeof cold);
    features(cache, other, false, warm);
    assert_memory_not_equal(warm, cold, sizeof cold);
    critique_cache_close(cache);
    cache = open_cache();
    features(cache, encoder, true, warm);
    assert_memory_equal(warm, cold, sizeof cold);
    assert_int_equal(
        critique_cache_features(cache, encoder, (const char *[]){ "new", "ab" }, 2, warm), GMR_OK);
    assert_memory_equal(warm + WIDTH, cold + 4 * WIDTH, WIDTH * sizeof *cold);
    critique_cache_close(cache);
    encoder_close(other);
    encoder_close(encoder);
    compute_destroy(compute);
}

/* ---- damage ---- */

static bool was_set_aside(void)
{
    return unlink(in_scratch(DATABASE ".damaged")) == 0;
}

/* Whatever the file holds, answers are right, and they are kept. */
static void check_damaged(const void *bytes, size_t size)
{
    unlink(in_scratch(DATABASE));
    write_file(in_scratch(DATABASE), bytes, size);
    struct critique_cache *cache = open_cache();
    const size_t before = critic.pairs;
    ask(cache, &critic, 0, 0, 0);
    assert_int_equal(critique_cache_texts(cache, &critic.critic, pairs, NULL, PAIRS, texts),
                     GMR_OK);
    for (size_t i = 0; i < PAIRS; i++) {
        char text[CRITIC_TEXT];
        told_text(&critic, pairs[i], text);
        assert_string_equal(texts[i], text);
    }
    assert_true(critic.pairs - before <= PAIRS);
    critique_cache_close(cache);
    cache = open_cache(); /* what was read before the damage was found is not in the new file yet */
    critique_cache_texts(cache, &critic.critic, pairs, NULL, PAIRS, texts);
    critique_cache_close(cache);
    ask_and_close(0);
}

static void damaged_files_are_made_again(void **state)
{
    (void)state;
    struct file_map map;
    ask_and_close(PAIRS);
    assert_int_equal(file_map_open(&map, in_scratch(DATABASE)), GMR_OK);
    const size_t size = map.size;
    uint8_t *bytes = malloc(size), kept[200];
    memcpy(bytes, map.data, size);
    file_map_close(&map);
    check_damaged("no database at all", 18);
    assert_true(was_set_aside());
    check_damaged(bytes, 50);
    assert_true(was_set_aside());
    check_damaged(bytes, size / 2);
    assert_true(was_set_aside());
    check_damaged("", 0);
    assert_false(was_set_aside());
    for (size_t page = 0; page < size; page += 4096) {
        memcpy(kept, bytes + page + 8, sizeof kept);
        memset(bytes + page + 8, 0xA5, sizeof kept);
        check_damaged(bytes, size);
        memcpy(bytes + page + 8, kept, sizeof kept);
    }
    free(bytes);
}

/* Bytes of texts changed: no structure tells, sums do. */
static void damaged_rows_are_not_used(void **state)
{
    (void)state;
    struct file_map map;
    ask_and_close(PAIRS);
    assert_int_equal(file_map_open(&map, in_scratch(DATABASE)), GMR_OK);
    uint8_t *bytes = malloc(map.size), *at = bytes;
    const size_t size = map.size;
    size_t changed = 0;
    memcpy(bytes, map.data, size);
    file_map_close(&map);
    while ((at = memmem(at, size - (size_t)(at - bytes), " told", 5)) != NULL) {
        at[3] = 'X';
        changed++;
    }
    assert_true(changed >= PAIRS - ITEMS);
    unlink(in_scratch(DATABASE));
    write_file(in_scratch(DATABASE), bytes, size);
    ask_and_close(PAIRS - ITEMS); /* of an item and itself there was nothing to say */
    ask_and_close(0);
    assert_false(was_set_aside());
    free(bytes);
}

static void change(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(in_scratch(DATABASE), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void databases_of_others_are_set_aside(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "CREATE TABLE mine (x)",
        "PRAGMA application_id = 5",
        "DROP TABLE critique",
        "DROP TABLE critique; CREATE TABLE critique (maker)",
        "CREATE VIEW strange AS SELECT 1",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        unlink(in_scratch(DATABASE));
        if (i > 0)
            ask_and_close(PAIRS);
        change(changes[i]);
        ask_and_close(PAIRS);
        assert_true(was_set_aside());
        ask_and_close(0);
    }
}

static void strange_values_are_not_used(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE critique SET text = zeroblob(1000000)",
        "UPDATE critique SET text = CAST(x'31000030' AS TEXT)",
        "UPDATE critique SET text = 5",
        "UPDATE critique SET sum = 'x'",
        "UPDATE critique SET sum = sum + 4294967296",
    };
    ask_and_close(PAIRS);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        change(changes[i]);
        ask_and_close(PAIRS);
        ask_and_close(0);
    }
    assert_false(was_set_aside());
}

/* What a later version wrote is not touched. */
static void later_versions_are_left_alone(void **state)
{
    (void)state;
    ask_and_close(PAIRS);
    change("PRAGMA user_version = 99");
    struct critique_cache *cache = open_cache();
    ask(cache, &critic, 0, PAIRS, PAIRS);
    ask(cache, &critic, 0, PAIRS, 0); /* from memory */
    critique_cache_close(cache);
    change("PRAGMA user_version = 1");
    ask_and_close(0);
}

/* ---- the table ---- */

static void a_table_finds_what_was_added(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct critique_table table;
    critique_table_init(&table, &memory.allocator);
    for (int round = 0; round < 2; round++) {
        assert_null(critique_table_find(&table, "x", 1));
        for (uint32_t i = 0; i < COUNT; i++) {
            const struct critique_entry *e = critique_table_add(&table, &i, 1 + i % 4, &i, i % 5);
            assert_int_equal(e->value_size, i % 5);
            if (i % 4 < 3 && i > 255) /* shorter keys repeat; the latest is found first */
                continue;
            assert_ptr_equal(critique_table_find(&table, &i, 1 + i % 4), e);
        }
        for (uint32_t i = 3; i < COUNT; i += 4) {
            const struct critique_entry *e = critique_table_find(&table, &i, 4);
            assert_non_null(e);
            assert_memory_equal(e->value, &i, i % 5);
        }
        critique_table_clear(&table);
    }
    critique_table_release(&table);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_pair_is_asked_about_once),
        TEST(repeats_are_asked_about_once),
        TEST(critics_do_not_mix),
        TEST(what_depends_on_more_is_not_kept),
        TEST(turns_are_counted),
        TEST(a_failing_critic_leaves_nothing),
        TEST(other_pictures_have_other_words),
        TEST(memory_has_an_end),
        TEST(caches_share_what_was_written),
        TEST(vectors_are_made_once),
        TEST(damaged_files_are_made_again),
        TEST(damaged_rows_are_not_used),
        TEST(databases_of_others_are_set_aside),
        TEST(strange_values_are_not_used),
        TEST(later_versions_are_left_alone),
        TEST(a_table_finds_what_was_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
