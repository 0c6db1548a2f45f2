#include "learning/dialogue_record.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/status.h"

enum { LINE_DEPTH = 4 };

/* ---- one line ---- */

/* Takes both references; NULL without memory, then or before. */
static json_t *append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *numbers(const size_t *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        array = append(array, json_integer((json_int_t)values[i]));
    return array;
}

static json_t *lists(const struct policy_dialogue *d)
{
    json_t *array = json_array();
    for (size_t i = 0; i <= d->turns; i++)
        array = append(array, numbers(d->list + i * d->shown, d->shown));
    return array;
}

static json_t *critiques(const struct policy_dialogue *d)
{
    json_t *array = json_array();
    for (size_t i = 0; i < d->turns; i++)
        array = append(array, json_string(d->words[i]));
    return array;
}

static json_t *line_of(const struct policy_dialogue *d)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "target", (json_int_t)d->target, "shown",
                     lists(d), "liked", numbers(d->liked, d->turns), "rank",
                     numbers(d->rank, d->turns), "critique", critiques(d));
}

/* An array of `count` numbers below `limit`. */
static bool take_numbers(const json_t *array, size_t count, size_t limit, size_t *values)
{
    if (!json_is_array(array) || json_array_size(array) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_integer(value) || json_integer_value(value) < 0 ||
            (uintmax_t)json_integer_value(value) >= limit)
            return false;
        values[i] = (size_t)json_integer_value(value);
    }
    return true;
}

static bool take_lists(struct dialogue_record *r, const json_t *array)
{
    bool sound = json_is_array(array) && json_array_size(array) == r->size.turns + 1;
    for (size_t i = 0; sound && i <= r->size.turns; i++)
        sound = take_numbers(json_array_get(array, i), r->size.shown, r->size.users,
                             r->list + i * r->size.shown);
    return sound;
}

static bool take_critiques(struct dialogue_record *r, const json_t *array)
{
    if (!json_is_array(array) || json_array_size(array) != r->size.turns)
        return false;
    for (size_t i = 0; i < r->size.turns; i++) {
        const json_t *value = json_array_get(array, i);
        if (!json_is_string(value) || json_string_length(value) >= CRITIC_TEXT)
            return false;
        memcpy(r->words[i], json_string_value(value), json_string_length(value) + 1);
    }
    return true;
}

/* Whether a line tells the dialogue of that user; then it is in the record's arrays. */
static bool take_line(struct dialogue_record *r, const json_t *line, size_t user)
{
    const json_t *target = json_object_get(line, "target");
    return json_is_integer(target) && json_integer_value(target) == (json_int_t)user &&
           take_lists(r, json_object_get(line, "shown")) &&
           take_numbers(json_object_get(line, "liked"), r->size.turns, r->size.users, r->liked) &&
           take_numbers(json_object_get(line, "rank"), r->size.turns, r->size.users, r->rank) &&
           take_critiques(r, json_object_get(line, "critique"));
}

/* ---- all lines ---- */

struct reader {
    struct dialogue_record *record;
    struct file_map map;
    char path[PATH_MAX];
    size_t at;
};

static enum gmr_status reader_open(struct reader *reader, struct dialogue_record *record)
{
    *reader = (struct reader){ .record = record };
    TRY(run_directory_file(&record->directory, RUN_LOG, reader->path));
    return file_map_open(&reader->map, reader->path);
}

/* The next line into the record's arrays; *sound: it is there, and it is what it should be. */
static enum gmr_status read_line(struct reader *reader, size_t user, bool *sound)
{
    const uint8_t *begin = reader->map.data + reader->at;
    const size_t rest = reader->map.size - reader->at;
    const uint8_t *end = rest > 0 ? memchr(begin, '\n', rest) : NULL;
    json_t *line;
    *sound = false;
    if (!end)
        return GMR_OK;
    const size_t length = (size_t)(end - begin);
    const enum gmr_status status = json_parse(begin, length, LINE_DEPTH, reader->path, &line);
    if (status != GMR_OK)
        return status == GMR_ERR_FORMAT ? GMR_OK : status;
    *sound = take_line(reader->record, line, user);
    json_decref(line);
    reader->at += length + 1;
    return GMR_OK;
}

