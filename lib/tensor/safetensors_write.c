/* Writes safetensors files. The header is built as JSON, then padded with spaces so that the data
 * begins on a cache line; what is inside one tensor after another follows from their sizes. */
#include <assert.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text.h"
#include "tensor/safetensors.h"
#include "tensor/safetensors_header.h"

enum { DATA_ALIGNMENT = 64, CHUNK = 4 << 20 /* bytes between two looks at the user */ };

/* Jansson's functions report lack of memory as NULL or -1. */
static enum gmr_status json_status(int result)
{
    return result == 0 ? GMR_OK : gmr_error(GMR_ERR_NOMEM, "out of memory");
}

/* `what` names the text in messages. */
static enum gmr_status check_text(const char *text, const char *what)
{
    size_t left = strlen(text);
    while (left > 0) {
        size_t length = text_utf8_length(text, left);
        if (length == 0)
            return gmr_error(GMR_ERR_FORMAT, "%s is not UTF-8", what);
        text += length;
        left -= length;
    }
    return GMR_OK;
}

/* ---- the header ---- */

static enum gmr_status add_metadata(json_t *header, const struct safetensors_metadata *metadata,
                                    size_t count)
{
    if (count == 0)
        return GMR_OK;
    json_t *object = json_object(); /* json_object_set_new releases it also when it fails */
    TRY(json_status(json_object_set_new(header, SAFETENSORS_METADATA, object)));
    for (size_t i = 0; i < count; i++) {
        TRY(check_text(metadata[i].key, "a metadata key"));
        TRY(check_text(metadata[i].value, "a metadata value"));
        if (json_object_get(object, metadata[i].key))
            return gmr_error(GMR_ERR_FORMAT, "metadata '%.100s' is given twice", metadata[i].key);
        TRY(json_status(
            json_object_set_new(object, metadata[i].key, json_string(metadata[i].value))));
    }
    return GMR_OK;
}

static enum gmr_status check_entry(const json_t *header, const struct safetensors_entry *entry)
{
    char text[SHAPE_TEXT];
    size_t numel, size;
    TRY(check_text(entry->name, "its name"));
    if (entry->name[0] == '\0' || strcmp(entry->name, SAFETENSORS_METADATA) == 0)
        return gmr_error(GMR_ERR_FORMAT, "not a name for a tensor");
    if (json_object_get(header, entry->name))
        return gmr_error(GMR_ERR_FORMAT, "given twice");
    if (entry->rank > TENSOR_MAX_RANK)
        return gmr_error(GMR_ERR_SHAPE, "%zu axes, at most %d are supported", entry->rank,
                         TENSOR_MAX_RANK);
    if (!shape_numel(entry->dim, entry->rank, &numel) ||
        !memory_product(numel, dtype_size(entry->dtype), &size) || size != entry->size)
        return gmr_error(GMR_ERR_SHAPE, "%zu bytes do not match shape %s of %s", entry->size,
                         shape_text(entry->dim, entry->rank, text), dtype_name(entry->dtype));
    return GMR_OK;
}

