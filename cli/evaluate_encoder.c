/* Measuring encoders: the library's call, and its result as a table or JSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluate.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "terminal.h"

/* ---- JSON ---- */

static void json_retrieval(struct json *json, const char *key, const struct gmr_retrieval *r)
{
    json_open(json, key, '{');
    json_number(json, "r1", r->recall_1.value);
    json_number(json, "r5", r->recall_5.value);
    json_number(json, "r10", r->recall_10.value);
    json_number(json, "median_rank", r->median_rank.value);
    json_number(json, "mean_reciprocal", r->mean_reciprocal.value);
    json_close(json, '}');
}

static void json_zero_shot(struct json *json, const struct gmr_zero_shot *z)
{
    json_open(json, NULL, '{');
    json_text(json, "attribute", z->attribute);
    json_count(json, "classes", z->classes);
    json_count(json, "items", z->items);
    json_number(json, "accuracy", z->accuracy.value);
    json_number(json, "balanced", z->balanced.value);
    json_number(json, "majority", z->majority);
    json_close(json, '}');
}

static void json_retrieval_intervals(struct json *json, const char *key,
                                     const struct gmr_retrieval *r)
{
    json_open(json, key, '{');
    evaluate_json_interval(json, "r1", r->recall_1);
    evaluate_json_interval(json, "r5", r->recall_5);
    evaluate_json_interval(json, "r10", r->recall_10);
    evaluate_json_interval(json, "median_rank", r->median_rank);
    evaluate_json_interval(json, "mean_reciprocal", r->mean_reciprocal);
    json_close(json, '}');
}

static void json_intervals(struct json *json, const struct gmr_encoder_evaluation *r)
{
    json_open(json, "ci95", '{');
    json_retrieval_intervals(json, "text_to_picture", &r->text_to_picture);
    json_retrieval_intervals(json, "picture_to_text", &r->picture_to_text);
    json_open(json, "zero_shot", '[');
    for (size_t i = 0; i < r->zero_shot_count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "attribute", r->zero_shot[i].attribute);
        evaluate_json_interval(json, "accuracy", r->zero_shot[i].accuracy);
        evaluate_json_interval(json, "balanced", r->zero_shot[i].balanced);
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

static void print_json(const struct gmr_encoder_evaluation_options *o,
                       const struct gmr_encoder_evaluation *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "model", o->model);
    json_text(&json, "catalogue", o->catalogue);
    json_text(&json, "split", o->split);
    json_count(&json, "seed", o->seed);
    json_count(&json, "items", r->items);
    json_count(&json, "without_picture", r->without_picture);
    json_count(&json, "broken_pictures", r->broken_pictures);
    json_count(&json, "block", o->block);
    json_count(&json, "ranked", r->ranked);
    json_retrieval(&json, "text_to_picture", &r->text_to_picture);
    json_retrieval(&json, "picture_to_text", &r->picture_to_text);
    json_open(&json, "zero_shot", '[');
    for (size_t i = 0; i < r->zero_shot_count; i++)
        json_zero_shot(&json, &r->zero_shot[i]);
    json_close(&json, ']');
    json_intervals(&json, r);
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}

/* ---- tables ---- */

enum { ESTIMATE_COLUMNS = 25 };

static void print_measure(const char *name, struct gmr_estimate forth, struct gmr_estimate back,
                          double scale)
{
    printf("  %-20s", name);
    evaluate_print_estimate(forth, scale, 1, ESTIMATE_COLUMNS);
    evaluate_print_estimate(back, scale, 1, ESTIMATE_COLUMNS);
    putchar('\n');
}

static void print_retrieval(const struct gmr_encoder_evaluation_options *o,
                            const struct gmr_encoder_evaluation *r)
{
    const struct gmr_retrieval *forth = &r->text_to_picture, *back = &r->picture_to_text;
    const bool whole = o->block == 0 || o->block > r->items;
    printf("Found among %zu items, for %zu items\n\n", whole ? r->items : o->block, r->ranked);
    printf("  %-20s%*s%*s\n", "", ESTIMATE_COLUMNS, "text to picture", ESTIMATE_COLUMNS,
           "picture to text");
    print_measure("first", forth->recall_1, back->recall_1, 100);
    print_measure("among the first 5", forth->recall_5, back->recall_5, 100);
    print_measure("among the first 10", forth->recall_10, back->recall_10, 100);
    print_measure("median rank", forth->median_rank, back->median_rank, 1);
}

static void print_zero_shot(const struct gmr_zero_shot *z)
{
    fputs("  ", stdout);
    terminal_print_padded(z->attribute, 16);
    printf("%8zu%8zu", z->classes, z->items);
    evaluate_print_estimate(z->accuracy, 100, 1, ESTIMATE_COLUMNS);
    evaluate_print_estimate(z->balanced, 100, 1, ESTIMATE_COLUMNS);
    printf("%9.1f %%\n", 100 * z->majority);
}

static void print_zero_shots(const struct gmr_encoder_evaluation *r)
{
    if (r->zero_shot_count == 0)
        return;
    printf("\nClassified by words alone\n\n  %-16s%8s%8s%*s%*s%11s\n", "attribute", "classes",
           "items", ESTIMATE_COLUMNS, "accuracy", ESTIMATE_COLUMNS, "mean over classes",
           "commonest");
    for (size_t i = 0; i < r->zero_shot_count; i++)
        print_zero_shot(&r->zero_shot[i]);
}

static void print_table(const struct gmr_encoder_evaluation_options *o,
                        const struct gmr_encoder_evaluation *r)
{
    print_retrieval(o, r);
    print_zero_shots(r);
    printf("\n  %-12s%zu of split '", "items", r->items);
    terminal_print(stdout, o->split);
    printf("'; %zu without picture, %zu with a broken one\n", r->without_picture,
           r->broken_pictures);
    printf("  %-12s%s\n", "in brackets", "95 % intervals over items");
    printf("  %-12s%.1f s\n", "time", r->seconds);
}

/* ---- the call ---- */

static enum gmr_status run(struct gmr_context *context, struct evaluate_arguments *arguments,
                           struct gmr_encoder_evaluation *result)
{
    struct progress progress;
    arguments->encoder.progress = progress_begin(&progress, arguments->common.quiet);
    const enum gmr_status status = gmr_encoder_evaluate(context, &arguments->encoder, result);
    progress_clear(&progress);
    return status;
}

enum exit_status evaluate_encoder(struct gmr_context *context, struct evaluate_arguments *arguments)
{
    struct gmr_encoder_evaluation result;
    if (run(context, arguments, &result) != GMR_OK)
        return common_failed();
    if (result.broken_pictures > 0 && !arguments->common.quiet)
        output_message("%zu pictures were left out, the first: %s", result.broken_pictures,
                       result.problem);
    if (arguments->common.json)
        print_json(&arguments->encoder, &result);
    else
        print_table(&arguments->encoder, &result);
    return EXIT_DONE;
}
