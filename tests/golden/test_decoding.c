/* Greedy and beam search, with and without constraints, against a program that keeps all finished
 * beams to the last step as the published one does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/chain.h"
#include "support/golden.h"
#include "tensor/tensor.h"

enum { MOST_IDS = 24 * CHAIN_LENGTH };

static const char *const WORDS[] = { "",   "red",   "a",      "with", "heel",
                                     "is", "shiny", "higher", "and",  "UNK" };

static void check_mode(struct golden *g, const struct decoding_options *options, const char *name)
{
    const struct tensor *logits = golden_input(g, "logits"), *expected = golden_input(g, name);
    const size_t pairs = tensor_dim(logits, 0), length = tensor_dim(logits, 1);
    const struct chain c = { pairs, length, tensor_last(logits), tensor_real(logits), WORDS };
    int64_t ids[MOST_IDS];
    assert_true(pairs * length <= MOST_IDS);
    chain_decode(&c, options, length, 0, pairs, ids);
    for (size_t i = 0; i < pairs * length; i++)
        if (ids[i] != tensor_index(expected)[i])
            fail_msg("%s: word %zu of pair %zu is %d, expected %d", name, i % length, i / length,
                     (int)ids[i], (int)tensor_index(expected)[i]);
    g->compared++;
}

static void check_decoding(struct golden *g)
{
    static const size_t beams[] = { 1, 2, 3, 5 };
    for (int constrained = 0; constrained < 2; constrained++) {
        const char *under = constrained ? "constrained" : "free";
        char name[64];
        struct decoding_options o = { .mode = DECODE_GREEDY, .constrained = constrained };
        snprintf(name, sizeof name, "%s.greedy", under);
        check_mode(g, &o, name);
        o.mode = DECODE_BEAM;
        for (size_t i = 0; i < sizeof beams / sizeof *beams; i++) {
            o.beam = beams[i];
            snprintf(name, sizeof name, "%s.beam.%zu", under, beams[i]);
            check_mode(g, &o, name);
        }
    }
}

int main(void)
{
    static const struct golden_case cases[] = { { "decoding", { "decoding" }, check_decoding } };
    return golden_main(cases, sizeof cases / sizeof *cases);
}
