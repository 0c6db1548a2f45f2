/* Learning a vocabulary. Texts become counted words; then each merge changes only the words that
 * have its pair, and the counts of the pairs in them. A queue gives the commonest pair: counts of
 * pairs in it only fall, since a merge adds none but those with its new symbol, so a pair whose
 * count fell since it was put in goes back with its present one. */
#include <assert.h>
#include <string.h>

#include "media/tokeniser_inside.h"

struct tokeniser_trainer {
    const struct gmr_allocator *allocator;
    struct text_table words;
    uint64_t *counts; /* of each word */
    size_t capacity;
    struct arena scratch; /* of the text being added */
};

struct word {
    uint32_t *symbols; /* its own, in the arena */
    uint32_t length;
    uint64_t count;
};

/* A word in which a pair was seen; it may have none any more. */
struct occurrence {
    uint32_t word;
    struct occurrence *next;
};

struct pair {
    struct merge symbols;
    uint64_t count;  /* in all words */
    uint64_t queued; /* the count when it was put into the queue */
    struct occurrence *words;
};

struct learner {
    struct tokeniser *tokeniser;
    const struct tokeniser_trainer *trainer;
    struct arena arena;
    struct word *words;
    struct key_table numbers; /* merge_key to number of a pair */
    struct pair *pairs;
    size_t pair_count, pair_capacity;
    uint64_t *queue; /* numbers of pairs */
    size_t queued, queue_capacity;
};

/* ---- counting words ---- */

enum gmr_status tokeniser_trainer_create(const struct gmr_allocator *allocator,
                                         struct tokeniser_trainer **trainer)
{
    *trainer = memory_array(allocator, 1, sizeof **trainer);
    if (!*trainer)
        return GMR_ERR_NOMEM;
    (*trainer)->allocator = allocator;
    text_table_init(&(*trainer)->words, allocator);
    arena_init(&(*trainer)->scratch, allocator, 0);
    return GMR_OK;
}

void tokeniser_trainer_destroy(struct tokeniser_trainer *trainer)
{
    if (!trainer)
        return;
    memory_release(trainer->allocator, trainer->counts,
                   trainer->capacity * sizeof *trainer->counts);
    text_table_release(&trainer->words);
    arena_release(&trainer->scratch);
    memory_release(trainer->allocator, trainer, sizeof *trainer);
}

static enum gmr_status count_word(struct tokeniser_trainer *trainer, const struct piece *piece)
{
    size_t known = trainer->words.count;
    uint32_t number = text_table_find(&trainer->words, piece->text, piece->size);
    if (number == TABLE_NONE) {
        uint64_t *counts = table_grow(trainer->allocator, trainer->counts, &trainer->capacity,
                                      sizeof *counts, known + 1);
        if (!counts)
            return GMR_ERR_NOMEM;
        trainer->counts = counts;
        TRY(text_table_add(&trainer->words, piece->text, piece->size));
        number = (uint32_t)known;
    }
    trainer->counts[number]++;
    return GMR_OK;
}

enum gmr_status tokeniser_trainer_add(struct tokeniser_trainer *trainer, const char *text)
{
    size_t size;
    struct piece piece;
    arena_clear(&trainer->scratch);
    TRY(tokeniser_clean(text, &trainer->scratch, &text, &size));
    for (const char *end = text + size; tokeniser_split(&text, end, &piece);)
        if (piece.kind == PIECE_WORD && piece.size <= TOKENISER_MAX_LEARNED)
            TRY(count_word(trainer, &piece));
    return GMR_OK;
}

/* ---- counting pairs ---- */

/* The pair's number; a new one has no count. */
static enum gmr_status find_pair(struct learner *learner, struct merge symbols, uint32_t *number)
{
    uint64_t key = merge_key(symbols.left, symbols.right);
    *number = key_table_find(&learner->numbers, key);
    if (*number != TABLE_NONE)
        return GMR_OK;
    struct pair *pairs =
        table_grow(learner->tokeniser->allocator, learner->pairs, &learner->pair_capacity,
                   sizeof *pairs, learner->pair_count + 1);
    if (!pairs)
        return GMR_ERR_NOMEM;
    learner->pairs = pairs;
    *number = (uint32_t)learner->pair_count;
    TRY(key_table_add(&learner->numbers, key, *number));
    pairs[learner->pair_count++] = (struct pair){ .symbols = symbols };
    return GMR_OK;
}

