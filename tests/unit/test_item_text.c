/* Words about items: phrases, the full text, texts drawn by chance and what they state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "catalogue/item_text.h"

static const struct gmr_attribute SANDAL[] = {
    { "category", "sandal", NAN },       { "colour", "black", NAN },
    { "material", "leather", NAN },      { "gender", "women", NAN },
    { "fastening", "ankle strap", NAN }, { "brand", "Kite & Anchor", NAN },
    { "price", "44.95", 44.95 },         { "care", "wipe clean", NAN },
};
static const struct gmr_attribute SHIRT[] = {
    { "category", "shirt", NAN },
    { "colour", "black", NAN },
    { "gender", "men", NAN },
    { "sleeve length", "long sleeves", NAN },
};

static const struct gmr_item sandal = { .title = "Kite Sandal",
                                        .description = "A sandal for warm days. It has a strap.",
                                        .attributes = SANDAL,
                                        .attribute_count = sizeof SANDAL / sizeof *SANDAL };
static const struct gmr_item shirt = { .title = "Plain Shirt",
                                       .description = "",
                                       .attributes = SHIRT,
                                       .attribute_count = sizeof SHIRT / sizeof *SHIRT };

static struct item_facts facts_of(const struct gmr_item *item, struct arena *arena)
{
    struct item_facts facts;
    assert_int_equal(item_facts(item, arena, &facts), GMR_OK);
    return facts;
}

static void phrases_have_their_forms(void **state)
{
    static const struct {
        const char *name, *value;
        size_t variant;
        const char *phrase;
    } cases[] = {
        { "gender", "men", 0, "for men" },
        { "gender", "men", 1, "men" },
        { "gender", "men", 2, "men's" },
        { "category", "shirt", 0, "shirts" },
        { "category", "shirt", 1, "shirt" },
        { "category", "dress", 0, "dresses" },
        { "category", "watch", 0, "watches" },
        { "category", "box", 0, "boxes" },
        { "category", "jeans", 0, "jeans" },
        { "colour", "navy blue", 0, "navy blue" },
        { "colour", "navy blue", 1, "in navy blue" },
        { "sleeve length", "long sleeves", 1, "with long sleeves" },
        { "brand", "Nike", 2, "by Nike" },
        { "pattern", "solid", 1, "no pattern" },
        { "sleeve length", "sleeveless", 1, "no sleeves" },
        { "something else", "a bow", 1, "with a bow" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[ITEM_TEXT_SIZE];
        item_text_phrase(cases[i].name, cases[i].value, cases[i].variant, text);
        assert_string_equal(text, cases[i].phrase);
    }
}

static void full_text_leaves_numbers_out(void **state)
{
    char text[ITEM_TEXT_SIZE];
    item_text_full(&sandal, text);
    assert_string_equal(text, "Kite Sandal, sandal, black, leather, women, ankle strap");
}

static void drawn_texts_are_true_of_their_item(void **state)
{
    struct arena arena;
    arena_init(&arena, NULL, 0);
    const struct item_facts own = facts_of(&sandal, &arena), other = facts_of(&shirt, &arena);
    size_t of_both = 0, short_ones = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        struct rng_stream chance;
        struct item_text text;
        rng_stream_init(&chance, 7, i);
        item_text_draw(&sandal, &chance, &text);
        assert_true(text.text[0] != '\0' && text.facts > 0);
        assert_true(item_text_is_true(&text, &own));
        assert_null(strstr(text.text, "44.95"));
        assert_null(strstr(text.text, "wipe"));
        if (item_text_is_true(&text, &other)) {
            of_both++;
            assert_non_null(strstr(text.text, "black"));
            assert_null(strstr(text.text, "sandal"));
        }
        short_ones += strlen(text.text) < 20;
    }
    /* "black" by itself is common enough to matter, and true of both */
    assert_in_range(of_both, 40, 400);
    assert_in_range(short_ones, 500, 1700);
    arena_release(&arena);
}

