/* Lines about the values of a topic. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/grammar/reader.h"

enum gmr_status grammar_new_value(struct grammar *grammar, size_t topic, const char *name,
                                  uint32_t *value)
{
    struct value *list = list_grow(&grammar->arena, grammar->value, grammar->values,
                                   &grammar->value_room, sizeof *list);
    const char *copy = list ? arena_strdup(&grammar->arena, name) : NULL;
    if (!copy)
        return GMR_ERR_NOMEM;
    grammar->value = list;
    *value = (uint32_t)grammar->values++;
    list[*value] =
        (struct value){ .name = copy, .topic = (uint8_t)topic, .weight = 1, .links = NAMES_NONE };
    return GMR_OK;
}

static enum gmr_status spell(struct reader *reader, size_t topic, const char *spelling,
                             uint32_t value)
{
    struct names *names = &reader->grammar->names;
    const uint32_t space = SPACE_VALUE + (uint32_t)topic;
    if (!spelling[0] || names_find(names, space, spelling, strlen(spelling)) != NAMES_NONE)
        return reader_fail(reader, "value '%s' has no name, or is there already", spelling);
    return names_add(names, space, spelling, strlen(spelling), value);
}

enum gmr_status reader_new_value(struct reader *reader, size_t topic, const char *name,
                                 uint32_t *value)
{
    TRY(grammar_new_value(reader->grammar, topic, name, value));
    return spell(reader, topic, name, *value);
}

static enum gmr_status find_value(const struct reader *reader, size_t topic, const char *name,
                                  uint32_t *value)
{
    *value = names_find(&reader->grammar->names, SPACE_VALUE + (uint32_t)topic, name, strlen(name));
    if (*value == NAMES_NONE)
        return reader_fail(reader, "topic '%s' has no value '%s'",
                           reader->grammar->topic[topic].name, name);
    return GMR_OK;
}

/* ---- forms ---- */

enum gmr_status grammar_add_form(struct grammar *grammar, uint32_t value, enum form_kind kind,
                                 const char *text)
{
    struct form *list = list_grow(&grammar->arena, grammar->form, grammar->forms,
                                  &grammar->form_room, sizeof *list);
    char *copy = list ? arena_strdup(&grammar->arena, text) : NULL;
    size_t words;
    if (!copy)
        return GMR_ERR_NOMEM;
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    grammar->form = list;
    struct form *form = &list[grammar->forms];
    *form = (struct form){ .text = copy, .value = value, .kind = (uint8_t)kind };
    TRY(grammar_intern(grammar, copy, form->token, GRAMMAR_FORM_WORDS, &words));
    form->words = (uint8_t)words;
    if (words == 0)
        return GMR_ERR_RANGE;
    if (kind != FORM_HEAR)
        grammar->value[value].spoken = true;
    grammar->forms++;
    return GMR_OK;
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
            return false;
    return true;
}

static enum gmr_status add_form(struct reader *reader, uint32_t value, enum form_kind kind,
                                const char *text)
{
    if (!is_plain(text))
        return reader_fail(reader, "words of a critique are ASCII");
    const enum gmr_status status = grammar_add_form(reader->grammar, value, kind, text);
    if (status == GMR_ERR_RANGE)
        return reader_fail(reader, "'%s' is not 1 to %d words", text, GRAMMAR_FORM_WORDS);
    return status;
}

static enum gmr_status add_forms(struct reader *reader, enum form_kind kind, char *rest)
{
    for (const char *text; (text = reader_item(&rest, '|')) != NULL;)
        TRY(add_form(reader, reader->value, kind, text));
    return GMR_OK;
}

enum gmr_status read_is(struct reader *reader, char *rest)
{
    return add_forms(reader, FORM_IS, rest);
}

enum gmr_status read_has(struct reader *reader, char *rest)
{
    return add_forms(reader, FORM_HAS, rest);
}

enum gmr_status read_no(struct reader *reader, char *rest)
{
    return add_forms(reader, FORM_NO, rest);
}

enum gmr_status read_hear(struct reader *reader, char *rest)
{
    return add_forms(reader, FORM_HEAR, rest);
}

/* ---- values ---- */

enum gmr_status read_value(struct reader *reader, char *rest)
{
    return reader_new_value(reader, (size_t)reader->topic, reader_item(&rest, '\n'),
                            &reader->value);
}

enum gmr_status read_silent(struct reader *reader, char *rest)
{
    uint32_t value;
    for (const char *name; (name = reader_item(&rest, '|')) != NULL;)
        TRY(reader_new_value(reader, (size_t)reader->topic, name, &value));
    return GMR_OK;
}

enum gmr_status read_plain(struct reader *reader, char *rest)
{
    uint32_t value;
    for (const char *name; (name = reader_item(&rest, '|')) != NULL;) {
        TRY(reader_new_value(reader, (size_t)reader->topic, name, &value));
        TRY(add_form(reader, value, FORM_IS, name));
    }
    return GMR_OK;
}

