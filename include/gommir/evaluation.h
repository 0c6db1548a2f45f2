/* Measuring models on a split of a catalogue.
 *
 *     struct gmr_encoder_evaluation_options options = gmr_encoder_evaluation_options_default();
 *     struct gmr_encoder_evaluation result;
 *     options.model = "encoder.safetensors";
 *     options.catalogue = "shop";
 *     options.split = "test";
 *     if (gmr_encoder_evaluate(context, &options, &result) != GMR_OK) ...
 *     printf("%.3f\n", result.text_to_picture.recall_10.value);
 *
 * Only items of that split are looked at. Whether a model was trained on them is not known here.
 * Same options: same result, whatever the number of threads. */
#ifndef GOMMIR_EVALUATION_H
#define GOMMIR_EVALUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/context.h>
#include <gommir/simulation.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A measurement and its 95 % interval: percentiles of 2,000 bootstrap samples of the items (or
 * users) it was made on. It tells how much the result would move with others of the same kind, not
 * with another training. NaN where there was nothing to measure. */
struct gmr_estimate {
    double value, low, high;
};

/* How well one kind of vectors finds the other. The candidates of a query are the items of its
 * block; ties favour the right one. */
struct gmr_retrieval {
    struct gmr_estimate recall_1, recall_5, recall_10; /* share found among the first 1, 5, 10 */
    struct gmr_estimate median_rank;                   /* 1: found first */
    struct gmr_estimate mean_reciprocal;               /* mean of 1 / rank */
};

enum { GMR_MAX_ZERO_SHOT = 16, GMR_MAX_CLASSES = 1000 };

/* A classification to try: the commonest values of an attribute in the split are its classes. */
struct gmr_zero_shot_wanted {
    const char *attribute;
    size_t classes; /* at most so many, 2 .. GMR_MAX_CLASSES */
};

/* Each class is said in words; a picture is taken to be of the class whose words it is nearest to.
 * Items count that have one value of the attribute, and a class has it. */
struct gmr_zero_shot {
    const char *attribute; /* borrowed from the options, or static */
    size_t classes, items; /* items: that count */
    struct gmr_estimate accuracy;
    struct gmr_estimate balanced; /* mean over classes of the accuracy in each */
    double majority;              /* accuracy of always saying the commonest class */
};

struct gmr_encoder_evaluation_options {
    const char *model;      /* a file of CLIP's weights */
    const char *vocabulary; /* a file; NULL: inside the weights, or beside them */
    bool exact_gelu;        /* the model was trained with GELU, whatever its file says */
    const char *catalogue;  /* a directory */
    const char *split;
    /* What to classify; NULL: those of category (20 classes), colour (12), gender, sleeve length
     * that two values of the split, or more, make sense of. */
    const struct gmr_zero_shot_wanted *zero_shot;
    size_t zero_shot_count; /* at most GMR_MAX_ZERO_SHOT */
    size_t block;  /* items to find one among; 0: all. A last block that is shorter is left out,
                      unless it is the only one */
    uint64_t seed; /* of the order of items, hence what is in a block, and of the intervals */
    struct gmr_progress progress;
};

struct gmr_encoder_evaluation {
    size_t items;           /* of the split, with a picture that could be read */
    size_t without_picture; /* others */
    size_t broken_pictures;
    char problem[512]; /* of the first broken picture; "" */
    size_t ranked;     /* items in blocks */
    struct gmr_retrieval text_to_picture, picture_to_text;
    struct gmr_zero_shot zero_shot[GMR_MAX_ZERO_SHOT];
    size_t zero_shot_count;
    double seconds;
};

/* Blocks of 600, seed 42. */
GMR_API struct gmr_encoder_evaluation_options gmr_encoder_evaluation_options_default(void);

/* Encodes the pictures of a split and what is known of its items in words (title and attributes),
 * and measures how well one finds the other, and how well words alone classify pictures. Memory:
 * the vectors of the split. `result` is written in every case.
 * Errors: GMR_ERR_NOT_FOUND (a file, the split, the vocabulary, a picture that can be read, two
 * values of an attribute that was asked for), GMR_ERR_RANGE (options),
 * GMR_ERR_FORMAT, GMR_ERR_SHAPE, GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED (the weights), GMR_ERR_NUMERIC,
 * GMR_ERR_IO, GMR_ERR_CANCELLED, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_encoder_evaluate(struct gmr_context *context,
                                             const struct gmr_encoder_evaluation_options *options,
                                             struct gmr_encoder_evaluation *result);

/* ---- captioners ---- */

