/* The pickle machine: a table of opcodes over a stack of pointers and a memo. It does not recurse,
 * and each opcode takes time in proportion to its own bytes or to what it takes from the stack.
 *
 * Containers are lists of items, so appending never moves what another value points to. */
#include "tensor/pickle.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "tensor/pickle_inside.h"

enum { NEWEST_PROTOCOL = 5, FIRST_ROOM = 64 };

/* A growing array of values in the arena. */
struct values {
    const struct pickle_value **value;
    size_t room, most;
    const char *name;
};

struct machine {
    struct pickle *pickle;
    const uint8_t *at, *end;
    uint8_t opcode;
    bool stopped;
    struct values stack, memo;
    size_t depth;     /* values on the stack */
    size_t memorised; /* one above the highest number used in the memo */
};

static const struct pickle_value none = { .kind = PICKLE_NONE }, mark = { .kind = PICKLE_MARK };
static const struct pickle_value truth[] = { { .kind = PICKLE_BOOL, .integer = 0 },
                                             { .kind = PICKLE_BOOL, .integer = 1 } };

/* ---- stack and memo ---- */

/* Makes room for `value[index]`. */
static enum gmr_status reserve(struct machine *m, struct values *values, size_t index)
{
    if (index < values->room)
        return GMR_OK;
    if (index >= values->most)
        return gmr_error(GMR_ERR_FORMAT, "its %s holds more than %zu values", values->name,
                         values->most);
    size_t room = values->room ? values->room : FIRST_ROOM;
    while (room <= index)
        room *= 2;
    void *memory;
    TRY(pickle_allocate(m->pickle, room * sizeof(const struct pickle_value *), &memory));
    if (values->room > 0)
        memcpy(memory, values->value, values->room * sizeof(const struct pickle_value *));
    values->value = memory;
    values->room = room;
    return GMR_OK;
}

static enum gmr_status push(struct machine *m, const struct pickle_value *value)
{
    TRY(reserve(m, &m->stack, m->depth));
    m->stack.value[m->depth++] = value;
    return GMR_OK;
}

static enum gmr_status top(const struct machine *m, const struct pickle_value **value)
{
    *value = NULL;
    if (m->depth == 0 || m->stack.value[m->depth - 1]->kind == PICKLE_MARK)
        return gmr_error(GMR_ERR_FORMAT, "it takes a value from an empty stack");
    *value = m->stack.value[m->depth - 1];
    return GMR_OK;
}

static enum gmr_status pop(struct machine *m, const struct pickle_value **value)
{
    TRY(top(m, value));
    m->depth--;
    return GMR_OK;
}

/* The values above the topmost mark, which go from the stack with it; they are valid until the next
 * push. */
static enum gmr_status pop_marked(struct machine *m, const struct pickle_value ***value,
                                  size_t *count)
{
    size_t first = m->depth;
    *value = NULL;
    *count = 0;
    while (first > 0 && m->stack.value[first - 1]->kind != PICKLE_MARK)
        first--;
    if (first == 0)
        return gmr_error(GMR_ERR_FORMAT, "no mark on its stack");
    *value = &m->stack.value[first];
    *count = m->depth - first;
    m->depth = first - 1;
    return GMR_OK;
}

/* The value at the top, which must be a container of this kind. It may be changed: only values that
 * the machine made are containers. */
static enum gmr_status top_container(const struct machine *m, enum pickle_kind kind,
                                     const char *name, struct pickle_value **value)
{
    const struct pickle_value *found;
    *value = NULL;
    TRY(top(m, &found));
    if (found->kind != kind)
        return gmr_error(GMR_ERR_FORMAT, "no %s at the top of its stack", name);
    *value = (struct pickle_value *)(uintptr_t)found;
    return GMR_OK;
}

/* ---- bytes of the program ---- */

static enum gmr_status take(struct machine *m, uint64_t size, const uint8_t **bytes)
{
    *bytes = m->at;
    if (size > (size_t)(m->end - m->at))
        return gmr_error(GMR_ERR_FORMAT, "it ends early");
    m->at += size;
    return GMR_OK;
}

