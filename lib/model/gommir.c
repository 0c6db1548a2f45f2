#include "model/gommir.h"

#include <math.h>
#include <string.h>

#include "base/status.h"

struct gommir_settings gommir_settings_paper(void)
{
    return (struct gommir_settings){
        .features = 512, .width = 512, .layers = 6, .heads = 8, .hidden = 1024
    };
}

/* What the history holds of one turn, after the separator. */
enum token { COMPOSED, IMAGE, TEXT, DISLIKED, TOKENS };

static const struct turn_layout {
    enum token token[TOKENS - 1];
    size_t count;
} layouts[] = {
    [GOMMIR_COMPOSED_TEXT] = { { COMPOSED, TEXT }, 2 },
    [GOMMIR_COMPOSED_TEXT_DISLIKED] = { { COMPOSED, TEXT, DISLIKED }, 3 },
    [GOMMIR_IMAGE_TEXT] = { { IMAGE, TEXT }, 2 },
    [GOMMIR_TEXT_IMAGE] = { { TEXT, IMAGE }, 2 },
    [GOMMIR_IMAGE] = { { IMAGE }, 1 },
    [GOMMIR_TEXT] = { { TEXT }, 1 },
    [GOMMIR_NO_TRACKER] = { { TEXT }, 0 },
};

static bool needs_composer(enum gommir_layout layout)
{
    return layout == GOMMIR_COMPOSED_TEXT || layout == GOMMIR_COMPOSED_TEXT_DISLIKED ||
           layout == GOMMIR_NO_TRACKER;
}

static enum gmr_status check_settings(const struct gommir_settings *s)
{
    const bool tracks = s->layout != GOMMIR_NO_TRACKER;

    if (s->features == 0 || s->width < 2)
        return gmr_error(GMR_ERR_RANGE, "a size of the model is too small");
    if (tracks && (s->layers == 0 || s->hidden == 0 || s->heads == 0))
        return gmr_error(GMR_ERR_RANGE, "a size of the model is too small");
    if (tracks && s->width % s->heads != 0)
        return gmr_error(GMR_ERR_RANGE, "width %zu does not divide into %zu heads", s->width,
                         s->heads);
    if (s->composer == COMPOSER_NONE && needs_composer(s->layout))
        return gmr_error(GMR_ERR_RANGE, "a model without composer has nothing composed to track");
    return GMR_OK;
}

static void declare_tracker(struct gommir *m)
{
    const struct gommir_settings *s = &m->settings;
    struct parameters *p = &m->parameters;

    if (s->layout == GOMMIR_NO_TRACKER)
        return;
    nn_encoder_declare(&m->tracker, p, "tran",
                       (struct nn_encoder_settings){ .width = s->width,
                                                     .layers = s->layers,
                                                     .heads = s->heads,
                                                     .hidden = s->hidden,
                                                     .positions = GOMMIR_POSITIONS,
                                                     .independent = s->independent_layers });
    nn_linear_declare(&m->out_linear, p, "out_linear", s->width, s->width);
}

static void declare_all(struct gommir *m)
{
    const struct gommir_settings *s = &m->settings;
    struct parameters *p = &m->parameters;

    nn_linear_declare(&m->text_linear, p, "text_linear", s->features, s->width);
    nn_norm_declare(&m->text_norm, p, "text_norm", s->width);
    nn_linear_declare(&m->image_linear, p, "img_linear", s->features, s->width);
    nn_norm_declare(&m->image_norm, p, "image_norm", s->width);
    if (gommir_wants_dislikes(m)) {
        nn_linear_declare(&m->dislike_linear, p, "dislike_linear", s->features, s->width);
        nn_norm_declare(&m->dislike_norm, p, "dislike_norm", s->width);
    }
    composer_declare(&m->composer, p, s->composer, s->width);
    m->separator = parameters_declare_buffer(p, "sp_token", (size_t[]){ 1, s->width }, 2, 0);
    nn_norm_declare(&m->separator_norm, p, "sp_norm", s->width);
    declare_tracker(m);
}

enum gmr_status gommir_declare(struct gommir *m, const struct gmr_allocator *allocator,
                               struct gommir_settings settings)
{
    memset(m, 0, sizeof *m);
    m->settings = settings;
    parameters_init(&m->parameters, allocator);
    TRY(check_settings(&settings));
    declare_all(m);
    return m->parameters.status;
}

enum gmr_status gommir_init(struct gommir *m, struct compute *compute,
                            const struct gmr_allocator *allocator, struct gommir_settings settings,
                            uint64_t seed)
{
    enum gmr_status status = gommir_declare(m, allocator, settings);

    if (status == GMR_OK)
        status = parameters_create(&m->parameters, compute);
    if (status == GMR_OK)
        gommir_initialise(m, seed);
    else
        gommir_release(m);
    return status;
}

/* W is `value` times the identity, which is repeated when it is too small, and folded when it is
 * too large; b is 0. */
