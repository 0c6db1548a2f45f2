/* Runs of recommender training: both stages learn, what comes out is a recommender, a run that is
 * stopped ends as one that was not, and what cannot be is said before anything is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gommir/evaluation.h>

#include "base/json.h"
#include "base/status.h"
#include "model/recommender_file.h"
#include "support/encoded.h"
#include "support/message.h"
#include "support/recommender_runs.h"
#include "support/scratch.h"
#include "support/support.h"
#include "support/training.h"

enum { WIDTH = 8 /* of a model that recommending_options asks for */ };

static struct gmr_recommender_training_result result;

static void train(const struct gmr_recommender_training_options *o)
{
    if (recommending_train(NULL, o, &result) != GMR_OK)
        fail_msg("%s", gmr_error_message());
}

static void refuse(const struct gmr_recommender_training_options *o, enum gmr_status status,
                   const char *message)
{
    assert_int_equal(recommending_train(NULL, o, &result), status);
    assert_message(message);
}

/* ---- the log ---- */

/* The first or last line of a log in the scratch directory that has such a member, of this value
 * unless that is none; the caller owns it. */
static json_t *find_line(const char *name, const char *member, double value, bool first)
{
    FILE *file = fopen(in_scratch(name), "r");
    json_t *found = NULL;
    char text[4096];
    assert_non_null(file);
    while (!(first && found) && fgets(text, sizeof text, file)) {
        json_t *line = NULL;
        assert_int_equal(json_parse(text, strlen(text), 4, name, &line), GMR_OK);
        const json_t *there = json_object_get(line, member);
        if (there && (isnan(value) || json_number_value(there) == value)) {
            json_decref(found);
            found = json_incref(line);
        }
        json_decref(line);
    }
    fclose(file);
    assert_non_null(found);
    return found;
}

static json_t *first_line(const char *name, const char *member)
{
    return find_line(name, member, NAN, true);
}

static json_t *last_line(const char *name, const char *member)
{
    return find_line(name, member, NAN, false);
}

static double number(const json_t *line, const char *member)
{
    const json_t *value = json_object_get(line, member);
    if (!json_is_number(value))
        fail_msg("no number '%s'", member);
    return json_number_value(value);
}

/* ---- learning ---- */

/* With hardly any rate, weights stay what they were at first. */
static void supervision_learns(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("still");
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    o.supervised_epochs = 1;
    o.rate = 1e-12;
    train(&o);
    const double before = result.supervised.ndcg10;
    json_t *first = last_line("still/supervised/log.jsonl", "ndcg10");

    o = recommending_options("run");
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    o.supervised_epochs = 16;
    o.batch = 2;
    o.width = o.hidden = 16;
    o.rate = 1e-2;
    train(&o);
    json_t *last = last_line("run/supervised/log.jsonl", "ndcg10");
    assert_true(result.supervised.ndcg10 > before + 0.05);
    assert_true(number(last, "loss") < 0.7 * number(first, "loss"));
    json_t *best =
        find_line("run/supervised/log.jsonl", "epoch", (double)result.supervised.best_epoch, false);
    assert_true(json_number_value(json_array_get(json_object_get(best, "sr"), 2)) >
                json_number_value(json_array_get(json_object_get(first, "sr"), 2)));
    assert_int_equal(result.reinforced.epochs, 0);
    assert_false(result.is_reinforced);
    json_decref(first);
    json_decref(last);
    json_decref(best);
}

/* The parts make the whole. */
static void logs_tell_the_parts(void **state)
{
    (void)state;
    recommending_setup();
    const struct gmr_recommender_training_options o = recommending_options("run");
    train(&o);
    json_t *line = last_line("run/supervised/log.jsonl", "state");
    assert_true(fabs(number(line, "state") + number(line, "composed") - number(line, "loss")) <
                1e-5);
    assert_true(number(line, "gradient") > 0);
    json_decref(line);
    line = last_line("run/reinforced/log.jsonl", "choice");
    assert_true(fabs(number(line, "choice") + number(line, "composed") - number(line, "loss")) <
                1e-4);
    assert_true(number(line, "cross_entropy") > 0);
    assert_true(number(line, "found") >= 0 && number(line, "found") <= 1);
    json_decref(line);
}

