/* First what to say - topics are drawn by weight times difference -, then how: a kind of phrase,
 * its values, a phrase of the set, forms for its places. */
#include "simulator/grammar/say.h"

#include <string.h>

#include "base/rng.h"
#include "simulator/grammar/options.h"

/* Said before: comes after everything else, and again only where nothing else is left. */
static const float SAID_BEFORE = 0.001F;

/* ---- chance ---- */

struct chance {
    uint64_t seed, stream, counter;
    uint32_t word[4];
    size_t used;
};

static uint64_t mix(uint64_t state, uint64_t value)
{
    state = (state ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return state ^ state >> 32;
}

static void chance_init(struct chance *chance, uint64_t seed, struct critic_pair pair,
                        const struct critic_memory *memory)
{
    uint64_t stream = mix(UINT64_C(0x6772616D6D617200), memory->dialogue);
    stream = mix(stream, memory->turn);
    stream = mix(stream, pair.target);
    *chance = (struct chance){ .seed = seed, .stream = mix(stream, pair.candidate), .used = 4 };
}

/* Uniform in [0, 1). */
static float draw(struct chance *chance)
{
    if (chance->used == 4) {
        rng_block(chance->seed, chance->stream, chance->counter++, chance->word);
        chance->used = 0;
    }
    return (float)(chance->word[chance->used++] >> 8) * 0x1p-24F;
}

static uint32_t draw_below(struct chance *chance, uint32_t count)
{
    return (uint32_t)(draw(chance) * (float)count);
}

/* One of `count` by weight; count when all are 0. */
static size_t draw_weighted(struct chance *chance, const float *weight, size_t count)
{
    float sum = 0;
    size_t last = count;
    for (size_t i = 0; i < count; i++)
        sum += weight[i];
    float rest = draw(chance) * sum;
    for (size_t i = 0; i < count; i++) {
        if (weight[i] <= 0)
            continue;
        last = i;
        if ((rest -= weight[i]) < 0)
            break;
    }
    return last;
}

/* ---- one phrase ---- */

struct speaker {
    const struct grammar *grammar;
    enum phrase_set set;
    struct chance chance;
    size_t number; /* 0: the target is one thing; 1: a pair, as shoes are */
};

/* What is to be said. */
struct matter {
    const struct topic *topic;
    enum phrase_kind kind;
    uint32_t value, other; /* of the target; in contrasts the candidate's, in pairs the second */
};

static uint32_t form_count(const struct grammar *grammar, uint32_t value, int kind)
{
    const uint32_t *forms = grammar->value[value].forms;
    return forms[kind + 1] - forms[kind];
}

static bool has_forms(const struct grammar *grammar, const struct phrase *phrase,
                      const struct matter *matter)
{
    return (phrase->needs[0] < 0 || form_count(grammar, matter->value, phrase->needs[0]) > 0) &&
           (phrase->needs[1] < 0 || form_count(grammar, matter->other, phrase->needs[1]) > 0);
}

/* What has been said in this sentence. */
struct so_far {
    bool any;
    uint8_t verb; /* of its last phrase */
};

static bool may_follow(const struct phrase *phrase, struct so_far so_far)
{
    if (phrase->after == AFTER_LEAD)
        return !so_far.any ||
               (so_far.verb != AFTER_LEAD && phrase->verb != AFTER_LEAD && !phrase->subject);
    return so_far.any && so_far.verb != AFTER_DENIAL &&
           (phrase->after == AFTER_ANY || phrase->after == so_far.verb);
}

static bool suits(const struct grammar *grammar, const struct phrase *phrase,
                  const struct matter *matter, struct so_far so_far)
{
    if (phrase->value != GRAMMAR_OTHER && phrase->value != matter->value)
        return false;
    return may_follow(phrase, so_far) && has_forms(grammar, phrase, matter);
}

static const struct phrase *draw_phrase(struct speaker *speaker, const struct matter *matter,
                                        struct so_far so_far)
{
    const struct grammar *grammar = speaker->grammar;
    const uint32_t *range = matter->topic->phrases[matter->kind][speaker->set];
    float sum = 0;
    for (uint32_t i = range[0]; i < range[1]; i++)
        if (suits(grammar, &grammar->phrase[i], matter, so_far))
            sum += grammar->phrase[i].weight;
    float rest = draw(&speaker->chance) * sum;
    for (uint32_t i = range[0]; i < range[1]; i++)
        if (suits(grammar, &grammar->phrase[i], matter, so_far) &&
            (rest -= grammar->phrase[i].weight) < 0)
            return &grammar->phrase[i];
    return NULL;
}

struct text {
    char at[CRITIC_TEXT];
    size_t length;
    bool full;
};

static void append(struct text *text, const char *piece, size_t length)
{
    if (text->length + length >= sizeof text->at) {
        text->full = true;
        return;
    }
    memcpy(text->at + text->length, piece, length);
    text->length += length;
    text->at[text->length] = '\0';
}

static void append_phrase(struct speaker *speaker, const struct phrase *phrase,
                          const struct matter *matter, struct text *text)
{
    const struct grammar *grammar = speaker->grammar;
    const struct pieces *pieces = &phrase->number[speaker->number];
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->at[i];
        if (piece->text) {
            append(text, piece->text, piece->length);
            continue;
        }
        const uint32_t value = piece->other ? matter->other : matter->value;
        const uint32_t first = grammar->value[value].forms[piece->kind];
        const char *form = grammar
                               ->form[first + draw_below(&speaker->chance,
                                                         form_count(grammar, value, piece->kind))]
                               .text;
        append(text, form, strlen(form));
    }
}

