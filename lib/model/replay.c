#include "model/replay.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/status.h"
#include "nn/checkpoint.h"
#include "tensor/weights.h"

/* Dialogues at once. A tape keeps all of them until it is reset, which is 77 MB for one of 21 turns
 * at the paper's sizes. */
enum { BATCH = 8 };

/* What is recorded, borrowed from the open file. */
struct recording {
    const struct safetensors *file;
    const struct safetensors_entry *image, *text, *dislike; /* dislike: NULL, not wanted */
    size_t dialogues, turns, features, others;
};

/* What comes out, in the order of the file. */
enum { STATE, COMPOSED, EMBEDDED, OUTPUTS };

struct replay {
    const struct recommender *model;
    const struct gmr_allocator *allocator;
    struct recording recording;
    struct tape tape;
    real *in;           /* [BATCH, features] or [.., K - 1, ..] */
    real *rows;         /* [BATCH, width] */
    real *out[OUTPUTS]; /* [dialogues, turns, width]; NULL: nothing came */
};

static const char *const output_names[OUTPUTS] = { "state", "composed", "embedded" };

/* ---- the recording ---- */

static enum gmr_status find_image(struct recording *r, const struct recommender *m)
{
    const char *name = safetensors_name(r->file);
    const struct safetensors_entry *image = safetensors_find(r->file, "image");

    if (image && image->rank != 3)
        return gmr_error(GMR_ERR_SHAPE,
                         "cannot read '%s': 'image' has %zu axes, not dialogues, turns, features",
                         name, image->rank);
    TRY(checkpoint_check(r->file, "image", image ? image->dim : NULL, 3));
    r->image = image;
    r->dialogues = image->dim[0];
    r->turns = image->dim[1];
    r->features = image->dim[2];
    if (r->dialogues == 0 || r->turns == 0)
        return gmr_error(GMR_ERR_FORMAT, "cannot read '%s': it holds no dialogues", name);
    if (r->features != m->settings.features)
        return gmr_error(GMR_ERR_SHAPE, "cannot read '%s': it has %zu features, '%s' expects %zu",
                         name, r->features, m->row->name, m->settings.features);
    if (r->turns > recommender_max_turns(m))
        return gmr_error(GMR_ERR_RANGE,
                         "cannot read '%s': its dialogues have %zu turns, '%s' takes at most %zu",
                         name, r->turns, m->row->name, recommender_max_turns(m));
    return GMR_OK;
}

static enum gmr_status find_dislikes(struct recording *r)
{
    const struct safetensors_entry *dislike = safetensors_find(r->file, "dislike");

    r->others = dislike && dislike->rank == 4 && dislike->dim[2] > 0 ? dislike->dim[2] : 1;
    r->dislike = dislike;
    return checkpoint_check(r->file, "dislike",
                            (size_t[]){ r->dialogues, r->turns, r->others, r->features }, 4);
}

static enum gmr_status read_recording(struct recording *r, const struct recommender *m)
{
    TRY(find_image(r, m));
    TRY(checkpoint_check(r->file, "text", r->image->dim, 3));
    r->text = safetensors_find(r->file, "text");
    return recommender_wants_dislikes(m) ? find_dislikes(r) : GMR_OK;
}

/* ---- playing ---- */

/* One turn of some dialogues, from a tensor with `row` numbers a turn, onto the tape. */
static struct tensor *take(struct replay *r, const struct safetensors_entry *entry, size_t row,
                           size_t first, size_t count, size_t turn)
{
    const size_t bytes = row * dtype_size(entry->dtype), turns = r->recording.turns;
    const size_t flat[] = { count, r->recording.features };
    const size_t lists[] = { count, r->recording.others, r->recording.features };

    for (size_t i = 0; i < count; i++)
        dtype_to_real(r->in + i * row,
                      (const char *)entry->data + ((first + i) * turns + turn) * bytes,
                      entry->dtype, row);
    return entry == r->recording.dislike ? tape_input(&r->tape, lists, 3, r->in)
                                         : tape_input(&r->tape, flat, 2, r->in);
}

static size_t numbers(const struct replay *r)
{
    return r->recording.dialogues * r->recording.turns * r->model->settings.width;
}

/* Keeps rows of one turn, if they are there and finite. */
static enum gmr_status keep(struct replay *r, int which, const struct tensor *x, size_t first,
                            size_t count, size_t turn)
{
    const size_t width = r->model->settings.width, turns = r->recording.turns;

    tape_read(&r->tape, x, r->rows);
    TRY(tape_status(&r->tape));
    if (!r->out[which])
        r->out[which] = memory_array(r->allocator, numbers(r), sizeof *r->out[which]);
    if (!r->out[which])
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count * width; i++)
        if (!isfinite((double)r->rows[i]))
            return gmr_error(GMR_ERR_NUMERIC, "'%s': '%s' of dialogue %zu, turn %zu is not finite",
                             safetensors_name(r->recording.file), output_names[which],
                             first + i / width, turn);
    for (size_t i = 0; i < count; i++)
        memcpy(r->out[which] + ((first + i) * turns + turn) * width, r->rows + i * width,
               width * sizeof *r->rows);
    return GMR_OK;
}