static void fill_identity(struct nn_linear *l, real value)
{
    const size_t out = tensor_dim(l->weight, 0), in = tensor_dim(l->weight, 1);
    real *weight = tensor_real(l->weight);

    for (size_t i = 0; i < out; i++)
        for (size_t j = 0; j < in; j++)
            weight[i * in + j] = i % in == j % out ? value : 0;
    memset(tensor_real(l->bias), 0, out * sizeof(real));
}

/* States begin short. Embeddings are as long as the root of the width, and if both were, a softmax
 * of their products would be sure of itself before anything is learned. */
static void align(struct gommir *m)
{
    const double shorter = 1 / sqrt((double)m->settings.width);

    fill_identity(&m->image_linear, 1);
    fill_identity(&m->text_linear, 1);
    if (gommir_wants_dislikes(m))
        fill_identity(&m->dislike_linear, -1);
    if (m->settings.layout != GOMMIR_NO_TRACKER)
        fill_identity(&m->out_linear, (real)shorter);
}

void gommir_initialise(struct gommir *m, uint64_t seed)
{
    parameters_initialise(&m->parameters, seed);
    if (m->settings.layout != GOMMIR_NO_TRACKER)
        nn_encoder_initialise(&m->tracker);
    if (m->settings.aligned)
        align(m);
}

bool gommir_wants_dislikes(const struct gommir *m)
{
    return m->settings.layout == GOMMIR_COMPOSED_TEXT_DISLIKED;
}

size_t gommir_max_turns(const struct gommir *m)
{
    const size_t tokens = layouts[m->settings.layout].count;

    return tokens > 0 ? GOMMIR_POSITIONS / (1 + tokens) : SIZE_MAX;
}

void gommir_release(struct gommir *m)
{
    parameters_release(&m->parameters);
}

void gommir_history_clear(struct gommir_history *h)
{
    memset(h, 0, sizeof *h);
}

static struct tensor *embed(struct tape *t, const struct nn_linear *linear,
                            const struct nn_norm *norm, struct tensor *raw)
{
    return nn_norm(t, norm, nn_linear(t, linear, raw));
}

struct tensor *gommir_embed_image(struct tape *t, const struct gommir *m, struct tensor *raw)
{
    return embed(t, &m->image_linear, &m->image_norm, raw);
}

/* Its input is zero, so its value is the norm's shift, which learns. */
static struct tensor *separator(struct tape *t, const struct gommir *m)
{
    const size_t dim[] = { 1, 1, m->settings.width };

    return op_reshape(t, nn_norm(t, &m->separator_norm, m->separator), dim, 3);
}

/* Appends a separator and what the layout wants of a turn, and encodes the whole history. */
static struct tensor *track(struct tape *t, const struct gommir *m, struct gommir_history *h,
                            struct tensor *const token[TOKENS], size_t batch)
{
    const struct turn_layout *layout = &layouts[m->settings.layout];
    struct tensor *said[TOKENS - 1], *tokens, *mean;

    if (h->tokens.length + 1 + layout->count > GOMMIR_POSITIONS)
        return tape_fail(t, "gommir", GMR_ERR_RANGE, "a dialogue has at most %zu turns",
                         gommir_max_turns(m));
    for (size_t i = 0; i < layout->count; i++)
        said[i] = token[layout->token[i]];
    if (!h->separator)
        h->separator = separator(t, m);
    nn_sequence_append(t, &m->tracker, &h->tokens, h->separator, batch);
    nn_sequence_append(t, &m->tracker, &h->tokens, op_stack(t, said, layout->count, 1), batch);
    if (tape_failed(t))
        return tape_poison(t);
    tokens = nn_sequence_encode(t, &m->tracker, &h->tokens);
    mean = op_mean(t, tokens, 1);
    tape_spend(t, tokens);
    return nn_linear(t, &m->out_linear, op_tanh(t, mean));
}

struct gommir_turn gommir_turn(struct tape *t, const struct gommir *m, struct gommir_history *h,
                               struct tensor *raw_image, struct tensor *raw_text,
                               struct tensor *raw_dislike)
{
    const bool composes = m->settings.composer != COMPOSER_NONE;
    struct tensor *image = gommir_embed_image(t, m, raw_image);
    struct tensor *text = embed(t, &m->text_linear, &m->text_norm, raw_text);
    struct tensor *composed = composes ? composer(t, &m->composer, image, text) : NULL;
    struct tensor *token[TOKENS] = { [COMPOSED] = composed, [IMAGE] = image, [TEXT] = text };

    if (m->settings.layout == GOMMIR_NO_TRACKER)
        return (struct gommir_turn){ composed, composed };
    if (gommir_wants_dislikes(m))
        token[DISLIKED] =
            embed(t, &m->dislike_linear, &m->dislike_norm, op_mean(t, raw_dislike, 1));
    return (struct gommir_turn){ track(t, m, h, token, tensor_dim(raw_image, 0)), composed };
}
