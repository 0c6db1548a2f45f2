/* Predicates: parsing, comparing, and applying them to a catalogue. Each distinct value of an
 * attribute is looked at once, and the items that have a fitting one are marked; so the cost is
 * that of the values and of the items found, not of all items. */
#include "catalogue/filter.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "catalogue/inside.h"
#include "catalogue/number.h"

/* ---- texts ---- */

static const char spaces[] = " \t\r\n";

static size_t trimmed(const char **text, size_t size)
{
    size_t start = strspn(*text, spaces);
    start = start < size ? start : size;
    *text += start;
    for (size -= start; size > 0 && strchr(spaces, (*text)[size - 1]);)
        size--;
    return size;
}

static bool is_ascii(const char *text, size_t size)
{
    unsigned char all = 0;
    for (size_t i = 0; i < size; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

static void fold_ascii(char *text)
{
    for (; *text != '\0'; text++)
        if (*text >= 'A' && *text <= 'Z')
            *text = (char)(*text - 'A' + 'a');
}

static enum gmr_status fold_unicode(const char *text, size_t size, struct arena *arena,
                                    const char **folded)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text;
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD;
    utf8proc_ssize_t count = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, NULL, 0, options);
    if (count < 0)
        return gmr_error(GMR_ERR_FORMAT, "cannot compare '%.*s': %s", (int)(size < 80 ? size : 80),
                         text, utf8proc_errmsg(count));
    utf8proc_int32_t *points = arena_array(arena, (size_t)count + 1, sizeof *points);
    if (!points)
        return GMR_ERR_NOMEM;
    utf8proc_decompose(bytes, (utf8proc_ssize_t)size, points, count, options);
    utf8proc_reencode(points, count, options);
    *folded = (const char *)points;
    return GMR_OK;
}

static enum gmr_status fold(const char *text, size_t size, struct arena *arena, const char **folded)
{
    size = trimmed(&text, size);
    if (!is_ascii(text, size))
        return fold_unicode(text, size, arena, folded);
    char *copy = arena_strndup(arena, text, size);
    if (!copy)
        return GMR_ERR_NOMEM;
    fold_ascii(copy);
    *folded = copy;
    return GMR_OK;
}

enum gmr_status filter_fold(const char *text, struct arena *arena, const char **folded)
{
    return fold(text, strlen(text), arena, folded);
}

/* ---- parsing ---- */

/* Longer ones first. */
static const struct operator_text {
    const char *text;
    enum predicate_relation relation;
} operators[] = {
    { "!=", PREDICATE_UNEQUAL }, { "<=", PREDICATE_AT_MOST }, { ">=", PREDICATE_AT_LEAST },
    { "=", PREDICATE_EQUAL },    { "<", PREDICATE_LESS },     { ">", PREDICATE_GREATER },
};

static const struct operator_text *operator_at(const char *text)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strncmp(text, operators[i].text, strlen(operators[i].text)) == 0)
            return &operators[i];
    return NULL;
}

static enum gmr_status not_a_predicate(const char *text, const char *why)
{
    return gmr_error(GMR_ERR_FORMAT, "'%.200s' is not a predicate: %s", text, why);
}

static bool orders(enum predicate_relation relation)
{
    return relation != PREDICATE_EQUAL && relation != PREDICATE_UNEQUAL;
}

/* The number is taken from the text as it was written: folding does not change digits. */
static enum gmr_status parse_value(const char *text, const char *value, struct arena *arena,
                                   struct predicate *predicate)
{
    TRY(filter_fold(value, arena, &predicate->value));
    predicate->number = NAN;
    if (orders(predicate->relation) && !number_parse(predicate->value, &predicate->number))
        return gmr_error(GMR_ERR_FORMAT, "'%.200s' is not a predicate: '%.200s' is not a number",
                         text, predicate->value);
    return GMR_OK;
}

enum gmr_status predicate_parse(const char *text, struct arena *arena, struct predicate *predicate)
{
    const struct operator_text *found = NULL;
    const char *name = text;
    size_t length = 0;
    if (strnlen(text, PREDICATE_MAX + 1) > PREDICATE_MAX)
        return not_a_predicate(text, "too long");
    while (text[length] != '\0' && !(found = operator_at(text + length)))
        length++;
    if (!found)
        return not_a_predicate(text, "no '=', '!=', '<', '<=', '>' or '>=' in it");
    const char *value = text + length + strlen(found->text);
    length = trimmed(&name, length);
    if (length == 0)
        return not_a_predicate(text, "no name before the operator");
    if (*value != '\0' && strchr("=<>", *value))
        return not_a_predicate(text, "two operators in a row");
    predicate->relation = found->relation;
    predicate->name = arena_strndup(arena, name, length);
    if (!predicate->name)
        return GMR_ERR_NOMEM;
    TRY(filter_fold(predicate->name, arena, &predicate->folded));
    return parse_value(text, value, arena, predicate);
}

/* ---- comparing ---- */

/* False for NaN. */
static bool compare(double number, enum predicate_relation relation, double limit)
{
    switch (relation) {
    case PREDICATE_LESS: return number < limit;
    case PREDICATE_AT_MOST: return number <= limit;
    case PREDICATE_GREATER: return number > limit;
    case PREDICATE_AT_LEAST: return number >= limit;
    case PREDICATE_EQUAL:
    case PREDICATE_UNEQUAL: break;
    }
    return false;
}