static enum gmr_status count_pair(struct learner *learner, struct merge symbols, uint32_t word)
{
    uint32_t number;
    TRY(find_pair(learner, symbols, &number));
    struct pair *pair = &learner->pairs[number];
    pair->count += learner->words[word].count;
    if (pair->words && pair->words->word == word)
        return GMR_OK;
    struct occurrence *occurrence = arena_alloc(&learner->arena, sizeof *occurrence);
    if (!occurrence)
        return GMR_ERR_NOMEM;
    *occurrence = (struct occurrence){ word, pair->words };
    pair->words = occurrence;
    return GMR_OK;
}

static enum gmr_status count_pairs(struct learner *learner, uint32_t word)
{
    const struct word *w = &learner->words[word];
    for (uint32_t i = 0; i + 1 < w->length; i++)
        TRY(count_pair(learner, (struct merge){ w->symbols[i], w->symbols[i + 1] }, word));
    return GMR_OK;
}

static enum gmr_status spell_word(struct learner *learner, uint32_t number)
{
    const struct text_entry *text = &learner->trainer->words.entries[number];
    struct word *word = &learner->words[number];
    word->length = text->length;
    word->count = learner->trainer->counts[number];
    word->symbols = arena_array(&learner->arena, text->length, sizeof *word->symbols);
    if (!word->symbols)
        return GMR_ERR_NOMEM;
    for (uint32_t i = 0; i < text->length; i++)
        word->symbols[i] = learner->tokeniser->symbol_of[(unsigned char)text->text[i]];
    word->symbols[text->length - 1] += BYTE_SYMBOLS;
    return count_pairs(learner, number);
}

/* ---- the commonest pair ---- */

static int compare_symbols(const struct tokeniser *tokeniser, uint32_t a, uint32_t b)
{
    const struct text_entry *left = &tokeniser->symbols.entries[a];
    const struct text_entry *right = &tokeniser->symbols.entries[b];
    size_t shorter = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->text, right->text, shorter - 1);
    if (order == 0)
        order = (left->length > right->length) - (left->length < right->length);
    return order != 0 ? order : left->text[shorter - 1] - right->text[shorter - 1];
}

static bool is_commoner(const void *context, uint64_t a, uint64_t b)
{
    const struct learner *learner = context;
    const struct pair *left = &learner->pairs[a], *right = &learner->pairs[b];
    if (left->queued != right->queued)
        return left->queued > right->queued;
    int order = compare_symbols(learner->tokeniser, left->symbols.left, right->symbols.left);
    if (order == 0)
        order = compare_symbols(learner->tokeniser, left->symbols.right, right->symbols.right);
    return order < 0;
}

/* The queue has room. */
static void put_pair(struct learner *learner, uint32_t number)
{
    struct pair *pair = &learner->pairs[number];
    if (pair->count < 2)
        return;
    pair->queued = pair->count;
    heap_push(learner->queue, &learner->queued, number, is_commoner, learner);
}

/* Puts the pairs from `first` on, which are new, into the queue. */
static enum gmr_status put_new_pairs(struct learner *learner, size_t first)
{
    if (first == learner->pair_count)
        return GMR_OK;
    uint64_t *queue = table_grow(learner->tokeniser->allocator, learner->queue,
                                 &learner->queue_capacity, sizeof *queue, learner->pair_count);
    if (!queue)
        return GMR_ERR_NOMEM;
    learner->queue = queue;
    for (; first < learner->pair_count; first++)
        put_pair(learner, (uint32_t)first);
    return GMR_OK;
}

/* Takes the commonest pair; false when none is left that occurs twice. */
static bool take_pair(struct learner *learner, uint32_t *number)
{
    while (learner->queued > 0) {
        *number = (uint32_t)heap_pop(learner->queue, &learner->queued, is_commoner, learner);
        if (learner->pairs[*number].count == learner->pairs[*number].queued)
            return true;
        put_pair(learner, *number);
    }
    return false;
}

/* ---- merging ---- */

static void drop_pair(struct learner *learner, uint32_t left, uint32_t right, uint64_t count)
{
    uint32_t number = key_table_find(&learner->numbers, merge_key(left, right));
    learner->pairs[number].count -= count;
}