/* An unsigned little-endian number of up to 8 bytes. */
static enum gmr_status take_number(struct machine *m, size_t size, uint64_t *number)
{
    const uint8_t *bytes;
    TRY(take(m, size, &bytes));
    *number = 0;
    for (size_t i = 0; i < size; i++)
        *number |= (uint64_t)bytes[i] << (8 * i);
    return GMR_OK;
}

static enum gmr_status take_line(struct machine *m, struct pickle_bytes *line)
{
    const uint8_t *end = memchr(m->at, '\n', (size_t)(m->end - m->at));
    *line = (struct pickle_bytes){ m->at, end ? (size_t)(end - m->at) : 0 };
    if (!end)
        return gmr_error(GMR_ERR_FORMAT, "it ends early");
    m->at = end + 1;
    return GMR_OK;
}

/* ---- opcodes: numbers and bytes ---- */

/* An opcode gets its argument: the number that follows it, or the one in the table. */
typedef enum gmr_status operation(struct machine *m, uint64_t argument);

static enum gmr_status run_none(struct machine *m, uint64_t argument)
{
    (void)argument;
    return push(m, &none);
}

static enum gmr_status run_bool(struct machine *m, uint64_t argument)
{
    return push(m, &truth[argument]);
}

static enum gmr_status push_integer(struct machine *m, int64_t integer)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, PICKLE_INT, &value));
    value->integer = integer;
    return push(m, value);
}

static enum gmr_status run_integer(struct machine *m, uint64_t argument)
{
    return push_integer(m, (int64_t)argument);
}

static enum gmr_status run_signed_integer(struct machine *m, uint64_t argument)
{
    return push_integer(m, (int32_t)(uint32_t)argument);
}

static enum gmr_status push_bytes(struct machine *m, enum pickle_kind kind,
                                  struct pickle_bytes bytes)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, kind, &value));
    value->bytes = bytes;
    return push(m, value);
}

/* Two's complement, little-endian, of any length. */
static enum gmr_status run_long(struct machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(take(m, size, &bytes));
    if (size > sizeof(uint64_t))
        return push_bytes(m, PICKLE_LONG, (struct pickle_bytes){ bytes, (size_t)size });
    uint64_t number = size > 0 && bytes[size - 1] & 0x80 ? UINT64_MAX : 0;
    memcpy(&number, bytes, (size_t)size);
    return push_integer(m, (int64_t)number);
}

/* Decimal digits in a line, as protocol 1 has them; "00" and "01" are its booleans. */
static enum gmr_status run_decimal(struct machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes line;
    TRY(take_line(m, &line));
    if (m->opcode == 'I' && line.size == 2 && line.data[0] == '0' && line.data[1] <= '1')
        return push(m, &truth[line.data[1] == '1']);

    const bool negative = line.size > 0 && line.data[0] == '-';
    size_t end = line.size - (m->opcode == 'L' && line.size > 0 && line.data[line.size - 1] == 'L');
    int64_t number = 0;
    bool sound = end > negative;
    for (size_t i = negative; i < end && sound; i++) {
        const int digit = line.data[i] - '0';
        sound = digit >= 0 && digit <= 9 && !__builtin_mul_overflow(number, 10, &number) &&
                !__builtin_sub_overflow(number, digit, &number);
    }
    if (!sound || (!negative && number == INT64_MIN))
        return gmr_error(GMR_ERR_FORMAT, "'%.*s' is no number that fits 64 bits",
                         (int)(line.size < 40 ? line.size : 40), (const char *)line.data);
    return push_integer(m, negative ? number : -number);
}

static enum gmr_status run_float(struct machine *m, uint64_t argument)
{
    struct pickle_value *value;
    const uint64_t bits = __builtin_bswap64(argument); /* the only big-endian number in a pickle */
    TRY(pickle_make(m->pickle, PICKLE_FLOAT, &value));
    memcpy(&value->real, &bits, sizeof bits);
    return push(m, value);
}

