/* Reading a grammar: line by line, a keyword and what follows it. What a line belongs to is decided
 * by the last `group`, `topic` or `value` above it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/text.h"
#include "catalogue/number.h"
#include "simulator/grammar/grammar.h"
#include "simulator/grammar/reader.h"

#define OWN_FOLDER "simulator/grammar/data/"

enum { OWN_MOST = 64, LINE_BYTES = 4096 };

/* ---- help for those who read lines ---- */

enum gmr_status reader_fail(const struct reader *reader, const char *format, ...)
{
    char reason[TEXT_LINE_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    text_format(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return gmr_error(GMR_ERR_FORMAT, "%s:%u: %s", reader->file, reader->line, reason);
}

static char *trim(char *text)
{
    size_t length;
    text += strspn(text, " \t");
    for (length = strlen(text); length > 0 && strchr(" \t\r", text[length - 1]); length--)
        continue;
    text[length] = '\0';
    return text;
}

char *reader_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t");
    const size_t length = strcspn(word, " \t");
    *rest = word + length;
    if (word[length]) {
        word[length] = '\0';
        ++*rest;
    }
    return word;
}

char *reader_item(char **rest, char end)
{
    if (!*rest)
        return NULL;
    char *item = *rest, *stop = strchr(item, end);
    *rest = stop ? stop + 1 : NULL;
    if (stop)
        *stop = '\0';
    return trim(item);
}

enum gmr_status reader_number(const struct reader *reader, const char *text, float *number)
{
    double read;
    if (!number_parse(text, &read) || !(read >= 0 && read <= 1e6))
        return reader_fail(reader, "'%s' is no number from 0 to 1000000", text);
    *number = (float)read;
    return GMR_OK;
}

enum gmr_status reader_set(const struct reader *reader, const char *text, uint8_t *set)
{
    if (strcmp(text, "t") != 0 && strcmp(text, "e") != 0)
        return reader_fail(reader, "'%s' is no set of phrasings: t or e", text);
    *set = text[0] == 't' ? SET_TRAINING : SET_EVALUATION;
    return GMR_OK;
}

/* ---- lines about everything ---- */

static enum gmr_status read_alias(struct reader *reader, char *rest)
{
    struct grammar *grammar = reader->grammar;
    const char *from = reader_word(&rest), *to = reader_word(&rest);
    uint32_t token;
    if (!from[0] || !to[0] || *trim(rest))
        return reader_fail(reader, "an alias is two words");
    if (names_find(&grammar->names, SPACE_ALIAS, from, strlen(from)) != NAMES_NONE ||
        names_find(&grammar->names, SPACE_TOKEN, from, strlen(from)) != NAMES_NONE)
        return reader_fail(reader, "'%s' is used already", from);
    TRY(grammar_token(grammar, to, strlen(to), &token));
    return names_add(&grammar->names, SPACE_ALIAS, from, strlen(from), token);
}

static enum gmr_status give_role(struct reader *reader, const char *words, enum word_role role)
{
    uint32_t token[GRAMMAR_MOST_WORDS * 4];
    size_t count;
    const enum gmr_status status =
        grammar_intern(reader->grammar, words, token, sizeof token / sizeof *token, &count);
    if (status == GMR_ERR_RANGE)
        return reader_fail(reader, "more than %zu words", sizeof token / sizeof *token);
    for (size_t i = 0; status == GMR_OK && i < count; i++)
        reader->grammar->role[token[i]] |= (uint8_t)role;
    return status;
}

static enum gmr_status read_skip(struct reader *reader, char *rest)
{
    return give_role(reader, rest, ROLE_SKIP);
}

static enum gmr_status read_negation(struct reader *reader, char *rest)
{
    return give_role(reader, rest, ROLE_NEGATION);
}

static enum gmr_status read_two(struct reader *reader, char *rest)
{
    TRY(reader_number(reader, trim(rest), &reader->grammar->two));
    if (reader->grammar->two > 1)
        return reader_fail(reader, "a share is at most 1");
    return GMR_OK;
}

static enum gmr_status read_enough(struct reader *reader, char *rest)
{
    return reader_number(reader, trim(rest), &reader->grammar->enough);
}

static enum gmr_status read_join(struct reader *reader, char *rest)
{
    struct grammar *grammar = reader->grammar;
    struct join join = { 0 };
    TRY(reader_set(reader, reader_word(&rest), &join.set));
    TRY(reader_number(reader, reader_word(&rest), &join.weight));
    join.text = arena_strdup(&grammar->arena, trim(rest));
    struct join *list =
        list_grow(&grammar->arena, grammar->join, grammar->joins, &grammar->join_room, sizeof join);
    if (!join.text || !list)
        return GMR_ERR_NOMEM;
    if (!join.text[0])
        return reader_fail(reader, "nothing to join with");
    grammar->join = list;
    grammar->join[grammar->joins++] = join;
    return give_role(reader, join.text, ROLE_JOIN | ROLE_SKIP);
}

static enum gmr_status read_closing(struct reader *reader, char *rest)
{
    static const char *const which[] = { "one", "many", "unknown" };
    const char *word = reader_word(&rest), *text = trim(rest);
    const char *place = strstr(text, "{noun}");
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(word, which[i]) != 0)
            continue;
        if (!text[0] || strchr(text, '%') || (i < 2) != (place != NULL))
            return reader_fail(reader, "a closing remark about one or many has a {noun}");
        reader->grammar->closing[i] = arena_strdup(&reader->grammar->arena, text);
        return reader->grammar->closing[i] ? GMR_OK : GMR_ERR_NOMEM;
    }
    return reader_fail(reader, "'%s' is neither one, many nor unknown", word);
}

