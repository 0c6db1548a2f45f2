/* Captioners on a tape, as far as both kinds are alike: making them, the relative input, and the
 * way from states to logits and the loss. */
#include "simulator/captioner/captioner.h"

#include <string.h>

#include "base/status.h"
#include "base/text.h"
#include "simulator/captioner/captioner_inside.h"

/* ---- making ---- */

enum gmr_status captioner_declare(struct captioner *model, const struct gmr_allocator *allocator,
                                  struct captioner_settings settings)
{
    memset(model, 0, sizeof *model);
    parameters_init(&model->parameters, allocator);
    TRY(captioner_settings_check(&settings));
    model->settings = settings;
    if (settings.kind == CAPTIONER_TRANSFORMER)
        captioner_transformer_declare(&model->transformer, &model->parameters, &settings);
    else
        captioner_attend_declare(&model->attend, &model->parameters, &settings);
    return GMR_OK;
}

bool captioner_is_word(const char *word)
{
    const size_t length = strlen(word);
    return length > 0 && !strchr(word, '\n') && text_is_utf8(word, length);
}

static enum gmr_status copy_words(struct captioner *model, const char *const *words)
{
    struct arena *arena = &model->parameters.arena;
    const size_t count = model->settings.words;
    model->word = arena_array(arena, count + 1, sizeof *model->word);
    if (!model->word)
        return GMR_ERR_NOMEM;
    model->word[0] = "";
    for (size_t i = 1; i <= count; i++) {
        if (!captioner_is_word(words[i]))
            return gmr_error(GMR_ERR_RANGE,
                             "word %zu of the vocabulary, '%.40s', is not one line of text", i,
                             words[i]);
        model->word[i] = arena_strdup(arena, words[i]);
        if (!model->word[i])
            return GMR_ERR_NOMEM;
    }
    return GMR_OK;
}

enum gmr_status captioner_init(struct captioner *model, struct compute *compute,
                               const struct gmr_allocator *allocator,
                               struct captioner_settings settings, const char *const *words)
{
    TRY(captioner_declare(model, allocator, settings));
    enum gmr_status status = copy_words(model, words);
    if (status == GMR_OK)
        status = parameters_create(&model->parameters, compute);
    if (status != GMR_OK)
        captioner_release(model);
    return status;
}

void captioner_release(struct captioner *model)
{
    parameters_release(&model->parameters);
}

void captioner_initialise(struct captioner *model, uint64_t seed)
{
    const struct tensor *positions = model->transformer.positions;
    parameters_initialise(&model->parameters, seed);
    if (positions)
        nn_positions_sinusoid(tensor_real(positions), positions->dim[1], positions->dim[2]);
}

/* ---- what goes in ---- */

struct tensor *captioner_relative(struct tape *t, enum captioner_input input, const size_t *dim,
                                  size_t rank, const real *target, const real *candidate)
{
    struct tensor *half[2] = { tape_input(t, dim, rank, target), NULL };
    if (input == CAPTIONER_TARGET)
        half[1] = tape_filled(t, dim, rank, 0);
    else
        half[1] = tape_input(t, dim, rank, candidate);
    if (input == CAPTIONER_DIFFERENCE)
        half[1] = op_subtract(t, half[0], half[1]);
    struct tensor *both = op_concat(t, half, 2, -1);
    tape_drop(t, half[1]);
    return both;
}

/* Words before the end. */
static size_t sentence_length(const struct captioner_sentences *s, size_t sentence)
{
    const int64_t *id = s->ids + sentence * s->length;
    size_t length = 0;
    while (length < s->length && id[length] != 0)
        length++;
    return length;
}

static size_t longest_sentence(const struct captioner_sentences *s)
{
    size_t longest = 0;
    for (size_t i = 0; i < s->count; i++) {
        const size_t length = sentence_length(s, i);
        if (length > longest)
            longest = length;
    }
    return longest;
}

