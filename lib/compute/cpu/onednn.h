/* oneDNN primitives on arrays of ours.
 *
 * oneDNN computes fastest in memory formats of its own choice, and it writes results, while our
 * backward kernels add. So a `plan` holds a primitive together with buffers in its formats and the
 * reorders that bring arrays in and results out, adding where wanted. Plans are made at the first
 * use of a shape and kept, the oldest making room for the newest.
 *
 * Buffers and primitives are oneDNN's, from its own heap. One plan runs at a time. Where oneDNN
 * refuses anything, the caller uses a reference kernel. */
#ifndef COMPUTE_CPU_ONEDNN_H
#define COMPUTE_CPU_ONEDNN_H

#include <dnnl.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"

enum {
    PLAN_ARRAYS = 4,
    PLAN_KEY = 128 /* bytes that tell plans apart: kind and shape */
};

enum plan_use { PLAN_READ, PLAN_WRITE, PLAN_ADD };

struct onednn_plan {
    dnnl_primitive_t primitive;
    size_t count;
    struct onednn_array {
        int argument; /* DNNL_ARG_... */
        enum plan_use use;
        dnnl_memory_t user;       /* the caller's array */
        dnnl_memory_t inner;      /* in the primitive's format; NULL: the array itself serves */
        dnnl_primitive_t reorder; /* between the two; NULL with inner */
    } array[PLAN_ARRAYS];
};

struct onednn;

/* NULL (and a message) when there is no memory for it. `threads` is what each run uses. */
struct onednn *onednn_create(const struct gmr_allocator *allocator, int threads);
void onednn_destroy(struct onednn *o); /* NULL is fine */

/* For primitives that are no plans. */
dnnl_engine_t onednn_engine(const struct onednn *o);

/* Fills in a plan for the shape that `key` begins with; false when oneDNN refuses. */
typedef bool plan_maker(struct onednn_plan *plan, dnnl_engine_t engine, const void *key);

/* Runs the plan for `key` (size bytes, at most PLAN_KEY, no padding) on arrays in the order in
 * which the plan has them, making it first if need be. False when that failed: then nothing was
 * written. o may be NULL. */
bool onednn_run(struct onednn *o, const void *key, size_t size, plan_maker *make,
                void *const *array);

/* For makers: the primitive of a description (it is used up), and its next array in the format
 * `user` on our side. */
bool plan_set_primitive(struct onednn_plan *plan, dnnl_primitive_desc_t description);
bool plan_add_array(struct onednn_plan *plan, dnnl_engine_t engine, int argument, enum plan_use use,
                    const dnnl_memory_desc_t *user, const dnnl_memory_desc_t *inner);

/* A dense row-major f32 array, or one whose format oneDNN may choose. */
bool onednn_plain(dnnl_memory_desc_t *md, size_t rank, const size_t *dim);
bool onednn_any(dnnl_memory_desc_t *md, size_t rank, const size_t *dim);

#endif