static void a_topic_is_all_that_is_said(void **state)
{
    size_t brands = 0, colours = 0;
    for (uint64_t i = 0; i < 400; i++) {
        struct rng_stream chance;
        struct item_text text;
        rng_stream_init(&chance, 9, i);
        const char *topic = item_text_topic(&sandal, &chance);
        assert_non_null(topic);
        assert_string_not_equal(topic, "price");
        brands += strcmp(topic, "brand") == 0;
        colours += strcmp(topic, "colour") == 0;
        assert_true(item_text_draw_about(&sandal, "gender", &chance, &text));
        assert_non_null(strstr(text.text, "women"));
        assert_null(strstr(text.text, "black"));
        assert_int_equal(text.facts, 1);
        assert_false(item_text_draw_about(&sandal, "sleeve length", &chance, &text));
        assert_string_equal(text.text, "");
    }
    assert_true(brands > 0 && colours > 4 * brands);
}

static void drawing_is_a_function_of_the_stream(void **state)
{
    size_t different = 0;
    for (uint64_t i = 0; i < 50; i++) {
        struct rng_stream chance;
        struct item_text once, again, next;
        rng_stream_init(&chance, 7, i);
        item_text_draw(&sandal, &chance, &once);
        rng_stream_init(&chance, 7, i);
        item_text_draw(&sandal, &chance, &again);
        assert_string_equal(once.text, again.text);
        assert_memory_equal(once.fact, again.fact, once.facts * sizeof *once.fact);
        rng_stream_init(&chance, 8, i);
        item_text_draw(&sandal, &chance, &next);
        different += strcmp(once.text, next.text) != 0;
    }
    assert_true(different > 35);
}

static void facts_ignore_case_but_not_names(void **state)
{
    static const struct gmr_attribute one = { "brand", "NIKE", NAN },
                                      two = { "brand", "Nike", NAN },
                                      three = { "team", "Nike", NAN };
    struct item_text text = { .facts = 0 };
    struct arena arena;
    struct gmr_item item = { .title = "", .description = "", .attribute_count = 1 };
    arena_init(&arena, NULL, 0);
    item.attributes = &one;
    const struct item_facts first = facts_of(&item, &arena);
    item.attributes = &two;
    const struct item_facts second = facts_of(&item, &arena);
    item.attributes = &three;
    const struct item_facts third = facts_of(&item, &arena);
    assert_memory_equal(first.fact, second.fact, first.count * sizeof *first.fact);
    for (size_t i = 0; i < first.count; i++) {
        text.fact[0] = first.fact[i];
        text.facts = 1;
        assert_true(item_text_is_true(&text, &second));
        /* title and description are the same, the attribute is not */
        if (!item_text_is_true(&text, &third))
            text.facts = 0;
        else
            continue;
        arena_release(&arena);
        return;
    }
    fail_msg("a brand is taken for a team");
}

static void items_without_words_get_a_text(void **state)
{
    const struct gmr_item bare = { .title = "Thing", .description = "" };
    struct rng_stream chance;
    struct item_text text;
    for (uint64_t i = 0; i < 50; i++) {
        rng_stream_init(&chance, 1, i);
        item_text_draw(&bare, &chance, &text);
        assert_string_equal(text.text, "Thing");
    }
}

static void long_texts_are_cut_between_characters(void **state)
{
    enum { LENGTH = 3 * ITEM_TEXT_SIZE };
    static char title[LENGTH + 2];
    char text[ITEM_TEXT_SIZE];
    for (size_t shift = 0; shift < 2; shift++) {
        memset(title, 'x', shift);
        for (size_t i = shift; i + 2 <= LENGTH; i += 2)
            memcpy(title + i, "\xC3\xA9", 2);
        title[LENGTH - shift] = '\0';
        const struct gmr_item item = { .title = title, .description = "" };
        item_text_full(&item, text);
        assert_true(text_is_utf8(text, strlen(text)));
        assert_in_range(strlen(text), ITEM_TEXT_SIZE - 3, ITEM_TEXT_SIZE - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_have_their_forms),
        cmocka_unit_test(full_text_leaves_numbers_out),
        cmocka_unit_test(drawn_texts_are_true_of_their_item),
        cmocka_unit_test(a_topic_is_all_that_is_said),
        cmocka_unit_test(drawing_is_a_function_of_the_stream),
        cmocka_unit_test(facts_ignore_case_but_not_names),
        cmocka_unit_test(items_without_words_get_a_text),
        cmocka_unit_test(long_texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
