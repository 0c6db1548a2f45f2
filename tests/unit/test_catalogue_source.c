/* Dialogues about the items of a catalogue: which they are, what they look like, and what is said
 * of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "catalogue/embedding.h"
#include "learning/catalogue_source.h"
#include "support/encoded.h"
#include "support/message.h"
#include "support/scratch.h"
#include "support/seeing.h"
#include "support/support.h"
#include "support/training.h"

enum { PAIRS = 20, LEFT_OUT = 3 };

static struct failing_allocator memory;
static struct compute *compute;
static struct catalogue *catalogue;
static struct catalogue_source *source;
static struct catalogue_source_options options;
static char encoder[PATH_MAX], captioner[PATH_MAX], digest[DIGEST_HEX];

/* ---- fixtures ---- */

/* The catalogue is drawn once; each test encodes it anew. */
static int setup_all(void **state)
{
    scratch_setup(state);
    encoded_prepare(digest);
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    snprintf(captioner, sizeof captioner, "%s", in_scratch("captioner"));
    return 0;
}

static int setup(void **state)
{
    (void)state;
    failing_allocator_init(&memory, 0);
    unlink(in_scratch("shop/embedding/clip.safetensors"));
    options = (struct catalogue_source_options){ .encoder = { .weights = encoder },
                                                 .seed = 42,
                                                 .threads = 2 };
    source = NULL;
    assert_int_equal(compute_create_cpu(&memory.allocator, 2, &compute), GMR_OK);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    catalogue_source_close(source);
    catalogue_close(catalogue);
    compute_destroy(compute);
    assert_true(failing_allocator_is_clean(&memory));
    return 0;
}

