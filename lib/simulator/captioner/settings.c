/* Sizes of captioners: the published ones, small ones, and what fits together. */
#include "base/status.h"
#include "simulator/captioner/captioner.h"

enum {
    MOST = 1 << 16, /* of any size: keeps products far from overflow */
    MOST_WORDS = 1 << 20,
    MOST_LAYERS = 64
};

static struct captioner_settings of_width(enum captioner_kind kind, size_t channels, size_t words,
                                          size_t width)
{
    struct captioner_settings s = {
        .kind = kind, .channels = channels, .words = words, .width = width
    };
    if (kind == CAPTIONER_SHOW_ATTEND_TELL) {
        s.input = CAPTIONER_DIFFERENCE;
        s.length = 16;
        s.dropout = 0.5;
        s.embed = s.attention = width;
        return s;
    }
    s.input = CAPTIONER_BOTH;
    s.length = 8;
    s.dropout = 0.1;
    s.input_dropout = 0.5;
    s.hidden = 4 * width;
    return s;
}

struct captioner_settings captioner_settings_published(enum captioner_kind kind, size_t channels,
                                                       size_t words)
{
    struct captioner_settings s = of_width(kind, channels, words, 512);
    if (kind == CAPTIONER_TRANSFORMER) {
        s.encoder_layers = s.decoder_layers = 6;
        s.heads = 8;
    }
    return s;
}

struct captioner_settings captioner_settings_small(enum captioner_kind kind, size_t channels,
                                                   size_t words)
{
    struct captioner_settings s = of_width(kind, channels, words, 256);
    s.dropout = kind == CAPTIONER_TRANSFORMER ? 0.1 : 0.2; /* little to overfit with */
    if (kind == CAPTIONER_TRANSFORMER) {
        s.input_dropout = 0.1;
        s.encoder_layers = s.decoder_layers = 2;
        s.heads = 4;
    }
    return s;
}

/* ---- checking ---- */

static enum gmr_status check_size(const char *what, size_t size, size_t least, size_t most)
{
    if (size >= least && size <= most)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "captioner: %s is %zu, not in %zu .. %zu", what, size, least,
                     most);
}

static enum gmr_status check_chance(const char *what, double chance)
{
    if (chance >= 0 && chance < 1)
        return GMR_OK;
    return gmr_error(GMR_ERR_RANGE, "captioner: %s is %g, not in [0, 1)", what, chance);
}

static enum gmr_status check_transformer(const struct captioner_settings *s)
{
    /* a norm divides by width - 1 */
    TRY(check_size("the width", s->width, 2, MOST));
    TRY(check_size("the width of the hidden layer", s->hidden, 1, MOST));
    TRY(check_size("the number of encoder layers", s->encoder_layers, 1, MOST_LAYERS));
    TRY(check_size("the number of decoder layers", s->decoder_layers, 1, MOST_LAYERS));
    TRY(check_size("the number of heads", s->heads, 1, MOST));
    TRY(check_chance("the dropout of the input", s->input_dropout));
    if (s->batch_norm < 0 || s->batch_norm > 2)
        return gmr_error(GMR_ERR_RANGE, "captioner: batch norm is %d, not in 0 .. 2",
                         s->batch_norm);
    if (s->width % s->heads != 0)
        return gmr_error(GMR_ERR_RANGE, "captioner: width %zu does not divide into %zu heads",
                         s->width, s->heads);
    return GMR_OK;
}

enum gmr_status captioner_settings_check(const struct captioner_settings *settings)
{
    const struct captioner_settings *s = settings;
    if ((unsigned)s->kind > CAPTIONER_TRANSFORMER || (unsigned)s->input > CAPTIONER_TARGET)
        return gmr_error(GMR_ERR_RANGE, "captioner: no such kind, or no such input");
    TRY(check_size("the number of channels", s->channels, 1, MOST));
    TRY(check_size("the number of words", s->words, 1, MOST_WORDS));
    TRY(check_size("the longest sentence", s->length, 1, CAPTIONER_MAX_WORDS));
    TRY(check_chance("the dropout", s->dropout));
    if (s->kind == CAPTIONER_TRANSFORMER)
        return check_transformer(s);
    TRY(check_size("the width", s->width, 1, MOST));
    TRY(check_size("the width of a word", s->embed, 1, MOST));
    return check_size("the width of the attention", s->attention, 1, MOST);
}
