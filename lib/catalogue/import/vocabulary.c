/* Rules are sorted by what they are found by, and found by bisection. */
#include "catalogue/import/vocabulary.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "catalogue/import/words.h"

enum { COLUMNS = 5 };

/* ---- reading the table ---- */

static int compare_rules(const void *a, const void *b)
{
    const struct vocabulary_rule *left = a, *right = b;
    int order = strcmp(left->kind, right->kind);
    if (order == 0)
        order = strcmp(left->subject, right->subject);
    return order != 0 ? order : strcmp(left->from, right->from);
}

static size_t count_lines(const char *text)
{
    size_t lines = 1;
    for (; (text = strchr(text, '\n')) != NULL; text++)
        lines++;
    return lines;
}

/* Splits a row; columns that are not there are NULL. */
static enum gmr_status read_row(struct vocabulary *vocabulary, const char *text, size_t length)
{
    const char *columns[COLUMNS] = { NULL };
    char *row = arena_strndup(&vocabulary->arena, text, length);
    if (!row)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; row && i < COLUMNS; i++)
        columns[i] = strsep(&row, "\t");
    if (row || !columns[1] || (strcmp(columns[0], "value") == 0 && !columns[3]))
        return gmr_error(GMR_ERR_FORMAT, "'%.*s' is no row of a vocabulary", (int)length, text);
    const char *from = words_lower(&vocabulary->arena, columns[2] ? columns[2] : "");
    if (!from)
        return GMR_ERR_NOMEM;
    const struct vocabulary_rule rule = { columns[0], columns[1], from, columns[3], columns[4] };
    vocabulary->rules[vocabulary->count++] = rule;
    if (strcmp(rule.kind, "field") == 0 || strcmp(rule.kind, "else") == 0)
        vocabulary->fields[vocabulary->field_count++] = rule;
    return GMR_OK;
}

enum gmr_status vocabulary_init(struct vocabulary *vocabulary,
                                const struct gmr_allocator *allocator, const char *name)
{
    const struct embedded_text *table = embedded_find(name);
    *vocabulary = (struct vocabulary){ 0 };
    arena_init(&vocabulary->arena, allocator, 0);
    assert(table);
    const char *text = table->text;
    const size_t lines = count_lines(text);
    vocabulary->rules = arena_array(&vocabulary->arena, lines, sizeof *vocabulary->rules);
    vocabulary->fields = arena_array(&vocabulary->arena, lines, sizeof *vocabulary->fields);
    if (!vocabulary->rules || !vocabulary->fields)
        return GMR_ERR_NOMEM;
    while (*text) {
        const size_t length = strcspn(text, "\n");
        if (length > 0 && text[0] != '#')
            TRY(read_row(vocabulary, text, length));
        text += length + (text[length] == '\n');
    }
    qsort(vocabulary->rules, vocabulary->count, sizeof *vocabulary->rules, compare_rules);
    return GMR_OK;
}

void vocabulary_release(struct vocabulary *vocabulary)
{
    arena_release(&vocabulary->arena);
}

/* ---- asking it ---- */

/* The first rule that is not before kind, subject, from. */
static size_t lower_bound(const struct vocabulary *vocabulary, const struct vocabulary_rule *wanted)
{
    size_t low = 0, high = vocabulary->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_rules(&vocabulary->rules[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct vocabulary_rule *vocabulary_rules(const struct vocabulary *vocabulary,
                                               const char *kind, const char *subject, size_t *count)
{
    const struct vocabulary_rule first = { kind, subject ? subject : "", "", NULL, NULL };
    const size_t start = lower_bound(vocabulary, &first);
    *count = 0;
    for (size_t i = start; i < vocabulary->count; i++) {
        const struct vocabulary_rule *rule = &vocabulary->rules[i];
        if (strcmp(rule->kind, kind) != 0 || (subject && strcmp(rule->subject, subject) != 0))
            break;
        ++*count;
    }
    return vocabulary->rules + start;
}

/* The exact rule, or NULL. */
static const struct vocabulary_rule *find(const struct vocabulary *vocabulary, const char *kind,
                                          const char *subject, const char *from)
{
    const struct vocabulary_rule wanted = { kind, subject, from, NULL, NULL };
    const size_t i = lower_bound(vocabulary, &wanted);
    return i < vocabulary->count && compare_rules(&vocabulary->rules[i], &wanted) == 0
               ? &vocabulary->rules[i]
               : NULL;
}

enum gmr_status vocabulary_name(const struct vocabulary *vocabulary, struct arena *arena,
                                const char *name, const char **attribute)
{
    size_t count;
    const struct vocabulary_rule *rule = vocabulary_rules(vocabulary, "name", name, &count);
    if (count > 0) {
        *attribute = strcmp(rule->from, "-") == 0 ? NULL : rule->from;
        return GMR_OK;
    }
    *attribute = words_plain(arena, name);
    return *attribute ? GMR_OK : GMR_ERR_NOMEM;
}

enum gmr_status vocabulary_value(const struct vocabulary *vocabulary, struct arena *arena,
                                 const char *value, const char **attribute, const char **words)
{
    const char *trimmed = words_trim(arena, value);
    const char *lower = trimmed ? words_lower(arena, trimmed) : NULL;
    *words = NULL;
    if (!lower)
        return GMR_ERR_NOMEM;
    const struct vocabulary_rule *rule = find(vocabulary, "value", *attribute, lower);
    if (!rule)
        rule = find(vocabulary, "value", "*", lower);
    if (rule) {
        *words = strcmp(rule->to, "-") == 0 ? NULL : rule->to;
        *attribute = rule->other ? rule->other : *attribute;
    } else if (lower[0] != '\0') {
        *words = find(vocabulary, "case", *attribute, "") ? trimmed : lower;
    }
    return GMR_OK;
}
