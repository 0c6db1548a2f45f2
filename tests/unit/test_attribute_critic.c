/* The attribute critic with its own grammar on items made for the purpose: what it may say, what it
 * must not, what it remembers, and what it makes of the sentences of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simulator/attribute_critic.h"
#include "support/attributed.h"
#include "support/scratch.h"

enum { DIALOGUES = 300 };

static struct attribute_critic *make_with(struct attribute_critic_options options)
{
    struct catalogue *catalogue = attributed_open();
    struct attribute_critic *critic;
    assert_int_equal(attribute_critic_create(NULL, catalogue, &options, &critic), GMR_OK);
    catalogue_close(catalogue);
    return critic;
}

static struct attribute_critic *make(uint64_t seed, enum gmr_phrasing phrasing)
{
    return make_with((struct attribute_critic_options){ seed, phrasing, false });
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct attribute_critic *make_of(const char *const *items, size_t count)
{
    attributed_create(items, count);
    return make(1, GMR_PHRASING_TRAINING);
}

/* What it says of a pair at the beginning of a dialogue. */
static void say(struct attribute_critic *critic, size_t target, size_t candidate, uint64_t dialogue,
                char text[CRITIC_TEXT])
{
    const struct critic_pair pair = { target, candidate };
    struct critic_memory memory = { .dialogue = dialogue };
    struct critic *interface = attribute_critic(critic);
    assert_int_equal(interface->critiques(interface, &pair, &memory, 1, (char(*)[CRITIC_TEXT])text),
                     GMR_OK);
    assert_int_equal(memory.turn, 1);
}

/* In how many dialogues it says a text that contains `part`. */
static size_t count_saying(struct attribute_critic *critic, size_t target, size_t candidate,
                           const char *part)
{
    size_t found = 0;
    for (uint64_t dialogue = 0; dialogue < DIALOGUES; dialogue++) {
        char text[CRITIC_TEXT];
        say(critic, target, candidate, dialogue, text);
        found += strstr(text, part) != NULL;
    }
    return found;
}

