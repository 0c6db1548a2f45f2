/* What the parts of the tokeniser share: tokeniser.c (encodes and decodes), tokeniser_clean.c and
 * tokeniser_entities.c (text to what is split), tokeniser_split.c, tokeniser_merge.c,
 * tokeniser_vocabulary.c and tokeniser_train.c (where vocabularies come from). */
#ifndef MEDIA_TOKENISER_INSIDE_H
#define MEDIA_TOKENISER_INSIDE_H

#include "base/arena.h"
#include "media/tokeniser.h"
#include "media/tokeniser_table.h"

/* ---- cleaning: spec section 1.5, step 1 ---- */

/* `text` cleaned, into the arena: UTF-8, NUL-terminated, lower case, single spaces.
 * Errors: GMR_ERR_RANGE (more than TOKENISER_MAX_TEXT bytes), GMR_ERR_NOMEM. */
enum gmr_status tokeniser_clean(const char *text, struct arena *arena, const char **clean,
                                size_t *size);

/* Replaces references to characters ("&amp;", "&#233;") in place, as Python's html.unescape does;
 * returns the new number of code points. */
size_t tokeniser_unescape(int32_t *points, size_t count);

/* ---- splitting: step 2 ---- */

enum piece_kind { PIECE_WORD, PIECE_START, PIECE_END };

struct piece {
    const char *text; /* inside the cleaned text */
    size_t size;
    enum piece_kind kind;
};

/* Takes the next piece from *text, UTF-8 that ends at `end`, and moves *text behind it; false when
 * there is none. */
bool tokeniser_split(const char **text, const char *end, struct piece *piece);

/* A space to Python's regular expressions; str.strip() knows more (tokeniser_clean.c). */
bool tokeniser_is_space(int32_t point);

/* ---- symbols and merges: steps 3 to 5 ---- */

enum {
    BYTE_SYMBOLS = 256, /* symbol s of a byte is s + BYTE_SYMBOLS at the end of a word */
    FIRST_MERGE = 2 * BYTE_SYMBOLS, /* the symbol that the first merge makes */
    SYMBOL_SIZE = TOKENISER_MAX_SYMBOL + 1
};

/* The bytes of a symbol, then one of these. */
enum { SYMBOL_INSIDE, SYMBOL_FINAL };

struct merge {
    uint32_t left, right;
};

struct tokeniser {
    const struct gmr_allocator *allocator;
    uint16_t symbol_of[256];   /* of each byte */
    struct text_table symbols; /* numbered as tokens are; no two have the same text */
    struct merge *merges;      /* in order of rank; merge r makes symbol FIRST_MERGE + r */
    size_t merge_count, merge_capacity;
    struct key_table made; /* merge_key to the symbol that the merge makes */
    char *text;            /* of tokeniser_text; NULL until asked for */
    size_t text_size;
};

static inline uint64_t merge_key(uint32_t left, uint32_t right)
{
    return (uint64_t)left << 32 | right;
}

/* A tokeniser without merges. The caller destroys it. Error: GMR_ERR_NOMEM. */
enum gmr_status tokeniser_create(const struct gmr_allocator *allocator,
                                 struct tokeniser **tokeniser);

/* The text of the symbol that a merge would make; `left` is not final. Returns its size, or 0 when
 * it is longer than a symbol may be. */
size_t tokeniser_join(const struct tokeniser *tokeniser, struct merge merge,
                      char text[SYMBOL_SIZE]);

/* Adds the next merge; `text`, of tokeniser_join, is not a symbol yet. Error: GMR_ERR_NOMEM, then
 * the tokeniser can only be destroyed. */
enum gmr_status tokeniser_add_merge(struct tokeniser *tokeniser, struct merge merge,
                                    const char *text, size_t size);

/* ---- the merging of a word: step 4 ---- */

struct merge_node;

/* Workspace, in an arena; begin with zeros, the tokeniser and the arena. */
struct merger {
    const struct tokeniser *tokeniser;
    struct arena *arena;
    struct merge_node *nodes;
    uint64_t *queue;
    size_t capacity; /* longest word there is room for */
    size_t queued;
    uint32_t next; /* node of the first symbol not yet taken */
};

/* Splits a word of `size` >= 1 bytes into symbols. Error: GMR_ERR_NOMEM. */
enum gmr_status merger_run(struct merger *merger, const char *word, size_t size);

/* Takes the next symbol of the word; false when there are no more. */
bool merger_next(struct merger *merger, uint32_t *symbol);

#endif
