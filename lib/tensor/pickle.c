/* The pickle machine: a table of opcodes over a stack of pointers and a memo. It does not recurse,
 * and each opcode takes time in proportion to its own bytes or to what it takes from the stack.
 *
 * Containers are lists of items, so appending never moves what another value points to. */
#include "tensor/pickle.h"

#include <inttypes.h>
#include <string.h>

#include "tensor/pickle_inside.h"

enum { NEWEST_PROTOCOL = 5, FIRST_ROOM = 64 };

static const struct pickle_value none = { .kind = PICKLE_NONE }, mark = { .kind = PICKLE_MARK };
static const struct pickle_value truth[] = { { .kind = PICKLE_BOOL, .integer = 0 },
                                             { .kind = PICKLE_BOOL, .integer = 1 } };

/* ---- stack and memo ---- */

/* Makes room for `value[index]`. */
static enum gmr_status reserve(struct pickle_machine *m, struct pickle_stack *values, size_t index)
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

enum gmr_status pickle_push(struct pickle_machine *m, const struct pickle_value *value)
{
    TRY(reserve(m, &m->stack, m->depth));
    m->stack.value[m->depth++] = value;
    return GMR_OK;
}

enum gmr_status pickle_push_bool(struct pickle_machine *m, bool is_true)
{
    return pickle_push(m, &truth[is_true]);
}

enum gmr_status pickle_top(const struct pickle_machine *m, const struct pickle_value **value)
{
    *value = NULL;
    if (m->depth == 0 || m->stack.value[m->depth - 1]->kind == PICKLE_MARK)
        return gmr_error(GMR_ERR_FORMAT, "it takes a value from an empty stack");
    *value = m->stack.value[m->depth - 1];
    return GMR_OK;
}

enum gmr_status pickle_pop(struct pickle_machine *m, const struct pickle_value **value)
{
    TRY(pickle_top(m, value));
    m->depth--;
    return GMR_OK;
}

