/* What a demonstration has measured, on standard output. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"
#include "dialogue_results.h"
#include "json.h"
#include "terminal.h"

static const struct gmr_dialogue_evaluation *last_of(const struct demo_outcome *o)
{
    return &o->result->policy[o->result->policies - 1].evaluation;
}

size_t demo_turns(const struct demo_outcome *outcome, size_t turns[DEMO_TURNS])
{
    const size_t last = outcome->options->turns;
    size_t count = 0;
    turns[count++] = 1;
    if ((last + 1) / 2 > 1)
        turns[count++] = (last + 1) / 2;
    if (last > turns[count - 1])
        turns[count++] = last;
    return count;
}

/* ---- tables ---- */

enum { NAME_COLUMNS = 14, COLUMNS = 21 };

static void print_estimate(struct gmr_estimate e)
{
    char text[96];
    snprintf(text, sizeof text, "%.1f (%.1f - %.1f)", 100 * e.value, 100 * e.low, 100 * e.high);
    printf("%*s", COLUMNS, text);
}

static void print_table(const struct demo_outcome *o, size_t measure)
{
    size_t turns[DEMO_TURNS];
    const size_t count = demo_turns(o, turns);
    printf("  %-*s", NAME_COLUMNS, dialogue_measures[measure].name);
    for (size_t i = 0; i < count; i++)
        printf("%*s %2zu", COLUMNS - 3, "turn", turns[i]);
    for (size_t p = 0; p < o->result->policies; p++) {
        const struct gmr_demo_policy *policy = &o->result->policy[p];
        printf("\n  %-*s", NAME_COLUMNS, policy->name);
        for (size_t i = 0; i < count; i++)
            print_estimate(dialogue_estimate(&policy->evaluation.turn[turns[i] - 1], measure));
    }
    printf("\n\n");
}

/* ---- the curve ---- */

/* A mark of each policy; what is drawn later covers what was there. */
enum { ROWS = 16, TURN_COLUMNS = 6, AXIS = 9, WIDTH = AXIS + TURN_COLUMNS * GMR_MAX_TURNS };

static char mark_of(const struct demo_outcome *o, size_t policy)
{
    return policy + 1 == o->result->policies ? '*' : o->result->policy[policy].name[0];
}

static size_t row_of(double share)
{
    const double row = share * ROWS + 0.5;
    return row < 0 ? 0 : row > ROWS ? ROWS : (size_t)row;
}

/* From one turn to the next in a straight line: the trained one of stars, others of their letter at
 * each turn only. */
static void plot(char cell[ROWS + 1][WIDTH], const struct demo_outcome *o, size_t policy)
{
    const struct gmr_dialogue_evaluation *e = &o->result->policy[policy].evaluation;
    for (size_t turn = 0; turn < e->turns; turn++)
        cell[row_of(e->turn[turn].sr.value)][AXIS + TURN_COLUMNS * turn] = mark_of(o, policy);
}

static void print_axis(const struct demo_outcome *o)
{
    printf("  %*s +", AXIS - 4, "");
    for (size_t turn = 0; turn < o->options->turns; turn++)
        printf("%.*s", TURN_COLUMNS, "---------");
    printf("\n  %*s  ", AXIS - 4, "");
    for (size_t turn = 0; turn < o->options->turns; turn++)
        printf("%*zu%*s", turn == 0 ? 1 : TURN_COLUMNS, turn + 1, 0, "");
    printf("  turn\n\n  ");
    for (size_t p = 0; p < o->result->policies; p++)
        printf("%s%c %s", p > 0 ? "   " : "", mark_of(o, p), o->result->policy[p].name);
    printf("\n");
}

static void print_curve(const struct demo_outcome *o)
{
    static char cell[ROWS + 1][WIDTH];
    const int width = (int)(TURN_COLUMNS * (o->options->turns - 1) + 1);
    memset(cell, ' ', sizeof cell);
    for (size_t p = 0; p < o->result->policies; p++)
        plot(cell, o, p);
    printf("  success: wanted products that were recommended by each turn\n\n");
    for (size_t row = ROWS + 1; row-- > 0;) {
        if (row % (ROWS / 4) == 0)
            printf("  %*zu %%", AXIS - 6, 100 * row / ROWS);
        else
            printf("  %*s", AXIS - 4, "");
        printf(" |%.*s\n", width, cell[row] + AXIS);
    }
    print_axis(o);
}

void demo_print(const struct demo_outcome *o, const char *report)
{
    const struct gmr_recommender_training_result *t = &o->result->training;
    const bool color = terminal_has_color(stdout);
    printf("%sWhat %zu simulated users found%s, each of whom wants another product of the test\n"
           "split, sees %zu at a time and says what is missing, in %% (95 %% intervals)\n\n",
           color ? "\033[1m" : "", last_of(o)->users, color ? "\033[0m" : "", o->options->k);
    print_table(o, 0);
    print_table(o, DIALOGUE_MEASURES - 1);
    print_curve(o);
    printf("\n  %-12s%zu learned from, %zu to choose the best epoch, %zu for the test\n",
           "products", t->items, t->held_out, last_of(o)->users);
    printf("  %-12s%zu\n", "parameters", t->parameters);
    printf("  %-12s%.1f s\n", "time", o->result->seconds);
    printf("  %-12s", "report");
    terminal_print(stdout, report);
    printf("\n");
}

/* ---- JSON ---- */

static void json_stage(struct json *json, const char *name,
                       const struct gmr_recommender_stage_result *stage)
{
    json_open(json, name, '{');
    json_count(json, "epochs", stage->epochs);
    json_count(json, "best_epoch", stage->best_epoch);
    json_number(json, "ndcg10", stage->ndcg10);
    json_close(json, '}');
}

static void json_policies(struct json *json, const struct gmr_demo_result *result)
{
    json_open(json, "policies", '[');
    for (size_t p = 0; p < result->policies; p++) {
        json_open(json, NULL, '{');
        json_text(json, "policy", result->policy[p].name);
        dialogue_measures_json(json, &result->policy[p].evaluation);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void demo_print_json(const struct demo_outcome *o, const char *report)
{
    const struct gmr_demo_result *r = o->result;
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_text(&json, "directory", o->options->directory);
    json_text(&json, "report", report);
    json_count(&json, "items", o->options->items);
    json_count(&json, "users", last_of(o)->users);
    json_count(&json, "turns", o->options->turns);
    json_count(&json, "k", o->options->k);
    json_count(&json, "seed", o->options->seed);
    json_count(&json, "parameters", r->training.parameters);
    json_stage(&json, "supervised", &r->training.supervised);
    json_stage(&json, "reinforced", &r->training.reinforced);
    json_policies(&json, r);
    json_number(&json, "seconds", round(1000 * r->seconds) / 1000);
    json_close(&json, '}');
}
