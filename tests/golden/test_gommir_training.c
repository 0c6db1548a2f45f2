/* Training of recommenders against PyTorch: ten batches of supervised training and ten of policy
 * learning with the draws of Python's own generator, what each departure from the paper makes of a
 * batch, and the nets of the ablations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "learning/recommender_training.h"
#include "support/golden.h"

enum { ITEMS = 24, RAW = 6, WIDTH = 8, BATCH = 4, TURNS = 3, STEPS = 10 };

/* ---- the table that users speak from ---- */

struct shop {
    real image[ITEMS * RAW];
    real critique[ITEMS * ITEMS * RAW];
    struct dialogue_source source;
};

static enum gmr_status look_up(void *user, const uint64_t *target, const uint64_t *liked,
                               struct critic_memory *memory, size_t count, real *text,
                               char (*words)[CRITIC_TEXT])
{
    const struct shop *shop = user;

    (void)memory;
    (void)words;
    for (size_t u = 0; u < count; u++)
        memcpy(text + u * RAW, shop->critique + (target[u] * ITEMS + liked[u]) * RAW,
               RAW * sizeof *text);
    return GMR_OK;
}

static void open_shop(struct golden *g, struct shop *shop)
{
    tape_read(&g->tape, golden_input(g, "features"), shop->image);
    tape_read(&g->tape, golden_input(g, "critique"), shop->critique);
    tape_reset(&g->tape);
    shop->source = (struct dialogue_source){
        .items = ITEMS, .features = RAW, .image = shop->image, .user = shop, .critiques = look_up
    };
}

/* ---- training ---- */

static void init_model(struct golden *g, struct recommender *model, const char *name,
                       const char *prefix)
{
    const struct recommender_settings settings = {
        .features = RAW, .width = WIDTH, .layers = 1, .heads = 2, .hidden = 6
    };

    assert_int_equal(recommender_init(model, g->compute, NULL, recommender_find(name), settings, 1),
                     GMR_OK);
    g->absent = "pe.pe";
    golden_load(g, model->parameters, prefix);
}

static struct recommender_training_settings small_settings(void)
{
    struct recommender_training_settings settings = recommender_training_settings_default();

    settings.batch = BATCH;
    settings.turns = TURNS;
    settings.negatives = 4;
    return settings;
}

static void learn(struct golden *g, struct recommender_training *r, double *loss, double *length)
{
    parameters_clear_grad(r->model->parameters);
    assert_int_equal(recommender_training_learn(r, &g->tape, loss), GMR_OK);
    *length = parameters_grad_norm(r->model->parameters);
}

/* Ten batches from a fresh generator, with Adam. */
static void train(struct golden *g, struct recommender *model, struct shop *shop,
                  enum training_stage stage, double losses[STEPS], double lengths[STEPS])
{
    const struct recommender_training_settings settings = small_settings();
    struct adam_settings adam = adam_settings_default();
    struct recommender_training r;
    struct optimiser optimiser;

    adam.weight_decay = 1e-8;
    assert_int_equal(optimiser_init(&optimiser, model->parameters, adam), GMR_OK);
    assert_int_equal(recommender_training_init(&r, stage, model, &shop->source, &settings), GMR_OK);
    for (size_t step = 0; step < STEPS; step++) {
        learn(g, &r, &losses[step], &lengths[step]);
        optimiser_step(&optimiser);
    }
    recommender_training_release(&r);
    optimiser_release(&optimiser);
}

/* As in test_tracker.c: what ten steps do is 1e-2 of a parameter. */
static const double AFTER_TRAINING = 1e-6;

static void check_stage(struct golden *g, struct recommender *model, struct shop *shop,
                        enum training_stage stage, const char *name)
{
    double losses[STEPS], lengths[STEPS];
    char key[64];

    train(g, model, shop, stage, losses, lengths);
    snprintf(key, sizeof key, "%s.loss", name);
    golden_numbers(g, key, losses, STEPS, 1e-5);
    snprintf(key, sizeof key, "%s.length", name);
    golden_numbers(g, key, lengths, STEPS, 1e-5);
    snprintf(key, sizeof key, "%s.after.", name);
    g->tolerance = AFTER_TRAINING;
    golden_parameters(g, key, model->parameters, "k_linear.bias");
}

static void check_training(struct golden *g)
{
    static struct shop shop;
    struct recommender model;

    open_shop(g, &shop);
    init_model(g, &model, "gommir", "init.");
    check_stage(g, &model, &shop, TRAINING_SUPERVISED, "supervised");
    check_stage(g, &model, &shop, TRAINING_POLICY, "policy");
    recommender_release(&model);
}

/* ---- departures ---- */

struct variant {
    const char *name, *model; /* of the tensor; of the row */
    enum training_stage stage;
    struct recommender_training_settings change;
};

