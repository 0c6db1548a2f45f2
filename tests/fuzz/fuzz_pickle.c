/* Fuzz entry of the pickle machine, strict and with opaque objects. Whatever the bytes: no fault,
 * values that can be read, tensors that lie inside their storages. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "tensor/pickle.h"

enum { MAX_DEPTH = 20, MAX_STEPS = 10000 };

static void check_tensor(const struct pickle_tensor *t)
{
    size_t last = t->offset, numel;
    const struct pickle_storage *storage = t->storage;
    assert(t->rank <= TENSOR_MAX_RANK && storage->dtype < DTYPE_COUNT && !storage->data);
    assert(storage->first <= storage->whole && storage->numel <= storage->whole - storage->first);
    assert(shape_numel(t->dim, t->rank, &numel));
    for (size_t i = 0; i < t->rank && numel > 0; i++)
        for (size_t n = t->dim[i] - 1; n > 0 && t->stride[i] > 0; n--) {
            last += t->stride[i]; /* one by one, as a reader would go */
            assert(last < storage->numel);
        }
    assert(numel == 0 || last < storage->numel);
}

static void check_bytes(struct pickle_bytes bytes)
{
    size_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++)
        sum += ((const volatile uint8_t *)bytes.data)[i];
    assert(sum <= 255 * bytes.size);
}

static void check_value(const struct pickle_value *value, size_t depth, size_t *steps);

static void check_items(const struct pickle_value *value, size_t depth, size_t *steps)
{
    size_t count = 0;
    for (const struct pickle_item *item = value->items.first; item; item = item->next, count++) {
        assert((item->key != NULL) == (value->kind == PICKLE_DICT));
        if (item->key)
            check_value(item->key, depth + 1, steps);
        check_value(item->value, depth + 1, steps);
    }
    assert(count == value->items.count);
}

static void check_value(const struct pickle_value *value, size_t depth, size_t *steps)
{
    if (depth > MAX_DEPTH || ++*steps > MAX_STEPS)
        return;
    switch (value->kind) {
    case PICKLE_BOOL: assert(value->integer == 0 || value->integer == 1); break;
    case PICKLE_TEXT:
        assert(text_is_utf8((const char *)value->bytes.data, value->bytes.size));
        break;
    case PICKLE_BYTES:
    case PICKLE_LONG: check_bytes(value->bytes); break;
    case PICKLE_LIST:
    case PICKLE_TUPLE:
    case PICKLE_DICT: check_items(value, depth, steps); break;
    case PICKLE_OBJECT:
        if (value->state)
            check_value(value->state, depth + 1, steps);
        break;
    case PICKLE_TENSOR: check_tensor(value->tensor); break;
    case PICKLE_STORAGE: assert(value->storage->dtype < DTYPE_COUNT); break;
    default: assert(value->kind < PICKLE_MARK);
    }
}

static void run(const uint8_t *data, size_t size, bool opaque)
{
    struct arena arena;
    arena_init(&arena, NULL, 0);
    struct pickle pickle = { .arena = &arena, .opaque = opaque };
    const struct pickle_value *value;
    size_t used, steps = 0;
    const enum gmr_status status = pickle_run(&pickle, data, size, &used, &value);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT || status == GMR_ERR_UNSUPPORTED ||
           status == GMR_ERR_NOMEM);
    assert(arena.used <= PICKLE_MAX_MEMORY + 16);
    if (status == GMR_OK) {
        assert(used <= size && data[used - 1] == '.');
        check_value(value, 0, &steps);
    } else {
        const char *message = gmr_error_message();
        assert(text_is_utf8(message, strlen(message)));
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(data, size, false);
    run(data, size, true);
    return 0;
}
