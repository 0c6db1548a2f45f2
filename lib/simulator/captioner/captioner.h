/* Relative captioners (spec section 5): two pictures to the words that tell the wanted one from the
 * other. Two models, Show-Attend-Tell (5.3) and the VL-Transformer (5.4), behind one handle.
 *
 * This is the model on a tape: it trains, and it is the reference for captioner/inference.h, which
 * decodes. Names of parameters are those of the published checkpoints.
 *
 * Token 0 is begin, end and padding; words are 1 .. V. */
#ifndef SIMULATOR_CAPTIONER_CAPTIONER_H
#define SIMULATOR_CAPTIONER_CAPTIONER_H

#include "nn/layers.h"
#include "nn/recurrent.h"
#include "nn/transformer.h"

enum captioner_kind { CAPTIONER_SHOW_ATTEND_TELL, CAPTIONER_TRANSFORMER };

/* How two pictures become one input (5.2): target g, candidate u. */
enum captioner_input {
    CAPTIONER_DIFFERENCE, /* [g ; g - u]: what published Show-Attend-Tell reads */
    CAPTIONER_BOTH,       /* [g ; u]: what published VL-Transformers read */
    CAPTIONER_TARGET      /* [g ; 0]: blind to the candidate, to compare with */
};

enum { CAPTIONER_SIDE = 7, CAPTIONER_REGIONS = 49, CAPTIONER_MAX_WORDS = 64 };

struct captioner_settings {
    enum captioner_kind kind;
    enum captioner_input input;
    size_t channels; /* C of one picture's features; the model reads 2 C */
    size_t words;    /* V */
    size_t length;   /* words of the longest sentence; published: 16 and 8 */
    size_t width;    /* Show-Attend-Tell: of the LSTM; transformer: d_model */
    double dropout;  /* Show-Attend-Tell: of the LSTM's output; transformer: inside `model.` */

    size_t embed, attention; /* Show-Attend-Tell: of a word, and of the attention's hidden layer */

    size_t hidden; /* the rest is the transformer's: d_ff */
    size_t encoder_layers, decoder_layers, heads;
    double input_dropout; /* after att_embed: drop_prob_lm */
    int batch_norm;       /* use_bn: 0 none, 1 before att_embed's linear, 2 also at its end */
};

/* Published sizes: 512 everywhere; 6 + 6 layers, 8 heads, hidden 2048. */
struct captioner_settings captioner_settings_published(enum captioner_kind kind, size_t channels,
                                                       size_t words);

/* Sizes that two cores train within minutes: width 256; 2 + 2 layers, 4 heads, hidden 1024. */
struct captioner_settings captioner_settings_small(enum captioner_kind kind, size_t channels,
                                                   size_t words);

/* GMR_ERR_RANGE, and the message says what does not fit. */
enum gmr_status captioner_settings_check(const struct captioner_settings *settings);

struct captioner_attend {
    struct nn_linear start; /* `linear`: [width, 2 C] */
    struct tensor *embed;   /* [V + 1, embed] */
    struct nn_linear context_attention, hidden_attention,
        alpha;              /* core.ctx2att, h2att, alpha_net */
    struct nn_lstm lstm;    /* core.rnn.*_l0, no bias */
    struct nn_linear logit; /* [V + 1, width] */
};

struct captioner_transformer {
    struct nn_batch_norm before, after; /* where settings.batch_norm wants them */
    struct nn_linear att_embed;         /* [width, 2 C] */
    struct nn_caption_encoder_layer *encoder;
    struct nn_caption_decoder_layer *decoder;
    struct nn_norm encoder_norm, decoder_norm;
    struct tensor *embed;     /* model.tgt_embed.0.lut [V + 1, width] */
    struct tensor *positions; /* model.tgt_embed.1.pe [1, 5000, width], a buffer */
    struct nn_linear generator;
};

struct captioner {
    struct captioner_settings settings;
    struct parameters parameters;
    struct captioner_attend attend; /* one of the two */
    struct captioner_transformer transformer;
    const char **word; /* [V + 1], in the parameters' arena; word[0] is "" */
};

/* Declares and creates; values are undefined until captioner_initialise or a checkpoint is read.
 * `words` [V + 1] are copied; words[0] is not looked at. The caller releases it. Errors, then
 * nothing is held: GMR_ERR_RANGE, GMR_ERR_NOMEM. */
enum gmr_status captioner_init(struct captioner *model, struct compute *compute,
                               const struct gmr_allocator *allocator,
                               struct captioner_settings settings, const char *const *words);
void captioner_release(struct captioner *model);

/* Its first half: names and shapes, without values and words. GMR_ERR_RANGE; what else fails shows
 * in model->parameters.status. */
enum gmr_status captioner_declare(struct captioner *model, const struct gmr_allocator *allocator,
                                  struct captioner_settings settings);

/* First values (5.3, 5.4), a pure function of the seed. */
void captioner_initialise(struct captioner *model, uint64_t seed);

/* Features of a batch of pairs, on the host. With CAPTIONER_TARGET the candidate's may be NULL. */
struct captioner_pictures {
    size_t count;                                   /* B */
    const real *target_mean, *candidate_mean;       /* [B, C]: the mean of the whole feature map */
    const real *target_regions, *candidate_regions; /* [B, 49, C], rows of the 7 x 7 grid */
};

/* Sentences as tokens: [B, length], 0 behind the last word. */
struct captioner_sentences {
    size_t count, length;
    const int64_t *ids;
};

/* Teacher forcing: the logits of all next tokens, [B, length + 1, V + 1]: row 0 after the begin
 * token, row i after word i. The transformer does not look at padding. Here and below failures of
 * the tape are GMR_ERR_SHAPE (other numbers of sentences than of pairs), GMR_ERR_RANGE (a longer
 * sentence than settings.length, a token that is none). */
struct tensor *captioner_logits(struct tape *t, const struct captioner *model,
                                const struct captioner_pictures *pictures,
                                const struct captioner_sentences *sentences);

/* Mean over all words and ends of -log p -> one number. `smoothing` is the share of a token's
 * weight that the V others get, evenly (5.4). Rows behind the end of a sentence are not computed.
 */
struct tensor *captioner_loss(struct tape *t, const struct captioner *model,
                              const struct captioner_pictures *pictures,
                              const struct captioner_sentences *sentences, double smoothing);

#endif
