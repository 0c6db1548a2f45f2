#include "support/captioning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "support/support.h"

const char *const captioning_words[CAPTIONING_WORDS + 1] = {
    "",     "are",   "black", "has",  "have", "heel",   "higher", "is",   "less",        "more",
    "open", "shiny", "toe",   "with", "red",  "straps", "a",      "blue", "caf\xC3\xA9", "UNK",
};

struct captioner_settings captioning_settings(enum captioner_kind kind, size_t channels)
{
    return (struct captioner_settings){
        .kind = kind,
        .input = kind == CAPTIONER_TRANSFORMER ? CAPTIONER_BOTH : CAPTIONER_DIFFERENCE,
        .channels = channels,
        .words = CAPTIONING_WORDS,
        .length = 5,
        .width = 6,
        .embed = 5,
        .attention = 7,
        .hidden = 9,
        .encoder_layers = 2,
        .decoder_layers = 1,
        .heads = 2,
        .batch_norm = 1,
    };
}

void assert_same_settings(const struct captioner_settings *a, const struct captioner_settings *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->input, b->input);
    assert_int_equal(a->channels, b->channels);
    assert_int_equal(a->words, b->words);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->width, b->width);
    assert_true(a->dropout == b->dropout);
    if (a->kind == CAPTIONER_SHOW_ATTEND_TELL) {
        assert_int_equal(a->embed, b->embed);
        assert_int_equal(a->attention, b->attention);
        return;
    }
    assert_int_equal(a->hidden, b->hidden);
    assert_int_equal(a->encoder_layers, b->encoder_layers);
    assert_int_equal(a->decoder_layers, b->decoder_layers);
    assert_int_equal(a->heads, b->heads);
    assert_true(a->input_dropout == b->input_dropout);
    assert_int_equal(a->batch_norm, b->batch_norm);
}

static void *room(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        abort();
    return memory;
}

/* The first word numbers the sentence, so that no two are alike. */
static void write_sentence(int64_t *id, size_t number, size_t length, uint64_t seed)
{
    const size_t words = 1 + (number * 2) % length;
    struct rng_stream rng;
    rng_stream_init(&rng, seed, number);
    for (size_t i = 0; i < words; i++)
        id[i] = 1 + (int64_t)(rng_uniform(&rng) * CAPTIONING_WORDS);
    id[0] = 1 + (int64_t)(number % CAPTIONING_WORDS);
}

void captioning_init(struct captioning *c, size_t count, size_t channels, size_t length,
                     uint64_t seed)
{
    const size_t mean = count * channels, regions = CAPTIONER_REGIONS * mean;
    c->features = room(2 * (mean + regions), sizeof *c->features);
    c->ids = room(count * length, sizeof *c->ids);
    fill_normal(c->features, 2 * (mean + regions), seed);
    for (size_t i = 0; i < count; i++)
        write_sentence(c->ids + i * length, i, length, seed);
    c->pictures =
        (struct captioner_pictures){ .count = count,
                                     .target_mean = c->features,
                                     .candidate_mean = c->features + mean,
                                     .target_regions = c->features + 2 * mean,
                                     .candidate_regions = c->features + 2 * mean + regions };
    c->sentences = (struct captioner_sentences){ count, length, c->ids };
}

void captioning_release(struct captioning *c)
{
    free(c->features);
    free(c->ids);
}
