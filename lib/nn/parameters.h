/* Named parameters of a model: declared one by one, then held in one block of values and one of
 * gradients.
 *
 *     struct parameters p;
 *     parameters_init(&p, allocator);
 *     parameters_enter(&p, "ff");
 *     w = parameters_declare(&p, "weight", (size_t[]){ out, in }, 2, initial_linear(in));
 *     parameters_leave(&p);                       the name is "ff.weight"
 *     TRY(parameters_create(&p, compute));        now w->data and w->grad exist
 *     parameters_initialise(&p, seed);
 *
 * Names are the keys of checkpoint files (spec sections 1-5). Initial values of a parameter depend
 * on the seed and its name only, so adding one does not change the others. A failure while
 * declaring sticks and is returned by parameters_create.
 *
 * Owner: the struct owns names, tensors and blocks. Threads: training from one thread; after that
 * read-only use may be shared. */
#ifndef NN_PARAMETERS_H
#define NN_PARAMETERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "compute/compute.h"
#include "tensor/safetensors.h"
#include "tensor/tensor.h"

enum initial_kind { INITIAL_CONSTANT, INITIAL_UNIFORM, INITIAL_NORMAL, INITIAL_LIST };

enum { INITIAL_VALUES = 4 };

/* First values: constant `scale`; uniform in [-scale, scale); normal with standard deviation
 * `scale`. */
struct initial {
    enum initial_kind kind;
    double scale;
    double value[INITIAL_VALUES]; /* INITIAL_LIST */
};

struct initial initial_constant(double value);
struct initial initial_uniform(double bound);
struct initial initial_normal(double deviation);
struct initial initial_linear(size_t in); /* PyTorch's Linear: U(+-1/sqrt(in)), weight and bias */
struct initial initial_xavier(size_t in, size_t out); /* U(+-sqrt(6 / (in + out))) */

enum parameter_kind {
    PARAMETER_TRAINED,
    PARAMETER_BUFFER, /* saved, never trained: running statistics, tables, frozen tokens */
    PARAMETER_COUNTER /* one I64: saved, never trained */
};

/* One name. Several names may be parts of one tensor: rows first .. first + dim[0] - 1. */
struct parameter {
    const char *name;
    const char *twin; /* the name from which initial values are drawn; normally its own */
    enum parameter_kind kind;
    struct initial initial;
    struct tensor *tensor;
    size_t offset; /* elements from the start of the tensor */
    size_t rank, dim[TENSOR_MAX_RANK];
};

enum { PARAMETER_NAME = 256 };

struct parameters {
    const struct gmr_allocator *allocator;
    struct arena arena;
    struct parameter *entry; /* in order of declaration */
    size_t count, room;
    struct tensor **tensor; /* each once */
    size_t tensor_count, tensor_room;

    struct compute *compute; /* set by parameters_create */
    void *values, *gradients;
    size_t values_bytes, gradients_bytes;

    char prefix[PARAMETER_NAME], twin_prefix[PARAMETER_NAME];
    enum gmr_status status;
};

void parameters_init(struct parameters *p, const struct gmr_allocator *allocator);
/* Leaves it as after parameters_init, so that releasing it again does nothing. */
void parameters_release(struct parameters *p);

/* ---- declaring ---- */

/* Names declared until the matching leave begin with `name` and a dot. With `twin`, initial values
 * are those that the same parameters under `twin` get: `enter_twin(p, "layers.1", "layers.0")`
 * makes a second layer that starts equal to the first. */
void parameters_enter(struct parameters *p, const char *name);
void parameters_enter_twin(struct parameters *p, const char *name, const char *twin);
void parameters_leave(struct parameters *p);

/* Room for the structs of layers, set to zero, which lives as long as p; NULL after a failure. */
void *parameters_array(struct parameters *p, size_t count, size_t size);

/* Each returns a tensor that is never NULL (after a failure, one that must not be used). */
struct tensor *parameters_declare(struct parameters *p, const char *name, const size_t *dim,
                                  size_t rank, struct initial initial);

/* `count` parameters of one shape, stored behind each other: the tensor has count * dim[0] rows. */
struct tensor *parameters_declare_parts(struct parameters *p, const char *const *name, size_t count,
                                        const size_t *dim, size_t rank, struct initial initial);
struct tensor *parameters_declare_buffer(struct parameters *p, const char *name, const size_t *dim,
                                         size_t rank, double value);

/* A trained vector of `count` given first values, at most INITIAL_VALUES. */
struct tensor *parameters_declare_values(struct parameters *p, const char *name,
                                         const double *value, size_t count);
struct tensor *parameters_declare_counter(struct parameters *p, const char *name);

/* ---- using ---- */

/* Allocates the blocks; values are undefined until initialised or loaded. Returns the first failure
 * of the declarations, among them GMR_ERR_STATE for a name declared twice. */
enum gmr_status parameters_create(struct parameters *p, struct compute *compute);

/* First values of all parameters, buffers and counters. */
void parameters_initialise(struct parameters *p, uint64_t seed);

/* Forgets all gradients. */
void parameters_clear_grad(struct parameters *p);

/* Clamps every gradient to [-limit, limit]. */
void parameters_clamp_grad(struct parameters *p, double limit);

/* Euclidean length of all gradients together. */
double parameters_grad_norm(const struct parameters *p);

/* Number of trained values. */
size_t parameters_trained(const struct parameters *p);

/* NULL when there is none of that name. */
const struct parameter *parameters_find(const struct parameters *p, const char *name);

/* ---- files ---- */

/* Reads all values from an open file. All or nothing: the file is checked first, after an error the
 * values are as they were. A missing or unknown name is GMR_ERR_FORMAT, another shape
 * GMR_ERR_SHAPE, integers where there should be real numbers GMR_ERR_TYPE, with file and tensor in
 * the message. Counters may be missing (0). parameters_load opens a file of any kind that
 * tensor/weights.h knows. */
enum gmr_status parameters_read(struct parameters *p, const struct safetensors *file);

/* What parameters_read would return and say, without reading: declaring is enough. */
enum gmr_status parameters_check(const struct parameters *p, const struct safetensors *file);
enum gmr_status parameters_load(struct parameters *p, const char *path);

/* Writes all values (F32; F64 in the double build), atomically. */
enum gmr_status parameters_save(const struct parameters *p, const char *path,
                                const struct safetensors_metadata *metadata, size_t metadata_count);

#endif
