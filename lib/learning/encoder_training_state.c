/* What a run leaves on disk. The weights name the step that they belong to and the moments carry it
 * in their name: moments are written first, then the weights, which make the change; then older
 * moments go. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
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

/* ---- files ---- */

static enum gmr_status moments_path(const struct encoder_training *run, size_t step, char *path)
{
    char name[64];
    snprintf(name, sizeof name, "optimiser-%zu.safetensors", step);
    return run_directory_file(&run->run, name, path);
}

enum { NUMBER = 32 };

/* What makes a file of weights an encoder, and where the run stands. */
static enum gmr_status save_weights(const struct encoder_training *run, const char *name)
{
    char path[PATH_MAX], step[NUMBER], log[NUMBER], loss[NUMBER], recall[NUMBER];
    char epoch[NUMBER], epochs[NUMBER];
    const char *vocabulary;
    size_t size;
    TRY(run_directory_file(&run->run, name, path));
    TRY(tokeniser_text(run->tokeniser, &vocabulary, &size));
    snprintf(step, sizeof step, "%zu", run->step);
    snprintf(log, sizeof log, "%" PRIu64, run->run.lines);
    snprintf(loss, sizeof loss, "%.17g", run->loss_sum);
    snprintf(recall, sizeof recall, "%.17g", run->best_recall);
    snprintf(epoch, sizeof epoch, "%zu", run->best_epoch);
    snprintf(epochs, sizeof epochs, "%zu", run->epochs);
    const struct safetensors_metadata metadata[] = {
        { "model", "clip" },     { "fit", "pad" },
        { "version", "1" },      { "vocabulary", vocabulary },
        { "step", step },        { "log", log },
        { "loss", loss },        { "best_recall", recall },
        { "best_epoch", epoch }, { "epochs", epochs },
    };
    return parameters_save(&run->model.parameters, path, metadata,
                           sizeof metadata / sizeof *metadata);
}

enum gmr_status encoder_training_save_best(const struct encoder_training *run)
{
    return save_weights(run, TRAINING_BEST);
}

/* Moments of other steps: older ones, and those of a save that did not come to its end. */
static void remove_other_moments(const struct encoder_training *run)
{
    DIR *folder = opendir(run->run.path);
    char path[PATH_MAX];
    size_t step;
    for (const struct dirent *e; folder && (e = readdir(folder));)
        if (sscanf(e->d_name, "optimiser-%zu.safetensors", &step) == 1 && step != run->step &&
            run_directory_file(&run->run, e->d_name, path) == GMR_OK)
            unlink(path);
    if (folder)
        closedir(folder);
}

enum gmr_status encoder_training_save(struct encoder_training *run)
{
    char path[PATH_MAX];
    TRY(run_log_sync(&run->run));
    TRY(moments_path(run, run->step, path));
    TRY(optimiser_save(&run->optimiser, path, NULL, 0));
    TRY(save_weights(run, TRAINING_LAST));
    remove_other_moments(run);
    return GMR_OK;
}

/* ---- going on ---- */

static enum gmr_status read_number(const struct safetensors *file, const char *key, double *value)
{
    const char *text = safetensors_metadata_find(file, key);
    char *end = NULL;
    if (text)
        *value = strtod(text, &end);
    if (!text || end == text || *end != '\0' || !(*value >= 0 && *value < 1e15))
        return gmr_error(GMR_ERR_FORMAT, "'%s' does not say its '%s'", safetensors_name(file), key);
    return GMR_OK;
}

static enum gmr_status read_state(struct encoder_training *run, const struct safetensors *file,
                                  uint64_t *log_lines)
{
    char path[PATH_MAX];
    double step = 0, log = 0, epoch = 0, epochs = 0;
    TRY(read_number(file, "step", &step));
    TRY(read_number(file, "log", &log));
    TRY(read_number(file, "loss", &run->loss_sum));
    TRY(read_number(file, "best_recall", &run->best_recall));
    TRY(read_number(file, "best_epoch", &epoch));
    TRY(read_number(file, "epochs", &epochs));
    TRY(parameters_read(&run->model.parameters, file));
    run->step = (size_t)step;
    run->best_epoch = (size_t)epoch;
    run->epochs = (size_t)epochs;
    *log_lines = (uint64_t)log;
    TRY(moments_path(run, run->step, path));
    return optimiser_load(&run->optimiser, path);
}

enum gmr_status encoder_training_restore(struct encoder_training *run, uint64_t *log_lines)
{
    char path[PATH_MAX];
    struct safetensors *file;
    *log_lines = 0;
    TRY(run_directory_file(&run->run, TRAINING_LAST, path));
    if (access(path, F_OK) != 0 && errno == ENOENT) {
        clip_initialise(&run->model, run->settings->seed);
        return GMR_OK;
    }
    TRY(safetensors_open(run->allocator, path, &file));
    enum gmr_status status = read_state(run, file, log_lines);
    safetensors_close(file);
    return status;
}
