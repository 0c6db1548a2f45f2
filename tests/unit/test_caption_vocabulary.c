/* Words of captions as numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/arena.h"
#include "learning/caption_vocabulary.h"

enum { LENGTH = 6 };

static struct arena arena;
static struct caption_vocabulary vocabulary;

/* Learns from texts ended by NULL. */
static void learn(size_t minimum, const char *const *texts)
{
    struct caption_count count;
    arena_init(&arena, NULL, 0);
    caption_count_init(&count, &arena);
    for (; *texts; texts++)
        assert_int_equal(caption_count_add(&count, *texts), GMR_OK);
    assert_int_equal(caption_vocabulary_learn(&count, minimum, &vocabulary), GMR_OK);
}

static void check(const char *text, size_t words, const int64_t *expected)
{
    int64_t ids[LENGTH];
    assert_int_equal(caption_encode(&vocabulary, text, LENGTH, ids), words);
    assert_memory_equal(ids, expected, sizeof ids);
}

static void commonest_words_come_first(void **state)
{
    (void)state;
    learn(2, (const char *const[]){ "is red", "is blue and long", "is blue", "has heels", NULL });
    assert_int_equal(vocabulary.count, 3);
    assert_string_equal(vocabulary.word[0], "");
    assert_string_equal(vocabulary.word[1], "is");
    assert_string_equal(vocabulary.word[2], "blue");
    assert_string_equal(vocabulary.word[3], CAPTION_UNKNOWN);
    check("is blue", 2, (const int64_t[LENGTH]){ 1, 2 });
    check("has blue", 2, (const int64_t[LENGTH]){ 3, 2 }); /* seen once: UNK */
    check("", 0, (const int64_t[LENGTH]){ 0 });
    arena_release(&arena);
}

/* Equally common ones in the order of their letters, so that nothing depends on a sort. */
static void equal_words_are_in_order(void **state)
{
    (void)state;
    learn(1, (const char *const[]){ "b d a c", NULL });
    check("a b c d unk", 5, (const int64_t[LENGTH]){ 1, 2, 3, 4, 5 });
    arena_release(&arena);
}

/* Spec section 5.3: digits and . \ / go, commas are words, case does not count. */
static void texts_are_cleaned(void **state)
{
    (void)state;
    learn(1, (const char *const[]){ "Is red,and/or b1ue.", " 12 . \t", NULL });
    assert_int_equal(vocabulary.count, 6);
    check("IS red , andor bue", 5, (const int64_t[LENGTH]){ 4, 5, 1, 2, 3 });
    check("3is ,red", 3, (const int64_t[LENGTH]){ 4, 1, 5 });
    arena_release(&arena);
}

static void long_texts_are_cut(void **state)
{
    (void)state;
    static const char endless[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                                  "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    learn(1, (const char *const[]){ "a", endless, NULL });
    assert_int_equal(vocabulary.count, 3);
    check("a a a a a a a a", 8, (const int64_t[LENGTH]){ 1, 1, 1, 1, 1, 1 });
    check(endless, 1, (const int64_t[LENGTH]){ 2 });
    arena_release(&arena);
}

static void nothing_gives_unknown_only(void **state)
{
    (void)state;
    learn(1, (const char *const[]){ NULL });
    assert_int_equal(vocabulary.count, 1);
    check("red", 1, (const int64_t[LENGTH]){ 1 });
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commonest_words_come_first), cmocka_unit_test(equal_words_are_in_order),
        cmocka_unit_test(texts_are_cleaned),          cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(nothing_gives_unknown_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
