/* Words: text is cut into them the same way in the grammar and in what anybody says. */
#include <ctype.h>
#include <string.h>

#include "simulator/grammar/grammar.h"
#include "simulator/grammar/reader.h"

enum { WORD_BYTES = 64 };

/* What ends a word. Hyphens do, so that "t-shirt" and "t shirt" are the same. */
static bool parts(char c)
{
    return c == ' ' || c == ',' || c == '-' || c == ';' || c == '!' || c == '?' || c == '"' ||
           c == '(' || c == ')' || c == ':' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies the next word in lower case, without full stops behind it, and moves on; its length, 0 at
 * the end. Longer words are cut: no word of a grammar is as long. */
static size_t next_word(const char **text, char word[WORD_BYTES])
{
    size_t length = 0;
    while (**text && parts(**text))
        ++*text;
    for (; **text && !parts(**text); ++*text)
        if (length < WORD_BYTES - 1)
            word[length++] = (char)tolower((unsigned char)**text);
    while (length > 1 && (word[length - 1] == '.' || word[length - 1] == '\''))
        length--;
    word[length] = '\0';
    return length;
}

static uint32_t find_token(const struct grammar *grammar, const char *word, size_t length)
{
    uint32_t token = names_find(&grammar->names, SPACE_ALIAS, word, length);
    if (token == NAMES_NONE)
        token = names_find(&grammar->names, SPACE_TOKEN, word, length);
    return token == NAMES_NONE ? 0 : token;
}

size_t grammar_tokens(const struct grammar *grammar, const char *text, uint32_t *token, size_t most)
{
    char word[WORD_BYTES];
    size_t count = 0;
    for (size_t length; count < most && (length = next_word(&text, word)) > 0;)
        token[count++] = find_token(grammar, word, length);
    return count;
}

enum gmr_status grammar_token(struct grammar *grammar, const char *text, size_t length,
                              uint32_t *token)
{
    *token = find_token(grammar, text, length);
    if (*token != 0)
        return GMR_OK;
    uint8_t *role = list_grow(&grammar->arena, grammar->role, grammar->tokens + 1,
                              &grammar->role_room, sizeof *role);
    if (!role)
        return GMR_ERR_NOMEM;
    grammar->role = role;
    *token = ++grammar->tokens;
    grammar->role[*token] = ROLE_NONE;
    return names_add(&grammar->names, SPACE_TOKEN, text, length, *token);
}

enum gmr_status grammar_intern(struct grammar *grammar, const char *text, uint32_t *token,
                               size_t most, size_t *count)
{
    char word[WORD_BYTES];
    *count = 0;
    for (size_t length; (length = next_word(&text, word)) > 0;) {
        if (*count == most)
            return GMR_ERR_RANGE;
        TRY(grammar_token(grammar, word, length, &token[(*count)++]));
    }
    return GMR_OK;
}
