/* What our files of captioners say beside their tensors. */
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "catalogue/number.h"
#include "simulator/captioner/checkpoint_inside.h"

static const char model_name[] = "captioner";
static const char *const kinds[] = { "show-attend-tell", "transformer" };
static const char *const inputs[] = { "difference", "both", "target" };

const char *captioner_kind_name(enum captioner_kind kind)
{
    return kinds[kind];
}

const char *captioner_input_name(enum captioner_input input)
{
    return inputs[input];
}

/* ---- reading ---- */

bool captioner_metadata_found(const struct safetensors *file)
{
    const char *model = safetensors_metadata_find(file, "model");
    return model && strcmp(model, model_name) == 0;
}

static enum gmr_status find_text(const struct safetensors *file, const char *key,
                                 const char **value)
{
    *value = safetensors_metadata_find(file, key);
    if (*value)
        return GMR_OK;
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': its metadata do not say '%s'",
                     safetensors_name(file), key);
}

static enum gmr_status wrong(const struct safetensors *file, const char *key, const char *value)
{
    return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': its metadata say %s \"%.60s\"",
                     safetensors_name(file), key, value);
}

static enum gmr_status choose(const struct safetensors *file, const char *key,
                              const char *const *word, size_t count, size_t *choice)
{
    const char *value;
    TRY(find_text(file, key, &value));
    for (*choice = 0; *choice < count; (*choice)++)
        if (strcmp(value, word[*choice]) == 0)
            return GMR_OK;
    return wrong(file, key, value);
}

static enum gmr_status read_number(const struct safetensors *file, const char *key, double *number)
{
    const char *value;
    TRY(find_text(file, key, &value));
    return number_parse(value, number) ? GMR_OK : wrong(file, key, value);
}

static enum gmr_status read_size(const struct safetensors *file, const char *key, size_t *size)
{
    double number = 0;
    TRY(read_number(file, key, &number));
    if (!(number >= 1 && number <= 1e6 && number == (double)(size_t)number))
        return wrong(file, key, safetensors_metadata_find(file, key));
    *size = (size_t)number;
    return GMR_OK;
}

static enum gmr_status read_settings(const struct safetensors *file, struct captioner_settings *s)
{
    static const char *const versions[] = { "1" };
    size_t kind, input, version;
    if (choose(file, "version", versions, 1, &version) != GMR_OK)
        return gmr_error(GMR_ERR_UNSUPPORTED, "%s", gmr_error_message());
    TRY(choose(file, "captioner", kinds, sizeof kinds / sizeof *kinds, &kind));
    TRY(choose(file, "input", inputs, sizeof inputs / sizeof *inputs, &input));
    if (kind != s->kind)
        return gmr_error(GMR_ERR_FORMAT,
                         "cannot read '%s': it calls itself %s and has the tensors "
                         "of %s",
                         safetensors_name(file), kinds[kind], kinds[s->kind]);
    s->input = (enum captioner_input)input;
    TRY(read_size(file, "length", &s->length));
    TRY(read_number(file, "dropout", &s->dropout));
    if (s->kind != CAPTIONER_TRANSFORMER)
        return GMR_OK;
    TRY(read_size(file, "heads", &s->heads));
    return read_number(file, "input_dropout", &s->input_dropout);
}

/* Lines of text, as many as the model has words; the last may do without its line feed. */
static enum gmr_status read_words(struct arena *arena, const struct safetensors *file,
                                  struct captioner_facts *facts)
{
    const size_t words = facts->settings.words;
    const char *line;
    size_t count = 0;
    TRY(find_text(file, "vocabulary", &line));
    const char **word = arena_array(arena, words + 1, sizeof *word);
    if (!word)
        return GMR_ERR_NOMEM;
    word[0] = "";
    facts->word = word;
    for (; *line != '\0'; count++) {
        const size_t length = strcspn(line, "\n");
        if (count < words) {
            word[count + 1] = arena_strndup(arena, line, length);
            if (!word[count + 1])
                return GMR_ERR_NOMEM;
        }
        line += length + (line[length] == '\n');
    }
    if (count == words)
        return GMR_OK;
    return gmr_error(GMR_ERR_FORMAT,
                     "cannot read '%s': its vocabulary has %zu words, its tensors "
                     "%zu",
                     safetensors_name(file), count, words);
}

static enum gmr_status read_features(const struct safetensors *file, struct captioner_facts *facts)
{
    const char *features = safetensors_metadata_find(file, "features");
    facts->features = features ? features : "";
    if (strlen(facts->features) < DIGEST_HEX)
        return GMR_OK;
    return wrong(file, "features", features);
}

enum gmr_status captioner_metadata_read(struct arena *arena, const struct safetensors *file,
                                        struct captioner_facts *facts)
{
    TRY(read_settings(file, &facts->settings));
    TRY(read_features(file, facts));
    return read_words(arena, file, facts);
}

/* ---- writing ---- */

/* The shortest form that is read back as the same number, in any locale. */
static const char *number_text(struct arena *arena, double number)
{
    char text[32];
    double read = number + 1;
    for (int digits = 1; digits <= 17 && read != number; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        char *comma = strchr(text, ',');
        if (comma)
            *comma = '.';
        if (!number_parse(text, &read))
            read = number + 1;
    }
    return arena_strdup(arena, text);
}

static const char *words_text(struct arena *arena, const char *const *word, size_t count)
{
    size_t size = 1;
    for (size_t i = 1; i <= count; i++)
        size += strlen(word[i]) + 1;
    char *text = arena_alloc(arena, size), *end = text;
    if (!text)
        return NULL;
    for (size_t i = 1; i <= count; i++) {
        end = stpcpy(end, word[i]);
        *end++ = '\n';
    }
    *end = '\0';
    return text;
}

/* What is "" is left out: it is not known. */
static enum gmr_status set_all(struct metadata *metadata, const struct safetensors_metadata *pair,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!pair[i].value)
            return GMR_ERR_NOMEM;
        if (pair[i].value[0] != '\0')
            metadata_set(metadata, pair[i].key, pair[i].value);
    }
    return GMR_OK;
}

enum gmr_status captioner_metadata_write(struct metadata *metadata, struct arena *arena,
                                         const struct captioner_facts *facts)
{
    const struct captioner_settings *s = &facts->settings;
    const struct safetensors_metadata all[] = {
        { "model", model_name },
        { "captioner", kinds[s->kind] },
        { "version", "1" },
        { "input", inputs[s->input] },
        { "length", arena_printf(arena, "%zu", s->length) },
        { "dropout", number_text(arena, s->dropout) },
        { "features", facts->features },
        { "vocabulary", words_text(arena, facts->word, s->words) },
    };
    const struct safetensors_metadata transformers[] = {
        { "heads", arena_printf(arena, "%zu", s->heads) },
        { "input_dropout", number_text(arena, s->input_dropout) },
    };
    TRY(set_all(metadata, all, sizeof all / sizeof *all));
    if (s->kind != CAPTIONER_TRANSFORMER)
        return GMR_OK;
    return set_all(metadata, transformers, sizeof transformers / sizeof *transformers);
}
