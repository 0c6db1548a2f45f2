#include "model/gommir.h"

#include <string.h>

#include "base/status.h"

struct gommir_settings gommir_settings_paper(void)
{
    return (struct gommir_settings){
        .features = 512, .width = 512, .layers = 6, .heads = 8, .hidden = 1024
    };
}

static enum gmr_status check_settings(const struct gommir_settings *s)
{
    if (s->features == 0 || s->width < 2 || s->layers == 0 || s->hidden == 0 || s->heads == 0)
        return gmr_error(GMR_ERR_RANGE, "a size of the model is too small");
    if (s->width % s->heads != 0)
        return gmr_error(GMR_ERR_RANGE, "width %zu does not divide into %zu heads", s->width,
                         s->heads);
    return GMR_OK;
}

static void declare(struct gommir *m)
{
    const struct gommir_settings *s = &m->settings;
    struct parameters *p = &m->parameters;

    nn_linear_declare(&m->text_linear, p, "text_linear", s->features, s->width);
    nn_norm_declare(&m->text_norm, p, "text_norm", s->width);
    nn_linear_declare(&m->image_linear, p, "img_linear", s->features, s->width);
    nn_norm_declare(&m->image_norm, p, "image_norm", s->width);
    composer_declare(&m->composer, p, s->composer, s->width);
    m->separator = parameters_declare_buffer(p, "sp_token", (size_t[]){ 1, s->width }, 2, 0);
    nn_norm_declare(&m->separator_norm, p, "sp_norm", s->width);
    nn_encoder_declare(&m->tracker, p, "tran",
                       (struct nn_encoder_settings){ .width = s->width,
                                                     .layers = s->layers,
                                                     .heads = s->heads,
                                                     .hidden = s->hidden,
                                                     .positions = GOMMIR_POSITIONS,
                                                     .independent = s->independent_layers });
    nn_linear_declare(&m->out_linear, p, "out_linear", s->width, s->width);
}

enum gmr_status gommir_init(struct gommir *m, struct compute *compute,
                            const struct gmr_allocator *allocator, struct gommir_settings settings,
                            uint64_t seed)
{
    enum gmr_status status;

    memset(m, 0, sizeof *m);
    m->settings = settings;
    parameters_init(&m->parameters, allocator);
    TRY(check_settings(&settings));
    declare(m);
    status = parameters_create(&m->parameters, compute);
    if (status != GMR_OK) {
        gommir_release(m);
        return status;
    }
    parameters_initialise(&m->parameters, seed);
    nn_encoder_initialise(&m->tracker);
    return GMR_OK;
}

void gommir_release(struct gommir *m)
{
    parameters_release(&m->parameters);
}

void gommir_history_clear(struct gommir_history *h)
{
    memset(h, 0, sizeof *h);
}

struct tensor *gommir_embed_image(struct tape *t, const struct gommir *m, struct tensor *raw)
{
    struct tensor *projected = nn_linear(t, &m->image_linear, raw);

    return nn_norm(t, &m->image_norm, projected);
}

/* The separator token once for every dialogue of the batch. Its input is zero, so its value is the
 * norm's shift, which learns. */
static struct tensor *separator(struct tape *t, const struct gommir *m, size_t batch)
{
    size_t dim[] = { batch, m->settings.width };
    struct tensor *one = nn_norm(t, &m->separator_norm, m->separator);

    return op_add(t, tape_filled(t, dim, 2, 0), one);
}

struct gommir_turn gommir_turn(struct tape *t, const struct gommir *m, struct gommir_history *h,
                               struct tensor *raw_image, struct tensor *raw_text)
{
    struct tensor *image = gommir_embed_image(t, m, raw_image);
    struct tensor *text = nn_norm(t, &m->text_norm, nn_linear(t, &m->text_linear, raw_text));
    struct gommir_turn turn = { tape_poison(t), composer(t, &m->composer, image, text) };
    struct tensor *tokens;

    if (h->count + GOMMIR_TURN_TOKENS > GOMMIR_POSITIONS) {
        tape_fail(t, "gommir", GMR_ERR_RANGE, "a dialogue has at most %d turns", GOMMIR_MAX_TURNS);
        return turn;
    }
    if (!h->separator)
        h->separator = separator(t, m, tensor_dim(raw_image, 0));
    h->token[h->count++] = h->separator;
    h->token[h->count++] = turn.composed;
    h->token[h->count++] = text;
    tokens = nn_encoder(t, &m->tracker, op_stack(t, h->token, h->count, 1));
    turn.state = nn_linear(t, &m->out_linear, op_tanh(t, op_mean(t, tokens, 1)));
    return turn;
}
