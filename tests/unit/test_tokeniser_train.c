/* Learned vocabularies, against merges worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "media/tokeniser.h"
#include "support/message.h"

/* A trainer that has read the texts; NULL ends them. */
static struct tokeniser_trainer *read_texts(const char *const *texts)
{
    struct tokeniser_trainer *trainer;
    assert_int_equal(tokeniser_trainer_create(NULL, &trainer), GMR_OK);
    for (; *texts; texts++)
        assert_int_equal(tokeniser_trainer_add(trainer, *texts), GMR_OK);
    return trainer;
}

static void check_merges(const struct tokeniser_trainer *trainer, size_t merges,
                         const char *expected)
{
    static const char header[] = "#version: 0.2\n";
    struct tokeniser *tokeniser;
    const char *text;
    size_t size, head = sizeof header - 1;
    assert_int_equal(tokeniser_trainer_finish(trainer, merges, &tokeniser), GMR_OK);
    assert_int_equal(tokeniser_text(tokeniser, &text, &size), GMR_OK);
    assert_memory_equal(text, header, head);
    if (size - head != strlen(expected) || memcmp(text + head, expected, size - head) != 0)
        fail_msg("learned:\n%.*s", (int)(size - head), text + head);
    tokeniser_destroy(tokeniser);
}

static void check_learned(const char *const *texts, size_t merges, const char *expected)
{
    struct tokeniser_trainer *trainer = read_texts(texts);
    check_merges(trainer, merges, expected);
    tokeniser_trainer_destroy(trainer);
}

/* low 5 times, lower 2, newest 6, widest 3. Of pairs as common as others, e s (9) precedes s t</w>,
 * and e w (6) precedes n e and w est</w>. */
static const char classic_merges[] =
    "e s\nes t</w>\nl o\ne w\new est</w>\nn ewest</w>\nlo w</w>\n"
    "d est</w>\ni dest</w>\nw idest</w>\ne r</w>\nlo w\nlow er</w>\n";

static void learns_the_classic(void **state)
{
    (void)state;
    static const char *const texts[] = { "low low low low low", "lower Lower",
                                         "newest newest newest",
                                         "NEWEST newest newest widest widest widest", NULL };
    static const char *const other_order[] = { "widest newest low lower widest newest low newest",
                                               "newest newest low lower widest newest low low",
                                               NULL };
    check_learned(texts, 100, classic_merges);
    check_learned(other_order, 100, classic_merges);
    check_learned(texts, 2, "e s\nes t</w>\n");
    check_learned(texts, 0, "");
}

/* The three letters overlap in "aaaa"; counts are of places. */
static void counts_overlaps(void **state)
{
    (void)state;
    static const char *const twice[] = { "aaaa aaaa", NULL };
    static const char *const five[] = { "aaaaa", NULL };
    check_learned(twice, 9, "a a\na a</w>\naa aa</w>\n");
    check_learned(five, 9, "a a\n");
}

/* Bytewise: "Z" is read as "z"; of bytes above ASCII the value counts; a byte inside a word
 * precedes the same at its end. */
static void breaks_ties(void **state)
{
    (void)state;
    static const char *const left[] = { "zx zx", "bx bx", "\u00E9x \u00E9x", NULL };
    static const char *const right[] = { "qzk qzk", "qbm qbm", NULL };
    static const char *const end[] = { "bq bq", "bqz bqz", NULL };
    check_learned(left, 2, "b x</w>\nz x</w>\n");
    check_learned(right, 2, "b m</w>\nq bm</w>\n");
    check_learned(end, 1, "b q\n");
}

static void stops_at_single_pairs(void **state)
{
    (void)state;
    static const char *const texts[] = { "ab cd ef", NULL };
    static const char *const none[] = { NULL };
    static const char *const empty[] = { "", " \t", NULL };
    check_learned(texts, 9, "");
    check_learned(none, 9, "");
    check_learned(empty, 9, "");
}

static void leaves_out(void **state)
{
    (void)state;
    char words[2 * TOKENISER_MAX_LEARNED + 4];
    const char *const texts[] = { words, "<|startoftext|> <|startoftext|>", NULL };
    memset(words, '-', sizeof words);
    words[TOKENISER_MAX_LEARNED + 1] = ' ';
    words[sizeof words - 1] = '\0';
    check_learned(texts, 1, ""); /* both are too long by one */
    words[TOKENISER_MAX_LEARNED] = ' ';
    check_learned(texts, 1, "- -\n");
}

/* A trainer goes on where it was. */
static void finishes_twice(void **state)
{
    (void)state;
    static const char *const texts[] = { "ab ab", NULL };
    struct tokeniser_trainer *trainer = read_texts(texts);
    check_merges(trainer, 9, "a b</w>\n");
    check_merges(trainer, 9, "a b</w>\n");
    assert_int_equal(tokeniser_trainer_add(trainer, "cd cd cd"), GMR_OK);
    check_merges(trainer, 9, "c d</w>\na b</w>\n");
    tokeniser_trainer_destroy(trainer);
}

static void refuses_many_merges(void **state)
{
    (void)state;
    static const char *const texts[] = { "ab ab", NULL };
    struct tokeniser_trainer *trainer = read_texts(texts);
    struct tokeniser *tokeniser = (struct tokeniser *)&trainer;
    assert_int_equal(tokeniser_trainer_finish(trainer, TOKENISER_MAX_MERGES + 1, &tokeniser),
                     GMR_ERR_RANGE);
    assert_null(tokeniser);
    assert_message("1048577 merges, at most 1048576");
    tokeniser_trainer_destroy(trainer);
    tokeniser_trainer_destroy(NULL);
}

/* A vocabulary written and read encodes as the learned one does, and its words come back. */
static void reads_what_it_learned(void **state)
{
    (void)state;
    static const char *const texts[] = { "a red dress with longer sleeves", "longer red sleeves",
                                         "the dress is red & has no sleeves",
                                         "caf\u00E9 caf\u00E9 \U0001F457\U0001F457 \U0001F457",
                                         NULL };
    struct tokeniser_trainer *trainer = read_texts(texts);
    struct tokeniser *learned, *read;
    const char *text;
    char words[128];
    int64_t ids[2][40];
    size_t size, length[2];
    assert_int_equal(tokeniser_trainer_finish(trainer, 40, &learned), GMR_OK);
    assert_int_equal(tokeniser_text(learned, &text, &size), GMR_OK);
    assert_int_equal(tokeniser_parse(NULL, text, size, "learned", &read), GMR_OK);
    for (size_t i = 0; texts[i]; i++) {
        assert_int_equal(tokeniser_encode(learned, texts[i], 40, false, ids[0], &length[0]),
                         GMR_OK);
        assert_int_equal(tokeniser_encode(read, texts[i], 40, false, ids[1], &length[1]), GMR_OK);
        assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
        assert_int_equal(tokeniser_decode(read, ids[0], length[0], words, sizeof words), GMR_OK);
        assert_string_equal(words, texts[i]);
    }
    assert_int_equal(tokeniser_encode(read, "dress sleeves", 40, false, ids[0], &length[0]),
                     GMR_OK);
    assert_int_equal(length[0], 4); /* one token each */
    tokeniser_destroy(read);
    tokeniser_destroy(learned);
    tokeniser_trainer_destroy(trainer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_the_classic),  cmocka_unit_test(counts_overlaps),
        cmocka_unit_test(breaks_ties),         cmocka_unit_test(stops_at_single_pairs),
        cmocka_unit_test(leaves_out),          cmocka_unit_test(finishes_twice),
        cmocka_unit_test(refuses_many_merges), cmocka_unit_test(reads_what_it_learned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
