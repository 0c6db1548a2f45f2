/* Beam search as published (ruotianluo/ImageCaptioning.pytorch, CaptionModel.beam_search): at each
 * step every beam goes on with every token, and of all these the `beam` best sums of
 * log-probabilities are kept, equal ones in order of beam and token. One that ends, or reaches the
 * last step, is set aside with its sum; the best sum wins, of equal ones the first found. There is
 * no penalty for length.
 *
 * There a finished beam stays, its sum lowered by 1000, so that others fill its place. Here it
 * leaves, and so does any beam whose sum is no longer above the best finished one: as no
 * log-probability is above 0, nothing that grows out of such a sum can win, nor what it would push
 * out, which is lower still. The winner is the same, and a pair is done as soon as it is known. */
#include <math.h>
#include <string.h>

#include "simulator/captioner/decoding_inside.h"

static double log_sum_exp(const real *x, size_t n)
{
    double top = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, x[i]);
    if (top == -INFINITY)
        return 0;
    for (size_t i = 0; i < n; i++)
        sum += exp((double)x[i] - top);
    return top + log(sum);
}

/* Puts a candidate where it belongs among the best, behind its equals; returns how many there are.
 */
static size_t insert(struct ranked *best, size_t count, size_t most, struct ranked candidate)
{
    size_t at = count;
    while (at > 0 && best[at - 1].value < candidate.value)
        at--;
    if (at == most)
        return count;
    if (count < most)
        count++;
    memmove(best + at + 1, best + at, (count - 1 - at) * sizeof *best);
    best[at] = candidate;
    return count;
}

/* The best continuations of all beams of a place, into d->rank. */
static size_t find_best(struct decoder *d, size_t place, const real *scores, size_t most)
{
    const size_t beam = d->room.beam, classes = d->room.classes, length = d->room.length;
    size_t count = 0;
    for (size_t row = 0; row < d->width; row++, scores += classes) {
        const int64_t *said = d->said + (place * beam + row) * length;
        const double sum = d->sum[place * beam + row];
        if (sum == -INFINITY)
            continue;
        decoder_constrain(d, scores, log_sum_exp(scores, classes),
                          d->step > 0 ? (size_t)said[d->step - 1] : 0);
        for (size_t i = 0; i < classes; i++)
            if (d->score[i] > -INFINITY)
                count = insert(d->rank, count, most, (struct ranked){ sum + d->score[i], row, i });
    }
    return count;
}

/* A sentence that has ended, unless a better one has: `said` are its words but the last token. */
static void set_aside(struct decoder *d, size_t place, const struct ranked *last,
                      const int64_t *said)
{
    int64_t *ids = d->ids + d->pair[place] * d->room.length;
    if (last->value <= d->place[place].best)
        return;
    d->place[place].best = last->value;
    memset(ids, 0, d->room.length * sizeof *ids);
    memcpy(ids, said, d->step * sizeof *ids);
    ids[d->step] = (int64_t)last->token;
}

/* A row that goes on. */
static void put_row(struct decoder *d, size_t place, size_t row, const struct ranked *next,
                    size_t width)
{
    const size_t at = place * d->room.beam + row, length = d->room.length;
    int64_t *said = d->said + at * length;
    d->sum[at] = next->value;
    d->token[place * width + row] = (int64_t)next->token;
    d->source[place * width + row] = (int64_t)(place * d->width + next->row);
    memcpy(said, d->spare + next->row * length, d->step * sizeof *said);
    said[d->step] = (int64_t)next->token;
}

void decoder_extend_beams(struct decoder *d, size_t place, const real *scores, size_t width)
{
    const size_t length = d->room.length;
    const bool last_step = d->step + 1 == length;
    const struct ranked none = { .value = -INFINITY };
    const size_t count = find_best(d, place, scores, width);
    size_t rows = 0;
    memcpy(d->spare, d->said + place * d->room.beam * length, d->width * length * sizeof *d->spare);
    for (size_t i = 0; i < count; i++)
        if (d->rank[i].token == 0 || last_step)
            set_aside(d, place, &d->rank[i], d->spare + d->rank[i].row * length);
    for (size_t i = 0; i < count; i++)
        if (d->rank[i].token != 0 && !last_step && d->rank[i].value > d->place[place].best)
            put_row(d, place, rows++, &d->rank[i], width);
    d->place[place].ended = rows == 0;
    for (; rows < width; rows++)
        put_row(d, place, rows, &none, width);
}
