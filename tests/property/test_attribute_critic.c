/* Statements about everything that the attribute critic says: it is true of the target and not of
 * the candidate, it means when it is heard what was meant, and the two sets of phrasings share no
 * sentence. Truth is judged by the critic's own traits for a million pairs, and for some of them by
 * the attributes themselves, with tables that belong to this test. Where the published products are
 * there, importing them takes most of the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "catalogue/import/import.h"
#include "simulator/grammar/hear.h"
#include "simulator/grammar/say.h"
#include "support/attributed.h"
#include "support/scratch.h"
#include "support/support.h"

#ifdef __SANITIZE_ADDRESS__
#define SLOWER 20 /* times, about, under the sanitizers */
#else
#define SLOWER 1
#endif

enum { ITEMS = 3000 / SLOWER, PAIRS = 1000000 / SLOWER, SEED = 5 };

struct shop {
    struct grammar grammar;
    struct traits traits;
    struct catalogue *catalogue;
};

static void open_shop(struct shop *shop)
{
    shop->catalogue = attributed_open();
    assert_int_equal(grammar_read_own(&shop->grammar, NULL), GMR_OK);
    assert_int_equal(traits_read(&shop->traits, NULL, shop->catalogue, &shop->grammar), GMR_OK);
    assert_int_equal(grammar_compile(&shop->grammar), GMR_OK);
}

static void close_shop(struct shop *shop)
{
    traits_release(&shop->traits);
    grammar_release(&shop->grammar);
    catalogue_close(shop->catalogue);
}

static struct critic_pair draw_pair(struct rng_stream *chance, size_t items)
{
    const size_t target = (size_t)(rng_uniform(chance) * (double)items);
    return (struct critic_pair){ target, (size_t)(rng_uniform(chance) * (double)items) };
}

/* ---- a million pairs ---- */

static void assert_text(const char *text)
{
    size_t words = 1;
    for (const char *c = text; *c; c++) {
        if (*c < ' ' || *c > '~' || (*c >= 'A' && *c <= 'Z') || (*c == ' ' && c[1] == ' '))
            fail_msg("'%s'", text);
        words += *c == ' ';
    }
    if (text[0] && (words < GRAMMAR_LEAST_WORDS || words > GRAMMAR_MOST_WORDS))
        fail_msg("%zu words: '%s'", words, text);
}

static void assert_heard(const struct utterance *said, const struct heard *heard)
{
    bool same = said->statements == heard->statements && heard->understood == heard->words;
    for (size_t i = 0; same && i < said->statements; i++)
        same = said->statement[i].topic == heard->statement[i].topic &&
               said->statement[i].relation == heard->statement[i].relation &&
               said->statement[i].value == heard->statement[i].value;
    if (!same)
        fail_msg("not heard as it was meant: '%s'", said->text);
}

static void assert_true_statements(const struct shop *shop, struct critic_pair pair,
                                   const struct heard *heard, const char *text)
{
    for (size_t i = 0; i < heard->statements; i++) {
        const struct statement *s = &heard->statement[i];
        if (traits_truth(&shop->traits, &shop->grammar, s, pair.target, pair.candidate) !=
                TRUTH_TRUE ||
            traits_truth(&shop->traits, &shop->grammar, s, pair.candidate, pair.target) !=
                TRUTH_FALSE)
            fail_msg("not so: '%s' (%zu, %zu)", text, pair.target, pair.candidate);
    }
}

/* What is said in the first turns of a dialogue with each of many pairs; returns how often there
 * was something to say. */
