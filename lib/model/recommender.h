/* All recommenders behind one interface: what runs dialogues, trains or evaluates names a model and
 * knows nothing else about it (spec sections 2-4).
 *
 * A model is a row of a table: its name on the command line, the net, and how it is trained. Models
 * that differ in training only share a net.
 *
 *     struct recommender m;
 *     TRY(recommender_init(&m, compute, allocator, recommender_find("gommir"),
 *                          recommender_settings_small(512), seed));
 *     recommender_begin(&history);
 *     turn = recommender_turn(t, &m, &history, &input);
 *
 * Threads: as its tape; read-only use may be shared. */
#ifndef MODEL_RECOMMENDER_H
#define MODEL_RECOMMENDER_H

#include "model/gommir.h"

/* Where the negatives of policy learning come from. */
enum recommender_negatives {
    NEGATIVES_MEMORY,  /* dislikes of all lists, the one just recommended included */
    NEGATIVES_HISTORY, /* dislikes of the lists that were answered */
    NEGATIVES_RANDOM   /* any item */
};

/* What a recommended list earns, in dot products with the target. */
enum recommender_rewards {
    REWARDS_LIST,  /* the sum over its items */
    REWARDS_LIKED, /* of the item that is liked */
    REWARDS_NONE   /* each turn counts 1 */
};

/* A net, whichever model is trained with it. */
struct recommender_net;

/* A model. */
struct recommender_row {
    const char *name;
    const struct recommender_net *net;
    enum composer_form composer;
    enum gommir_layout layout;
    bool composed_loss; /* what is composed is pulled to the target too */
    enum recommender_negatives negatives;
    enum recommender_rewards rewards;
    const char *begins_with; /* the model whose supervised weights policy learning begins with;
                                NULL: its own */
};

/* The table, in the order of the paper; and the row of a name, NULL: there is none. */
const struct recommender_row *recommender_rows(size_t *count);
const struct recommender_row *recommender_find(const char *name);

struct recommender_settings {
    size_t features;              /* width of the encoder's raw features */
    size_t width;                 /* of embeddings and states */
    size_t layers, heads, hidden; /* of a tracker */
    bool original_composer;       /* TIRG as first published in place of the paper's (spec 8.2) */
    bool independent_layers;      /* see nn_encoder_settings (spec 8.26) */
    bool aligned;                 /* see gommir_settings */
};

/* The paper's sizes, 512, 6 layers, 8 heads, 1024; and 256, 2, 4, 512, for one processor. */
struct recommender_settings recommender_settings_paper(size_t features);
struct recommender_settings recommender_settings_small(size_t features);

struct recommender {
    const struct recommender_row *row;
    struct recommender_settings settings;
    struct parameters *parameters; /* borrowed from the net */
    struct gommir gommir;          /* the net */
};

/* The two steps of recommender_init: names and shapes, enough to compare them with a file; then
 * memory and first values. Release it whatever they return. GMR_ERR_RANGE (settings),
 * GMR_ERR_NOMEM. */
enum gmr_status recommender_declare(struct recommender *m, const struct gmr_allocator *allocator,
                                    const struct recommender_row *row,
                                    struct recommender_settings settings);
enum gmr_status recommender_create(struct recommender *m, struct compute *compute, uint64_t seed);

/* Gives it memory and first values. Allocator and compute must outlive it. Errors: GMR_ERR_NOMEM,
 * GMR_ERR_RANGE (settings). */
enum gmr_status recommender_init(struct recommender *m, struct compute *compute,
                                 const struct gmr_allocator *allocator,
                                 const struct recommender_row *row,
                                 struct recommender_settings settings, uint64_t seed);
void recommender_release(struct recommender *m);

/* First values again, of a seed. */
void recommender_initialise(struct recommender *m, uint64_t seed);

/* Whether the projection of pictures learns; from the beginning it does. */
void recommender_freeze_image(struct recommender *m, bool frozen);

/* What a batch of dialogues has said so far; lives on a tape and is forgotten with it. */
struct recommender_history {
    struct gommir_history tokens;
};

void recommender_begin(struct recommender_history *h);

/* Raw features of pictures [n, features] -> embeddings [n, width]: what states are near to. */
struct tensor *recommender_embed_image(struct tape *t, const struct recommender *m,
                                       struct tensor *raw);

/* A turn of B dialogues, raw features. */
struct recommender_input {
    struct tensor *image;   /* [B, features], what is liked */
    struct tensor *text;    /* [B, features], what is said about it */
    struct tensor *dislike; /* [B, K - 1, features], what else was shown; NULL unless the model
                               wants it */
};

struct recommender_turn {
    struct tensor *state;    /* [B, width] */
    struct tensor *composed; /* [B, width]; NULL: the model does not compose */
};

bool recommender_wants_dislikes(const struct recommender *m);

/* How long a dialogue may be; SIZE_MAX: no end. One turn more is GMR_ERR_RANGE. */
size_t recommender_max_turns(const struct recommender *m);

struct recommender_turn recommender_turn(struct tape *t, const struct recommender *m,
                                         struct recommender_history *h,
                                         const struct recommender_input *input);

#endif