/* What critiques of one kind are worth. */
struct gmr_caption_measures {
    /* Likeness to the references: 0 .. 1, CIDEr-D 0 .. 10. */
    struct gmr_estimate bleu[4]; /* BLEU-1 .. BLEU-4 */
    struct gmr_estimate rouge_l, cider_d;
    /* Truth, by the catalogue's attributes, of what the grammar of critiques understands: share of
     * statements that hold for the target, of those where its attributes tell; and that hold for
     * the target and not for the candidate, of those where the attributes of both tell. */
    struct gmr_estimate true_of_target, distinguishing;
    size_t statements, known, known_of_both; /* understood, and what the shares are of */
    size_t words, understood_words;
    size_t distinct; /* different sentences */
};

enum { GMR_MAX_REFERENCES = 16 };

struct gmr_captioner_evaluation_options {
    const char *model;     /* a captioner's weights */
    const char *catalogue; /* a directory */
    const char *split;
    const char *features; /* weights of what looked at the pictures that it learned from */
    size_t pairs;      /* of the split's items, drawn; of captions, at most as many as there are */
    size_t references; /* of each pair, 1 .. GMR_MAX_REFERENCES; of captions, all */
    bool captions;     /* references are people's captions, else the attribute critic's */
    enum gmr_phrasing phrasing; /* of the attribute critic */
    uint64_t seed;
    struct gmr_progress progress;
};

struct gmr_captioner_evaluation {
    size_t items, pairs;
    struct gmr_caption_measures captioner;
    /* The same of one sentence that is said of every pair: of those that the captioner learned
     * from, the one that is most like the others. "" where its file does not tell one. */
    char constant_text[256];
    struct gmr_caption_measures constant;
    double seconds;
};

/* 2,000 pairs, 5 references in the training phrasings, seed 42. */
GMR_API struct gmr_captioner_evaluation_options gmr_captioner_evaluation_options_default(void);

/* Lets a captioner criticise pairs of a split, greedily, and measures what it says. Intervals are
 * over pairs. Errors: as gmr_encoder_evaluate; GMR_ERR_SHAPE, GMR_ERR_STATE: `features` are not
 * those that the captioner learned from. */
GMR_API enum gmr_status gmr_captioner_evaluate(
    struct gmr_context *context, const struct gmr_captioner_evaluation_options *options,
    struct gmr_captioner_evaluation *result);

/* ---- dialogues ---- */

enum { GMR_MAX_TURNS = 21, GMR_MAX_SHOWN = 100 };

/* How far an evaluation follows the published one. */
enum gmr_protocol {
    GMR_PROTOCOL_CLEAN, /* first lists are of any items; models are chosen on items held out */
    GMR_PROTOCOL_PAPER  /* first lists never show the last item; models are chosen on the items that
                           they are measured on */
};

/* After so many critiques, means over users. Once a target was among the first k, its user is done:
 * from the next turn on it counts as found first. */
struct gmr_dialogue_turn {
    struct gmr_estimate sr;            /* success rate: share of targets among the first k */
    struct gmr_estimate ndcg3, ndcg10; /* 1 / log2(rank + 2), rank from 0, of the first 3, 10 */
};

/* What happened between a simulated user and a policy; items are positions in the catalogue. Valid
 * during the call that brings it. */
struct gmr_dialogue {
    size_t user, users; /* number of this one, and how many there are */
    size_t target, turns, k;
    const size_t *shown;         /* [turns + 1, k]: a random list, then what was recommended */
    const size_t *liked;         /* [turns]: of list 0, 1, ... */
    const char *const *critique; /* [turns]: what was said of it; "": nothing */
    const size_t *rank; /* [turns]: how many unseen items are nearer to what the policy took the
                           wish for, after this critique, than the target; never set to 0 for a
                           user who is done */
};

