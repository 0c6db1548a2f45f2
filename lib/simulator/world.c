#include "simulator/world.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

static size_t code_size(const struct world_settings *s)
{
    return s->attributes * s->values * s->features;
}

static const real *code(const struct world *w, const real *codes, size_t attribute, size_t value)
{
    return codes + (attribute * w->settings.values + value) * w->settings.features;
}

/* Random directions of length about 1. */
static void draw_codes(real *codes, const struct world_settings *s, uint64_t seed, uint64_t stream)
{
    struct rng_stream rng;

    rng_stream_init(&rng, seed, stream);
    for (size_t i = 0; i < code_size(s); i++)
        codes[i] = (real)(rng_normal(&rng) / sqrt((double)s->features));
}

static void draw_item(struct world *w, size_t item, struct mt19937 *values,
                      struct rng_stream *noise)
{
    const struct world_settings *s = &w->settings;
    real *image = w->image + item * s->features;

    for (size_t i = 0; i < s->features; i++)
        image[i] = (real)(rng_normal(noise) * s->noise);
    for (size_t a = 0; a < s->attributes; a++) {
        size_t value = (size_t)mt19937_below(values, s->values);
        const real *direction = code(w, w->shown_code, a, value);

        w->attribute[item * s->attributes + a] = (uint8_t)value;
        for (size_t i = 0; i < s->features; i++)
            image[i] += direction[i];
    }
}

static enum gmr_status check_settings(const struct world_settings *s)
{
    if (s->items == 0 || s->attributes == 0 || s->values < 2 || s->values > 256 ||
        s->features == 0 || s->mentions == 0)
        return gmr_error(GMR_ERR_RANGE, "a size of the generated problem is out of range");
    return GMR_OK;
}

static enum gmr_status allocate(struct world *w)
{
    const struct world_settings *s = &w->settings;

    w->attribute = memory_array(w->allocator, s->items * s->attributes, sizeof *w->attribute);
    w->image = memory_array(w->allocator, s->items * s->features, sizeof *w->image);
    w->shown_code = memory_array(w->allocator, code_size(s), sizeof *w->shown_code);
    w->spoken_code = memory_array(w->allocator, code_size(s), sizeof *w->spoken_code);
    if (w->attribute && w->image && w->shown_code && w->spoken_code)
        return GMR_OK;
    world_release(w);
    return GMR_ERR_NOMEM;
}

enum gmr_status world_init(struct world *w, const struct gmr_allocator *allocator,
                           struct world_settings settings, uint64_t seed, uint64_t item_seed)
{
    struct mt19937 values;
    struct rng_stream noise;

    memset(w, 0, sizeof *w);
    w->allocator = allocator;
    w->settings = settings;
    TRY(check_settings(&settings));
    TRY(allocate(w));
    draw_codes(w->shown_code, &settings, seed, RNG_DATA);
    draw_codes(w->spoken_code, &settings, seed, RNG_DATA + 256);
    mt19937_seed(&values, item_seed);
    rng_stream_init(&noise, item_seed, RNG_DATA + 512);
    for (size_t item = 0; item < settings.items; item++)
        draw_item(w, item, &values, &noise);
    return GMR_OK;
}

void world_release(struct world *w)
{
    const struct world_settings *s = &w->settings;

    memory_release(w->allocator, w->attribute, s->items * s->attributes * sizeof *w->attribute);
    memory_release(w->allocator, w->image, s->items * s->features * sizeof *w->image);
    memory_release(w->allocator, w->shown_code, code_size(s) * sizeof *w->shown_code);
    memory_release(w->allocator, w->spoken_code, code_size(s) * sizeof *w->spoken_code);
    memset(w, 0, sizeof *w);
}

const real *world_image(const struct world *w, size_t item)
{
    return w->image + item * w->settings.features;
}

/* The differing attributes are named in a circular order that begins at a place of the pair's own,
 * so that no attribute is always named first. */
void world_critique(const struct world *w, size_t target, size_t candidate, real *text)
{
    const struct world_settings *s = &w->settings;
    const uint8_t *wanted = w->attribute + target * s->attributes;
    const uint8_t *liked = w->attribute + candidate * s->attributes;
    size_t first = (target + candidate) % s->attributes, named = 0;

    memset(text, 0, s->features * sizeof *text);
    for (size_t k = 0; k < s->attributes && named < s->mentions; k++) {
        size_t a = (first + k) % s->attributes;
        const real *direction = code(w, w->spoken_code, a, wanted[a]);

        if (wanted[a] == liked[a])
            continue;
        for (size_t i = 0; i < s->features; i++)
            text[i] += direction[i];
        named++;
    }
}
