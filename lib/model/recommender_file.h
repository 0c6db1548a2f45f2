/* Files of recommenders: ours, and the published ones, which have the same tensors and say nothing
 * else. */
#ifndef MODEL_RECOMMENDER_FILE_H
#define MODEL_RECOMMENDER_FILE_H

#include "base/digest.h"
#include "model/recommender.h"

/* What a file says beside the model. */
struct recommender_facts {
    size_t shown;             /* K, the length of the lists it learned from; 0: not known */
    char encoder[DIGEST_HEX]; /* of the encoder whose features it takes; "": not known */
};

/* Writes the weights, atomically; `extra` (NULL: none) goes among the metadata. */
enum gmr_status recommender_save(const struct recommender *m, const char *path,
                                 const struct recommender_facts *facts,
                                 const struct safetensors_metadata *extra, size_t extra_count);

/* Opens a file of any kind that tensor/weights.h knows. `name` is the model, NULL: what the file
 * says, else what its tensors tell. Sizes are those of the tensors; heads that are not told have
 * a width of 64. The caller releases the model. Errors, then there is none: GMR_ERR_FORMAT (no
 * recommender, not `name`, a tensor missing or too many), GMR_ERR_UNSUPPORTED (tensors that several
 * models have, and no name), GMR_ERR_NOT_FOUND (no model has that name), those of parameters_read
 * and weights_open. */
enum gmr_status recommender_open(struct recommender *m, struct compute *compute,
                                 const struct gmr_allocator *allocator, const char *path,
                                 const char *name, struct recommender_facts *facts);

/* The same for a file that is open. */
enum gmr_status recommender_read(struct recommender *m, struct compute *compute,
                                 const struct gmr_allocator *allocator,
                                 const struct safetensors *file, const char *name,
                                 struct recommender_facts *facts);

#endif
