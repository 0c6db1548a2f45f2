/* CLIP that only infers: the same model as clip.h without a tape, several times as fast.
 *
 *     struct clip_inference *fast;
 *     TRY(clip_inference_create(&model, &fast));
 *     TRY(clip_inference_images(fast, y, pictures, count));
 *     clip_inference_destroy(fast);
 *
 * What it saves, all of it exactly (but for rounding):
 *  - batch norm is part of the convolutions, ReLU and residual sums are part of what makes them
 *    (compute/convnet.h);
 *  - the attention pool asks one query, so keys are never made: q^T (Wk x) = (Wk^T q)^T x, and the
 *    values' matrix comes after the weighted sum;
 *  - of the last block of a transformer only the one row that is read is made;
 *  - a text is computed up to its end token: attention is causal. Texts of one length go together,
 *    so that there is no padding either.
 *
 * Memory: convolutions hold a copy of their weights; all else is taken once, in create, and does
 * not grow with the number of pictures or texts. Arrays are the device's (compute/compute.h).
 * Threads: one call at a time. */
#ifndef ENCODER_CLIP_INFERENCE_H
#define ENCODER_CLIP_INFERENCE_H

#include "encoder/clip.h"

struct clip_inference;

/* From the values that the model has now; it must outlive the handle, and changing it later gives
 * results of no meaning. The caller destroys it. Errors: GMR_ERR_NOMEM. */
enum gmr_status clip_inference_create(const struct clip *model, struct clip_inference **inference);

/* NULL is fine. */
void clip_inference_destroy(struct clip_inference *inference);

/* pictures [count, 3, resolution, resolution], normalised -> y [count, embed], not normalised.
 * GMR_ERR_NOMEM. */
enum gmr_status clip_inference_images(struct clip_inference *inference, real *y,
                                      const real *pictures, size_t count);

/* The last feature map, before pooling: pictures as above -> y [count, grid^2, channels], what
 * clip_image_tokens gives (the sizes: clip_image_grid, clip_image_channels). GMR_ERR_NOMEM. */
enum gmr_status clip_inference_regions(struct clip_inference *inference, real *y,
                                       const real *pictures, size_t count);

/* Texts as in clip_text, of any lengths -> y [count, embed], not normalised. GMR_ERR_RANGE: an id
 * outside the vocabulary, an end outside its text, more than `context` tokens. */
enum gmr_status clip_inference_texts(struct clip_inference *inference, real *y,
                                     const struct clip_words *words);

#endif