static enum gmr_status play_turn(struct replay *r, struct recommender_history *history,
                                 size_t first, size_t count, size_t turn)
{
    const struct recording *c = &r->recording;
    struct recommender_input input = {
        .image = take(r, c->image, c->features, first, count, turn),
        .text = take(r, c->text, c->features, first, count, turn),
    };
    struct recommender_turn after;

    if (c->dislike)
        input.dislike = take(r, c->dislike, c->others * c->features, first, count, turn);
    after = recommender_turn(&r->tape, r->model, history, &input);
    TRY(keep(r, STATE, after.state, first, count, turn));
    if (after.composed)
        TRY(keep(r, COMPOSED, after.composed, first, count, turn));
    return keep(r, EMBEDDED, recommender_embed_image(&r->tape, r->model, input.image), first, count,
                turn);
}

static enum gmr_status play(struct replay *r, const struct gmr_progress *progress)
{
    const size_t all = r->recording.dialogues;

    r->tape.recording = r->tape.training = false;
    for (size_t first = 0; first < all; first += BATCH) {
        const size_t count = all - first < BATCH ? all - first : BATCH;
        struct recommender_history history;

        TRY(progress_check(progress, "replaying"));
        recommender_begin(&history);
        for (size_t turn = 0; turn < r->recording.turns; turn++)
            TRY(play_turn(r, &history, first, count, turn));
        tape_reset(&r->tape);
        progress_report(progress, "replaying", "dialogue", first + count, all, NULL);
    }
    return GMR_OK;
}

/* ---- memory and file ---- */

static size_t input_numbers(const struct replay *r)
{
    return BATCH * (r->recording.dislike ? r->recording.others : 1) * r->recording.features;
}

static enum gmr_status allocate(struct replay *r)
{
    const struct gmr_allocator *a = r->allocator;

    r->in = memory_array(a, input_numbers(r), sizeof *r->in);
    r->rows = memory_array(a, BATCH * r->model->settings.width, sizeof *r->rows);
    return r->in && r->rows ? GMR_OK : GMR_ERR_NOMEM;
}

static void release(struct replay *r)
{
    const struct gmr_allocator *a = r->allocator;

    tape_release(&r->tape);
    for (int i = 0; i < OUTPUTS; i++)
        memory_release(a, r->out[i], numbers(r) * sizeof *r->out[i]);
    memory_release(a, r->rows, BATCH * r->model->settings.width * sizeof *r->rows);
    memory_release(a, r->in, input_numbers(r) * sizeof *r->in);
}

static enum gmr_status write(const struct replay *r, const struct replay_options *options)
{
    const struct recording *c = &r->recording;
    const struct safetensors_metadata metadata[] = { { "model", r->model->row->name },
                                                     { "version", "1" },
                                                     { "encoder", options->encoder } };
    const size_t told = options->encoder[0] != '\0' ? 3 : 2;
    struct safetensors_entry entry[OUTPUTS];
    size_t count = 0;

    for (int i = 0; i < OUTPUTS; i++)
        if (r->out[i])
            entry[count++] = (struct safetensors_entry){
                .name = output_names[i],
                .dtype = DTYPE_REAL,
                .rank = 3,
                .dim = { c->dialogues, c->turns, r->model->settings.width },
                .data = r->out[i],
                .size = numbers(r) * sizeof *r->out[i],
            };
    return safetensors_write_job(r->allocator, options->output, entry, count, metadata, told,
                                 options->progress);
}

static enum gmr_status replay(struct replay *r, struct compute *compute,
                              const struct replay_options *options, struct replay_result *result)
{
    enum gmr_status status;

    TRY(read_recording(&r->recording, r->model));
    tape_init(&r->tape, compute, r->allocator);
    status = allocate(r);
    if (status == GMR_OK)
        status = play(r, options->progress);
    if (status == GMR_OK)
        status = write(r, options);
    *result = (struct replay_result){ r->recording.dialogues, r->recording.turns,
                                      r->out[COMPOSED] != NULL };
    release(r);
    return status;
}

enum gmr_status replay_run(const struct recommender *model, struct compute *compute,
                           const struct gmr_allocator *allocator,
                           const struct replay_options *options, struct replay_result *result)
{
    struct replay r = { .model = model, .allocator = allocator };
    struct safetensors *file;

    *result = (struct replay_result){ 0 };
    TRY(weights_open(allocator, options->input, &file));
    r.recording.file = file;
    const enum gmr_status status = replay(&r, compute, options, result);
    safetensors_close(file);
    return status;
}