static enum gmr_status read_group(struct reader *reader, char *rest)
{
    const char *name = trim(rest);
    struct names *names = &reader->grammar->names;
    if (!name[0] || names_find(names, SPACE_GROUP, name, strlen(name)) != NAMES_NONE)
        return reader_fail(reader, "group '%s' has no name, or is there already", name);
    TRY(names_add(names, SPACE_GROUP, name, strlen(name), reader->groups));
    reader->group = (int)reader->groups++;
    reader->topic = -1;
    reader->value = GRAMMAR_OTHER;
    return GMR_OK;
}

/* ---- lines about a topic ---- */

static enum gmr_status read_topic(struct reader *reader, char *rest)
{
    struct grammar *grammar = reader->grammar;
    const char *name = trim(rest);
    if (!name[0] || names_find(&grammar->names, SPACE_TOPIC, name, strlen(name)) != NAMES_NONE)
        return reader_fail(reader, "topic '%s' has no name, or is there already", name);
    if (grammar->topics == GRAMMAR_TOPICS)
        return reader_fail(reader, "more than %d topics", GRAMMAR_TOPICS);
    struct topic *topic = &grammar->topic[grammar->topics];
    *topic = (struct topic){ .weight = 1, .within = -1, .number = -1, .mix = { 1, 1, 1, 1, 1, 1 } };
    topic->name = arena_strdup(&grammar->arena, name);
    if (!topic->name)
        return GMR_ERR_NOMEM;
    reader->topic = (int)grammar->topics;
    reader->group = -1;
    reader->value = GRAMMAR_OTHER;
    return names_add(&grammar->names, SPACE_TOPIC, name, strlen(name), (uint32_t)grammar->topics++);
}

static enum gmr_status add_reading(struct reader *reader, const char *name, struct reading reading)
{
    struct grammar *grammar = reader->grammar;
    struct reading *list = list_grow(&grammar->arena, grammar->reading, grammar->readings,
                                     &grammar->reading_room, sizeof *list);
    if (!list)
        return GMR_ERR_NOMEM;
    if (!name[0])
        return reader_fail(reader, "which attribute?");
    grammar->reading = list;
    const uint32_t number = (uint32_t)grammar->readings++;
    reading.topic = (uint8_t)reader->topic;
    reading.next = NAMES_NONE;
    list[number] = reading;
    uint32_t at = names_find(&grammar->names, SPACE_ATTRIBUTE, name, strlen(name));
    if (at == NAMES_NONE)
        return names_add(&grammar->names, SPACE_ATTRIBUTE, name, strlen(name), number);
    while (list[at].next != NAMES_NONE)
        at = list[at].next;
    list[at].next = number;
    return GMR_OK;
}

static enum gmr_status read_reads(struct reader *reader, char *rest)
{
    return add_reading(reader, trim(rest), (struct reading){ 0 });
}

static enum gmr_status read_aside(struct reader *reader, char *rest)
{
    return add_reading(reader, trim(rest), (struct reading){ .aside = true });
}

static enum gmr_status read_hints(struct reader *reader, char *rest)
{
    return add_reading(reader, trim(rest), (struct reading){ .hint = true });
}

