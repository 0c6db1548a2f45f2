/* Training of recommenders in dialogues with simulated users: supervised (spec section 2.3), on
 * random lists, and policy learning (2.4), on the lists that the model recommends. Both are jobs of
 * learning/training_run.h.
 *
 * Targets, lists and negatives are drawn from CPython's generator in the order of the
 * specification, one stream for the whole run. How many numbers a batch takes from it does not
 * depend on the model, so the stream is found again at any batch by drawing what came before, and
 * a run that was stopped goes on as if it had not been.
 *
 *     struct recommender_training r;
 *     status = recommender_training_init(&r, TRAINING_SUPERVISED, &model, &source, &settings);
 *     recommender_training_job(&r, &job);     job.judge and job.write are the caller's
 *     ...
 *     recommender_training_release(&r); */
#ifndef LEARNING_RECOMMENDER_TRAINING_H
#define LEARNING_RECOMMENDER_TRAINING_H

#include "learning/negatives.h"
#include "learning/recommendation.h"
#include "learning/training_run.h"

enum { TRAINING_TURNS = 64 /* of a dialogue, at most */ };

enum training_stage { TRAINING_SUPERVISED, TRAINING_POLICY };

/* How alike a state and an item are in the policy. */
enum policy_kernel {
    POLICY_DOT,     /* s . f */
    POLICY_DISTANCE /* -|s - f|^2 */
};

/* The first two groups are of both stages. The switches are departures from the published training
 * (section 8). */
struct recommender_training_settings {
    size_t batch, turns, shown;
    double margin;
    uint64_t seed; /* of targets, lists and negatives */

    bool freeze_image; /* the image projection keeps its first values (12) */
    bool omit_last;    /* random lists never show the last item (17): replays published draws */
    bool like_raw;     /* users compare raw features (32) */
    bool all_items;    /* targets are told by a softmax from all items: in supervised training from
                          these and not by triplets, in policy learning not from J negatives */

    /* policy learning */
    size_t negatives; /* J: of each user and turn */
    double discount;
    enum policy_kernel kernel;
    bool full_return;   /* each turn earns what the whole dialogue does (7) */
    bool scale_rewards; /* rewards are divided by the width (8) */
    bool clamp_returns; /* at 0 from below (9) */
};

/* The paper's: batches of 128, 10 turns, K = 3, margin .1, seed 42, J = 5, discount .2, dot
 * products. */
struct recommender_training_settings recommender_training_settings_default(void);

/* The paper's for so many items: 20 epochs, Adam at a constant 1e-3 (policy learning: 1e-5), weight
 * decay 1e-8. */
struct training_schedule recommender_training_schedule(
    enum training_stage stage, size_t items, const struct recommender_training_settings *settings);

/* What the loss of a batch is made of: it is state + composed, or choice + composed. */
struct recommender_training_parts {
    double state, composed; /* triplets */

    /* policy learning */
    double choice;        /* cross-entropies, weighted with returns */
    double cross_entropy; /* a mean over users and turns, as the next */
    double reward;
    double found; /* share of the users to whom the target was recommended in time */
};

struct recommender_training {
    enum training_stage stage;
    struct recommender_training_settings settings;
    struct recommender *model;
    const struct dialogue_source *source;
    void *owner; /* the caller's, for its judge */

    struct dialogue dialogue;
    struct embedding embedding; /* fixed during a batch */
    struct mt19937 rng;
    struct recommender_training_parts parts; /* of the batch that was learned last */
    uint64_t batch;                          /* of the run */
    bool is_before;                          /* the generator stands before the draws of that */
    uint64_t *drawn;    /* [J, users]: random items, or places in the memory of dislikes */
    uint64_t *negative; /* [users]: items */
    int64_t *classes;   /* [users]: places of the targets among what they are told from */
    real *rows;         /* [users, 1 + J, width]: embeddings picked for one input */
    struct tensor *all; /* [items, width], on the tape; NULL unless settings.all_items */

    /* policy learning; else empty */
    struct recommendation next;
    struct negatives dislikes;
    real *state;    /* [users, width] */
    double *reward; /* [turns, users], then the returns */
    real *weight;   /* [users] */
    bool *found;    /* [users] */
};

/* Borrows model and source. Release it whatever this returns. Errors: GMR_ERR_RANGE (too few items,
 * too many turns, no dislikes to draw from, another setting), GMR_ERR_NOMEM. */
enum gmr_status recommender_training_init(struct recommender_training *r, enum training_stage stage,
                                          struct recommender *model,
                                          const struct dialogue_source *source,
                                          const struct recommender_training_settings *settings);
void recommender_training_release(struct recommender_training *r);

/* A job whose user is `r`; it seeks, learns, and notes the parts of the loss and the length of the
 * gradient. */
void recommender_training_job(struct recommender_training *r, struct training_job *job);

/* Batches of an epoch: as many as the items fill. */
size_t recommender_training_batches(const struct recommender_training *r);

/* ---- a batch, step by step ---- */

/* Goes to a batch of the run, 0, 1, ... */
void recommender_training_seek(struct recommender_training *r, uint64_t batch);

/* Draws targets and first lists, and embeds the items. Resets the tape. */
enum gmr_status recommender_training_begin(struct recommender_training *r, struct tape *t);

/* Plays the dialogues: the loss, on the tape. Errors are the source's and the tape's. */
enum gmr_status recommender_training_loss(struct recommender_training *r, struct tape *t,
                                          struct tensor **loss);

/* Both, and the gradients; resets the tape. The next call learns the next batch; after an error,
 * seek first. */
enum gmr_status recommender_training_learn(struct recommender_training *r, struct tape *t,
                                           double *loss);

/* ---- from inside ---- */

/* The draws of a turn: negatives, and in supervised training the next lists. */
void recommender_training_draw(struct recommender_training *r, size_t turn);

/* Embeddings of items as an input: constants, for targets and negatives carry no gradient. */
struct tensor *recommender_training_rows(struct recommender_training *r, struct tape *t,
                                         const uint64_t *items);

/* How alike rows [users, width] and all items are, [users, items]; with settings.all_items. */
struct tensor *recommender_training_likeness(const struct recommender_training *r, struct tape *t,
                                             struct tensor *state);

/* -log of the target's share in a softmax of such likenesses, or of those to the target and J
 * negatives: [users]. */
struct tensor *recommender_training_entropy(const struct recommender_training *r, struct tape *t,
                                            struct tensor *logits);

enum gmr_status supervised_loss(struct recommender_training *r, struct tape *t,
                                struct tensor **loss);
enum gmr_status policy_loss(struct recommender_training *r, struct tape *t, struct tensor **loss);

#endif
