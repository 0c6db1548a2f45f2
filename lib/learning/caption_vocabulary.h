/* The words of captions, numbered for a captioner (spec section 5.3): texts in lower case, without
 * digits and the characters . \ /, commas words of their own. Words that are seen often enough are
 * 1 .. V - 1, the commonest first; V is UNK, all others. */
#ifndef LEARNING_CAPTION_VOCABULARY_H
#define LEARNING_CAPTION_VOCABULARY_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"

#define CAPTION_UNKNOWN "UNK"

struct caption_vocabulary {
    const char **word;   /* [count + 1]; word[0] is "" */
    size_t count;        /* V */
    const int64_t *rank; /* [count - 1]: words without UNK in the order of their letters */
};

/* While texts are being counted. */
struct caption_count {
    struct arena *arena; /* of the words */
    const char **word;   /* each time it is seen */
    size_t count, room;
};

/* Everything lives in the arena. */
void caption_count_init(struct caption_count *count, struct arena *arena);
enum gmr_status caption_count_add(struct caption_count *count, const char *text);

/* Words seen at least `minimum` times; `count` is used up. GMR_ERR_NOMEM. */
enum gmr_status caption_vocabulary_learn(struct caption_count *count, size_t minimum,
                                         struct caption_vocabulary *vocabulary);

/* Ids of the first `length` words, 0 behind the last. Returns how many words there are. */
size_t caption_encode(const struct caption_vocabulary *vocabulary, const char *text, size_t length,
                      int64_t *ids);

#endif
