/* Dialogues of one model, for those who evaluate several. */
#ifndef API_DIALOGUE_EVALUATION_H
#define API_DIALOGUE_EVALUATION_H

#include <gommir/evaluation.h>

#include "learning/catalogue_source.h"
#include "learning/dialogue_record.h"
#include "learning/policy.h"

/* gmr_dialogue_evaluate, whose dialogues are kept in a record in `folder`, which is there, under a
 * name that all they depend on decides: what is there already is not played again. NULL: nothing
 * is kept. Further errors: those of run_directory_open. */
enum gmr_status dialogue_evaluate(struct gmr_context *context,
                                  const struct gmr_dialogue_evaluation_options *options,
                                  const char *folder, struct gmr_dialogue_evaluation *result);

/* Opens the record of these dialogues in `folder`. */
enum gmr_status dialogue_keep(struct dialogue_record *record, const struct gmr_allocator *allocator,
                              const char *folder,
                              const struct gmr_dialogue_evaluation_options *options,
                              const struct policy *policy, const struct catalogue_source *source);

#endif
