/* Declaring parameters and giving them memory and first values. Reading and writing is in
 * parameters_file.c. */
#include "nn/parameters.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "base/status.h"

struct initial initial_constant(double value)
{
    return (struct initial){ .kind = INITIAL_CONSTANT, .scale = value };
}

struct initial initial_uniform(double bound)
{
    return (struct initial){ .kind = INITIAL_UNIFORM, .scale = bound };
}

struct initial initial_normal(double deviation)
{
    return (struct initial){ .kind = INITIAL_NORMAL, .scale = deviation };
}

struct initial initial_linear(size_t in)
{
    return initial_uniform(1 / sqrt((double)in));
}

struct initial initial_xavier(size_t in, size_t out)
{
    return initial_uniform(sqrt(6 / (double)(in + out)));
}

void parameters_init(struct parameters *p, const struct gmr_allocator *allocator)
{
    memset(p, 0, sizeof *p);
    p->allocator = allocator;
    arena_init(&p->arena, allocator, 0);
}

void parameters_release(struct parameters *p)
{
    if (p->compute) {
        const struct device *device = &p->compute->device;

        if (p->values)
            device->release(device, p->values, p->values_bytes);
        if (p->gradients)
            device->release(device, p->gradients, p->gradients_bytes);
    }
    memory_release(p->allocator, p->entry, p->room * sizeof *p->entry);
    memory_release(p->allocator, p->tensor, p->tensor_room * sizeof *p->tensor);
    arena_release(&p->arena);
    parameters_init(p, p->allocator);
}

/* ---- names ---- */

static void fail(struct parameters *p, enum gmr_status status)
{
    if (p->status == GMR_OK)
        p->status = status;
}

static void extend(struct parameters *p, char prefix[PARAMETER_NAME], const char *name)
{
    size_t used = strlen(prefix);
    int wanted = snprintf(prefix + used, PARAMETER_NAME - used, "%s.", name);

    if (wanted < 0 || (size_t)wanted >= PARAMETER_NAME - used) {
        prefix[used] = '\0';
        fail(p, gmr_error(GMR_ERR_RANGE, "the name '%s%s' is too long", prefix, name));
    }
}

void parameters_enter(struct parameters *p, const char *name)
{
    parameters_enter_twin(p, name, name);
}

/* Names may hold dots of their own, so each level is marked by a byte of 1 in front. */
void parameters_enter_twin(struct parameters *p, const char *name, const char *twin)
{
    char marked[PARAMETER_NAME];

    snprintf(marked, sizeof marked, "\1%s", name);
    extend(p, p->prefix, marked);
    snprintf(marked, sizeof marked, "\1%s", twin);
    extend(p, p->twin_prefix, marked);
}

static void cut_last_level(char *prefix)
{
    char *mark = strrchr(prefix, '\1');

    if (mark)
        *mark = '\0';
}

void parameters_leave(struct parameters *p)
{
    cut_last_level(p->prefix);
    cut_last_level(p->twin_prefix);
}

static const char *full_name(struct parameters *p, const char *prefix, const char *name)
{
    char *full = arena_printf(&p->arena, "%s%s", prefix, name), *out = full;

    if (!full)
        return NULL;
    for (const char *in = full; *in; in++)
        if (*in != '\1')
            *out++ = *in;
    *out = '\0';
    return full;
}

/* ---- declaring ---- */

void *parameters_array(struct parameters *p, size_t count, size_t size)
{
    void *array = p->status == GMR_OK ? arena_array(&p->arena, count, size) : NULL;

    if (!array)
        fail(p, GMR_ERR_NOMEM);
    return array;
}

/* Room for one more pointer or struct in a growing array. */
static bool grow(struct parameters *p, void **array, size_t *room, size_t count, size_t size)
{
    size_t wanted = *room ? 2 * *room : 64;
    void *bigger;

    if (count < *room)
        return true;
    bigger = memory_array(p->allocator, wanted, size);
    if (!bigger)
        return false;
    if (count)
        memcpy(bigger, *array, count * size);
    memory_release(p->allocator, *array, *room * size);
    *array = bigger;
    *room = wanted;
    return true;
}