static enum gmr_status run_bytes(struct machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(take(m, size, &bytes));
    return push_bytes(m, PICKLE_BYTES, (struct pickle_bytes){ bytes, (size_t)size });
}

static enum gmr_status run_text(struct machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(take(m, size, &bytes));
    if (!text_is_utf8((const char *)bytes, (size_t)size))
        return gmr_error(GMR_ERR_FORMAT, "a text is not UTF-8");
    return push_bytes(m, PICKLE_TEXT, (struct pickle_bytes){ bytes, (size_t)size });
}

/* A string of Python 2, which is text or bytes. */
static enum gmr_status run_string(struct machine *m, uint64_t size)
{
    const uint8_t *bytes;
    TRY(take(m, size, &bytes));
    return push_bytes(m,
                      text_is_utf8((const char *)bytes, (size_t)size) ? PICKLE_TEXT : PICKLE_BYTES,
                      (struct pickle_bytes){ bytes, (size_t)size });
}

/* ---- opcodes: containers ---- */

static enum gmr_status run_mark(struct machine *m, uint64_t argument)
{
    (void)argument;
    return push(m, &mark);
}

static enum gmr_status run_empty(struct machine *m, uint64_t kind)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, (enum pickle_kind)kind, &value));
    return push(m, value);
}

static enum gmr_status push_tuple(struct machine *m, const struct pickle_value **item, size_t count)
{
    struct pickle_value *tuple;
    TRY(pickle_make(m->pickle, PICKLE_TUPLE, &tuple));
    for (size_t i = 0; i < count; i++)
        TRY(pickle_append(m->pickle, tuple, NULL, item[i]));
    return push(m, tuple);
}

static enum gmr_status run_tuple(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    size_t count;
    TRY(pop_marked(m, &item, &count));
    return push_tuple(m, item, count);
}

static enum gmr_status run_short_tuple(struct machine *m, uint64_t count)
{
    const struct pickle_value *item[3];
    for (size_t i = (size_t)count; i-- > 0;)
        TRY(pop(m, &item[i]));
    return push_tuple(m, item, (size_t)count);
}

static enum gmr_status run_append(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *item;
    struct pickle_value *list;
    TRY(pop(m, &item));
    TRY(top_container(m, PICKLE_LIST, "list", &list));
    return pickle_append(m->pickle, list, NULL, item);
}

static enum gmr_status run_appends(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    struct pickle_value *list;
    size_t count;
    TRY(pop_marked(m, &item, &count));
    TRY(top_container(m, PICKLE_LIST, "list", &list));
    for (size_t i = 0; i < count; i++)
        TRY(pickle_append(m->pickle, list, NULL, item[i]));
    return GMR_OK;
}

static enum gmr_status run_set_item(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *key, *value;
    struct pickle_value *dict;
    TRY(pop(m, &value));
    TRY(pop(m, &key));
    TRY(top_container(m, PICKLE_DICT, "dict", &dict));
    return pickle_append(m->pickle, dict, key, value);
}

static enum gmr_status run_set_items(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    struct pickle_value *dict;
    size_t count;
    TRY(pop_marked(m, &item, &count));
    TRY(top_container(m, PICKLE_DICT, "dict", &dict));
    if (count % 2 != 0)
        return gmr_error(GMR_ERR_FORMAT, "a key of a dict has no value");
    for (size_t i = 0; i < count; i += 2)
        TRY(pickle_append(m->pickle, dict, item[i], item[i + 1]));
    return GMR_OK;
}

/* ---- opcodes: stack and memo ---- */

static enum gmr_status run_pop(struct machine *m, uint64_t argument)
{
    (void)argument;
    if (m->depth == 0)
        return gmr_error(GMR_ERR_FORMAT, "it takes a value from an empty stack");
    m->depth--; /* a mark goes as well */
    return GMR_OK;
}

