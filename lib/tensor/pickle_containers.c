/* Opcodes that make containers and fill them, among them sets and other objects that stay opaque.
 */
#include "tensor/pickle_inside.h"

/* The value at the top, which must be a container of this kind; NULL for an opaque object, whose
 * items are not kept. It may be changed: only values that the machine made are containers. */
static enum gmr_status top_container(const struct pickle_machine *m, enum pickle_kind kind,
                                     const char *name, struct pickle_value **value)
{
    const struct pickle_value *found;
    *value = NULL;
    TRY(pickle_top(m, &found));
    if (m->pickle->opaque && found->kind == PICKLE_OBJECT)
        return GMR_OK;
    if (found->kind != kind)
        return gmr_error(GMR_ERR_FORMAT, "no %s at the top of its stack", name);
    *value = (struct pickle_value *)(uintptr_t)found;
    return GMR_OK;
}

/* ---- lists, tuples, dicts ---- */

enum gmr_status pickle_run_empty(struct pickle_machine *m, uint64_t kind)
{
    struct pickle_value *value;
    TRY(pickle_make(m->pickle, (enum pickle_kind)kind, &value));
    return pickle_push(m, value);
}

static enum gmr_status push_tuple(struct pickle_machine *m, const struct pickle_value **item,
                                  size_t count)
{
    struct pickle_value *tuple;
    TRY(pickle_make(m->pickle, PICKLE_TUPLE, &tuple));
    for (size_t i = 0; i < count; i++)
        TRY(pickle_append(m->pickle, tuple, NULL, item[i]));
    return pickle_push(m, tuple);
}

enum gmr_status pickle_run_tuple(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    size_t count;
    TRY(pickle_pop_marked(m, &item, &count));
    return push_tuple(m, item, count);
}

enum gmr_status pickle_run_short_tuple(struct pickle_machine *m, uint64_t count)
{
    const struct pickle_value *item[3];
    for (size_t i = (size_t)count; i-- > 0;)
        TRY(pickle_pop(m, &item[i]));
    return push_tuple(m, item, (size_t)count);
}

static enum gmr_status append_all(struct pickle_machine *m, struct pickle_value *list,
                                  const struct pickle_value **item, size_t count)
{
    for (size_t i = 0; list && i < count; i++)
        TRY(pickle_append(m->pickle, list, NULL, item[i]));
    return GMR_OK;
}

static enum gmr_status set_all(struct pickle_machine *m, struct pickle_value *dict,
                               const struct pickle_value **item, size_t count)
{
    if (count % 2 != 0)
        return gmr_error(GMR_ERR_FORMAT, "a key of a dict has no value");
    for (size_t i = 0; dict && i < count; i += 2)
        TRY(pickle_append(m->pickle, dict, item[i], item[i + 1]));
    return GMR_OK;
}

enum gmr_status pickle_run_append(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *item;
    struct pickle_value *list;
    TRY(pickle_pop(m, &item));
    TRY(top_container(m, PICKLE_LIST, "list", &list));
    return append_all(m, list, &item, 1);
}

enum gmr_status pickle_run_appends(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    struct pickle_value *list;
    size_t count;
    TRY(pickle_pop_marked(m, &item, &count));
    TRY(top_container(m, PICKLE_LIST, "list", &list));
    return append_all(m, list, item, count);
}

enum gmr_status pickle_run_set_item(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value *pair[2];
    struct pickle_value *dict;
    TRY(pickle_pop(m, &pair[1]));
    TRY(pickle_pop(m, &pair[0]));
    TRY(top_container(m, PICKLE_DICT, "dict", &dict));
    return set_all(m, dict, pair, 2);
}

enum gmr_status pickle_run_set_items(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    struct pickle_value *dict;
    size_t count;
    TRY(pickle_pop_marked(m, &item, &count));
    TRY(top_container(m, PICKLE_DICT, "dict", &dict));
    return set_all(m, dict, item, count);
}

/* Protocol 0 makes lists and dicts at once, of all that is above the mark. */
enum gmr_status pickle_run_marked(struct pickle_machine *m, uint64_t kind)
{
    const struct pickle_value **item;
    struct pickle_value *value;
    size_t count;
    TRY(pickle_pop_marked(m, &item, &count));
    TRY(pickle_make(m->pickle, (enum pickle_kind)kind, &value));
    TRY(kind == PICKLE_DICT ? set_all(m, value, item, count) : append_all(m, value, item, count));
    return pickle_push(m, value);
}

/* ---- opaque objects ---- */

/* A frozen set, or an object of a class that is below its arguments. */
enum gmr_status pickle_run_marked_object(struct pickle_machine *m, uint64_t least)
{
    const struct pickle_value **item;
    size_t count;
    TRY(pickle_pop_marked(m, &item, &count));
    if (count < least)
        return gmr_error(GMR_ERR_FORMAT, "an object without a class");
    return pickle_run_empty(m, PICKLE_OBJECT);
}

/* An object of a class whose name follows. */
enum gmr_status pickle_run_instance(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    struct pickle_bytes module, name;
    TRY(pickle_take_line(m, &module));
    TRY(pickle_take_line(m, &name));
    return pickle_run_marked_object(m, 0);
}

enum gmr_status pickle_run_add_items(struct pickle_machine *m, uint64_t argument)
{
    (void)argument;
    const struct pickle_value **item;
    struct pickle_value *set;
    size_t count;
    TRY(pickle_pop_marked(m, &item, &count));
    return top_container(m, PICKLE_OBJECT, "set", &set);
}
