/* Parameters from files of weights and to safetensors files, under their own names. */
#include <string.h>

#include "base/status.h"
#include "nn/checkpoint.h"
#include "nn/parameters.h"
#include "tensor/weights.h"

/* Older files have no counters. */
static bool is_absent_counter(const struct parameter *e, const struct safetensors *file)
{
    return e->kind == PARAMETER_COUNTER && !safetensors_find(file, e->name);
}

static enum gmr_status check_one(const struct parameter *e, const struct safetensors *file)
{
    if (is_absent_counter(e, file))
        return GMR_OK;
    if (e->kind == PARAMETER_COUNTER)
        return checkpoint_check_counter(file, e->name);
    return checkpoint_check(file, e->name, e->dim, e->rank);
}

/* A name in the file that the model does not have is a sign of the wrong model. */
static enum gmr_status check_names(const struct parameters *p, const struct safetensors *file)
{
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const char *name = safetensors_at(file, i)->name;

        if (!parameters_find(p, name))
            return gmr_error(GMR_ERR_FORMAT,
                             "cannot read '%s': the model does not have its tensor '%s'",
                             safetensors_name(file), name);
    }
    return GMR_OK;
}

static enum gmr_status read_one(const struct parameter *e, const struct safetensors *file)
{
    if (e->kind != PARAMETER_COUNTER)
        return safetensors_read(file, e->name, e->dim, e->rank, tensor_real(e->tensor) + e->offset);
    *tensor_index(e->tensor) = is_absent_counter(e, file) ? 0 : checkpoint_counter(file, e->name);
    return GMR_OK;
}

enum gmr_status parameters_check(const struct parameters *p, const struct safetensors *file)
{
    TRY(check_names(p, file));
    for (size_t i = 0; i < p->count; i++)
        TRY(check_one(&p->entry[i], file));
    return GMR_OK;
}

enum gmr_status parameters_read(struct parameters *p, const struct safetensors *file)
{
    TRY(parameters_check(p, file));
    for (size_t i = 0; i < p->count; i++)
        TRY(read_one(&p->entry[i], file));
    return GMR_OK;
}

enum gmr_status parameters_load(struct parameters *p, const char *path)
{
    struct safetensors *file;
    enum gmr_status status;

    TRY(weights_open(p->allocator, path, &file));
    status = parameters_read(p, file);
    safetensors_close(file);
    return status;
}

static struct safetensors_entry as_entry(const struct parameter *e)
{
    struct safetensors_entry out = { .name = e->name, .dtype = e->tensor->dtype, .rank = e->rank };
    size_t numel;

    shape_numel(e->dim, e->rank, &numel);
    memcpy(out.dim, e->dim, sizeof out.dim);
    out.size = numel * dtype_size(out.dtype);
    out.data = (const char *)e->tensor->data + e->offset * dtype_size(out.dtype);
    return out;
}

enum gmr_status parameters_save(const struct parameters *p, const char *path,
                                const struct safetensors_metadata *metadata, size_t metadata_count)
{
    struct safetensors_entry *entry = memory_array(p->allocator, p->count, sizeof *entry);
    enum gmr_status status;

    if (!entry)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < p->count; i++)
        entry[i] = as_entry(&p->entry[i]);
    status = safetensors_write(p->allocator, path, entry, p->count, metadata, metadata_count);
    memory_release(p->allocator, entry, p->count * sizeof *entry);
    return status;
}