static void says_nothing_of_what_is_not_known(void **state)
{
    (void)state;
    static const char *const items[] = { "colour=red; sleeve length=long sleeves",
                                         "sleeve length=long sleeves", "pattern=striped",
                                         "colour=ultrawhite" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    for (size_t target = 0; target < COUNT(items); target++)
        for (size_t candidate = 0; candidate < COUNT(items); candidate++)
            assert_int_equal(count_saying(critic, target, candidate, " "), 0);
    attribute_critic_destroy(critic);
}

/* Every text states something, and all of it is true of the target and false of the candidate. */
static void assert_distinguishing(struct attribute_critic *critic, size_t target, size_t candidate)
{
    for (uint64_t dialogue = 0; dialogue < DIALOGUES; dialogue++) {
        char text[CRITIC_TEXT];
        struct critique_verdict verdict;
        say(critic, target, candidate, dialogue, text);
        attribute_critic_judge(critic, text, (struct critic_pair){ target, candidate }, &verdict);
        assert_true(verdict.statements > 0);
        assert_int_equal(verdict.distinguishing, verdict.statements);
        assert_int_equal(verdict.understood_words, verdict.words);
    }
}

static void says_what_differs(void **state)
{
    (void)state;
    static const char *const items[] = { "category=shirt; colour=red; pattern=striped",
                                         "category=shirt; colour=red; pattern=solid" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    assert_distinguishing(critic, 0, 1);
    assert_distinguishing(critic, 1, 0);
    assert_true(count_saying(critic, 0, 1, "is striped") > DIALOGUES / 10);
    assert_true(count_saying(critic, 0, 1, "has stripes") > DIALOGUES / 20);
    assert_true(count_saying(critic, 0, 1, "is not plain") > 0);
    assert_true(count_saying(critic, 1, 0, "no stripes") > 0);
    assert_int_equal(count_saying(critic, 0, 1, " red"), 0);
    assert_int_equal(count_saying(critic, 0, 1, "shirt"), 0);
    attribute_critic_destroy(critic);
}

static void spelling_does_not_matter(void **state)
{
    (void)state;
    static const char *const items[] = { "Colour=RED", "color=blue" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    assert_distinguishing(critic, 0, 1);
    attribute_critic_destroy(critic);
}

static void coarse_words_cover_fine_ones(void **state)
{
    (void)state;
    static const char *const items[] = { "colour=navy blue", "colour=blue", "colour=black",
                                         "colour=white; second colour=navy blue" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    assert_true(count_saying(critic, 0, 2, " blue") > 0); /* navy is blue, black is not */
    assert_true(count_saying(critic, 0, 2, "navy") > 0);
    assert_true(count_saying(critic, 0, 1, "navy") > 0);
    for (size_t candidate = 0; candidate < 4; candidate += 3) { /* what is navy is blue already */
        assert_int_equal(count_saying(critic, 1, candidate, "is blue"), 0);
        assert_int_equal(count_saying(critic, 1, candidate, "in blue"), 0);
    }
    assert_int_equal(count_saying(critic, 2, 3, "not navy"), 0); /* not how one calls it */
    attribute_critic_destroy(critic);
}

static void what_may_be_is_not_denied(void **state)
{
    (void)state;
    static const char *const items[] = { "pattern=floral", "pattern=printed",
                                         "pattern=printed; print=graphic" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    assert_int_equal(count_saying(critic, 0, 1, " "), 0); /* printed: with flowers, perhaps */
    assert_true(count_saying(critic, 0, 2, "flo") > 0);   /* but not where it is told */
    attribute_critic_destroy(critic);
}

static void compares_on_scales(void **state)
{
    (void)state;
    static const char *const items[] = {
        "category=dress; length=mini; sleeve length=long sleeves; price=50",
        "category=dress; length=maxi; sleeve length=short sleeves; price=20",
        "category=trousers; length=regular length; price=49", "heel height=2 inches",
        "heel height=high heel"
    };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    assert_true(count_saying(critic, 0, 1, "longer sleeves") > 0);
    assert_true(count_saying(critic, 1, 0, "shorter sleeves") > 0);
    assert_true(count_saying(critic, 1, 0, "longer") > 0);
    assert_true(count_saying(critic, 1, 0, "cheaper") > 0);
    assert_true(count_saying(critic, 4, 3, "higher heel") > 0);
    assert_int_equal(count_saying(critic, 0, 2, "shorter"), 0); /* trousers on another scale */
    assert_int_equal(count_saying(critic, 2, 0, "cheap"), 0);   /* hardly */
    attribute_critic_destroy(critic);
}

static void one_and_many(void **state)
{
    (void)state;
    static const char *const items[] = { "category=sandal; colour=red", "category=bag; colour=red",
                                         "category=sandal; colour=black",
                                         "category=bag; colour=black", "colour=blue" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    assert_true(count_saying(critic, 0, 2, "are red") > 0);
    assert_int_equal(count_saying(critic, 0, 2, "is red"), count_saying(critic, 0, 2, "color is"));
    assert_true(count_saying(critic, 1, 3, "is red") > 0);
    assert_int_equal(count_saying(critic, 1, 3, "are red"), 0);
    assert_true(count_saying(critic, 4, 3, "is blue") > 0);
    attribute_critic_destroy(critic);
}

/* ---- memory ---- */

static void remembers_what_was_said(void **state)
{
    (void)state;
    static const char *const items[] = {
        "colour=red; pattern=striped; material=silk; neck=v-neck; sleeve length=sleeveless",
        "colour=blue; pattern=solid; material=wool; neck=round neck; sleeve length=long sleeves"
    };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    struct critic *interface = attribute_critic(critic);
    const struct critic_pair pair = { 0, 1 };
    char text[1][CRITIC_TEXT];
    size_t again = 0;
    for (uint64_t dialogue = 0; dialogue < DIALOGUES; dialogue++) {
        struct critic_memory memory = { .dialogue = dialogue };
        interface->critiques(interface, &pair, &memory, 1, text);
        const uint64_t said = memory.said;
        interface->critiques(interface, &pair, &memory, 1, text);
        again += __builtin_popcountll(memory.said) <= __builtin_popcountll(said);
        for (int turn = 0; turn < 8; turn++) /* when all was said it is said again */
            interface->critiques(interface, &pair, &memory, 1, text);
        assert_true(text[0][0] != '\0');
        assert_int_equal(memory.turn, 10);
        assert_int_equal(__builtin_popcountll(memory.said), 6);
    }
    assert_true(again < DIALOGUES / 20);
    attribute_critic_destroy(critic);
}

static void without_memory_pairs_are_dialogues(void **state)
{
    (void)state;
    enum { PAIRS = 8 };
    static const char *const items[] = { "colour=red; pattern=striped",
                                         "colour=blue; pattern=solid" };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    struct critic *interface = attribute_critic(critic);
    struct critic_pair pairs[PAIRS];
    char texts[PAIRS][CRITIC_TEXT], alone[CRITIC_TEXT];
    for (size_t i = 0; i < PAIRS; i++)
        pairs[i] = (struct critic_pair){ i % 2, 1 - i % 2 };
    assert_int_equal(interface->critiques(interface, pairs, NULL, PAIRS, texts), GMR_OK);
    for (size_t i = 0; i < PAIRS; i++) {
        say(critic, pairs[i].target, pairs[i].candidate, i, alone);
        assert_string_equal(texts[i], alone);
    }
    attribute_critic_destroy(critic);
}

/* ---- what words depend on ---- */

static size_t count_same(struct attribute_critic *a, struct attribute_critic *b)
{
    size_t same = 0;
    for (uint64_t dialogue = 0; dialogue < DIALOGUES; dialogue++) {
        char text[CRITIC_TEXT], other[CRITIC_TEXT];
        say(a, 0, 1, dialogue, text);
        say(b, 0, 1, dialogue, other);
        same += strcmp(text, other) == 0;
    }
    return same;
}

static void words_depend_on_seed_and_set(void **state)
{
    (void)state;
    static const char *const items[] = { "colour=red; pattern=striped; neck=v-neck",
                                         "colour=blue; pattern=solid; neck=round neck" };
    attributed_create(items, COUNT(items));
    struct attribute_critic *first = make(1, GMR_PHRASING_TRAINING),
                            *same = make(1, GMR_PHRASING_TRAINING);
    struct attribute_critic *seed = make(2, GMR_PHRASING_TRAINING),
                            *set = make(1, GMR_PHRASING_EVALUATION);
    assert_int_equal(count_same(first, same), DIALOGUES);
    assert_true(count_same(first, seed) < DIALOGUES / 4);
    assert_int_equal(count_same(first, set), 0);
    assert_string_equal(attribute_critic(first)->digest, attribute_critic(same)->digest);
    assert_string_not_equal(attribute_critic(first)->digest, attribute_critic(seed)->digest);
    assert_string_not_equal(attribute_critic(first)->digest, attribute_critic(set)->digest);
    assert_string_equal(attribute_critic(first)->name, "attributes");
    assert_false(attribute_critic(first)->pure);
    attribute_critic_destroy(first);
    attribute_critic_destroy(same);
    attribute_critic_destroy(seed);
    attribute_critic(set)->destroy(attribute_critic(set));
}

/* ---- judging ---- */

static void judges_sentences_of_others(void **state)
{
    (void)state;
    static const char *const items[] = {
        "category=dress; colour=navy blue; sleeve length=long sleeves; pattern=floral; brand=Acme",
        "category=dress; colour=red; sleeve length=short sleeves; pattern=solid; brand=Bolt"
    };
    static const struct {
        const char *text;
        size_t statements, known, true_of_target, known_of_both, distinguishing, understood;
    } cases[] = {
        { "", 0, 0, 0, 0, 0, 0 },
        { "is dark blue with long sleeves", 2, 2, 2, 2, 2, 6 },
        { "Is dark blue, and has LONG sleeves.", 2, 2, 2, 2, 2, 7 },
        { "is blue", 1, 1, 1, 1, 1, 2 },
        { "blue", 1, 1, 1, 1, 1, 1 },
        { "is a dress", 1, 1, 1, 1, 0, 3 },
        { "is red", 1, 1, 0, 1, 0, 2 },
        { "is not red", 1, 1, 1, 1, 1, 3 },
        { "is no red but blue", 2, 2, 2, 2, 2, 5 },
        { "has longer sleeves and is darker", 2, 2, 2, 2, 2, 6 },
        { "is lighter", 1, 1, 0, 1, 0, 2 },
        { "has a bow", 1, 0, 0, 0, 0, 3 },
        { "has no bow", 1, 0, 0, 0, 0, 3 },
        { "is from acme, not bolt", 2, 2, 2, 2, 2, 5 },
        { "is blue blue and and flowers", 3, 3, 3, 3, 3, 6 },
        { "looks like wolves in flowers", 1, 1, 1, 1, 1, 3 },
        { "the quick fox", 0, 0, 0, 0, 0, 1 },
    };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct critique_verdict v;
        attribute_critic_judge(critic, cases[i].text, (struct critic_pair){ 0, 1 }, &v);
        if (v.statements != cases[i].statements || v.known != cases[i].known ||
            v.true_of_target != cases[i].true_of_target ||
            v.known_of_both != cases[i].known_of_both ||
            v.distinguishing != cases[i].distinguishing ||
            v.understood_words != cases[i].understood)
            fail_msg("'%s': %zu statements, %zu known, %zu true, %zu known of both, %zu "
                     "distinguish, %zu of %zu words",
                     cases[i].text, v.statements, v.known, v.true_of_target, v.known_of_both,
                     v.distinguishing, v.understood_words, v.words);
    }
    attribute_critic_destroy(critic);
}

/* ---- closing ---- */

static void closing_remarks(void **state)
{
    (void)state;
    static const char *const items[] = { "category=dress", "category=sandal",
                                         "colour=red",     "category=no such thing",
                                         "category=jeans", "category=casual shoe; style=loafers" };
    static const char *const remarks[] = {
        "It is my desired dress", "They are my desired sandals", "It is what i want",
        "It is what i want",      "They are my desired jeans",   "They are my desired casual shoes"
    };
    struct attribute_critic *critic = make_of(items, COUNT(items));
    char text[CRITIC_TEXT], little[6];
    for (size_t i = 0; i < COUNT(items); i++) {
        attribute_critic_closing(critic, i, text, sizeof text);
        assert_string_equal(text, remarks[i]);
    }
    attribute_critic_closing(critic, 0, little, sizeof little);
    assert_string_equal(little, "It is");
    attribute_critic_destroy(critic);
}

/* What a picture does not show is understood all the same, and makes another critic. */
static void may_keep_to_what_pictures_show(void **state)
{
    (void)state;
    static const char *const items[] = { "category=shoes; colour=red; brand=Acme; price=50",
                                         "category=shoes; colour=blue; brand=Bolt; price=20",
                                         "category=shoes; colour=blue; brand=Acme; price=50" };
    attributed_create(items, COUNT(items));
    struct attribute_critic *free = make(1, GMR_PHRASING_TRAINING);
    struct attribute_critic *seen =
        make_with((struct attribute_critic_options){ 1, GMR_PHRASING_TRAINING, true });
    struct critique_verdict verdict;
    assert_true(count_saying(free, 2, 1, "acme") > 0);
    assert_int_equal(count_saying(seen, 0, 1, "acme"), 0);
    assert_true(count_saying(seen, 0, 1, "red") > DIALOGUES / 2);
    char text[CRITIC_TEXT];
    say(seen, 2, 1, 0, text);
    assert_string_equal(text, "");
    attribute_critic_judge(seen, "are from acme", (struct critic_pair){ 2, 1 }, &verdict);
    assert_int_equal(verdict.distinguishing, 1);
    assert_string_not_equal(attribute_critic(free)->digest, attribute_critic(seen)->digest);
    attribute_critic_destroy(seen);
    attribute_critic_destroy(free);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(may_keep_to_what_pictures_show),
        IN_SCRATCH(says_nothing_of_what_is_not_known),
        IN_SCRATCH(says_what_differs),
        IN_SCRATCH(spelling_does_not_matter),
        IN_SCRATCH(coarse_words_cover_fine_ones),
        IN_SCRATCH(what_may_be_is_not_denied),
        IN_SCRATCH(compares_on_scales),
        IN_SCRATCH(one_and_many),
        IN_SCRATCH(remembers_what_was_said),
        IN_SCRATCH(without_memory_pairs_are_dialogues),
        IN_SCRATCH(words_depend_on_seed_and_set),
        IN_SCRATCH(judges_sentences_of_others),
        IN_SCRATCH(closing_remarks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
