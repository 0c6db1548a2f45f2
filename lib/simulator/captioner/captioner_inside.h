/* What the parts of the model on a tape share: captioner.c is both, show_attend_tell.c and
 * transformer.c are one each. */
#ifndef SIMULATOR_CAPTIONER_CAPTIONER_INSIDE_H
#define SIMULATOR_CAPTIONER_CAPTIONER_INSIDE_H

#include "simulator/captioner/captioner.h"

/* What a model has heard before it says a word: the begin token, then words, then padding. */
struct captioner_heard {
    size_t batch, steps;
    const int64_t *token; /* [B, steps] */
};

/* Words are text without line feeds, which separate them in files. */
bool captioner_is_word(const char *word);

/* The relative input (spec section 5.2), of what both pictures have in common: [..., C] each ->
 * [..., 2 C]. */
struct tensor *captioner_relative(struct tape *t, enum captioner_input input, const size_t *dim,
                                  size_t rank, const real *target, const real *candidate);

void captioner_attend_declare(struct captioner_attend *l, struct parameters *p,
                              const struct captioner_settings *s);
void captioner_transformer_declare(struct captioner_transformer *l, struct parameters *p,
                                   const struct captioner_settings *s);

/* What the words after each step are told from: [B, steps, width]. */
struct tensor *captioner_attend_states(struct tape *t, const struct captioner *model,
                                       const struct captioner_pictures *pictures,
                                       const struct captioner_heard *heard);
struct tensor *captioner_transformer_states(struct tape *t, const struct captioner *model,
                                            const struct captioner_pictures *pictures,
                                            const struct captioner_heard *heard);

#endif
