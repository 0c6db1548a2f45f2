/* A vocabulary in memory, and its use: text to ids and back. */
#include "media/tokeniser.h"

#include <string.h>

#include "base/text.h"
#include "media/tokeniser_inside.h"

/* ---- symbols ---- */

/* Bytes in the order of their symbols: printable ones of Latin-1, then the others. */
static const struct byte_range {
    uint8_t first, last;
} byte_order[] = { { 33, 126 }, { 161, 172 }, { 174, 255 }, { 0, 32 }, { 127, 160 }, { 173, 173 } };

static enum gmr_status add_byte(struct tokeniser *tokeniser, unsigned byte, char end)
{
    const char text[2] = { (char)byte, end };
    if (end == SYMBOL_INSIDE)
        tokeniser->symbol_of[byte] = (uint16_t)tokeniser->symbols.count;
    return text_table_add(&tokeniser->symbols, text, sizeof text);
}

static enum gmr_status add_bytes(struct tokeniser *tokeniser)
{
    for (char end = SYMBOL_INSIDE; end <= SYMBOL_FINAL; end++)
        for (size_t i = 0; i < sizeof byte_order / sizeof *byte_order; i++)
            for (unsigned byte = byte_order[i].first; byte <= byte_order[i].last; byte++)
                TRY(add_byte(tokeniser, byte, end));
    return GMR_OK;
}

enum gmr_status tokeniser_create(const struct gmr_allocator *allocator,
                                 struct tokeniser **tokeniser)
{
    *tokeniser = memory_array(allocator, 1, sizeof **tokeniser);
    if (!*tokeniser)
        return GMR_ERR_NOMEM;
    (*tokeniser)->allocator = allocator;
    (*tokeniser)->made.allocator = allocator;
    text_table_init(&(*tokeniser)->symbols, allocator);
    enum gmr_status status = add_bytes(*tokeniser);
    if (status != GMR_OK) {
        tokeniser_destroy(*tokeniser);
        *tokeniser = NULL;
    }
    return status;
}

void tokeniser_destroy(struct tokeniser *tokeniser)
{
    if (!tokeniser)
        return;
    const struct gmr_allocator *allocator = tokeniser->allocator;
    memory_release(allocator, tokeniser->text, tokeniser->text_size + 1);
    memory_release(allocator, tokeniser->merges,
                   tokeniser->merge_capacity * sizeof *tokeniser->merges);
    key_table_release(&tokeniser->made);
    text_table_release(&tokeniser->symbols);
    memory_release(allocator, tokeniser, sizeof *tokeniser);
}

size_t tokeniser_join(const struct tokeniser *tokeniser, struct merge merge, char text[SYMBOL_SIZE])
{
    const struct text_entry *left = &tokeniser->symbols.entries[merge.left];
    const struct text_entry *right = &tokeniser->symbols.entries[merge.right];
    size_t head = left->length - 1, size = head + right->length;
    if (size > SYMBOL_SIZE)
        return 0;
    memcpy(text, left->text, head);
    memcpy(text + head, right->text, right->length);
    return size;
}

enum gmr_status tokeniser_add_merge(struct tokeniser *tokeniser, struct merge merge,
                                    const char *text, size_t size)
{
    struct merge *merges =
        table_grow(tokeniser->allocator, tokeniser->merges, &tokeniser->merge_capacity,
                   sizeof *tokeniser->merges, tokeniser->merge_count + 1);
    if (!merges)
        return GMR_ERR_NOMEM;
    tokeniser->merges = merges;
    merges[tokeniser->merge_count++] = merge;
    TRY(key_table_add(&tokeniser->made, merge_key(merge.left, merge.right),
                      (uint32_t)tokeniser->symbols.count));
    return text_table_add(&tokeniser->symbols, text, size);
}

size_t tokeniser_size(const struct tokeniser *tokeniser)
{
    return FIRST_MERGE + tokeniser->merge_count + 2;
}

/* ---- encoding ---- */

/* Where ids go: at most `room` before EOT. */
struct id_list {
    int64_t *ids;
    size_t count, room;
    bool overflow;
};

static void add_id(struct id_list *list, size_t id)
{
    if (list->count < list->room)
        list->ids[list->count++] = (int64_t)id;
    else
        list->overflow = true;
}

static enum gmr_status encode_word(struct merger *merger, const struct piece *piece,
                                   struct id_list *list)
{
    uint32_t symbol;
    TRY(merger_run(merger, piece->text, piece->size));
    while (!list->overflow && merger_next(merger, &symbol))
        add_id(list, symbol);
    return GMR_OK;
}

