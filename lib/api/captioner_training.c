/* gmr_captioner_train: the public view of learning/captioner_training.h. */
#include <gommir/training.h>

#include <string.h>

#include "api/context.h"
#include "base/status.h"
#include "learning/captioner_training.h"

static struct captioner_settings usual(enum gmr_captioner_kind kind, enum gmr_captioner_size size)
{
    const enum captioner_kind inside =
        kind == GMR_CAPTIONER_TRANSFORMER ? CAPTIONER_TRANSFORMER : CAPTIONER_SHOW_ATTEND_TELL;
    return size == GMR_CAPTIONER_PUBLISHED ? captioner_settings_published(inside, 1, 1)
                                           : captioner_settings_small(inside, 1, 1);
}

struct gmr_captioner_training_options gmr_captioner_training_options_default(
    enum gmr_captioner_kind kind, enum gmr_captioner_size size)
{
    const struct captioner_settings s = usual(kind, size);
    return (struct gmr_captioner_training_options){
        .train = "train",
        .validation = "validation",
        .kind = kind,
        .input = s.input == CAPTIONER_DIFFERENCE ? GMR_CAPTIONER_DIFFERENCE : GMR_CAPTIONER_BOTH,
        .critiques = GMR_CRITIQUES_ATTRIBUTES,
        .length = size == GMR_CAPTIONER_PUBLISHED ? s.length : 16,
        .width = s.width,
        .embed = s.embed,
        .attention = s.attention,
        .hidden = s.hidden,
        .layers = s.encoder_layers,
        .heads = s.heads,
        .dropout = s.dropout,
        .input_dropout = s.input_dropout,
        .minimum = 5,
        .pairs = 12800,
        .epochs = 10,
        .batch = 32,
        .warm_up = 400,
        .rate = kind == GMR_CAPTIONER_TRANSFORMER ? 5e-4 : 1e-3,
        .clamp = 0.1,
        .seed = 42,
    };
}

static enum gmr_status check(const struct gmr_captioner_training_options *o)
{
    const struct captioner_settings model = captioner_training_model(o);
    TRY(captioner_settings_check(&model));
    if (!o->catalogue || !o->features || !o->out)
        return gmr_error(GMR_ERR_RANGE, "training needs a %s",
                         !o->catalogue  ? "catalogue"
                         : !o->features ? "network that looks at pictures"
                                        : "directory");
    if (o->epochs < 1 || o->batch < 1 || o->pairs < 1 || o->minimum < 1)
        return gmr_error(GMR_ERR_RANGE, "%zu epochs of %zu pairs in batches of %zu: at least 1",
                         o->epochs, o->pairs, o->batch);
    if (!(o->rate > 0 && o->rate <= 1) || !(o->clamp >= 0) ||
        !(o->smoothing >= 0 && o->smoothing < 1))
        return gmr_error(GMR_ERR_RANGE,
                         "learning rate %g, not in (0, 1], clamp %g, or smoothing %g", o->rate,
                         o->clamp, o->smoothing);
    return GMR_OK;
}

enum gmr_status gmr_captioner_train(struct gmr_context *context,
                                    const struct gmr_captioner_training_options *options,
                                    struct gmr_captioner_training_result *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const unsigned threads = gmr_context_threads(context);
    struct compute *compute;
    memset(result, 0, sizeof *result);
    TRY(check(options));
    TRY(compute_create_cpu(allocator, threads, &compute));
    const enum gmr_status status =
        captioner_training_run(compute, allocator, options, threads, result);
    compute_destroy(compute);
    return status;
}
