#include "nn/adam.h"

#include <math.h>
#include <string.h>

#include "base/status.h"
#include "nn/checkpoint.h"

struct adam_settings adam_settings_default(void)
{
    return (struct adam_settings){ .rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8 };
}

double noam_rate(double factor, size_t width, uint64_t warm_up, uint64_t step)
{
    double s = (double)step, rising = s * pow((double)warm_up, -1.5), falling = pow(s, -0.5);

    return factor * pow((double)width, -0.5) * (rising < falling ? rising : falling);
}

enum gmr_status optimiser_init(struct optimiser *o, struct parameters *parameters,
                               struct adam_settings settings)
{
    const struct device *device = &parameters->compute->device;

    memset(o, 0, sizeof *o);
    o->parameters = parameters;
    o->settings = settings;
    o->bytes = parameters->gradients_bytes;
    o->first = device->allocate(device, o->bytes);
    o->second = device->allocate(device, o->bytes);
    o->step = memory_array(parameters->allocator, parameters->tensor_count, sizeof *o->step);
    if (!o->first || !o->second || !o->step) {
        optimiser_release(o);
        return GMR_ERR_NOMEM;
    }
    parameters->compute->fill(parameters->compute, o->first, 0, o->bytes / sizeof(real));
    parameters->compute->fill(parameters->compute, o->second, 0, o->bytes / sizeof(real));
    return GMR_OK;
}

void optimiser_release(struct optimiser *o)
{
    struct parameters *p = o->parameters;
    const struct device *device = &p->compute->device;

    if (o->first)
        device->release(device, o->first, o->bytes);
    if (o->second)
        device->release(device, o->second, o->bytes);
    memory_release(p->allocator, o->step, p->tensor_count * sizeof *o->step);
    o->first = o->second = NULL;
    o->step = NULL;
}

/* A moment of a tensor stands where its gradient stands in the block of gradients. */
static real *moment(const struct optimiser *o, void *block, const struct tensor *x)
{
    size_t offset = (size_t)((char *)x->grad - (char *)o->parameters->gradients);

    return (real *)(void *)((char *)block + offset);
}

void optimiser_step(struct optimiser *o)
{
    struct parameters *p = o->parameters;
    const struct adam_settings *s = &o->settings;

    for (size_t i = 0; i < p->tensor_count; i++) {
        struct tensor *x = p->tensor[i];
        struct adam step = { s->rate, s->beta1, s->beta2, s->epsilon, s->weight_decay, 0 };

        if (!x->requires_grad || !x->has_grad)
            continue;
        step.step = (uint64_t)++o->step[i];
        p->compute->adam_step(p->compute, &step, tensor_real(x), moment(o, o->first, x),
                              moment(o, o->second, x), x->grad, tensor_numel(x));
    }
}

/* ---- files ---- */

enum { ENTRIES = 3 }; /* first, second, step */

static size_t tensor_place(const struct parameters *p, const struct tensor *x)
{
    for (size_t i = 0; i < p->tensor_count; i++)
        if (p->tensor[i] == x)
            return i;
    return p->tensor_count;
}

/* What is stored for one trained name: views into the blocks. False without memory. */
static bool describe(const struct optimiser *o, const struct parameter *e, struct arena *arena,
                     struct safetensors_entry out[ENTRIES])
{
    static const char *const word[ENTRIES] = { "first", "second", "step" };
    struct safetensors_entry like = { .dtype = DTYPE_REAL, .rank = e->rank };
    size_t numel;

    shape_numel(e->dim, e->rank, &numel);
    memcpy(like.dim, e->dim, sizeof like.dim);
    like.size = numel * sizeof(real);
    out[0] = out[1] = like;
    out[0].data = moment(o, o->first, e->tensor) + e->offset;
    out[1].data = moment(o, o->second, e->tensor) + e->offset;
    out[2] = (struct safetensors_entry){ .dtype = DTYPE_I64, .size = sizeof(int64_t) };
    out[2].data = &o->step[tensor_place(o->parameters, e->tensor)];
    for (size_t i = 0; i < ENTRIES; i++)
        out[i].name = arena_printf(arena, "%s.%s", word[i], e->name);
    return out[0].name && out[1].name && out[2].name;
}

/* All entries of the file, in the arena; NULL without memory. */
static struct safetensors_entry *describe_all(const struct optimiser *o, struct arena *arena,
                                              size_t *count)
{
    const struct parameters *p = o->parameters;
    struct safetensors_entry *entry = arena_array(arena, ENTRIES * p->count, sizeof *entry);

    *count = 0;
    for (size_t i = 0; entry && i < p->count; i++) {
        if (p->entry[i].kind != PARAMETER_TRAINED)
            continue;
        if (!describe(o, &p->entry[i], arena, entry + *count))
            return NULL;
        *count += ENTRIES;
    }
    return entry;
}

enum gmr_status optimiser_save(const struct optimiser *o, const char *path,
                               const struct safetensors_metadata *metadata, size_t metadata_count)
{
    const struct gmr_allocator *allocator = o->parameters->allocator;
    enum gmr_status status = GMR_ERR_NOMEM;
    struct safetensors_entry *entry;
    struct arena arena;
    size_t count;

    arena_init(&arena, allocator, 0);
    entry = describe_all(o, &arena, &count);
    if (entry)
        status = safetensors_write(allocator, path, entry, count, metadata, metadata_count);
    arena_release(&arena);
    return status;
}

static enum gmr_status check_entry(const struct safetensors *file,
                                   const struct safetensors_entry *entry)
{
    if (entry->dtype == DTYPE_REAL)
        return checkpoint_check(file, entry->name, entry->dim, entry->rank);
    return checkpoint_check_counter(file, entry->name);
}

/* All names are there, so as many entries mean that there are no others. */
static enum gmr_status check_all(const struct safetensors *file,
                                 const struct safetensors_entry *entry, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(check_entry(file, &entry[i]));
    if (safetensors_count(file) != count)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': %zu tensors instead of %zu",
                         safetensors_name(file), safetensors_count(file), count);
    return GMR_OK;
}

/* Copies one stored entry to where it belongs. */
static enum gmr_status restore(const struct safetensors *file,
                               const struct safetensors_entry *entry)
{
    if (entry->dtype == DTYPE_REAL)
        return safetensors_read(file, entry->name, entry->dim, entry->rank, (real *)entry->data);
    *(int64_t *)entry->data = checkpoint_counter(file, entry->name);
    return GMR_OK;
}

static enum gmr_status restore_all(struct optimiser *o, const struct safetensors *file)
{
    enum gmr_status status = GMR_ERR_NOMEM;
    struct safetensors_entry *entry;
    struct arena arena;
    size_t count;

    arena_init(&arena, o->parameters->allocator, 0);
    entry = describe_all(o, &arena, &count);
    if (entry)
        status = check_all(file, entry, count);
    for (size_t i = 0; status == GMR_OK && i < count; i++)
        status = restore(file, &entry[i]);
    arena_release(&arena);
    return status;
}

enum gmr_status optimiser_load(struct optimiser *o, const char *path)
{
    struct safetensors *file;
    enum gmr_status status;

    TRY(safetensors_open(o->parameters->allocator, path, &file));
    status = restore_all(o, file);
    safetensors_close(file);
    return status;
}
