/* Batches of pairs: what is in them, that they do not depend on where an epoch was entered, and
 * what is held against what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "learning/pair_stream.h"
#include "support/message.h"
#include "support/pictured.h"
#include "support/scratch.h"
#include "support/training.h"

enum { BATCH = 8, SIDE = 32, CONTEXT = 20, PICTURE = 3 * SIDE * SIDE };

static struct catalogue *shop;
static struct corpus corpus;
static struct tokeniser *tokeniser;

static void open_shop(const char *split)
{
    struct tokeniser_trainer *trainer;
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &shop), GMR_OK);
    corpus_init(&corpus, NULL);
    assert_int_equal(corpus_add(&corpus, 0, shop, split, NULL), GMR_OK);
    assert_int_equal(tokeniser_trainer_create(NULL, &trainer), GMR_OK);
    assert_int_equal(tokeniser_trainer_finish(trainer, 0, &tokeniser), GMR_OK);
    tokeniser_trainer_destroy(trainer);
}

static int close_shop(void **state)
{
    tokeniser_destroy(tokeniser);
    corpus_release(&corpus);
    catalogue_close(shop);
    return scratch_teardown(state);
}

static void start(struct pair_stream *stream, uint64_t seed)
{
    const struct pair_stream_settings settings = {
        .batch = BATCH, .resolution = SIDE, .context = CONTEXT, .seed = seed, .threads = 1
    };
    assert_int_equal(pair_stream_init(stream, NULL, &corpus, &shop, 1, tokeniser, settings),
                     GMR_OK);
}

/* The pictures and ids of batch `number` of an epoch. */
struct copy {
    real pictures[BATCH * PICTURE];
    int64_t ids[BATCH * CONTEXT];
    size_t length;
};

static void take(struct pair_stream *stream, struct copy *copy)
{
    struct contrastive_batch batch;
    assert_int_equal(pair_stream_next(stream, &batch), GMR_OK);
    memset(copy, 0, sizeof *copy);
    memcpy(copy->pictures, batch.pictures, sizeof copy->pictures);
    memcpy(copy->ids, batch.words.ids, BATCH * batch.words.length * sizeof *copy->ids);
    copy->length = batch.words.length;
    assert_int_equal(batch.words.count, BATCH);
}

static void batches_do_not_depend_on_the_way(void **state)
{
    static struct copy first, second, again, other;
    struct pair_stream stream;
    training_catalogue();
    open_shop("train");
    start(&stream, 1);
    assert_true(pair_stream_batches(&stream) >= 2);
    assert_int_equal(pair_stream_seek(&stream, 4, 0), GMR_OK);
    take(&stream, &first);
    take(&stream, &second);
    assert_int_equal(pair_stream_seek(&stream, 5, 1), GMR_OK);
    take(&stream, &other);
    assert_int_equal(pair_stream_seek(&stream, 4, 1), GMR_OK);
    take(&stream, &again);
    assert_memory_equal(&second, &again, sizeof second);
    assert_memory_not_equal(&second, &first, sizeof second);
    assert_memory_not_equal(&second, &other, sizeof second);
    pair_stream_release(&stream);
    start(&stream, 2);
    assert_int_equal(pair_stream_seek(&stream, 4, 1), GMR_OK);
    take(&stream, &other);
    assert_memory_not_equal(&second, &other, sizeof second);
    pair_stream_release(&stream);
}

/* Some batches, but not most, speak of one attribute: all texts have one fact, but for items that
 * lack the attribute. */
static void some_batches_have_a_topic(void **state)
{
    enum { EPOCHS = 40 };
    struct pair_stream stream;
    struct contrastive_batch batch;
    size_t with_topic = 0;
    training_catalogue();
    open_shop("train");
    start(&stream, 1);
    for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
        size_t single = 0;
        assert_int_equal(pair_stream_seek(&stream, epoch, 0), GMR_OK);
        assert_int_equal(pair_stream_next(&stream, &batch), GMR_OK);
        for (size_t i = 0; i < BATCH; i++)
            single += stream.text[i].facts == 1 && strlen(stream.text[i].text) < 40;
        with_topic += single == BATCH;
    }
    assert_in_range(with_topic, EPOCHS / 20, EPOCHS / 2);
    pair_stream_release(&stream);
}