static enum gmr_status run_pop_marked(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    size_t count;
    return pop_marked(m, &item, &count);
}

static enum gmr_status run_duplicate(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *value;
    TRY(top(m, &value));
    return push(m, value);
}

static enum gmr_status run_put(struct machine *m, uint64_t number)
{
    const struct pickle_value *value;
    TRY(top(m, &value));
    TRY(reserve(m, &m->memo, (size_t)number));
    m->memo.value[number] = value;
    if (number >= m->memorised)
        m->memorised = (size_t)number + 1;
    return GMR_OK;
}

static enum gmr_status run_memorise(struct machine *m, uint64_t argument)
{
    (void)argument;
    return run_put(m, m->memorised);
}

static enum gmr_status run_get(struct machine *m, uint64_t number)
{
    if (number >= m->memorised || !m->memo.value[number])
        return gmr_error(GMR_ERR_FORMAT, "nothing in its memo at %" PRIu64, number);
    return push(m, m->memo.value[number]);
}

/* ---- opcodes: globals and what they make ---- */

static enum gmr_status push_global(struct machine *m, struct pickle_bytes module,
                                   struct pickle_bytes name)
{
    struct pickle_value *value;
    const struct pickle_global *global;
    TRY(pickle_find_global(module, name, &global));
    TRY(pickle_make(m->pickle, PICKLE_GLOBAL, &value));
    value->global = global;
    return push(m, value);
}

static enum gmr_status run_global(struct machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes module, name;
    TRY(take_line(m, &module));
    TRY(take_line(m, &name));
    return push_global(m, module, name);
}

