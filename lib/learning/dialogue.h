/* A batch of dialogues with simulated users, as training and evaluation share it (spec
 * section 2.2): targets, lists shown, what each user likes and says. */
#ifndef LEARNING_DIALOGUE_H
#define LEARNING_DIALOGUE_H

#include "base/rng.h"
#include "model/gommir.h"
#include "simulator/world.h"

/* The catalogue in the model's space: row i is the embedding of item i. */
struct embedding {
    size_t count, width;
    real *row; /* [count, width] */
};

enum gmr_status embedding_init(struct embedding *e, const struct gmr_allocator *allocator,
                               size_t count, size_t width);
void embedding_release(struct embedding *e, const struct gmr_allocator *allocator);

/* Embeds all items with the model's present weights, in evaluation mode; resets the tape. */
enum gmr_status embedding_refresh(struct embedding *e, const struct gommir *m,
                                  const struct world *w, struct tape *t);

struct dialogue {
    const struct gmr_allocator *allocator;
    const struct world *world;
    size_t users, shown;
    uint64_t *target; /* [users] */
    uint64_t *list;   /* [users, shown] */
    uint64_t *liked;  /* [users]: an item */
    real *image;      /* [users, features]: raw features of what is liked */
    real *text;       /* [users, features]: raw features of what is said */
    uint64_t *scratch;
};

/* The world must outlive the dialogue and hold at least `shown` items. */
enum gmr_status dialogue_init(struct dialogue *d, const struct gmr_allocator *allocator,
                              const struct world *world, size_t users, size_t shown);
void dialogue_release(struct dialogue *d);

/* Every user gets a random target, or a random list of distinct items (in CPython's order of
 * draws). */
void dialogue_draw_targets(struct dialogue *d, struct mt19937 *rng);
void dialogue_draw_lists(struct dialogue *d, struct mt19937 *rng);

/* Each user likes the shown item that is nearest to the target in the embedding (the first of
 * equals) and says what it lacks: fills liked, image, text. */
void dialogue_answer(struct dialogue *d, const struct embedding *e);

/* One turn of the batch: users answer, and the model takes it in. */
struct gommir_turn dialogue_turn(struct dialogue *d, const struct embedding *e, struct tape *t,
                                 const struct gommir *m, struct gommir_history *h);

#endif