/* A JSON array; NULL when there is no memory. */
static json_t *size_array(const size_t *value, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(array, json_integer((json_int_t)value[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static enum gmr_status add_entry(json_t *header, const struct safetensors_entry *entry,
                                 size_t begin)
{
    const size_t offsets[] = { begin, begin + entry->size };
    TRY(check_entry(header, entry));
    json_t *tensor = json_object();
    TRY(json_status(json_object_set_new(header, entry->name, tensor)));
    TRY(json_status(json_object_set_new(tensor, "dtype", json_string(dtype_name(entry->dtype)))));
    TRY(json_status(json_object_set_new(tensor, "shape", size_array(entry->dim, entry->rank))));
    return json_status(json_object_set_new(tensor, "data_offsets", size_array(offsets, 2)));
}

static enum gmr_status add_entries(json_t *header, const struct safetensors_entry *entry,
                                   size_t count)
{
    size_t begin = 0;
    for (size_t i = 0; i < count; i++) {
        enum gmr_status status = add_entry(header, &entry[i], begin);
        if (status != GMR_OK)
            return gmr_error(status, "tensor '%.100s': %s", entry[i].name, gmr_error_message());
        begin += entry[i].size;
    }
    return GMR_OK;
}

/* ---- the file ---- */

/* The bytes before the data: length, JSON, spaces. The caller releases *size bytes. */
static enum gmr_status format_header(const struct gmr_allocator *allocator, const json_t *header,
                                     unsigned char **bytes, size_t *size)
{
    const size_t flags = JSON_COMPACT;
    size_t length = json_dumpb(header, NULL, 0, flags);
    if (length == 0)
        return json_status(-1);
    *size =
        (SAFETENSORS_LENGTH_SIZE + length + DATA_ALIGNMENT - 1) / DATA_ALIGNMENT * DATA_ALIGNMENT;
    uint64_t padded = *size - SAFETENSORS_LENGTH_SIZE;
    if (padded > SAFETENSORS_HEADER_MAX)
        return gmr_error(GMR_ERR_RANGE, "a header of %zu bytes is longer than %d", length,
                         SAFETENSORS_HEADER_MAX);
    *bytes = memory_allocate(allocator, *size);
    if (!*bytes)
        return GMR_ERR_NOMEM;
    memset(*bytes, ' ', *size);
    memcpy(*bytes, &padded, SAFETENSORS_LENGTH_SIZE);
    if (json_dumpb(header, (char *)*bytes + SAFETENSORS_LENGTH_SIZE, length, flags) == length)
        return GMR_OK;
    memory_release(allocator, *bytes, *size);
    return json_status(-1);
}

static enum gmr_status make_header(const struct gmr_allocator *allocator,
                                   const struct safetensors_entry *entry, size_t count,
                                   const struct safetensors_metadata *metadata,
                                   size_t metadata_count, unsigned char **bytes, size_t *size)
{
    json_t *header = json_object();
    enum gmr_status status = json_status(header ? 0 : -1);
    if (status == GMR_OK)
        status = add_metadata(header, metadata, metadata_count);
    if (status == GMR_OK)
        status = add_entries(header, entry, count);
    if (status == GMR_OK)
        status = format_header(allocator, header, bytes, size);
    json_decref(header);
    return status;
}

struct safetensors_writer {
    const struct gmr_allocator *allocator;
    struct file_writer *file;
    size_t left; /* bytes of tensors that are still to come */
};

static enum gmr_status start_file(struct safetensors_writer *writer, const char *path,
                                  const unsigned char *header, size_t size)
{
    TRY(file_writer_create(writer->allocator, path, &writer->file));
    file_writer_write(writer->file, header, size);
    return GMR_OK;
}

enum gmr_status safetensors_writer_create(const struct gmr_allocator *allocator, const char *path,
                                          const struct safetensors_entry *entry, size_t count,
                                          const struct safetensors_metadata *metadata,
                                          size_t metadata_count, struct safetensors_writer **writer)
{
    unsigned char *header = NULL;
    size_t header_size = 0;
    *writer = NULL;
    enum gmr_status status =
        make_header(allocator, entry, count, metadata, metadata_count, &header, &header_size);
    if (status != GMR_OK)
        return gmr_error(status, "cannot write '%s': %s", path, gmr_error_message());
    struct safetensors_writer *made = memory_array(allocator, 1, sizeof *made);
    status = made ? GMR_OK : GMR_ERR_NOMEM;
    if (made) {
        made->allocator = allocator;
        for (size_t i = 0; i < count; i++)
            made->left += entry[i].size;
        status = start_file(made, path, header, header_size);
    }
    memory_release(allocator, header, header_size);
    if (status == GMR_OK)
        *writer = made;
    else
        memory_release(allocator, made, sizeof *made);
    return status;
}

void safetensors_writer_write(struct safetensors_writer *writer, const void *data, size_t size)
{
    assert(size <= writer->left);
    writer->left -= size;
    file_writer_write(writer->file, data, size);
}

enum gmr_status safetensors_writer_commit(struct safetensors_writer *writer)
{
    assert(writer->left == 0);
    const enum gmr_status status = file_writer_commit(writer->file);
    memory_release(writer->allocator, writer, sizeof *writer);
    return status;
}

void safetensors_writer_abort(struct safetensors_writer *writer)
{
    if (!writer)
        return;
    file_writer_abort(writer->file);
    memory_release(writer->allocator, writer, sizeof *writer);
}

/* Bytes written so far, of all. */
struct written {
    struct safetensors_writer *writer;
    const struct gmr_progress *progress;
    uint64_t done, total;
};

static enum gmr_status write_entry(struct written *w, const struct safetensors_entry *entry)
{
    for (size_t at = 0; at < entry->size;) {
        const size_t left = entry->size - at, part = left < CHUNK ? left : CHUNK;
        TRY(progress_check(w->progress, "writing"));
        safetensors_writer_write(w->writer, (const char *)entry->data + at, part);
        at += part;
        w->done += part;
        progress_report(w->progress, "writing", "MiB", w->done >> 20, w->total >> 20, NULL);
    }
    return GMR_OK;
}

static enum gmr_status write_entries(struct written *w, const struct safetensors_entry *entry,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++)
        w->total += entry[i].size;
    for (size_t i = 0; i < count; i++)
        TRY(write_entry(w, &entry[i]));
    return progress_check(w->progress, "writing");
}

enum gmr_status safetensors_write_job(const struct gmr_allocator *allocator, const char *path,
                                      const struct safetensors_entry *entry, size_t count,
                                      const struct safetensors_metadata *metadata,
                                      size_t metadata_count, const struct gmr_progress *progress)
{
    struct written written = { .progress = progress };
    TRY(safetensors_writer_create(allocator, path, entry, count, metadata, metadata_count,
                                  &written.writer));
    const enum gmr_status status = write_entries(&written, entry, count);
    if (status == GMR_OK)
        return safetensors_writer_commit(written.writer);
    safetensors_writer_abort(written.writer);
    return status;
}

enum gmr_status safetensors_write(const struct gmr_allocator *allocator, const char *path,
                                  const struct safetensors_entry *entry, size_t count,
                                  const struct safetensors_metadata *metadata,
                                  size_t metadata_count)
{
    return safetensors_write_job(allocator, path, entry, count, metadata, metadata_count, NULL);
}