static enum gmr_status count_lines(struct dialogue_record *r)
{
    struct reader reader;
    enum gmr_status status = reader_open(&reader, r);
    if (status == GMR_ERR_NOT_FOUND) /* none was written yet */
        return GMR_OK;
    bool sound = true;
    size_t count = 0;
    while (status == GMR_OK && sound && count < r->size.users) {
        status = read_line(&reader, count, &sound);
        count += sound;
    }
    file_map_close(&reader.map);
    r->known = count == r->size.users ? count : count - count % r->size.batch;
    return status;
}

/* ---- opening ---- */

static enum gmr_status allocate(struct dialogue_record *r)
{
    const struct gmr_allocator *a = r->directory.allocator;
    r->list = memory_array(a, (r->size.turns + 1) * r->size.shown, sizeof *r->list);
    r->liked = memory_array(a, r->size.turns, sizeof *r->liked);
    r->rank = memory_array(a, r->size.turns, sizeof *r->rank);
    r->words = memory_array(a, r->size.turns, sizeof *r->words);
    return r->list && r->liked && r->rank && r->words ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status find_known(struct dialogue_record *r)
{
    TRY(allocate(r));
    TRY(count_lines(r));
    return run_log_open(&r->directory, r->known);
}

enum gmr_status dialogue_record_open(struct dialogue_record *record,
                                     const struct gmr_allocator *allocator, const char *path,
                                     json_t *config, struct dialogue_record_size size)
{
    *record = (struct dialogue_record){ .size = size };
    TRY(run_directory_open(&record->directory, allocator, path, config));
    const enum gmr_status status = find_known(record);
    if (status != GMR_OK)
        dialogue_record_close(record);
    return status;
}

void dialogue_record_close(struct dialogue_record *r)
{
    const struct gmr_allocator *a = r->directory.allocator;
    memory_release(a, r->list, (r->size.turns + 1) * r->size.shown * sizeof *r->list);
    memory_release(a, r->liked, r->size.turns * sizeof *r->liked);
    memory_release(a, r->rank, r->size.turns * sizeof *r->rank);
    memory_release(a, r->words, r->size.turns * sizeof *r->words);
    r->list = r->liked = r->rank = NULL;
    r->words = NULL;
    run_directory_close(&r->directory);
}

/* ---- reading and writing ---- */

static enum gmr_status read_dialogue(struct reader *reader, size_t user, size_t *ranks,
                                     enum gmr_status (*watch)(void *,
                                                              const struct policy_dialogue *),
                                     void *watcher)
{
    const struct dialogue_record *r = reader->record;
    const struct policy_dialogue dialogue = { .target = user,
                                              .turns = r->size.turns,
                                              .shown = r->size.shown,
                                              .list = r->list,
                                              .liked = r->liked,
                                              .words = r->words,
                                              .rank = r->rank };
    bool sound;
    TRY(read_line(reader, user, &sound));
    if (!sound)
        return gmr_error(GMR_ERR_FORMAT, "'%s' has changed: line %zu is no dialogue", reader->path,
                         user + 1);
    memcpy(ranks + user * r->size.turns, r->rank, r->size.turns * sizeof *ranks);
    return watch ? watch(watcher, &dialogue) : GMR_OK;
}

enum gmr_status dialogue_record_read(struct dialogue_record *record, size_t *ranks,
                                     enum gmr_status (*watch)(void *,
                                                              const struct policy_dialogue *),
                                     void *user)
{
    struct reader reader;
    enum gmr_status status = reader_open(&reader, record);
    for (size_t i = 0; status == GMR_OK && i < record->known; i++)
        status = read_dialogue(&reader, i, ranks, watch, user);
    file_map_close(&reader.map);
    return status;
}

enum gmr_status dialogue_record_add(struct dialogue_record *r, const struct policy_dialogue *d)
{
    TRY(run_log_write(&r->directory, line_of(d)));
    const size_t count = d->target + 1;
    return count % r->size.batch == 0 || count == r->size.users ? run_log_sync(&r->directory)
                                                                : GMR_OK;
}
