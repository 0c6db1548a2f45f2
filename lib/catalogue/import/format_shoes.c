/* Shoes: relative_captions_shoes.json, captions_shoes.json and lists of items. The lists of the
 * first release, train_im_names.txt and eval_im_names.txt (or test_im_names.txt), make the splits
 * "shoe.train", "shoe.val" and "shoe.test"; split.shoe.P.filter.json makes "shoe.P.filter". In
 * the published data val and test are one list, and the filter lists are those of the first
 * release; where the first kind is missing the second stands in for it. Keys are the names of the
 * pictures, img_womens_<category>_<n>, which tell the category. */
#include <stdio.h>
#include <string.h>

#include "catalogue/import/formats.h"
#include "catalogue/import/lists.h"
#include "catalogue/import/words.h"

enum { PARTS = 3, NAME_SIZE = 64 };

static const struct {
    const char *name;
    const char *files[2]; /* the first that is there */
    const char *filter;
} parts[PARTS] = {
    { "shoe.train", { "train_im_names.txt", NULL }, "split.shoe.train.filter.json" },
    { "shoe.val", { "eval_im_names.txt", "test_im_names.txt" }, "split.shoe.val.filter.json" },
    { "shoe.test", { "eval_im_names.txt", "test_im_names.txt" }, "split.shoe.test.filter.json" },
};

struct shoes {
    struct import_job *job;
    struct arena arena; /* of one item */
    json_t *names[PARTS], *filters[PARTS];
    json_t *captions, *relative;
    json_t *known;        /* key: bits of its parts */
    json_t *descriptions; /* key: text */
};

/* ---- reading ---- */

static const char *text_member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && text[0] != '\0' ? text : NULL;
}

static enum gmr_status read_part(struct shoes *s, size_t p)
{
    for (size_t i = 0; i < 2 && !s->names[p] && parts[p].files[i]; i++)
        TRY(lists_read_names(s->job, parts[p].files[i], &s->names[p]));
    TRY(lists_read_names(s->job, parts[p].filter, &s->filters[p]));
    if (!s->names[p])
        s->names[p] = json_incref(s->filters[p]);
    TRY(lists_note_all(s->known, &s->arena, s->names[p], 1 << p));
    return lists_note_all(s->known, &s->arena, s->filters[p], 1 << p);
}

static enum gmr_status read_relative(struct shoes *s)
{
    static const char *const members[] = { "ReferenceImageName", "ImageName" };
    TRY(lists_read(s->job, "relative_captions_shoes.json", &s->relative));
    for (size_t i = 0; i < json_array_size(s->relative); i++)
        for (size_t m = 0; m < 2; m++) {
            const char *name = text_member(json_array_get(s->relative, i), members[m]);
            if (name)
                TRY(lists_note(s->known, &s->arena, name, 0));
        }
    return GMR_OK;
}

static enum gmr_status read_captions(struct shoes *s)
{
    TRY(lists_read(s->job, "captions_shoes.json", &s->captions));
    for (size_t i = 0; i < json_array_size(s->captions); i++) {
        const json_t *entry = json_array_get(s->captions, i);
        const char *name = text_member(entry, "ImageName");
        if (!name || !text_member(entry, "Caption")) {
            TRY(job_skip_caption(s->job, "captions_shoes.json", name,
                                 "not an object of ImageName and Caption"));
            continue;
        }
        TRY(lists_note(s->known, &s->arena, name, 0));
        const char *key = lists_key(&s->arena, name);
        if (!key)
            return GMR_ERR_NOMEM;
        if (json_object_set(s->descriptions, key, json_object_get(entry, "Caption")) != 0)
            return gmr_error(GMR_ERR_NOMEM, "out of memory");
    }
    return GMR_OK;
}

/* ---- handing over ---- */

/* "img_womens_rain_boots_12": category "rain boots", title "rain boots 12". Other names have no
 * category and stay as they are. */
