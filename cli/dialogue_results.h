/* What is told of dialogues that were measured, by every command that measures them. */
#ifndef CLI_DIALOGUE_RESULTS_H
#define CLI_DIALOGUE_RESULTS_H

#include <stddef.h>

#include <gommir/evaluation.h>

/* The measures in the order in which they are told. */
struct dialogue_measure {
    const char *key, *name;
    size_t offset; /* of its estimate in a struct gmr_dialogue_turn */
    size_t chance; /* of its chance in a struct gmr_dialogue_difference */
};

enum { DIALOGUE_MEASURES = 3 };
extern const struct dialogue_measure dialogue_measures[DIALOGUE_MEASURES];

struct gmr_estimate dialogue_estimate(const struct gmr_dialogue_turn *turn, size_t measure);
double dialogue_chance(const struct gmr_dialogue_difference *difference, size_t measure);

/* What was measured: the file of the model, or the name of the policy. */
const char *dialogue_subject(const struct gmr_dialogue_evaluation_options *options);

/* The members of a JSON object that is open. */
struct json;
void dialogue_results_json(struct json *json, const struct gmr_dialogue_evaluation_options *options,
                           const struct gmr_dialogue_evaluation *result);

#endif
