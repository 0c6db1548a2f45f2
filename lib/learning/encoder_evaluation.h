/* How good an encoder is on the items of a split: pictures and words find each other
 * (learning/retrieval.h), and words alone classify pictures (learning/zero_shot.h). The inside of
 * <gommir/evaluation.h>. */
#ifndef LEARNING_ENCODER_EVALUATION_H
#define LEARNING_ENCODER_EVALUATION_H

#include <gommir/evaluation.h>

#include "catalogue/catalogue.h"
#include "encoder/encoder.h"

/* As gmr_encoder_evaluate with an encoder and a catalogue that are open, which are borrowed; paths
 * in the options and result->seconds are not used. `threads`: decoders of pictures, 0: all cores.
 */
enum gmr_status encoder_evaluation_run(struct encoder *encoder, struct catalogue *catalogue,
                                       const struct gmr_encoder_evaluation_options *options,
                                       unsigned threads, struct gmr_encoder_evaluation *result);

#endif
