/* Small grammars that show each keyword at work, in what is said and in what is heard. */
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
#include "support/scratch.h"

#define FRAME                                             \
    "join t 1 and\njoin e 1 plus\nclosing one A {noun}\n" \
    "closing many Some {noun}\nclosing unknown It\n" /* five lines */

#define COUNT(array) (sizeof(array) / sizeof *(array))

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
    make(&f, FRAME "topic hue\nreads hue\nmix 1 0 0 0\nsay is t {is}\nplain red | blue\n", items,
         2);
    assert_says(&f, SET_TRAINING, 0, 1, "");
    release(&f);
}

static void a_contrast_stands_alone(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; cut=long", "hue=blue; cut=short" };
    struct fixture f;
    make(&f,
         FRAME "two 1\n"
               "topic hue\nreads hue\nweight 1000000\nmix 1 0 0 0\nsay is t [is|are] {is}\n"
               "plain red | blue\n"
               "topic cut\nreads cut\nmix 0 0 0 1\nsay contrast t [is|are] {is}, not {!is}\n"
               "plain long | short\n",
         items, 2);
    assert_says(&f, SET_TRAINING, 0, 1, "is red");
    release(&f);
}

/* Which phrases go together: "is red and is long", but neither "it should be red and is long" nor
 * "is red and it is long". */
static void verbs_join(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; cut=long", "hue=blue; cut=short" };
    static const char text[] = FRAME
        "two 1\n"
        "topic hue\nreads hue\nweight 1000000\nmix 1 0 0 0\nsay is t %s {is}\nplain red | blue\n"
        "topic cut\nreads cut\nmix 1 0 0 0\nsay is t %s {is}\nplain long | short\n";
    static const struct {
        const char *first, *second, *said;
    } cases[] = {
        { "[is|are]", "[is|are]", "is red and is long" },
        { "[it is|they are]", "[looks|look]", "it is red and looks long" },
        { "[is|are]", "[it is|they are]", "is red" },
        { "[it|they] should be", "[is|are]", "it should be red" },
        { "[is|are]", "[it|they] should be", "is red" },
        { "i want", "[is|are]", "i want red" },
        { "[is|are]", "i want", "is red" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char filled[sizeof text + 64];
        struct fixture f;
        snprintf(filled, sizeof filled, text, cases[i].first, cases[i].second);
        make(&f, filled, items, 2);
        assert_says(&f, SET_TRAINING, 0, 1, cases[i].said);
        release(&f);
    }
}

static void little_is_not_added(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; cut=long", "hue=blue; cut=short" };
    static const char text[] =
        FRAME "two 1\nenough %s\n"
              "topic hue\nreads hue\nweight 1000000\nmix 1 0 0 0\nsay is t [is|are] {is}\n"
              "plain red | blue\n"
              "topic cut\nreads cut\nweight 1\nmix 1 0 0 0\nsay is t [is|are] {is}\n"
              "plain long | short\n";
    char filled[sizeof text + 16];
    struct fixture f;
    snprintf(filled, sizeof filled, text, "0");
    make(&f, filled, items, 2);
    assert_says(&f, SET_TRAINING, 0, 1, "is red and is long");
    release(&f);
    snprintf(filled, sizeof filled, text, "1000000");
    make(&f, filled, items, 2);
    assert_says(&f, SET_TRAINING, 0, 1, "is red");
    release(&f);
}

static enum truth is_more(const struct fixture *fixture, size_t topic, size_t target,
                          size_t candidate)
{
    const struct statement more = { (uint8_t)topic, RELATION_MORE, GRAMMAR_OTHER };
    return traits_truth(&fixture->traits, &fixture->grammar, &more, target, candidate);
}

static void what_can_be_compared(void **state)
{
    (void)state;
    static const char *const items[] = {
        "cut=short; sort=a; size=2",    "cut=long; sort=a; size=1; size=9",
        "cut=long; sort=b; size=3",     "cut=wide; sort=a; size=2",
        "cut=short; cut=long; sort=a",  "cut=plain; sort=a; size=much",
        "cut=long; sort=odd",           "cut=short; sort=strange",
        "cut=short; cut=narrow; sort=a"
    };
    struct fixture f;
    make(&f,
         FRAME "topic sort\nreads sort\nplain a | b\n"
               "topic cut\nreads cut\nwithin sort\nsay more t is more\n"
               "plain short | long | narrow | wide | plain\norder short 1, long 2\n"
               "order narrow 1, wide 2\n"
               "topic size\nnumbers size\nsay more t is larger\n",
         items, COUNT(items));
    assert_int_equal(is_more(&f, 1, 1, 0), TRUTH_TRUE);
    assert_int_equal(is_more(&f, 1, 0, 1), TRUTH_FALSE);
    assert_int_equal(is_more(&f, 1, 0, 0), TRUTH_FALSE);   /* level */
    assert_int_equal(is_more(&f, 1, 2, 0), TRUTH_UNKNOWN); /* of another sort */
    assert_int_equal(is_more(&f, 1, 6, 0), TRUTH_UNKNOWN); /* of none that is known */
    assert_int_equal(is_more(&f, 1, 6, 7), TRUTH_UNKNOWN);
    assert_int_equal(is_more(&f, 1, 3, 0), TRUTH_UNKNOWN); /* on another scale */
    assert_int_equal(is_more(&f, 1, 3, 8), TRUTH_UNKNOWN); /* on both */
    assert_int_equal(is_more(&f, 1, 4, 0), TRUTH_UNKNOWN); /* both at once */
    assert_int_equal(is_more(&f, 1, 1, 5), TRUTH_UNKNOWN); /* on no scale */
    assert_int_equal(is_more(&f, 2, 2, 0), TRUTH_TRUE);
    assert_int_equal(is_more(&f, 2, 0, 3), TRUTH_FALSE);
    assert_int_equal(is_more(&f, 2, 1, 0), TRUTH_UNKNOWN); /* two numbers */
    assert_int_equal(is_more(&f, 2, 5, 0), TRUTH_UNKNOWN); /* no number */
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
        snprintf(end, sizeof found - (size_t)(end - found), "%s%s%s", i > 0 ? ", " : "",
                 relation[s->relation],
                 s->value != GRAMMAR_OTHER ? fixture->grammar.value[s->value].name
                                           : fixture->grammar.topic[s->topic].name);
    }
    assert_string_equal(found, expected);
}

