/* Vocabularies as text, read and written. In it a symbol is one character for each byte - printable
 * ones of Latin-1 stand for themselves, the other 68, ascending, are U+0100 and the next ones - and
 * "</w>" at the end of a word. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <utf8proc.h>
#include <zlib.h>

#include "base/file.h"
#include "media/tokeniser_inside.h"

enum {
    FIRST_OTHER = 188, /* the first symbol whose byte has another character */
    OTHER_CHARACTERS = 0x100
};

static const char word_end[] = "</w>", header[] = "#version: 0.2\n",
                  clip[] = "bpe_simple_vocab_16e6";

static enum gmr_status too_large(const char *name)
{
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': it has %d bytes of text or more", name,
                     TOKENISER_MAX_VOCABULARY);
}

/* ---- lines ---- */

struct line {
    const char *text;
    size_t size;
};

struct reader {
    struct tokeniser *tokeniser;
    const char *name;
    struct line line; /* the present one */
    size_t number;    /* its, from 1 */
    struct line rest;
    size_t limit; /* merges to read */
};

GMR_PRINTF(2, 3)
static enum gmr_status bad_line(const struct reader *reader, const char *format, ...)
{
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': line %zu: %s", reader->name, reader->number,
                     reason);
}

/* Takes the next line, without its end; false at the end of the text. */
static bool next_line(struct reader *reader)
{
    struct line *rest = &reader->rest;
    if (rest->size == 0)
        return false;
    const char *end = memchr(rest->text, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->text) : rest->size, taken = size + (end != NULL);
    reader->line = (struct line){ rest->text, size };
    if (size > 0 && rest->text[size - 1] == '\r')
        reader->line.size--;
    reader->number++;
    rest->text += taken;
    rest->size -= taken;
    return true;
}

static bool begins_with(struct line line, const char *text)
{
    return line.size >= strlen(text) && memcmp(line.text, text, strlen(text)) == 0;
}

/* CLIP's header has a quotation mark before the name. */
static enum gmr_status read_header(struct reader *reader)
{
    if (!next_line(reader))
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': it is empty", reader->name);
    struct line line = reader->line;
    if (line.size > 0 && line.text[0] == '"')
        line = (struct line){ line.text + 1, line.size - 1 };
    reader->limit = begins_with(line, clip) ? TOKENISER_CLIP_MERGES : TOKENISER_MAX_MERGES;
    return GMR_OK;
}

/* ---- symbols and merges ---- */

/* The byte that a character stands for; -1: none. */
static int byte_of(const struct tokeniser *tokeniser, int32_t character)
{
    bool other = character >= OTHER_CHARACTERS;
    int32_t symbol = other            ? FIRST_OTHER + character - OTHER_CHARACTERS
                     : character >= 0 ? tokeniser->symbol_of[character]
                                      : BYTE_SYMBOLS;
    if (symbol >= BYTE_SYMBOLS || other != (symbol >= FIRST_OTHER))
        return -1;
    return (unsigned char)tokeniser->symbols.entries[symbol].text[0];
}

/* Bytes of a symbol without its end, into `text`; false when a character stands for none, or there
 * are too many. */
static bool read_bytes(const struct tokeniser *tokeniser, struct line symbol, char *text,
                       size_t *count)
{
    int32_t character;
    *count = 0;
    while (symbol.size > 0) {
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)symbol.text,
                                                   (utf8proc_ssize_t)symbol.size, &character);
        int byte = length > 0 ? byte_of(tokeniser, character) : -1;
        if (byte < 0 || *count == TOKENISER_MAX_SYMBOL)
            return false;
        text[(*count)++] = (char)byte;
        symbol.text += length;
        symbol.size -= (size_t)length;
    }
    return true;
}

static enum gmr_status read_symbol(const struct reader *reader, struct line symbol,
                                   uint32_t *number)
{
    char text[SYMBOL_SIZE];
    size_t end = sizeof word_end - 1, count;
    struct line bytes = symbol;
    bool final = symbol.size > end && memcmp(symbol.text + symbol.size - end, word_end, end) == 0;
    if (final)
        bytes.size -= end;
    *number = TABLE_NONE;
    if (read_bytes(reader->tokeniser, bytes, text, &count)) {
        text[count] = final ? SYMBOL_FINAL : SYMBOL_INSIDE;
        *number = text_table_find(&reader->tokeniser->symbols, text, count + 1);
    }
    if (*number == TABLE_NONE)
        return bad_line(reader, "no byte and no earlier merge gives the symbol '%.*s'",
                        (int)(symbol.size < 80 ? symbol.size : 80), symbol.text);
    return GMR_OK;
}

