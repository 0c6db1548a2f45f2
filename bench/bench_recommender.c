/* A step of training and a batch of evaluation, as users run them: targets, lists, likes, critiques
 * from a table, catalogue, tracker, ranking, losses, gradients, Adam. At the paper's sizes and at
 * the small ones, over as many items as the shirts have to learn from.
 *
 * The share is that of the products which the published algorithm makes, whatever is saved here:
 * each turn encodes the whole history anew, 165 tokens for ten turns of three, and the way back
 * makes two products for each one on the way there, but of what reads raw features only one, since
 * nobody wants their gradient. Beside that the catalogue is embedded once, and but for supervised
 * training, whose lists are random, states are ranked against it once a turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/rng.h"
#include "base/status.h"
#include "bench.h"
#include "learning/policy_evaluation.h"
#include "learning/recommender_training.h"
#include "nn/adam.h"

enum { ITEMS = 8555, USERS = 128, TURNS = 10, SHOWN = 3, TURN_TOKENS = 3, SENTENCES = 4096 };

struct workload {
    struct recommender model;
    struct tape tape;
    struct dialogue_source source;
    real *image; /* [ITEMS, features] */
    real *text;  /* [SENTENCES, features] */

    /* training */
    struct recommender_training training;
    struct optimiser optimiser;

    /* evaluation */
    struct policy *policy;
    struct policy_evaluation_settings evaluation;
    struct policy_evaluation result;
};

/* ---- the source ---- */

/* A pure function of the pair, as a cached critic is. */
static enum gmr_status look_up(void *user, const uint64_t *target, const uint64_t *liked,
                               struct critic_memory *memory, size_t count, real *text,
                               char (*words)[CRITIC_TEXT])
{
    const struct workload *w = user;
    const size_t features = w->source.features;

    (void)memory;
    for (size_t u = 0; u < count; u++) {
        const size_t sentence = (size_t)(target[u] * 31 + liked[u]) % SENTENCES;

        memcpy(text + u * features, w->text + sentence * features, features * sizeof *text);
        if (words)
            snprintf(words[u], CRITIC_TEXT, "sentence %zu", sentence);
    }
    return GMR_OK;
}

static real *random_rows(struct rng_stream *rng, size_t numel)
{
    real *rows = bench_room(numel, sizeof *rows);

    for (size_t i = 0; i < numel; i++)
        rows[i] = (real)rng_normal(rng);
    return rows;
}

static void make_source(struct workload *w, size_t features)
{
    struct rng_stream rng;

    rng_stream_init(&rng, 42, RNG_DATA);
    w->image = random_rows(&rng, ITEMS * features);
    w->text = random_rows(&rng, SENTENCES * features);
    w->source = (struct dialogue_source){
        .items = ITEMS, .features = features, .image = w->image, .user = w, .critiques = look_up
    };
}

/* ---- products ---- */

/* Of the tracker, one way, for all turns. */
static double tracker_flops(const struct recommender_settings *s)
{
    const double d = (double)s->width, h = (double)s->hidden;
    double sum = 0;

    for (size_t turn = 1; turn <= TURNS; turn++) {
        const double length = (double)(turn * TURN_TOKENS);

        sum += 2 * length * (4 * d * d + 2 * d * h) + 4 * length * length * d;
    }
    return USERS * (double)s->layers * sum;
}

/* Of both branches of the composer and of what gives the state, one way. */
static double turn_flops(const struct recommender_settings *s)
{
    const double d = (double)s->width;

    return 2.0 * USERS * TURNS * (2 * 2 * d * d + d * d);
}

/* Of both projections of raw features, one way. */
static double raw_flops(const struct recommender_settings *s)
{
    return 2.0 * USERS * TURNS * 2 * (double)s->features * (double)s->width;
}

static double catalogue_flops(const struct recommender_settings *s)
{
    return 2.0 * ITEMS * (double)s->features * (double)s->width;
}

static double ranking_flops(const struct recommender_settings *s)
{
    return 2.0 * USERS * TURNS * ITEMS * (double)s->width;
}

static double learning_flops(const struct recommender_settings *s)
{
    return 3 * (tracker_flops(s) + turn_flops(s)) + 2 * raw_flops(s) + catalogue_flops(s);
}

static double evaluation_flops(const struct recommender_settings *s)
{
    return tracker_flops(s) + turn_flops(s) + raw_flops(s) + catalogue_flops(s) + ranking_flops(s);
}

/* ---- steps ---- */

static void learn(void *state)
{
    struct workload *w = state;
    double loss;

    parameters_clear_grad(w->model.parameters);
    bench_check(recommender_training_learn(&w->training, &w->tape, &loss));
    optimiser_step(&w->optimiser);
}

/* An evaluation is over when the first batch is. */
static enum gmr_status stop_after_a_batch(void *user, const struct policy_dialogue *dialogue)
{
    (void)user;
    return dialogue->target + 1 < USERS ? GMR_OK : GMR_ERR_CANCELLED;
}

