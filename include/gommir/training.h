/* Training of models. Each run has a directory with its settings, log, weights and results, from
 * which it goes on when it was stopped.
 *
 *     const char *catalogues[] = { "shop" };
 *     struct gmr_encoder_training_options options = gmr_encoder_training_options_default();
 *     struct gmr_encoder_training_result result;
 *     options.catalogues = catalogues;
 *     options.catalogue_count = 1;
 *     options.out = "run";
 *     if (gmr_encoder_train(context, &options, &result) != GMR_OK) ...
 *     printf("%.3f\n", result.recall_10);
 *
 * Threads: one call per directory. */
#ifndef GOMMIR_TRAINING_H
#define GOMMIR_TRAINING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- encoders ---- */

enum { GMR_TRAINING_MAX_CATALOGUES = 16 };

/* A small CLIP: ModifiedResNet with one attention pool, text transformer, vocabulary learned from
 * the catalogues' texts. Sizes are those of the model's files (<gommir/weights.h>). */
struct gmr_encoder_training_options {
    const char *const *catalogues; /* directories, learned from together */
    size_t catalogue_count;        /* 1 .. GMR_TRAINING_MAX_CATALOGUES */
    /* Splits, of the same name in all catalogues. Where there is no validation split, a tenth of
     * the other is held out; where there is none of both, of all items. */
    const char *train, *validation;
    const char *out; /* the directory of the run; made when there is none */

    size_t resolution; /* pixels of a picture's side, a multiple of 32 */
    size_t width;      /* channels after the stem; fast only if a multiple of 32 */
    size_t blocks;     /* of each of the four stages */
    size_t embed;      /* width of the vectors */
    size_t text_width, text_layers;
    size_t context;    /* tokens of the longest text */
    size_t vocabulary; /* tokens, at least 515 */

    size_t epochs, batch, warm_up; /* warm_up: batches */
    double rate, decay;            /* greatest learning rate; decoupled weight decay */
    uint64_t seed;
    struct gmr_progress progress; /* counts batches, notes loss and validation */
};

/* Text to picture retrieval on what was held out, by the best epoch: shares of texts whose picture
 * came first, among the first 5 and 10 of 600 (of all, when there are fewer), and the median rank.
 */
struct gmr_encoder_training_result {
    size_t items, held_out, parameters, vocabulary;
    size_t steps, epochs; /* all, those of earlier calls included */
    size_t best_epoch;    /* from 1 on */
    double recall_1, recall_5, recall_10, median_rank;
    size_t broken; /* pictures that could not be read, in this call */
    char broken_reason[256];
    double seconds; /* of this call */
};

GMR_API struct gmr_encoder_training_options gmr_encoder_training_options_default(void);

/* Begins the run, or goes on with it; a run that had ended is only judged again. At the end
 * OUT/best.safetensors is an encoder. Errors: GMR_ERR_RANGE (options), GMR_ERR_NOT_FOUND (a
 * catalogue, a split), GMR_ERR_STATE (the run was begun with other settings or on other items, or
 * is open in another process), GMR_ERR_CANCELLED (where it stood is saved), GMR_ERR_NUMERIC,
 * GMR_ERR_FORMAT, GMR_ERR_IO, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_encoder_train(struct gmr_context *context,
                                          const struct gmr_encoder_training_options *options,
                                          struct gmr_encoder_training_result *result);

/* ---- captioners ---- */

/* Models that say what one picture has and another lacks (relative captioners): Show-Attend-Tell
 * and the VL-Transformer. They are simulated users (<gommir/simulation.h>). */
enum gmr_captioner_kind { GMR_CAPTIONER_SHOW_ATTEND_TELL, GMR_CAPTIONER_TRANSFORMER };

/* What the model reads of target g and candidate u. */
enum gmr_captioner_input {
    GMR_CAPTIONER_DIFFERENCE, /* [g ; g - u], usual for Show-Attend-Tell */
    GMR_CAPTIONER_BOTH,       /* [g ; u], usual for the VL-Transformer */
    GMR_CAPTIONER_TARGET      /* [g ; 0]: blind to the candidate, to compare with */
};

