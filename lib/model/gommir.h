/* The recommender of the paper: composer, history of tokens, Transformer tracker (spec
 * section 2.1); and the models that are made of its parts (sections 3 and 4), which differ in what
 * a turn leaves in the history.
 *
 * A dialogue turn takes raw features of the liked picture and of the critique, [B, features], and
 * gives a state [B, width] that lies near the wanted item's embedding. */
#ifndef MODEL_GOMMIR_H
#define MODEL_GOMMIR_H

#include "model/composer.h"
#include "nn/transformer.h"

/* The tokens of one turn, after the separator. */
enum gommir_layout {
    GOMMIR_COMPOSED_TEXT,
    GOMMIR_COMPOSED_TEXT_DISLIKED, /* beyond the paper: what else was shown is told too */
    GOMMIR_IMAGE_TEXT,
    GOMMIR_TEXT_IMAGE,
    GOMMIR_IMAGE,
    GOMMIR_TEXT,
    GOMMIR_NO_TRACKER /* no history: the state is what the composer gives */
};

struct gommir_settings {
    size_t features; /* width of the encoder's raw features */
    size_t width;    /* of embeddings, tokens and states */
    size_t layers, heads, hidden;
    enum composer_form composer;
    enum gommir_layout layout; /* COMPOSED_... and NO_TRACKER need a composer */
    bool independent_layers;   /* see nn_encoder_settings */
    bool aligned; /* projections begin alike, so that what the encoder holds near stays near: a
                     state begins as what was liked and said, less what was disliked */
};

/* The paper's sizes for 512 raw features. */
struct gommir_settings gommir_settings_paper(void);

struct gommir {
    struct gommir_settings settings;
    struct parameters parameters;
    struct nn_linear text_linear, image_linear, dislike_linear, out_linear;
    struct nn_norm text_norm, image_norm, dislike_norm, separator_norm;
    struct composer composer;
    struct tensor *separator; /* [1, width], zeros, never trained */
    struct nn_encoder tracker;
};

enum {
    GOMMIR_POSITIONS = 64,
    GOMMIR_TURN_TOKENS = 3, /* of the paper's layout: separator, composed, text */
    GOMMIR_MAX_TURNS = GOMMIR_POSITIONS / GOMMIR_TURN_TOKENS
};

/* Whether turns need raw_dislike. */
bool gommir_wants_dislikes(const struct gommir *m);

/* How long a dialogue may be: GOMMIR_MAX_TURNS in the paper's layout; SIZE_MAX: no end. */
size_t gommir_max_turns(const struct gommir *m);

/* Declares all parameters: enough to compare them with a file. GMR_ERR_RANGE (settings),
 * GMR_ERR_NOMEM; release it whatever this returns. */
enum gmr_status gommir_declare(struct gommir *m, const struct gmr_allocator *allocator,
                               struct gommir_settings settings);

/* Declares all parameters and gives them memory and first values. The allocator and compute must
 * outlive the model. Errors: GMR_ERR_NOMEM, GMR_ERR_RANGE (settings). */
enum gmr_status gommir_init(struct gommir *m, struct compute *compute,
                            const struct gmr_allocator *allocator, struct gommir_settings settings,
                            uint64_t seed);
void gommir_release(struct gommir *m);

/* First values again, of a seed. */
void gommir_initialise(struct gommir *m, uint64_t seed);

/* What a batch of dialogues has said so far; lives on a tape and is forgotten with it. */
struct gommir_history {
    struct tensor *separator; /* [1, 1, width]: the same in every dialogue and at every turn */
    struct nn_sequence tokens;
};

void gommir_history_clear(struct gommir_history *h);

/* Raw features of pictures [n, features] -> embeddings [n, width]: Norm(Linear(x)). Liked pictures
 * and the catalogue are embedded alike. */
struct tensor *gommir_embed_image(struct tape *t, const struct gommir *m, struct tensor *raw);

struct gommir_turn {
    struct tensor *state;    /* [B, width] */
    struct tensor *composed; /* [B, width]: liked picture and critique merged; NULL: no composer */
};

/* One turn: appends to the history and encodes all of it. What is disliked, [B, K - 1, features],
 * counts by its mean, so models serve lists of any length; it may be NULL where it is not wanted.
 * More than gommir_max_turns are GMR_ERR_RANGE. */
struct gommir_turn gommir_turn(struct tape *t, const struct gommir *m, struct gommir_history *h,
                               struct tensor *raw_image, struct tensor *raw_text,
                               struct tensor *raw_dislike);

#endif
