/* The globals that PyTorch's files of weights need, and what each makes of its arguments. Nothing
 * else exists for the machine, so a file cannot have anything called. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "tensor/pickle_inside.h"

/* ---- arguments ---- */

/* Fills value[] with the first `count` items of a tuple, NULL where it has fewer. */
static void unpack(const struct pickle_value *tuple, const struct pickle_value **value,
                   size_t count)
{
    const struct pickle_item *item = tuple->items.first;
    for (size_t i = 0; i < count; i++, item = item ? item->next : NULL)
        value[i] = item ? item->value : NULL;
}

static bool is_kind(const struct pickle_value *value, enum pickle_kind kind)
{
    return value && value->kind == kind;
}

static enum gmr_status read_size(const struct pickle_value *value, const char *what, size_t *size)
{
    if (!is_kind(value, PICKLE_INT) || value->integer < 0)
        return gmr_error(GMR_ERR_FORMAT, "%s is no size", what);
    *size = (size_t)value->integer;
    return GMR_OK;
}

static enum gmr_status read_sizes(const struct pickle_value *value, const char *what,
                                  size_t size[TENSOR_MAX_RANK], size_t *count)
{
    if (!is_kind(value, PICKLE_TUPLE) && !is_kind(value, PICKLE_LIST))
        return gmr_error(GMR_ERR_FORMAT, "%s of a tensor is no tuple", what);
    if (value->items.count > TENSOR_MAX_RANK)
        return gmr_error(GMR_ERR_FORMAT, "a tensor with %zu axes, at most %d are supported",
                         value->items.count, TENSOR_MAX_RANK);
    *count = 0;
    for (const struct pickle_item *item = value->items.first; item; item = item->next)
        TRY(read_size(item->value, what, &size[(*count)++]));
    return GMR_OK;
}

/* ---- plain values ---- */

static enum gmr_status wrong_arguments(const char *what)
{
    return gmr_error(GMR_ERR_FORMAT, "wrong arguments for %s", what);
}

/* Where a call only marks a value: Parameters, sizes, lists of one type. */
static enum gmr_status make_first_argument(struct pickle *pickle,
                                           const struct pickle_value *arguments,
                                           const struct pickle_value **value)
{
    (void)pickle;
    unpack(arguments, value, 1);
    return *value ? GMR_OK : wrong_arguments("a value");
}

/* From nothing, or from a list of pairs, as Python 2 writes it. */
static enum gmr_status make_ordered_dict(struct pickle *pickle,
                                         const struct pickle_value *arguments,
                                         const struct pickle_value **value)
{
    const struct pickle_value *pairs, *pair[2];
    struct pickle_value *dict;
    unpack(arguments, &pairs, 1);
    TRY(pickle_make(pickle, PICKLE_DICT, &dict));
    *value = dict;
    if (!pairs)
        return GMR_OK;
    if (pairs->kind != PICKLE_LIST)
        return wrong_arguments("an OrderedDict");
    for (const struct pickle_item *item = pairs->items.first; item; item = item->next) {
        if ((item->value->kind != PICKLE_LIST && item->value->kind != PICKLE_TUPLE) ||
            item->value->items.count != 2)
            return wrong_arguments("an OrderedDict");
        unpack(item->value, pair, 2);
        TRY(pickle_append(pickle, dict, pair[0], pair[1]));
    }
    return GMR_OK;
}

/* Bytes of Python 3 in protocol 2: a text whose characters are the bytes. */
static enum gmr_status make_encoded(struct pickle *pickle, const struct pickle_value *arguments,
                                    const struct pickle_value **value)
{
    const struct pickle_value *argument[2];
    struct pickle_value *made;
    void *memory;
    unpack(arguments, argument, 2);
    if (!is_kind(argument[0], PICKLE_TEXT) || !argument[1] ||
        !pickle_is_text(argument[1], "latin1"))
        return wrong_arguments("_codecs.encode");
    const struct pickle_bytes text = argument[0]->bytes;
    TRY(pickle_allocate(pickle, text.size, &memory));
    TRY(pickle_make(pickle, PICKLE_BYTES, &made));
    uint8_t *out = memory;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] > 0xC3) /* the first of two bytes for U+00C0 .. U+00FF */
            return wrong_arguments("_codecs.encode");
        if (text.data[i] < 0x80)
            *out++ = text.data[i];
        else {
            *out++ = (uint8_t)(text.data[i] << 6 | (text.data[i + 1] & 0x3F));
            i++;
        }
    }
    made->bytes = (struct pickle_bytes){ memory, (size_t)(out - (uint8_t *)memory) };
    *value = made;
    return GMR_OK;
}

/* An object of TorchScript, or of any class: attributes come with BUILD. */
static enum gmr_status make_object(struct pickle *pickle, const struct pickle_value *arguments,
                                   const struct pickle_value **value)
{
    struct pickle_value *object;
    (void)arguments;
    TRY(pickle_make(pickle, PICKLE_OBJECT, &object));
    *value = object;
    return GMR_OK;
}

