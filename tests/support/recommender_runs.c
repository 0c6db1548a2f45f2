#include "support/recommender_runs.h"

#include <limits.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/status.h"
#include "learning/recommender_run.h"
#include "support/encoded.h"
#include "support/scratch.h"
#include "support/training.h"

void recommending_setup(void)
{
    char digest[DIGEST_HEX];
    encoded_prepare(digest);
    encoded_embed(digest, 0);
}

struct gmr_recommender_training_options recommending_options(const char *name)
{
    static char shop[PATH_MAX], encoder[PATH_MAX], out[PATH_MAX];
    struct gmr_recommender_training_options o =
        gmr_recommender_training_options_default(GMR_RECOMMENDER_SMALL);
    snprintf(shop, sizeof shop, "%s", in_scratch("shop"));
    snprintf(encoder, sizeof encoder, "%s", in_scratch("clip.safetensors"));
    snprintf(out, sizeof out, "%s", in_scratch(name));
    o.catalogue = shop;
    o.encoder = encoder;
    o.out = out;
    o.train = o.validation = "train";
    o.width = o.hidden = 8;
    o.layers = 1;
    o.heads = 2;
    o.batch = 8;
    o.turns = 3;
    o.k = 2;
    o.supervised_epochs = o.epochs = 2;
    return o;
}

enum gmr_status recommending_train(const struct gmr_allocator *allocator,
                                   const struct gmr_recommender_training_options *options,
                                   struct gmr_recommender_training_result *result)
{
    struct compute *compute;
#ifdef GMR_REAL_DOUBLE
    TRY(compute_create_reference(allocator, &compute));
#else
    TRY(compute_create_cpu(allocator, 1, &compute));
#endif
    const enum gmr_status status = recommender_run(compute, allocator, options, 1, NULL, result);
    compute_destroy(compute);
    return status;
}
