/* The table of models, and the nets behind it. */
#include "model/recommender.h"

#include <string.h>

#include "base/status.h"

struct recommender_net {
    enum gmr_status (*declare)(struct recommender *m, const struct gmr_allocator *allocator);
    void (*release)(struct recommender *m);
    void (*initialise)(struct recommender *m, uint64_t seed);
    void (*freeze_image)(struct recommender *m, bool frozen);
    bool (*wants_dislikes)(const struct recommender *m);
    size_t (*max_turns)(const struct recommender *m);
    struct tensor *(*embed_image)(struct tape *t, const struct recommender *m, struct tensor *raw);
    struct recommender_turn (*turn)(struct tape *t, const struct recommender *m,
                                    struct recommender_history *h,
                                    const struct recommender_input *input);
};

/* ---- gommir and what is made of its parts ---- */

static enum composer_form composer_of(const struct recommender *m)
{
    const enum composer_form form = m->row->composer;

    return form == COMPOSER_GOMMIR && m->settings.original_composer ? COMPOSER_ORIGINAL : form;
}

static enum gmr_status gommir_net_declare(struct recommender *m,
                                          const struct gmr_allocator *allocator)
{
    const struct recommender_settings *s = &m->settings;
    const struct gommir_settings settings = { .features = s->features,
                                              .width = s->width,
                                              .layers = s->layers,
                                              .heads = s->heads,
                                              .hidden = s->hidden,
                                              .composer = composer_of(m),
                                              .layout = m->row->layout,
                                              .independent_layers = s->independent_layers,
                                              .aligned = s->aligned };

    m->parameters = &m->gommir.parameters;
    return gommir_declare(&m->gommir, allocator, settings);
}

static void gommir_net_release(struct recommender *m)
{
    gommir_release(&m->gommir);
}

static void gommir_net_initialise(struct recommender *m, uint64_t seed)
{
    gommir_initialise(&m->gommir, seed);
}

static void gommir_net_freeze_image(struct recommender *m, bool frozen)
{
    m->gommir.image_linear.weight->requires_grad = !frozen;
    m->gommir.image_linear.bias->requires_grad = !frozen;
}

static bool gommir_net_wants_dislikes(const struct recommender *m)
{
    return gommir_wants_dislikes(&m->gommir);
}

static size_t gommir_net_max_turns(const struct recommender *m)
{
    return gommir_max_turns(&m->gommir);
}

static struct tensor *gommir_net_embed_image(struct tape *t, const struct recommender *m,
                                             struct tensor *raw)
{
    return gommir_embed_image(t, &m->gommir, raw);
}

static struct recommender_turn gommir_net_turn(struct tape *t, const struct recommender *m,
                                               struct recommender_history *h,
                                               const struct recommender_input *input)
{
    const struct gommir_turn turn =
        gommir_turn(t, &m->gommir, &h->tokens, input->image, input->text, input->dislike);

    return (struct recommender_turn){ turn.state, turn.composed };
}

static const struct recommender_net gommir_net = {
    .declare = gommir_net_declare,
    .release = gommir_net_release,
    .initialise = gommir_net_initialise,
    .freeze_image = gommir_net_freeze_image,
    .wants_dislikes = gommir_net_wants_dislikes,
    .max_turns = gommir_net_max_turns,
    .embed_image = gommir_net_embed_image,
    .turn = gommir_net_turn,
};

/* ---- the table ---- */

#define GOMMIR .net = &gommir_net, .composer = COMPOSER_GOMMIR, .layout = GOMMIR_COMPOSED_TEXT

#define TRACKER(what) .net = &gommir_net, .composer = COMPOSER_NONE, .layout = (what)