static bool check_sentences(struct tape *t, const struct captioner *model,
                            const struct captioner_pictures *pictures,
                            const struct captioner_sentences *s)
{
    if (tape_failed(t))
        return false;
    if (s->count == 0 || s->count != pictures->count)
        tape_fail(t, "captioner", GMR_ERR_SHAPE, "%zu sentences for %zu pairs", s->count,
                  pictures->count);
    else if (s->length > model->settings.length)
        tape_fail(t, "captioner", GMR_ERR_RANGE, "sentences of %zu words, at most %zu", s->length,
                  model->settings.length);
    return !tape_failed(t);
}

/* Room that lives as long as the tensors of the tape. */
static void *step_array(struct tape *t, size_t count, size_t size)
{
    void *array = arena_array(&t->arena, count, size);
    if (!array)
        tape_fail(t, "captioner", GMR_ERR_NOMEM, "out of memory");
    return array;
}

/* The begin token, and the first steps - 1 words of each sentence. */
static bool hear(struct tape *t, const struct captioner_sentences *s, size_t steps,
                 struct captioner_heard *heard)
{
    int64_t *token = step_array(t, s->count * steps, sizeof *token);
    if (!token)
        return false;
    for (size_t i = 0; i < s->count; i++)
        memcpy(token + i * steps + 1, s->ids + i * s->length, (steps - 1) * sizeof *token);
    *heard = (struct captioner_heard){ s->count, steps, token };
    return true;
}

/* ---- what comes out ---- */

static struct tensor *states(struct tape *t, const struct captioner *model,
                             const struct captioner_pictures *pictures,
                             const struct captioner_heard *heard)
{
    return model->settings.kind == CAPTIONER_TRANSFORMER
               ? captioner_transformer_states(t, model, pictures, heard)
               : captioner_attend_states(t, model, pictures, heard);
}

static struct tensor *logits(struct tape *t, const struct captioner *model, struct tensor *states)
{
    return nn_linear(t,
                     model->settings.kind == CAPTIONER_TRANSFORMER ? &model->transformer.generator
                                                                   : &model->attend.logit,
                     states);
}

struct tensor *captioner_logits(struct tape *t, const struct captioner *model,
                                const struct captioner_pictures *pictures,
                                const struct captioner_sentences *sentences)
{
    struct captioner_heard heard;
    if (!check_sentences(t, model, pictures, sentences) ||
        !hear(t, sentences, sentences->length + 1, &heard))
        return tape_poison(t);
    return logits(t, model, states(t, model, pictures, &heard));
}

/* The rows of states [B steps] that tell a word or an end, and which. */
struct told {
    size_t count;
    int64_t *row, *token;
};

static bool find_told(struct tape *t, const struct captioner_sentences *s, size_t steps,
                      struct told *told)
{
    told->count = 0;
    told->row = step_array(t, s->count * steps, sizeof *told->row);
    told->token = step_array(t, s->count * steps, sizeof *told->token);
    if (!told->row || !told->token)
        return false;
    for (size_t i = 0; i < s->count; i++) {
        const size_t length = sentence_length(s, i);
        for (size_t step = 0; step <= length; step++) {
            told->row[told->count] = (int64_t)(i * steps + step);
            told->token[told->count++] = step < length ? s->ids[i * s->length + step] : 0;
        }
    }
    return true;
}

struct tensor *captioner_loss(struct tape *t, const struct captioner *model,
                              const struct captioner_pictures *pictures,
                              const struct captioner_sentences *sentences, double smoothing)
{
    struct captioner_heard heard;
    struct told told;
    if (!check_sentences(t, model, pictures, sentences))
        return tape_poison(t);
    const size_t steps = longest_sentence(sentences) + 1;
    if (!hear(t, sentences, steps, &heard) || !find_told(t, sentences, steps, &told))
        return tape_poison(t);

    struct tensor *x = states(t, model, pictures, &heard);
    x = op_reshape(t, x, (size_t[]){ heard.batch * steps, model->settings.width }, 2);
    x = op_gather_rows(t, x, tape_indices(t, &told.count, 1, told.row));
    /* op_cross_entropy shares among all tokens, the target too */
    const double words = (double)model->settings.words;
    return op_mean_all(t, op_cross_entropy(t, logits(t, model, x),
                                           tape_indices(t, &told.count, 1, told.token), NULL,
                                           smoothing * (words + 1) / words));
}
