/* The tables and the heap that the tokeniser is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "media/tokeniser_table.h"
#include "support/message.h"

static void arrays_grow(void **state)
{
    (void)state;
    size_t capacity = 0;
    uint32_t *items = table_grow(NULL, NULL, &capacity, sizeof *items, 1), *larger;
    assert_non_null(items);
    size_t first = capacity;
    for (size_t i = 0; i < first; i++) {
        assert_int_equal(items[i], 0);
        items[i] = (uint32_t)i;
    }
    assert_ptr_equal(table_grow(NULL, items, &capacity, sizeof *items, first), items);
    larger = table_grow(NULL, items, &capacity, sizeof *items, first + 1);
    assert_non_null(larger);
    assert_true(capacity > first);
    for (size_t i = 0; i < capacity; i++)
        assert_int_equal(larger[i], i < first ? i : 0);
    assert_null(table_grow(NULL, larger, &capacity, sizeof *larger, TABLE_NONE));
    assert_message("is full");
    memory_release(NULL, larger, capacity * sizeof *larger);
}

static void keys_are_found(void **state)
{
    (void)state;
    enum { KEYS = 5000 };
    struct key_table table = { .allocator = NULL };
    assert_int_equal(key_table_find(&table, 0), TABLE_NONE);
    for (uint32_t i = 0; i < KEYS; i++)
        assert_int_equal(key_table_add(&table, (uint64_t)i << 32 | i % 7, i), GMR_OK);
    for (uint32_t i = 0; i < KEYS; i++) {
        assert_int_equal(key_table_find(&table, (uint64_t)i << 32 | i % 7), i);
        assert_int_equal(key_table_find(&table, (uint64_t)i << 32 | 7), TABLE_NONE);
    }
    assert_int_equal(table.count, KEYS);
    assert_true(4 * table.count <= 3 * table.capacity);
    key_table_release(&table);
}

static void add_text(struct text_table *table, const char *text)
{
    assert_int_equal(text_table_add(table, text, strlen(text)), GMR_OK);
}

/* The first two have the same 64-bit FNV-1a hash. */
static void texts_are_found(void **state)
{
    (void)state;
    static const char *const texts[] = { "8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ", "", "a" };
    enum { COUNT = sizeof texts / sizeof *texts };
    struct text_table table;
    text_table_init(&table, NULL);
    assert_int_equal(text_table_find(&table, "a", 1), TABLE_NONE);
    for (size_t i = 0; i < COUNT; i++)
        add_text(&table, texts[i]);
    assert_int_equal(table.first.count, COUNT - 1);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(text_table_find(&table, texts[i], strlen(texts[i])), i);
    assert_int_equal(text_table_find(&table, "a\0", 2), TABLE_NONE);
    assert_int_equal(text_table_add(&table, "a\0", 2), GMR_OK);
    assert_int_equal(text_table_find(&table, "a\0", 2), COUNT);
    text_table_release(&table);
}

static bool is_smaller(const void *context, uint64_t a, uint64_t b)
{
    assert_non_null(context);
    return a < b;
}

static void heap_sorts(void **state)
{
    enum { ITEMS = 200 };
    uint64_t items[ITEMS], before = 0;
    size_t count = 0;
    char context;
    (void)state;
    for (uint64_t i = 0; i < ITEMS; i++)
        heap_push(items, &count, i * 7919 % 101, is_smaller, &context);
    assert_int_equal(count, ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        uint64_t item = heap_pop(items, &count, is_smaller, &context);
        assert_true(item >= before);
        before = item;
    }
    assert_int_equal(count, 0);
    assert_int_equal(before, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_grow),
        cmocka_unit_test(keys_are_found),
        cmocka_unit_test(texts_are_found),
        cmocka_unit_test(heap_sorts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
