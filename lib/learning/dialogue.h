/* A batch of dialogues with simulated users, as training and evaluation share it (spec
 * section 2.2): targets, lists shown, what each user likes and says. */
#ifndef LEARNING_DIALOGUE_H
#define LEARNING_DIALOGUE_H

#include "base/rng.h"
#include "learning/dialogue_source.h"
#include "model/recommender.h"

/* The catalogue in the model's space: row i is the embedding of item i. */
struct embedding {
    size_t count, width;
    real *row; /* [count, width] */
};

enum gmr_status embedding_init(struct embedding *e, const struct gmr_allocator *allocator,
                               size_t count, size_t width);
void embedding_release(struct embedding *e, const struct gmr_allocator *allocator);

/* Embeds all items with the model's present weights, in evaluation mode; resets the tape. */
enum gmr_status embedding_refresh(struct embedding *e, const struct recommender *m,
                                  const struct dialogue_source *source, struct tape *t);

/* One row to `row` [width]. */
void embedding_copy(const struct embedding *e, uint64_t item, real *row);

struct dialogue {
    const struct gmr_allocator *allocator;
    const struct dialogue_source *source;
    size_t users, shown;

    /* Set these after dialogue_init to depart from the rules. */
    bool like_raw;              /* likes compare raw features instead of embeddings (spec 8.32) */
    bool omit_last;             /* lists never show the last item (spec 8.17) */
    char (*words)[CRITIC_TEXT]; /* [users], the caller's: what is said, in words; NULL: nobody
                                   reads it */

    uint64_t *target;             /* [users] */
    uint64_t *list;               /* [users, shown] */
    uint64_t *liked;              /* [users]: an item */
    uint64_t *disliked;           /* [users, shown - 1]: the others, in the order of the list */
    struct critic_memory *memory; /* [users]: what each has said */
    real *image;                  /* [users, features]: raw features of what is liked */
    real *text;                   /* [users, features]: raw features of what is said */
    real *dislike;                /* [users, shown - 1, features]: raw features of the others */
    size_t *one_list;             /* [shown] */
    uint64_t *scratch;
};

/* The source must outlive the dialogue and hold at least `shown` items. */
enum gmr_status dialogue_init(struct dialogue *d, const struct gmr_allocator *allocator,
                              const struct dialogue_source *source, size_t users, size_t shown);
void dialogue_release(struct dialogue *d);

/* New dialogues: nobody has said anything yet. User u is number first + u, which decides how a
 * critic words things. */
void dialogue_begin(struct dialogue *d, uint64_t first);

/* Every user gets a random target, or a random list of distinct items (in CPython's order of
 * draws). */
void dialogue_draw_targets(struct dialogue *d, struct mt19937 *rng);
void dialogue_draw_lists(struct dialogue *d, struct mt19937 *rng);

/* Each user likes the shown item that is nearest to the target in the embedding (the first of
 * equals): fills liked and disliked. */
void dialogue_choose(struct dialogue *d, const struct embedding *e);

/* Chooses, and says what the liked item lacks: fills image, text, words and dislike too. Errors
 * are the source's. */
enum gmr_status dialogue_answer(struct dialogue *d, const struct embedding *e);

/* The model takes in what was answered; errors stick to the tape. */
struct recommender_turn dialogue_take_in(const struct dialogue *d, struct tape *t,
                                         const struct recommender *m,
                                         struct recommender_history *h);

/* One turn of the batch: users answer, and the model takes it in. Errors are the source's; those of
 * the model stick to the tape. */
enum gmr_status dialogue_turn(struct dialogue *d, const struct embedding *e, struct tape *t,
                              const struct recommender *m, struct recommender_history *h,
                              struct recommender_turn *turn);

#endif
