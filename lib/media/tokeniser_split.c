/* The splitting of a cleaned text into pieces: what Python's `regex` finds with CLIP's pattern,
 * ignoring case. The first alternative that fits is taken, not the longest. */
#include <string.h>

#include <utf8proc.h>

#include "media/tokeniser_inside.h"

enum point_class { CLASS_SPACE, CLASS_LETTER, CLASS_DIGIT, CLASS_OTHER };

static enum point_class class_of(int32_t point)
{
    /* Ignoring case, this mark is the letter iota: it is in no class of the pattern. */
    enum { COMBINING_IOTA = 0x345 };
    if (tokeniser_is_space(point) || point == COMBINING_IOTA)
        return CLASS_SPACE;
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return CLASS_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return CLASS_DIGIT;
    default: return CLASS_OTHER;
    }
}

/* The class of the character at `text`, and its length. */
static enum point_class next_class(const char *text, const char *end, size_t *length)
{
    int32_t point;
    *length = (size_t)utf8proc_iterate((const utf8proc_uint8_t *)text, end - text, &point);
    return class_of(point);
}

/* The alternatives that are words, in the order of the pattern. */
static const struct literal {
    const char *text;
    enum piece_kind kind;
} literals[] = {
    { "<|startoftext|>", PIECE_START },
    { "<|endoftext|>", PIECE_END },
    { "'s", PIECE_WORD },
    { "'t", PIECE_WORD },
    { "'re", PIECE_WORD },
    { "'ve", PIECE_WORD },
    { "'m", PIECE_WORD },
    { "'ll", PIECE_WORD },
    { "'d", PIECE_WORD },
};

/* How much of the text the literal takes, ignoring case; 0: it is not there. Of the letters in the
 * pattern only s has another form that is lower case: the long s. */
static size_t match_literal(const char *text, const char *end, const char *literal)
{
    static const char long_s[] = "\u017F";
    const char *at = text;
    for (; *literal != '\0'; literal++) {
        size_t left = (size_t)(end - at), taken = left > 0 && *at == *literal;
        if (*literal == 's' && left >= 2 && memcmp(at, long_s, 2) == 0)
            taken = 2;
        if (taken == 0)
            return 0;
        at += taken;
    }
    return (size_t)(at - text);
}

static bool split_literal(const char *text, const char *end, struct piece *piece)
{
    if (*text != '<' && *text != '\'')
        return false;
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        size_t size = match_literal(text, end, literals[i].text);
        if (size > 0) {
            /* With a long s it is not the token, but a word. */
            bool same = size == strlen(literals[i].text);
            *piece = (struct piece){ text, size, same ? literals[i].kind : PIECE_WORD };
            return true;
        }
    }
    return false;
}

static void split_run(const char *text, const char *end, struct piece *piece)
{
    size_t length;
    enum point_class class = next_class(text, end, &length);
    const char *at = text + length;
    while (class != CLASS_DIGIT && at < end && next_class(at, end, &length) == class)
        at += length;
    *piece = (struct piece){ text, (size_t)(at - text), PIECE_WORD };
}

bool tokeniser_split(const char **text, const char *end, struct piece *piece)
{
    size_t length;
    while (*text < end && next_class(*text, end, &length) == CLASS_SPACE)
        *text += length;
    if (*text == end)
        return false;
    if (!split_literal(*text, end, piece))
        split_run(*text, end, piece);
    *text = piece->text + piece->size;
    return true;
}