static size_t check_pairs(const struct shop *shop, size_t pairs)
{
    struct rng_stream chance;
    size_t spoken = 0;
    rng_stream_init(&chance, SEED, RNG_DATA);
    for (size_t i = 0; i < pairs; i++) {
        const struct critic_pair pair = draw_pair(&chance, shop->traits.items);
        struct critic_memory memory = { .dialogue = i,
                                        .turn = (uint32_t)(i / 2 % 10),
                                        .said = i % 4 < 2 ? 0 : UINT64_MAX >> i % 64 };
        struct utterance said;
        struct heard heard;
        say_critique(&shop->grammar, &shop->traits, SEED, i % 2 ? SET_TRAINING : SET_EVALUATION,
                     pair, &memory, &said);
        hear_critique(&shop->grammar, said.text, &heard);
        assert_text(said.text);
        assert_heard(&said, &heard);
        assert_true_statements(shop, pair, &heard, said.text);
        spoken += said.statements > 0;
    }
    return spoken;
}

static void all_that_is_said_is_so(void **state)
{
    (void)state;
    struct shop shop;
    described_create(ITEMS);
    open_shop(&shop);
    assert_true(check_pairs(&shop, PAIRS) > PAIRS / 100 * 98);
    close_shop(&shop);
}

static void so_it_is_of_real_products(void **state)
{
    (void)state;
    const char *data = getenv("GMR_DATA");
    char source[PATH_MAX], path[PATH_MAX];
    struct shop shop;
    struct gmr_import_report report;
    if (SLOWER > 1) {
        print_message("skipped: importing takes minutes here\n");
        return;
    }
    snprintf(source, sizeof source, "%s/fashion-products",
             data ? data : GMR_SOURCE_DIR "/../shared/data");
    if (access(source, F_OK) != 0) {
        print_message("skipped: no '%s' (set GMR_DATA)\n", source);
        return;
    }
    snprintf(path, sizeof path, "%s", in_scratch("shop"));
    const struct gmr_import_options options = { .format = GMR_IMPORT_FASHION_PRODUCTS,
                                                .source = source,
                                                .catalogue = path };
    assert_int_equal(import_run(NULL, NULL, 0, &options, &report), GMR_OK);
    open_shop(&shop);
    assert_true(shop.traits.items > 30000);
    assert_true(check_pairs(&shop, PAIRS / 5) > PAIRS / 5 / 100 * 98);
    close_shop(&shop);
}

/* ---- against the attributes themselves ---- */

/* What generated values are besides. */
static const struct {
    const char *attribute, *value, *also;
} BESIDES[] = {
    { "colour", "navy blue", "blue" },
    { "colour", "light blue", "blue" },
    { "colour", "olive", "green" },
    { "colour", "lavender", "purple" },
    { "colour", "burgundy", "red" },
    { "second colour", "navy blue", "blue" },
    { "second colour", "light blue", "blue" },
    { "second colour", "olive", "green" },
    { "second colour", "lavender", "purple" },
    { "second colour", "burgundy", "red" },
    { "material", "patent leather", "leather" },
    { "category", "sneaker", "shoes" },
    { "category", "boot", "shoes" },
    { "category", "heel", "shoes" },
    { "category", "sandal", "shoes" },
    { "category", "flat shoe", "shoes" },
    { "category", "trousers", "pants" },
    { "collar", "shirt collar", "collar" },
    { "collar", "mandarin collar", "collar" },
    { "collar", "polo collar", "collar" },
    { "collar", "notched lapel", "collar" },
    { "pattern", "striped", "patterned" },
    { "pattern", "checked", "patterned" },
    { "pattern", "polka dots", "patterned" },
    { "pattern", "floral", "patterned" },
    { "pattern", "geometric", "patterned" },
    { "pattern", "animal print", "patterned" },
    { "pattern", "colour-blocked", "patterned" },
    { "pattern", "graphic", "patterned" },
    { "pattern", "floral", "printed" },
    { "pattern", "graphic", "printed" },
    { "pattern", "animal print", "printed" },
};

/* The attributes in which generated items tell what a topic is about, in the grammar's order of
 * topics; scales from the least to the most. */
