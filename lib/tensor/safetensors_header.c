/* Checks a safetensors header as if an enemy had written it. The rules are those of the reference
 * implementation, and stricter where a sound file loses nothing: no unknown members, a limit on the
 * number of axes, no empty names.
 *
 * Each function reports what is wrong with its part; callers put in front where that part is. */
#include "tensor/safetensors_header.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers in files are read in place");

enum { HEADER_DEPTH = 3 }; /* header, tensor, shape */

/* A name in a message: enough to find it, and room left for the reason. */
#define SHOWN_NAME "'%.100s'"

struct bytes {
    const uint8_t *data;
    size_t size;
};

/* Splits a file into header text and tensor data. */
static enum gmr_status split_file(const uint8_t *bytes, size_t size, struct bytes *text,
                                  struct bytes *data)
{
    uint64_t length;
    if (size < sizeof length)
        return gmr_error(GMR_ERR_FORMAT, "a file of %zu bytes has no header", size);
    memcpy(&length, bytes, sizeof length);
    bytes += sizeof length;
    size -= sizeof length;
    if (length < 2)
        return gmr_error(GMR_ERR_FORMAT, "a header of %" PRIu64 " bytes is no JSON object", length);
    if (length > size)
        return gmr_error(GMR_ERR_FORMAT,
                         "header of %" PRIu64 " bytes does not fit the %zu bytes left", length,
                         size);
    if (length > SAFETENSORS_HEADER_MAX)
        return gmr_error(GMR_ERR_FORMAT, "header of %" PRIu64 " bytes is longer than %d", length,
                         SAFETENSORS_HEADER_MAX);
    if (bytes[0] != '{')
        return gmr_error(GMR_ERR_FORMAT, "header does not begin with '{'");
    *text = (struct bytes){ bytes, (size_t)length };
    *data = (struct bytes){ bytes + length, size - (size_t)length };
    return GMR_OK;
}

/* ---- one tensor ---- */

static enum gmr_status check_members(json_t *tensor)
{
    const char *key;
    json_t *value;
    if (!json_is_object(tensor))
        return gmr_error(GMR_ERR_FORMAT, "not an object");
    json_object_foreach(tensor, key, value)
    {
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 &&
            strcmp(key, "data_offsets") != 0)
            return gmr_error(GMR_ERR_FORMAT, "unknown member " SHOWN_NAME, key);
    }
    return GMR_OK;
}

static enum gmr_status read_dtype(const json_t *tensor, struct safetensors_entry *entry)
{
    const char *name = json_string_value(json_object_get(tensor, "dtype"));
    if (!name)
        return gmr_error(GMR_ERR_FORMAT, "dtype is not a string");
    return dtype_parse(name, &entry->dtype);
}

static enum gmr_status read_number(const json_t *array, const char *what, size_t index, size_t *n)
{
    enum gmr_status status = json_get_size(json_array_get(array, index), n);
    if (status != GMR_OK)
        return gmr_error(status, "%s[%zu]: %s", what, index, gmr_error_message());
    return GMR_OK;
}

static enum gmr_status read_shape(const json_t *tensor, struct safetensors_entry *entry)
{
    const json_t *shape = json_object_get(tensor, "shape");
    if (!json_is_array(shape))
        return gmr_error(GMR_ERR_FORMAT, "shape is not an array");
    entry->rank = json_array_size(shape);
    if (entry->rank > TENSOR_MAX_RANK)
        return gmr_error(GMR_ERR_FORMAT, "%zu axes, at most %d are supported", entry->rank,
                         TENSOR_MAX_RANK);
    for (size_t i = 0; i < entry->rank; i++)
        TRY(read_number(shape, "shape", i, &entry->dim[i]));

    char text[SHAPE_TEXT];
    size_t numel;
    if (!shape_numel(entry->dim, entry->rank, &numel) ||
        !memory_product(numel, dtype_size(entry->dtype), &entry->size))
        return gmr_error(GMR_ERR_FORMAT, "shape %s is too large",
                         shape_text(entry->dim, entry->rank, text));
    return GMR_OK;
}

static enum gmr_status read_offsets(const json_t *tensor, struct bytes data,
                                    struct safetensors_entry *entry)
{
    char text[SHAPE_TEXT];
    size_t begin, end;
    const json_t *offsets = json_object_get(tensor, "data_offsets");
    if (!json_is_array(offsets) || json_array_size(offsets) != 2)
        return gmr_error(GMR_ERR_FORMAT, "data_offsets is not an array of two numbers");
    TRY(read_number(offsets, "data_offsets", 0, &begin));
    TRY(read_number(offsets, "data_offsets", 1, &end));
    if (begin > end)
        return gmr_error(GMR_ERR_FORMAT, "offsets %zu..%zu run backwards", begin, end);
    if (end > data.size)
        return gmr_error(GMR_ERR_FORMAT, "offsets %zu..%zu are outside the %zu bytes of data",
                         begin, end, data.size);
    if (end - begin != entry->size)
        return gmr_error(GMR_ERR_FORMAT, "offsets %zu..%zu do not match shape %s of %s", begin, end,
                         shape_text(entry->dim, entry->rank, text), dtype_name(entry->dtype));
    entry->data = data.data + begin;
    return GMR_OK;
}