/* What is drawn of an item differs from epoch to epoch, not only its place. */
static void texts_are_drawn_anew(void **state)
{
    static char first[TRAINING_ITEMS][ITEM_TEXT_SIZE];
    struct pair_stream stream;
    struct contrastive_batch batch;
    size_t same = 0, met = 0;
    training_catalogue();
    open_shop("train");
    start(&stream, 1);
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        assert_int_equal(pair_stream_seek(&stream, epoch, 0), GMR_OK);
        for (size_t n = 0; n < pair_stream_batches(&stream); n++) {
            assert_int_equal(pair_stream_next(&stream, &batch), GMR_OK);
            for (size_t i = 0; i < BATCH; i++) {
                char *before = first[stream.order[n * BATCH + i]];
                met += epoch == 1 && before[0] != '\0';
                same += epoch == 1 && strcmp(before, stream.text[i].text) == 0;
                snprintf(before, ITEM_TEXT_SIZE, "%s", stream.text[i].text);
            }
        }
    }
    assert_true(met > 10 && same < met / 4); /* topics make some differ anyway */
    pair_stream_release(&stream);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void an_epoch_has_each_item_once(void **state)
{
    struct pair_stream stream;
    training_catalogue();
    open_shop("train");
    start(&stream, 1);
    assert_int_equal(pair_stream_seek(&stream, 0, 0), GMR_OK);
    qsort(stream.order, corpus.count, sizeof *stream.order, by_number);
    for (size_t i = 0; i < corpus.count; i++)
        assert_int_equal(stream.order[i], i);
    pair_stream_release(&stream);
}

/* Texts lie as close as the longest allows, each from SOT to its end token. */
static void words_are_whole(void **state)
{
    struct pair_stream stream;
    struct contrastive_batch batch;
    training_catalogue();
    open_shop("train");
    const int64_t sot = (int64_t)tokeniser_size(tokeniser) - 2, eot = sot + 1;
    start(&stream, 1);
    assert_int_equal(pair_stream_seek(&stream, 0, 0), GMR_OK);
    for (size_t n = 0; n < pair_stream_batches(&stream); n++) {
        size_t longest = 0;
        assert_int_equal(pair_stream_next(&stream, &batch), GMR_OK);
        for (size_t i = 0; i < BATCH; i++) {
            const size_t at = (size_t)batch.words.end[i] - i * batch.words.length;
            assert_int_equal(batch.words.ids[i * batch.words.length], sot);
            assert_int_equal(batch.words.ids[batch.words.end[i]], eot);
            longest = at + 1 > longest ? at + 1 : longest;
        }
        assert_int_equal(longest, batch.words.length);
    }
    pair_stream_release(&stream);
}

/* A pair is left out exactly where the text of another is true of an item. */
static void mask_leaves_out_what_is_true(void **state)
{
    struct pair_stream stream;
    struct contrastive_batch batch;
    size_t left_out = 0, all = 0;
    training_catalogue();
    open_shop("train");
    start(&stream, 1);
    for (uint64_t epoch = 0; epoch < 5; epoch++) {
        assert_int_equal(pair_stream_seek(&stream, epoch, 0), GMR_OK);
        assert_int_equal(pair_stream_next(&stream, &batch), GMR_OK);
        for (size_t i = 0; i < BATCH; i++)
            for (size_t j = 0; j < BATCH; j++) {
                const bool is_true = item_text_is_true(&stream.text[j], stream.facts[i]);
                const real mask = batch.mask[i * BATCH + j];
                assert_true(i != j || (is_true && mask == 0));
                assert_true((mask < -1000) == (is_true && i != j));
                left_out += mask < -1000;
                all++;
            }
    }
    assert_in_range(left_out, all / 50, all / 3);
    pair_stream_release(&stream);
}