static size_t words_of(const struct text *text)
{
    size_t words = text->length > 0;
    for (size_t i = 0; i < text->length; i++)
        words += text->at[i] == ' ';
    return words;
}

/* ---- one topic ---- */

static uint32_t draw_value(struct speaker *speaker, const struct option_values *values)
{
    float weight[OPTION_VALUES];
    for (size_t i = 0; i < values->count; i++)
        weight[i] = speaker->grammar->value[values->value[i]].weight;
    const size_t chosen = draw_weighted(&speaker->chance, weight, values->count);
    return values->value[chosen < values->count ? chosen : 0];
}

static void draw_matter(struct speaker *speaker, const struct option *option, enum phrase_kind kind,
                        struct matter *matter)
{
    *matter = (struct matter){ &speaker->grammar->topic[option->topic], kind, GRAMMAR_OTHER,
                               GRAMMAR_OTHER };
    if (kind == PHRASE_IS || kind == PHRASE_CONTRAST || kind == PHRASE_PAIR)
        matter->value = draw_value(speaker, &option->has);
    if (kind == PHRASE_NOT)
        matter->value = draw_value(speaker, &option->lacks);
    if (kind == PHRASE_CONTRAST)
        matter->other = draw_value(speaker, &option->lacks);
    if (kind == PHRASE_PAIR)
        matter->other = draw_value(speaker, &option->aside);
}

static void weigh_kinds(const struct topic *topic, const struct option *option,
                        float weight[PHRASE_KINDS])
{
    const bool has = option->has.count > 0, lacks = option->lacks.count > 0;
    const bool able[PHRASE_KINDS] = { has,
                                      lacks,
                                      option->compare > 0,
                                      option->compare < 0,
                                      has && lacks,
                                      has && option->aside.count > 0 };
    for (size_t i = 0; i < PHRASE_KINDS; i++)
        weight[i] = able[i] ? topic->mix[i] : 0;
}

static void state(struct utterance *utterance, const struct option *option,
                  const struct matter *matter)
{
    static const uint8_t relation[PHRASE_KINDS] = { RELATION_IS,   RELATION_NOT, RELATION_MORE,
                                                    RELATION_LESS, RELATION_IS,  RELATION_IS };
    utterance->statement[utterance->statements++] =
        (struct statement){ option->topic, relation[matter->kind], matter->value };
    if (matter->kind >= PHRASE_CONTRAST)
        utterance->statement[utterance->statements++] = (struct statement){
            option->topic, matter->kind == PHRASE_PAIR ? RELATION_IS : RELATION_NOT, matter->other
        };
}

static const char *draw_join(struct speaker *speaker)
{
    const struct grammar *grammar = speaker->grammar;
    float sum = 0;
    for (size_t i = 0; i < grammar->joins; i++)
        sum += grammar->join[i].set == speaker->set ? grammar->join[i].weight : 0;
    float rest = draw(&speaker->chance) * sum;
    const char *text = "";
    for (size_t i = 0; i < grammar->joins && rest >= 0; i++) {
        if (grammar->join[i].set != speaker->set)
            continue;
        text = grammar->join[i].text;
        rest -= grammar->join[i].weight;
    }
    return text;
}

