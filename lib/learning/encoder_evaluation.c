/* The order of items is drawn once, and everything follows it. What can fail early comes early:
 * texts before pictures, which take their time. Items whose picture cannot be read are dropped on
 * the way, so that all that is measured is measured on the same items. */
#include "learning/encoder_evaluation.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/rng.h"
#include "base/status.h"
#include "learning/encoder_features.h"
#include "learning/retrieval.h"
#include "learning/zero_shot.h"

/* What is tried where nobody says what. */
static const struct gmr_zero_shot_wanted usual[] = {
    { "category", 20 }, { "colour", 12 }, { "gender", 20 }, { "sleeve length", 20 }
};

struct encoder_evaluation {
    const struct gmr_encoder_evaluation_options *options;
    const struct gmr_allocator *allocator;
    struct encoder *encoder;
    struct catalogue *catalogue;
    struct compute *compute;
    unsigned threads;
    struct corpus corpus;
    size_t room, count;    /* items with a picture; of those, the ones that could be read so far */
    uint64_t *order;       /* [room] places in the corpus; the first `count` are kept */
    real *picture, *words; /* [room, width] */
    struct gmr_encoder_evaluation *result;
};

static const struct gmr_item *item_at(const struct encoder_evaluation *e, size_t i)
{
    return &e->corpus.item[e->order[i]].item;
}

/* ---- items ---- */

static enum gmr_status read_items(struct encoder_evaluation *e)
{
    const size_t width = encoder_width(e->encoder);
    size_t numbers;
    struct mt19937 rng;
    TRY(corpus_add(&e->corpus, 0, e->catalogue, e->options->split, &e->options->progress));
    e->room = e->corpus.count;
    e->result->without_picture = e->corpus.room - e->room;
    if (!memory_product(e->room, width, &numbers))
        return gmr_error(GMR_ERR_RANGE, "%zu vectors of width %zu are too many", e->room, width);
    e->order = memory_array(e->allocator, e->room, sizeof *e->order);
    e->picture = memory_array(e->allocator, numbers, sizeof *e->picture);
    e->words = memory_array(e->allocator, numbers, sizeof *e->words);
    if (!e->order || !e->picture || !e->words)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < e->room; i++)
        e->order[i] = i;
    mt19937_seed(&rng, e->options->seed);
    mt19937_shuffle(&rng, e->order, e->room);
    return GMR_OK;
}

/* ---- vectors ---- */

static struct corpus_part all_items(const struct encoder_evaluation *e)
{
    return (struct corpus_part){ &e->corpus, e->order, e->room };
}

static enum gmr_status encode_texts(struct encoder_evaluation *e)
{
    const struct corpus_part part = all_items(e);
    return encoder_features_texts(e->encoder, &part, &e->options->progress, e->words);
}

/* Item `from` becomes item `to`, at or before it. */
static void keep(struct encoder_evaluation *e, size_t from, size_t to)
{
    const size_t width = encoder_width(e->encoder), bytes = width * sizeof(real);
    e->order[to] = e->order[from];
    memmove(e->words + to * width, e->words + from * width, bytes);
    memmove(e->picture + to * width, e->picture + from * width, bytes);
}

static enum gmr_status keep_sound(struct encoder_evaluation *e,
                                  const struct features_report *report)
{
    for (size_t i = 0; i < e->room; i++)
        if (!report->broken[i])
            keep(e, i, e->count++);
    e->result->items = e->count;
    e->result->broken_pictures = report->broken_count;
    snprintf(e->result->problem, sizeof e->result->problem, "%s", report->reason);
    if (e->count > 0)
        return GMR_OK;
    return gmr_error(GMR_ERR_NOT_FOUND,
                     "split '%s' of '%s' has no item with a picture that can be read, and %zu "
                     "others",
                     e->options->split, catalogue_path(e->catalogue), e->corpus.room);
}

static enum gmr_status encode_pictures(struct encoder_evaluation *e)
{
    const struct corpus_part part = all_items(e);
    struct features_report report = { .broken = memory_array(e->allocator, e->room,
                                                             sizeof *report.broken) };
    enum gmr_status status = report.broken ? GMR_OK : GMR_ERR_NOMEM;
    if (status == GMR_OK)
        status = encoder_features_pictures(e->encoder, e->catalogue, &part, e->threads,
                                           &e->options->progress, e->picture, &report);
    if (status == GMR_OK)
        status = keep_sound(e, &report);
    memory_release(e->allocator, report.broken, e->room * sizeof *report.broken);
    return status;
}

