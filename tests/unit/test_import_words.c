/* Names, values and texts on their way into a catalogue: plain words, meaning of columns, cleaning,
 * and the vocabulary of fashion-products. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/embedded.h"
#include "catalogue/import/clean.h"
#include "catalogue/import/columns.h"
#include "catalogue/import/record.h"
#include "catalogue/import/vocabulary.h"
#include "catalogue/import/words.h"
#include "support/message.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void names_become_plain_words(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "sleeveLength", "sleeve length" },
        { "sleeve_length", "sleeve length" },
        { "Sleeve-Length", "sleeve length" },
        { "SKUNumber", "sku number" },
        { "__a__b ", "a b" },
        { "price.EUR", "price eur" },
        { "size2XL", "size2 xl" },
        { "Gr\xC3\xB6\xC3\x9F"
          "e",
          "gr\xC3\xB6\xC3\x9F"
          "e" },
        { "", "" },
        { "_", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(words_plain(&arena, cases[i][0]), cases[i][1]);
    assert_string_equal(words_title(&arena, "red__shoe-2.old.jpg"), "red shoe 2.old");
    assert_string_equal(words_title(&arena, ".jpg"), ".jpg");
    assert_string_equal(words_trim(&arena, " \t a b\n"), "a b");
}

/* ---- columns ---- */

static const char *resolve(const char *const *rules, size_t rule_count, const char *const *names,
                           size_t count)
{
    static char text[1000];
    static const char roles[] = "aktdps-";
    struct row_field fields[20] = { 0 };
    struct columns columns;
    const struct column_use *uses;
    const struct row row = { fields, count, 1 };
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct row_field){ names[i], "", names[i][0] == '*' };
    assert_int_equal(columns_init(&columns, NULL, rules, rule_count), GMR_OK);
    text[0] = '\0';
    for (int again = 0; again < 2; again++) {
        text[0] = '\0';
        assert_int_equal(columns_resolve(&columns, &row, &uses), GMR_OK);
        for (size_t i = 0; i < count; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%c%s%s ",
                     roles[uses[i].role], uses[i].role == COLUMN_ATTRIBUTE ? ":" : "",
                     uses[i].role == COLUMN_ATTRIBUTE ? uses[i].name : "");
    }
    columns_release(&columns);
    return text;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void common_names_have_a_meaning(void **state)
{
    (void)state;
    const char *shop[] = { "SKU", "Product Name", "image_url", "Body", "price", "splits" };
    const char *ours[] = { "key", "title", "description", "*colour", "*key", "picture", "splits" };
    const char *both[] = { "name", "id", "title", "", "sku" };
    assert_string_equal(resolve(NULL, 0, shop, COUNT(shop)), "k t p d a:price s ");
    assert_string_equal(resolve(NULL, 0, ours, COUNT(ours)), "k t d a:*colour a:*key p s ");
    assert_string_equal(resolve(NULL, 0, both, COUNT(both)), "a:name k t - a:sku ");
}

static void the_user_decides(void **state)
{
    (void)state;
    const char *names[] = { "sku", "id", "name", "colorName", "weight" };
    const char *rules[] = { "key=sku", "colour=colorName", "-weight", "description=name" };
    assert_string_equal(resolve(rules, COUNT(rules), names, COUNT(names)), "k a:id d a:colour - ");
}

static void assert_bad_rules(const char *first, const char *second, const char *part)
{
    const char *rules[] = { first, second };
    struct columns columns;
    assert_int_equal(columns_init(&columns, NULL, rules, 2), GMR_ERR_RANGE);
    assert_message(part);
    columns_release(&columns);
}

static void rules_are_checked(void **state)
{
    (void)state;
    assert_bad_rules("key", "title=b", "'key' is neither");
    assert_bad_rules("=a", "title=b", "'=a' is neither");
    assert_bad_rules("key=", "title=b", "'key=' is neither");
    assert_bad_rules("-", "title=b", "'-' is neither");
    assert_bad_rules("key=a", "title=a", "'a' is used twice");
    assert_bad_rules("key=a", "key=b", "key is to be both 'a' and 'b'");
}

