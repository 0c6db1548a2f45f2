/* Answering from memory, from disk, and by asking: what is asked for is looked up first, all of it;
 * what is missing is made in one call, without repeats, and goes from there into the table and onto
 * the list of what is to be written. */
#include <string.h>

#include "base/clock.h"
#include "simulator/critique_cache_inside.h"

enum { FLUSH_ROWS = 1000, FLUSH_SECONDS = 5 };

static void maker_of(const char *digest, uint8_t maker[CRITIQUE_MAKER])
{
    uint8_t whole[DIGEST_SIZE];
    digest_sha256(digest, strlen(digest), whole);
    memcpy(maker, whole, CRITIQUE_MAKER);
}

/* ---- shelves ---- */

static void mark_unwritten(struct critique_shelf *shelf, struct critique_entry *entry)
{
    if (shelf->last)
        shelf->last->unwritten = entry;
    else
        shelf->first = entry;
    shelf->last = entry;
    shelf->unwritten++;
}

static void forget_unwritten(struct critique_shelf *shelf)
{
    shelf->first = shelf->last = NULL;
    shelf->unwritten = 0;
}

struct critique_place critique_place_of(const struct critique_cache *c,
                                        const struct critique_key *key)
{
    return (struct critique_place){ c->ids[key->target], c->stamps[key->target],
                                    c->ids[key->candidate], c->stamps[key->candidate] };
}

/* ---- writing ---- */

/* Goes through both lists, words first. */
struct cursor {
    const struct critique_cache *cache;
    const struct critique_entry *next;
    bool in_vectors;
};

static void row_at(void *user, size_t i, struct critique_row *row)
{
    (void)i;
    struct cursor *at = user;
    if (!at->next && !at->in_vectors) {
        at->next = at->cache->vectors.first;
        at->in_vectors = true;
    }
    const struct critique_entry *e = at->next;
    *row = (struct critique_row){ .maker = e->key };
    if (at->in_vectors) {
        row->text = (const char *)e->key + CRITIQUE_MAKER;
        row->vector = e->value;
        row->width = e->value_size / sizeof *row->vector;
    } else {
        row->place = critique_place_of(at->cache, e->key);
        row->text = e->value;
    }
    at->next = e->unwritten;
}

enum gmr_status critique_cache_flush(struct critique_cache *c)
{
    struct cursor at = { .cache = c, .next = c->words.first };
    const size_t count = c->words.unwritten + c->vectors.unwritten;
    bool written = false;
    c->flushed = clock_seconds();
    if (count == 0)
        return GMR_OK;
    TRY(critique_store_write(&c->store, row_at, &at, count, &written));
    if (written || c->store.off) {
        forget_unwritten(&c->words);
        forget_unwritten(&c->vectors);
    }
    return GMR_OK;
}

static enum gmr_status flush_sometimes(struct critique_cache *c)
{
    if (c->words.unwritten + c->vectors.unwritten >= FLUSH_ROWS ||
        clock_seconds() - c->flushed > FLUSH_SECONDS)
        return critique_cache_flush(c);
    return GMR_OK;
}

/* Entries stay where they are during a call, so this comes before it. */
static enum gmr_status make_room(struct critique_cache *c, struct critique_shelf *shelf)
{
    if (shelf->table.arena.used <= c->memory)
        return GMR_OK;
    TRY(critique_cache_flush(c));
    forget_unwritten(shelf); /* what could not be written is made again */
    critique_table_clear(&shelf->table);
    return GMR_OK;
}

/* ---- what is missing ---- */

static enum gmr_status missing_init(struct critique_missing *m,
                                    const struct gmr_allocator *allocator, size_t room)
{
    *m = (struct critique_missing){ .allocator = allocator, .room = room };
    critique_table_init(&m->seen, allocator);
    m->question = memory_array(allocator, room, sizeof *m->question);
    return m->question ? GMR_OK : GMR_ERR_NOMEM;
}

static void missing_release(struct critique_missing *m)
{
    critique_table_release(&m->seen);
    memory_release(m->allocator, m->question, m->room * sizeof *m->question);
}