static bool is_final(const struct tokeniser *tokeniser, uint32_t symbol)
{
    const struct text_entry *entry = &tokeniser->symbols.entries[symbol];
    return entry->text[entry->length - 1] == SYMBOL_FINAL;
}

static enum gmr_status read_merge(struct reader *reader)
{
    struct line line = reader->line, left = line, right;
    const char *space = memchr(line.text, ' ', line.size);
    left.size = space ? (size_t)(space - line.text) : line.size;
    right.text = space ? space + 1 : line.text + line.size;
    right.size = (size_t)(line.text + line.size - right.text);
    if (left.size == 0 || right.size == 0 || memchr(right.text, ' ', right.size))
        return bad_line(reader, "not two symbols with a space between");

    struct merge merge;
    char text[SYMBOL_SIZE];
    TRY(read_symbol(reader, left, &merge.left));
    TRY(read_symbol(reader, right, &merge.right));
    if (is_final(reader->tokeniser, merge.left))
        return bad_line(reader, "the first symbol ends a word");
    size_t size = tokeniser_join(reader->tokeniser, merge, text);
    if (size == 0)
        return bad_line(reader, "a symbol of more than %d bytes", TOKENISER_MAX_SYMBOL);
    if (text_table_find(&reader->tokeniser->symbols, text, size) != TABLE_NONE)
        return bad_line(reader, "an earlier merge makes the same symbol");
    return tokeniser_add_merge(reader->tokeniser, merge, text, size);
}

static enum gmr_status read_vocabulary(struct reader *reader)
{
    TRY(read_header(reader));
    while (reader->tokeniser->merge_count < reader->limit && next_line(reader))
        TRY(read_merge(reader));
    if (reader->limit == TOKENISER_MAX_MERGES && reader->rest.size > 0)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': more than %d merges", reader->name,
                         TOKENISER_MAX_MERGES);
    return GMR_OK;
}

static enum gmr_status parse_text(const struct gmr_allocator *allocator, const char *text,
                                  size_t size, const char *name, struct tokeniser **tokeniser)
{
    if (size >= TOKENISER_MAX_VOCABULARY)
        return too_large(name);
    TRY(tokeniser_create(allocator, tokeniser));
    struct reader reader = { .tokeniser = *tokeniser, .name = name, .rest = { text, size } };
    enum gmr_status status = read_vocabulary(&reader);
    if (status != GMR_OK) {
        tokeniser_destroy(*tokeniser);
        *tokeniser = NULL;
    }
    return status;
}

/* ---- gzip ---- */

/* A block that grows while it is filled. */
struct block {
    const struct gmr_allocator *allocator;
    void *bytes;
    size_t capacity, size;
};

static bool is_gzip(const void *data, size_t size)
{
    return size >= 2 && memcmp(data, "\x1F\x8B", 2) == 0;
}

static enum gmr_status inflate_error(const z_stream *stream, int code, const char *name)
{
    if (code == Z_MEM_ERROR)
        return gmr_error(GMR_ERR_NOMEM, "out of memory: cannot expand '%s'", name);
    return gmr_error(GMR_ERR_FORMAT, "cannot expand '%s': %s", name,
                     code == Z_STREAM_END  ? "something follows the compressed text"
                     : stream->msg         ? stream->msg
                     : code == Z_NEED_DICT ? "it needs a dictionary"
                                           : "it is cut off");
}

static enum gmr_status inflate_all(z_stream *stream, const char *name, struct block *block)
{
    enum { STEP = 64 << 10 };
    int code = Z_OK;
    while (code == Z_OK) {
        size_t left = TOKENISER_MAX_VOCABULARY - block->size;
        if (left == 0)
            return too_large(name);
        void *larger = table_grow(block->allocator, block->bytes, &block->capacity, 1,
                                  block->size + (left < STEP ? left : STEP));
        if (!larger)
            return GMR_ERR_NOMEM;
        block->bytes = larger;
        size_t room = block->capacity - block->size < left ? block->capacity - block->size : left;
        stream->next_out = (Bytef *)block->bytes + block->size;
        stream->avail_out = (uInt)room;
        code = inflate(stream, Z_NO_FLUSH);
        block->size += room - stream->avail_out;
    }
    if (code != Z_STREAM_END || stream->avail_in > 0)
        return inflate_error(stream, code, name);
    return GMR_OK;
}