static const struct {
    const char *topic, *attributes[3], *scale[8];
} TOPICS[] = {
    { "category", { "category" }, { NULL } },
    { "colour", { "colour", "second colour" }, { NULL } },
    { "accents", { "second colour" }, { NULL } },
    { "pattern", { "pattern" }, { NULL } },
    { "sleeves",
      { "sleeve length" },
      { "sleeveless", "short sleeves", "three-quarter sleeves", "long sleeves" } },
    { "neck", { "neck", "collar" }, { NULL } },
    { "length", { "length" }, { "mini", "knee length", "midi", "maxi" } },
    { "fit", { "fit" }, { "slim fit", "regular fit", "loose fit" } },
    { "shape", { "shape" }, { NULL } },
    { "heel height", { "heel height" }, { "flat", "low heel", "mid heel", "high heel" } },
    { "heel type", { "heel type" }, { NULL } },
    { "toe", { "toe shape" }, { NULL } },
    { "ankle height", { "ankle height" }, { "low-top", "high-top" } },
    { "shaft", { "shaft height" }, { "ankle-high", "calf-high", "knee-high" } },
    { "straps", { "straps" }, { NULL } },
    { "fastening", { "fastening" }, { NULL } },
    { "details", { "detail" }, { NULL } },
    { "material", { "material" }, { NULL } },
    { "shine", { "material" }, { NULL } },
    { "gender", { "gender" }, { NULL } },
    { "brand", { "brand" }, { NULL } },
    { "price", { "price" }, { NULL } },
};

enum { TOPIC_COUNT = sizeof TOPICS / sizeof *TOPICS };

static size_t topic_number(const char *name)
{
    for (size_t i = 0; i < TOPIC_COUNT; i++)
        if (strcmp(TOPICS[i].topic, name) == 0)
            return i;
    fail_msg("generated items know nothing of '%s'", name);
    return 0;
}

static bool is_also(const struct gmr_attribute *attribute, const char *value)
{
    for (size_t i = 0; i < sizeof BESIDES / sizeof *BESIDES; i++)
        if (strcmp(BESIDES[i].attribute, attribute->name) == 0 &&
            strcmp(BESIDES[i].value, attribute->value) == 0 && strcmp(BESIDES[i].also, value) == 0)
            return true;
    return strcasecmp(attribute->value, value) == 0;
}

static const struct gmr_attribute *find(const struct gmr_item *item, const char *name)
{
    for (size_t i = 0; i < item->attribute_count; i++)
        if (strcmp(item->attributes[i].name, name) == 0)
            return &item->attributes[i];
    return NULL;
}

/* 1, 0, or -1 where the item says nothing of it. */
static int has_value(const struct gmr_item *item, size_t topic, const char *value)
{
    int has = -1;
    for (size_t i = 0; TOPICS[topic].attributes[i]; i++) {
        const struct gmr_attribute *attribute = find(item, TOPICS[topic].attributes[i]);
        if (attribute && has != 1)
            has = is_also(attribute, value);
    }
    return has;
}

/* Where an item stands; -1: nowhere. */
static double rank(const struct gmr_item *item, size_t topic)
{
    const struct gmr_attribute *attribute = find(item, TOPICS[topic].attributes[0]);
    if (attribute && strcmp(TOPICS[topic].topic, "price") == 0)
        return attribute->number;
    for (int i = 0; attribute && i < 8 && TOPICS[topic].scale[i]; i++)
        if (strcmp(TOPICS[topic].scale[i], attribute->value) == 0)
            return i;
    return -1;
}

static void assert_so(const struct shop *shop, const struct statement *s,
                      const struct gmr_item *target, const struct gmr_item *candidate,
                      const char *text)
{
    const size_t topic = topic_number(shop->grammar.topic[s->topic].name);
    const char *value = shop->grammar.value[s->value].name;
    const double of = rank(target, topic), than = rank(candidate, topic);
    bool so;
    if (s->relation == RELATION_IS || s->relation == RELATION_NOT)
        so = has_value(target, topic, value) == (s->relation == RELATION_IS) &&
             has_value(candidate, topic, value) == (s->relation == RELATION_NOT);
    else if (of < 0 || than < 0)
        so = true; /* lightness, and the lengths of tops: not this test's */
    else
        so = s->relation == RELATION_MORE ? of > than : of < than;
    if (!so)
        fail_msg("the attributes say otherwise: '%s' (%s, %s)", text, target->key, candidate->key);
}

