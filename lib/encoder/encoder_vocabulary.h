/* Where an encoder's vocabulary comes from (encoder_open). */
#ifndef ENCODER_ENCODER_VOCABULARY_H
#define ENCODER_ENCODER_VOCABULARY_H

#include "encoder/clip_checkpoint.h"
#include "media/tokeniser.h"

/* Opens the vocabulary at `path`, or where that is NULL the one inside the checkpoint or beside it;
 * *tokeniser is NULL when there is none. The caller destroys it. Errors, then *tokeniser is NULL:
 * those of tokeniser_open, GMR_ERR_SHAPE (not of the model's size). */
enum gmr_status encoder_vocabulary_open(const struct clip_checkpoint *checkpoint, const char *path,
                                        const struct gmr_allocator *allocator,
                                        struct tokeniser **tokeniser);

#endif
