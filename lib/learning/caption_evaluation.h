/* Critiques of pairs against references and attributes, whoever made them. */
#ifndef LEARNING_CAPTION_EVALUATION_H
#define LEARNING_CAPTION_EVALUATION_H

#include <gommir/evaluation.h>

#include "learning/caption_measures.h"
#include "simulator/attribute_critic.h"

struct caption_evaluation {
    const struct gmr_allocator *allocator;
    const struct attribute_critic *judge; /* NULL: truth is not known */
    const struct critic_pair *pairs;      /* [count] */
    struct caption_case *cases;           /* [count], with the references of each pair */
    size_t count;
    uint64_t seed; /* of the bootstrap */
};

/* What texts[count], one of each pair, are worth. Sets the candidates of all cases. GMR_ERR_NOMEM.
 */
enum gmr_status caption_evaluate(const struct caption_evaluation *evaluation,
                                 const char *const *texts, struct gmr_caption_measures *measures);

/* The place in texts[count] of the one that is most like the others, by ROUGE-L; count at least 1.
 * GMR_ERR_NOMEM. */
enum gmr_status caption_consensus(const struct gmr_allocator *allocator, const char *const *texts,
                                  size_t count, size_t *place);

#endif