static void so_say_the_attributes(void **state)
{
    (void)state;
    enum { FEW = 200, CHECKS = 100000 / SLOWER };
    static struct gmr_item item[FEW];
    struct arena arena;
    struct shop shop;
    struct rng_stream chance;
    described_create(FEW);
    open_shop(&shop);
    arena_init(&arena, NULL, 0);
    rng_stream_init(&chance, SEED + 1, RNG_DATA);
    for (size_t i = 0; i < FEW; i++)
        assert_int_equal(catalogue_item(shop.catalogue, i, &arena, &item[i]), GMR_OK);
    for (size_t i = 0; i < CHECKS; i++) {
        const struct critic_pair pair = draw_pair(&chance, FEW);
        struct critic_memory memory = { .dialogue = i };
        struct utterance said;
        say_critique(&shop.grammar, &shop.traits, SEED, SET_TRAINING, pair, &memory, &said);
        for (size_t s = 0; s < said.statements; s++)
            assert_so(&shop, &said.statement[s], &item[pair.target], &item[pair.candidate],
                      said.text);
    }
    arena_release(&arena);
    close_shop(&shop);
}

/* ---- every phrase with every form ---- */

/* A set of texts, by 64-bit hashes of their words. */
struct surface {
    const struct shop *shop;
    uint64_t *hash;
    size_t count, room;
    enum phrase_set set;
};

static int compare_hashes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t hash_words(const struct grammar *grammar, const char *text)
{
    uint32_t token[HEARD_WORDS];
    const size_t count = grammar_tokens(grammar, text, token, HEARD_WORDS);
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < count; i++)
        hash = (hash ^ token[i]) * UINT64_C(0x100000001b3) ^ hash >> 40;
    return hash;
}

static void assert_heard_as(const struct surface *surface, const struct phrase *phrase,
                            const char *text, uint32_t value, uint32_t other)
{
    static const uint8_t relation[] = { RELATION_IS,   RELATION_NOT, RELATION_MORE,
                                        RELATION_LESS, RELATION_IS,  RELATION_IS };
    struct heard heard;
    hear_critique(&surface->shop->grammar, text, &heard);
    const struct statement *s = heard.statement;
    bool as_meant = heard.statements == (phrase->kind >= PHRASE_CONTRAST ? 2 : 1) &&
                    heard.understood == heard.words && s->topic == phrase->topic &&
                    s->relation == relation[phrase->kind] && s->value == value;
    if (as_meant && phrase->kind >= PHRASE_CONTRAST)
        as_meant = s[1].relation == (phrase->kind == PHRASE_PAIR ? RELATION_IS : RELATION_NOT) &&
                   s[1].value == other;
    if (!as_meant)
        fail_msg("%s:%u is not heard as it is meant: '%s'", phrase->file, phrase->line, text);
}

static void keep(struct surface *surface, const char *text)
{
    if (surface->count == surface->room) {
        surface->room = 2 * surface->room + 1024;
        surface->hash = realloc(surface->hash, surface->room * sizeof *surface->hash);
        assert_non_null(surface->hash);
    }
    surface->hash[surface->count++] = hash_words(&surface->shop->grammar, text);
}

static void write_phrase(const struct grammar *grammar, const struct phrase *phrase, size_t number,
                         const struct form *of, const struct form *other, char text[CRITIC_TEXT])
{
    const struct pieces *pieces = &phrase->number[number];
    size_t length = 0;
    (void)grammar;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct piece *piece = &pieces->at[i];
        const char *part = piece->text ? piece->text : piece->other ? other->text : of->text;
        const size_t size = piece->text ? piece->length : strlen(part);
        assert_true(length + size < CRITIC_TEXT);
        memcpy(text + length, part, size);
        length += size;
    }
    text[length] = '\0';
}