/* Counts what changes when the symbols at `from` and after it become one at `to`: what stands
 * before it was moved there already, what stands behind was not. */
static enum gmr_status count_merge(struct learner *learner, uint32_t number, uint32_t from,
                                   uint32_t to, uint32_t made)
{
    const struct word *word = &learner->words[number];
    const uint32_t *symbols = word->symbols;
    drop_pair(learner, symbols[from], symbols[from + 1], word->count);
    if (to > 0) {
        drop_pair(learner, symbols[to - 1], symbols[from], word->count);
        TRY(count_pair(learner, (struct merge){ symbols[to - 1], made }, number));
    }
    if (from + 2 < word->length) {
        drop_pair(learner, symbols[from + 1], symbols[from + 2], word->count);
        TRY(count_pair(learner, (struct merge){ made, symbols[from + 2] }, number));
    }
    return GMR_OK;
}

/* Merges a pair wherever it is in a word, from left to right. */
static enum gmr_status merge_word(struct learner *learner, uint32_t number, struct merge pair,
                                  uint32_t made)
{
    struct word *word = &learner->words[number];
    uint32_t to = 0, *symbols = word->symbols;
    for (uint32_t from = 0; from < word->length; from++, to++) {
        if (from + 1 < word->length && symbols[from] == pair.left &&
            symbols[from + 1] == pair.right) {
            TRY(count_merge(learner, number, from, to, made));
            symbols[to] = made;
            from++;
        } else {
            symbols[to] = symbols[from];
        }
    }
    word->length = to;
    return GMR_OK;
}

static enum gmr_status merge_everywhere(struct learner *learner, uint32_t number, uint32_t made)
{
    struct pair pair = learner->pairs[number];
    size_t known = learner->pair_count;
    for (const struct occurrence *at = pair.words; at; at = at->next)
        TRY(merge_word(learner, at->word, pair.symbols, made));
    return put_new_pairs(learner, known);
}

/* The symbol is new: had another merge made its text, that merge would have made it here too, since
 * what is inside a symbol was merged as if nothing stood around it. */
static enum gmr_status learn_merge(struct learner *learner, uint32_t number)
{
    char text[SYMBOL_SIZE];
    struct merge symbols = learner->pairs[number].symbols;
    size_t size = tokeniser_join(learner->tokeniser, symbols, text);
    uint32_t made = (uint32_t)learner->tokeniser->symbols.count;
    assert(size > 0 && text_table_find(&learner->tokeniser->symbols, text, size) == TABLE_NONE);
    TRY(tokeniser_add_merge(learner->tokeniser, symbols, text, size));
    return merge_everywhere(learner, number, made);
}

static enum gmr_status learn(struct learner *learner, size_t merges)
{
    size_t words = learner->trainer->words.count;
    uint32_t number;
    learner->words = arena_array(&learner->arena, words, sizeof *learner->words);
    if (!learner->words)
        return GMR_ERR_NOMEM;
    for (uint32_t i = 0; i < words; i++)
        TRY(spell_word(learner, i));
    TRY(put_new_pairs(learner, 0));
    while (learner->tokeniser->merge_count < merges && take_pair(learner, &number))
        TRY(learn_merge(learner, number));
    return GMR_OK;
}

enum gmr_status tokeniser_trainer_finish(const struct tokeniser_trainer *trainer, size_t merges,
                                         struct tokeniser **tokeniser)
{
    const struct gmr_allocator *allocator = trainer->allocator;
    *tokeniser = NULL;
    if (merges > TOKENISER_MAX_MERGES)
        return gmr_error(GMR_ERR_RANGE, "%zu merges, at most %d", merges, TOKENISER_MAX_MERGES);
    struct learner learner = { .trainer = trainer, .numbers.allocator = allocator };
    TRY(tokeniser_create(allocator, &learner.tokeniser));
    arena_init(&learner.arena, allocator, 0);
    enum gmr_status status = learn(&learner, merges);
    memory_release(allocator, learner.queue, learner.queue_capacity * sizeof *learner.queue);
    memory_release(allocator, learner.pairs, learner.pair_capacity * sizeof *learner.pairs);
    key_table_release(&learner.numbers);
    arena_release(&learner.arena);
    if (status != GMR_OK) {
        tokeniser_destroy(learner.tokeniser);
        return status;
    }
    *tokeniser = learner.tokeniser;
    return GMR_OK;
}
