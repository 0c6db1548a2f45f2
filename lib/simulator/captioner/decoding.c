/* The decoder: options, constraints, memory, and who is left after a step. */
#include "simulator/captioner/decoding.h"

#include <math.h>
#include <string.h>

#include "simulator/captioner/decoding_inside.h"

/* ---- options ---- */

static bool has_temperature(enum decoding_mode mode)
{
    return mode == DECODE_SAMPLE || mode == DECODE_TOP_K || mode == DECODE_NUCLEUS ||
           mode == DECODE_GUMBEL;
}

enum gmr_status decoding_options_check(const struct decoding_options *o)
{
    if (o->mode > DECODE_GUMBEL)
        return gmr_error(GMR_ERR_RANGE, "there is no way of decoding %d", (int)o->mode);
    if (o->mode == DECODE_BEAM && (o->beam < 1 || o->beam > DECODING_MAX_BEAM))
        return gmr_error(GMR_ERR_RANGE, "beam is %zu, must be 1 to %d", o->beam, DECODING_MAX_BEAM);
    if (has_temperature(o->mode) && !(o->temperature > 0 && isfinite(o->temperature)))
        return gmr_error(GMR_ERR_RANGE, "temperature is %g, must be above 0", o->temperature);
    if (o->mode == DECODE_TOP_K && o->top_k < 1)
        return gmr_error(GMR_ERR_RANGE, "the number of likeliest words is 0, must be at least 1");
    if (o->mode == DECODE_NUCLEUS && !(o->top_p > 0 && o->top_p <= 1))
        return gmr_error(GMR_ERR_RANGE, "the mass of a nucleus is %g, must be above 0, at most 1",
                         o->top_p);
    return GMR_OK;
}

/* ---- constraints ---- */

static const char UNKNOWN[] = "UNK";
static const double UNKNOWN_PENALTY = 1000;

