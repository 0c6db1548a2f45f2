/* A run of captioner training as JSON, and how good weights of it are. */
#include "base/digest.h"
#include "base/log.h"
#include "base/status.h"
#include "learning/captioner_training_inside.h"
#include "simulator/captioner/checkpoint.h"

enum { JUDGED = 2048 /* critiques, at most */ };

/* ---- JSON ---- */

/* What was said about what: other items, features, or words make another run. */
static void digest_source(const struct captioner_training *run, char hex[DIGEST_HEX])
{
    const struct critiques *c = &run->critiques;
    uint8_t bytes[DIGEST_SIZE];
    struct digest digest;
    digest_init(&digest);
    for (size_t i = 0; i < run->corpus.count; i++)
        digest_add_text(&digest, run->corpus.item[i].item.key);
    digest_add_text(&digest, regions_digest(run->regions));
    if (run->critic)
        digest_add_text(&digest, attribute_critic(run->critic)->digest);
    for (size_t i = 0; i < c->said_count; i++)
        digest_add_text(&digest, c->said[i].text);
    digest_finish(&digest, bytes);
    digest_hex(bytes, hex);
}

static json_t *model_config(const struct captioner_settings *s)
{
    return json_pack("{s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}",
                     "kind", (int)s->kind, "input", (int)s->input, "channels",
                     (json_int_t)s->channels, "words", (json_int_t)s->words, "length",
                     (json_int_t)s->length, "width", (json_int_t)s->width, "embed",
                     (json_int_t)s->embed, "attention", (json_int_t)s->attention, "hidden",
                     (json_int_t)s->hidden, "encoder_layers", (json_int_t)s->encoder_layers,
                     "decoder_layers", (json_int_t)s->decoder_layers, "heads", (json_int_t)s->heads,
                     "dropout", s->dropout, "input_dropout", s->input_dropout);
}

json_t *captioner_training_config(const struct captioner_training *run)
{
    const struct gmr_captioner_training_options *o = run->options;
    char hex[DIGEST_HEX];
    digest_source(run, hex);
    return json_pack(
        "{s:s, s:i, s:{s:s, s:s}, s:s, s:s, s:s, s:i, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:f, s:f, "
        "s:f, s:I, s:I}",
        "job", "train captioner", "version", 1, RUN_ABOUT, "catalogue",
        catalogue_path(run->catalogue), "features", o->features, "source", hex, "train", o->train,
        "validation", o->validation, "critiques", (int)o->critiques, "items",
        (json_int_t)run->result->items, "held_out", (json_int_t)run->result->held_out, "model",
        model_config(&run->model.settings), "pairs", (json_int_t)o->pairs, "batch",
        (json_int_t)o->batch, "epochs", (json_int_t)o->epochs, "minimum", (json_int_t)o->minimum,
        "rate", o->rate, "clamp", o->clamp, "smoothing", o->smoothing, "warm_up",
        (json_int_t)o->warm_up, "seed", (json_int_t)o->seed);
}

json_t *captioner_training_metrics(const struct captioner_training *run)
{
    const struct gmr_captioner_training_result *r = run->result;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:{s:I, s:f}}", "items", (json_int_t)r->items,
                     "held_out", (json_int_t)r->held_out, "parameters", (json_int_t)r->parameters,
                     "vocabulary", (json_int_t)r->vocabulary, "steps", (json_int_t)r->steps, "best",
                     "epoch", (json_int_t)r->best_epoch, "loss", r->loss);
}

/* ---- validation ---- */

/* Sum of nats, and of words, of one batch. */
static enum gmr_status judge_batch(struct captioner_training *run, const struct captioner *model,
                                   struct tape *t, uint64_t first, size_t count, double *nats,
                                   double *words)
{
    struct captioner_pictures pictures;
    struct captioner_sentences sentences;
    TRY(captioner_batch_draw(&run->batch, &run->to_judge_by, &run->vocabulary, 0, first, count,
                             &pictures, &sentences));
    struct tensor *loss = captioner_loss(t, model, &pictures, &sentences, 0);
    *nats += (double)tape_scalar(t, loss) * (double)run->batch.tokens;
    *words += (double)run->batch.tokens;
    const enum gmr_status status = t->status;
    tape_reset(t);
    return status;
}

static enum gmr_status judge_all(struct captioner_training *run, const struct captioner *model,
                                 double *loss)
{
    const size_t known = critiques_count(&run->to_judge_by), size = run->options->batch;
    const size_t count = known < JUDGED ? known : JUDGED;
    struct tape tape;
    double nats = 0, words = 0;
    enum gmr_status status = GMR_OK;
    tape_init(&tape, run->compute, run->allocator);
    tape.recording = tape.training = false;
    for (size_t done = 0; status == GMR_OK && done < count; done += size) {
        const size_t some = count - done < size ? count - done : size;
        status = progress_check(run->run.progress, "validating");
        if (status == GMR_OK)
            status = judge_batch(run, model, &tape, done, some, &nats, &words);
    }
    tape_release(&tape);
    *loss = nats / words;
    return status;
}

enum gmr_status captioner_training_validate(struct captioner_training *run, const char *name,
                                            double *loss)
{
    char path[PATH_MAX], features[DIGEST_HEX];
    struct captioner model;
    TRY(run_directory_file(&run->run.directory, name, path));
    TRY(captioner_open(&model, run->compute, run->allocator, path, NULL, features));
    const enum gmr_status status = judge_all(run, &model, loss);
    captioner_release(&model);
    return status;
}