/* ---- tensors ---- */

/* Whether all elements of the view lie in its storage. */
static bool lies_inside(const struct pickle_tensor *t)
{
    size_t last = t->offset, numel, way;
    if (!shape_numel(t->dim, t->rank, &numel))
        return false;
    if (numel == 0)
        return true;
    for (size_t i = 0; i < t->rank; i++)
        if (!memory_product(t->dim[i] - 1, t->stride[i], &way) ||
            __builtin_add_overflow(last, way, &last))
            return false;
    return last < t->storage->numel;
}

/* (storage, offset, size, stride, ...): gradients and hooks do not matter here. */
static enum gmr_status make_tensor(struct pickle *pickle, const struct pickle_value *arguments,
                                   const struct pickle_value **value)
{
    const struct pickle_value *argument[4];
    struct pickle_value *made;
    char text[SHAPE_TEXT];
    size_t strides;
    void *memory;
    unpack(arguments, argument, 4);
    if (!is_kind(argument[0], PICKLE_STORAGE))
        return gmr_error(GMR_ERR_FORMAT, "a tensor without storage");
    TRY(pickle_allocate(pickle, sizeof(struct pickle_tensor), &memory));
    struct pickle_tensor *t = memory;
    t->storage = argument[0]->storage;
    TRY(read_size(argument[1], "offset of a tensor", &t->offset));
    TRY(read_sizes(argument[2], "size", t->dim, &t->rank));
    TRY(read_sizes(argument[3], "stride", t->stride, &strides));
    if (strides != t->rank)
        return gmr_error(GMR_ERR_FORMAT, "a tensor with %zu axes and %zu strides", t->rank,
                         strides);
    if (!lies_inside(t))
        return gmr_error(GMR_ERR_FORMAT,
                         "a tensor of shape %s lies outside its storage of %zu elements",
                         shape_text(t->dim, t->rank, text), t->storage->numel);
    TRY(pickle_make(pickle, PICKLE_TENSOR, &made));
    made->tensor = t;
    *value = made;
    return GMR_OK;
}

static enum gmr_status make_parameter(struct pickle *pickle, const struct pickle_value *arguments,
                                      const struct pickle_value **value)
{
    (void)pickle;
    unpack(arguments, value, 1);
    return is_kind(*value, PICKLE_TENSOR) ? GMR_OK : wrong_arguments("a Parameter");
}

/* ---- the table ---- */

#define CUDA_AND(name, dtype)           \
    { "torch", name, NULL, dtype },     \
    {                                   \
        "torch.cuda", name, NULL, dtype \
    }

static const struct pickle_global plain_globals[] = {
    { "collections", "OrderedDict", make_ordered_dict, DTYPE_COUNT },
    { "_codecs", "encode", make_encoded, DTYPE_COUNT },
};

static const struct pickle_global tensor_globals[] = {
    { "torch._utils", "_rebuild_tensor_v2", make_tensor, DTYPE_COUNT },
    { "torch._utils", "_rebuild_tensor", make_tensor, DTYPE_COUNT },
    { "torch._utils", "_rebuild_parameter", make_parameter, DTYPE_COUNT },
    { "torch", "Size", make_first_argument, DTYPE_COUNT },
    /* TorchScript writes the type of a list or dict around it */
    { "torch.jit._pickle", "restore_type_tag", make_first_argument, DTYPE_COUNT },
    { "torch.jit._pickle", "build_intlist", make_first_argument, DTYPE_COUNT },
    { "torch.jit._pickle", "build_doublelist", make_first_argument, DTYPE_COUNT },
    { "torch.jit._pickle", "build_boollist", make_first_argument, DTYPE_COUNT },
    { "torch.jit._pickle", "build_tensorlist", make_first_argument, DTYPE_COUNT },
    CUDA_AND("FloatStorage", DTYPE_F32),
    CUDA_AND("DoubleStorage", DTYPE_F64),
    CUDA_AND("HalfStorage", DTYPE_F16),
    CUDA_AND("BFloat16Storage", DTYPE_BF16),
    CUDA_AND("LongStorage", DTYPE_I64),
    CUDA_AND("IntStorage", DTYPE_I32),
    CUDA_AND("ShortStorage", DTYPE_I16),
    CUDA_AND("CharStorage", DTYPE_I8),
    CUDA_AND("ByteStorage", DTYPE_U8),
    CUDA_AND("BoolStorage", DTYPE_BOOL),
    { "torch.storage", "UntypedStorage", NULL, DTYPE_U8 },
};

static const struct pickle_global script_object = { "__torch__", "", make_object, DTYPE_COUNT };
static const struct pickle_global opaque_object = { "", "", make_object, DTYPE_COUNT };

static bool equals(struct pickle_bytes bytes, const char *text)
{
    return bytes.size == strlen(text) && memcmp(bytes.data, text, bytes.size) == 0;
}

