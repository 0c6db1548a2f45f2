/* Where dialogues are kept: FOLDER/NAME-DIGEST, NAME being the recommender's or the rule's and
 * DIGEST of all that the dialogues depend on, so that other weights, items or words are another
 * record and the same ones are found again, whatever their files are called. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <gommir/version.h>

#include "api/dialogue_evaluation.h"
#include "base/status.h"

enum { NAME_DIGITS = 12 };

/* The sha256 of a file, "" where there is none. */
static enum gmr_status digest_of(const char *path, char hex[DIGEST_HEX])
{
    hex[0] = '\0';
    return path ? digest_file(path, hex) : GMR_OK;
}

/* Everything that decides the dialogues; the caller owns it. NULL without memory. */
static json_t *facts_of(const struct gmr_dialogue_evaluation_options *o,
                        const struct policy *policy, const char *weights, const char *vocabulary,
                        const char *source)
{
    return json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:I, s:I}", "job",
                     "dialogues", "version", 1, "gommir", gmr_version(), "recommender",
                     policy->name, "weights", weights, "vocabulary", vocabulary, "source", source,
                     "paper", o->protocol == GMR_PROTOCOL_PAPER, "like_by_encoder",
                     o->like_by_encoder, "turns", (json_int_t)o->turns, "k", (json_int_t)o->k,
                     "seed", (json_int_t)o->seed);
}

/* Beside them, where all of it was. */
static void tell_places(json_t *facts, const struct gmr_dialogue_evaluation_options *o)
{
    json_object_set_new(facts, RUN_ABOUT,
                        json_pack("{s:s, s:s, s:s, s:s?, s:s?}", "catalogue", o->catalogue, "split",
                                  o->split, "encoder", o->encoder, "model", o->model, "captioner",
                                  o->captioner));
}

static enum gmr_status name_record(const json_t *facts, const char *folder, const char *policy,
                                   char path[PATH_MAX])
{
    char *text = json_dumps(facts, JSON_COMPACT | JSON_SORT_KEYS);
    char hex[DIGEST_HEX];
    uint8_t bytes[DIGEST_SIZE];
    struct digest digest;
    if (!text)
        return gmr_error(GMR_ERR_NOMEM, "out of memory");
    digest_init(&digest);
    digest_add_text(&digest, text);
    digest_finish(&digest, bytes);
    free(text);
    const int length =
        snprintf(path, PATH_MAX, "%s/%s-%.*s", folder, policy, NAME_DIGITS, digest_hex(bytes, hex));
    if (length > 0 && length < PATH_MAX)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "the path '%s' is too long", folder);
}

enum gmr_status dialogue_keep(struct dialogue_record *record, const struct gmr_allocator *allocator,
                              const char *folder, const struct gmr_dialogue_evaluation_options *o,
                              const struct policy *policy, const struct catalogue_source *source)
{
    const size_t users = catalogue_source(source)->items;
    const struct dialogue_record_size size = { users, o->turns, o->k,
                                               policy->draws ? users : POLICY_EVALUATION_BATCH };
    char weights[DIGEST_HEX], vocabulary[DIGEST_HEX], items[DIGEST_HEX], path[PATH_MAX];
    TRY(digest_of(o->model, weights));
    TRY(digest_of(o->vocabulary, vocabulary));
    TRY(catalogue_source_digest(source, items));
    json_t *facts = facts_of(o, policy, weights, vocabulary, items);
    const enum gmr_status status = name_record(facts, folder, policy->name, path);
    if (status != GMR_OK) {
        json_decref(facts);
        return status;
    }
    tell_places(facts, o);
    return dialogue_record_open(record, allocator, path, facts, size);
}