static enum gmr_status expand(const void *data, size_t size, const char *name, struct block *block)
{
    enum { ANY_WINDOW = 15, GZIP_ONLY = 16 };
    z_stream stream = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size };
    if (size >= TOKENISER_MAX_VOCABULARY)
        return too_large(name);
    int code = inflateInit2(&stream, ANY_WINDOW + GZIP_ONLY);
    if (code != Z_OK)
        return inflate_error(&stream, code, name);
    enum gmr_status status = inflate_all(&stream, name, block);
    inflateEnd(&stream);
    return status;
}

enum gmr_status tokeniser_parse(const struct gmr_allocator *allocator, const char *text,
                                size_t size, const char *name, struct tokeniser **tokeniser)
{
    *tokeniser = NULL;
    if (!is_gzip(text, size))
        return parse_text(allocator, text, size, name, tokeniser);
    struct block block = { .allocator = allocator };
    enum gmr_status status = expand(text, size, name, &block);
    if (status == GMR_OK)
        status = parse_text(allocator, block.bytes, block.size, name, tokeniser);
    memory_release(allocator, block.bytes, block.capacity);
    return status;
}

enum gmr_status tokeniser_open(const struct gmr_allocator *allocator, const char *path,
                               struct tokeniser **tokeniser)
{
    struct file_map map;
    *tokeniser = NULL;
    TRY(file_map_open(&map, path));
    enum gmr_status status =
        tokeniser_parse(allocator, (const char *)map.data, map.size, path, tokeniser);
    file_map_close(&map);
    return status;
}

/* ---- writing ---- */

/* Writes a symbol, or only tells its size when `out` is NULL. */
static size_t write_symbol(const struct tokeniser *tokeniser, uint32_t symbol, char *out)
{
    const struct text_entry *entry = &tokeniser->symbols.entries[symbol];
    size_t size = 0, end = is_final(tokeniser, symbol) ? sizeof word_end - 1 : 0;
    for (size_t i = 0; i + 1 < entry->length; i++) {
        unsigned char byte = (unsigned char)entry->text[i];
        int32_t number = tokeniser->symbol_of[byte];
        int32_t character = number < FIRST_OTHER ? byte : OTHER_CHARACTERS + number - FIRST_OTHER;
        utf8proc_uint8_t bytes[4];
        size_t length = (size_t)utf8proc_encode_char(character, bytes);
        if (out)
            memcpy(out + size, bytes, length);
        size += length;
    }
    if (out)
        memcpy(out + size, word_end, end);
    return size + end;
}

static size_t write_merge(const struct tokeniser *tokeniser, struct merge merge, char *out)
{
    size_t left = write_symbol(tokeniser, merge.left, out);
    size_t right = write_symbol(tokeniser, merge.right, out ? out + left + 1 : NULL);
    if (out) {
        out[left] = ' ';
        out[left + 1 + right] = '\n';
    }
    return left + right + 2;
}

static size_t write_vocabulary(const struct tokeniser *tokeniser, char *out)
{
    size_t size = sizeof header - 1;
    if (out)
        memcpy(out, header, size);
    for (size_t i = 0; i < tokeniser->merge_count; i++)
        size += write_merge(tokeniser, tokeniser->merges[i], out ? out + size : NULL);
    return size;
}

enum gmr_status tokeniser_text(struct tokeniser *tokeniser, const char **text, size_t *size)
{
    if (!tokeniser->text) {
        size_t needed = write_vocabulary(tokeniser, NULL);
        tokeniser->text = memory_allocate(tokeniser->allocator, needed + 1);
        if (!tokeniser->text)
            return GMR_ERR_NOMEM;
        tokeniser->text_size = write_vocabulary(tokeniser, tokeniser->text);
        tokeniser->text[tokeniser->text_size] = '\0';
    }
    *text = tokeniser->text;
    *size = tokeniser->text_size;
    return GMR_OK;
}