enum gmr_status pickle_pop_marked(struct pickle_machine *m, const struct pickle_value ***value,
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

/* ---- bytes of the program ---- */

enum gmr_status pickle_take(struct pickle_machine *m, uint64_t size, const uint8_t **bytes)
{
    *bytes = m->at;
    if (size > (size_t)(m->end - m->at))
        return gmr_error(GMR_ERR_FORMAT, "it ends early");
    m->at += size;
    return GMR_OK;
}

/* An unsigned little-endian number of up to 8 bytes. */
static enum gmr_status take_number(struct pickle_machine *m, size_t size, uint64_t *number)
{
    const uint8_t *bytes;
    TRY(pickle_take(m, size, &bytes));
    *number = 0;
    for (size_t i = 0; i < size; i++)
        *number |= (uint64_t)bytes[i] << (8 * i);
    return GMR_OK;
}

enum gmr_status pickle_take_line(struct pickle_machine *m, struct pickle_bytes *line)
{
    const uint8_t *end = memchr(m->at, '\n', (size_t)(m->end - m->at));
    *line = (struct pickle_bytes){ m->at, end ? (size_t)(end - m->at) : 0 };
    if (!end)
        return gmr_error(GMR_ERR_FORMAT, "it ends early");
    m->at = end + 1;
    return GMR_OK;
}

/* ---- opcodes: constants ---- */

static enum gmr_status run_none(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    return pickle_push(m, &none);
}

static enum gmr_status run_bool(struct pickle_machine *m, uint64_t argument)
{
    return pickle_push_bool(m, argument != 0);
}

/* ---- opcodes: stack and memo ---- */

static enum gmr_status run_mark(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    return pickle_push(m, &mark);
}

static enum gmr_status run_pop(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    if (m->depth == 0)
        return gmr_error(GMR_ERR_FORMAT, "it takes a value from an empty stack");
    m->depth--; /* a mark goes as well */
    return GMR_OK;
}

static enum gmr_status run_pop_marked(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    size_t count;
    return pickle_pop_marked(m, &item, &count);
}

static enum gmr_status run_duplicate(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *value;
    TRY(pickle_top(m, &value));
    return pickle_push(m, value);
}

static enum gmr_status run_put(struct pickle_machine *m, uint64_t number)
{
    const struct pickle_value *value;
    TRY(pickle_top(m, &value));
    TRY(reserve(m, &m->memo, (size_t)number));
    m->memo.value[number] = value;
    if (number >= m->memorised)
        m->memorised = (size_t)number + 1;
    return GMR_OK;
}

/* The number in a line, as protocol 0 has it. */
static enum gmr_status take_place(struct pickle_machine *m, uint64_t *number)
{
    struct pickle_bytes line;
    int64_t integer;
    TRY(pickle_take_line(m, &line));
    TRY(pickle_parse_integer(line, &integer));
    *number = (uint64_t)integer; /* a negative one is above all limits */
    return GMR_OK;
}

static enum gmr_status run_put_text(struct pickle_machine *m, uint64_t number)
{
    TRY(take_place(m, &number));
    return run_put(m, number);
}

static enum gmr_status run_memorise(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    return run_put(m, m->memorised);
}

static enum gmr_status run_get(struct pickle_machine *m, uint64_t number)
{
    if (number >= m->memorised || !m->memo.value[number])
        return gmr_error(GMR_ERR_FORMAT, "nothing in its memo at %" PRIu64, number);
    return pickle_push(m, m->memo.value[number]);
}

static enum gmr_status run_get_text(struct pickle_machine *m, uint64_t number)
{
    TRY(take_place(m, &number));
    return run_get(m, number);
}

/* ---- opcodes: globals and what they make ---- */

static enum gmr_status push_global(struct pickle_machine *m, struct pickle_bytes module,
                                   struct pickle_bytes name)
{
    struct pickle_value *value;
    const struct pickle_global *global;
    TRY(pickle_find_global(m->pickle, module, name, &global));
    TRY(pickle_make(m->pickle, PICKLE_GLOBAL, &value));
    value->global = global;
    return pickle_push(m, value);
}

static enum gmr_status run_global(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes module, name;
    TRY(pickle_take_line(m, &module));
    TRY(pickle_take_line(m, &name));
    return push_global(m, module, name);
}

static enum gmr_status run_stack_global(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *module, *name;
    TRY(pickle_pop(m, &name));
    TRY(pickle_pop(m, &module));
    if (module->kind != PICKLE_TEXT || name->kind != PICKLE_TEXT)
        return gmr_error(GMR_ERR_FORMAT, "the name of a global is no text");
    return push_global(m, module->bytes, name->bytes);
}

static enum gmr_status run_call(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *global, *arguments, *value;
    TRY(pickle_pop(m, &arguments));
    TRY(pickle_pop(m, &global));
    TRY(pickle_call(m->pickle, global, arguments, &value));
    return pickle_push(m, value);
}

/* With named arguments, which are not looked at: only opaque objects have them. */
static enum gmr_status run_call_named(struct pickle_machine *m, uint64_t argument)
{
    const struct pickle_value *named;
    TRY(pickle_pop(m, &named));
    return run_call(m, argument);
}

/* The state of an OrderedDict is that of its class, not its items. */
static enum gmr_status run_build(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *state, *object;
    TRY(pickle_pop(m, &state));
    TRY(pickle_top(m, &object));
    if (object->kind == PICKLE_DICT)
        return GMR_OK;
    if (object->kind != PICKLE_OBJECT || object->state)
        return gmr_error(GMR_ERR_FORMAT, "it gives a state to what takes none");
    ((struct pickle_value *)(uintptr_t)object)->state = state;
    return GMR_OK;
}

static enum gmr_status run_persistent_id(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *id, *value;
    TRY(pickle_pop(m, &id));
    TRY(pickle_resolve(m->pickle, id, &value));
    return pickle_push(m, value);
}

/* ---- opcodes: the program ---- */

static enum gmr_status run_protocol(struct pickle_machine *m, uint64_t protocol)
{
    (void)m;
    if (protocol > NEWEST_PROTOCOL)
        return gmr_error(GMR_ERR_UNSUPPORTED, "protocol %" PRIu64 " of pickles", protocol);
    return GMR_OK;
}

/* Frames only help those who read from a stream. */
static enum gmr_status run_frame(struct pickle_machine *m, uint64_t size)
{
    (void)m;
    (void)size;
    return GMR_OK;
}

static enum gmr_status run_stop(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    m->stopped = true;
    return GMR_OK;
}

static const struct {
    pickle_operation *run;
    uint8_t size;     /* bytes of the argument after the opcode */
    uint8_t constant; /* the argument, where none follows */
} operations[UINT8_MAX + 1] = {
    [0x80] = { run_protocol, 1, 0 },
    [0x95] = { run_frame, 8, 0 },
    ['.'] = { run_stop, 0, 0 },

    ['N'] = { run_none, 0, 0 },
    [0x88] = { run_bool, 0, 1 },
    [0x89] = { run_bool, 0, 0 },
    ['K'] = { pickle_run_integer, 1, 0 },
    ['M'] = { pickle_run_integer, 2, 0 },
    ['J'] = { pickle_run_signed_integer, 4, 0 },
    ['I'] = { pickle_run_decimal, 0, 0 },
    ['L'] = { pickle_run_decimal, 0, 0 },
    [0x8A] = { pickle_run_long, 1, 0 },
    [0x8B] = { pickle_run_long, 4, 0 },
    ['F'] = { pickle_run_float_text, 0, 0 },
    ['G'] = { pickle_run_float, 8, 0 },

    ['S'] = { pickle_run_quoted_string, 0, 0 },
    ['V'] = { pickle_run_escaped_text, 0, 0 },
    ['U'] = { pickle_run_string, 1, 0 },
    ['T'] = { pickle_run_string, 4, 0 },
    [0x8C] = { pickle_run_text, 1, 0 },
    ['X'] = { pickle_run_text, 4, 0 },
    [0x8D] = { pickle_run_text, 8, 0 },
    ['C'] = { pickle_run_bytes, 1, 0 },
    ['B'] = { pickle_run_bytes, 4, 0 },
    [0x8E] = { pickle_run_bytes, 8, 0 },
    [0x96] = { pickle_run_bytes, 8, 0 },

    ['('] = { run_mark, 0, 0 },
    [']'] = { pickle_run_empty, 0, PICKLE_LIST },
    [')'] = { pickle_run_empty, 0, PICKLE_TUPLE },
    ['}'] = { pickle_run_empty, 0, PICKLE_DICT },
    ['d'] = { pickle_run_marked, 0, PICKLE_DICT },
    ['l'] = { pickle_run_marked, 0, PICKLE_LIST },
    ['t'] = { pickle_run_tuple, 0, 0 },
    [0x85] = { pickle_run_short_tuple, 0, 1 },
    [0x86] = { pickle_run_short_tuple, 0, 2 },
    [0x87] = { pickle_run_short_tuple, 0, 3 },
    ['a'] = { pickle_run_append, 0, 0 },
    ['e'] = { pickle_run_appends, 0, 0 },
    ['s'] = { pickle_run_set_item, 0, 0 },
    ['u'] = { pickle_run_set_items, 0, 0 },

    ['0'] = { run_pop, 0, 0 },
    ['1'] = { run_pop_marked, 0, 0 },
    ['2'] = { run_duplicate, 0, 0 },
    ['p'] = { run_put_text, 0, 0 },
    ['q'] = { run_put, 1, 0 },
    ['r'] = { run_put, 4, 0 },
    [0x94] = { run_memorise, 0, 0 },
    ['g'] = { run_get_text, 0, 0 },
    ['h'] = { run_get, 1, 0 },
    ['j'] = { run_get, 4, 0 },

    ['c'] = { run_global, 0, 0 },
    [0x93] = { run_stack_global, 0, 0 },
    ['R'] = { run_call, 0, 0 },
    [0x81] = { run_call, 0, 0 },
    ['b'] = { run_build, 0, 0 },
    ['Q'] = { run_persistent_id, 0, 0 },

    [0x8F] = { pickle_run_empty, 0, PICKLE_OBJECT },
    [0x90] = { pickle_run_add_items, 0, 0 },
    [0x91] = { pickle_run_marked_object, 0, 0 },
    [0x92] = { run_call_named, 0, 0 },
    ['i'] = { pickle_run_instance, 0, 0 },
    ['o'] = { pickle_run_marked_object, 0, 1 },
};

/* Sets and objects of classes: only where objects may be opaque. */
static const uint8_t opaque_opcodes[] = { 0x8F, 0x90, 0x91, 0x92, 'i', 'o' };

static bool is_known(const struct pickle_machine *m)
{
    return operations[m->opcode].run &&
           (m->pickle->opaque || !memchr(opaque_opcodes, m->opcode, sizeof opaque_opcodes));
}

static enum gmr_status step(struct pickle_machine *m)
{
    uint64_t argument;
    TRY(take_number(m, 1, &argument));
    m->opcode = (uint8_t)argument;
    const uint8_t size = operations[m->opcode].size;
    if (!is_known(m))
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
    struct pickle_machine m = {
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
    return pickle_pop(&m, value);
}
