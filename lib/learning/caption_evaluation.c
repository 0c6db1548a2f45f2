#include "learning/caption_evaluation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "learning/bootstrap.h"

/* ---- statistics over pairs ---- */

enum { ROUGE = CAPTION_NGRAM, CIDER, TRUE_OF_TARGET, DISTINGUISHING, RESULTS };

struct scored {
    const struct caption_score *score;      /* [count] */
    const struct critique_verdict *verdict; /* [count] */
};

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

/* A bootstrap_statistic: shares are of all statements of the sample, however many a pair has. */
static void measure(const void *subject, const uint32_t *times, size_t count, double *result)
{
    const struct scored *s = subject;
    double rouge = 0, cider = 0, known = 0, true_of_target = 0, both = 0, distinguishing = 0;
    caption_bleu(s->score, times, count, result);
    for (size_t i = 0; i < count; i++) {
        const double weight = times[i];
        rouge += weight * s->score[i].rouge;
        cider += weight * s->score[i].cider;
        known += weight * (double)s->verdict[i].known;
        true_of_target += weight * (double)s->verdict[i].true_of_target;
        both += weight * (double)s->verdict[i].known_of_both;
        distinguishing += weight * (double)s->verdict[i].distinguishing;
    }
    result[ROUGE] = rouge / (double)count;
    result[CIDER] = cider / (double)count;
    result[TRUE_OF_TARGET] = share(true_of_target, known);
    result[DISTINGUISHING] = share(distinguishing, both);
}

static void tell(const struct gmr_estimate *estimate, struct gmr_caption_measures *m)
{
    memcpy(m->bleu, estimate, sizeof m->bleu);
    m->rouge_l = estimate[ROUGE];
    m->cider_d = estimate[CIDER];
    m->true_of_target = estimate[TRUE_OF_TARGET];
    m->distinguishing = estimate[DISTINGUISHING];
}

static void count_statements(const struct critique_verdict *verdict, size_t count,
                             struct gmr_caption_measures *m)
{
    const double none = (double)NAN;
    for (size_t i = 0; i < count; i++) {
        m->statements += verdict[i].statements;
        m->known += verdict[i].known;
        m->known_of_both += verdict[i].known_of_both;
        m->words += verdict[i].words;
        m->understood_words += verdict[i].understood_words;
    }
    if (m->known == 0)
        m->true_of_target = (struct gmr_estimate){ none, none, none };
    if (m->known_of_both == 0)
        m->distinguishing = (struct gmr_estimate){ none, none, none };
}

/* ---- one kind of critiques ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum gmr_status count_distinct(const struct gmr_allocator *allocator,
                                      const char *const *texts, size_t count, size_t *distinct)
{
    const char **sorted = memory_array(allocator, count, sizeof *sorted);
    if (!sorted)
        return GMR_ERR_NOMEM;
    memcpy(sorted, texts, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_text);
    *distinct = 0;
    for (size_t i = 0; i < count; i++)
        *distinct += i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0;
    memory_release(allocator, sorted, count * sizeof *sorted);
    return GMR_OK;
}

static enum gmr_status evaluate(const struct caption_evaluation *e, const char *const *texts,
                                struct caption_score *score, struct critique_verdict *verdict,
                                struct gmr_caption_measures *m)
{
    const struct scored scored = { score, verdict };
    struct gmr_estimate estimate[RESULTS];
    for (size_t i = 0; i < e->count; i++) {
        e->cases[i].candidate = texts[i];
        if (e->judge)
            attribute_critic_judge(e->judge, texts[i], e->pairs[i], &verdict[i]);
    }
    TRY(caption_measure(e->allocator, e->cases, e->count, score));
    TRY(bootstrap_run(e->allocator, measure, &scored, e->count, RESULTS, e->seed, estimate));
    tell(estimate, m);
    count_statements(verdict, e->count, m);
    return count_distinct(e->allocator, texts, e->count, &m->distinct);
}

enum gmr_status caption_evaluate(const struct caption_evaluation *e, const char *const *texts,
                                 struct gmr_caption_measures *measures)
{
    struct caption_score *score = memory_array(e->allocator, e->count, sizeof *score);
    struct critique_verdict *verdict = memory_array(e->allocator, e->count, sizeof *verdict);
    *measures = (struct gmr_caption_measures){ 0 };
    const enum gmr_status status =
        score && verdict ? evaluate(e, texts, score, verdict, measures) : GMR_ERR_NOMEM;
    memory_release(e->allocator, verdict, e->count * sizeof *verdict);
    memory_release(e->allocator, score, e->count * sizeof *score);
    return status;
}

/* ---- consensus ---- */

/* Case i count + j: text i beside text j. */
static void find_consensus(const struct caption_score *score, size_t count, size_t *place)
{
    double best = -1;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t j = 0; j < count; j++)
            sum += score[i * count + j].rouge;
        if (sum > best) {
            best = sum;
            *place = i;
        }
    }
}

enum gmr_status caption_consensus(const struct gmr_allocator *allocator, const char *const *texts,
                                  size_t count, size_t *place)
{
    const size_t all = count * count;
    struct caption_case *cases = memory_array(allocator, all, sizeof *cases);
    struct caption_score *score = memory_array(allocator, all, sizeof *score);
    enum gmr_status status = cases && score ? GMR_OK : GMR_ERR_NOMEM;
    for (size_t i = 0; status == GMR_OK && i < all; i++)
        cases[i] = (struct caption_case){ texts[i / count], &texts[i % count], 1 };
    if (status == GMR_OK)
        status = caption_measure(allocator, cases, all, score);
    if (status == GMR_OK)
        find_consensus(score, count, place);
    memory_release(allocator, score, all * sizeof *score);
    memory_release(allocator, cases, all * sizeof *cases);
    return status;
}