static void evaluate(void *state)
{
    struct workload *w = state;
    const enum gmr_status status = policy_evaluation_run(
        w->policy, w->tape.compute, NULL, &w->source, &w->evaluation, NULL, &w->result);

    if (status != GMR_ERR_CANCELLED)
        bench_check(status == GMR_OK ? GMR_ERR_STATE : status);
}

/* ---- measuring ---- */

static double processor_seconds(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

/* The most memory that the process has had since it last forgot (Linux). */
static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (!file)
        return;
    fputs("5", file);
    fclose(file);
}

static size_t peak_kibibytes(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t peak = 0;

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            peak = strtoul(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return peak;
}

struct step {
    const char *name;
    void (*run)(void *state);
    double flops;
};

static void measure(const struct bench *b, struct workload *w, const char *size, struct step step)
{
    const double before = bench_sgemm_rate(b);
    const double began = (forget_peak(), processor_seconds());
    const double seconds = bench_median(b, step.run, w);
    const double processor = (processor_seconds() - began) / (double)(b->runs + 1);
    const size_t peak = peak_kibibytes();
    const double after = bench_sgemm_rate(b), best = before > after ? before : after;
    const double rate = step.flops / seconds;

    printf("{\"bench\":\"recommender\",\"step\":\"%s\",\"size\":\"%s\",\"threads\":%u,"
           "\"users\":%d,\"turns\":%d,\"items\":%d,\"seconds\":%.4f,\"processor_seconds\":%.4f,"
           "\"gflop\":%.1f,\"gflops\":%.1f,\"sgemm_gflops\":%.1f,\"share\":%.3f,"
           "\"tape_bytes\":%zu,\"resident_bytes\":%zu}\n",
           step.name, size, b->threads, USERS, TURNS, ITEMS, seconds, processor, 1e-9 * step.flops,
           1e-9 * rate, 1e-9 * best, rate / best, tape_statistics(&w->tape).bytes_high_water,
           1024 * peak);
    fflush(stdout);
}

static void measure_training(const struct bench *b, struct workload *w, const char *size,
                             enum training_stage stage)
{
    const struct recommender_settings *s = &w->model.settings;
    const struct recommender_training_settings settings = recommender_training_settings_default();
    const struct training_schedule schedule =
        recommender_training_schedule(stage, ITEMS, &settings);
    struct adam_settings adam = adam_settings_default();
    struct step step = { "supervised", learn, learning_flops(s) };

    adam.rate = schedule.rate;
    adam.weight_decay = schedule.weight_decay;
    if (stage == TRAINING_POLICY)
        step = (struct step){ "policy", learn, learning_flops(s) + ranking_flops(s) };
    tape_init(&w->tape, b->compute, NULL);
    bench_check(optimiser_init(&w->optimiser, w->model.parameters, adam));
    bench_check(recommender_training_init(&w->training, stage, &w->model, &w->source, &settings));
    measure(b, w, size, step);
    recommender_training_release(&w->training);
    optimiser_release(&w->optimiser);
    tape_release(&w->tape);
}

static void measure_evaluation(const struct bench *b, struct workload *w, const char *size)
{
    const struct step step = { "evaluation", evaluate, evaluation_flops(&w->model.settings) };

    tape_init(&w->tape, b->compute, NULL);
    w->evaluation = (struct policy_evaluation_settings){
        .batch = USERS, .turns = TURNS, .shown = SHOWN, .seed = 42, .watch = stop_after_a_batch
    };
    w->result.ranks = bench_room(ITEMS * TURNS, sizeof *w->result.ranks);
    bench_check(policy_of_recommender(NULL, &w->model, &w->tape, USERS, &w->policy));
    measure(b, w, size, step);
    w->policy->destroy(w->policy);
    memory_release(NULL, w->result.ranks, ITEMS * TURNS * sizeof *w->result.ranks);
    tape_release(&w->tape);
}

static void measure_size(const struct bench *b, const char *size,
                         struct recommender_settings settings)
{
    static struct workload w;
    const size_t features = settings.features;

    bench_check(
        recommender_init(&w.model, b->compute, NULL, recommender_find("gommir"), settings, 42));
    make_source(&w, features);
    measure_training(b, &w, size, TRAINING_SUPERVISED);
    measure_training(b, &w, size, TRAINING_POLICY);
    measure_evaluation(b, &w, size);
    memory_release(NULL, w.image, ITEMS * features * sizeof *w.image);
    memory_release(NULL, w.text, SENTENCES * features * sizeof *w.text);
    recommender_release(&w.model);
}

void bench_recommender_small(const struct bench *b)
{
    measure_size(b, "small", recommender_settings_small(128));
}

void bench_recommender_paper(const struct bench *b)
{
    measure_size(b, "paper", recommender_settings_paper(512));
}
