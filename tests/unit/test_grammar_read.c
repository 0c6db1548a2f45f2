/* Reading grammars: what is wrong with one is said with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "simulator/grammar/grammar.h"
#include "support/message.h"

#define FRAME                                             \
    "join t 1 and\njoin e 1 plus\nclosing one A {noun}\n" \
    "closing many Some {noun}\nclosing unknown It\n" /* five lines */

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum gmr_status read(struct grammar *grammar, const char *text)
{
    const struct grammar_text file = { "g.txt", text };
    const enum gmr_status status = grammar_read(grammar, NULL, &file, 1);
    return status == GMR_OK ? grammar_compile(grammar) : status;
}

static void faults_are_named_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "g.txt: a grammar joins phrases of both sets" },
        { "join t 1 and\njoin e 1 and\n", "three closing remarks" },
        { "join t 1 and\njoin e 0 and\n", "joins phrases of both sets" },
        { "# nothing\n\nnonsense", "g.txt:3: unknown keyword 'nonsense'" },
        { "weight 1", "g.txt:1: 'weight' belongs to nothing above" },
        { "topic a\nis red", "g.txt:2: 'is' belongs to nothing above" },
        { "topic", "topic '' has no name" },
        { "topic a\ntopic a", "g.txt:2: topic 'a' has no name, or is there already" },
        { "topic a\nweight x", "'x' is no number" },
        { "topic a\nweight -1", "'-1' is no number" },
        { "topic a\nweight nan", "'nan' is no number" },
        { "topic a\nweight 1e9", "'1e9' is no number" },
        { "topic a\nmix 1 2 3", "'' is no number" },
        { "topic a\nmix 1 2 3 4 x", "'x' is no number" },
        { "topic a\nsay pair t is {is}", "a phrase of kind 'pair' does not have" },
        { "topic a\nwithin b", "no topic 'b' above" },
        { "topic a\nopen door", "nothing stands behind 'open'" },
        { "topic a\nreads", "which attribute?" },
        { "topic a\nnumbers x\nnumbers y", "g.txt:3: a topic reads one attribute of numbers" },
        { "topic a\nvalue b\nvalue b", "value 'b' has no name, or is there already" },
        { "topic a\nplain b | | c", "value '' has no name" },
        { "topic a\nvalue b\nis one two three four five six seven", "is not 1 to 6 words" },
        { "topic a\nvalue b\nis caf\xC3\xA9", "words of a critique are ASCII" },
        { "topic a\nvalue b\nis ,", "is not 1 to 6 words" },
        { "topic a\nspell b : c", "topic 'a' has no value 'b'" },
        { "topic a\nplain b\nkinds b : c\n" FRAME, "g.txt:3: topic 'a' has no value 'c'" },
        { "topic a\nplain b\nkinds b : b\n" FRAME, "g.txt:3: 'b' and itself" },
        { "topic a\nplain b\nkinds b", "no ':'" },
        { "topic a\nplain b\norder b", "is not a value and its rank" },
        { "topic a\nplain b\norder b 1, b 2", "'b' has a rank already" },
        { "topic a\nplain b\norder b one", "'one' is no number" },
        { "topic a\nuse b", "no group 'b' above" },
        { "group b\ntopic a\nvalue c\nuse b", "'use' stands above the values" },
        { "group b\ngroup b", "group 'b' has no name, or is there already" },
        { "topic a\nsay be t {is}", "'be' is no kind of phrase" },
        { "topic a\nsay is x {is}", "'x' is no set of phrasings" },
        { "topic a\ntail is lead t {is}", "a tail follows any, is or has" },
        { "topic a\nsay is t [is {is}", "brackets are [ONE|MANY]" },
        { "topic a\nsay is t is {was}", "no form of a value: 'was'" },
        { "topic a\nsay is t is {is", "a '{' without '}'" },
        { "topic a\nsay is t {is} {is}", "two places for one value" },
        { "topic a\nsay is t is red", "a phrase of kind 'is' does not have these places" },
        { "topic a\nsay more t is {is}", "a phrase of kind 'more' does not have" },
        { "topic a\nsay contrast t is {is}", "a phrase of kind 'contrast' does not have" },
        { "topic a\nvalue b\nsay more t is b", "a phrase of kind 'more' does not have" },
        { "topic a\nsay more t", "a phrase without words" },
        { FRAME "topic a\nsay more t ,", "g.txt:7: a phrase without words" },
        { FRAME "topic a\nsay more t is up\nsay more e is up",
          "g.txt:8: the same words as g.txt:7" },
        { FRAME "topic a\nsay more t is up\nsay less t is up",
          "g.txt:8: the same words as g.txt:7" },
        { "alias a", "an alias is two words" },
        { "alias a b\nalias a c", "'a' is used already" },
        { "two 2", "a share is at most 1" },
        { "join t 1", "nothing to join with" },
        { "closing one It", "has a {noun}" },
        { "closing all It", "'all' is neither one, many nor unknown" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct grammar grammar;
        if (read(&grammar, cases[i].text) != GMR_ERR_FORMAT)
            fail_msg("taken: %s", cases[i].text);
        assert_message(cases[i].message);
        grammar_release(&grammar);
    }
}

static void long_lines_and_many_topics_are_refused(void **state)
{
    (void)state;
    static char text[16384];
    struct grammar grammar;
    memset(text, 'x', 5000);
    assert_int_equal(read(&grammar, text), GMR_ERR_FORMAT);
    assert_message("g.txt:1: a line of more than");
    grammar_release(&grammar);
    text[0] = '\0';
    for (int i = 0; i <= GRAMMAR_TOPICS; i++) {
        char *end = text + strlen(text);
        snprintf(end, sizeof text - (size_t)(end - text), "topic t%d\n", i);
    }
    assert_int_equal(read(&grammar, text), GMR_ERR_FORMAT);
    assert_message("g.txt:65: more than 64 topics");
    grammar_release(&grammar);
}

static void files_follow_each_other(void **state)
{
    (void)state;
    const struct grammar_text files[] = { { "one", FRAME "group g\nsay more t is up\ntopic a" },
                                          { "two", "topic b\nuse g\nvalue c\n" },
                                          { "three", "value d" } };
    struct grammar grammar;
    assert_int_equal(grammar_read(&grammar, NULL, files, 2), GMR_OK);
    assert_int_equal(grammar.topics, 2);
    assert_int_equal(grammar.phrases, 1);
    grammar_release(&grammar);
    assert_int_equal(grammar_read(&grammar, NULL, files, 3), GMR_ERR_FORMAT);
    assert_message("three:1: 'value' belongs to nothing above");
    grammar_release(&grammar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_named_with_their_line),
        cmocka_unit_test(long_lines_and_many_topics_are_refused),
        cmocka_unit_test(files_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