static enum gmr_status read_members(json_t *tensor, struct bytes data,
                                    struct safetensors_entry *entry)
{
    TRY(check_members(tensor));
    TRY(read_dtype(tensor, entry));
    TRY(read_shape(tensor, entry));
    return read_offsets(tensor, data, entry);
}

static enum gmr_status read_entry(const char *name, json_t *tensor, struct bytes data,
                                  struct safetensors_entry *entry)
{
    if (name[0] == '\0')
        return gmr_error(GMR_ERR_FORMAT, "a tensor has an empty name");
    entry->name = name;
    enum gmr_status status = read_members(tensor, data, entry);
    if (status != GMR_OK)
        return gmr_error(status, "tensor " SHOWN_NAME ": %s", name, gmr_error_message());
    return GMR_OK;
}

/* ---- all tensors ---- */

/* By where the data is; of tensors in one place, empty ones first; then by name, so that the order
 * is always the same. */
static int compare_entries(const void *left, const void *right)
{
    const struct safetensors_entry *a = left, *b = right;
    uintptr_t at_a = (uintptr_t)a->data, at_b = (uintptr_t)b->data;
    if (at_a != at_b)
        return at_a < at_b ? -1 : 1;
    if (a->size != b->size)
        return a->size < b->size ? -1 : 1;
    return strcmp(a->name, b->name);
}

static enum gmr_status check_coverage(const struct safetensors_header *header, struct bytes data)
{
    size_t covered = 0;
    for (size_t i = 0; i < header->count; i++) {
        const struct safetensors_entry *entry = &header->entry[i];
        size_t begin = (size_t)((const uint8_t *)entry->data - data.data);
        if (begin < covered)
            return gmr_error(GMR_ERR_FORMAT, "tensors " SHOWN_NAME " and " SHOWN_NAME " overlap",
                             entry[-1].name, entry->name);
        if (begin > covered)
            return gmr_error(GMR_ERR_FORMAT, "bytes %zu..%zu of the data belong to no tensor",
                             covered, begin);
        covered += entry->size;
    }
    if (covered != data.size)
        return gmr_error(GMR_ERR_FORMAT, "bytes %zu..%zu of the data belong to no tensor", covered,
                         data.size);
    return GMR_OK;
}

static enum gmr_status read_entries(struct safetensors_header *header, struct bytes data)
{
    bool has_metadata = json_object_get(header->json, SAFETENSORS_METADATA) != NULL;
    size_t count = json_object_size(header->json) - has_metadata;
    header->entry = memory_array(header->allocator, count, sizeof *header->entry);
    if (!header->entry)
        return GMR_ERR_NOMEM;
    header->count = count;

    struct safetensors_entry *entry = header->entry;
    const char *name;
    json_t *tensor;
    json_object_foreach(header->json, name, tensor)
    {
        if (strcmp(name, SAFETENSORS_METADATA) != 0)
            TRY(read_entry(name, tensor, data, entry++));
    }
    qsort(header->entry, count, sizeof *header->entry, compare_entries);
    return check_coverage(header, data);
}

/* ---- metadata ---- */

static enum gmr_status read_metadata(struct safetensors_header *header)
{
    json_t *metadata = json_object_get(header->json, SAFETENSORS_METADATA), *value;
    if (metadata && !json_is_object(metadata))
        return gmr_error(GMR_ERR_FORMAT, "metadata is not an object");
    size_t count = json_object_size(metadata);
    header->metadata = memory_array(header->allocator, count, sizeof *header->metadata);
    if (!header->metadata)
        return GMR_ERR_NOMEM;
    header->metadata_count = count;

    struct safetensors_metadata *next = header->metadata;
    const char *key;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return gmr_error(GMR_ERR_FORMAT, "metadata " SHOWN_NAME " is not a string", key);
        *next++ = (struct safetensors_metadata){ key, json_string_value(value) };
    }
    return GMR_OK;
}

enum gmr_status safetensors_header_parse(struct safetensors_header *header,
                                         const struct gmr_allocator *allocator,
                                         const uint8_t *bytes, size_t size)
{
    struct bytes text = { NULL, 0 }, data = { NULL, 0 };
    *header = (struct safetensors_header){ .allocator = allocator };
    TRY(split_file(bytes, size, &text, &data));
    TRY(json_parse(text.data, text.size, HEADER_DEPTH, "header", &header->json));
    assert(json_is_object(header->json)); /* it begins with '{' */
    TRY(read_metadata(header));
    return read_entries(header, data);
}

void safetensors_header_release(struct safetensors_header *header)
{
    memory_release(header->allocator, header->entry, header->count * sizeof *header->entry);
    memory_release(header->allocator, header->metadata,
                   header->metadata_count * sizeof *header->metadata);
    json_decref(header->json);
    *header = (struct safetensors_header){ .allocator = header->allocator };
}
