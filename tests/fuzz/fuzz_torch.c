/* Fuzz entry of files of weights in PyTorch's containers. Whatever the bytes: no fault, every byte
 * that is promised can be read, names differ. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "tensor/weights.h"

static void check_entry(const struct safetensors *file, const struct safetensors_entry *entry)
{
    size_t numel, size, sum = 0;
    assert(entry->name[0] != '\0' && text_is_utf8(entry->name, strlen(entry->name)));
    assert(entry->rank <= TENSOR_MAX_RANK);
    assert(shape_numel(entry->dim, entry->rank, &numel));
    assert(memory_product(numel, dtype_size(entry->dtype), &size) && size == entry->size);
    for (size_t i = 0; i < size; i++)
        sum += ((const volatile uint8_t *)entry->data)[i];
    assert(sum <= 255 * size);
    assert(safetensors_find(file, entry->name) == entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct safetensors *file;
    const enum gmr_status status = weights_open_memory(NULL, data, size, "input", &file);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT || status == GMR_ERR_TYPE ||
           status == GMR_ERR_UNSUPPORTED || status == GMR_ERR_NOMEM);
    assert((status == GMR_OK) == (file != NULL));
    if (status == GMR_OK) {
        for (size_t i = 0; i < safetensors_count(file); i++)
            check_entry(file, safetensors_at(file, i));
    } else {
        const char *message = gmr_error_message();
        assert(status == GMR_ERR_NOMEM || strncmp(message, "cannot read 'input': ", 21) == 0);
        assert(text_is_utf8(message, strlen(message)));
    }
    safetensors_close(file);
    return 0;
}