/* All forms of a kind that values of the topic have; the next after `at`, or NULL. */
static const struct form *next_form(const struct grammar *grammar, const struct phrase *phrase,
                                    int kind, const struct form *at)
{
    for (at = at ? at + 1 : grammar->form; at < grammar->form + grammar->forms; at++)
        if (at->kind == kind && grammar->value[at->value].topic == phrase->topic)
            return at;
    return NULL;
}

static void each_text(struct surface *surface, const struct phrase *phrase, const struct form *of,
                      const struct form *other)
{
    char text[CRITIC_TEXT];
    for (size_t number = 0; number < 2; number++) {
        write_phrase(&surface->shop->grammar, phrase, number, of, other, text);
        assert_heard_as(surface, phrase, text, of ? of->value : phrase->value,
                        other ? other->value : GRAMMAR_OTHER);
        keep(surface, text);
    }
}

static void each_form(struct surface *surface, const struct phrase *phrase)
{
    const struct grammar *grammar = &surface->shop->grammar;
    const struct form *of = NULL, *other = NULL;
    if (phrase->needs[0] < 0) {
        each_text(surface, phrase, NULL, NULL);
        return;
    }
    while ((of = next_form(grammar, phrase, phrase->needs[0], of)) != NULL) {
        if (phrase->needs[1] < 0)
            each_text(surface, phrase, of, NULL);
        while (phrase->needs[1] >= 0 &&
               (other = next_form(grammar, phrase, phrase->needs[1], other)) != NULL)
            if (other->value != of->value)
                each_text(surface, phrase, of, other);
    }
}

static void every_phrase_means_one_thing_in_one_set(void **state)
{
    (void)state;
    struct shop shop;
    described_create(20);
    open_shop(&shop);
    struct surface sets[SETS] = { { .shop = &shop }, { .shop = &shop } };
    for (size_t i = 0; i < shop.grammar.phrases; i++)
        each_form(&sets[shop.grammar.phrase[i].set], &shop.grammar.phrase[i]);
    assert_true(sets[SET_TRAINING].count > 20000 && sets[SET_EVALUATION].count > 10000);
    qsort(sets[0].hash, sets[0].count, sizeof(uint64_t), compare_hashes);
    for (size_t i = 0; i < sets[1].count; i++)
        assert_null(bsearch(&sets[1].hash[i], sets[0].hash, sets[0].count, sizeof(uint64_t),
                            compare_hashes));
    free(sets[0].hash);
    free(sets[1].hash);
    close_shop(&shop);
}

/* ---- richness ---- */

static size_t count_phrases(const struct grammar *grammar, size_t topic, enum phrase_set set)
{
    size_t count = 0;
    for (size_t i = 0; i < grammar->phrases; i++)
        count += grammar->phrase[i].topic == topic && grammar->phrase[i].set == (uint8_t)set;
    return count;
}

static void both_sets_are_rich(void **state)
{
    (void)state;
    struct grammar grammar;
    assert_int_equal(grammar_read_own(&grammar, NULL), GMR_OK);
    for (size_t i = 0; i < grammar.topics; i++)
        if (grammar.topic[i].weight >= 1)
            if (count_phrases(&grammar, i, SET_TRAINING) < 8 ||
                count_phrases(&grammar, i, SET_EVALUATION) < 4)
                fail_msg("few phrases about '%s'", grammar.topic[i].name);
    grammar_release(&grammar);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(all_that_is_said_is_so),   IN_SCRATCH(so_it_is_of_real_products),
        IN_SCRATCH(so_say_the_attributes),    IN_SCRATCH(every_phrase_means_one_thing_in_one_set),
        cmocka_unit_test(both_sets_are_rich),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
