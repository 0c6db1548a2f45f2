#include "support/captioner_runs.h"

#include <limits.h>
#include <stdio.h>

#include "base/status.h"
#include "learning/captioner_evaluation.h"
#include "learning/captioner_training.h"
#include "support/clip_files.h"
#include "support/scratch.h"
#include "support/training.h"

static char shop[PATH_MAX], eyes[PATH_MAX], out[PATH_MAX];

static void find_places(void)
{
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    snprintf(eyes, sizeof eyes, "%s", in_scratch("eyes.safetensors"));
}

void captioning_setup(void)
{
    training_catalogue();
    find_places();
    clip_file_write(eyes, CLIP_RESNET, NULL, 0);
}

void captioning_other_eyes(void)
{
    const struct safetensors_metadata another = { "about", "another file" };
    clip_file_write(eyes, CLIP_RESNET, &another, 1);
}

struct gmr_captioner_training_options captioning_options(enum gmr_captioner_kind kind,
                                                         const char *name)
{
    struct gmr_captioner_training_options o =
        gmr_captioner_training_options_default(kind, GMR_CAPTIONER_SMALL);
    find_places();
    snprintf(out, sizeof out, "%s", in_scratch(name));
    o.catalogue = shop;
    o.features = eyes;
    o.out = out;
    o.train = o.validation = "train";
    o.width = o.embed = o.attention = o.hidden = 8;
    o.heads = 2;
    o.layers = 1;
    o.minimum = 2;
    o.pairs = 32;
    o.batch = 8;
    o.epochs = 2;
    o.warm_up = 2;
    return o;
}

static enum gmr_status make_compute(const struct gmr_allocator *allocator, struct compute **compute)
{
#ifdef GMR_REAL_DOUBLE
    return compute_create_reference(allocator, compute);
#else
    return compute_create_cpu(allocator, 1, compute);
#endif
}

enum gmr_status captioning_train(const struct gmr_allocator *allocator,
                                 const struct gmr_captioner_training_options *options,
                                 struct gmr_captioner_training_result *result)
{
    struct compute *compute;
    TRY(make_compute(allocator, &compute));
    const enum gmr_status status = captioner_training_run(compute, allocator, options, 1, result);
    compute_destroy(compute);
    return status;
}

enum gmr_status captioning_evaluate(const struct gmr_allocator *allocator, const char *model,
                                    struct gmr_captioner_evaluation *result)
{
    char path[PATH_MAX];
    const struct gmr_captioner_evaluation_options options = {
        .model = path, .split = "train", .features = eyes, .pairs = 20, .references = 3, .seed = 42
    };
    struct catalogue *catalogue;
    struct compute *compute;
    snprintf(path, sizeof path, "%s", model);
    find_places();
    *result = (struct gmr_captioner_evaluation){ 0 };
    TRY(make_compute(allocator, &compute));
    enum gmr_status status = catalogue_open(allocator, shop, &catalogue);
    if (status == GMR_OK) {
        status = captioner_evaluation_run(compute, catalogue, &options, 1, result);
        catalogue_close(catalogue);
    }
    compute_destroy(compute);
    return status;
}
