#include "architecture.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <gommir/status.h>

#include "terminal.h"

enum { LINE = 256, NAME_WIDTH = sizeof "architecture" - 1 };

static bool is_clip(const struct gmr_architecture *a)
{
    return a->kind == GMR_ARCHITECTURE_CLIP_RESNET || a->kind == GMR_ARCHITECTURE_CLIP_VIT;
}

static bool is_vit(const struct gmr_architecture *a)
{
    return a->kind == GMR_ARCHITECTURE_CLIP_VIT;
}

/* ---- lines ---- */

__attribute__((__format__(__printf__, 2, 3))) static void print_line(const char *name,
                                                                     const char *format, ...)
{
    char text[LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    terminal_print_padded(name, NAME_WIDTH);
    fputs("  ", stdout);
    terminal_print(stdout, text);
    fputc('\n', stdout);
}

static void print_image(const struct gmr_architecture *a)
{
    const size_t *layers = a->image.layers, side = a->image.resolution;
    if (is_vit(a))
        print_line("pictures", "%zu x %zu, patches of %zu, width %zu, layers %zu, heads %zu", side,
                   side, a->image.patch, a->image.width, layers[0], a->image.heads);
    else
        print_line("pictures", "%zu x %zu, width %zu, blocks %zu %zu %zu %zu, heads %zu", side,
                   side, a->image.width, layers[0], layers[1], layers[2], layers[3],
                   a->image.heads);
}

static void print_clip(const struct gmr_architecture *a)
{
    print_line("architecture", "CLIP, %s", is_vit(a) ? "vision transformer" : "ModifiedResNet");
    print_line("names", "%s", a->names);
    print_line("parameters", "%zu", a->parameters);
    print_image(a);
    print_line("texts", "%zu tokens of %zu, width %zu, layers %zu, heads %zu", a->text.context,
               a->text.vocabulary, a->text.width, a->text.layers, a->text.heads);
    print_line("vectors", "%zu numbers", a->width);
    print_line("activation", "%s", a->exact_gelu ? "GELU" : "QuickGELU");
    print_line("squares", "%s", a->pads ? "padded" : "cut from the middle");
    print_line("vocabulary", "%s", a->text.vocabulary_inside ? "inside" : "not inside");
}

static void print_recommender(const struct gmr_architecture *a)
{
    char names[LINE];
    size_t used = 0;
    for (size_t i = 0; i < a->model_count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? " or " : "",
                                 a->models[i]);
    print_line("architecture", "recommender %s", names);
    print_line("parameters", "%zu", a->parameters);
    if (a->width > 0)
        print_line("vectors", "%zu numbers", a->width);
    if (a->layers > 0)
        print_line("tracker", "%zu layers", a->layers);
}

static bool is_transformer(const struct gmr_architecture *a)
{
    return strcmp(a->captioner.form, "transformer") == 0;
}

static void print_captioner(const struct gmr_architecture *a)
{
    print_line("architecture", "captioner, %s",
               is_transformer(a) ? "VL-Transformer" : "Show-Attend-Tell");
    print_line("parameters", "%zu", a->parameters);
    print_line("pictures", "two, %zu regions of %zu channels each", a->captioner.regions,
               a->captioner.channels);
    if (a->captioner.input)
        print_line("input", "%s", a->captioner.input);
    print_line("width", "%zu", a->width);
    if (is_transformer(a))
        print_line("layers", "%zu to see, %zu to speak, hidden %zu", a->captioner.encoder_layers,
                   a->captioner.decoder_layers, a->captioner.hidden);
    if (a->captioner.heads > 0)
        print_line("heads", "%zu", a->captioner.heads);
    if (a->text.context > 0)
        print_line("words", "%zu, %zu in a sentence", a->text.vocabulary, a->text.context);
    else
        print_line("words", "%zu", a->text.vocabulary);
    print_line("vocabulary", "%s", a->text.vocabulary_inside ? "inside" : "not inside");
}

void architecture_print(const struct gmr_weights *weights)
{
    struct gmr_architecture a;
    if (gmr_weights_architecture(weights, &a) != GMR_OK)
        print_line("architecture", "unknown: %s", gmr_error_message());
    else if (is_clip(&a))
        print_clip(&a);
    else if (a.kind == GMR_ARCHITECTURE_RECOMMENDER)
        print_recommender(&a);
    else if (a.kind == GMR_ARCHITECTURE_CAPTIONER)
        print_captioner(&a);
    else
        return;
    fputc('\n', stdout);
}

/* ---- JSON ---- */

static void json_image(struct json *json, const struct gmr_architecture *a)
{
    const size_t stages = is_vit(a) ? 1 : GMR_IMAGE_STAGES;
    json_open(json, "image", '{');
    json_count(json, "resolution", a->image.resolution);
    json_count(json, "width", a->image.width);
    json_open(json, "layers", '[');
    for (size_t i = 0; i < stages; i++)
        json_count(json, NULL, a->image.layers[i]);
    json_close(json, ']');
    json_count(json, "heads", a->image.heads);
    if (is_vit(a))
        json_count(json, "patch", a->image.patch);
    json_text(json, "fit", a->pads ? "pad" : "crop");
    json_close(json, '}');
}

static void json_clip(struct json *json, const struct gmr_architecture *a)
{
    json_text(json, "kind", is_vit(a) ? "clip-vit" : "clip-resnet");
    json_text(json, "names", a->names);
    json_count(json, "parameters", a->parameters);
    json_count(json, "width", a->width);
    json_image(json, a);
    json_open(json, "text", '{');
    json_count(json, "width", a->text.width);
    json_count(json, "layers", a->text.layers);
    json_count(json, "heads", a->text.heads);
    json_count(json, "context", a->text.context);
    json_count(json, "vocabulary", a->text.vocabulary);
    json_close(json, '}');
    json_text(json, "activation", a->exact_gelu ? "gelu" : "quick_gelu");
    json_flag(json, "vocabulary_inside", a->text.vocabulary_inside);
}

static void json_recommender(struct json *json, const struct gmr_architecture *a)
{
    json_text(json, "kind", "recommender");
    json_open(json, "models", '[');
    for (size_t i = 0; i < a->model_count; i++)
        json_text(json, NULL, a->models[i]);
    json_close(json, ']');
    json_count(json, "parameters", a->parameters);
    json_count(json, "width", a->width);
    json_count(json, "layers", a->layers);
}

static void json_captioner(struct json *json, const struct gmr_architecture *a)
{
    json_text(json, "kind", "captioner");
    json_text(json, "form", a->captioner.form);
    json_count(json, "parameters", a->parameters);
    json_count(json, "regions", a->captioner.regions);
    json_count(json, "channels", a->captioner.channels);
    if (a->captioner.input)
        json_text(json, "input", a->captioner.input);
    json_count(json, "width", a->width);
    if (is_transformer(a)) {
        json_count(json, "encoder_layers", a->captioner.encoder_layers);
        json_count(json, "decoder_layers", a->captioner.decoder_layers);
        json_count(json, "hidden", a->captioner.hidden);
    }
    if (a->captioner.heads > 0)
        json_count(json, "heads", a->captioner.heads);
    json_count(json, "words", a->text.vocabulary);
    if (a->text.context > 0)
        json_count(json, "length", a->text.context);
    json_flag(json, "vocabulary_inside", a->text.vocabulary_inside);
}

void architecture_json(struct json *json, const char *key, const struct gmr_weights *weights)
{
    struct gmr_architecture a;
    const bool failed = gmr_weights_architecture(weights, &a) != GMR_OK;
    if (!failed && a.kind == GMR_ARCHITECTURE_UNKNOWN) {
        json_null(json, key);
        return;
    }
    json_open(json, key, '{');
    if (failed)
        json_text(json, "problem", gmr_error_message());
    else if (is_clip(&a))
        json_clip(json, &a);
    else if (a.kind == GMR_ARCHITECTURE_CAPTIONER)
        json_captioner(json, &a);
    else
        json_recommender(json, &a);
    json_close(json, '}');
}