static enum gmr_status read_numbers(struct reader *reader, char *rest)
{
    struct topic *topic = &reader->grammar->topic[reader->topic];
    if (topic->number >= 0)
        return reader_fail(reader, "a topic reads one attribute of numbers");
    topic->number = (int)reader->grammar->numbers++;
    return add_reading(reader, trim(rest), (struct reading){ 0 });
}

static enum gmr_status read_weight(struct reader *reader, char *rest)
{
    struct grammar *grammar = reader->grammar;
    float *weight = reader->value != GRAMMAR_OTHER ? &grammar->value[reader->value].weight
                                                   : &grammar->topic[reader->topic].weight;
    return reader_number(reader, trim(rest), weight);
}

static enum gmr_status read_margin(struct reader *reader, char *rest)
{
    return reader_number(reader, trim(rest), &reader->grammar->topic[reader->topic].margin);
}

static enum gmr_status read_mix(struct reader *reader, char *rest)
{
    float *mix = reader->grammar->topic[reader->topic].mix;
    float compare = 0, pair = 0;
    TRY(reader_number(reader, reader_word(&rest), &mix[PHRASE_IS]));
    TRY(reader_number(reader, reader_word(&rest), &mix[PHRASE_NOT]));
    TRY(reader_number(reader, reader_word(&rest), &compare));
    TRY(reader_number(reader, reader_word(&rest), &mix[PHRASE_CONTRAST]));
    rest = trim(rest);
    if (*rest)
        TRY(reader_number(reader, rest, &pair));
    mix[PHRASE_MORE] = mix[PHRASE_LESS] = compare;
    mix[PHRASE_PAIR] = pair;
    return GMR_OK;
}

static enum gmr_status read_open(struct reader *reader, char *rest)
{
    if (*trim(rest))
        return reader_fail(reader, "nothing stands behind 'open'");
    reader->grammar->topic[reader->topic].open = true;
    return GMR_OK;
}

static enum gmr_status read_unseen(struct reader *reader, char *rest)
{
    if (*trim(rest) != '\0')
        return reader_fail(reader, "'unseen' stands alone");
    reader->grammar->topic[reader->topic].unseen = true;
    return GMR_OK;
}

static enum gmr_status read_within(struct reader *reader, char *rest)
{
    const char *name = trim(rest);
    const uint32_t topic = names_find(&reader->grammar->names, SPACE_TOPIC, name, strlen(name));
    if (topic == NAMES_NONE)
        return reader_fail(reader, "no topic '%s' above", name);
    reader->grammar->topic[reader->topic].within = (int)topic;
    return GMR_OK;
}

/* ---- all lines ---- */

enum scope { ANYWHERE, IN_TOPIC, IN_VALUE, IN_TOPIC_OR_GROUP };

static const struct keyword {
    const char *name;
    read_line *read;
    enum scope scope;
} KEYWORDS[] = {
    { "alias", read_alias, ANYWHERE },
    { "skip", read_skip, ANYWHERE },
    { "negation", read_negation, ANYWHERE },
    { "two", read_two, ANYWHERE },
    { "enough", read_enough, ANYWHERE },
    { "join", read_join, ANYWHERE },
    { "closing", read_closing, ANYWHERE },
    { "group", read_group, ANYWHERE },
    { "topic", read_topic, ANYWHERE },
    { "say", read_say, IN_TOPIC_OR_GROUP },
    { "tail", read_tail, IN_TOPIC_OR_GROUP },
    { "use", read_use, IN_TOPIC },
    { "reads", read_reads, IN_TOPIC },
    { "hints", read_hints, IN_TOPIC },
    { "aside", read_aside, IN_TOPIC },
    { "numbers", read_numbers, IN_TOPIC },
    { "weight", read_weight, IN_TOPIC },
    { "margin", read_margin, IN_TOPIC },
    { "mix", read_mix, IN_TOPIC },
    { "open", read_open, IN_TOPIC },
    { "within", read_within, IN_TOPIC },
    { "unseen", read_unseen, IN_TOPIC },
    { "value", read_value, IN_TOPIC },
    { "silent", read_silent, IN_TOPIC },
    { "plain", read_plain, IN_TOPIC },
    { "one", read_one, IN_TOPIC },
    { "many", read_many, IN_TOPIC },
    { "spell", read_spell, IN_TOPIC },
    { "kinds", read_kinds, IN_TOPIC },
    { "maybe", read_maybe, IN_TOPIC },
    { "order", read_order, IN_TOPIC },
    { "is", read_is, IN_VALUE },
    { "has", read_has, IN_VALUE },
    { "no", read_no, IN_VALUE },
    { "hear", read_hear, IN_VALUE },
};