static void check_variant(struct golden *g, struct shop *shop, const struct variant *v)
{
    struct recommender_training_settings settings = v->change;
    struct recommender_training r;
    struct recommender model;
    double found[2];

    init_model(g, &model, v->model, "init.");
    assert_int_equal(recommender_training_init(&r, v->stage, &model, &shop->source, &settings),
                     GMR_OK);
    learn(g, &r, &found[0], &found[1]);
    golden_numbers(g, v->name, found, 2, 1e-5);
    recommender_training_release(&r);
    recommender_release(&model);
}

static void check_variants(struct golden *g)
{
    struct variant variants[] = {
        { .name = "paper", .model = "gommir" },
        { .name = "history", .model = "gommir-hist-negs" },
        { .name = "random", .model = "gommir-random-negs" },
        { .name = "no_rewards", .model = "gommir-no-rewards" },
        { .name = "liked_rewards", .model = "gommir-no-neg-rewards" },
        { .name = "no_composed", .model = "gommir-no-comploss" },
        { .name = "distance", .model = "gommir" },
        { .name = "full_return", .model = "gommir" },
        { .name = "scaled", .model = "gommir" },
        { .name = "clamped", .model = "gommir" },
        { .name = "raw_likes", .model = "gommir" },
        { .name = "omit_last", .model = "gommir" },
        { .name = "all_items", .model = "gommir" },
        { .name = "all_items_distance", .model = "gommir" },
        { .name = "supervised_all_items", .model = "gommir" },
    };
    const size_t count = sizeof variants / sizeof *variants;
    static struct shop shop;

    open_shop(g, &shop);
    for (size_t i = 0; i < count; i++) {
        variants[i].change = small_settings();
        variants[i].stage = TRAINING_POLICY;
    }
    variants[6].change.kernel = POLICY_DISTANCE;
    variants[7].change.full_return = true;
    variants[8].change.scale_rewards = true;
    variants[9].change.clamp_returns = true;
    variants[10].change.like_raw = true;
    variants[11].change.omit_last = true;
    variants[12].change.all_items = true;
    variants[13].change.all_items = true;
    variants[14].change.all_items = true;
    variants[14].stage = TRAINING_SUPERVISED;
    variants[13].change.kernel = POLICY_DISTANCE;
    for (size_t i = 0; i < count; i++)
        check_variant(g, &shop, &variants[i]);
}

/* ---- nets ---- */

static const char *named(char name[64], const char *net, const char *what)
{
    snprintf(name, 64, "%s.%s", net, what);
    return name;
}

/* States of all turns [turn, user, .], and composed vectors, NULL where there are none. */
static struct tensor *play(struct golden *g, const struct recommender *model, const char *net,
                           struct tensor **composed)
{
    struct tensor *state[TURNS], *merged[TURNS];
    struct recommender_history history;
    char name[64];

    recommender_begin(&history);
    for (size_t k = 0; k < TURNS; k++) {
        const struct recommender_input input = {
            .image = golden_part(g, named(name, net, "image"), 1, k),
            .text = golden_part(g, named(name, net, "text"), 1, k),
            .dislike = recommender_wants_dislikes(model)
                           ? golden_part(g, named(name, net, "dislike"), 1, k)
                           : NULL,
        };
        const struct recommender_turn turn = recommender_turn(&g->tape, model, &history, &input);

        state[k] = turn.state;
        merged[k] = turn.composed;
    }
    *composed = merged[0] ? op_stack(&g->tape, merged, TURNS, 0) : NULL;
    return op_stack(&g->tape, state, TURNS, 0);
}

static void check_net(struct golden *g, const char *net, const char *row)
{
    struct tensor *states, *composed;
    struct recommender model;
    char name[64];

    init_model(g, &model, row, named(name, net, "param."));
    golden_value(g, named(name, net, "state"), play(g, &model, net, &composed));
    if (composed)
        golden_value(g, named(name, net, "composed"), composed);
    g->tape.training = false;
    states = play(g, &model, net, &composed);
    golden_value(g, named(name, net, "eval"), states);
    parameters_clear_grad(model.parameters);
    golden_backward(g, golden_weighted(g, states, named(name, net, "r")));
    golden_gradients(g, named(name, net, "grad."), model.parameters);
    g->tape.training = true;
    tape_reset(&g->tape);
    recommender_release(&model);
}

static void check_ablations(struct golden *g)
{
    check_net(g, "comp", "gommir-no-comp");
    check_net(g, "gate", "gommir-no-gate");
    check_net(g, "res", "gommir-no-res");
}

static void check_baselines(struct golden *g)
{
    check_net(g, "ir_img", "ir-img");
    check_net(g, "ir_txt", "ir-txt");
    check_net(g, "mmt", "mmt");
    check_net(g, "tirg", "tirg");
}

static void check_beyond(struct golden *g)
{
    check_net(g, "dislikes", "gommir-dislikes");
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "training", { "gommir_training" }, check_training },
        { "departures", { "gommir_training", "gommir_variants" }, check_variants },
        { "nets of ablations", { "gommir_ablations" }, check_ablations },
        { "nets of baselines", { "gommir_baselines" }, check_baselines },
        { "nets beyond the paper", { "gommir_beyond" }, check_beyond },
    };

    return golden_main(cases, sizeof cases / sizeof *cases);
}
