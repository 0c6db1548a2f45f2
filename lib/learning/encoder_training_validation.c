/* Validation: the weights on disk are opened as any user would, and texts look for the pictures of
 * the items that were held out. */
#include "base/status.h"
#include "learning/encoder_features.h"
#include "learning/encoder_training_inside.h"

enum { BLOCK = 600 /* items to choose from */ };

struct validation {
    const struct encoder_training *run;
    struct encoder *encoder;
    size_t count;
    real *picture, *text; /* [count, width] */
    uint64_t *order;      /* [count]: all, in the order of the corpus */
    bool *broken;
    size_t *ranks;
};

static enum gmr_status prepare(struct validation *v)
{
    const struct gmr_allocator *allocator = v->run->allocator;
    const size_t width = v->run->settings->model.embed;
    v->picture = memory_array(allocator, v->count * width, sizeof *v->picture);
    v->text = memory_array(allocator, v->count * width, sizeof *v->text);
    v->order = memory_array(allocator, v->count, sizeof *v->order);
    v->broken = memory_array(allocator, v->count, sizeof *v->broken);
    v->ranks = memory_array(allocator, v->count, sizeof *v->ranks);
    if (!v->picture || !v->text || !v->order || !v->broken || !v->ranks)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < v->count; i++)
        v->order[i] = i;
    return GMR_OK;
}

static void release(struct validation *v)
{
    const struct gmr_allocator *allocator = v->run->allocator;
    const size_t width = v->run->settings->model.embed;
    memory_release(allocator, v->picture, v->count * width * sizeof *v->picture);
    memory_release(allocator, v->text, v->count * width * sizeof *v->text);
    memory_release(allocator, v->order, v->count * sizeof *v->order);
    memory_release(allocator, v->broken, v->count * sizeof *v->broken);
    memory_release(allocator, v->ranks, v->count * sizeof *v->ranks);
    encoder_close(v->encoder);
}

/* Items stand in the corpus catalogue by catalogue. */
static enum gmr_status encode_pictures(struct validation *v)
{
    const struct encoder_training *run = v->run;
    const struct corpus_item *item = run->held_out.item;
    for (size_t first = 0, count; first < v->count; first += count) {
        struct features_report report = { .broken = v->broken };
        const size_t catalogue = item[first].catalogue;
        for (count = 1; first + count < v->count; count++)
            if (item[first + count].catalogue != catalogue)
                break;
        const struct corpus_part part = { &run->held_out, v->order + first, count };
        TRY(encoder_features_pictures(v->encoder, run->catalogue[catalogue], &part,
                                      run->settings->threads, run->progress,
                                      v->picture + first * encoder_width(v->encoder), &report));
    }
    return GMR_OK;
}

static enum gmr_status measure(struct validation *v, const char *weights,
                               struct retrieval_summary *summary)
{
    const struct encoder_training *run = v->run;
    const struct encoder_options options = { .weights = weights };
    const struct corpus_part all = { &run->held_out, v->order, v->count };
    size_t ranked;
    TRY(encoder_open(run->compute, run->allocator, &options, &v->encoder));
    TRY(encoder_features_texts(v->encoder, &all, run->progress, v->text));
    TRY(encode_pictures(v));
    TRY(retrieval_ranks(run->allocator, run->compute, v->text, v->picture, v->count,
                        encoder_width(v->encoder), BLOCK, v->ranks, &ranked));
    return retrieval_summarise(run->allocator, v->ranks, ranked, summary);
}

enum gmr_status encoder_training_validate(struct encoder_training *run, const char *name)
{
    struct validation v = { .run = run, .count = run->held_out.count };
    char path[PATH_MAX];
    TRY(run_directory_file(&run->run.directory, name, path));
    enum gmr_status status = prepare(&v);
    if (status == GMR_OK)
        status = measure(&v, path, &run->validation);
    release(&v);
    return status;
}