enum gmr_captioner_size { GMR_CAPTIONER_SMALL, GMR_CAPTIONER_PUBLISHED };

/* Whose critiques are learned. */
enum gmr_critiques {
    GMR_CRITIQUES_ATTRIBUTES, /* of the attribute critic, in its training phrasings */
    GMR_CRITIQUES_CAPTIONS    /* of people: the catalogue's relative captions */
};

struct gmr_captioner_training_options {
    const char *catalogue;          /* a directory */
    const char *train, *validation; /* splits; where there is no validation split, a tenth of the
                                       other is held out, where there is none of both, of all */
    const char *features;           /* weights of the network that looks at pictures: an encoder, or
                                       torchvision's ResNet-101 */
    const char *out;                /* the directory of the run; made when there is none */

    enum gmr_captioner_kind kind;
    enum gmr_captioner_input input;
    enum gmr_critiques critiques;
    size_t length;           /* words of the longest sentence */
    size_t width;            /* of the LSTM, or of the transformer */
    size_t embed, attention; /* Show-Attend-Tell: of a word, and of the attention's hidden layer */
    size_t hidden;           /* transformer: of the feed-forward layers */
    size_t layers, heads;    /* transformer: as many encoder as decoder layers */
    double dropout, input_dropout;
    size_t minimum; /* words seen less often become UNK */

    size_t pairs; /* an epoch; of captions, at most as many as there are */
    size_t epochs, batch, warm_up;
    double rate, clamp; /* greatest learning rate; of gradients, 0: none */
    double smoothing;   /* of labels */
    uint64_t seed;
    struct gmr_progress progress;
};

struct gmr_captioner_training_result {
    size_t items, held_out, parameters, vocabulary;
    size_t steps, epochs; /* all, those of earlier calls included */
    size_t best_epoch;    /* from 1 on */
    double loss;          /* of the best epoch on what was held out: nats a word */
    double seconds;       /* of this call */
};

/* The usual input, lengths and dropouts of that kind, of either size. `features` is still NULL. */
GMR_API struct gmr_captioner_training_options gmr_captioner_training_options_default(
    enum gmr_captioner_kind kind, enum gmr_captioner_size size);

/* As gmr_encoder_train. Features of pictures are made first, where the catalogue lacks them, and
 * kept beside it. At the end OUT/best.safetensors is a captioner. */
GMR_API enum gmr_status gmr_captioner_train(struct gmr_context *context,
                                            const struct gmr_captioner_training_options *options,
                                            struct gmr_captioner_training_result *result);

/* ---- recommenders ---- */

/* Models of a wish that grows in a dialogue: what was liked and what was said about it become a
 * point near to which the wanted item is. They learn from simulated users, first on random lists
 * (supervised), then on what they recommend themselves (policy learning). */
enum gmr_recommender_stage {
    GMR_RECOMMENDER_BOTH,
    GMR_RECOMMENDER_SUPERVISED,
    GMR_RECOMMENDER_REINFORCED /* from weights that are there */
};

enum gmr_recommender_size { GMR_RECOMMENDER_SMALL, GMR_RECOMMENDER_PAPER };

/* How alike a state and an item are. */
enum gmr_policy_kernel {
    GMR_POLICY_DOT,     /* their dot product */
    GMR_POLICY_DISTANCE /* their squared distance, negated */
};