enum gmr_status predicate_matches(const struct predicate *predicate, const char *value,
                                  double number, struct arena *arena, bool *matches)
{
    const char *folded;
    if (orders(predicate->relation)) {
        *matches = compare(number, predicate->relation, predicate->number);
        return GMR_OK;
    }
    TRY(filter_fold(value, arena, &folded));
    *matches = strcmp(folded, predicate->value) == 0;
    return GMR_OK;
}

/* ---- applying ---- */

/* One predicate on its way through a catalogue. */
struct search {
    struct catalogue *catalogue;
    struct predicate predicate;
    struct arena *scratch; /* cleared for each value */
    uint8_t *found;        /* [items]: has a fitting value */
    bool named;            /* there is such an attribute */
};

static enum gmr_status mark_items(struct search *search, int64_t value)
{
    struct catalogue *catalogue = search->catalogue;
    enum gmr_status status = GMR_OK;
    sqlite3_stmt *q;
    size_t position;
    int code = SQLITE_ROW;
    TRY(store_reuse(catalogue->store, "SELECT item FROM item_value WHERE value = ?", &q));
    sqlite3_bind_int64(q, 1, value);
    while (status == GMR_OK && (code = sqlite3_step(q)) == SQLITE_ROW) {
        status = catalogue_place(catalogue, sqlite3_column_int64(q, 0), &position);
        if (status == GMR_OK)
            search->found[position] = 1;
    }
    if (status == GMR_OK && code != SQLITE_DONE)
        status = store_error(catalogue->store, "cannot read attributes");
    sqlite3_reset(q);
    return status;
}

static enum gmr_status try_value(struct search *search, sqlite3_stmt *q)
{
    const char *text;
    bool matches;
    double number = sqlite3_column_type(q, 2) == SQLITE_NULL ? NAN : sqlite3_column_double(q, 2);
    arena_clear(search->scratch);
    TRY(store_text(search->catalogue->store, q, 1, search->scratch, &text));
    TRY(predicate_matches(&search->predicate, text, number, search->scratch, &matches));
    return matches ? mark_items(search, sqlite3_column_int64(q, 0)) : GMR_OK;
}

static enum gmr_status search_attribute(struct search *search, int64_t attribute)
{
    struct store *store = search->catalogue->store;
    enum gmr_status status = GMR_OK;
    sqlite3_stmt *q;
    int code = SQLITE_ROW;
    TRY(store_reuse(store, "SELECT id, text, number FROM attribute_value WHERE attribute = ?", &q));
    sqlite3_bind_int64(q, 1, attribute);
    while (status == GMR_OK && (code = sqlite3_step(q)) == SQLITE_ROW)
        status = try_value(search, q);
    if (status == GMR_OK && code != SQLITE_DONE)
        status = store_error(store, "cannot read attributes");
    sqlite3_reset(q);
    return status;
}

/* Names that differ only in case are one attribute here. */
static enum gmr_status try_attribute(struct search *search, sqlite3_stmt *q)
{
    const char *name, *folded;
    arena_clear(search->scratch);
    TRY(store_text(search->catalogue->store, q, 1, search->scratch, &name));
    TRY(filter_fold(name, search->scratch, &folded));
    if (strcmp(folded, search->predicate.folded) != 0)
        return GMR_OK;
    search->named = true;
    return search_attribute(search, sqlite3_column_int64(q, 0));
}

static enum gmr_status search_catalogue(struct search *search)
{
    struct store *store = search->catalogue->store;
    enum gmr_status status = GMR_OK;
    sqlite3_stmt *q;
    int code = SQLITE_ROW;
    TRY(store_reuse(store, "SELECT id, name FROM attribute", &q));
    while (status == GMR_OK && (code = sqlite3_step(q)) == SQLITE_ROW)
        status = try_attribute(search, q);
    if (status == GMR_OK && code != SQLITE_DONE)
        status = store_error(store, "cannot read attributes");
    sqlite3_reset(q);
    if (status == GMR_OK && !search->named)
        return gmr_error(GMR_ERR_NOT_FOUND, "no item in '%s' has an attribute '%s'",
                         search->catalogue->path, search->predicate.name);
    return status;
}

static enum gmr_status apply(struct search *search, const char *text, uint8_t *allowed)
{
    size_t count = search->catalogue->count;
    struct arena arena;
    arena_init(&arena, search->catalogue->allocator, 4096);
    enum gmr_status status = predicate_parse(text, &arena, &search->predicate);
    if (status == GMR_OK) {
        memset(search->found, 0, count);
        search->named = false;
        status = search_catalogue(search);
    }
    arena_release(&arena);
    if (status != GMR_OK)
        return status;
    bool unwanted = search->predicate.relation == PREDICATE_UNEQUAL;
    for (size_t i = 0; i < count; i++)
        allowed[i] &= (uint8_t)(search->found[i] != unwanted);
    return GMR_OK;
}

enum gmr_status catalogue_filter(struct catalogue *catalogue, const char *const *predicates,
                                 size_t count, uint8_t *allowed)
{
    struct arena scratch;
    struct search search = { .catalogue = catalogue, .scratch = &scratch };
    enum gmr_status status = GMR_OK;
    memset(allowed, 1, catalogue->count);
    search.found = memory_array(catalogue->allocator, catalogue->count, 1);
    if (!search.found)
        return GMR_ERR_NOMEM;
    arena_init(&scratch, catalogue->allocator, 0);
    for (size_t i = 0; i < count && status == GMR_OK; i++)
        status = apply(&search, predicates[i], allowed);
    arena_release(&scratch);
    memory_release(catalogue->allocator, search.found, catalogue->count);
    return status;
}