/* The published decoder's list of bad endings. */
static bool is_bad_end(const char *word)
{
    static const char *const list[] = {
        "a",    "an",   "the", "in", "for", "at", "of",    "with", "before", "after", "on",
        "upon", "near", "to",  "is", "are", "am", UNKNOWN, "has",  "and",    "more"
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

static void read_words(struct decoder *d, const char *const *words)
{
    const size_t classes = d->room.classes;
    for (size_t i = 1; i < classes; i++)
        d->no_end[i] = is_bad_end(words[i]);
    d->unknown = classes > 1 && strcmp(words[classes - 1], UNKNOWN) == 0;
}

void decoder_constrain(struct decoder *d, const real *scores, double less, size_t last)
{
    const size_t classes = d->room.classes;
    for (size_t i = 0; i < classes; i++)
        d->score[i] = (double)scores[i] - less;
    if (!d->options.constrained)
        return;
    if (d->no_end[last])
        d->score[0] = -INFINITY;
    if (d->unknown)
        d->score[classes - 1] -= UNKNOWN_PENALTY;
}

/* ---- memory ---- */

static size_t rank_room(const struct decoder_room *r)
{
    return r->classes > r->beam ? r->classes : r->beam;
}

static bool take_memory(struct decoder *d)
{
    const struct gmr_allocator *a = d->allocator;
    const struct decoder_room *r = &d->room;
    size_t rows;
    if (!memory_product(r->pairs, r->beam, &rows))
        return false;
    d->token = memory_array(a, rows, sizeof *d->token);
    d->source = memory_array(a, rows, sizeof *d->source);
    d->pair = memory_array(a, r->pairs, sizeof *d->pair);
    d->no_end = memory_array(a, r->classes, sizeof *d->no_end);
    d->score = memory_array(a, r->classes, sizeof *d->score);
    d->rank = memory_array(a, rank_room(r), sizeof *d->rank);
    d->place = memory_array(a, r->pairs, sizeof *d->place);
    d->sum = memory_array(a, rows, sizeof *d->sum);
    d->said = memory_array(a, rows, r->length * sizeof *d->said);
    d->spare = memory_array(a, r->beam, r->length * sizeof *d->spare);
    return d->token && d->source && d->pair && d->no_end && d->score && d->rank && d->place &&
           d->sum && d->said && d->spare;
}

enum gmr_status decoder_create(const struct gmr_allocator *allocator, struct decoder_room room,
                               const char *const *words, struct decoder **decoder)
{
    struct decoder *d = memory_array(allocator, 1, sizeof *d);
    if (!d)
        return GMR_ERR_NOMEM;
    d->allocator = allocator;
    d->room = room;
    if (!take_memory(d)) {
        decoder_destroy(d);
        return GMR_ERR_NOMEM;
    }
    read_words(d, words);
    *decoder = d;
    return GMR_OK;
}

void decoder_destroy(struct decoder *d)
{
    if (!d)
        return;
    const struct gmr_allocator *a = d->allocator;
    const struct decoder_room *r = &d->room;
    const size_t rows = r->pairs * r->beam;
    memory_release(a, d->token, rows * sizeof *d->token);
    memory_release(a, d->source, rows * sizeof *d->source);
    memory_release(a, d->pair, r->pairs * sizeof *d->pair);
    memory_release(a, d->no_end, r->classes * sizeof *d->no_end);
    memory_release(a, d->score, r->classes * sizeof *d->score);
    memory_release(a, d->rank, rank_room(r) * sizeof *d->rank);
    memory_release(a, d->place, r->pairs * sizeof *d->place);
    memory_release(a, d->sum, rows * sizeof *d->sum);
    memory_release(a, d->said, rows * r->length * sizeof *d->said);
    memory_release(a, d->spare, r->beam * r->length * sizeof *d->spare);
    memory_release(a, d, sizeof *d);
}

/* ---- steps ---- */

void decoder_begin(struct decoder *d, const struct decoding_options *options, uint64_t first,
                   size_t count, int64_t *ids)
{
    d->options = *options;
    d->first = first;
    d->ids = ids;
    d->live = d->room.length > 0 ? count : 0;
    d->width = 1;
    d->step = 0;
    memset(ids, 0, count * d->room.length * sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        d->pair[i] = i;
        d->place[i] = (struct place){ .best = -INFINITY };
        d->token[i] = 0;
        d->source[i] = (int64_t)i;
        d->sum[i * d->room.beam] = 0;
    }
}

/* One word more for the only sentence of a place. */
static void extend_one(struct decoder *d, size_t place, const real *scores)
{
    const size_t pair = d->pair[place];
    decoder_constrain(d, scores, 0, (size_t)d->token[place]);
    const size_t token = decoder_choose(d, d->first + pair);
    d->ids[pair * d->room.length + d->step] = (int64_t)token;
    d->token[place] = (int64_t)token;
    d->source[place] = (int64_t)place;
    d->place[place].ended = token == 0 || d->step + 1 == d->room.length;
}

/* The pair at place `last` goes to place `to`, with all its rows. */
static void move_place(struct decoder *d, size_t to, size_t last)
{
    const size_t width = d->width, beam = d->room.beam, words = beam * d->room.length;
    memcpy(d->token + to * width, d->token + last * width, width * sizeof *d->token);
    memcpy(d->source + to * width, d->source + last * width, width * sizeof *d->source);
    memcpy(d->sum + to * beam, d->sum + last * beam, beam * sizeof *d->sum);
    memcpy(d->said + to * words, d->said + last * words, words * sizeof *d->said);
    d->pair[to] = d->pair[last];
    d->place[to] = d->place[last];
}

/* The last ones take the places of those that have ended. */
static void close_ranks(struct decoder *d)
{
    for (size_t i = 0; i < d->live;) {
        if (!d->place[i].ended)
            i++;
        else if (--d->live > i)
            move_place(d, i, d->live);
    }
}

void decoder_step(struct decoder *d, const real *scores)
{
    const bool beams = d->options.mode == DECODE_BEAM;
    const size_t row = d->room.classes, later = beams ? d->options.beam : 1;
    for (size_t i = 0; i < d->live; i++) {
        const real *mine = scores + i * d->width * row;
        if (beams)
            decoder_extend_beams(d, i, mine, later);
        else
            extend_one(d, i, mine);
    }
    d->width = later;
    d->step++;
    close_ranks(d);
}