static size_t words_understood(const struct fixture *fixture, const char *text)
{
    struct heard heard;
    hear_critique(&fixture->grammar, text, &heard);
    return heard.understood;
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
         "say contrast t {is} before {!is}\ntail is is t and {is}\n"
         "plain red | navy | navy blue | blue\nvalue green\nis green\nhear leafy | grass green\n"
         "topic maker\nreads maker\nopen\nsay is t from {is}\nsay not t not from {is}\n",
         items, COUNT(items));
    assert_hears(&f, "is red", "red");
    assert_hears(&f, "are navy blue", "navy blue");
    assert_hears(&f, "is navy, blue", "navy blue");
    assert_hears(&f, "is navy and blue", "navy, blue");
    assert_hears(&f, "is Crimson!", "red");
    assert_hears(&f, "is not red", "!red");
    assert_hears(&f, "is red and not blue", "red, !blue");
    assert_hears(&f, "is lighter and red before blue", ">hue, red, !blue");
    assert_hears(&f, "not really navy blue", "!navy blue");
    assert_int_equal(words_understood(&f, "is leafy"), 2); /* a phrase, as of any form */
    assert_int_equal(words_understood(&f, "so leafy"), 1);
    assert_hears(&f, "is red and is lighter", "red, >hue");
    assert_hears(&f, "red not really blue", "red, !blue");
    assert_hears(&f, "no red and blue", "!red, blue");
    assert_hears(&f, "not it but is red", "!red");
    assert_hears(&f, "not it and is red", "red");
    assert_hears(&f, "grass-green leafy", "green, green");
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
    static const char *const items[] = { "maker=Alder & Finch", "maker=NIKE",
                                         "maker=nike",          "maker=caf\xC3\xA9",
                                         "maker=a, b",          "maker=one two three four five" };
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

static void pairs_of_values(void **state)
{
    (void)state;
    static const char *const items[] = { "hue=red; trim=white", "hue=blue; trim=black",
                                         "hue=blue; trim=white", "hue=red" };
    struct fixture f;
    make(&f,
         FRAME "negation not\ntopic hue\nreads hue\naside trim\nmix 0 0 0 0 1\nsay pair t [is|are] "
               "{is} and "
               "{!is}\nplain red | blue | white | black\n",
         items, COUNT(items));
    assert_says(&f, SET_TRAINING, 0, 1, "is red and white");
    assert_says(&f, SET_TRAINING, 0, 2, ""); /* white has the other too */
    assert_says(&f, SET_TRAINING, 3, 1, ""); /* has no second */
    assert_hears(&f, "is blue and black", "blue, black");
    assert_hears(&f, "not is blue and black", "!blue, !black");
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
        IN_SCRATCH(a_phrase_for_each_kind),
        IN_SCRATCH(denials_contrasts_and_tails),
        IN_SCRATCH(too_long_and_too_short_is_not_said),
        IN_SCRATCH(a_contrast_stands_alone),
        IN_SCRATCH(verbs_join),
        IN_SCRATCH(little_is_not_added),
        IN_SCRATCH(what_can_be_compared),
        IN_SCRATCH(listens_for_phrases_then_for_words),
        IN_SCRATCH(hears_a_limited_number_of_words),
        IN_SCRATCH(values_of_open_topics_come_from_items),
        IN_SCRATCH(hints_and_asides),
        IN_SCRATCH(pairs_of_values),
        IN_SCRATCH(kinds_in_circles_end),
        IN_SCRATCH(items_without_end_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
