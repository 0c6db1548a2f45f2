/* Lines with phrases: "say is t [is|are] {is}", "tail is any t with {has}". */
#include <string.h>

#include "simulator/grammar/reader.h"

static const char *const KINDS[PHRASE_KINDS] = { "is", "not", "more", "less", "contrast", "pair" };
static const char *const AFTERS[] = { "lead", "any", "is", "has" };
static const char *const FORMS[FORM_HEAR] = { "is", "has", "no" };

static bool find(const char *word, const char *const *list, size_t count, uint8_t *number)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, list[i]) == 0) {
            *number = (uint8_t)i;
            return true;
        }
    return false;
}

/* ---- the text ---- */

/* Chooses the first or second of what stands in brackets: "[is|are] red" is "is red". */
static bool choose_number(const char *text, size_t number, char *result)
{
    while (*text) {
        if (*text != '[') {
            *result++ = *text++;
            continue;
        }
        const char *bar = strchr(text, '|'), *end = strchr(text, ']');
        if (!bar || !end || bar > end)
            return false;
        const char *from = number == 0 ? text + 1 : bar + 1;
        const size_t length = (size_t)((number == 0 ? bar : end) - from);
        memcpy(result, from, length);
        result += length;
        text = end + 1;
    }
    *result = '\0';
    return true;
}

static struct piece *next_piece(struct pieces *pieces)
{
    return pieces->count < GRAMMAR_PIECES ? &pieces->at[pieces->count++] : NULL;
}

/* "{is}" or "{!is}" between braces. */
static enum gmr_status read_place(struct reader *reader, struct phrase *phrase, struct piece *piece,
                                  const char *text, size_t length)
{
    char name[8];
    *piece = (struct piece){ .other = length > 0 && text[0] == '!' };
    text += piece->other;
    length -= piece->other;
    if (length >= sizeof name)
        return reader_fail(reader, "no form of a value: '%.*s'", (int)length, text);
    memcpy(name, text, length);
    name[length] = '\0';
    if (!find(name, FORMS, FORM_HEAR, &piece->kind))
        return reader_fail(reader, "no form of a value: '%s'", name);
    if (phrase->needs[piece->other] >= 0)
        return reader_fail(reader, "two places for one value");
    phrase->needs[piece->other] = (int8_t)piece->kind;
    return GMR_OK;
}

static enum gmr_status cut(struct reader *reader, struct phrase *phrase, const char *text,
                           struct pieces *pieces)
{
    phrase->needs[0] = phrase->needs[1] = -1;
    while (*text) {
        struct piece *piece = next_piece(pieces);
        if (!piece)
            return reader_fail(reader, "a phrase of more than %d pieces", GRAMMAR_PIECES);
        size_t length = strcspn(text, "{");
        if (length > 0) {
            *piece = (struct piece){ .text = text, .length = length };
        } else {
            const char *end = strchr(text, '}');
            if (!end)
                return reader_fail(reader, "a '{' without '}'");
            length = (size_t)(end + 1 - text);
            TRY(read_place(reader, phrase, piece, text + 1, length - 2));
        }
        text += length;
    }
    return GMR_OK;
}

/* What a phrase begins with decides what may follow it, and what it may follow. "[is|are]" joins
 * others; "[it is|they are]" is joined by others; what has no verb that agrees in number does
 * neither: "i want", "[it|they] should be". */
static void find_verb(struct phrase *phrase, const char *text)
{
    const size_t length = text[0] == '[' ? strcspn(text + 1, "|") : 0;
    const char *end = text + 1 + length;
    phrase->verb = length > 0 && strncmp(text, "[it|", 4) != 0 ? AFTER_ANY : AFTER_LEAD;
    if (length >= 2 && strncmp(end - 2, "is", 2) == 0)
        phrase->verb = AFTER_IS;
    if (length >= 3 && strncmp(end - 3, "has", 3) == 0)
        phrase->verb = AFTER_HAS;
    if (phrase->kind == PHRASE_NOT)
        phrase->verb = AFTER_DENIAL; /* "is not red and green" would deny both */
    phrase->subject = memchr(text, ' ', length) != NULL;
}