/* Rates of the first and of the last step of a stage. */
static void read_rates(const char *log, double *first, double *last)
{
    json_t *line = last_line(log, "rate");
    *last = number(line, "rate");
    json_decref(line);
    line = first_line(log, "rate");
    *first = number(line, "rate");
    json_decref(line);
}

static void rates_fall_when_they_are_told_to(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("constant");
    double first, last;
    train(&o);
    read_rates("constant/reinforced/log.jsonl", &first, &last);
    assert_true(first == o.policy_rate && last == first);
    o = recommending_options("falling");
    o.compat = GMR_COMPAT_FALLING_RATE;
    train(&o);
    read_rates("falling/supervised/log.jsonl", &first, &last);
    assert_true(first == o.rate && last > 0 && last < 0.3 * first);
    read_rates("falling/reinforced/log.jsonl", &first, &last);
    assert_true(first == o.policy_rate && last > 0 && last < 0.3 * first);
}

/* The projection of a model that was saved, next to unlearned. */
static void read_projection(const char *name, real *weight)
{
    const size_t dim[] = { WIDTH, ENCODED_WIDTH };
    struct safetensors *file;
    assert_int_equal(safetensors_open(NULL, in_scratch("run/supervised/best.safetensors"), &file),
                     GMR_OK);
    assert_int_equal(safetensors_read(file, name, dim, 2, weight), GMR_OK);
    safetensors_close(file);
}

static void projections_begin_alike_when_told_to(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    real image[WIDTH * ENCODED_WIDTH], text[WIDTH * ENCODED_WIDTH];
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    o.supervised_epochs = 1;
    o.rate = 1e-9;
    o.compat = GMR_COMPAT_ALIGNED;
    train(&o);
    read_projection("img_linear.weight", image);
    read_projection("text_linear.weight", text);
    assert_true(normalised_error(image, text, WIDTH * ENCODED_WIDTH) < 1e-6);
    assert_true(fabs((double)image[0] - 1) < 1e-6 && fabs((double)image[1]) < 1e-6);
    json_t *config = json_load_file(in_scratch("run/config.json"), 0, NULL);
    assert_true(json_is_true(json_object_get(json_object_get(config, "model"), "aligned")));
    json_decref(config);
}

/* At first a model cannot tell the items apart, and the logarithm of their number is what a softmax
 * among all of them costs. */
static void all_items_are_told_apart_when_told_to(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    o.model = "gommir-dislikes";
    o.compat = GMR_COMPAT_ALL_ITEMS;
    o.supervised_epochs = o.epochs = 1;
    o.rate = o.policy_rate = 1e-12;
    train(&o);
    const double nats = log((double)result.items);
    json_t *line = last_line("run/supervised/log.jsonl", "state");
    assert_true(fabs(number(line, "state") - nats) < 0.4 * nats);
    json_decref(line);
    line = last_line("run/reinforced/log.jsonl", "cross_entropy");
    assert_true(fabs(number(line, "cross_entropy") - nats) < 0.4 * nats);
    json_decref(line);
}

/* Shares of the users who want what is held out. */
static void judging_is_about_items_held_out(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    o.validation = "test";
    train(&o);
    assert_true(result.held_out > 6 && result.held_out < result.items);
    json_t *line = last_line("run/supervised/log.jsonl", "ndcg10");
    const json_t *success = json_object_get(line, "sr");
    assert_int_equal(json_array_size(success), 3);
    for (size_t turn = 0; turn < 3; turn++) {
        const double users =
            json_number_value(json_array_get(success, turn)) * (double)result.held_out;
        assert_true(users > 0 && fabs(users - round(users)) < 1e-5);
    }
    json_decref(line);
}