static enum gmr_status run_stack_global(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *module, *name;
    TRY(pop(m, &name));
    TRY(pop(m, &module));
    if (module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
        return gmr_error(GMR_ERR_FORMAT, "the name of a global is no text");
    return push_global(m, module->bytes, name->bytes);
}

static enum gmr_status run_call(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *global, *arguments, *value;
    TRY(pop(m, &arguments));
    TRY(pop(m, &global));
    TRY(pickle_call(m->pickle, global, arguments, &value));
    return push(m, value);
}

/* The state of an OrderedDict is that of its class, not its items. */
static enum gmr_status run_build(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *state, *object;
    TRY(pop(m, &state));
    TRY(top(m, &object));
    if (object->kind == PICKLE_DICT)
        return GMR_OK;
    if (object->kind != PICKLE_OBJECT || object->state)
        return gmr_error(GMR_ERR_FORMAT, "it gives a state to what takes none");
    ((struct pickle_value *)(uintptr_t)object)->state = state;
    return GMR_OK;
}

static enum gmr_status run_persistent_id(struct machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *id, *value;
    TRY(pop(m, &id));
    TRY(pickle_resolve(m->pickle, id, &value));
    return push(m, value);
}

/* ---- opcodes: the program ---- */

static enum gmr_status run_protocol(struct machine *m, uint64_t protocol)
{
    (void)m;
    if (protocol > NEWEST_PROTOCOL)
        return gmr_error(GMR_ERR_UNSUPPORTED, "protocol %" PRIu64 " of pickles", protocol);
    return GMR_OK;
}

/* Frames only help those who read from a stream. */
static enum gmr_status run_frame(struct machine *m, uint64_t size)
{
    (void)m;
    (void)size;
    return GMR_OK;
}

static enum gmr_status run_stop(struct machine *m, uint64_t argument)
{
    (void)argument;
    m->stopped = true;
    return GMR_OK;
}

static const struct {
    operation *run;
    uint8_t size;     /* bytes of the argument after the opcode */
    uint8_t constant; /* the argument, where none follows */
} operations[UINT8_MAX + 1] = {
    [0x80] = { run_protocol, 1, 0 },
    [0x95] = { run_frame, 8, 0 },
    ['.'] = { run_stop, 0, 0 },

    ['N'] = { run_none, 0, 0 },
    [0x88] = { run_bool, 0, 1 },
    [0x89] = { run_bool, 0, 0 },
    ['K'] = { run_integer, 1, 0 },
    ['M'] = { run_integer, 2, 0 },
    ['J'] = { run_signed_integer, 4, 0 },
    ['I'] = { run_decimal, 0, 0 },
    ['L'] = { run_decimal, 0, 0 },
    [0x8A] = { run_long, 1, 0 },
    [0x8B] = { run_long, 4, 0 },
    ['G'] = { run_float, 8, 0 },

    ['U'] = { run_string, 1, 0 },
    ['T'] = { run_string, 4, 0 },
    [0x8C] = { run_text, 1, 0 },
    ['X'] = { run_text, 4, 0 },
    [0x8D] = { run_text, 8, 0 },
    ['C'] = { run_bytes, 1, 0 },
    ['B'] = { run_bytes, 4, 0 },
    [0x8E] = { run_bytes, 8, 0 },
    [0x96] = { run_bytes, 8, 0 },

    ['('] = { run_mark, 0, 0 },
    [']'] = { run_empty, 0, PICKLE_LIST },
    [')'] = { run_empty, 0, PICKLE_TUPLE },
    ['}'] = { run_empty, 0, PICKLE_DICT },
    ['t'] = { run_tuple, 0, 0 },
    [0x85] = { run_short_tuple, 0, 1 },
    [0x86] = { run_short_tuple, 0, 2 },
    [0x87] = { run_short_tuple, 0, 3 },
    ['a'] = { run_append, 0, 0 },
    ['e'] = { run_appends, 0, 0 },
    ['s'] = { run_set_item, 0, 0 },
    ['u'] = { run_set_items, 0, 0 },

    ['0'] = { run_pop, 0, 0 },
    ['1'] = { run_pop_marked, 0, 0 },
    ['2'] = { run_duplicate, 0, 0 },
    ['q'] = { run_put, 1, 0 },
    ['r'] = { run_put, 4, 0 },
    [0x94] = { run_memorise, 0, 0 },
    ['h'] = { run_get, 1, 0 },
    ['j'] = { run_get, 4, 0 },

    ['c'] = { run_global, 0, 0 },
    [0x93] = { run_stack_global, 0, 0 },
    ['R'] = { run_call, 0, 0 },
    [0x81] = { run_call, 0, 0 },
    ['b'] = { run_build, 0, 0 },
    ['Q'] = { run_persistent_id, 0, 0 },
};

static enum gmr_status step(struct machine *m)
{
    uint64_t argument;
    TRY(take_number(m, 1, &argument));
    m->opcode = (uint8_t)argument;
    const uint8_t size = operations[m->opcode].size;
    if (!operations[m->opcode].run)
        return gmr_error(GMR_ERR_UNSUPPORTED, "opcode 0x%02X is none that PyTorch's tensors need",
                         m->opcode);
    if (size > 0)
        TRY(take_number(m, size, &argument));
    else
        argument = operations[m->opcode].constant;
    return operations[m->opcode].run(m, argument);
}

enum gmr_status pickle_run(struct pickle *pickle, const void *bytes, size_t size, size_t *used,
                           const struct pickle_value **value)
{
    const uint8_t *start = bytes;
    struct machine m = {
        .pickle = pickle,
        .at = start,
        .end = start + size,
        .stack = { .most = PICKLE_MAX_STACK, .name = "stack" },
        .memo = { .most = PICKLE_MAX_MEMO, .name = "memo" },
    };
    while (!m.stopped) {
        const size_t at = (size_t)(m.at - start);
        const enum gmr_status status =
            at < PICKLE_MAX_SIZE
                ? step(&m)
                : gmr_error(GMR_ERR_FORMAT, "it is longer than %d bytes", PICKLE_MAX_SIZE);
        if (status == GMR_ERR_NOMEM)
            return status;
        if (status != GMR_OK)
            return gmr_error(status, "pickle, byte %zu: %s", at, gmr_error_message());
    }
    *used = (size_t)(m.at - start);
    return pop(&m, value);
}