struct gmr_dialogue_evaluation_options {
    const char *model;      /* weights of a recommender */
    const char *model_name; /* which one, where they do not tell; NULL: they do */
    const char *policy;     /* one of gmr_policies, in place of a model */
    const char *catalogue;  /* a directory, encoded by the encoder */
    const char *split;
    const char *encoder;        /* weights of CLIP */
    const char *vocabulary;     /* a file; NULL: inside the weights, or beside them */
    bool exact_gelu;            /* the encoder was trained with GELU, whatever its file says */
    const char *captioner;      /* weights of one that criticises; NULL: the attribute critic */
    const char *features;       /* weights of what looks at pictures for it; NULL: the encoder */
    enum gmr_phrasing phrasing; /* of the attribute critic */
    enum gmr_protocol protocol;
    bool like_by_encoder; /* users like what is near by the encoder's vectors as they are, not
                             by the policy's own */
    size_t turns, k;      /* 1 .. GMR_MAX_TURNS; items of a list, 1 .. GMR_MAX_SHOWN */
    uint64_t seed;        /* of first lists, words and intervals */
    void (*watch)(void *user, const struct gmr_dialogue *dialogue); /* each, in order; or NULL */
    void *watch_user;
    struct gmr_progress progress;
};

struct gmr_dialogue_evaluation {
    size_t users;         /* items of the split that have a vector; each is a target once */
    size_t left_out;      /* others */
    size_t in_first_list; /* targets in the random list: no success, and not shown again */
    const char *name;     /* of the policy, or the recommender's: "gommir" */
    const char *critic;   /* "attributes" or "captioner" */
    size_t turns;
    struct gmr_dialogue_turn turn[GMR_MAX_TURNS];
    double seconds;
};

/* The policies that need no training, ended by NULL; all see vectors of the encoder, of length 1.
 * "random": any item; "text": what is near to the critique; "sum": near to the liked picture + the
 * critique; "average-vector": near to 2 mean(liked) - mean(disliked) + mean(critiques) of all
 * turns. */
GMR_API const char *const *gmr_policies(void);

/* 10 turns, lists of 3, phrasings of evaluation, protocol clean, seed 42. */
GMR_API struct gmr_dialogue_evaluation_options gmr_dialogue_evaluation_options_default(void);

/* Lets simulated users who want each item of a split talk to a recommender or another policy, and
 * measures how soon it recommends what they want. Intervals are over users. Features of critiques
 * are kept in CATALOGUE/critiques.db. `result` is written in every case. Errors: GMR_ERR_NOT_FOUND
 * (a file, the split, the policy, the embedding of the catalogue), GMR_ERR_RANGE (options, too few
 * items), GMR_ERR_FORMAT, GMR_ERR_SHAPE, GMR_ERR_TYPE, GMR_ERR_UNSUPPORTED (weights), GMR_ERR_STATE
 * (the recommender learned from another encoder, or the captioner not from `features`),
 * GMR_ERR_NUMERIC, GMR_ERR_IO, GMR_ERR_CANCELLED, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_dialogue_evaluate(struct gmr_context *context,
                                              const struct gmr_dialogue_evaluation_options *options,
                                              struct gmr_dialogue_evaluation *result);

/* ---- several of them ---- */

enum { GMR_MAX_COMPARED = 64 };

/* The chance that dialogues after the last turn differ as much as they do from those of a
 * reference, or more, if both were equally good: two-sided paired t-tests over users, each
 * measure's corrected by Holm for being as many as there are others. NaN for the reference, and
 * where there are less than two users. */
struct gmr_dialogue_difference {
    double sr, ndcg3, ndcg10;
};

/* Evaluates `count` recommenders and policies, 1 .. GMR_MAX_COMPARED, on the same users, and
 * compares all others with number `reference`. The options may differ in model, model_name, policy,
 * encoder, vocabulary, exact_gelu and watch only; progress is that of the first. results and
 * differences [count] are written in every case.
 *
 * `directory`, made when there is none, keeps the dialogues, each model's in a folder of its own:
 * what lies there, and depends on the same files and settings, is not played again, and watchers
 * see it all the same. So a comparison that was stopped goes on, and one with further models plays
 * only those. One process at a time uses a directory. NULL: nothing is kept.
 *
 * Errors: those of gmr_dialogue_evaluate; GMR_ERR_RANGE (count, reference, options that differ
 * otherwise), GMR_ERR_STATE (two encoders have encoded different items; the directory holds
 * something else, or a comparison with other settings, or another process has it open). */
GMR_API enum gmr_status gmr_dialogue_compare(struct gmr_context *context,
                                             const struct gmr_dialogue_evaluation_options *options,
                                             size_t count, size_t reference, const char *directory,
                                             struct gmr_dialogue_evaluation *results,
                                             struct gmr_dialogue_difference *differences);

#ifdef __cplusplus
}
#endif
#endif
