/* Measuring captioners: the library's call, and its result as a table or JSON. */
#include <math.h>
#include <stdio.h>

#include "data_file.h"
#include "evaluate.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "terminal.h"

/* The measures in the order in which they are told. */
static const struct measure {
    const char *key, *name;
    size_t offset;
    double scale;
} measures[] = {
#define BLEU(n) offsetof(struct gmr_caption_measures, bleu) + ((n)-1) * sizeof(struct gmr_estimate)
    { "bleu1", "BLEU-1", BLEU(1), 100 },
    { "bleu2", "BLEU-2", BLEU(2), 100 },
    { "bleu3", "BLEU-3", BLEU(3), 100 },
    { "bleu4", "BLEU-4", BLEU(4), 100 },
    { "rouge_l", "ROUGE-L", offsetof(struct gmr_caption_measures, rouge_l), 100 },
    { "cider_d", "CIDEr-D", offsetof(struct gmr_caption_measures, cider_d), 1 },
    { "true", "true of target", offsetof(struct gmr_caption_measures, true_of_target), 100 },
    { "distinguishing", "and not of other", offsetof(struct gmr_caption_measures, distinguishing),
      100 },
};

enum { MEASURES = sizeof measures / sizeof *measures, COLUMNS = 26 };

static struct gmr_estimate estimate(const struct gmr_caption_measures *m, size_t i)
{
    return *(const struct gmr_estimate *)((const char *)m + measures[i].offset);
}

/* ---- JSON ---- */

static void json_measures(struct json *json, const char *key, const struct gmr_caption_measures *m)
{
    json_open(json, key, '{');
    for (size_t i = 0; i < MEASURES; i++)
        json_number(json, measures[i].key, estimate(m, i).value);
    json_count(json, "statements", m->statements);
    json_count(json, "known", m->known);
    json_count(json, "known_of_both", m->known_of_both);
    json_count(json, "words", m->words);
    json_count(json, "understood_words", m->understood_words);
    json_count(json, "distinct", m->distinct);
    json_open(json, "ci95", '{');
    for (size_t i = 0; i < MEASURES; i++)
        evaluate_json_interval(json, measures[i].key, estimate(m, i));
    json_close(json, '}');
    json_close(json, '}');
}

static void print_json(const struct gmr_captioner_evaluation_options *o,
                       const struct gmr_captioner_evaluation *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "model", o->model);
    json_text(&json, "catalogue", o->catalogue);
    json_text(&json, "split", o->split);
    json_text(&json, "references", o->captions ? "captions" : "attributes");
    json_count(&json, "seed", o->seed);
    json_count(&json, "items", r->items);
    json_count(&json, "pairs", r->pairs);
    json_measures(&json, "captioner", &r->captioner);
    if (*r->constant_text) {
        json_text(&json, "constant_text", r->constant_text);
        json_measures(&json, "constant", &r->constant);
    }
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}

/* ---- tables ---- */

static void print_table(const struct gmr_captioner_evaluation_options *o,
                        const struct gmr_captioner_evaluation *r)
{
    const struct gmr_caption_measures *m = &r->captioner;
    const bool has_constant = *r->constant_text != '\0';
    printf("Critiques of %zu pairs of %zu items of split '", r->pairs, r->items);
    terminal_print(stdout, o->split);
    printf("'\n\n  %-18s%*s", "", COLUMNS, "captioner");
    printf(has_constant ? "%*s\n" : "\n", COLUMNS, "one sentence for all");
    for (size_t i = 0; i < MEASURES; i++) {
        printf("  %-18s", measures[i].name);
        evaluate_print_estimate(estimate(m, i), measures[i].scale, measures[i].scale > 1 ? 1 : 3,
                                COLUMNS);
        if (has_constant)
            evaluate_print_estimate(estimate(&r->constant, i), measures[i].scale,
                                    measures[i].scale > 1 ? 1 : 3, COLUMNS);
        putchar('\n');
    }
    printf("\n  %-12s%zu, %zu of them different, %.1f words each\n", "sentences", r->pairs,
           m->distinct, (double)m->words / (double)r->pairs);
    printf("  %-12s%zu; attributes tell of %zu whether they are true of the target, of %zu for "
           "both\n",
           "statements", m->statements, m->known, m->known_of_both);
    if (has_constant) {
        printf("  %-12s", "for all");
        terminal_print(stdout, r->constant_text);
        putchar('\n');
    }
    printf("  %-12s%s\n", "in brackets", "95 % intervals over pairs");
    printf("  %-12s%.1f s\n", "time", r->seconds);
}

/* ---- the call ---- */

static enum gmr_status run(struct gmr_context *context,
                           struct gmr_captioner_evaluation_options *options, bool quiet,
                           struct gmr_captioner_evaluation *result)
{
    struct progress progress;
    options->progress = progress_begin(&progress, quiet);
    const enum gmr_status status = gmr_captioner_evaluate(context, options, result);
    progress_clear(&progress);
    return status;
}

enum exit_status evaluate_captioner(struct gmr_context *context,
                                    struct evaluate_arguments *arguments)
{
    struct gmr_captioner_evaluation_options *options = &arguments->captioner;
    struct gmr_captioner_evaluation result;
    options->model = arguments->encoder.model;
    options->catalogue = arguments->encoder.catalogue;
    options->split = arguments->encoder.split;
    options->seed = arguments->common.seed;
    if (!options->features)
        options->features = data_file(DATA_FILE_ENCODER);
    if (!options->features) {
        output_message("--features is missing, and the encoder that comes with gommir is not "
                       "there");
        return EXIT_USAGE;
    }
    if (run(context, options, arguments->common.quiet, &result) != GMR_OK)
        return common_failed();
    if (arguments->common.json)
        print_json(options, &result);
    else
        print_table(options, &result);
    return EXIT_DONE;
}
