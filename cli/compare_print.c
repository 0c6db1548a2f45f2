/* Comparisons for people and programs. */
#include <stdio.h>

#include "compare.h"
#include "dialogue_results.h"
#include "evaluate.h"
#include "json.h"
#include "terminal.h"

enum { COLUMNS = 24 };

/* ---- the table ---- */

static void print_row(const struct comparison *c, size_t i)
{
    const struct gmr_dialogue_evaluation *r = &c->results[i];
    fputs("\n", stdout);
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++) {
        const bool differs = dialogue_chance(&c->differences[i], measure) <= COMPARE_LEVEL;
        evaluate_print_estimate(dialogue_estimate(&r->turn[r->turns - 1], measure), 100, 1,
                                COLUMNS);
        fputs(differs ? " *" : "  ", stdout);
    }
    fputs("  ", stdout);
    terminal_print(stdout, dialogue_subject(&c->options[i]));
}

void compare_print_table(const struct comparison *c)
{
    const struct gmr_dialogue_evaluation_options *o = &c->options[c->reference];
    double seconds = 0;
    printf("Dialogues of %zu users, who want the items of split '", c->results[0].users);
    terminal_print(stdout, o->split);
    printf("', after %zu critique%s\n\n", o->turns, o->turns == 1 ? "" : "s");
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++)
        printf("%*s  ", COLUMNS, dialogue_measures[measure].name);
    for (size_t i = 0; i < c->count; i++) {
        print_row(c, i);
        seconds += c->results[i].seconds;
    }
    printf("\n\n  %-12samong the first %zu, now or before\n", "success", o->k);
    printf("  %-12s%s\n", "in brackets", "95 % intervals over users");
    printf("  %-12sdiffers from ", "*");
    terminal_print(stdout, dialogue_subject(o));
    printf(" (paired t-tests over users, corrected by Holm, p <= %.2f)\n", COMPARE_LEVEL);
    printf("  %-12s%.1f s\n", "time", seconds);
}

/* ---- JSON ---- */

static void print_object(struct json *json, const struct comparison *c, size_t i)
{
    json_open(json, NULL, '{');
    dialogue_results_json(json, &c->options[i], &c->results[i]);
    json_open(json, "p_holm", '{');
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++)
        json_number(json, dialogue_measures[measure].key,
                    dialogue_chance(&c->differences[i], measure));
    json_close(json, '}');
    json_close(json, '}');
}

void compare_put_json(FILE *out, const struct comparison *c)
{
    struct json json = json_start(out);
    json_open(&json, NULL, '{');
    json_open(&json, "models", '[');
    for (size_t i = 0; i < c->count; i++)
        print_object(&json, c, i);
    json_close(&json, ']');
    json_text(&json, "reference", dialogue_subject(&c->options[c->reference]));
    json_close(&json, '}');
}