static struct tensor *add_tensor(struct parameters *p, enum dtype dtype, const size_t *dim,
                                 size_t rank)
{
    struct tensor *x = arena_array(&p->arena, 1, sizeof *x);
    void *array = p->tensor;

    if (!x || !grow(p, &array, &p->tensor_room, p->tensor_count, sizeof(struct tensor *)))
        return NULL;
    p->tensor = array;
    x->dtype = dtype;
    x->rank = (uint32_t)rank;
    if (rank)
        memcpy(x->dim, dim, rank * sizeof *dim);
    p->tensor[p->tensor_count++] = x;
    return x;
}

static bool add_entry(struct parameters *p, const struct parameter *like, const char *name)
{
    struct parameter entry = *like;
    void *array = p->entry;

    entry.name = full_name(p, p->prefix, name);
    entry.twin = full_name(p, p->twin_prefix, name);
    if (!entry.name || !entry.twin || !grow(p, &array, &p->room, p->count, sizeof entry))
        return false;
    p->entry = array;
    if (parameters_find(p, entry.name)) {
        fail(p, gmr_error(GMR_ERR_STATE, "parameter '%s' is declared twice", entry.name));
        return true;
    }
    p->entry[p->count++] = entry;
    return true;
}

/* `count` names for one tensor of count * dim[0] rows. */
static struct tensor *declare(struct parameters *p, enum parameter_kind kind,
                              const char *const *name, size_t count, const size_t *dim, size_t rank,
                              struct initial initial)
{
    static struct tensor nothing;
    struct parameter like = { .kind = kind, .initial = initial, .rank = rank };
    size_t whole[TENSOR_MAX_RANK] = { 1 };

    if (p->status != GMR_OK)
        return &nothing;
    if (rank)
        memcpy(whole, dim, rank * sizeof *dim);
    memcpy(like.dim, whole, sizeof whole);
    whole[0] *= count;
    like.tensor = add_tensor(p, kind == PARAMETER_COUNTER ? DTYPE_I64 : DTYPE_REAL, whole, rank);
    for (size_t i = 0; like.tensor && i < count; i++) {
        like.offset = i * (tensor_numel(like.tensor) / count);
        if (!add_entry(p, &like, name[i]))
            like.tensor = NULL;
    }
    if (!like.tensor) {
        fail(p, GMR_ERR_NOMEM);
        return &nothing;
    }
    like.tensor->requires_grad = kind == PARAMETER_TRAINED;
    return like.tensor;
}

struct tensor *parameters_declare(struct parameters *p, const char *name, const size_t *dim,
                                  size_t rank, struct initial initial)
{
    return declare(p, PARAMETER_TRAINED, &name, 1, dim, rank, initial);
}

struct tensor *parameters_declare_parts(struct parameters *p, const char *const *name, size_t count,
                                        const size_t *dim, size_t rank, struct initial initial)
{
    return declare(p, PARAMETER_TRAINED, name, count, dim, rank, initial);
}

struct tensor *parameters_declare_buffer(struct parameters *p, const char *name, const size_t *dim,
                                         size_t rank, double value)
{
    return declare(p, PARAMETER_BUFFER, &name, 1, dim, rank, initial_constant(value));
}

struct tensor *parameters_declare_values(struct parameters *p, const char *name,
                                         const double *value, size_t count)
{
    struct initial initial = { .kind = INITIAL_LIST };

    assert(count <= INITIAL_VALUES);
    memcpy(initial.value, value, count * sizeof *value);
    return declare(p, PARAMETER_TRAINED, &name, 1, &count, 1, initial);
}

struct tensor *parameters_declare_counter(struct parameters *p, const char *name)
{
    return declare(p, PARAMETER_COUNTER, &name, 1, NULL, 0, initial_constant(0));
}

/* ---- memory ---- */

/* Bytes of a tensor in a block, so that the next one is aligned as well. */
static size_t block_bytes(const struct tensor *x)
{
    return (tensor_bytes(x) + MEMORY_ALIGNMENT - 1) / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
}