static enum gmr_status encode_pieces(const struct tokeniser *tokeniser, const char *text,
                                     struct arena *arena, struct id_list *list)
{
    struct merger merger = { .tokeniser = tokeniser, .arena = arena };
    size_t start = tokeniser_size(tokeniser) - 2, size;
    struct piece piece;
    TRY(tokeniser_clean(text, arena, &text, &size));
    const char *end = text + size;
    while (!list->overflow && tokeniser_split(&text, end, &piece)) {
        if (piece.kind == PIECE_WORD)
            TRY(encode_word(&merger, &piece, list));
        else
            add_id(list, piece.kind == PIECE_START ? start : start + 1);
    }
    return GMR_OK;
}

enum gmr_status tokeniser_encode(const struct tokeniser *tokeniser, const char *text,
                                 size_t context, bool truncate, int64_t *ids, size_t *length)
{
    if (context < 2)
        return gmr_error(GMR_ERR_RANGE, "context of %zu tokens: at least 2 are needed", context);
    struct id_list list = { .ids = ids, .room = context - 1 };
    struct arena arena;
    arena_init(&arena, tokeniser->allocator, 0);
    add_id(&list, tokeniser_size(tokeniser) - 2);
    enum gmr_status status = encode_pieces(tokeniser, text, &arena, &list);
    arena_release(&arena);
    if (status != GMR_OK)
        return status;
    if (list.overflow && !truncate)
        return gmr_error(GMR_ERR_RANGE, "text '%.80s' has more than %zu tokens", text, context);
    ids[list.count++] = (int64_t)tokeniser_size(tokeniser) - 1;
    memset(ids + list.count, 0, (context - list.count) * sizeof *ids);
    *length = list.count;
    return GMR_OK;
}

/* ---- decoding ---- */

/* The bytes of ids[0 .. count) go to bytes[size], a space after each word but the last. */
static enum gmr_status decode_bytes(const struct tokeniser *tokeniser, const int64_t *ids,
                                    size_t count, char *bytes, size_t size, size_t *used)
{
    size_t symbols = tokeniser->symbols.count;
    bool space = false;
    *used = 0;
    for (size_t i = 0; i < count && ids[i] != (int64_t)symbols + 1; i++) {
        if (ids[i] < 0 || (uint64_t)ids[i] > symbols)
            return gmr_error(GMR_ERR_RANGE, "%lld is not a token: there are %zu", (long long)ids[i],
                             symbols + 2);
        if (ids[i] == (int64_t)symbols)
            continue;
        const struct text_entry *symbol = &tokeniser->symbols.entries[ids[i]];
        size_t length = symbol->length - 1;
        if (space + length > size - *used)
            return gmr_error(GMR_ERR_RANGE, "text does not fit into %zu bytes", size);
        if (space)
            bytes[(*used)++] = ' ';
        memcpy(bytes + *used, symbol->text, length);
        *used += length;
        space = symbol->text[length] == SYMBOL_FINAL;
    }
    return GMR_OK;
}

/* Copies bytes, replacing what is not UTF-8, into text[size], NUL-terminated. */
static enum gmr_status repair(const char *bytes, size_t count, char *text, size_t size)
{
    static const char replacement[] = "\uFFFD";
    size_t used = 0, step;
    for (size_t i = 0; i < count; i += step) {
        size_t length = step = text_utf8_length(bytes + i, count - i);
        const char *from = bytes + i;
        if (length == 0) {
            step = 1;
            length = sizeof replacement - 1;
            from = replacement;
        }
        if (length >= size - used)
            return gmr_error(GMR_ERR_RANGE, "text does not fit into %zu bytes", size);
        memcpy(text + used, from, length);
        used += length;
    }
    text[used] = '\0';
    return GMR_OK;
}

enum gmr_status tokeniser_decode(const struct tokeniser *tokeniser, const int64_t *ids,
                                 size_t count, char *text, size_t size)
{
    if (size == 0)
        return gmr_error(GMR_ERR_RANGE, "text does not fit into 0 bytes");
    char *bytes = memory_allocate(tokeniser->allocator, size);
    if (!bytes)
        return GMR_ERR_NOMEM;
    size_t used;
    enum gmr_status status = decode_bytes(tokeniser, ids, count, bytes, size, &used);
    if (status == GMR_OK)
        status = repair(bytes, used, text, size);
    memory_release(tokeniser->allocator, bytes, size);
    return status;
}
