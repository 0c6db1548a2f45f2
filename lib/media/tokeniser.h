/* Words to numbers: CLIP's byte-pair encoding (spec section 1.5), with its published vocabulary,
 * any other in the same form, or one learned here.
 *
 * A vocabulary of m merges has 512 + m + 2 tokens: 256 byte symbols, the same at the end of a word,
 * the merges in order of rank, start (SOT) and end (EOT). */
#ifndef MEDIA_TOKENISER_H
#define MEDIA_TOKENISER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/status.h"

enum {
    TOKENISER_CLIP_MERGES = 48894,       /* CLIP uses only so many of its file's */
    TOKENISER_MAX_MERGES = 1 << 20,      /* of any other vocabulary */
    TOKENISER_MAX_SYMBOL = 1024,         /* bytes of one symbol */
    TOKENISER_MAX_VOCABULARY = 64 << 20, /* a vocabulary as text has fewer bytes */
    TOKENISER_MAX_TEXT = 16 << 20,       /* bytes to encode or to learn from at a time */
    TOKENISER_MAX_LEARNED = 256          /* bytes of a word to learn from */
};

/* A vocabulary, ready for use. Read-only once made: threads may share it. */
struct tokeniser;

/* Reads a vocabulary: a header line, then one merge a line, "a b" in order of rank - the form of
 * CLIP's bpe_simple_vocab_16e6.txt (known by its header; what comes after the first
 * TOKENISER_CLIP_MERGES merges is not read), of Hugging Face's merges.txt and of tokeniser_text;
 * plain or compressed by gzip. The caller destroys it. Errors, then *tokeniser is NULL: those of
 * file_map_open; GMR_ERR_FORMAT with file, line and reason (a line that is not two symbols, a
 * symbol that no byte or earlier merge gives, one made twice, one of the limits above);
 * GMR_ERR_NOMEM. */
enum gmr_status tokeniser_open(const struct gmr_allocator *allocator, const char *path,
                               struct tokeniser **tokeniser);

/* The same from the bytes of such a file; `name` is what messages quote. */
enum gmr_status tokeniser_parse(const struct gmr_allocator *allocator, const char *text,
                                size_t size, const char *name, struct tokeniser **tokeniser);
void tokeniser_destroy(struct tokeniser *tokeniser); /* NULL is fine */

/* Number of tokens; SOT is size - 2, EOT size - 1. */
size_t tokeniser_size(const struct tokeniser *tokeniser);

/* The merges in the form that tokeniser_parse reads, NUL-terminated (*size does not count it), in
 * memory that the tokeniser owns; the first call makes it, so it is for one thread. Error:
 * GMR_ERR_NOMEM. */
enum gmr_status tokeniser_text(struct tokeniser *tokeniser, const char **text, size_t *size);

/* Encodes UTF-8 (bytes that are not are replaced by U+FFFD): SOT, pieces, EOT, then zeros, into
 * ids[context]. *length gets the count up to and with EOT. Cleaning is spec step 1 with NFC in
 * place of ftfy; "<|startoftext|>" and "<|endoftext|>" in the text are SOT and EOT. Errors:
 * GMR_ERR_RANGE (context below 2; more than TOKENISER_MAX_TEXT bytes; more than `context` tokens,
 * unless `truncate`, which cuts them at `context` and ends with EOT), GMR_ERR_NOMEM. */
enum gmr_status tokeniser_encode(const struct tokeniser *tokeniser, const char *text,
                                 size_t context, bool truncate, int64_t *ids, size_t *length);

/* Back to text, for people, NUL-terminated in text[size]: words with single spaces, from after SOT
 * to before EOT or `count`; half a character, where a text was cut, is U+FFFD. Errors:
 * GMR_ERR_RANGE (an id that is no token, `size` too small), GMR_ERR_NOMEM. */
enum gmr_status tokeniser_decode(const struct tokeniser *tokeniser, const int64_t *ids,
                                 size_t count, char *text, size_t size);

/* ---- learning a vocabulary ---- */

/* Learns from texts by the usual algorithm: repeatedly merges the commonest adjacent pair inside
 * words, of equally common ones that with the smaller left, then right symbol in bytewise order; so
 * the same texts give the same vocabulary in any order. Words are the pieces that tokeniser_encode
 * splits, but those of more than TOKENISER_MAX_LEARNED bytes. For one thread at a time. */
struct tokeniser_trainer;

enum gmr_status tokeniser_trainer_create(const struct gmr_allocator *allocator,
                                         struct tokeniser_trainer **trainer);
void tokeniser_trainer_destroy(struct tokeniser_trainer *trainer); /* NULL is fine */

/* Errors: GMR_ERR_RANGE (more than TOKENISER_MAX_TEXT bytes), GMR_ERR_NOMEM; the trainer stays
 * usable, but may have counted a part of the text. */
enum gmr_status tokeniser_trainer_add(struct tokeniser_trainer *trainer, const char *text);

/* Learns at most `merges` merges, fewer when no pair is left that occurs twice. The caller destroys
 * the tokeniser; the trainer keeps what it counted. Errors, then *tokeniser is NULL: GMR_ERR_RANGE
 * (more than TOKENISER_MAX_MERGES), GMR_ERR_NOMEM. */
enum gmr_status tokeniser_trainer_finish(const struct tokeniser_trainer *trainer, size_t merges,
                                         struct tokeniser **tokeniser);

#endif
