/* gmr_captioner_evaluate: opens what is needed and measures. */
#include <gommir/evaluation.h>

#include "api/context.h"
#include "base/status.h"
#include "learning/captioner_evaluation.h"

struct gmr_captioner_evaluation_options gmr_captioner_evaluation_options_default(void)
{
    return (struct gmr_captioner_evaluation_options){ .pairs = 2000, .references = 5, .seed = 42 };
}

static enum gmr_status check(const struct gmr_captioner_evaluation_options *o)
{
    if (!o->model || !o->catalogue || !o->split || !o->features)
        return gmr_error(GMR_ERR_RANGE, "an evaluation needs %s",
                         !o->model       ? "a model"
                         : !o->catalogue ? "a catalogue"
                         : !o->split     ? "a split"
                                         : "features");
    if (o->pairs < 1 || o->references < 1 || o->references > GMR_MAX_REFERENCES)
        return gmr_error(GMR_ERR_RANGE, "%zu pairs with %zu references, not 1 .. %d", o->pairs,
                         o->references, GMR_MAX_REFERENCES);
    return GMR_OK;
}

enum gmr_status gmr_captioner_evaluate(struct gmr_context *context,
                                       const struct gmr_captioner_evaluation_options *options,
                                       struct gmr_captioner_evaluation *result)
{
    const struct gmr_allocator *allocator = context_allocator(context);
    const unsigned threads = gmr_context_threads(context);
    struct compute *compute = NULL;
    struct catalogue *catalogue;
    *result = (struct gmr_captioner_evaluation){ 0 };
    TRY(check(options));
    TRY(catalogue_open(allocator, options->catalogue, &catalogue));
    enum gmr_status status = compute_create_cpu(allocator, threads, &compute);
    if (status == GMR_OK)
        status = captioner_evaluation_run(compute, catalogue, options, threads, result);
    compute_destroy(compute);
    catalogue_close(catalogue);
    return status;
}
