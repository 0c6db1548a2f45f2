/* Comparisons as files: a line of CSV for each model and turn, and tables of the last turn as
 * papers have them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "csv.h"
#include "dialogue_results.h"

/* ---- CSV ---- */

static void put_number(FILE *out, double value)
{
    fputc(',', out);
    if (!isnan(value))
        fprintf(out, "%.6g", value);
}

/* Chances are those of the last turn. */
static void put_turn(FILE *out, const struct comparison *c, size_t i, size_t turn)
{
    const struct gmr_dialogue_evaluation *r = &c->results[i];
    csv_text(out, dialogue_subject(&c->options[i]));
    fprintf(out, ",%zu", turn + 1);
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++) {
        const struct gmr_estimate e = dialogue_estimate(&r->turn[turn], measure);
        put_number(out, e.value);
        put_number(out, e.low);
        put_number(out, e.high);
        put_number(out, turn + 1 == r->turns ? dialogue_chance(&c->differences[i], measure)
                                             : (double)NAN);
    }
    fputc('\n', out);
}

void compare_put_csv(FILE *out, const struct comparison *c)
{
    fputs("model,turn", out);
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++) {
        const char *key = dialogue_measures[measure].key;
        fprintf(out, ",%s,%s_low,%s_high,%s_p", key, key, key, key);
    }
    fputc('\n', out);
    for (size_t i = 0; i < c->count; i++)
        for (size_t turn = 0; turn < c->results[i].turns; turn++)
            put_turn(out, c, i, turn);
}

/* ---- tables ---- */

/* How a language of text writes a table. */
struct markup {
    const char *between, *end; /* of cells, of a row */
    const char *bold, *unbold; /* around the best */
    const char *star;          /* behind what differs from the reference */
    const char *special;       /* characters that get a backslash before them */
};

static const struct markup markdown = { " | ", " |\n", "**", "**", "\\*", "\\|*_`<[" };
static const struct markup latex = { " & ", " \\\\\n", "\\textbf{", "}", "$^*$", "&%$#_{}" };

static void put_text(FILE *out, const struct markup *m, const char *text)
{
    for (; *text; text++) {
        if (strchr(m->special, *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static double last_value(const struct comparison *c, size_t i, size_t measure)
{
    const struct gmr_dialogue_evaluation *r = &c->results[i];
    return dialogue_estimate(&r->turn[r->turns - 1], measure).value;
}

static bool is_best(const struct comparison *c, size_t i, size_t measure)
{
    for (size_t other = 0; other < c->count; other++)
        if (last_value(c, other, measure) > last_value(c, i, measure))
            return false;
    return true;
}

static void put_row(FILE *out, const struct markup *m, const struct comparison *c, size_t i)
{
    put_text(out, m, dialogue_subject(&c->options[i]));
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++) {
        const bool best = is_best(c, i, measure);
        const bool differs = dialogue_chance(&c->differences[i], measure) <= COMPARE_LEVEL;
        fprintf(out, "%s%s%.4f%s%s", m->between, best ? m->bold : "", last_value(c, i, measure),
                best ? m->unbold : "", differs ? m->star : "");
    }
    fputs(m->end, out);
}

void compare_put_markdown(FILE *out, const struct comparison *c)
{
    fputs("| model", out);
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++)
        fprintf(out, " | %s", dialogue_measures[measure].name);
    fputs(" |\n|---|---:|---:|---:|\n", out);
    for (size_t i = 0; i < c->count; i++) {
        fputs("| ", out);
        put_row(out, &markdown, c, i);
    }
}

void compare_put_latex(FILE *out, const struct comparison *c)
{
    fputs("\\begin{tabular}{lrrr}\n\\hline\nmodel", out);
    for (size_t measure = 0; measure < DIALOGUE_MEASURES; measure++)
        fprintf(out, " & %s", dialogue_measures[measure].name);
    fputs(" \\\\\n\\hline\n", out);
    for (size_t i = 0; i < c->count; i++)
        put_row(out, &latex, c, i);
    fputs("\\hline\n\\end{tabular}\n", out);
}