/* ---- retrieval ---- */

static enum gmr_status retrieve(struct encoder_evaluation *e, const real *queries,
                                const real *candidates, size_t *ranks, struct gmr_retrieval *found)
{
    TRY(progress_check(&e->options->progress, "evaluation"));
    TRY(retrieval_ranks(e->allocator, e->compute, queries, candidates, e->count,
                        encoder_width(e->encoder), e->options->block, ranks, &e->result->ranked));
    return retrieval_estimate(e->allocator, ranks, e->result->ranked, e->options->seed, found);
}

static enum gmr_status retrieve_both(struct encoder_evaluation *e)
{
    struct gmr_encoder_evaluation *r = e->result;
    size_t *ranks = memory_array(e->allocator, e->count, sizeof *ranks);
    if (!ranks)
        return GMR_ERR_NOMEM;
    enum gmr_status status = retrieve(e, e->words, e->picture, ranks, &r->text_to_picture);
    if (status == GMR_OK)
        status = retrieve(e, e->picture, e->words, ranks, &r->picture_to_text);
    memory_release(e->allocator, ranks, e->count * sizeof *ranks);
    return status;
}

/* ---- classification ---- */

/* The classes of an attribute among the first `count` items. The caller releases them, also after
 * an error. */
static enum gmr_status find_classes(const struct encoder_evaluation *e, size_t count,
                                    const struct gmr_zero_shot_wanted *wanted, struct zero_shot *z)
{
    *z = (struct zero_shot){ .allocator = e->allocator };
    const char **values = memory_array(e->allocator, count, sizeof *values);
    if (!values)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        values[i] = zero_shot_value(item_at(e, i), wanted->attribute);
    const enum gmr_status status = zero_shot_init(z, e->allocator, values, count, wanted->classes);
    memory_release(e->allocator, values, count * sizeof *values);
    return status;
}

/* Decides what to classify, before pictures take their time. */
static enum gmr_status choose_zero_shots(struct encoder_evaluation *e)
{
    const struct gmr_encoder_evaluation_options *o = e->options;
    const struct gmr_zero_shot_wanted *wanted = o->zero_shot ? o->zero_shot : usual;
    const size_t count = o->zero_shot ? o->zero_shot_count : sizeof usual / sizeof *usual;
    for (size_t i = 0; i < count; i++) {
        struct zero_shot z;
        const enum gmr_status status = find_classes(e, e->room, &wanted[i], &z);
        const size_t classes = z.classes;
        zero_shot_release(&z);
        TRY(status);
        if (classes > 1)
            e->result->zero_shot[e->result->zero_shot_count++] =
                (struct gmr_zero_shot){ .attribute = wanted[i].attribute,
                                        .classes = wanted[i].classes };
        else if (o->zero_shot)
            return gmr_error(GMR_ERR_NOT_FOUND,
                             "attribute '%s' has no two values among the items of split '%s'",
                             wanted[i].attribute, o->split);
    }
    return GMR_OK;
}

/* said [classes, ITEM_TEXT_VARIANTS, width]: each class said in every way. */
static enum gmr_status say_classes(struct encoder_evaluation *e, const char *attribute,
                                   const struct zero_shot *z, real *said)
{
    char text[ITEM_TEXT_VARIANTS][ITEM_TEXT_SIZE];
    const char *texts[ITEM_TEXT_VARIANTS];
    for (size_t k = 0; k < z->classes; k++) {
        TRY(progress_check(&e->options->progress, "evaluation"));
        for (size_t v = 0; v < ITEM_TEXT_VARIANTS; v++) {
            item_text_phrase(attribute, z->name[k], v, text[v]);
            texts[v] = text[v];
        }
        TRY(encoder_texts(e->encoder, texts, ITEM_TEXT_VARIANTS, said));
        said += ITEM_TEXT_VARIANTS * encoder_width(e->encoder);
    }
    return GMR_OK;
}

/* Room for the words of all classes. */
struct prompts {
    size_t classes, rows, width; /* rows: classes times variants */
    real *said, *unit, *norm;    /* [rows, width] twice, [rows] */
    real *mean;                  /* [classes, width]: of the unit vectors of a class */
};

static enum gmr_status prompts_init(struct prompts *p, const struct gmr_allocator *allocator)
{
    p->said = memory_array(allocator, p->rows * p->width, sizeof *p->said);
    p->unit = memory_array(allocator, p->rows * p->width, sizeof *p->unit);
    p->norm = memory_array(allocator, p->rows, sizeof *p->norm);
    p->mean = memory_array(allocator, p->classes * p->width, sizeof *p->mean);
    return p->said && p->unit && p->norm && p->mean ? GMR_OK : GMR_ERR_NOMEM;
}

