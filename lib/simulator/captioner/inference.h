/* Captioners that only infer, without a tape: the relative input and its projections are made once
 * for a batch, the transformer keeps keys and values of what was said, and sentences that have
 * ended leave the batch. The same words as the model on the tape gives.
 *
 * Memory grows with `batch`, not with the number of pairs. Threads: one call at a time. */
#ifndef SIMULATOR_CAPTIONER_INFERENCE_H
#define SIMULATOR_CAPTIONER_INFERENCE_H

#include "simulator/captioner/captioner.h"
#include "simulator/captioner/decoding.h"

struct captioner_inference;

/* From the values that the model has now; it must outlive the handle. `batch`: pairs at once;
 * `beam`: the widest beam that will be asked for. The caller destroys it. GMR_ERR_RANGE,
 * GMR_ERR_NOMEM. */
enum gmr_status captioner_inference_create(const struct captioner *model, size_t batch, size_t beam,
                                           struct captioner_inference **inference);
void captioner_inference_destroy(struct captioner_inference *inference); /* NULL is fine */

/* Decodes any number of pairs: ids [count, settings.length], 0 behind the last word. Pictures are
 * the device's memory; what a model does not read (means: the transformer; candidates:
 * CAPTIONER_TARGET) may be NULL. GMR_ERR_RANGE (options), GMR_ERR_NUMERIC (a logit is not finite);
 * after an error ids mean nothing. */
enum gmr_status captioner_decode(struct captioner_inference *inference,
                                 const struct captioner_pictures *pictures,
                                 const struct decoding_options *options, int64_t *ids);

/* Words of one sentence, joined by spaces, into text[size], size at least 1; cut between words
 * where it is too long. */
void captioner_sentence(const struct captioner *model, const int64_t *ids, size_t length,
                        char *text, size_t size);

#endif
