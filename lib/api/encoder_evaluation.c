/* gmr_encoder_evaluate: opens what is needed and measures. */
#include <gommir/evaluation.h>

#include "api/context.h"
#include "base/clock.h"
#include "base/status.h"
#include "learning/encoder_evaluation.h"

struct gmr_encoder_evaluation_options gmr_encoder_evaluation_options_default(void)
{
    return (struct gmr_encoder_evaluation_options){ .block = 600, .seed = 42 };
}

static enum gmr_status check_options(const struct gmr_encoder_evaluation_options *o)
{
    if (!o->model || !o->catalogue || !o->split)
        return gmr_error(GMR_ERR_RANGE, "an evaluation needs a %s",
                         !o->model       ? "model"
                         : !o->catalogue ? "catalogue"
                                         : "split");
    return GMR_OK;
}

static enum gmr_status evaluate_in(struct catalogue *catalogue, struct compute *compute,
                                   const struct gmr_encoder_evaluation_options *o, unsigned threads,
                                   struct gmr_encoder_evaluation *result)
{
    const struct encoder_options options = { .weights = o->model,
                                             .vocabulary = o->vocabulary,
                                             .exact_gelu = o->exact_gelu };
    struct encoder *encoder;
    TRY(encoder_open(compute, catalogue_allocator(catalogue), &options, &encoder));
    const enum gmr_status status = encoder_evaluation_run(encoder, catalogue, o, threads, result);
    encoder_close(encoder);
    return status;
}

enum gmr_status gmr_encoder_evaluate(struct gmr_context *context,
                                     const struct gmr_encoder_evaluation_options *options,
                                     struct gmr_encoder_evaluation *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const unsigned threads = gmr_context_threads(context);
    const double start = clock_seconds();
    struct compute *compute = NULL;
    struct catalogue *catalogue;
    *result = (struct gmr_encoder_evaluation){ 0 };
    TRY(check_options(options));
    TRY(catalogue_open(allocator, options->catalogue, &catalogue));
    enum gmr_status status = compute_create_cpu(allocator, threads, &compute);
    if (status == GMR_OK)
        status = evaluate_in(catalogue, compute, options, threads, result);
    compute_destroy(compute);
    catalogue_close(catalogue);
    result->seconds = clock_seconds() - start;
    return status;
}
