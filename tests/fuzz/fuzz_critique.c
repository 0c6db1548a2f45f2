/* Fuzz entry of hear_critique with the library's own grammar: whatever the text, only statements
 * that the grammar can make, of words that were there. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/grammar/hear.h"

static const struct grammar *own_grammar(void)
{
    static struct grammar grammar;
    static bool read;
    uint32_t value;
    if (!read) {
        assert(grammar_read_own(&grammar, NULL) == GMR_OK);
        for (size_t topic = 0; topic < grammar.topics; topic++)
            if (grammar.topic[topic].open)
                assert(grammar_add_value(&grammar, topic, "kite & anchor", &value) == GMR_OK);
        assert(grammar_compile(&grammar) == GMR_OK);
        read = true;
    }
    return &grammar;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct grammar *grammar = own_grammar();
    char *text = malloc(size + 1);
    struct heard heard;
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    hear_critique(grammar, text, &heard);
    assert(heard.understood <= heard.words && heard.words <= HEARD_WORDS);
    assert(heard.statements <= HEARD_STATEMENTS && heard.statements <= 2 * heard.words);
    for (size_t i = 0; i < heard.statements; i++) {
        const struct statement *s = &heard.statement[i];
        assert(s->topic < grammar->topics && s->value < grammar->values);
        assert(s->value == GRAMMAR_OTHER || grammar->value[s->value].topic == s->topic);
        assert((s->relation >= RELATION_MORE) == (s->value == GRAMMAR_OTHER));
    }
    free(text);
    return 0;
}
