/* What the parts of the pickle machine share: pickle.c runs opcodes, pickle_globals.c knows what
 * globals make, pickle_values.c makes values. */
#ifndef TENSOR_PICKLE_INSIDE_H
#define TENSOR_PICKLE_INSIDE_H

#include "tensor/pickle.h"

/* A global that a pickle may name. */
struct pickle_global {
    const char *module, *name;
    /* Makes a value of `arguments` (a TUPLE); NULL: it cannot be called. */
    enum gmr_status (*make)(struct pickle *pickle, const struct pickle_value *arguments,
                            const struct pickle_value **value);
    enum dtype dtype; /* of a class of storages, which cannot be called; else unused */
};

/* `size` bytes of the arena. GMR_ERR_NOMEM, or GMR_ERR_FORMAT above PICKLE_MAX_MEMORY. */
enum gmr_status pickle_allocate(struct pickle *pickle, size_t size, void **memory);

/* A value of this kind, otherwise empty. */
enum gmr_status pickle_make(struct pickle *pickle, enum pickle_kind kind,
                            struct pickle_value **value);

/* Adds to a LIST or TUPLE (key NULL), or to a DICT. */
enum gmr_status pickle_append(struct pickle *pickle, struct pickle_value *to,
                              const struct pickle_value *key, const struct pickle_value *value);

/* GMR_ERR_UNSUPPORTED, with its name in the message, for one that is not for us. */
enum gmr_status pickle_find_global(struct pickle_bytes module, struct pickle_bytes name,
                                   const struct pickle_global **global);

/* Calls a GLOBAL with a TUPLE. */
enum gmr_status pickle_call(struct pickle *pickle, const struct pickle_value *global,
                            const struct pickle_value *arguments,
                            const struct pickle_value **value);

/* The storage that a persistent id, ("storage", class, key, device, numel[, view]), stands for. */
enum gmr_status pickle_resolve(struct pickle *pickle, const struct pickle_value *id,
                               const struct pickle_value **value);

#endif
