/* Adam exactly as PyTorch does it (spec section 0): coupled weight decay; a parameter that received
 * no gradient in a step is skipped entirely, its moments and step count stay. */
#ifndef NN_ADAM_H
#define NN_ADAM_H

#include "nn/parameters.h"

struct adam_settings {
    double rate, beta1, beta2, epsilon, weight_decay;
};

struct adam_settings adam_settings_default(void); /* 1e-3, .9, .999, 1e-8, 0 */

/* Both moments of every trained tensor, each in one block, and how many steps it has made. */
struct optimiser {
    struct parameters *parameters;
    struct adam_settings settings;
    void *first, *second;
    size_t bytes;
    int64_t *step; /* by tensor */
};

/* Over created parameters, which it borrows. Moments are zero. */
enum gmr_status optimiser_init(struct optimiser *o, struct parameters *parameters,
                               struct adam_settings settings);
void optimiser_release(struct optimiser *o);

/* One step from the gradients that are there. */
void optimiser_step(struct optimiser *o);

/* Moments under first.KEY, second.KEY and steps under step.KEY, written atomically. A loaded
 * optimiser goes on to the same bytes as one that was never saved. Loading is all or nothing, with
 * the errors of parameters_read; after one the optimiser is as it was. */
enum gmr_status optimiser_save(const struct optimiser *o, const char *path,
                               const struct safetensors_metadata *metadata, size_t metadata_count);
enum gmr_status optimiser_load(struct optimiser *o, const char *path);

/* Learning rate of "Attention is all you need": factor * width^-0.5 * min(step^-0.5, step *
 * warm_up^-1.5), step 1, 2, ... */
double noam_rate(double factor, size_t width, uint64_t warm_up, uint64_t step);

#endif
