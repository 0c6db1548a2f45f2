/* Training of an encoder that is small enough for a test, on a drawn catalogue in the test's
 * scratch directory. */
#ifndef SUPPORT_TRAINING_H
#define SUPPORT_TRAINING_H

#include "learning/encoder_training.h"

enum { TRAINING_ITEMS = 48 };

/* Draws SCRATCH/shop. Ends the program when that fails. */
void training_catalogue(void);

/* A tower for pictures of 32 x 32, two epochs. */
struct encoder_training_settings training_settings(void);

/* Trains and validates on split "train" of SCRATCH/shop, in SCRATCH/NAME. */
enum gmr_status training_run(const struct gmr_allocator *allocator,
                             const struct encoder_training_settings *settings, const char *name,
                             const struct gmr_progress *progress,
                             struct encoder_training_result *result);

/* Whether two files in the scratch directory hold the same bytes; both must be there. */
bool training_same_file(const char *a, const char *b);

/* The number `key` of line `line`, counted from 0, of a log in the scratch directory. */
double training_logged(const char *name, size_t line, const char *key);

#endif
