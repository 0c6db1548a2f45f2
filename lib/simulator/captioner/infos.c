/* What a pickle beside the weights of a published captioner says: a dict with `opt`, the options of
 * its training, and `vocab`, the words by number. Whatever else is in it is not looked at, and
 * classes that it names stay unknown (spec section 5.5). */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "simulator/captioner/captioner_inside.h"
#include "simulator/captioner/checkpoint_inside.h"
#include "tensor/pickle.h"

struct infos {
    const char *path, *weights;
    const struct pickle_value *options, *vocabulary; /* dicts */
};

static enum gmr_status damaged(const struct infos *infos, const char *what)
{
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': %s", infos->path, what);
}

/* ---- options ---- */

/* NULL when there is none of that name, or it is None. */
static const struct pickle_value *find_option(const struct infos *infos, const char *name)
{
    const struct pickle_value *value = pickle_find(infos->options, name);
    return value && value->kind != PICKLE_NONE ? value : NULL;
}

/* Leaves *number alone where there is no such option. */
static enum gmr_status read_real(const struct infos *infos, const char *name, double *number)
{
    const struct pickle_value *value = find_option(infos, name);
    if (!value)
        return GMR_OK;
    if (value->kind == PICKLE_FLOAT)
        *number = value->real;
    else if (value->kind == PICKLE_INT || value->kind == PICKLE_BOOL)
        *number = (double)value->integer;
    else
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': its option '%s' is no number",
                         infos->path, name);
    return GMR_OK;
}

/* 0 where there is no such option. */
static enum gmr_status read_size(const struct infos *infos, const char *name, size_t *size)
{
    double number = 0;
    TRY(read_real(infos, name, &number));
    if (!(number >= 0 && number <= 1e6 && number == (double)(size_t)number))
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': its option '%s' is no size",
                         infos->path, name);
    *size = (size_t)number;
    return GMR_OK;
}

/* What tensors show needs no option, but one that says otherwise belongs to other tensors. */
static enum gmr_status check_size(const struct infos *infos, const char *name, size_t shown)
{
    size_t size = 0;
    TRY(read_size(infos, name, &size));
    if (size == shown || size == 0)
        return GMR_OK;
    return gmr_error(GMR_ERR_FORMAT, "'%s' says that %s is %zu, the tensors of '%s' say %zu",
                     infos->path, name, size, infos->weights, shown);
}

/* The first of two options that is there. */
static enum gmr_status read_length(const struct infos *infos, const char *first, const char *second,
                                   size_t *length)
{
    size_t size = 0;
    TRY(read_size(infos, first, &size));
    if (size == 0)
        TRY(read_size(infos, second, &size));
    if (size > 0)
        *length = size;
    return GMR_OK;
}

static enum gmr_status read_transformer(const struct infos *infos, struct captioner_settings *s)
{
    const struct pickle_value *norm = find_option(infos, "use_bn");
    size_t heads = 0, batch_norm = 0;
    TRY(check_size(infos, "N_enc", s->encoder_layers));
    TRY(check_size(infos, "N_dec", s->decoder_layers));
    TRY(check_size(infos, "d_model", s->width));
    TRY(check_size(infos, "d_ff", s->hidden));
    TRY(read_size(infos, "use_bn", &batch_norm));
    if (norm && batch_norm != (size_t)s->batch_norm)
        return gmr_error(GMR_ERR_FORMAT, "'%s' says that use_bn is %zu, the tensors of '%s' say %d",
                         infos->path, batch_norm, infos->weights, s->batch_norm);
    TRY(read_size(infos, "num_att_heads", &heads));
    s->heads = heads > 0 ? heads : 8;
    TRY(read_real(infos, "dropout", &s->dropout));
    TRY(read_real(infos, "drop_prob_lm", &s->input_dropout));
    return read_length(infos, "max_length", "seq_length", &s->length);
}

static enum gmr_status read_attend(const struct infos *infos, struct captioner_settings *s)
{
    TRY(read_real(infos, "drop_prob_lm", &s->dropout));
    return read_length(infos, "seq_length", "max_length", &s->length);
}

static enum gmr_status check_kind(const struct infos *infos, enum captioner_kind kind)
{
    static const char *const names[] = { "show_attend_tell", "transformer" };
    const struct pickle_value *model = find_option(infos, "caption_model");
    if (!model || model->kind != PICKLE_TEXT)
        return damaged(infos, "its options do not say their caption_model");
    if (pickle_is_text(model, names[kind]))
        return GMR_OK;
    if (pickle_is_text(model, names[!kind]))
        return gmr_error(GMR_ERR_FORMAT, "'%s' is of a captioner %s, the tensors of '%s' are of %s",
                         infos->path, names[!kind], infos->weights, names[kind]);
    return gmr_error(GMR_ERR_UNSUPPORTED,
                     "'%s' is of a captioner '%.*s', neither %s nor %s is known by that name",
                     infos->path, (int)(model->bytes.size < 40 ? model->bytes.size : 40),
                     (const char *)model->bytes.data, names[0], names[1]);
}

/* ---- words ---- */

/* The number that a key says, "1" ...; 0 for anything else. */
static size_t word_number(const struct pickle_value *key)
{
    size_t number = 0;
    if (key->kind == PICKLE_INT)
        return key->integer > 0 ? (size_t)key->integer : 0;
    if (key->kind != PICKLE_TEXT || key->bytes.size == 0 || key->bytes.size > 9)
        return 0;
    for (size_t i = 0; i < key->bytes.size; i++) {
        if (key->bytes.data[i] < '0' || key->bytes.data[i] > '9')
            return 0;
        number = 10 * number + (size_t)(key->bytes.data[i] - '0');
    }
    return number;
}