/* "__torch__" and whatever is below it. */
static bool is_script_module(struct pickle_bytes module)
{
    static const char top[] = "__torch__";
    const size_t length = sizeof top - 1;
    return module.size >= length && memcmp(module.data, top, length) == 0 &&
           (module.size == length || module.data[length] == '.');
}

static int shown(struct pickle_bytes bytes)
{
    return (int)(bytes.size < 100 ? bytes.size : 100);
}

static const struct pickle_global *find(const struct pickle_global *table, size_t count,
                                        struct pickle_bytes module, struct pickle_bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (equals(module, table[i].module) && equals(name, table[i].name))
            return &table[i];
    return NULL;
}

enum gmr_status pickle_find_global(const struct pickle *pickle, struct pickle_bytes module,
                                   struct pickle_bytes name, const struct pickle_global **global)
{
    *global = find(plain_globals, sizeof plain_globals / sizeof *plain_globals, module, name);
    if (!*global && pickle->opaque)
        *global = &opaque_object;
    if (!*global)
        *global =
            find(tensor_globals, sizeof tensor_globals / sizeof *tensor_globals, module, name);
    if (!*global && is_script_module(module))
        *global = &script_object;
    if (*global)
        return GMR_OK;
    return gmr_error(GMR_ERR_UNSUPPORTED, "global '%.*s.%.*s' is none that tensors need",
                     shown(module), (const char *)module.data, shown(name),
                     (const char *)name.data);
}

/* What an opaque global made may be called as well: it could be a function. */
enum gmr_status pickle_call(struct pickle *pickle, const struct pickle_value *global,
                            const struct pickle_value *arguments, const struct pickle_value **value)
{
    const bool opaque = pickle->opaque && global->kind == PICKLE_OBJECT;
    if (!opaque && (global->kind != PICKLE_GLOBAL || !global->global->make))
        return gmr_error(GMR_ERR_FORMAT, "it calls what cannot be called");
    if (arguments->kind != PICKLE_TUPLE)
        return gmr_error(GMR_ERR_FORMAT, "the arguments of a call are no tuple");
    return opaque ? make_object(pickle, arguments, value)
                  : global->global->make(pickle, arguments, value);
}

/* ---- storages ---- */

/* (key, offset, numel), of files before PyTorch 0.4; else None or absent. */
static enum gmr_status read_view(const struct pickle_value *view, struct pickle_storage *storage)
{
    const struct pickle_value *argument[3];
    if (!view || view->kind == PICKLE_NONE)
        return GMR_OK;
    if (view->kind != PICKLE_TUPLE)
        return gmr_error(GMR_ERR_FORMAT, "the view of a storage is no tuple");
    unpack(view, argument, 3);
    TRY(read_size(argument[1], "offset of a storage", &storage->first));
    TRY(read_size(argument[2], "size of a storage", &storage->numel));
    if (storage->first > storage->whole || storage->numel > storage->whole - storage->first)
        return gmr_error(GMR_ERR_FORMAT, "a view of a storage lies outside its %zu elements",
                         storage->whole);
    return GMR_OK;
}

static enum gmr_status read_storage(const struct pickle_value *id, struct pickle_storage *storage)
{
    const struct pickle_value *argument[6];
    size_t bytes;
    unpack(id, argument, 6);
    if (!is_kind(argument[1], PICKLE_GLOBAL) || argument[1]->global->make)
        return gmr_error(GMR_ERR_FORMAT, "the class of a storage is none");
    if (!is_kind(argument[2], PICKLE_TEXT))
        return gmr_error(GMR_ERR_FORMAT, "the key of a storage is no text");
    storage->dtype = argument[1]->global->dtype;
    storage->key = argument[2]->bytes;
    TRY(read_size(argument[4], "size of a storage", &storage->whole));
    if (!memory_product(storage->whole, dtype_size(storage->dtype), &bytes))
        return gmr_error(GMR_ERR_FORMAT, "a storage of %zu elements is too large", storage->whole);
    storage->numel = storage->whole;
    return read_view(argument[5], storage);
}

enum gmr_status pickle_resolve(struct pickle *pickle, const struct pickle_value *id,
                               const struct pickle_value **value)
{
    struct pickle_value *made;
    void *memory;
    if (id->kind != PICKLE_TUPLE || !id->items.first ||
        !pickle_is_text(id->items.first->value, "storage"))
        return gmr_error(GMR_ERR_UNSUPPORTED, "a persistent id that is no storage");
    TRY(pickle_allocate(pickle, sizeof(struct pickle_storage), &memory));
    struct pickle_storage *storage = memory;
    TRY(read_storage(id, storage));
    storage->next = pickle->storages;
    pickle->storages = storage;
    pickle->storage_count++;
    TRY(pickle_make(pickle, PICKLE_STORAGE, &made));
    made->storage = storage;
    *value = made;
    return GMR_OK;
}