static enum gmr_status read_text(struct reader *reader, struct phrase *phrase, const char *text)
{
    find_verb(phrase, text);
    for (size_t number = 0; number < 2; number++) {
        char *chosen = arena_alloc(&reader->grammar->arena, strlen(text) + 1);
        if (!chosen)
            return GMR_ERR_NOMEM;
        if (!choose_number(text, number, chosen))
            return reader_fail(reader, "brackets are [ONE|MANY]");
        TRY(cut(reader, phrase, chosen, &phrase->number[number]));
    }
    return phrase->number[0].count > 0 ? GMR_OK : reader_fail(reader, "a phrase without words");
}

/* ---- the line ---- */

static enum gmr_status check_places(const struct reader *reader, const struct phrase *phrase)
{
    const bool place = phrase->needs[0] >= 0, other = phrase->needs[1] >= 0;
    const bool fixed = reader->value != GRAMMAR_OTHER;
    const bool states_value = phrase->kind != PHRASE_MORE && phrase->kind != PHRASE_LESS;
    if (place != (states_value && !fixed) || other != (phrase->kind >= PHRASE_CONTRAST) ||
        (fixed && phrase->kind > PHRASE_NOT))
        return reader_fail(reader, "a phrase of kind '%s' does not have these places",
                           KINDS[phrase->kind]);
    return GMR_OK;
}

static enum gmr_status add_phrase(struct reader *reader, const struct phrase *phrase)
{
    struct grammar *grammar = reader->grammar;
    const bool shared = reader->group >= 0;
    struct phrase **list = shared ? &reader->shared : &grammar->phrase;
    size_t *count = shared ? &reader->shared_count : &grammar->phrases;
    size_t *room = shared ? &reader->shared_room : &grammar->phrase_room;
    struct phrase *grown = list_grow(&grammar->arena, *list, *count, room, sizeof *grown);
    if (!grown)
        return GMR_ERR_NOMEM;
    *list = grown;
    grown[*count] = *phrase;
    grown[*count].order = (uint32_t)*count;
    ++*count;
    if (reader->value != GRAMMAR_OTHER)
        grammar->value[reader->value].spoken = true;
    return GMR_OK;
}

static enum gmr_status read_phrase(struct reader *reader, char *rest, bool tail)
{
    struct phrase phrase = {
        .value = reader->value, .weight = 1, .file = reader->file, .line = reader->line
    };
    const char *kind = reader_word(&rest);
    if (!find(kind, KINDS, PHRASE_KINDS, &phrase.kind))
        return reader_fail(reader, "'%s' is no kind of phrase", kind);
    phrase.topic = (uint8_t)(reader->group >= 0 ? reader->group : reader->topic);
    if (tail && (!find(reader_word(&rest), AFTERS, 4, &phrase.after) || phrase.after == AFTER_LEAD))
        return reader_fail(reader, "a tail follows any, is or has");
    TRY(reader_set(reader, reader_word(&rest), &phrase.set));
    if (rest[0] == 'x' && rest[1] >= '0' && rest[1] <= '9')
        TRY(reader_number(reader, reader_word(&rest) + 1, &phrase.weight));
    const char *text = reader_item(&rest, '\n');
    TRY(read_text(reader, &phrase, text ? text : ""));
    TRY(check_places(reader, &phrase));
    return add_phrase(reader, &phrase);
}

enum gmr_status read_say(struct reader *reader, char *rest)
{
    return read_phrase(reader, rest, false);
}

enum gmr_status read_tail(struct reader *reader, char *rest)
{
    return read_phrase(reader, rest, true);
}

enum gmr_status read_use(struct reader *reader, char *rest)
{
    const char *name = reader_item(&rest, '\n');
    const uint32_t group = names_find(&reader->grammar->names, SPACE_GROUP, name, strlen(name));
    if (group == NAMES_NONE)
        return reader_fail(reader, "no group '%s' above", name);
    if (reader->value != GRAMMAR_OTHER)
        return reader_fail(reader, "'use' stands above the values of a topic");
    for (size_t i = 0; i < reader->shared_count; i++)
        if (reader->shared[i].topic == group) {
            struct phrase phrase = reader->shared[i];
            phrase.topic = (uint8_t)reader->topic;
            TRY(add_phrase(reader, &phrase));
        }
    return GMR_OK;
}
