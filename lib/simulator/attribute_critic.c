/* A critic is a grammar and what the catalogue's attributes say in its terms. */
#include "simulator/attribute_critic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "simulator/grammar/grammar.h"
#include "simulator/grammar/hear.h"
#include "simulator/grammar/say.h"
#include "simulator/grammar/traits.h"

struct attribute_critic {
    struct critic critic; /* first: what is given out is this */
    const struct gmr_allocator *allocator;
    struct attribute_critic_options options;
    enum phrase_set set;
    struct grammar grammar;
    struct traits traits;
};

static enum gmr_status critiques(struct critic *critic, const struct critic_pair *pairs,
                                 struct critic_memory *memory, size_t count,
                                 char (*texts)[CRITIC_TEXT])
{
    const struct attribute_critic *a = (const struct attribute_critic *)critic;
    for (size_t i = 0; i < count; i++) {
        struct critic_memory fresh = { .dialogue = i };
        struct utterance utterance;
        say_critique(&a->grammar, &a->traits, a->options.seed, a->set, pairs[i],
                     memory ? &memory[i] : &fresh, &utterance);
        memcpy(texts[i], utterance.text, strlen(utterance.text) + 1);
    }
    return GMR_OK;
}

static void destroy(struct critic *critic)
{
    attribute_critic_destroy((struct attribute_critic *)critic);
}

/* Of the grammar's text and the options. */
static void make_digest(struct attribute_critic *critic)
{
    struct digest digest;
    uint8_t result[DIGEST_SIZE];
    char settings[64];
    snprintf(settings, sizeof settings, "attribute critic 1 %" PRIu64 " %d %d",
             critic->options.seed, (int)critic->set, (int)critic->options.seen_only);
    digest_init(&digest);
    digest_add_text(&digest, settings);
    digest_add_text(&digest, critic->grammar.digest);
    digest_finish(&digest, result);
    digest_hex(result, critic->critic.digest);
}

/* What has no weight is understood and never spoken of. */
static void hush_unseen(struct grammar *grammar)
{
    for (size_t i = 0; i < grammar->topics; i++)
        if (grammar->topic[i].unseen)
            grammar->topic[i].weight = 0;
}

enum gmr_status attribute_critic_create(const struct gmr_allocator *allocator,
                                        struct catalogue *catalogue,
                                        const struct attribute_critic_options *options,
                                        struct attribute_critic **critic)
{
    struct attribute_critic *made = memory_array(allocator, 1, sizeof *made);
    *critic = NULL;
    if (!made)
        return GMR_ERR_NOMEM;
    made->allocator = made->traits.allocator = allocator;
    made->options = *options;
    made->set = options->phrasing == GMR_PHRASING_TRAINING ? SET_TRAINING : SET_EVALUATION;
    made->critic =
        (struct critic){ .name = "attributes", .critiques = critiques, .destroy = destroy };
    enum gmr_status status = grammar_read_own(&made->grammar, allocator);
    if (status == GMR_OK)
        status = traits_read(&made->traits, allocator, catalogue, &made->grammar);
    if (status == GMR_OK)
        status = grammar_compile(&made->grammar);
    if (status != GMR_OK) {
        attribute_critic_destroy(made);
        return status;
    }
    if (options->seen_only)
        hush_unseen(&made->grammar);
    make_digest(made);
    *critic = made;
    return GMR_OK;
}

void attribute_critic_destroy(struct attribute_critic *critic)
{
    if (!critic)
        return;
    traits_release(&critic->traits);
    grammar_release(&critic->grammar);
    memory_release(critic->allocator, critic, sizeof *critic);
}

struct critic *attribute_critic(struct attribute_critic *critic)
{
    return &critic->critic;
}

/* ---- judging ---- */

static void judge_statement(const struct attribute_critic *critic,
                            const struct statement *statement, struct critic_pair pair,
                            struct critique_verdict *verdict)
{
    const bool compares =
        statement->relation == RELATION_MORE || statement->relation == RELATION_LESS;
    const enum truth target =
        traits_truth(&critic->traits, &critic->grammar, statement, pair.target, pair.candidate);
    const enum truth candidate =
        traits_truth(&critic->traits, &critic->grammar, statement, pair.candidate, pair.target);
    verdict->known += target != TRUTH_UNKNOWN;
    verdict->true_of_target += target == TRUTH_TRUE;
    verdict->known_of_both += target != TRUTH_UNKNOWN && candidate != TRUTH_UNKNOWN;
    verdict->distinguishing += target == TRUTH_TRUE && (compares || candidate == TRUTH_FALSE);
}

void attribute_critic_judge(const struct attribute_critic *critic, const char *text,
                            struct critic_pair pair, struct critique_verdict *verdict)
{
    struct heard heard;
    hear_critique(&critic->grammar, text, &heard);
    *verdict = (struct critique_verdict){ .statements = heard.statements,
                                          .words = heard.words,
                                          .understood_words = heard.understood };
    for (size_t i = 0; i < heard.statements; i++)
        judge_statement(critic, &heard.statement[i], pair, verdict);
}

/* ---- closing ---- */

void attribute_critic_closing(const struct attribute_critic *critic, size_t target, char *text,
                              size_t size)
{
    static const char place[] = "{noun}";
    const struct grammar *grammar = &critic->grammar;
    const struct value *value = &grammar->value[critic->traits.item[target].noun];
    const char *remark = grammar->closing[value->noun ? value->many : 2];
    const char *at = strstr(remark, place);
    if (at)
        snprintf(text, size, "%.*s%s%s", (int)(at - remark), remark, value->noun,
                 at + sizeof place - 1);
    else
        snprintf(text, size, "%s", remark);
}
