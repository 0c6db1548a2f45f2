/* Dialogues about a catalogue, and measuring them, when memory runs out at any allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include <gommir/evaluation.h>

#include "base/digest.h"
#include "learning/catalogue_source.h"
#include "model/recommender_file.h"
#include "support/encoded.h"
#include "support/faults.h"
#include "support/scratch.h"

static struct compute *compute;

static enum gmr_status say(const struct catalogue_source *source)
{
    const struct dialogue_source *s = catalogue_source(source);
    struct critic_memory memory[2] = { { .dialogue = 0 }, { .dialogue = 1 } };
    const uint64_t target[] = { 0, 5 }, liked[] = { 9, 3 };
    real text[2 * ENCODED_WIDTH];
    return s->critiques(s->user, target, liked, memory, 2, text, NULL);
}

static enum gmr_status open_and_say(const struct gmr_allocator *allocator, const void *encoder)
{
    const struct catalogue_source_options options = {
        .split = "train", .encoder = { .weights = encoder }, .seed = 1, .threads = 1
    };
    struct catalogue *catalogue;
    struct catalogue_source *source;
    TRY(catalogue_open(allocator, in_scratch("shop"), &catalogue));
    enum gmr_status status =
        catalogue_source_open(compute, allocator, catalogue, &options, &source);
    if (status == GMR_OK)
        status = say(source);
    catalogue_source_close(source);
    catalogue_close(catalogue);
    return status;
}

static enum gmr_status evaluate(const struct gmr_allocator *allocator, const void *options)
{
    struct gmr_context_options wanted = gmr_context_options_default();
    struct gmr_dialogue_evaluation result;
    struct gmr_context *context;
    wanted.allocator = *allocator;
    wanted.threads = 1;
    TRY(gmr_context_create(&wanted, &context));
    const enum gmr_status status = gmr_dialogue_evaluate(context, options, &result);
    gmr_context_destroy(context);
    return status;
}

static void put_model(const char *path)
{
    const struct recommender_settings settings = {
        .features = ENCODED_WIDTH, .width = 8, .layers = 1, .heads = 1, .hidden = 6
    };
    const struct recommender_facts facts = { .shown = 3 };
    struct recommender m;
    assert_int_equal(recommender_init(&m, compute, NULL, recommender_find("gommir"), settings, 1),
                     GMR_OK);
    assert_int_equal(recommender_save(&m, path, &facts, NULL, 0), GMR_OK);
    recommender_release(&m);
}

static void check_evaluation(const char *encoder)
{
    struct gmr_dialogue_evaluation_options options = gmr_dialogue_evaluation_options_default();
    char shop[PATH_MAX], model[PATH_MAX];
    strcpy(shop, in_scratch("shop"));
    options.catalogue = shop;
    options.split = "train";
    options.encoder = encoder;
    options.turns = 1;
    put_model(strcpy(model, in_scratch("model.safetensors")));
    options.model = model;
    assert_true(fail_each_allocation(evaluate, &options, true) > 120);
}

static void survives_every_failure(void **state)
{
    (void)state;
    char encoder[PATH_MAX], digest[DIGEST_HEX];
    encoded_prepare(digest);
    encoded_embed(digest, 2);
    strcpy(encoder, in_scratch("clip.safetensors"));
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    assert_true(fail_each_allocation(open_and_say, encoder, false) > 60);
    check_evaluation(encoder);
    compute_destroy(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
        survives_every_failure, scratch_setup, scratch_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
