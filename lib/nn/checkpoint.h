/* What the files of parameters and of optimisers share: checks of single entries before anything is
 * read, so that a file is loaded whole or not at all. Messages name file and tensor. */
#ifndef NN_CHECKPOINT_H
#define NN_CHECKPOINT_H

#include "tensor/safetensors.h"

/* Whether safetensors_read would succeed. A tensor that is missing is GMR_ERR_FORMAT here: the file
 * was found, it is not one of this model. Else GMR_ERR_SHAPE, GMR_ERR_TYPE. */
enum gmr_status checkpoint_check(const struct safetensors *file, const char *name,
                                 const size_t *dim, size_t rank);

/* The same for a counter: one I64 that is not negative, or GMR_ERR_FORMAT. */
enum gmr_status checkpoint_check_counter(const struct safetensors *file, const char *name);

/* A counter that was checked. */
int64_t checkpoint_counter(const struct safetensors *file, const char *name);

#endif