static bool fits(const struct reader *reader, enum scope scope)
{
    if (scope == IN_VALUE)
        return reader->value != GRAMMAR_OTHER;
    return scope == ANYWHERE || reader->topic >= 0 ||
           (scope == IN_TOPIC_OR_GROUP && reader->group >= 0);
}

static enum gmr_status read_one_line(struct reader *reader, char *line)
{
    char *rest = trim(line);
    if (!rest[0] || rest[0] == '#')
        return GMR_OK;
    const char *word = reader_word(&rest);
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++) {
        if (strcmp(word, KEYWORDS[i].name) != 0)
            continue;
        if (!fits(reader, KEYWORDS[i].scope))
            return reader_fail(reader, "'%s' belongs to nothing above", word);
        return KEYWORDS[i].read(reader, rest);
    }
    return reader_fail(reader, "unknown keyword '%s'", word);
}

static enum gmr_status read_text(struct reader *reader, const struct grammar_text *text)
{
    reader->file = text->name;
    reader->line = 0;
    reader->topic = reader->group = -1;
    reader->value = GRAMMAR_OTHER;
    for (const char *at = text->text; *at;) {
        char line[LINE_BYTES];
        const size_t length = strcspn(at, "\n");
        reader->line++;
        if (length >= sizeof line)
            return reader_fail(reader, "a line of more than %d bytes", LINE_BYTES - 1);
        memcpy(line, at, length);
        line[length] = '\0';
        TRY(read_one_line(reader, line));
        at += length + (at[length] == '\n');
    }
    return GMR_OK;
}

/* ---- whole grammars ---- */

static enum gmr_status check_whole(const struct grammar *grammar, const char *file)
{
    bool joins[SETS] = { false, false };
    for (size_t i = 0; i < grammar->joins; i++)
        joins[grammar->join[i].set] |= grammar->join[i].weight > 0;
    if (!joins[SET_TRAINING] || !joins[SET_EVALUATION])
        return gmr_error(GMR_ERR_FORMAT, "%s: a grammar joins phrases of both sets", file);
    for (size_t i = 0; i < 3; i++)
        if (!grammar->closing[i])
            return gmr_error(GMR_ERR_FORMAT, "%s: a grammar has three closing remarks", file);
    return GMR_OK;
}

static void digest_texts(struct grammar *grammar, const struct grammar_text *texts, size_t count)
{
    struct digest digest;
    uint8_t result[DIGEST_SIZE];
    digest_init(&digest);
    for (size_t i = 0; i < count; i++)
        digest_add_text(&digest, texts[i].text);
    digest_finish(&digest, result);
    digest_hex(result, grammar->digest);
}

static enum gmr_status begin(struct grammar *grammar)
{
    uint32_t other;
    names_init(&grammar->names, &grammar->arena);
    grammar->two = 0.5F;
    grammar->role = list_grow(&grammar->arena, NULL, 0, &grammar->role_room, 1);
    if (!grammar->role)
        return GMR_ERR_NOMEM;
    return grammar_new_value(grammar, 0, "", &other);
}

enum gmr_status grammar_read(struct grammar *grammar, const struct gmr_allocator *allocator,
                             const struct grammar_text *texts, size_t count)
{
    *grammar = (struct grammar){ 0 };
    arena_init(&grammar->arena, allocator, 0);
    struct reader reader = { .grammar = grammar };
    TRY(begin(grammar));
    for (size_t i = 0; i < count; i++)
        TRY(read_text(&reader, &texts[i]));
    TRY(reader_link(&reader));
    TRY(check_whole(grammar, count > 0 ? texts[count - 1].name : "grammar"));
    digest_texts(grammar, texts, count);
    return GMR_OK;
}

enum gmr_status grammar_read_own(struct grammar *grammar, const struct gmr_allocator *allocator)
{
    struct grammar_text texts[OWN_MOST];
    size_t count = 0;
    for (const struct embedded_text *text = embedded_first(OWN_FOLDER);
         text && text->name && count < OWN_MOST &&
         strncmp(text->name, OWN_FOLDER, strlen(OWN_FOLDER)) == 0;
         text++)
        texts[count++] = (struct grammar_text){ text->name, text->text };
    return grammar_read(grammar, allocator, texts, count);
}

void grammar_release(struct grammar *grammar)
{
    arena_release(&grammar->arena);
}
