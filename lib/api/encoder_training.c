/* gmr_encoder_train: the public view of learning/encoder_training.h. */
#include <gommir/training.h>

#include <string.h>

#include "api/context.h"
#include "base/status.h"
#include "learning/encoder_training.h"

enum { BYTE_TOKENS = 512, START_AND_END = 2 };

struct gmr_encoder_training_options gmr_encoder_training_options_default(void)
{
    const struct encoder_training_settings s = encoder_training_settings_default();
    return (struct gmr_encoder_training_options){
        .train = "train",
        .validation = "validation",
        .resolution = s.model.resolution,
        .width = s.model.image_width,
        .blocks = s.model.blocks[0],
        .embed = s.model.embed,
        .text_width = s.model.text_width,
        .text_layers = s.model.text_layers,
        .context = s.model.context,
        .vocabulary = s.merges + BYTE_TOKENS + START_AND_END,
        .epochs = s.epochs,
        .batch = s.batch,
        .warm_up = s.warm_up,
        .rate = s.rate,
        .decay = s.decay,
        .seed = s.seed,
    };
}

static struct clip_settings model_settings(const struct gmr_encoder_training_options *o)
{
    struct clip_settings s = { .embed = o->embed,
                               .image = CLIP_RESNET,
                               .resolution = o->resolution,
                               .image_width = o->width,
                               .blocks = { o->blocks, o->blocks, o->blocks, o->blocks },
                               .text_width = o->text_width,
                               .text_layers = o->text_layers,
                               .text_heads = clip_heads(o->text_width),
                               .context = o->context,
                               .vocabulary = o->vocabulary,
                               .activation = ACTIVATE_QUICK_GELU };
    s.image_heads = clip_heads(clip_image_channels(&s));
    return s;
}

static enum gmr_status check(const struct gmr_encoder_training_options *o,
                             const struct clip_settings *model)
{
    TRY(clip_settings_check(model));
    if (o->catalogue_count < 1 || o->catalogue_count > GMR_TRAINING_MAX_CATALOGUES)
        return gmr_error(GMR_ERR_RANGE, "%zu catalogues, not 1 .. %d", o->catalogue_count,
                         GMR_TRAINING_MAX_CATALOGUES);
    if (o->vocabulary <= BYTE_TOKENS + START_AND_END)
        return gmr_error(GMR_ERR_RANGE, "a vocabulary of %zu tokens, not more than %d",
                         o->vocabulary, BYTE_TOKENS + START_AND_END);
    if (o->epochs < 1 || o->batch < 2)
        return gmr_error(GMR_ERR_RANGE, "%zu epochs of batches of %zu: at least 1 and 2", o->epochs,
                         o->batch);
    if (!(o->rate > 0 && o->rate <= 1) || !(o->decay >= 0 && o->decay * o->rate < 1))
        return gmr_error(GMR_ERR_RANGE, "learning rate %g, not in (0, 1], or decay %g", o->rate,
                         o->decay);
    return GMR_OK;
}

static void tell(const struct encoder_training_result *from,
                 struct gmr_encoder_training_result *result)
{
    *result = (struct gmr_encoder_training_result){ .items = from->items,
                                                    .held_out = from->held_out,
                                                    .parameters = from->parameters,
                                                    .vocabulary = from->vocabulary,
                                                    .steps = from->steps,
                                                    .epochs = from->epochs,
                                                    .best_epoch = from->best_epoch,
                                                    .recall_1 = from->best.recall_1,
                                                    .recall_5 = from->best.recall_5,
                                                    .recall_10 = from->best.recall_10,
                                                    .median_rank = from->best.median_rank,
                                                    .broken = from->broken,
                                                    .seconds = from->seconds };
    memcpy(result->broken_reason, from->reason, sizeof result->broken_reason);
}

enum gmr_status gmr_encoder_train(struct gmr_context *context,
                                  const struct gmr_encoder_training_options *options,
                                  struct gmr_encoder_training_result *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const struct encoder_training_settings settings = {
        .model = model_settings(options),
        .merges = options->vocabulary - BYTE_TOKENS - START_AND_END,
        .batch = options->batch,
        .epochs = options->epochs,
        .rate = options->rate,
        .decay = options->decay,
        .warm_up = options->warm_up,
        .seed = options->seed,
        .threads = gmr_context_threads(context),
    };
    struct encoder_training_source source[GMR_TRAINING_MAX_CATALOGUES];
    struct encoder_training_result inside;
    struct compute *compute;
    memset(result, 0, sizeof *result);
    TRY(check(options, &settings.model));
    for (size_t i = 0; i < options->catalogue_count; i++)
        source[i] = (struct encoder_training_source){ options->catalogues[i], options->train,
                                                      options->validation };
    TRY(compute_create_cpu(allocator, settings.threads, &compute));
    enum gmr_status status =
        encoder_training_run(compute, allocator, &settings, source, options->catalogue_count,
                             options->out, &options->progress, &inside);
    compute_destroy(compute);
    tell(&inside, result);
    return status;
}
