/* Items that an encoder learns from, of one or several catalogues: where their pictures are, and
 * their words, which are kept in memory (about a kilobyte an item; pictures stay on disk). */
#ifndef LEARNING_CORPUS_H
#define LEARNING_CORPUS_H

#include "base/arena.h"
#include "catalogue/catalogue.h"
#include "catalogue/item_text.h"

enum { CORPUS_MAX_CATALOGUES = 16 };

struct corpus_item {
    size_t catalogue, position;
    struct gmr_item item; /* key, title, description and attributes are the corpus's */
    struct item_facts facts;
};

struct corpus {
    struct arena arena;
    size_t count, room;
    struct corpus_item *item; /* those with a picture, catalogue by catalogue */
};

void corpus_init(struct corpus *corpus, const struct gmr_allocator *allocator);
void corpus_release(struct corpus *corpus);

/* Adds the items of a split (NULL: all items) that have a picture, of the catalogue that is number
 * `number` of those used together. Errors: GMR_ERR_NOT_FOUND (no such split), GMR_ERR_IO,
 * GMR_ERR_NOMEM, GMR_ERR_CANCELLED. */
enum gmr_status corpus_add(struct corpus *corpus, size_t number, struct catalogue *catalogue,
                           const char *split, const struct gmr_progress *progress);

/* Whether the catalogue has a split of that name. GMR_ERR_IO, GMR_ERR_NOMEM. */
enum gmr_status corpus_has_split(struct catalogue *catalogue, const char *name, bool *has);

/* Adds what is to be learned from to one corpus and what is to be judged on to another, by the
 * splits' names. A catalogue without the validation split gives a tenth of its train split, and one
 * without either, of all its items. Errors: those of corpus_add. */
enum gmr_status corpus_add_splits(struct corpus *corpus, struct corpus *held_out, size_t number,
                                  struct catalogue *catalogue, const char *train,
                                  const char *validation, const struct gmr_progress *progress);

/* Moves a tenth of the items from `first` on, chosen by their keys, to another corpus, where they
 * keep to the words of the first, which must outlive it. GMR_ERR_NOMEM. */
enum gmr_status corpus_hold_out(struct corpus *corpus, size_t first, struct corpus *held_out);

#endif