/* Puts what stands between two phrases: a comma clings to the word before it, and a tail brings its
 * own words. */
static void append_join(struct speaker *speaker, const struct phrase *phrase, struct text *text)
{
    const char *join = phrase->after == AFTER_LEAD ? draw_join(speaker) : "";
    const char *first = phrase->number[0].at[0].text;
    if (join[0] && join[0] != ',')
        append(text, " ", 1);
    append(text, join, strlen(join));
    if (!first || first[0] != ',')
        append(text, " ", 1);
}

/* Says something of one topic behind what has been said; false when the text would be too long or
 * too short, or there are no words. */
static bool try_kind(struct speaker *speaker, const struct option *option, enum phrase_kind kind,
                     struct text *text, uint8_t *verb, struct utterance *utterance)
{
    struct matter matter;
    struct text longer = *text;
    const struct so_far so_far = { text->length > 0, *verb };
    draw_matter(speaker, option, kind, &matter);
    const struct phrase *phrase = draw_phrase(speaker, &matter, so_far);
    if (!phrase)
        return false;
    if (text->length > 0)
        append_join(speaker, phrase, &longer);
    append_phrase(speaker, phrase, &matter, &longer);
    const size_t words = words_of(&longer);
    if (longer.full || words < GRAMMAR_LEAST_WORDS || words > GRAMMAR_MOST_WORDS)
        return false;
    *text = longer;
    *verb = phrase->verb;
    state(utterance, option, &matter);
    return true;
}

static bool say_topic(struct speaker *speaker, const struct option *option, struct text *text,
                      uint8_t *verb, struct utterance *utterance)
{
    enum { TRIES = 3 };
    float weight[PHRASE_KINDS];
    weigh_kinds(&speaker->grammar->topic[option->topic], option, weight);
    if (text->length > 0)
        weight[PHRASE_CONTRAST] = 0;
    for (size_t kind; (kind = draw_weighted(&speaker->chance, weight, PHRASE_KINDS)) < PHRASE_KINDS;
         weight[kind] = 0)
        for (size_t i = 0; i < TRIES; i++)
            if (try_kind(speaker, option, (enum phrase_kind)kind, text, verb, utterance))
                return true;
    return false;
}

/* ---- the whole ---- */

/* Weights of all topics, and behind them that of saying no more. */
static void weigh_topics(const struct options *options, uint64_t said,
                         float weight[GRAMMAR_TOPICS + 1])
{
    for (size_t i = 0; i < options->count; i++)
        weight[i] = options->at[i].score * (said >> options->at[i].topic & 1 ? SAID_BEFORE : 1);
    weight[options->count] = 0;
}

static void say_topics(struct speaker *speaker, const struct options *options, size_t most,
                       struct critic_memory *memory, struct utterance *utterance)
{
    float weight[GRAMMAR_TOPICS + 1];
    struct text text = { .length = 0 };
    uint8_t verb = AFTER_ANY;
    weigh_topics(options, memory->said, weight);
    while (utterance->statements < most) {
        const size_t i = draw_weighted(&speaker->chance, weight, options->count + 1);
        if (i >= options->count)
            break;
        if (say_topic(speaker, &options->at[i], &text, &verb, utterance)) {
            memory->said |= UINT64_C(1) << options->at[i].topic;
            weight[options->count] = speaker->grammar->enough;
        }
        weight[i] = 0;
    }
    memcpy(utterance->text, text.at, text.length);
    utterance->text[text.length] = '\0';
}

void say_critique(const struct grammar *grammar, const struct traits *traits, uint64_t seed,
                  enum phrase_set set, struct critic_pair pair, struct critic_memory *memory,
                  struct utterance *utterance)
{
    struct options options;
    struct speaker speaker = { .grammar = grammar, .set = set };
    utterance->statements = 0;
    speaker.number = grammar->value[traits->item[pair.target].noun].many;
    chance_init(&speaker.chance, seed, pair, memory);
    options_find(traits, grammar, pair.target, pair.candidate, &options);
    const size_t most = draw(&speaker.chance) < grammar->two ? 2 : 1;
    say_topics(&speaker, &options, most, memory, utterance);
    memory->turn++;
}