static void columns_that_are_not_there_are_told(void **state)
{
    (void)state;
    const char *rules[] = { "colour=farbe" };
    const struct row_field field = { "id", "1", false };
    const struct row row = { &field, 1, 1 };
    const struct column_use *uses;
    struct columns columns;
    assert_int_equal(columns_init(&columns, NULL, rules, 1), GMR_OK);
    assert_int_equal(columns_resolve(&columns, &row, &uses), GMR_OK);
    assert_int_equal(columns_check(&columns, "t.csv"), GMR_ERR_NOT_FOUND);
    assert_message("'t.csv' has no column 'farbe'");
    columns_release(&columns);
}

/* Rows of JSON may differ in their columns. */
static void rows_become_items(void **state)
{
    (void)state;
    const struct row_field fields[] = { { "id", "7", false },
                                        { "colour", "", false },
                                        { "fit", "slim", false },
                                        { "split", " a; b;;c ", false },
                                        { "image", "https://x.y/p/q.jpg?w=9#z", false },
                                        { "image", "other.jpg", false } };
    const struct row row = { fields, COUNT(fields), 3 }, shorter = { fields + 1, 2, 4 };
    struct columns columns;
    struct import_item item;
    assert_int_equal(columns_init(&columns, NULL, NULL, 0), GMR_OK);
    assert_int_equal(record_build(&arena, &columns, &row, ';', &item), GMR_OK);
    assert_string_equal(item.key, "7");
    assert_null(item.title);
    assert_int_equal(item.line, 3);
    assert_int_equal(item.attribute_count, 1);
    assert_string_equal(item.attributes[0].name, "fit");
    assert_int_equal(item.picture_count, 1);
    assert_string_equal(item.pictures[0], "q.jpg");
    assert_int_equal(item.split_count, 3);
    assert_string_equal(item.splits[1], "b");
    assert_int_equal(record_build(&arena, &columns, &row, '\0', &item), GMR_OK);
    assert_int_equal(item.split_count, 1);
    assert_string_equal(item.splits[0], " a; b;;c ");
    assert_int_equal(record_build(&arena, &columns, &shorter, ';', &item), GMR_OK);
    assert_null(item.key);
    assert_int_equal(item.attribute_count, 1);
    columns_release(&columns);
}

/* ---- cleaning ---- */

static void texts_are_cleaned(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "  plain \n\t text  ", "plain text" },
        { "<p>One<br/>two</p><!-- no -->", "One two" },
        { "3 < 4 and 5 > 2, a<b", "3 < 4 and 5 > 2, a<b" },
        { "R&amp;B &eacute;t&#233; &#x20AC; &lt;3 &unknown; & so",
          "R&B \u00E9t\u00E9 \u20AC <3 &unknown; & so" },
        { "&amp;amp;nbsp; x", "x" },
        { "&#0;&#55296;", "&#0;&#55296;" },
        { "piqu\u00C3\u00A9 brand\u00E2\u20AC\u2122s \u00C2\u00AE",
          "piqu\u00E9 brand\u2019s \u00AE" },
        { "trousers. \u00C2 Model", "trousers. Model" },
        { "appliqu\u00C3?\u00C2??\u00C3?\u00C2\u00A9d", "appliqu\u00E9d" },
        { "bag\u00C3?\u00C2?\u00C3?\u00C2? care", "bag care" },
        { "18\u00E2\u20AC\u00C3?\u00C2??\u00C3? wide", "18\" wide" },
        { "star\u00E2 &euro &trade s", "star\u2019 s" },
        { "\u00EF \u00BB \u00BF White", "White" },
        { "caf\u00E9? na\u00EFve \u00A9 \u00BF", "caf\u00E9? na\u00EFve \u00A9 \u00BF" },
        { "a\xFFz", "a?z" },
        { "\uFEFFx\uF0B7y\u200B \u00A0z", "xy z" },
        { "\u65E5\u672C \U0001F600", "\u65E5\u672C \U0001F600" },
        { "<", "<" },
        { "&", "&" },
        { "", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(clean_text(&arena, cases[i][0]), cases[i][1]);
}