/* Departures from the published training; bits. */
enum gmr_recommender_compat {
    GMR_COMPAT_OMIT_LAST = 1 << 0,       /* random lists never show the last item */
    GMR_COMPAT_LIKE_BY_ENCODER = 1 << 1, /* users compare the encoder's vectors, not the model's */
    GMR_COMPAT_FREEZE_IMAGE = 1 << 2,    /* the projection of pictures keeps its first values */
    GMR_COMPAT_FULL_RETURN = 1 << 3,     /* each turn earns what the whole dialogue does */
    GMR_COMPAT_SCALE_REWARDS = 1 << 4,   /* rewards are divided by the width */
    GMR_COMPAT_CLAMP_RETURNS = 1 << 5,   /* at 0 from below */
    GMR_COMPAT_ORIGINAL_COMPOSER = 1 << 6,  /* TIRG's, as it was first published */
    GMR_COMPAT_INDEPENDENT_LAYERS = 1 << 7, /* layers of a tracker begin with values of their own */

    /* beyond the paper */
    GMR_COMPAT_ALL_ITEMS = 1 << 8,    /* wanted items are told from all items by a softmax, in place
                                         of triplets and of the choice among a few dislikes */
    GMR_COMPAT_FALLING_RATE = 1 << 9, /* rates fall to 0 along half a wave */
    GMR_COMPAT_ALIGNED = 1 << 10,     /* projections begin alike: what the encoder holds near begins
                                         near */
};

struct gmr_recommender_training_options {
    const char *catalogue;          /* a directory; vectors that it lacks are made first */
    const char *train, *validation; /* as for captioners */
    const char *encoder;            /* weights of CLIP */
    const char *vocabulary;         /* a file; NULL: inside the weights, or beside them */
    bool exact_gelu;                /* the encoder was trained with GELU, whatever its file says */
    const char *captioner; /* weights of one that criticises; NULL: the attribute critic, in its
                              training phrasings */
    const char *features;  /* weights of what looks at pictures for it; NULL: the encoder */
    const char *out;       /* the directory of the run; made when there is none */

    const char *model; /* "gommir", ... */
    enum gmr_recommender_stage stage;
    const char *from; /* weights that policy learning begins with; nothing supervised is learned
                         then. NULL: the best of OUT/supervised */
    size_t width, layers, heads, hidden;

    size_t batch, turns, k; /* dialogues at a time, critiques of each, items of a list */
    size_t supervised_epochs, epochs;
    size_t patience; /* epochs in a row that may bring nothing better; 0: any number */
    double rate, policy_rate, decay; /* of both stages; coupled weight decay */
    double margin;

    /* policy learning */
    double discount;
    size_t negatives; /* of each user and turn */
    enum gmr_policy_kernel kernel;

    unsigned compat; /* bits of enum gmr_recommender_compat */
    uint64_t seed;
    struct gmr_progress progress; /* counts batches of a stage */
};

/* On the items held out, by the best epoch: NDCG of the first 10, a mean over users and turns. */
struct gmr_recommender_stage_result {
    size_t steps, epochs; /* all, those of earlier calls included; 0: not this stage */
    size_t best_epoch;    /* from 1 on */
    double ndcg10;
};

struct gmr_recommender_training_result {
    size_t items, held_out, parameters;
    struct gmr_recommender_stage_result supervised, reinforced;
    bool is_reinforced; /* the best weights are of policy learning */
    double seconds;     /* of this call */
};

/* "gommir" in sizes of one of both, 10 turns of lists of 3, batches of 128, 20 epochs each, and the
 * published rates. */
GMR_API struct gmr_recommender_training_options gmr_recommender_training_options_default(
    enum gmr_recommender_size size);

/* The models' names, 0, 1, ...; NULL after the last. */
GMR_API const char *gmr_recommender_name(size_t place);

/* As gmr_encoder_train. Each stage is a run of its own, OUT/supervised and OUT/reinforced; at the
 * end OUT/best.safetensors is the better recommender of both. Further errors: GMR_ERR_NOT_FOUND (no
 * such model, no supervised weights to go on from), those of weights. */
GMR_API enum gmr_status gmr_recommender_train(
    struct gmr_context *context, const struct gmr_recommender_training_options *options,
    struct gmr_recommender_training_result *result);

#ifdef __cplusplus
}
#endif
#endif