static enum gmr_status name_parts(struct arena *arena, const char *key, char **category,
                                  const char **title)
{
    static const char prefix[] = "img_womens_";
    const char *last = strrchr(key, '_');
    *category = NULL;
    *title = key;
    if (strncmp(key, prefix, sizeof prefix - 1) != 0 || last < key + sizeof prefix)
        return GMR_OK;
    const char *start = key + sizeof prefix - 1;
    const char *words = arena_strndup(arena, start, (size_t)(last - start));
    *category = words ? words_plain(arena, words) : NULL;
    *title = *category ? arena_printf(arena, "%s %s", *category, last + 1) : NULL;
    return *title ? GMR_OK : GMR_ERR_NOMEM;
}

static enum gmr_status add_item(struct shoes *s, const char *key)
{
    struct import_item item = { .key = key };
    char *category;
    arena_clear(&s->arena);
    TRY(name_parts(&s->arena, key, &category, &item.title));
    const struct gmr_attribute attribute = { .name = "category", .value = category };
    item.attributes = &attribute;
    item.attribute_count = category ? 1 : 0;
    item.description = json_string_value(json_object_get(s->descriptions, key));
    return lists_add_item(s->job, &s->arena, &item);
}

static enum gmr_status add_items(struct shoes *s)
{
    const char *key;
    json_t *marks;
    s->job->total = json_object_size(s->known);
    json_object_foreach(s->known, key, marks) TRY(add_item(s, key));
    return job_flush(s->job);
}

static enum gmr_status add_splits(struct shoes *s)
{
    char filter[NAME_SIZE];
    for (size_t p = 0; p < PARTS; p++)
        TRY(lists_add_split(s->job, &s->arena, parts[p].name, s->names[p]));
    for (size_t p = 0; p < PARTS; p++) {
        snprintf(filter, sizeof filter, "%s.filter", parts[p].name);
        TRY(lists_add_split(s->job, &s->arena, filter, s->filters[p]));
    }
    return GMR_OK;
}

/* A caption belongs to the first part that its target is in: "shoe.train", else "shoe.val". */
static const char *split_of(const struct shoes *s, const char *target)
{
    const json_int_t marks = json_integer_value(json_object_get(s->known, target));
    for (size_t p = 0; p < PARTS; p++)
        if (marks & 1 << p)
            return parts[p].name;
    return NULL;
}

static enum gmr_status add_relative(struct shoes *s, size_t pair, const json_t *entry)
{
    const char *target = text_member(entry, "ImageName");
    const char *candidate = text_member(entry, "ReferenceImageName");
    const char *caption = text_member(entry, "RelativeCaption");
    arena_clear(&s->arena);
    const char *text = words_trim(&s->arena, caption ? caption : "");
    if (!text)
        return GMR_ERR_NOMEM;
    if (!target || !candidate || text[0] == '\0')
        return job_skip_caption(s->job, "relative_captions_shoes.json", candidate,
                                "not an object of ImageName, ReferenceImageName and "
                                "RelativeCaption");
    target = lists_key(&s->arena, target);
    candidate = lists_key(&s->arena, candidate);
    if (!target || !candidate)
        return GMR_ERR_NOMEM;
    return job_caption(s->job, split_of(s, target), pair, target, candidate, text);
}

static enum gmr_status run(struct shoes *s)
{
    s->known = json_object();
    s->descriptions = json_object();
    if (!s->known || !s->descriptions)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    for (size_t p = 0; p < PARTS; p++)
        TRY(read_part(s, p));
    TRY(read_relative(s));
    TRY(read_captions(s));
    TRY(add_items(s));
    TRY(add_splits(s));
    for (size_t i = 0; i < json_array_size(s->relative); i++)
        TRY(add_relative(s, i, json_array_get(s->relative, i)));
    return GMR_OK;
}

enum gmr_status import_shoes(struct import_job *job)
{
    struct shoes s = { .job = job };
    arena_init(&s.arena, job->allocator, 0);
    const enum gmr_status status = run(&s);
    for (size_t p = 0; p < PARTS; p++) {
        json_decref(s.names[p]);
        json_decref(s.filters[p]);
    }
    json_decref(s.captions);
    json_decref(s.relative);
    json_decref(s.known);
    json_decref(s.descriptions);
    arena_release(&s.arena);
    return status;
}
