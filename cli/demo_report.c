/* The page about a demonstration: what was done, tables, the success curve as a drawing, and a few
 * dialogues. */
#include <stdio.h>

#include <gommir/catalogue.h>

#include "common.h"
#include "demo.h"
#include "dialogue_results.h"
#include "page.h"

static const char style[] =
    "h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }\n"
    "table { border-collapse: collapse; } caption { text-align: left; font-weight: 600; }\n"
    "th, td { padding: .25rem .9rem .25rem 0; text-align: right; }\n"
    "th:first-child { text-align: left; font-weight: 400; }\n"
    "td small { color: var(--faint); } tr.best { color: var(--good); }\n"
    ".tables { overflow-x: auto; display: grid; gap: 1.5rem; }\n"
    "svg { width: 100%; max-width: 46rem; height: auto; font: 12px system-ui, sans-serif; }\n"
    "svg text { fill: var(--ink); } svg .grid { stroke: var(--line); }\n"
    "svg polyline { fill: none; stroke-width: 2; }\n";

/* ---- tables ---- */

static void put_row(FILE *out, const struct gmr_demo_policy *policy, bool is_best, size_t measure,
                    const size_t *turns, size_t count)
{
    fprintf(out, "<tr%s><th>", is_best ? " class=\"best\"" : "");
    page_text(out, policy->name);
    fputs("</th>", out);
    for (size_t i = 0; i < count; i++) {
        const struct gmr_estimate e =
            dialogue_estimate(&policy->evaluation.turn[turns[i] - 1], measure);
        fprintf(out, "<td>%.1f&nbsp;%% <small>%.1f&ndash;%.1f</small></td>", 100 * e.value,
                100 * e.low, 100 * e.high);
    }
    fputs("</tr>\n", out);
}

static void put_table(FILE *out, const struct demo_outcome *o, size_t measure)
{
    size_t turns[DEMO_TURNS];
    const size_t count = demo_turns(o, turns), last = o->result->policies - 1;
    fprintf(out, "<table><caption>%s</caption>\n<tr><th></th>", dialogue_measures[measure].name);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "<th>turn %zu</th>", turns[i]);
    fputs("</tr>\n", out);
    for (size_t p = 0; p <= last; p++)
        put_row(out, &o->result->policy[p], p == last, measure, turns, count);
    fputs("</table>\n", out);
}

/* ---- the curve ---- */

enum { LEFT = 50, TOP = 15, PLOT_WIDTH = 500, PLOT_HEIGHT = 260, LEGEND = LEFT + PLOT_WIDTH + 20 };

static const char *const colour[GMR_DEMO_MAX_POLICIES] = { "#8a8a8a", "#56b4e9", "#e69f00",
                                                           "#cc79a7", "#0072b2", "#1b9e5a",
                                                           "#d55e00", "#f0e442" };

static double x_of(const struct demo_outcome *o, size_t turn)
{
    const size_t turns = o->options->turns;
    return turns < 2 ? LEFT : LEFT + (double)PLOT_WIDTH * (double)turn / (double)(turns - 1);
}

static double y_of(double share)
{
    return TOP + PLOT_HEIGHT * (1 - share);
}

static void put_axes(FILE *out, const struct demo_outcome *o)
{
    for (int percent = 0; percent <= 100; percent += 25) {
        const double y = y_of(percent / 100.0);
        fprintf(out,
                "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d %%</text>\n",
                LEFT, LEFT + PLOT_WIDTH, y, y, LEFT - 8, y + 4, percent);
    }
    for (size_t turn = 0; turn < o->options->turns; turn++)
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%zu</text>\n", x_of(o, turn),
                TOP + PLOT_HEIGHT + 20, turn + 1);
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">turn</text>\n",
            LEFT + PLOT_WIDTH / 2, TOP + PLOT_HEIGHT + 38);
}

static void put_line(FILE *out, const struct demo_outcome *o, size_t policy)
{
    const struct gmr_demo_policy *p = &o->result->policy[policy];
    const int y = TOP + 15 + 20 * (int)(o->result->policies - 1 - policy);
    fprintf(out, "<polyline stroke=\"%s\" points=\"", colour[policy]);
    for (size_t turn = 0; turn < p->evaluation.turns; turn++)
        fprintf(out, "%s%.1f,%.1f", turn > 0 ? " " : "", x_of(o, turn),
                y_of(p->evaluation.turn[turn].sr.value));
    fprintf(out, "\"/>\n<polyline stroke=\"%s\" points=\"%d,%d %d,%d\"/><text x=\"%d\" y=\"%d\">",
            colour[policy], LEGEND, y, LEGEND + 20, y, LEGEND + 28, y + 4);
    page_text(out, p->name);
    fputs("</text>\n", out);
}

static void put_curve(FILE *out, const struct demo_outcome *o)
{
    fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Success by turn\">\n",
            LEGEND + 130, TOP + PLOT_HEIGHT + 45);
    put_axes(out, o);
    for (size_t p = 0; p < o->result->policies; p++)
        put_line(out, o, p);
    fputs("</svg>\n", out);
}

/* ---- the page ---- */

static void put_story(FILE *out, const struct demo_outcome *o)
{
    const struct gmr_recommender_training_result *t = &o->result->training;
    const size_t users = o->result->policy[0].evaluation.users;
    fprintf(out,
            "<h1>Finding products by conversation</h1>\n<p class=\"about\">%zu products were drawn "
            "and their pictures encoded. A recommender of %zu parameters learned from dialogues "
            "about %zu of them with simulated users, who are shown %zu at a time, like the closest "
            "and say what it lacks: %zu epochs on random lists, then %zu on what it "
            "recommended itself; %zu others chose the best epoch. ",
            o->options->items, t->parameters, t->items, o->options->k, t->supervised.epochs,
            t->reinforced.epochs, t->held_out);
    fprintf(out,
            "Then %zu users, who each want another product that nothing was learned from and word "
            "things in ways it has not heard, talked to it, to what it was before policy learning, "
            "and to rules that need no training. Seed %llu, %.0f seconds.</p>\n",
            users, (unsigned long long)o->options->seed, o->result->seconds);
}

static enum gmr_status put_page(FILE *out, struct gmr_catalogue *catalogue, const void *of)
{
    const struct demo_outcome *o = of;
    char both[4096];
    snprintf(both, sizeof both, "%s%s", style, dialogue_page_style);
    page_begin(out, "Finding products by conversation", both);
    put_story(out, o);
    fputs("<h2>Success by turn</h2>\n", out);
    put_curve(out, o);
    fputs("<h2>By turn, with 95 % intervals over users</h2>\n<div class=\"tables\">\n", out);
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++)
        put_table(out, o, measure);
    fputs("</div>\n<h2>Dialogues with the trained recommender</h2>\n<main>\n", out);
    const enum gmr_status status = dialogue_page_put(out, catalogue, o->dialogues);
    fputs("</main>\n</body>\n</html>\n", out);
    return status;
}

enum exit_status demo_report_write(struct gmr_context *context, const struct demo_outcome *outcome,
                                   const char *path)
{
    struct gmr_catalogue *catalogue;
    if (gmr_catalogue_open(context, outcome->dialogues->catalogue, &catalogue) != GMR_OK)
        return common_failed();
    const enum exit_status exit_status = page_write(catalogue, put_page, outcome, path);
    gmr_catalogue_close(catalogue);
    return exit_status;
}
