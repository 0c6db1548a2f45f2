#include "support/chain.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"

const real *chain_scores(const struct chain *c, size_t pair, size_t step, size_t last)
{
    const size_t p = c->pairs > 1 ? pair : 0, s = c->steps > 1 ? step : 0;
    return c->scores + ((p * c->steps + s) * c->classes + last) * c->classes;
}

/* What a model would know of the rows: whose they are, and their last words. */
struct memory {
    size_t *pair;  /* by row */
    int64_t *last; /* by row */
};

/* As the decoder says that rows have moved since the step before. */
static void follow(const struct decoder *d, uint64_t first, struct memory *m, struct memory *next)
{
    for (size_t row = 0; row < d->live * d->width; row++) {
        next->pair[row] = m->pair[d->source[row]];
        next->last[row] = d->token[row];
        assert_int_equal(next->pair[row], first + d->pair[row / d->width]);
    }
    const struct memory swap = *m;
    *m = *next;
    *next = swap;
}

static void fill(const struct chain *c, const struct decoder *d, const struct memory *m,
                 real *scores)
{
    for (size_t row = 0; row < d->live * d->width; row++, scores += c->classes)
        memcpy(scores, chain_scores(c, m->pair[row], d->step, (size_t)m->last[row]),
               c->classes * sizeof *scores);
}

static struct decoder *make_decoder(const struct chain *c, const struct gmr_allocator *allocator,
                                    struct decoder_room room)
{
    static const char *const numbered[CHAIN_CLASSES] = { "",    "w1",  "w2",  "w3", "w4",  "w5",
                                                         "w6",  "w7",  "w8",  "w9", "w10", "w11",
                                                         "w12", "w13", "w14", "w15" };
    struct decoder *d;
    assert_int_equal(decoder_create(allocator, room, c->words ? c->words : numbered, &d), GMR_OK);
    return d;
}

size_t chain_decode(const struct chain *c, const struct decoding_options *options, size_t length,
                    uint64_t first, size_t count, int64_t *ids)
{
    const size_t beam = options->mode == DECODE_BEAM ? options->beam : 1, rows = count * beam;
    const struct decoder_room room = { count, beam, length, c->classes };
    struct failing_allocator memory;
    failing_allocator_init(&memory, 0);
    assert_int_equal(decoding_options_check(options), GMR_OK);
    struct decoder *d = make_decoder(c, &memory.allocator, room);
    struct memory now = { calloc(rows, sizeof *now.pair), calloc(rows, sizeof *now.last) };
    struct memory next = { calloc(rows, sizeof *now.pair), calloc(rows, sizeof *now.last) };
    real *scores = malloc(rows * c->classes * sizeof *scores);
    decoder_begin(d, options, first, count, ids);
    for (size_t i = 0; i < count; i++)
        now.pair[i] = (size_t)first + i;
    while (d->live > 0) {
        fill(c, d, &now, scores);
        decoder_step(d, scores);
        follow(d, first, &now, &next);
    }
    const size_t steps = d->step;
    free(scores);
    free(now.pair);
    free(now.last);
    free(next.pair);
    free(next.last);
    decoder_destroy(d);
    assert_true(failing_allocator_is_clean(&memory));
    return steps;
}
