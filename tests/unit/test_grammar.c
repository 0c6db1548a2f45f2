/* Reading grammars: what is wrong with one is said with its place; and small ones that show each
 * keyword at work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "simulator/grammar/grammar.h"
#include "simulator/grammar/hear.h"
#include "simulator/grammar/say.h"
#include "support/attributed.h"
#include "support/message.h"
#include "support/scratch.h"

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

/* ---- what is wrong ---- */

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

/* ---- speaking and listening ---- */

struct fixture {
    struct grammar grammar;
    struct traits traits;
};

static void make(struct fixture *fixture, const char *text, const char *const *items, size_t count)
{
    const struct grammar_text file = { "g.txt", text };
    attributed_create(items, count);
    struct catalogue *catalogue = attributed_open();
    assert_int_equal(grammar_read(&fixture->grammar, NULL, &file, 1), GMR_OK);
    assert_int_equal(traits_read(&fixture->traits, NULL, catalogue, &fixture->grammar), GMR_OK);
    assert_int_equal(grammar_compile(&fixture->grammar), GMR_OK);
    catalogue_close(catalogue);
}

static void release(struct fixture *fixture)
{
    traits_release(&fixture->traits);
    grammar_release(&fixture->grammar);
}

static void assert_says(const struct fixture *fixture, enum phrase_set set, size_t target,
                        size_t candidate, const char *text)
{
    struct critic_memory memory = { 0 };
    struct utterance utterance;
    say_critique(&fixture->grammar, &fixture->traits, 1, set,
                 (struct critic_pair){ target, candidate }, &memory, &utterance);
    assert_string_equal(utterance.text, text);
}

static void a_phrase_for_each_kind(void **state)
{
    (void)state;
    static const char *const items[] = {
        "hue=red", "hue=blue", "size=3", "size=2", "hue=blue; thing=socks", "hue=red; thing=socks"
    };
    struct fixture f;
    make(&f,
         FRAME "two 0\n"
               "topic hue\nreads hue\nmix 1 0 0 0\nsay is t [is|are] so {is}\nsay is e {is} it is\n"
               "plain red | blue\n"
               "topic size\nnumbers size\nsay more t is more\nsay less t is less\n"
               "topic thing\nreads thing\nweight 0\nmany socks\n",
         items, COUNT(items));
    assert_says(&f, SET_TRAINING, 0, 1, "is so red");
    assert_says(&f, SET_TRAINING, 4, 5, "are so blue");
    assert_says(&f, SET_EVALUATION, 0, 1, "red it is");
    assert_says(&f, SET_TRAINING, 2, 3, "is more");
    assert_says(&f, SET_TRAINING, 3, 2, "is less");
    assert_says(&f, SET_EVALUATION, 2, 3, "");
    release(&f);
}