static enum gmr_status copy_word(const struct infos *infos, struct arena *arena, size_t number,
                                 const struct pickle_value *value, const char **word)
{
    const struct pickle_bytes text = value->bytes;
    if (value->kind == PICKLE_TEXT && !memchr(text.data, '\0', text.size)) {
        *word = arena_strndup(arena, (const char *)text.data, text.size);
        if (!*word)
            return GMR_ERR_NOMEM;
        if (captioner_is_word(*word))
            return GMR_OK;
    }
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': word %zu of its vocabulary is none",
                     infos->path, number);
}

static enum gmr_status read_words(const struct infos *infos, struct arena *arena,
                                  struct captioner_facts *facts)
{
    const size_t words = facts->settings.words;
    const char **word = arena_array(arena, words + 1, sizeof *word);
    if (!word)
        return GMR_ERR_NOMEM;
    word[0] = "";
    for (const struct pickle_item *i = infos->vocabulary->items.first; i; i = i->next) {
        const size_t number = word_number(i->key);
        if (number == 0 || number > words)
            return gmr_error(GMR_ERR_FORMAT,
                             "'%s' numbers its words otherwise than 1 .. %zu, as '%s' has them",
                             infos->path, words, infos->weights);
        TRY(copy_word(infos, arena, number, i->value, &word[number]));
    }
    for (size_t i = 1; i <= words; i++)
        if (!word[i])
            return gmr_error(GMR_ERR_FORMAT, "'%s' has no word %zu, '%s' has %zu", infos->path, i,
                             infos->weights, words);
    facts->word = word;
    return GMR_OK;
}

/* ---- the file ---- */

static enum gmr_status find_parts(struct infos *infos, const struct pickle_value *root)
{
    if (root->kind != PICKLE_DICT)
        return damaged(infos, "it is no dict");
    infos->options = pickle_find(root, "opt");
    infos->vocabulary = pickle_find(root, "vocab");
    if (infos->options && infos->options->kind == PICKLE_OBJECT)
        infos->options = infos->options->state;
    if (!infos->options || infos->options->kind != PICKLE_DICT)
        return damaged(infos, "it has no options");
    if (!infos->vocabulary || infos->vocabulary->kind != PICKLE_DICT)
        return damaged(infos, "it has no vocabulary");
    return GMR_OK;
}

static enum gmr_status take_facts(struct infos *infos, const struct pickle_value *root,
                                  struct arena *arena, struct captioner_facts *facts)
{
    struct captioner_settings *s = &facts->settings;
    TRY(find_parts(infos, root));
    TRY(check_kind(infos, s->kind));
    TRY(s->kind == CAPTIONER_TRANSFORMER ? read_transformer(infos, s) : read_attend(infos, s));
    if (captioner_settings_check(s) != GMR_OK)
        return damaged(infos, gmr_error_message());
    return read_words(infos, arena, facts);
}

static enum gmr_status run_and_take(struct infos *infos, struct arena *arena, struct arena *scratch,
                                    const void *bytes, size_t size, struct captioner_facts *facts)
{
    struct pickle pickle = { .arena = scratch, .opaque = true };
    const struct pickle_value *root;
    size_t used;
    const enum gmr_status status = pickle_run(&pickle, bytes, size, &used, &root);
    if (status == GMR_ERR_NOMEM)
        return status;
    if (status != GMR_OK)
        return gmr_error(status, "cannot read '%s': %s", infos->path, gmr_error_message());
    return take_facts(infos, root, arena, facts);
}

enum gmr_status captioner_infos_parse(struct arena *arena, const char *weights, const char *infos,
                                      const void *bytes, size_t size, struct captioner_facts *facts)
{
    struct infos read = { .path = infos, .weights = weights };
    struct arena scratch;
    arena_init(&scratch, arena->allocator, 0);
    const enum gmr_status status = run_and_take(&read, arena, &scratch, bytes, size, facts);
    arena_release(&scratch);
    return status;
}

/* The first of the usual names that is beside the weights. */
static enum gmr_status find_file(const char *weights, char path[PATH_MAX])
{
    static const char *const names[] = { "infos_best.pkl", "infos.pkl" };
    const char *slash = strrchr(weights, '/');
    const int folder = slash ? (int)(slash - weights) + 1 : 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, PATH_MAX, "%.*s%s", folder, weights, names[i]) < PATH_MAX &&
            access(path, F_OK) == 0)
            return GMR_OK;
    return gmr_error(GMR_ERR_NOT_FOUND,
                     "'%s' is a captioner of PyTorch: its words are in another file, %s or %s, "
                     "which is not beside it",
                     weights, names[0], names[1]);
}

enum gmr_status captioner_infos_read(struct arena *arena, const char *weights, const char *infos,
                                     struct captioner_facts *facts)
{
    char beside[PATH_MAX];
    struct file_map map;
    if (!infos) {
        TRY(find_file(weights, beside));
        infos = beside;
    }
    TRY(file_map_open(&map, infos));
    const enum gmr_status status =
        captioner_infos_parse(arena, weights, infos, map.data, map.size, facts);
    file_map_close(&map);
    return status;
}