static void open_source(void)
{
    catalogue_source_close(source);
    if (catalogue_source_open(compute, &memory.allocator, catalogue, &options, &source) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

/* ---- items ---- */

static void check_vectors(void)
{
    const struct dialogue_source *s = catalogue_source(source);
    assert_int_equal(s->features, ENCODED_WIDTH);
    for (size_t i = 0; i < s->items; i++) {
        float vector[ENCODED_WIDTH];
        encoded_vector(catalogue_source_position(source, i), vector);
        for (size_t k = 0; k < ENCODED_WIDTH; k++)
            assert_true((float)source_image(s, i)[k] == vector[k]);
    }
}

static void items_are_those_of_the_split(void **state)
{
    (void)state;
    size_t positions[TRAINING_ITEMS], count = 0;
    const struct gmr_split *splits;
    size_t split_count;
    encoded_embed(digest, 0);
    assert_int_equal(catalogue_splits(catalogue, &splits, &split_count), GMR_OK);
    for (size_t i = 0; i < split_count; i++)
        if (strcmp(splits[i].name, "train") == 0)
            count = splits[i].items;
    assert_true(count > 2 && count < TRAINING_ITEMS);
    assert_int_equal(catalogue_split_items(catalogue, "train", positions, count), GMR_OK);
    options.split = "train";
    open_source();
    assert_int_equal(catalogue_source(source)->items, count);
    assert_int_equal(catalogue_source_left_out(source), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(catalogue_source_position(source, i), positions[i]);
    check_vectors();
}

static void items_without_vector_are_left_out(void **state)
{
    (void)state;
    encoded_embed(digest, LEFT_OUT);
    open_source();
    assert_int_equal(catalogue_source(source)->items, TRAINING_ITEMS - LEFT_OUT);
    assert_int_equal(catalogue_source_left_out(source), LEFT_OUT);
    assert_int_equal(catalogue_source_position(source, 0), LEFT_OUT);
    check_vectors();
}

/* ---- words ---- */

struct said {
    uint64_t target[PAIRS], liked[PAIRS];
    struct critic_memory memory[PAIRS];
    real text[PAIRS * ENCODED_WIDTH];
    char words[PAIRS][CRITIC_TEXT];
};

/* Of items 0, 1, ... that like the one after, or, at last, themselves. */
static void say(struct said *s)
{
    const struct dialogue_source *d = catalogue_source(source);
    memset(s, 0, sizeof *s);
    for (size_t u = 0; u < PAIRS; u++) {
        s->target[u] = u;
        s->liked[u] = u + 1 < PAIRS ? u + 1 : u;
        s->memory[u].dialogue = 100 + u;
    }
    assert_int_equal(
        d->critiques(d->user, s->target, s->liked, s->memory, PAIRS, s->text, s->words), GMR_OK);
}

/* Features of words, asked for one by one. */
static void check_features(const struct said *s)
{
    const struct encoder_options wanted = { .weights = encoder };
    struct encoder *own;
    assert_int_equal(encoder_open(compute, &memory.allocator, &wanted, &own), GMR_OK);
    for (size_t u = 0; u < PAIRS; u++) {
        const char *words = s->words[u];
        real expected[ENCODED_WIDTH];
        assert_int_equal(encoder_texts(own, &words, 1, expected), GMR_OK);
        assert_true(normalised_error(s->text + u * ENCODED_WIDTH, expected, ENCODED_WIDTH) < 1e-5);
    }
    encoder_close(own);
}

static void attributes_are_spoken_of(void **state)
{
    (void)state;
    static struct said first, again, other;
    encoded_embed(digest, LEFT_OUT);
    open_source();
    assert_string_equal(catalogue_source_critic(source), "attributes");
    say(&first);
    for (size_t u = 0; u < PAIRS; u++)
        assert_int_equal(first.memory[u].turn, 1);
    assert_int_not_equal(first.words[0][0], '\0');
    assert_int_equal(first.words[PAIRS - 1][0], '\0'); /* it has what it wants */
    check_features(&first);
    open_source();
    say(&again);
    assert_memory_equal(&again, &first, sizeof first);
    options.phrasing = GMR_PHRASING_EVALUATION;
    open_source();
    say(&other);
    assert_memory_not_equal(other.words, first.words, sizeof first.words);
}

/* What an attribute critic of one's own says of those positions. */
static void items_are_not_mixed_up(void **state)
{
    (void)state;
    static struct said s;
    const struct attribute_critic_options wanted = { .seed = 42 };
    struct attribute_critic *own;
    encoded_embed(digest, LEFT_OUT);
    assert_int_equal(attribute_critic_create(&memory.allocator, catalogue, &wanted, &own), GMR_OK);
    open_source();
    say(&s);
    for (size_t u = 0; u < PAIRS; u++) {
        const struct critic_pair pair = { s.target[u] + LEFT_OUT, s.liked[u] + LEFT_OUT };
        struct critic_memory fresh = { .dialogue = 100 + u };
        char text[1][CRITIC_TEXT];
        struct critic *critic = attribute_critic(own);
        assert_int_equal(critic->critiques(critic, &pair, &fresh, 1, text), GMR_OK);
        assert_string_equal(text[0], s.words[u]);
    }
    attribute_critic_destroy(own);
}

static void words_need_not_be_wanted(void **state)
{
    (void)state;
    static struct said s;
    real text[PAIRS * ENCODED_WIDTH];
    encoded_embed(digest, 0);
    open_source();
    say(&s);
    memset(s.memory, 0, sizeof s.memory);
    for (size_t u = 0; u < PAIRS; u++)
        s.memory[u].dialogue = 100 + u;
    const struct dialogue_source *d = catalogue_source(source);
    assert_int_equal(d->critiques(d->user, s.target, s.liked, s.memory, PAIRS, text, NULL), GMR_OK);
    assert_memory_equal(text, s.text, sizeof text);
}

static void captioners_look_at_pictures(void **state)
{
    (void)state;
    static struct said s;
    seeing_put_captioner("captioner", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, digest);
    encoded_embed(digest, 0);
    options.captioner = captioner;
    open_source();
    assert_string_equal(catalogue_source_critic(source), "captioner");
    say(&s);
    assert_int_equal(s.memory[0].turn, 1);
    assert_int_not_equal(s.words[0][0], '\0');
    check_features(&s);
    options.regions = encoder; /* the same */
    open_source();
    assert_string_equal(catalogue_source_critic(source), "captioner");
}

/* ---- all that dialogues depend on ---- */

static char *digest_now(char hex[DIGEST_HEX])
{
    open_source();
    assert_int_equal(catalogue_source_digest(source, hex), GMR_OK);
    return hex;
}

static void change_catalogue(const char *sql)
{
    sqlite3 *db;
    catalogue_source_close(source);
    catalogue_close(catalogue);
    source = NULL;
    assert_int_equal(sqlite3_open(in_scratch("shop/catalogue.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
    assert_int_equal(catalogue_open(&memory.allocator, in_scratch("shop"), &catalogue), GMR_OK);
}

/* The digest is another one until it is changed back. */
static void assert_matters(const char *change, const char *back)
{
    char before[DIGEST_HEX], after[DIGEST_HEX];
    digest_now(before);
    change_catalogue(change);
    assert_string_not_equal(digest_now(after), before);
    change_catalogue(back);
    assert_string_equal(digest_now(after), before);
}

static void a_digest_is_of_all_that_matters(void **state)
{
    (void)state;
    char first[DIGEST_HEX], other[DIGEST_HEX];
    static const size_t ends[] = { 0, TRAINING_ITEMS - 1 };
    float vectors[2][ENCODED_WIDTH];
    encoded_embed(digest, 0);
    digest_now(first);
    assert_string_equal(digest_now(other), first);
    options.seed++;
    assert_string_not_equal(digest_now(other), first);
    options.seed--;
    options.phrasing = GMR_PHRASING_EVALUATION;
    assert_string_not_equal(digest_now(other), first);
    options.phrasing = GMR_PHRASING_TRAINING;
    options.split = "train";
    assert_string_not_equal(digest_now(other), first);
    options.split = NULL;
    assert_matters("UPDATE item SET key = key || '!' WHERE position = 7",
                   "UPDATE item SET key = rtrim(key, '!') WHERE position = 7");
    assert_matters("UPDATE attribute_value SET text = text || '!' WHERE text = 'red'",
                   "UPDATE attribute_value SET text = 'red' WHERE text = 'red!'");
    assert_matters("UPDATE attribute SET name = 'color' WHERE name = 'colour'",
                   "UPDATE attribute SET name = 'colour' WHERE name = 'color'");
    for (size_t i = 0; i < 2; i++) /* other vectors of the same items */
        encoded_vector(ends[i], vectors[i]);
    for (int changed = 0; changed < 2; changed++) {
        vectors[1][ENCODED_WIDTH - 1] += (float)changed;
        assert_int_equal(
            embedding_write(catalogue, "clip", digest, vectors[0], ENCODED_WIDTH, ends, 2), GMR_OK);
        digest_now(changed ? other : first);
    }
    assert_string_not_equal(first, other);
}

static void a_digest_is_of_the_split(void **state)
{
    (void)state;
    char before[DIGEST_HEX], after[DIGEST_HEX];
    encoded_embed(digest, 0);
    options.split = "train";
    digest_now(before);
    change_catalogue(
        "UPDATE item SET key = key || '!' WHERE id = (SELECT item FROM split_item JOIN "
        "split ON split.id = split_item.split WHERE name = 'test' LIMIT 1)");
    assert_string_equal(digest_now(after), before);
}

/* ---- what is refused ---- */

static void refuse(enum gmr_status expected, const char *message)
{
    struct catalogue_source *none = (struct catalogue_source *)&options;
    assert_int_equal(catalogue_source_open(compute, &memory.allocator, catalogue, &options, &none),
                     expected);
    assert_null(none);
    assert_message(message);
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    refuse(GMR_ERR_NOT_FOUND, "'gommir encode' makes it");
    encoded_embed("another", 0);
    refuse(GMR_ERR_NOT_FOUND, "clip.safetensors");
    encoded_embed(digest, TRAINING_ITEMS - 1);
    refuse(GMR_ERR_RANGE, "only 1 item");
    encoded_embed(digest, 0);
    options.split = "nowhere";
    refuse(GMR_ERR_NOT_FOUND, "no split 'nowhere'");
    options.split = NULL;
    options.encoder.weights = "none";
    refuse(GMR_ERR_NOT_FOUND, "none");
    options.encoder.weights = encoder;
    options.captioner = "nobody";
    refuse(GMR_ERR_NOT_FOUND, "nobody");
    seeing_put_captioner("captioner", CAPTIONER_TRANSFORMER, SEEING_CHANNELS, "another");
    options.captioner = captioner;
    refuse(GMR_ERR_STATE, "captioner");
    options.regions = "no eyes";
    refuse(GMR_ERR_NOT_FOUND, "no eyes");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(items_are_those_of_the_split), TEST(items_without_vector_are_left_out),
        TEST(attributes_are_spoken_of),     TEST(items_are_not_mixed_up),
        TEST(words_need_not_be_wanted),     TEST(captioners_look_at_pictures),
        TEST(what_is_missing_is_told),      TEST(a_digest_is_of_all_that_matters),
        TEST(a_digest_is_of_the_split),
    };
    return cmocka_run_group_tests(tests, setup_all, scratch_teardown);
}
