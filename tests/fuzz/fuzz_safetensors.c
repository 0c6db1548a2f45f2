/* Fuzz entry of the safetensors reader. Whatever the bytes: no fault, every byte that is promised
 * can be read, and the tensors cover the data. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tensor/safetensors.h"

static void check_message(void)
{
    const char *text = gmr_error_message();
    assert(strncmp(text, "cannot read 'input': ", 21) == 0);
    for (size_t left = strlen(text), n; left > 0; text += n, left -= n)
        assert((n = text_utf8_length(text, left)) > 0 && (unsigned char)*text >= 0x20);
}

/* Converts the values, or is told that they are integers. */
static void check_values(const struct safetensors *file, const struct safetensors_entry *entry,
                         size_t numel)
{
    real *values = malloc(numel > 0 ? numel * sizeof *values : 1);
    assert(values);
    enum gmr_status status = safetensors_read(file, entry->name, entry->dim, entry->rank, values);
    bool floating = entry->dtype == DTYPE_F32 || entry->dtype == DTYPE_F64 ||
                    entry->dtype == DTYPE_F16 || entry->dtype == DTYPE_BF16;
    assert(status == (floating ? GMR_OK : GMR_ERR_TYPE));
    free(values);
    const size_t other[] = { SIZE_MAX };
    assert(safetensors_read(file, entry->name, other, 1, NULL) == GMR_ERR_SHAPE);
}

static void check_entry(const struct safetensors *file, const struct safetensors_entry *entry)
{
    size_t numel, size, sum = 0;
    assert(entry->rank <= TENSOR_MAX_RANK);
    assert(shape_numel(entry->dim, entry->rank, &numel));
    assert(memory_product(numel, dtype_size(entry->dtype), &size) && size == entry->size);
    for (size_t left = strlen(entry->name), at = 0, n; left > 0; at += n, left -= n)
        assert((n = text_utf8_length(entry->name + at, left)) > 0);
    for (size_t i = 0; i < size; i++)
        sum += ((const volatile uint8_t *)entry->data)[i];
    assert(sum <= 255 * size);
    assert(safetensors_find(file, entry->name) == entry);
    check_values(file, entry, numel);
}

static void check_metadata(const struct safetensors *file)
{
    for (size_t i = 0; i < safetensors_metadata_count(file); i++) {
        struct safetensors_metadata pair = safetensors_metadata_at(file, i);
        assert(safetensors_metadata_find(file, pair.key) == pair.value);
        assert(strlen(pair.value) < SAFETENSORS_HEADER_MAX);
    }
}

static void check_file(const struct safetensors *file, const uint8_t *data, size_t size)
{
    uint64_t header;
    assert(size >= 10);
    memcpy(&header, data, sizeof header);
    const uint8_t *next = data + 8 + header;
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_entry *entry = safetensors_at(file, i);
        assert(entry->data == next);
        next += entry->size;
        check_entry(file, entry);
    }
    assert(next == data + size);
    check_metadata(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors *file;
    enum gmr_status status = safetensors_open_memory(NULL, data, size, "input", &file);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT || status == GMR_ERR_TYPE ||
           status == GMR_ERR_NOMEM);
    assert((status == GMR_OK) == (file != NULL));
    if (status == GMR_OK)
        check_file(file, data, size);
    else
        check_message();
    safetensors_close(file);
    return 0;
}
