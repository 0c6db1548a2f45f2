/* FashionIQ, for the three kinds of clothes T: image_splits/split.T.S.json lists the items of each
 * split S, captions/cap.T.S.json says how a target differs from a candidate, and
 * split.T.S.filter.json, in filter_splits/ or image_splits/, lists the items that published models
 * use, in their order. Keys are ASINs. Items whose picture is missing stay: most users of the data
 * set have only part of the pictures. An item may be of two kinds. */
#include <stdio.h>
#include <string.h>

#include "catalogue/import/formats.h"
#include "catalogue/import/lists.h"
#include "catalogue/import/words.h"

enum { KINDS = 3, PARTS = 3, LISTS = 2, NAME_SIZE = 128 };

static const struct {
    const char *name, *category;
} kinds[KINDS] = { { "dress", "dress" }, { "shirt", "shirt" }, { "toptee", "top" } };

static const char *const parts[PARTS] = { "train", "val", "test" };

/* A list of items and the split it makes; places where it may lie, the first that has it counts. */
static const struct {
    const char *suffix;
    const char *folders[2];
} lists[LISTS] = { { "", { "image_splits" } }, { ".filter", { "filter_splits", "image_splits" } } };

struct fashioniq {
    struct import_job *job;
    struct arena arena;                 /* of one item */
    json_t *names[KINDS][PARTS][LISTS]; /* NULL: no such file */
    json_t *captions[KINDS][PARTS];
    json_t *known; /* key: bits of its kinds */
    size_t pairs;
};

/* ---- reading ---- */

static enum gmr_status read_list(struct fashioniq *f, size_t kind, size_t part, size_t list)
{
    char name[NAME_SIZE];
    json_t **names = &f->names[kind][part][list];
    for (size_t i = 0; i < 2 && !*names && lists[list].folders[i]; i++) {
        snprintf(name, sizeof name, "%s/split.%s.%s%s.json", lists[list].folders[i],
                 kinds[kind].name, parts[part], lists[list].suffix);
        TRY(lists_read_names(f->job, name, names));
    }
    return lists_note_all(f->known, &f->arena, *names, 1 << kind);
}

static enum gmr_status note_captions(struct fashioniq *f, const json_t *captions, int mark)
{
    static const char *const members[] = { "candidate", "target" };
    for (size_t i = 0; i < json_array_size(captions); i++)
        for (size_t m = 0; m < 2; m++) {
            const char *name =
                json_string_value(json_object_get(json_array_get(captions, i), members[m]));
            if (name && name[0] != '\0')
                TRY(lists_note(f->known, &f->arena, name, mark));
        }
    return GMR_OK;
}

static enum gmr_status read_files(struct fashioniq *f)
{
    char name[NAME_SIZE];
    for (size_t k = 0; k < KINDS; k++)
        for (size_t p = 0; p < PARTS; p++) {
            for (size_t l = 0; l < LISTS; l++)
                TRY(read_list(f, k, p, l));
            snprintf(name, sizeof name, "captions/cap.%s.%s.json", kinds[k].name, parts[p]);
            TRY(lists_read(f->job, name, &f->captions[k][p]));
            TRY(note_captions(f, f->captions[k][p], 1 << k));
        }
    return GMR_OK;
}

/* ---- handing over ---- */

static enum gmr_status add_item(struct fashioniq *f, const char *key, json_int_t marks)
{
    struct gmr_attribute categories[KINDS];
    struct import_item item = { .key = key, .attributes = categories };
    arena_clear(&f->arena);
    for (size_t k = 0; k < KINDS; k++)
        if (marks & 1 << k)
            categories[item.attribute_count++] =
                (struct gmr_attribute){ .name = "category", .value = kinds[k].category };
    item.title = arena_printf(&f->arena, "%s %s", categories[0].value, key);
    if (!item.title)
        return GMR_ERR_NOMEM;
    return lists_add_item(f->job, &f->arena, &item);
}

static enum gmr_status add_items(struct fashioniq *f)
{
    const char *key;
    json_t *marks;
    f->job->total = json_object_size(f->known);
    json_object_foreach(f->known, key, marks) TRY(add_item(f, key, json_integer_value(marks)));
    return job_flush(f->job);
}

static enum gmr_status add_caption(struct fashioniq *f, const char *split, const char *target,
                                   const char *candidate, const json_t *text)
{
    const char *words = json_is_string(text) ? words_trim(&f->arena, json_string_value(text)) : "";
    if (!words)
        return GMR_ERR_NOMEM;
    if (words[0] == '\0')
        return job_skip_caption(f->job, split, candidate, "an empty caption");
    return job_caption(f->job, split, f->pairs, target, candidate, words);
}

/* All captions of a pair get one number. */
static enum gmr_status add_pair(struct fashioniq *f, const char *split, const json_t *pair)
{
    const json_t *texts = json_object_get(pair, "captions");
    const json_t *target = json_object_get(pair, "target");
    const char *candidate = json_string_value(json_object_get(pair, "candidate"));
    if (!candidate || (target && !json_is_string(target)) || !json_is_array(texts))
        return job_skip_caption(f->job, split, candidate,
                                "not an object of candidate, target and captions");
    arena_clear(&f->arena);
    candidate = lists_key(&f->arena, candidate);
    const char *key = target ? lists_key(&f->arena, json_string_value(target)) : NULL;
    if (!candidate || (target && !key))
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < json_array_size(texts); i++)
        TRY(add_caption(f, split, key, candidate, json_array_get(texts, i)));
    f->pairs++;
    return GMR_OK;
}

static enum gmr_status add_part(struct fashioniq *f, size_t kind, size_t part)
{
    char split[NAME_SIZE];
    for (size_t l = 0; l < LISTS; l++) {
        snprintf(split, sizeof split, "%s.%s%s", kinds[kind].name, parts[part], lists[l].suffix);
        TRY(lists_add_split(f->job, &f->arena, split, f->names[kind][part][l]));
    }
    snprintf(split, sizeof split, "%s.%s", kinds[kind].name, parts[part]);
    for (size_t i = 0; i < json_array_size(f->captions[kind][part]); i++)
        TRY(add_pair(f, split, json_array_get(f->captions[kind][part], i)));
    return GMR_OK;
}

static enum gmr_status run(struct fashioniq *f)
{
    f->known = json_object();
    if (!f->known)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    TRY(read_files(f));
    TRY(add_items(f));
    for (size_t k = 0; k < KINDS; k++)
        for (size_t p = 0; p < PARTS; p++)
            TRY(add_part(f, k, p));
    return GMR_OK;
}

enum gmr_status import_fashioniq(struct import_job *job)
{
    struct fashioniq f = { .job = job };
    arena_init(&f.arena, job->allocator, 0);
    const enum gmr_status status = run(&f);
    for (size_t k = 0; k < KINDS; k++)
        for (size_t p = 0; p < PARTS; p++) {
            for (size_t l = 0; l < LISTS; l++)
                json_decref(f.names[k][p][l]);
            json_decref(f.captions[k][p]);
        }
    json_decref(f.known);
    arena_release(&f.arena);
    return status;
}
