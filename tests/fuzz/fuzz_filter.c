/* Fuzz entry of predicate_parse. Whatever the text: no fault, and a predicate that is found in a
 * text made of its parts. */
#undef NDEBUG
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "catalogue/filter.h"

static void check_text(const char *text)
{
    assert(text_is_utf8(text, strlen(text)));
}

/* Written again with a space after the operator, it is the same predicate. */
static void check_again(const struct predicate *p, struct arena *arena)
{
    static const char *const relations[] = { "=", "!=", "<", "<=", ">", ">=" };
    struct predicate again;
    const char *text = arena_printf(arena, "%s %s %s", p->name, relations[p->relation], p->value);
    assert(text);
    if (strlen(text) > PREDICATE_MAX)
        return;
    assert(predicate_parse(text, arena, &again) == GMR_OK);
    assert(again.relation == p->relation && strcmp(again.name, p->name) == 0);
    assert(isnan(p->number) ? isnan(again.number) : again.number == p->number);
}

static void check_predicate(const struct predicate *p, struct arena *arena)
{
    bool ordered = p->relation != PREDICATE_EQUAL && p->relation != PREDICATE_UNEQUAL, matches;
    assert(p->relation <= PREDICATE_AT_LEAST && p->name[0] != '\0');
    assert(ordered ? isfinite(p->number) : isnan(p->number));
    check_text(p->name);
    check_text(p->folded);
    check_text(p->value);
    assert(predicate_matches(p, p->value, p->number, arena, &matches) == GMR_OK);
    if (ordered)
        assert(matches == (p->relation == PREDICATE_AT_MOST || p->relation == PREDICATE_AT_LEAST));
    check_again(p, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct predicate predicate;
    struct arena arena;
    arena_init(&arena, NULL, 0);
    const char *text = arena_strndup(&arena, (const char *)data, size);
    assert(text);
    enum gmr_status status = predicate_parse(text, &arena, &predicate);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT);
    if (status == GMR_OK)
        check_predicate(&predicate, &arena);
    else
        check_text(gmr_error_message());
    arena_release(&arena);
    return 0;
}