static enum gmr_status missing_add(struct critique_missing *m, const void *key, size_t key_size,
                                   size_t question)
{
    if (!critique_table_add(&m->seen, key, key_size, NULL, 0))
        return GMR_ERR_NOMEM;
    m->question[m->count++] = question;
    return GMR_OK;
}

/* ---- answering ---- */

/* The entry of question i; NULL when the answer is not known. */
static enum gmr_status recall(const struct critique_job *job, size_t i, size_t key_size,
                              const struct critique_entry **entry)
{
    bool found;
    *entry = critique_table_find(&job->shelf->table, job->key, key_size);
    if (*entry)
        return GMR_OK;
    TRY(job->kind->find(job, i, &found));
    if (found)
        *entry = critique_table_add(&job->shelf->table, job->key, key_size, job->value,
                                    job->kind->size(job, job->value));
    return *entry || !found ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status find_missing(const struct critique_job *job,
                                    struct critique_missing *missing)
{
    for (size_t i = 0; i < job->count; i++) {
        const size_t key_size = job->kind->key(job, i);
        const struct critique_entry *entry;
        if (critique_table_find(&missing->seen, job->key, key_size))
            continue;
        TRY(recall(job, i, key_size, &entry));
        if (entry)
            job->kind->answer(job, i, entry);
        else
            TRY(missing_add(missing, job->key, key_size, i));
    }
    return GMR_OK;
}

static enum gmr_status keep(const struct critique_job *job, size_t i, const void *value)
{
    const size_t key_size = job->kind->key(job, i);
    struct critique_entry *entry = critique_table_add(&job->shelf->table, job->key, key_size, value,
                                                      job->kind->size(job, value));
    if (!entry)
        return GMR_ERR_NOMEM;
    mark_unwritten(job->shelf, entry);
    return GMR_OK;
}

static enum gmr_status make_missing(const struct critique_job *job,
                                    const struct critique_missing *missing)
{
    const struct gmr_allocator *allocator = job->cache->allocator;
    const size_t count = missing->count;
    if (count == 0)
        return GMR_OK;
    char *values = memory_array(allocator, count, job->value_room);
    enum gmr_status status = values ? job->kind->make(job, missing, values) : GMR_ERR_NOMEM;
    for (size_t k = 0; status == GMR_OK && k < count; k++)
        status = keep(job, missing->question[k], values + k * job->value_room);
    memory_release(allocator, values, count * job->value_room);
    return status;
}

/* Questions whose answers came only now, wherever they were asked. */
static void answer_missing(const struct critique_job *job, const struct critique_missing *missing)
{
    for (size_t i = 0; missing->count > 0 && i < job->count; i++) {
        const size_t key_size = job->kind->key(job, i);
        if (critique_table_find(&missing->seen, job->key, key_size))
            job->kind->answer(job, i, critique_table_find(&job->shelf->table, job->key, key_size));
    }
}

static enum gmr_status answer_all(const struct critique_job *job)
{
    struct critique_missing missing;
    enum gmr_status status = missing_init(&missing, job->cache->allocator, job->count);
    if (status == GMR_OK)
        status = find_missing(job, &missing);
    if (status == GMR_OK)
        status = make_missing(job, &missing);
    if (status == GMR_OK)
        answer_missing(job, &missing);
    missing_release(&missing);
    return status;
}

enum gmr_status critique_answer(struct critique_job *job, const char *digest)
{
    const struct gmr_allocator *allocator = job->cache->allocator;
    maker_of(digest, job->maker);
    job->key = memory_allocate(allocator, job->key_room);
    job->value = memory_allocate(allocator, job->value_room);
    enum gmr_status status = job->key && job->value ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = make_room(job->cache, job->shelf);
    if (status == GMR_OK)
        status = answer_all(job);
    memory_release(allocator, job->value, job->value_room);
    memory_release(allocator, job->key, job->key_room);
    return status == GMR_OK ? flush_sometimes(job->cache) : status;
}
