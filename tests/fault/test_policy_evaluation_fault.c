/* Dialogues with policies when memory runs out at any allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "learning/policy_evaluation.h"
#include "support/faults.h"

enum { ITEMS = 20, TURNS = 2, BATCH = 8 };

static struct compute *compute;
static struct world world;
static struct dialogue_source source;

static enum gmr_status play(const struct gmr_allocator *allocator, struct policy *policy)
{
    const struct policy_evaluation_settings settings = {
        .batch = BATCH, .turns = TURNS, .shown = 3, .seed = 1
    };
    size_t ranks[ITEMS * TURNS];
    struct policy_evaluation result = { .ranks = ranks };
    return policy_evaluation_run(policy, compute, allocator, &source, &settings, NULL, &result);
}

static enum gmr_status play_rule(const struct gmr_allocator *allocator, const void *rule)
{
    struct policy *policy;
    TRY(policy_create(allocator, rule, BATCH, &source, 1, &policy));
    const enum gmr_status status = play(allocator, policy);
    policy->destroy(policy);
    return status;
}

static enum gmr_status play_model(const struct gmr_allocator *allocator, const void *model)
{
    struct policy *policy;
    struct tape tape;
    tape_init(&tape, compute, allocator);
    enum gmr_status status = policy_of_recommender(allocator, model, &tape, BATCH, &policy);
    if (status == GMR_OK) {
        status = play(allocator, policy);
        policy->destroy(policy);
    }
    tape_release(&tape);
    return status;
}

static void survives_every_failure(void **state)
{
    (void)state;
    const struct world_settings small = {
        .items = ITEMS, .attributes = 2, .values = 3, .features = 6, .mentions = 1
    };
    const struct recommender_settings settings = {
        .features = 6, .width = 8, .layers = 1, .heads = 2, .hidden = 6
    };
    struct recommender model;
    assert_int_equal(compute_create_cpu(NULL, 1, &compute), GMR_OK);
    assert_int_equal(world_init(&world, NULL, small, 1, 2), GMR_OK);
    world_source(&world, &source);
    assert_int_equal(
        recommender_init(&model, compute, NULL, recommender_find("gommir"), settings, 1), GMR_OK);
    for (size_t i = 0; policy_rules[i]; i++)
        assert_true(fail_each_allocation(play_rule, policy_rules[i], false) > 20);
    assert_true(fail_each_allocation(play_rule, "sum", true) > 20);
    assert_true(fail_each_allocation(play_model, &model, false) > 20);
    recommender_release(&model);
    world_release(&world);
    compute_destroy(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(survives_every_failure) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
