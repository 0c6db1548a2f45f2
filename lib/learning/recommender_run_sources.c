/* What a recommender learns from: the items of a catalogue's splits that have a vector. */
#include <string.h>

#include "learning/corpus.h"
#include "learning/recommender_run_inside.h"

/* Which item of the source is at a position of the catalogue, whose items it has in order. */
static bool find_item(const struct catalogue_source *source, size_t position, uint64_t *item)
{
    size_t low = 0, high = catalogue_source(source)->items;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (catalogue_source_position(source, middle) < position)
            low = middle + 1;
        else
            high = middle;
    }
    *item = low;
    return low < catalogue_source(source)->items &&
           catalogue_source_position(source, low) == position;
}

/* Those of the corpus that have a vector. */
static enum gmr_status take_part(const struct recommender_run *r, const struct corpus *corpus,
                                 struct source_part *part)
{
    uint64_t *items = memory_array(r->allocator, corpus->count, sizeof *items);
    size_t count = 0;
    if (!items)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < corpus->count; i++)
        count += find_item(r->source, corpus->item[i].position, &items[count]);
    const enum gmr_status status =
        source_part_init(part, r->allocator, catalogue_source(r->source), items, count);
    memory_release(r->allocator, items, corpus->count * sizeof *items);
    return status;
}

/* Other items, pictures or words make another run. */
static void digest_part(struct digest *digest, const struct source_part *part,
                        const struct corpus *corpus)
{
    const struct dialogue_source *s = &part->source;
    for (size_t i = 0; i < corpus->count; i++)
        digest_add_text(digest, corpus->item[i].item.key);
    digest_add(digest, part->item, s->items * sizeof *part->item);
    digest_add(digest, s->image, s->items * s->features * sizeof *s->image);
}

static void digest_source(struct recommender_run *r, const struct corpus *train,
                          const struct corpus *held_out)
{
    uint8_t bytes[DIGEST_SIZE];
    struct digest digest;
    digest_init(&digest);
    digest_part(&digest, &r->train, train);
    digest_part(&digest, &r->held_out, held_out);
    digest_add_text(&digest, catalogue_source_critic_digest(r->source));
    digest_finish(&digest, bytes);
    digest_hex(bytes, r->source_digest);
}

static enum gmr_status open_source(struct recommender_run *r, unsigned threads)
{
    const struct gmr_recommender_training_options *o = r->options;
    const struct catalogue_source_options source = {
        .encoder = { .weights = o->encoder,
                     .vocabulary = o->vocabulary,
                     .exact_gelu = o->exact_gelu },
        .encode = true,
        .captioner = o->captioner,
        .regions = o->features,
        .phrasing = GMR_PHRASING_TRAINING,
        .seed = o->seed,
        .threads = threads,
        .progress = &o->progress,
        .logger = r->logger,
    };
    return catalogue_source_open(r->compute, r->allocator, r->catalogue, &source, &r->source);
}

/* What takes long comes after what may be wrong. */
static enum gmr_status take_parts(struct recommender_run *r, unsigned threads, struct corpus *train,
                                  struct corpus *held_out)
{
    const struct gmr_recommender_training_options *o = r->options;
    TRY(corpus_add_splits(train, held_out, 0, r->catalogue, o->train, o->validation, &o->progress));
    TRY(open_source(r, threads));
    TRY(take_part(r, train, &r->train));
    TRY(take_part(r, held_out, &r->held_out));
    digest_source(r, train, held_out);
    r->result->items = r->train.source.items;
    r->result->held_out = r->held_out.source.items;
    return GMR_OK;
}

enum gmr_status recommender_run_open_sources(struct recommender_run *r, unsigned threads)
{
    struct corpus train, held_out;
    TRY(catalogue_open(r->allocator, r->options->catalogue, &r->catalogue));
    corpus_init(&train, r->allocator);
    corpus_init(&held_out, r->allocator);
    const enum gmr_status status = take_parts(r, threads, &train, &held_out);
    corpus_release(&held_out); /* may use words of the other */
    corpus_release(&train);
    return status;
}