/* What the last weights of a run do on a split, in the words and dialogues of its epochs. */
static struct gmr_dialogue_evaluation evaluate(const struct gmr_recommender_training_options *o,
                                               const char *split)
{
    struct gmr_dialogue_evaluation_options options = gmr_dialogue_evaluation_options_default();
    struct gmr_dialogue_evaluation evaluation;
    struct gmr_context *context;
    options.model = in_scratch("run/supervised/last.safetensors");
    options.catalogue = o->catalogue;
    options.split = split;
    options.encoder = o->encoder;
    options.phrasing = GMR_PHRASING_TRAINING;
    options.turns = o->turns;
    options.k = o->k;
    options.seed = o->seed;
    assert_int_equal(gmr_context_create(NULL, &context), GMR_OK);
    if (gmr_dialogue_evaluate(context, &options, &evaluation) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    gmr_context_destroy(context);
    return evaluation;
}

/* Whether an epoch was judged by these dialogues. */
static bool is_judged_by(const json_t *line, const struct gmr_dialogue_evaluation *e)
{
    double ndcg = 0;
    bool same = true;
    for (size_t turn = 0; turn < e->turns; turn++) {
        const json_t *success = json_array_get(json_object_get(line, "sr"), turn);
        same = same && fabs(json_number_value(success) - e->turn[turn].sr.value) < 1e-8;
        ndcg += round(1e4 * e->turn[turn].ndcg10.value) / 1e4 / (double)e->turns;
    }
    return same && fabs(number(line, "ndcg10") - ndcg) < 1e-8;
}

static void epochs_are_judged_as_evaluations_do(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    o.validation = "test";
    train(&o);
    json_t *line = last_line("run/supervised/log.jsonl", "ndcg10");
    const struct gmr_dialogue_evaluation held_out = evaluate(&o, "test"),
                                         learned = evaluate(&o, "train");
    assert_int_equal(held_out.users, result.held_out);
    assert_int_equal(learned.users, result.items);
    assert_true(is_judged_by(line, &held_out));
    assert_false(is_judged_by(line, &learned));
    json_decref(line);
}

static void check_file(const char *name)
{
    struct recommender_facts facts;
    struct recommender model;
    struct compute *compute;
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    if (recommender_open(&model, compute, NULL, in_scratch(name), NULL, &facts) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    assert_string_equal(model.row->name, "gommir");
    assert_int_equal(model.settings.width, 8);
    assert_int_equal(model.settings.heads, 2);
    assert_int_equal(facts.shown, 2);
    assert_int_equal(strlen(facts.encoder), DIGEST_HEX - 1);
    recommender_release(&model);
    compute_destroy(compute);
}

static void the_better_stage_is_the_result(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    o.patience = 1;
    o.epochs = 20;
    o.policy_rate = 0.5; /* ruins what was learned */
    o.rate = 1e-2;
    o.supervised_epochs = 12;
    train(&o);
    assert_true(result.supervised.best_epoch > 0 && result.reinforced.best_epoch > 0);
    assert_true(result.reinforced.epochs < 20);
    assert_int_equal(result.reinforced.epochs, result.reinforced.best_epoch + 1);
    assert_true(result.is_reinforced == (result.reinforced.ndcg10 >= result.supervised.ndcg10));
    assert_false(result.is_reinforced);
    assert_true(training_same_file("run/best.safetensors", "run/supervised/best.safetensors"));
    check_file("run/best.safetensors");
    check_file("run/reinforced/best.safetensors");
}

/* ---- going on ---- */

/* Asks for the end after so many questions. */
static bool stop_after(void *user)
{
    size_t *left = user;
    return (*left)-- == 0;
}

static void check_same(const char *file)
{
    char whole[64], parts[64];
    snprintf(whole, sizeof whole, "whole/%s", file);
    snprintf(parts, sizeof parts, "parts/%s", file);
    if (!training_same_file(whole, parts))
        fail_msg("'%s' differs", file);
}

static void stopped_runs_end_as_unbroken_ones(void **state)
{
    (void)state;
    enum gmr_status status = GMR_ERR_CANCELLED;
    size_t stops = 0;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("whole");
    train(&o);
    assert_int_equal(unlink(in_scratch("shop/critiques.db")), 0);
    o = recommending_options("parts");
    for (size_t after = 5; status == GMR_ERR_CANCELLED; after++, stops++) {
        size_t left = after;
        o.progress = (struct gmr_progress){ .cancelled = stop_after, .user = &left };
        status = recommending_train(NULL, &o, &result);
        assert_true(stops < 100);
    }
    assert_int_equal(status, GMR_OK);
    assert_true(stops > 3);
    check_same("best.safetensors");
    check_same("metrics.json");
    check_same("supervised/last.safetensors");
    check_same("reinforced/last.safetensors");
    check_same("reinforced/best.safetensors");
}

/* Stages asked for one by one end as both, and weights from elsewhere do when they are the same. */
static void stages_can_be_learned_one_by_one(void **state)
{
    (void)state;
    char from[PATH_MAX];
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("whole");
    train(&o);
    o = recommending_options("parts");
    o.stage = GMR_RECOMMENDER_REINFORCED;
    refuse(&o, GMR_ERR_NOT_FOUND, "no supervised weights to go on from");
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    train(&o);
    o.stage = GMR_RECOMMENDER_REINFORCED;
    train(&o);
    check_same("reinforced/last.safetensors");
    snprintf(from, sizeof from, "%s", in_scratch("whole/supervised/best.safetensors"));
    o = recommending_options("from");
    o.from = from;
    train(&o);
    assert_int_equal(result.supervised.epochs, 0);
    assert_true(result.is_reinforced);
    assert_true(training_same_file("whole/reinforced/last.safetensors",
                                   "from/reinforced/last.safetensors"));
}

/* ---- what is refused ---- */

static void other_settings_are_refused(void **state)
{
    (void)state;
    char from[PATH_MAX];
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    train(&o);
    o.batch = 4;
    refuse(&o, GMR_ERR_STATE, "batch was 8, now 4");
    o = recommending_options("run");
    o.compat = GMR_COMPAT_OMIT_LAST;
    refuse(&o, GMR_ERR_STATE, "compat was 0, now 1");
    o = recommending_options("run");
    o.policy_rate = 1e-3;
    refuse(&o, GMR_ERR_STATE, "rate was");
    snprintf(from, sizeof from, "%s", in_scratch("run/supervised/last.safetensors"));
    o = recommending_options("run");
    o.from = from;
    refuse(&o, GMR_ERR_STATE, "from was");
}

static void what_cannot_be_is_said_at_once(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    o.train = "nonsense";
    o.validation = "train";
    refuse(&o, GMR_ERR_NOT_FOUND, "no split 'nonsense'");
    o = recommending_options("run");
    o.model = "nonsense";
    refuse(&o, GMR_ERR_NOT_FOUND, "no recommender 'nonsense'");
    o = recommending_options("run");
    o.turns = 30;
    refuse(&o, GMR_ERR_RANGE, "too few for 31 lists of 2");
    o = recommending_options("run");
    o.heads = 3;
    refuse(&o, GMR_ERR_RANGE, "width 8 does not divide into 3 heads");
    o = recommending_options("run");
    o.k = 1;
    refuse(&o, GMR_ERR_RANGE, "nothing to dislike");
    o.model = "gommir-dislikes";
    o.stage = GMR_RECOMMENDER_SUPERVISED;
    refuse(&o, GMR_ERR_RANGE, "nothing to dislike");
    assert_int_not_equal(access(in_scratch("run"), F_OK), 0);
}

static void numbers_that_are_none_are_told(void **state)
{
    (void)state;
    recommending_setup();
    struct gmr_recommender_training_options o = recommending_options("run");
    o.margin = 1e300; /* more than a loss can be */
    assert_int_equal(recommending_train(NULL, &o, &result), GMR_ERR_NUMERIC);
    assert_message("step 1: ");
    assert_message(".c:");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(supervision_learns),
        TEST(logs_tell_the_parts),
        TEST(rates_fall_when_they_are_told_to),
        TEST(projections_begin_alike_when_told_to),
        TEST(all_items_are_told_apart_when_told_to),
        TEST(judging_is_about_items_held_out),
        TEST(epochs_are_judged_as_evaluations_do),
        TEST(the_better_stage_is_the_result),
        TEST(stopped_runs_end_as_unbroken_ones),
        TEST(stages_can_be_learned_one_by_one),
        TEST(other_settings_are_refused),
        TEST(what_cannot_be_is_said_at_once),
        TEST(numbers_that_are_none_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
