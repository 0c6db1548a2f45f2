/* Fuzz entry of grammar_read and grammar_compile, and of what such a grammar makes of a sentence.
 * Whatever the bytes: a clean refusal that names the file, or a grammar that listens. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "simulator/grammar/hear.h"

static void check_heard(const struct grammar *grammar, const char *text)
{
    struct heard heard;
    hear_critique(grammar, text, &heard);
    assert(heard.understood <= heard.words && heard.words <= HEARD_WORDS);
    assert(heard.statements <= HEARD_STATEMENTS);
    for (size_t i = 0; i < heard.statements; i++) {
        const struct statement *s = &heard.statement[i];
        assert(s->topic < grammar->topics && s->value < grammar->values);
        assert((s->relation >= RELATION_MORE) == (s->value == GRAMMAR_OTHER));
    }
}

/* Its own phrases are what a grammar understands best. */
static void listen(const struct grammar *grammar, const char *text)
{
    check_heard(grammar, text);
    check_heard(grammar, "is more red and has no long sleeves, not from here");
    for (size_t i = 0; i < grammar->forms; i++)
        check_heard(grammar, grammar->form[i].text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    const struct grammar_text file = { "input", text };
    struct grammar grammar;
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    enum gmr_status status = grammar_read(&grammar, NULL, &file, 1);
    if (status == GMR_OK)
        status = grammar_compile(&grammar);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT);
    if (status == GMR_OK)
        listen(&grammar, text);
    else
        assert(strncmp(gmr_error_message(), "input", 5) == 0 &&
               text_is_utf8(gmr_error_message(), strlen(gmr_error_message())));
    grammar_release(&grammar);
    free(text);
    return 0;
}