static void prompts_release(struct prompts *p, const struct gmr_allocator *allocator)
{
    memory_release(allocator, p->said, p->rows * p->width * sizeof *p->said);
    memory_release(allocator, p->unit, p->rows * p->width * sizeof *p->unit);
    memory_release(allocator, p->norm, p->rows * sizeof *p->norm);
    memory_release(allocator, p->mean, p->classes * p->width * sizeof *p->mean);
}

static enum gmr_status classify(struct encoder_evaluation *e, const struct zero_shot *z,
                                const struct prompts *p, struct gmr_zero_shot *found)
{
    const struct compute *c = e->compute;
    const char *attribute = found->attribute;
    TRY(say_classes(e, attribute, z, p->said));
    c->l2_normalise_forward(c, p->unit, p->norm, p->said, p->rows, p->width);
    c->sum_axis_forward(c, p->mean, p->unit, p->classes, ITEM_TEXT_VARIANTS, p->width,
                        (real)1 / ITEM_TEXT_VARIANTS);
    const enum gmr_status status =
        zero_shot_measure(z, c, e->picture, p->mean, p->width, e->options->seed, found);
    found->attribute = attribute;
    return status;
}

static enum gmr_status try_zero_shot(struct encoder_evaluation *e, struct gmr_zero_shot *found)
{
    const struct gmr_zero_shot_wanted wanted = { found->attribute, found->classes };
    struct zero_shot z;
    struct prompts p = { 0 };
    enum gmr_status status = find_classes(e, e->count, &wanted, &z);
    if (status == GMR_OK) {
        p = (struct prompts){ .classes = z.classes,
                              .rows = z.classes * ITEM_TEXT_VARIANTS,
                              .width = encoder_width(e->encoder) };
        status = prompts_init(&p, e->allocator);
    }
    if (status == GMR_OK)
        status = classify(e, &z, &p, found);
    prompts_release(&p, e->allocator);
    zero_shot_release(&z);
    return status;
}

/* ---- all of it ---- */

static enum gmr_status check_options(const struct gmr_encoder_evaluation_options *o)
{
    if (o->zero_shot && o->zero_shot_count > GMR_MAX_ZERO_SHOT)
        return gmr_error(GMR_ERR_RANGE,
                         "%zu classifications are asked for, at most %d are possible",
                         o->zero_shot_count, GMR_MAX_ZERO_SHOT);
    for (size_t i = 0; o->zero_shot && i < o->zero_shot_count; i++)
        if (o->zero_shot[i].classes < 2 || o->zero_shot[i].classes > GMR_MAX_CLASSES)
            return gmr_error(GMR_ERR_RANGE,
                             "%zu classes of '%s' are asked for; 2 .. %d are possible",
                             o->zero_shot[i].classes, o->zero_shot[i].attribute, GMR_MAX_CLASSES);
    return GMR_OK;
}

static enum gmr_status measure(struct encoder_evaluation *e)
{
    TRY(read_items(e));
    TRY(choose_zero_shots(e));
    TRY(encode_texts(e));
    TRY(encode_pictures(e));
    TRY(retrieve_both(e));
    for (size_t i = 0; i < e->result->zero_shot_count; i++)
        TRY(try_zero_shot(e, &e->result->zero_shot[i]));
    return GMR_OK;
}

enum gmr_status encoder_evaluation_run(struct encoder *encoder, struct catalogue *catalogue,
                                       const struct gmr_encoder_evaluation_options *options,
                                       unsigned threads, struct gmr_encoder_evaluation *result)
{
    struct encoder_evaluation e = { .options = options,
                                    .allocator = encoder->allocator,
                                    .encoder = encoder,
                                    .catalogue = catalogue,
                                    .compute = encoder->model.parameters.compute,
                                    .threads = threads,
                                    .result = result };
    *result = (struct gmr_encoder_evaluation){ 0 };
    TRY(check_options(options));
    corpus_init(&e.corpus, e.allocator);
    const enum gmr_status status = measure(&e);
    const size_t numbers = e.room * encoder_width(encoder);
    memory_release(e.allocator, e.words, numbers * sizeof *e.words);
    memory_release(e.allocator, e.picture, numbers * sizeof *e.picture);
    memory_release(e.allocator, e.order, e.room * sizeof *e.order);
    corpus_release(&e.corpus);
    return status;
}