/* Pictures that cannot be read are counted, and others stand in for them with their own words. */
static void broken_pictures_are_replaced(void **state)
{
    enum { ITEMS = 32 };
    struct pair_stream stream;
    struct contrastive_batch batch;
    pictured_create(0, ITEMS, GMR_NO_ITEM);
    open_shop(NULL);
    size_t broken = 0;
    for (size_t i = 0; i < ITEMS; i++)
        broken += pictured_has_picture(i) && !pictured_is_sound(i);
    assert_true(broken > 0);
    start(&stream, 1);
    assert_int_equal(pair_stream_seek(&stream, 0, 0), GMR_OK);
    for (size_t n = 0; n < pair_stream_batches(&stream); n++) {
        assert_int_equal(pair_stream_next(&stream, &batch), GMR_OK);
        for (size_t i = 0; i < BATCH; i++)
            for (size_t k = 0; k < PICTURE; k++)
                assert_true(batch.pictures[i * PICTURE + k] > -10);
    }
    assert_true(stream.broken > 0 && stream.broken <= broken);
    assert_true(stream.reason[0] != '\0');
    pair_stream_release(&stream);
}

static void nothing_to_learn_from_is_an_error(void **state)
{
    const struct pair_stream_settings settings = { .batch = 2, .resolution = 32, .context = 8 };
    struct pair_stream stream;
    training_catalogue();
    open_shop("train");
    const size_t count = corpus.count;
    corpus.count = 0;
    assert_int_equal(pair_stream_init(&stream, NULL, &corpus, &shop, 1, tokeniser, settings),
                     GMR_ERR_RANGE);
    assert_message("no picture");
    corpus.count = count;
}

static void splits_that_are_not_there_are_named(void **state)
{
    training_catalogue();
    open_shop("train");
    assert_int_equal(corpus_add(&corpus, 0, shop, "nonsense", NULL), GMR_ERR_NOT_FOUND);
    assert_message("no split 'nonsense'");
}

/* A tenth by key, the others stay as they were, and nothing is in both. */
static void a_tenth_can_be_held_out(void **state)
{
    struct corpus held_out;
    bool has;
    training_catalogue();
    open_shop(NULL);
    assert_int_equal(corpus.count, TRAINING_ITEMS);
    corpus_init(&held_out, NULL);
    assert_int_equal(corpus_hold_out(&corpus, 8, &held_out), GMR_OK);
    assert_int_equal(corpus.count + held_out.count, TRAINING_ITEMS);
    assert_in_range(held_out.count, 1, TRAINING_ITEMS / 4);
    for (size_t i = 0; i < held_out.count; i++)
        for (size_t j = 0; j < corpus.count; j++)
            assert_string_not_equal(held_out.item[i].item.key, corpus.item[j].item.key);
    for (size_t j = 1; j < corpus.count; j++)
        assert_true(corpus.item[j - 1].position < corpus.item[j].position);
    assert_int_equal(corpus.item[7].position, 7);
    corpus_release(&held_out);
    assert_int_equal(corpus_has_split(shop, "train", &has), GMR_OK);
    assert_true(has);
    assert_int_equal(corpus_has_split(shop, "nonsense", &has), GMR_OK);
    assert_false(has);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batches_do_not_depend_on_the_way),
        TEST(an_epoch_has_each_item_once),
        TEST(some_batches_have_a_topic),
        TEST(texts_are_drawn_anew),
        TEST(words_are_whole),
        TEST(mask_leaves_out_what_is_true),
        TEST(broken_pictures_are_replaced),
        TEST(nothing_to_learn_from_is_an_error),
        TEST(a_tenth_can_be_held_out),
        TEST(splits_that_are_not_there_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
