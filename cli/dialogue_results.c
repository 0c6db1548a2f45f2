#include "dialogue_results.h"

#include <math.h>
#include <string.h>

#include "evaluate.h"
#include "json.h"

#define MEASURE(key, name)                                   \
    {                                                        \
#key, name, offsetof(struct gmr_dialogue_turn, key), \
            offsetof(struct gmr_dialogue_difference, key)    \
    }

const struct dialogue_measure dialogue_measures[DIALOGUE_MEASURES] = {
    MEASURE(sr, "success"),
    MEASURE(ndcg3, "NDCG@3"),
    MEASURE(ndcg10, "NDCG@10"),
};

struct gmr_estimate dialogue_estimate(const struct gmr_dialogue_turn *turn, size_t measure)
{
    struct gmr_estimate estimate;
    memcpy(&estimate, (const char *)turn + dialogue_measures[measure].offset, sizeof estimate);
    return estimate;
}

double dialogue_chance(const struct gmr_dialogue_difference *difference, size_t measure)
{
    double chance;
    memcpy(&chance, (const char *)difference + dialogue_measures[measure].chance, sizeof chance);
    return chance;
}

const char *dialogue_subject(const struct gmr_dialogue_evaluation_options *options)
{
    return options->model ? options->model : options->policy;
}

/* ---- JSON ---- */

static void json_options(struct json *json, const struct gmr_dialogue_evaluation_options *o,
                         const struct gmr_dialogue_evaluation *r)
{
    json_text(json, "model", dialogue_subject(o));
    json_text(json, o->model ? "recommender" : "policy", r->name);
    json_text(json, "catalogue", o->catalogue);
    json_text(json, "split", o->split);
    json_text(json, "protocol", o->protocol == GMR_PROTOCOL_PAPER ? "paper" : "clean");
    json_text(json, "encoder", o->encoder);
    json_text(json, "critic", o->captioner ? o->captioner : r->critic);
    if (!o->captioner)
        json_text(json, "phrasing", gmr_phrasing_name(o->phrasing));
    json_text(json, "like", o->like_by_encoder ? "encoder" : "model");
    json_count(json, "users", r->users);
    json_count(json, "left_out", r->left_out);
    json_count(json, "in_first_list", r->in_first_list);
    json_count(json, "k", o->k);
    json_count(json, "turns", o->turns);
    json_count(json, "seed", o->seed);
}

static void json_measures(struct json *json, const struct gmr_dialogue_evaluation *r,
                          bool intervals)
{
    for (size_t i = 0; i < DIALOGUE_MEASURES; i++) {
        json_open(json, dialogue_measures[i].key, '[');
        for (size_t turn = 0; turn < r->turns; turn++)
            if (intervals)
                evaluate_json_interval(json, NULL, dialogue_estimate(&r->turn[turn], i));
            else
                json_number(json, NULL, dialogue_estimate(&r->turn[turn], i).value);
        json_close(json, ']');
    }
}

void dialogue_measures_json(struct json *json, const struct gmr_dialogue_evaluation *result)
{
    json_measures(json, result, false);
    json_open(json, "ci95", '{');
    json_measures(json, result, true);
    json_close(json, '}');
}

void dialogue_results_json(struct json *json, const struct gmr_dialogue_evaluation_options *options,
                           const struct gmr_dialogue_evaluation *result)
{
    json_options(json, options, result);
    dialogue_measures_json(json, result);
    json_number(json, "seconds", round(1000 * result->seconds) / 1000);
}