static void denials_contrasts_and_tails(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; cut=long", "hue=blue; cut=short" };
    static const char text[] = FRAME
        "two 1\n"
        "topic hue\nreads hue\nweight 1000000\nmix %s\nsay not t [is|are] not {is}\n"
        "say is t [is|are] {is}\n"
        "say contrast t [is|are] {is}, not {!is}\nplain red | blue\n"
        "topic cut\nreads cut\nmix 1 0 0 0\ntail is any t , rather {is}\nplain long | short\n";
    static const struct {
        const char *mix, *said;
    } cases[] = {
        { "1 0 0 0", "is red, rather long" },
        { "0 1 0 0", "is not blue" }, /* "not blue, rather long" would be another thing */
        { "0 0 0 1", "is red, not blue" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char filled[sizeof text + 16];
        struct fixture f;
        snprintf(filled, sizeof filled, text, cases[i].mix);
        make(&f, filled, items, 2);
        assert_says(&f, SET_TRAINING, 0, 1, cases[i].said);
        release(&f);
    }
}

static void too_long_and_too_short_is_not_said(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; cut=long", "hue=blue; cut=short" };
    struct fixture f;
    make(&f,
         FRAME
         "two 1\n"
         "topic hue\nreads hue\nmix 1 0 0 0\nsay is t {is}\n"
         "say is t {is} is what i want and it has to be so or else i go home now\n"
         "plain red | blue\n"
         "topic cut\nreads cut\nmix 1 0 0 0\nsay is t [is|are] very {is}\nplain long | short\n",
         items, 2);
    assert_says(&f, SET_TRAINING, 0, 1, "is very long");
    release(&f);
}

static void assert_hears(const struct fixture *fixture, const char *text, const char *expected)
{
    static const char *const relation[] = { "", "!", ">", "<" };
    char found[256] = "";
    struct heard heard;
    hear_critique(&fixture->grammar, text, &heard);
    for (size_t i = 0; i < heard.statements; i++) {
        const struct statement *s = &heard.statement[i];
        char *end = found + strlen(found);
        snprintf(end, sizeof found - (size_t)(end - found), "%s%s%s", i > 0 ? " " : "",
                 relation[s->relation],
                 s->value != GRAMMAR_OTHER ? fixture->grammar.value[s->value].name
                                           : fixture->grammar.topic[s->topic].name);
    }
    assert_string_equal(found, expected);
}

static void listens_for_phrases_then_for_words(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red" };
    struct fixture f;
    make(&f,
         FRAME
         "alias crimson red\nnegation not no\nskip it but\n"
         "topic hue\nreads hue\nsay is t [is|are] {is}\nsay not t [is|are] not {is}\n"
         "say contrast t [is|are] {is} and not {!is}\nsay more t [is|are] lighter\n"
         "plain red | navy | navy blue | blue\nvalue green\nis green\nhear leafy | grass green\n"
         "topic maker\nreads maker\nopen\nsay is t from {is}\nsay not t not from {is}\n",
         items, COUNT(items));
    assert_hears(&f, "is red", "red");
    assert_hears(&f, "are navy blue", "navy blue");
    assert_hears(&f, "is navy, blue", "navy blue");
    assert_hears(&f, "is navy and blue", "navy blue");
    assert_hears(&f, "is Crimson!", "red");
    assert_hears(&f, "is not red", "!red");
    assert_hears(&f, "is red and not blue", "red !blue");
    assert_hears(&f, "is red and is lighter", "red >hue");
    assert_hears(&f, "red not really blue", "red !blue");
    assert_hears(&f, "no red and blue", "!red blue");
    assert_hears(&f, "not it but is red", "!red");
    assert_hears(&f, "grass-green leafy", "green green");
    assert_hears(&f, "from nowhere", "");
    assert_hears(&f, "", "");
    release(&f);
}

static void hears_a_limited_number_of_words(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red" };
    char text[HEARD_WORDS * 8] = "";
    struct fixture f;
    struct heard heard;
    make(&f, FRAME "topic hue\nreads hue\nsay is t is {is}\nplain red\n", items, 1);
    for (size_t i = 0; i < HEARD_WORDS + 10; i++)
        strcat(text, "red ");
    hear_critique(&f.grammar, text, &heard);
    assert_int_equal(heard.words, HEARD_WORDS);
    assert_int_equal(heard.understood, HEARD_WORDS);
    assert_int_equal(heard.statements, HEARD_STATEMENTS);
    release(&f);
}

static void values_of_open_topics_come_from_items(void **state)
{
    (void)state;
    static const char *const items[] = { "maker=Alder & Finch",
                                         "maker=NIKE",
                                         "maker=nike",
                                         "maker=\xC3\x9C"
                                         "ber",
                                         "maker=a, b",
                                         "maker=one two three four five" };
    struct fixture f;
    make(&f, FRAME "topic maker\nreads maker\nopen\nmix 1 0 0 0\nsay is t is from {is}\n", items,
         COUNT(items));
    assert_says(&f, SET_TRAINING, 0, 1, "is from alder & finch");
    assert_says(&f, SET_TRAINING, 1, 0, "is from nike");
    assert_says(&f, SET_TRAINING, 1, 2, "");
    for (size_t i = 3; i < COUNT(items); i++) { /* names that cannot be said */
        assert_says(&f, SET_TRAINING, i, 0, "");
        assert_says(&f, SET_TRAINING, 0, i, "");
    }
    assert_hears(&f, "is from Alder & Finch", "alder & finch");
    release(&f);
}

static void hints_and_asides(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; trim=blue", "hue=green; style=odd",
                                         "hue=green; style=blue", "hue=odd" };
    struct fixture f;
    make(&f,
         FRAME "topic hue\nreads hue\naside trim\nhints style\nmix 1 0 0 0\nsay is t is {is}\n"
               "plain red | blue | green\n",
         items, COUNT(items));
    const struct statement blue = { 0, RELATION_IS, 2 };
    assert_string_equal(f.grammar.value[2].name, "blue");
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &blue, 0, 1), TRUTH_TRUE);
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &blue, 1, 0), TRUTH_FALSE);
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &blue, 2, 0), TRUTH_TRUE);
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &blue, 3, 0), TRUTH_UNKNOWN);
    assert_says(&f, SET_TRAINING, 0, 1, "is red"); /* blue is not what one calls it */
    release(&f);
}

