/* Both relative captioners whole against PyTorch: every form of input, every place of batch norm,
 * in training and after it; logits, losses, gradients of all parameters, statistics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "simulator/captioner/captioner.h"
#include "support/golden.h"

enum { BATCH = 3, CHANNELS = 3, WORDS = 6, LENGTH = 4 };

static const char *const words[WORDS + 1] = { "", "a", "b", "c", "d", "e", "f" };

struct problem {
    struct captioner model;
    struct captioner_pictures pictures;
    struct captioner_sentences sentences;
};

static void read_batch(struct golden *g, struct problem *p)
{
    p->pictures = (struct captioner_pictures){
        .count = BATCH,
        .target_mean = tensor_real(golden_input(g, "target_mean")),
        .candidate_mean = tensor_real(golden_input(g, "candidate_mean")),
        .target_regions = tensor_real(golden_input(g, "target_regions")),
        .candidate_regions = tensor_real(golden_input(g, "candidate_regions")),
    };
    p->sentences =
        (struct captioner_sentences){ BATCH, LENGTH, tensor_index(golden_input(g, "ids")) };
}

/* The table of positions is our own: the file has only its first rows. */
static void make(struct golden *g, struct problem *p, struct captioner_settings settings,
                 const char *parameters)
{
    g->absent = "tgt_embed.1.pe";
    assert_int_equal(captioner_init(&p->model, g->compute, NULL, settings, words), GMR_OK);
    captioner_initialise(&p->model, 1);
    golden_load(g, &p->model.parameters, parameters);
}

static const char *named(const char *under, const char *name)
{
    static char full[PARAMETER_NAME];
    snprintf(full, sizeof full, "%s.%s", under, name);
    return full;
}

/* The gradients last: their walk takes the values of the tape. */
static void check_losses(struct golden *g, struct problem *p, const char *under)
{
    struct tape *t = &g->tape;
    golden_value(g, named(under, "smooth"),
                 captioner_loss(t, &p->model, &p->pictures, &p->sentences, 0.1));
    struct tensor *loss = captioner_loss(t, &p->model, &p->pictures, &p->sentences, 0);
    golden_value(g, named(under, "loss"), loss);
    golden_backward(g, loss);
    golden_gradients(g, named(under, "grad."), &p->model.parameters);
}

static void check_logits(struct golden *g, struct problem *p, const char *name)
{
    golden_value(g, name, captioner_logits(&g->tape, &p->model, &p->pictures, &p->sentences));
}

static void show_attend_tell(struct golden *g)
{
    static const struct {
        const char *name;
        enum captioner_input input;
    } inputs[] = { { "difference", CAPTIONER_DIFFERENCE },
                   { "both", CAPTIONER_BOTH },
                   { "target", CAPTIONER_TARGET } };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct captioner_settings settings = {
            .kind = CAPTIONER_SHOW_ATTEND_TELL,
            .input = inputs[i].input,
            .channels = CHANNELS,
            .words = WORDS,
            .length = LENGTH,
            .width = 5,
            .embed = 4,
            .attention = 3,
        };
        struct problem p;
        read_batch(g, &p);
        make(g, &p, settings, "param.");
        check_logits(g, &p, named(inputs[i].name, "logits"));
        check_losses(g, &p, inputs[i].name);
        captioner_release(&p.model);
    }
}

/* Batch norm's statistics move with each pass in training; the file has those after the first. */
static void check_transformer(struct golden *g, int batch_norm, enum captioner_input input)
{
    struct captioner_settings settings = {
        .kind = CAPTIONER_TRANSFORMER,
        .input = input,
        .channels = CHANNELS,
        .words = WORDS,
        .length = LENGTH,
        .width = 4,
        .hidden = 5,
        .encoder_layers = 2,
        .decoder_layers = 1,
        .heads = 2,
        .batch_norm = batch_norm,
    };
    char under[] = { (char)('0' + batch_norm), '\0' }, parameters[PARAMETER_NAME];
    struct problem p;
    strcpy(parameters, named(under, "param."));
    read_batch(g, &p);
    make(g, &p, settings, parameters);
    g->tape.training = false;
    check_logits(g, &p, named(under, "eval.logits"));
    g->tape.training = true;
    check_logits(g, &p, named(under, "logits"));
    if (batch_norm > 0)
        golden_parameters(g, named(under, "after."), &p.model.parameters, NULL);
    check_losses(g, &p, under);
    captioner_release(&p.model);
}

static void without_batch_norm(struct golden *g)
{
    check_transformer(g, 0, CAPTIONER_BOTH);
}

static void batch_norm_before(struct golden *g)
{
    check_transformer(g, 1, CAPTIONER_DIFFERENCE);
}

static void batch_norm_on_both_sides(struct golden *g)
{
    check_transformer(g, 2, CAPTIONER_TARGET);
}

static void positions(struct golden *g)
{
    struct captioner_settings settings = captioner_settings_small(CAPTIONER_TRANSFORMER, 1, 1);
    struct captioner model;
    settings.width = settings.heads = 4;
    assert_int_equal(captioner_init(&model, g->compute, NULL, settings, words), GMR_OK);
    captioner_initialise(&model, 1);
    golden_array(g, "pe", 0, 0, tensor_real(model.transformer.positions), 5 * 4);
    captioner_release(&model);
}

int main(void)
{
    static const struct golden_case cases[] = {
        { "Show-Attend-Tell", { "captioner_attend" }, show_attend_tell },
        { "without batch norm", { "captioner_transformer" }, without_batch_norm },
        { "batch norm before", { "captioner_transformer" }, batch_norm_before },
        { "batch norm on both sides", { "captioner_transformer" }, batch_norm_on_both_sides },
        { "positions", { "captioner_transformer" }, positions },
    };
    return golden_main(cases, sizeof cases / sizeof *cases);
}