static void hand_out(struct parameters *p)
{
    char *value = p->values, *gradient = p->gradients;

    for (size_t i = 0; i < p->tensor_count; i++) {
        struct tensor *x = p->tensor[i];

        x->data = value;
        value += block_bytes(x);
        if (x->requires_grad) {
            x->grad = (real *)(void *)gradient;
            gradient += block_bytes(x);
        }
    }
}

enum gmr_status parameters_create(struct parameters *p, struct compute *compute)
{
    const struct device *device = &compute->device;

    if (p->status != GMR_OK)
        return p->status;
    for (size_t i = 0; i < p->tensor_count; i++) {
        p->values_bytes += block_bytes(p->tensor[i]);
        if (p->tensor[i]->requires_grad)
            p->gradients_bytes += block_bytes(p->tensor[i]);
    }
    p->compute = compute;
    p->values = device->allocate(device, p->values_bytes);
    p->gradients = device->allocate(device, p->gradients_bytes);
    if (!p->values || !p->gradients)
        return GMR_ERR_NOMEM;
    /* the gaps between tensors too: same seed, same bytes */
    compute->fill(compute, p->values, 0, p->values_bytes / sizeof(real));
    hand_out(p);
    return GMR_OK;
}

/* ---- first values ---- */

/* FNV-1a: the stream of a name. */
static uint64_t name_hash(const char *name)
{
    uint64_t hash = 14695981039346656037u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash;
}

static void draw(real *value, size_t n, struct initial initial, struct rng_stream *rng)
{
    for (size_t i = 0; i < n; i++)
        switch (initial.kind) {
        case INITIAL_CONSTANT: value[i] = (real)initial.scale; break;
        case INITIAL_UNIFORM: value[i] = (real)((2 * rng_uniform(rng) - 1) * initial.scale); break;
        case INITIAL_NORMAL: value[i] = (real)(rng_normal(rng) * initial.scale); break;
        case INITIAL_LIST: value[i] = (real)initial.value[i]; break;
        }
}

void parameters_initialise(struct parameters *p, uint64_t seed)
{
    for (size_t i = 0; i < p->count; i++) {
        struct parameter *e = &p->entry[i];
        struct rng_stream rng;
        size_t numel;

        if (e->kind == PARAMETER_COUNTER) {
            *tensor_index(e->tensor) = 0;
            continue;
        }
        shape_numel(e->dim, e->rank, &numel);
        rng_stream_init(&rng, seed, name_hash(e->twin) + RNG_WEIGHTS);
        draw(tensor_real(e->tensor) + e->offset, numel, e->initial, &rng);
    }
    parameters_clear_grad(p);
}

/* ---- gradients ---- */

void parameters_clear_grad(struct parameters *p)
{
    for (size_t i = 0; i < p->tensor_count; i++)
        p->tensor[i]->has_grad = false;
}

void parameters_clamp_grad(struct parameters *p, double limit)
{
    for (size_t i = 0; i < p->tensor_count; i++) {
        struct tensor *x = p->tensor[i];

        if (x->has_grad)
            p->compute->clamp(p->compute, x->grad, (real)-limit, (real)limit, tensor_numel(x));
    }
}

double parameters_grad_norm(const struct parameters *p)
{
    double total = 0;

    for (size_t i = 0; i < p->tensor_count; i++) {
        const struct tensor *x = p->tensor[i];
        double sum = 0;

        if (x->has_grad)
            p->compute->sum_squares(p->compute, &sum, x->grad, tensor_numel(x));
        total += sum;
    }
    return sqrt(total);
}

size_t parameters_trained(const struct parameters *p)
{
    size_t total = 0;

    for (size_t i = 0; i < p->tensor_count; i++)
        if (p->tensor[i]->requires_grad)
            total += tensor_numel(p->tensor[i]);
    return total;
}

const struct parameter *parameters_find(const struct parameters *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->entry[i].name, name) == 0)
            return &p->entry[i];
    return NULL;
}