static void kinds_in_circles_end(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=a", "hue=c" };
    struct fixture f;
    make(&f,
         FRAME "two 0\ntopic hue\nreads hue\nmix 1 0 0 0\nsay is t is {is}\nplain a | b | c | d\n"
               "kinds a : b\nkinds b : a\nmaybe c : d\nmaybe d : c\n",
         items, 2);
    const struct statement b = { 0, RELATION_IS, 2 }, d = { 0, RELATION_NOT, 4 };
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &b, 0, 1), TRUTH_TRUE);
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &b, 1, 0), TRUTH_FALSE);
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &d, 1, 0), TRUTH_UNKNOWN);
    assert_int_equal(traits_truth(&f.traits, &f.grammar, &d, 0, 1), TRUTH_TRUE);
    release(&f);
}

/* More facts than are kept: nothing is said of such an item. */
static void items_without_end_are_left_alone(void **state)
{
    (void)state;
    enum { CHAIN = 1200, LINE = 32 };
    static char text[CHAIN * 2 * LINE];
    static const char *const items[] = { "hue=v0", "hue=v1199" };
    struct fixture f;
    strcpy(text, FRAME "topic hue\nreads hue\nsay is t is {is}\n");
    for (int i = 0; i < CHAIN; i++) {
        char *end = text + strlen(text);
        snprintf(end, sizeof text - (size_t)(end - text), "plain v%d\n", i);
    }
    for (int i = 1; i < CHAIN; i++) {
        char *end = text + strlen(text);
        snprintf(end, sizeof text - (size_t)(end - text), "kinds v%d : v%d\n", i, i - 1);
    }
    strcat(text, "kinds v0 : v1199\n");
    make(&f, text, items, 2);
    assert_int_equal(f.traits.facts, 0);
    assert_says(&f, SET_TRAINING, 0, 1, "");
    release(&f);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_named_with_their_line),
        cmocka_unit_test(long_lines_and_many_topics_are_refused),
        cmocka_unit_test(files_follow_each_other),
        IN_SCRATCH(a_phrase_for_each_kind),
        IN_SCRATCH(denials_contrasts_and_tails),
        IN_SCRATCH(too_long_and_too_short_is_not_said),
        IN_SCRATCH(listens_for_phrases_then_for_words),
        IN_SCRATCH(hears_a_limited_number_of_words),
        IN_SCRATCH(values_of_open_topics_come_from_items),
        IN_SCRATCH(hints_and_asides),
        IN_SCRATCH(kinds_in_circles_end),
        IN_SCRATCH(items_without_end_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