/* ---- vocabulary ---- */

static struct vocabulary vocabulary;

static const char *say(const char *attribute, const char *value)
{
    const char *words;
    assert_int_equal(vocabulary_value(&vocabulary, &arena, value, &attribute, &words), GMR_OK);
    return words ? arena_printf(&arena, "%s=%s", attribute, words) : "";
}

static const char *name_of(const char *name)
{
    const char *attribute;
    assert_int_equal(vocabulary_name(&vocabulary, &arena, name, &attribute), GMR_OK);
    return attribute ? attribute : "";
}

static void words_come_from_the_table(void **state)
{
    (void)state;
    assert_int_equal(
        vocabulary_init(&vocabulary, NULL, "catalogue/import/data/fashion_products.tsv"), GMR_OK);
    assert_string_equal(say("category", "Tshirts"), "category=t-shirt");
    assert_string_equal(say("category", "tSHIRTS "), "category=t-shirt");
    assert_string_equal(say("colour", "Navy Blue"), "colour=navy blue");
    assert_string_equal(say("colour", "Off White"), "colour=off-white");
    assert_string_equal(say("fit", "Loose"), "fit=loose fit");
    assert_string_equal(say("fit", "Loose Fit"), "fit=loose fit");
    assert_string_equal(say("sleeve length", "No Sleeves"), "sleeve length=sleeveless");
    assert_string_equal(say("sleeve style", "No Sleeves"), "sleeve length=sleeveless");
    assert_string_equal(say("neck", "Polo Collar"), "collar=polo collar");
    assert_string_equal(say("brand", "U.S. Polo Assn."), "brand=U.S. Polo Assn.");
    assert_string_equal(say("second colour", "NA"), "");
    assert_string_equal(say("print", ""), "");
    assert_string_equal(name_of("Body or Garment Size"), "");
    assert_string_equal(name_of("Fabric 2"), "fabric");
    assert_string_equal(name_of("Never Seen Before"), "never seen before");
    vocabulary_release(&vocabulary);
}

static bool is_wordy(const char *word)
{
    const size_t length = strlen(word);
    return length > 0 && word[0] != ' ' && word[length - 1] != ' ' && !strstr(word, "  ") &&
           !strchr(word, '\t');
}

/* Each row is used: its attribute is one that some name or field leads to, no two rows are about
 * the same value, and words are in lower case but where they keep their spelling. */
static void table_agrees_with_itself(void **state)
{
    (void)state;
    size_t count, cases;
    assert_int_equal(
        vocabulary_init(&vocabulary, NULL, "catalogue/import/data/fashion_products.tsv"), GMR_OK);
    const struct vocabulary_rule *values = vocabulary_rules(&vocabulary, "value", NULL, &count);
    assert_true(count > 300);
    for (size_t i = 0; i < count; i++) {
        assert_true(is_wordy(values[i].to) && is_wordy(values[i].subject));
        assert_true(!values[i].other || is_wordy(values[i].other));
        vocabulary_rules(&vocabulary, "case", values[i].subject, &cases);
        if (cases == 0)
            assert_string_equal(words_lower(&arena, values[i].to), values[i].to);
        if (i > 0 && strcmp(values[i - 1].subject, values[i].subject) == 0)
            assert_string_not_equal(values[i - 1].from, values[i].from);
    }
    vocabulary_release(&vocabulary);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_become_plain_words),
        TEST(common_names_have_a_meaning),
        TEST(the_user_decides),
        TEST(rules_are_checked),
        TEST(columns_that_are_not_there_are_told),
        TEST(rows_become_items),
        TEST(texts_are_cleaned),
        TEST(words_come_from_the_table),
        TEST(table_agrees_with_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
