/* Titles and descriptions say what the item has, and nothing that it has not. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "catalogue/generate/design.h"
#include "catalogue/generate/generate.h"
#include "unit/generate/generate.h"

enum { ITEMS = 3000, SEED = 11 };

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) || c == '-';
}

/* Where `word` stands in the text by itself, whatever the case of its first letter; else NULL. */
static const char *find_word(const char *text, const char *word)
{
    for (const char *at = strcasestr(text, word); at; at = strcasestr(at + 1, word))
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[strlen(word)]))
            return at;
    return NULL;
}

static const char *attribute(const struct generated_item *item, const char *name)
{
    for (size_t i = 0; i < item->attribute_count; i++)
        if (strcmp(item->attributes[i].name, name) == 0)
            return item->attributes[i].value;
    return "";
}

static void for_items(void (*check)(const struct generated_item *item))
{
    struct arena arena;
    arena_init(&arena, NULL, 0);
    for (size_t n = 0; n < ITEMS; n++) {
        struct generated_item item;
        arena_clear(&arena);
        assert_int_equal(generate_describe(SEED, n, &arena, &item), GMR_OK);
        check(&item);
    }
    arena_release(&arena);
}

static void check_text(const char *text)
{
    assert_true(isupper((unsigned char)text[0]));
    assert_null(strstr(text, "  "));
    assert_null(strstr(text, " ."));
    assert_null(strstr(text, " ,"));
    assert_null(strchr(text, '%'));
    assert_null(strstr(text, "null"));
    assert_null(find_word(text, "a a-line"));
    assert_null(find_word(text, "a ankle"));
}

static void check_form(const struct generated_item *item)
{
    check_text(item->title);
    check_text(item->description);
    assert_in_range(strlen(item->title), 8, 140);
    assert_in_range(strlen(item->description), 20, 500);
    assert_int_equal(item->description[strlen(item->description) - 1], '.');
    assert_true(is_letter(item->title[strlen(item->title) - 1]));
}

static void texts_are_well_formed(void **state)
{
    (void)state;
    for_items(check_form);
}

static void check_mention(const struct generated_item *item)
{
    const char *second = attribute(item, "second colour");
    assert_non_null(find_word(item->title, attribute(item, "colour")));
    assert_non_null(find_word(item->description, attribute(item, "colour")));
    assert_non_null(find_word(item->description, attribute(item, "material")));
    if (*second) {
        assert_non_null(find_word(item->title, second));
        assert_non_null(find_word(item->description, second));
    }
    static const char *const SAID[] = { "neck", "collar", "toe shape" };
    for (size_t i = 0; i < sizeof SAID / sizeof SAID[0]; i++)
        if (*attribute(item, SAID[i]))
            assert_non_null(find_word(item->description, attribute(item, SAID[i])));
}

static void texts_name_what_the_item_has(void **state)
{
    (void)state;
    for_items(check_mention);
}

/* A word of another value may not be there, unless one of the item's own values holds it, as
 * "navy blue" holds "blue". */
static void check_trait(const struct generated_item *item, enum trait trait, const char *own)
{
    const char *second = attribute(item, "second colour");
    for (size_t v = 1; v < TRAIT_VALUES && trait_tables[trait].value[v]; v++) {
        const char *value = trait_tables[trait].value[v];
        if (find_word(own, value) || find_word(second, value))
            continue;
        if (find_word(item->title, value) || find_word(item->description, value))
            fail_msg("%s is %s, but: %s / %s", trait_tables[trait].name, own, item->title,
                     item->description);
    }
}

static void check_contradiction(const struct generated_item *item)
{
    static const enum trait TRAIT[] = { TRAIT_COLOUR, TRAIT_SLEEVE, TRAIT_TOE, TRAIT_BRAND };
    for (size_t i = 0; i < sizeof TRAIT / sizeof TRAIT[0]; i++)
        check_trait(item, TRAIT[i], attribute(item, trait_tables[TRAIT[i]].name));
    bool sleeves = find_word(item->description, "sleeves") != NULL;
    assert_int_equal(sleeves, find_word(attribute(item, "sleeve length"), "sleeves") != NULL);
    if (strcmp(attribute(item, "detail"), "belt") != 0)
        assert_null(find_word(item->description, "belt"));
    if (strcmp(attribute(item, "gender"), "men") == 0)
        assert_null(find_word(item->description, "women"));
}

static void texts_say_nothing_else(void **state)
{
    (void)state;
    for_items(check_contradiction);
}

static void check_attributes(const struct generated_item *item)
{
    assert_string_equal(item->attributes[0].name, "category");
    assert_string_equal(item->attributes[item->attribute_count - 1].name, "price");
    for (size_t i = 0; i < item->attribute_count; i++) {
        assert_true(*item->attributes[i].name && *item->attributes[i].value);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(item->attributes[i].name, item->attributes[j].name);
    }
}

static void attributes_are_named_once(void **state)
{
    (void)state;
    for_items(check_attributes);
}

/* The words vary where items are alike: among so many, few titles come twice. */
static void words_vary(void **state)
{
    (void)state;
    enum { SAMPLE = 400 };
    static char titles[SAMPLE][160];
    struct arena arena;
    size_t same = 0;
    arena_init(&arena, NULL, 0);
    for (size_t n = 0; n < SAMPLE; n++) {
        struct generated_item item;
        arena_clear(&arena);
        assert_int_equal(generate_describe(SEED, n, &arena, &item), GMR_OK);
        strncpy(titles[n], item.title, sizeof titles[n] - 1);
        for (size_t m = 0; m < n; m++)
            same += strcmp(titles[m], titles[n]) == 0;
    }
    arena_release(&arena);
    assert_true(same < SAMPLE / 20);
}

int test_words(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_well_formed),
        cmocka_unit_test(texts_name_what_the_item_has),
        cmocka_unit_test(texts_say_nothing_else),
        cmocka_unit_test(attributes_are_named_once),
        cmocka_unit_test(words_vary),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
