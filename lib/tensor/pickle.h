/* Python's pickles, protocols 0 to 5, of Python 2 and 3: programs for a machine with a stack and a
 * memo. Ours builds plain values and calls nothing; a global that is not one of PyTorch's ways to
 * write a tensor is refused by name (spec section 1.7), or stands for nothing in particular: what
 * it would make is an object of which only the state is known (5.5).
 *
 * What it cannot do: numbers of extensions, buffers out of band. */
#ifndef TENSOR_PICKLE_H
#define TENSOR_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

/* Beyond any sound file; a pickle above one of them is GMR_ERR_FORMAT. */
enum {
    PICKLE_MAX_SIZE = 64 * 1024 * 1024,    /* bytes of one pickle */
    PICKLE_MAX_MEMORY = 256 * 1024 * 1024, /* bytes of the arena */
    PICKLE_MAX_STACK = 1024 * 1024,        /* values */
    PICKLE_MAX_MEMO = 1024 * 1024,         /* values */
};

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_LONG, /* an integer that needs more than 64 bits */
    PICKLE_FLOAT,
    PICKLE_TEXT,
    PICKLE_BYTES,
    PICKLE_LIST,
    PICKLE_TUPLE,
    PICKLE_DICT,   /* also an OrderedDict; a key set twice is in it twice */
    PICKLE_OBJECT, /* of TorchScript, or opaque */
    PICKLE_STORAGE,
    PICKLE_TENSOR,
    PICKLE_GLOBAL,
    PICKLE_MARK, /* inside the machine only */
};

struct pickle_bytes {
    const uint8_t *data;
    size_t size;
};

/* An array of numbers that a file keeps beside the pickle. `data` is for whoever reads that file to
 * fill; equal keys mean the same array. */
struct pickle_storage {
    struct pickle_storage *next;
    struct pickle_bytes key; /* UTF-8 */
    enum dtype dtype;
    size_t whole;        /* elements of the array */
    size_t first, numel; /* the part of it that is meant */
    const uint8_t *data; /* of the whole array; NULL until it is found */
};

/* A view of a storage; all its elements lie inside. */
struct pickle_tensor {
    const struct pickle_storage *storage;
    size_t offset, rank; /* in elements, counted from the storage's `first` */
    size_t dim[TENSOR_MAX_RANK], stride[TENSOR_MAX_RANK];
    const uint8_t *dense; /* its elements in row-major order, for the reader to fill; NULL before */
};

struct pickle_item;
struct pickle_global;

struct pickle_items {
    struct pickle_item *first, *last;
    size_t count;
};

/* Structures may contain each other, and themselves. */
struct pickle_value {
    enum pickle_kind kind;
    union {
        int64_t integer; /* BOOL, INT */
        double real;
        struct pickle_bytes bytes;        /* TEXT (UTF-8), BYTES, LONG (little-endian) */
        struct pickle_items items;        /* LIST, TUPLE, DICT */
        const struct pickle_value *state; /* OBJECT: what it was built from; NULL: nothing */
        struct pickle_storage *storage;
        struct pickle_tensor *tensor;
        const struct pickle_global *global;
    };
};

struct pickle_item {
    struct pickle_item *next;
    const struct pickle_value *key; /* NULL in lists and tuples */
    const struct pickle_value *value;
};

/* What pickles of one file leave behind. Values live in the arena and borrow from the bytes. */
struct pickle {
    struct arena *arena;
    bool opaque; /* all globals but an OrderedDict make opaque objects, sets among them: built from
                    nothing, items that are put into them are forgotten */
    struct pickle_storage *storages; /* all that were named, the latest first */
    size_t storage_count;
};

/* Runs the program at the start of bytes[0 .. size). *used is its length: more may follow. Errors,
 * messages without the file's name: GMR_ERR_NOMEM, GMR_ERR_FORMAT (damaged, or above a limit),
 * GMR_ERR_UNSUPPORTED (a global or an opcode that is not for us, by name). */
enum gmr_status pickle_run(struct pickle *pickle, const void *bytes, size_t size, size_t *used,
                           const struct pickle_value **value);

/* True for a TEXT that says exactly this. */
bool pickle_is_text(const struct pickle_value *value, const char *text);

/* The last value of a text key of a DICT; NULL when `dict` is none or has no such key. */
const struct pickle_value *pickle_find(const struct pickle_value *dict, const char *key);

#endif