/* NAME or NAME=NOUN: "a noun", or "nouns". */
static enum gmr_status read_thing(struct reader *reader, char *item, bool many)
{
    struct grammar *grammar = reader->grammar;
    uint32_t value;
    const char *name = reader_item(&item, '='), *noun = item ? reader_item(&item, '\n') : name;
    TRY(reader_new_value(reader, (size_t)reader->topic, name, &value));
    char *thing =
        many ? arena_strdup(&grammar->arena, noun)
             : arena_printf(&grammar->arena, "%s %s", strchr("aeiou", noun[0]) ? "an" : "a", noun);
    char *copy = arena_strdup(&grammar->arena, noun);
    if (!thing || !copy)
        return GMR_ERR_NOMEM;
    grammar->value[value].noun = copy;
    grammar->value[value].many = many;
    TRY(add_form(reader, value, FORM_IS, thing));
    return add_form(reader, value, FORM_NO, noun);
}

static enum gmr_status read_things(struct reader *reader, char *rest, bool many)
{
    for (char *item; (item = reader_item(&rest, '|')) != NULL;)
        TRY(read_thing(reader, item, many));
    return GMR_OK;
}

enum gmr_status read_one(struct reader *reader, char *rest)
{
    return read_things(reader, rest, false);
}

enum gmr_status read_many(struct reader *reader, char *rest)
{
    return read_things(reader, rest, true);
}

/* VALUE : SPELLING | SPELLING */
enum gmr_status read_spell(struct reader *reader, char *rest)
{
    uint32_t value;
    TRY(find_value(reader, (size_t)reader->topic, reader_item(&rest, ':'), &value));
    for (const char *spelling; (spelling = reader_item(&rest, '|')) != NULL;)
        TRY(spell(reader, (size_t)reader->topic, spelling, value));
    return GMR_OK;
}

/* ---- what values have to do with each other ---- */

static enum gmr_status add_named(struct reader *reader, uint32_t value, const char *name,
                                 bool maybe)
{
    struct grammar *grammar = reader->grammar;
    struct named_link *list = list_grow(&grammar->arena, reader->named, reader->named_count,
                                        &reader->named_room, sizeof *list);
    const char *copy = list ? arena_strdup(&grammar->arena, name) : NULL;
    if (!copy)
        return GMR_ERR_NOMEM;
    reader->named = list;
    list[reader->named_count++] = (struct named_link){
        value,        maybe ? copy : NULL, maybe ? NULL : copy, (uint8_t)reader->topic,
        reader->file, reader->line
    };
    return GMR_OK;
}

static enum gmr_status read_links(struct reader *reader, char *rest, bool maybe)
{
    uint32_t value;
    TRY(find_value(reader, (size_t)reader->topic, reader_item(&rest, ':'), &value));
    if (!rest)
        return reader_fail(reader, "no ':'");
    for (const char *name; (name = reader_item(&rest, '|')) != NULL;)
        TRY(add_named(reader, value, name, maybe));
    return GMR_OK;
}

enum gmr_status read_kinds(struct reader *reader, char *rest)
{
    return read_links(reader, rest, false);
}

enum gmr_status read_maybe(struct reader *reader, char *rest)
{
    return read_links(reader, rest, true);
}

/* VALUE RANK, VALUE RANK, ... */
enum gmr_status read_order(struct reader *reader, char *rest)
{
    struct topic *topic = &reader->grammar->topic[reader->topic];
    const uint8_t scale = ++topic->scales;
    if (scale == UINT8_MAX)
        return reader_fail(reader, "too many scales");
    for (char *item; (item = reader_item(&rest, ',')) != NULL;) {
        char *space = strrchr(item, ' ');
        float rank;
        uint32_t number;
        if (!space)
            return reader_fail(reader, "'%s' is not a value and its rank", item);
        *space = '\0';
        TRY(reader_number(reader, space + 1, &rank));
        TRY(find_value(reader, (size_t)reader->topic, item, &number));
        struct value *value = &reader->grammar->value[number];
        if (value->scale != 0)
            return reader_fail(reader, "'%s' has a rank already", item);
        value->scale = scale;
        value->rank = rank;
        topic->high = rank > topic->high ? rank : topic->high;
    }
    return GMR_OK;
}

/* ---- links ---- */

static enum gmr_status resolve(struct reader *reader, const struct named_link *named,
                               struct link *link)
{
    uint32_t other;
    const char *name = named->to ? named->to : named->from;
    reader->file = named->file;
    reader->line = named->line;
    TRY(find_value(reader, named->topic, name, &other));
    if (other == named->value)
        return reader_fail(reader, "'%s' and itself", name);
    *link = named->to ? (struct link){ named->value, other, true }
                      : (struct link){ other, named->value, false };
    return GMR_OK;
}

static int compare_links(const void *a, const void *b)
{
    const struct link *left = a, *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return left->to < right->to ? -1 : left->to > right->to;
}

enum gmr_status reader_link(struct reader *reader)
{
    struct grammar *grammar = reader->grammar;
    grammar->link = arena_array(&grammar->arena, reader->named_count + 1, sizeof *grammar->link);
    if (!grammar->link)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < reader->named_count; i++)
        TRY(resolve(reader, &reader->named[i], &grammar->link[i]));
    grammar->links = reader->named_count;
    qsort(grammar->link, grammar->links, sizeof *grammar->link, compare_links);
    for (size_t i = grammar->links; i-- > 0;)
        grammar->value[grammar->link[i].value].links = (uint32_t)i;
    return GMR_OK;
}