static const struct recommender_row rows[] = {
    /* baselines (spec section 3) */
    { .name = "ir-img", TRACKER(GOMMIR_IMAGE) },
    { .name = "ir-txt", TRACKER(GOMMIR_TEXT) },
    { .name = "tirg",
      .net = &gommir_net,
      .composer = COMPOSER_GOMMIR,
      .layout = GOMMIR_NO_TRACKER },
    { .name = "mmt", TRACKER(GOMMIR_TEXT_IMAGE) },
    { .name = "gommir", GOMMIR, .composed_loss = true },

    /* ablations of the net (spec section 4, 1-3) */
    { .name = "gommir-no-comp", TRACKER(GOMMIR_IMAGE_TEXT) },
    { .name = "gommir-no-gate",
      .net = &gommir_net,
      .composer = COMPOSER_NO_GATE,
      .composed_loss = true },
    { .name = "gommir-no-res",
      .net = &gommir_net,
      .composer = COMPOSER_NO_RESIDUAL,
      .composed_loss = true },

    /* ablations of the training (4-8) */
    { .name = "gommir-no-comploss", GOMMIR },
    { .name = "gommir-random-negs",
      GOMMIR,
      .composed_loss = true,
      .negatives = NEGATIVES_RANDOM,
      .begins_with = "gommir" },
    { .name = "gommir-hist-negs",
      GOMMIR,
      .composed_loss = true,
      .negatives = NEGATIVES_HISTORY,
      .begins_with = "gommir" },
    { .name = "gommir-no-rewards",
      GOMMIR,
      .composed_loss = true,
      .rewards = REWARDS_NONE,
      .begins_with = "gommir" },
    { .name = "gommir-no-neg-rewards",
      GOMMIR,
      .composed_loss = true,
      .rewards = REWARDS_LIKED,
      .begins_with = "gommir" },

    /* beyond the paper */
    { .name = "gommir-dislikes",
      .net = &gommir_net,
      .composer = COMPOSER_GOMMIR,
      .layout = GOMMIR_COMPOSED_TEXT_DISLIKED,
      .composed_loss = true },
};

const struct recommender_row *recommender_rows(size_t *count)
{
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const struct recommender_row *recommender_find(const char *name)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

/* ---- a model ---- */

struct recommender_settings recommender_settings_paper(size_t features)
{
    return (struct recommender_settings){
        .features = features, .width = 512, .layers = 6, .heads = 8, .hidden = 1024
    };
}

struct recommender_settings recommender_settings_small(size_t features)
{
    return (struct recommender_settings){
        .features = features, .width = 256, .layers = 2, .heads = 4, .hidden = 512
    };
}

enum gmr_status recommender_declare(struct recommender *m, const struct gmr_allocator *allocator,
                                    const struct recommender_row *row,
                                    struct recommender_settings settings)
{
    *m = (struct recommender){ .row = row, .settings = settings };
    return row->net->declare(m, allocator);
}

enum gmr_status recommender_create(struct recommender *m, struct compute *compute, uint64_t seed)
{
    TRY(parameters_create(m->parameters, compute));
    recommender_initialise(m, seed);
    return GMR_OK;
}

enum gmr_status recommender_init(struct recommender *m, struct compute *compute,
                                 const struct gmr_allocator *allocator,
                                 const struct recommender_row *row,
                                 struct recommender_settings settings, uint64_t seed)
{
    enum gmr_status status = recommender_declare(m, allocator, row, settings);

    if (status == GMR_OK)
        status = recommender_create(m, compute, seed);
    if (status != GMR_OK)
        recommender_release(m);
    return status;
}

void recommender_release(struct recommender *m)
{
    if (m->row)
        m->row->net->release(m);
    m->row = NULL;
}

void recommender_initialise(struct recommender *m, uint64_t seed)
{
    m->row->net->initialise(m, seed);
}

void recommender_freeze_image(struct recommender *m, bool frozen)
{
    m->row->net->freeze_image(m, frozen);
}

void recommender_begin(struct recommender_history *h)
{
    memset(h, 0, sizeof *h);
}

struct tensor *recommender_embed_image(struct tape *t, const struct recommender *m,
                                       struct tensor *raw)
{
    return m->row->net->embed_image(t, m, raw);
}

bool recommender_wants_dislikes(const struct recommender *m)
{
    return m->row->net->wants_dislikes(m);
}

size_t recommender_max_turns(const struct recommender *m)
{
    return m->row->net->max_turns(m);
}

struct recommender_turn recommender_turn(struct tape *t, const struct recommender *m,
                                         struct recommender_history *h,
                                         const struct recommender_input *input)
{
    return m->row->net->turn(t, m, h, input);
}
