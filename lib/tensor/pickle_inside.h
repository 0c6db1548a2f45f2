/* What the parts of the pickle machine share: pickle.c runs opcodes, those of numbers, texts and
 * bytes are in pickle_scalars.c, those of containers in pickle_containers.c; pickle_globals.c knows
 * what globals make, pickle_values.c makes values. */
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
enum gmr_status pickle_find_global(const struct pickle *pickle, struct pickle_bytes module,
                                   struct pickle_bytes name, const struct pickle_global **global);

/* Calls a GLOBAL, or what an opaque one made, with a TUPLE. */
enum gmr_status pickle_call(struct pickle *pickle, const struct pickle_value *global,
                            const struct pickle_value *arguments,
                            const struct pickle_value **value);

/* The storage that a persistent id, ("storage", class, key, device, numel[, view]), stands for. */
enum gmr_status pickle_resolve(struct pickle *pickle, const struct pickle_value *id,
                               const struct pickle_value **value);

/* ---- the machine ---- */

/* A growing array of values in the arena. */
struct pickle_stack {
    const struct pickle_value **value;
    size_t room, most;
    const char *name;
};

struct pickle_machine {
    struct pickle *pickle;
    const uint8_t *at, *end;
    uint8_t opcode;
    bool stopped;
    struct pickle_stack stack, memo;
    size_t depth;     /* values on the stack */
    size_t memorised; /* one above the highest number used in the memo */
};

/* An opcode gets its argument: the number that follows it, or the one in the table. */
typedef enum gmr_status pickle_operation(struct pickle_machine *m, uint64_t argument);

enum gmr_status pickle_push(struct pickle_machine *m, const struct pickle_value *value);
enum gmr_status pickle_push_bool(struct pickle_machine *m, bool truth);

enum gmr_status pickle_top(const struct pickle_machine *m, const struct pickle_value **value);
enum gmr_status pickle_pop(struct pickle_machine *m, const struct pickle_value **value);

/* The values above the topmost mark, which go from the stack with it; they are valid until the next
 * push. */
enum gmr_status pickle_pop_marked(struct pickle_machine *m, const struct pickle_value ***value,
                                  size_t *count);

/* The next bytes of the program; those up to a line feed, without it. */
enum gmr_status pickle_take(struct pickle_machine *m, uint64_t size, const uint8_t **bytes);
enum gmr_status pickle_take_line(struct pickle_machine *m, struct pickle_bytes *line);

pickle_operation pickle_run_integer, pickle_run_signed_integer, pickle_run_long, pickle_run_decimal;
pickle_operation pickle_run_float, pickle_run_float_text;
pickle_operation pickle_run_bytes, pickle_run_text, pickle_run_string;
pickle_operation pickle_run_quoted_string, pickle_run_escaped_text;

pickle_operation pickle_run_empty, pickle_run_tuple, pickle_run_short_tuple, pickle_run_append,
    pickle_run_appends, pickle_run_set_item, pickle_run_set_items, pickle_run_marked,
    pickle_run_marked_object, pickle_run_instance, pickle_run_add_items;

/* The decimal number of a line. GMR_ERR_FORMAT when it does not fit 64 bits. */
enum gmr_status pickle_parse_integer(struct pickle_bytes line, int64_t *integer);

#endif
