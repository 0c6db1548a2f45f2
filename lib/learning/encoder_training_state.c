/* What a run is, in its directory: settings, results, and weights that are an encoder. */
#include <assert.h>
#include <string.h>

#include "base/digest.h"
#include "base/status.h"
#include "learning/encoder_training_inside.h"
#include "tensor/safetensors.h"

/* ---- config ---- */

/* What the items are: other words or pictures make another run. */
static void digest_corpus(const struct encoder_training *run, char hex[DIGEST_HEX])
{
    uint8_t bytes[DIGEST_SIZE];
    struct digest digest;
    digest_init(&digest);
    for (size_t i = 0; i < run->corpus.count; i++) {
        const struct corpus_item *item = &run->corpus.item[i];
        digest_add(&digest, &item->catalogue, sizeof item->catalogue);
        digest_add_text(&digest, item->item.key);
        digest_add(&digest, item->facts.fact, item->facts.count * sizeof *item->facts.fact);
    }
    digest_finish(&digest, bytes);
    digest_hex(bytes, hex);
}

static json_t *model_config(const struct clip_settings *s)
{
    return json_pack("{s:I, s:I, s:I, s:[I,I,I,I], s:I, s:I, s:I, s:I, s:I, s:I}", "embed",
                     (json_int_t)s->embed, "resolution", (json_int_t)s->resolution, "image_width",
                     (json_int_t)s->image_width, "blocks", (json_int_t)s->blocks[0],
                     (json_int_t)s->blocks[1], (json_int_t)s->blocks[2], (json_int_t)s->blocks[3],
                     "image_heads", (json_int_t)s->image_heads, "text_width",
                     (json_int_t)s->text_width, "text_layers", (json_int_t)s->text_layers,
                     "text_heads", (json_int_t)s->text_heads, "context", (json_int_t)s->context,
                     "vocabulary", (json_int_t)s->vocabulary);
}

static json_t *source_config(const struct encoder_training *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->sources; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "catalogue",
                                              catalogue_path(run->catalogue[i]), "train",
                                              run->source[i].train, "validation",
                                              run->source[i].validation));
    return list;
}

json_t *encoder_training_config(const struct encoder_training *run)
{
    const struct encoder_training_settings *s = run->settings;
    char hex[DIGEST_HEX];
    digest_corpus(run, hex);
    return json_pack("{s:s, s:i, s:{s:o}, s:s, s:I, s:I, s:o, s:I, s:I, s:f, s:f, s:I, s:I}", "job",
                     "train encoder", "version", 1, RUN_ABOUT, "sources", source_config(run),
                     "corpus", hex, "items", (json_int_t)run->corpus.count, "held_out",
                     (json_int_t)run->held_out.count, "model", model_config(&run->model.settings),
                     "batch", (json_int_t)s->batch, "epochs", (json_int_t)s->epochs, "rate",
                     s->rate, "decay", s->decay, "warm_up", (json_int_t)s->warm_up, "seed",
                     (json_int_t)s->seed);
}

json_t *encoder_training_metrics(const struct encoder_training *run)
{
    const struct encoder_training_result *r = run->result;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:{s:I, s:f, s:f, s:f, s:f}}", "items",
                     (json_int_t)r->items, "held_out", (json_int_t)r->held_out, "parameters",
                     (json_int_t)r->parameters, "vocabulary", (json_int_t)r->vocabulary, "steps",
                     (json_int_t)r->steps, "best", "epoch", (json_int_t)r->best_epoch, "r1",
                     r->best.recall_1, "r5", r->best.recall_5, "r10", r->best.recall_10,
                     "median_rank", r->best.median_rank);
}

/* ---- weights ---- */

enum { OWN = 4, MOST = 16 };

/* What makes a file of weights an encoder. */
enum gmr_status encoder_training_write(void *user, const char *path,
                                       const struct safetensors_metadata *state, size_t count)
{
    const struct encoder_training *run = user;
    struct safetensors_metadata metadata[MOST] = { { "model", "clip" },
                                                   { "fit", "pad" },
                                                   { "version", "1" } };
    size_t size;
    TRY(tokeniser_text(run->tokeniser, &metadata[OWN - 1].value, &size));
    metadata[OWN - 1].key = "vocabulary";
    assert(count <= MOST - OWN);
    memcpy(metadata + OWN, state, count * sizeof *state);
    return parameters_save(&run->model.parameters, path, metadata, OWN + count);
}
