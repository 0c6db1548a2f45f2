/* Simulated users: what somebody would say who wants one item and is shown another.
 *
 *     struct gmr_simulator_options options = gmr_simulator_options_default();
 *     struct gmr_simulator *simulator;
 *     struct gmr_pair pairs[10];
 *     struct gmr_critique critiques[10];
 *     options.encoder = "fashion.safetensors";
 *     if (gmr_simulator_open(context, catalogue, &options, &simulator) == GMR_OK) {
 *         gmr_simulator_draw(simulator, 0, 10, pairs);
 *         gmr_simulator_critiques(simulator, pairs, 0, 10, critiques);
 *         puts(critiques[0].text);                "has long sleeves and is blue"
 *     }
 *     gmr_simulator_close(simulator);
 *
 * Critics are of two kinds: one that speaks of the items' attributes by a grammar, and captioners,
 * which look at the pictures. Both are judged by what the attributes say. A handle is for one
 * thread at a time. */
#ifndef GOMMIR_SIMULATION_H
#define GOMMIR_SIMULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gommir/catalogue.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gmr_simulator;

/* Phrasings of the attribute critic come in two sets without a common one: a model that was trained
 * with one is measured with the other. */
enum gmr_phrasing { GMR_PHRASING_TRAINING, GMR_PHRASING_EVALUATION, GMR_PHRASINGS };

/* "training", "evaluation"; "" when there is no such set. */
GMR_API const char *gmr_phrasing_name(enum gmr_phrasing phrasing);

/* How a captioner chooses its words. */
enum gmr_decoding {
    GMR_DECODE_GREEDY,
    GMR_DECODE_BEAM,    /* the likeliest of the sentences that `beam` searches at once find */
    GMR_DECODE_SAMPLE,  /* by chance, as likely as the captioner finds them */
    GMR_DECODE_TOP_K,   /* the same, of the `top_k` likeliest words */
    GMR_DECODE_NUCLEUS, /* the same, of the likeliest words with a likelihood of `top_p` together */
    GMR_DECODE_GUMBEL,  /* as SAMPLE, by another way of drawing */
    GMR_DECODINGS
};

/* "greedy", "beam", "sample", "top-k", "nucleus", "gumbel", and back; GMR_DECODINGS when no way has
 * that name. */
GMR_API const char *gmr_decoding_name(enum gmr_decoding decoding);
GMR_API enum gmr_decoding gmr_decoding_find(const char *name);

struct gmr_simulator_options {
    const char *captioner; /* a file of weights; NULL: the attribute critic */
    const char *infos;     /* words and options of a published captioner; NULL: found beside it */
    const char *encoder;   /* weights of the network that made, or shall make, what a captioner sees
                              of pictures: an encoder, or a ResNet of torchvision. Of an encoder,
                              pairs are as near as its embedding of the catalogue says. Always
                              needed */
    enum gmr_phrasing phrasing;
    enum gmr_decoding decoding;
    size_t beam;        /* 1 .. 64 */
    size_t top_k;       /* at least 1 */
    double top_p;       /* (0, 1] */
    double temperature; /* above 0: of all ways by chance */
    const char *split;  /* the items that pairs are drawn from; NULL: all */
    uint64_t seed;
    struct gmr_progress progress; /* of seeing all pictures, where that was not done before */
};

/* The attribute critic, phrasings of training, greedy, beam 3, the 10 likeliest, 0.9, temperature
 * 1, seed 42. */
GMR_API struct gmr_simulator_options gmr_simulator_options_default(void);

/* Opens a critic for a catalogue. What a captioner sees of pictures is made first, and kept in
 * CATALOGUE/regions/; so is what it says, in CATALOGUE/critiques.db, if it does not draw by chance.
 * The caller closes it, before the catalogue, whose handle is in use meanwhile. Errors, then
 * *simulator is NULL: GMR_ERR_NOT_FOUND (a file, the split), GMR_ERR_FORMAT, GMR_ERR_SHAPE,
 * GMR_ERR_UNSUPPORTED, GMR_ERR_STATE (the captioner was trained on features of another network),
 * GMR_ERR_RANGE (a number, or less than two items with pictures), GMR_ERR_CANCELLED (what was made
 * is kept), GMR_ERR_IO, GMR_ERR_NUMERIC, GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_simulator_open(struct gmr_context *context,
                                           struct gmr_catalogue *catalogue,
                                           const struct gmr_simulator_options *options,
                                           struct gmr_simulator **simulator);
GMR_API void gmr_simulator_close(struct gmr_simulator *simulator); /* NULL is fine */

/* "attributes" or "captioner". */
GMR_API const char *gmr_simulator_critic(const struct gmr_simulator *simulator);

/* Positions of two items. */
struct gmr_pair {
    size_t target, candidate;
};

/* Draws pairs number first .. first + count - 1: any item of the split, and of 1, 3, 10, 30 or 100
 * others the one that is nearest to it. Each is a pure function of seed and number. */
GMR_API void gmr_simulator_draw(const struct gmr_simulator *simulator, uint64_t first, size_t count,
                                struct gmr_pair *pairs);

enum { GMR_CRITIQUE_TEXT = 256 /* bytes, NUL included */ };

/* What was said, and what of it the items' attributes confirm. */
struct gmr_critique {
    char text[GMR_CRITIQUE_TEXT]; /* "": there is nothing to say */
    size_t statements;            /* that the grammar understands */
    size_t known;                 /* of those, attributes of the target tell whether it is so */
    size_t true_of_target;        /* it is so */
    size_t known_of_both;         /* attributes of the candidate tell, too */
    size_t distinguishing;        /* true of the target and false of the candidate */
};

/* Critiques of pairs, each the first of a dialogue; dialogues are numbered from `first` on, which
 * decides how things are worded. GMR_ERR_RANGE (no such item), GMR_ERR_NUMERIC (the weights are
 * damaged), GMR_ERR_NOMEM. */
GMR_API enum gmr_status gmr_simulator_critiques(struct gmr_simulator *simulator,
                                                const struct gmr_pair *pairs, uint64_t first,
                                                size_t count, struct gmr_critique *critiques);

#ifdef __cplusplus
}
#endif
#endif
