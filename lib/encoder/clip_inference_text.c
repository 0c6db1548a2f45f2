/* Inference with CLIP's text tower: each text up to its end token, sorted by length, so that texts
 * of one length share a call of attention and nothing is padded. */
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "encoder/clip_inference_inside.h"

enum { TEXT_ROWS = 2048 /* tokens at once, if no text is longer */ };

void inference_text_lay_out(struct clip_inference *f)
{
    const struct clip_settings *s = &f->model->settings;
    struct inference_text *t = &f->text;
    t->rows = s->context > TEXT_ROWS ? s->context : TEXT_ROWS;
    transformer_lay_out(&t->area, &f->area, t->rows, TEXT_WINDOW, s->text_width, s->text_heads);
    t->features = area_take(&f->area, TEXT_WINDOW * s->embed);
}

/* ---- one window of texts ---- */

struct text_place {
    size_t length, index; /* of the text in its window */
};

struct window {
    const struct clip_words *words;
    size_t first, count;
    struct text_place text[TEXT_WINDOW]; /* by length */
};

static int by_length(const void *a, const void *b)
{
    const struct text_place *x = a, *y = b;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static enum gmr_status check_text(const struct clip_settings *s, const struct clip_words *words,
                                  size_t index, size_t *length)
{
    const int64_t *ids = words->ids + index * words->length;
    const int64_t end = words->end[index] - (int64_t)(index * words->length);
    if (end < 0 || (size_t)end >= words->length)
        return gmr_error(GMR_ERR_RANGE, "text %zu ends outside its %zu tokens", index,
                         words->length);
    *length = (size_t)end + 1;
    if (*length > s->context)
        return gmr_error(GMR_ERR_RANGE, "text %zu has %zu tokens, at most %zu", index, *length,
                         s->context);
    for (size_t i = 0; i < *length; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= s->vocabulary)
            return gmr_error(GMR_ERR_RANGE, "text %zu has a token outside the vocabulary of %zu",
                             index, s->vocabulary);
    return GMR_OK;
}

static enum gmr_status open_window(struct window *w, const struct clip_settings *s,
                                   const struct clip_words *words, size_t first)
{
    const size_t left = words->count - first;
    w->words = words;
    w->first = first;
    w->count = left < TEXT_WINDOW ? left : TEXT_WINDOW;
    for (size_t i = 0; i < w->count; i++) {
        w->text[i].index = i;
        TRY(check_text(s, words, first + i, &w->text[i].length));
    }
    qsort(w->text, w->count, sizeof *w->text, by_length);
    return GMR_OK;
}

/* ---- what fits at once ---- */

/* Adds the next text of a window to what runs at once. */
static void add_text(struct inference_text *t, struct sequences *s, const struct window *w,
                     const struct text_place *text)
{
    const struct clip_words *words = w->words;
    struct sequence_group *last = s->groups > 0 ? &t->group[s->groups - 1] : NULL;
    memcpy(t->ids + s->rows, words->ids + (w->first + text->index) * words->length,
           text->length * sizeof *t->ids);
    if (last && last->length == text->length)
        last->count++;
    else
        t->group[s->groups++] = (struct sequence_group){ 1, text->length };
    s->rows += text->length;
    s->count++;
}

static void embed(const struct clip_inference *f, const struct sequences *s)
{
    const struct compute *c = f->compute;
    const struct clip_text *tower = &f->model->text;
    const size_t width = f->model->settings.text_width;
    real *x = f->text.area.x;
    c->gather_rows(c, x, tensor_real(tower->tokens), f->text.ids, s->rows, width);
    for (size_t g = 0; g < s->groups; g++) {
        const size_t row = s->group[g].length * width;
        copy_rows(c, x, row, tensor_real(tower->positions), 0, s->group[g].count, row, 1);
        x += s->group[g].count * row;
    }
}

/* Texts from `done` on, as many as fit; their features go behind those of earlier ones. */
static size_t run_some(struct clip_inference *f, const struct window *w, size_t done)
{
    struct inference_text *t = &f->text;
    const struct clip_text *tower = &f->model->text;
    struct sequences s = { .group = t->group };
    while (done + s.count < w->count && s.rows + w->text[done + s.count].length <= t->rows)
        add_text(t, &s, w, &w->text[done + s.count]);
    embed(f, &s);
    transformer_run(f->compute, &t->area, tower->block, tower->count, &tower->after, &s, true,
                    LAST_ROW);
    project(f->compute, t->features + done * f->model->settings.embed, t->area.chosen,
            tower->projection, s.count);
    return s.count;
}

static void run_window(struct clip_inference *f, real *y, const struct window *w)
{
    for (size_t done = 0; done < w->count;)
        done += run_some(f, w, done);
    for (size_t i = 0; i < w->count; i++)
        f->text.place[w->text[i].index] = (int64_t)i;
    f->compute->gather_rows(f->compute, y, f->text.features, f->text.place, w->count,
                            f->model->settings.embed);
}

enum gmr_status clip_inference_texts(struct clip_inference *f, real *y,
                                     const struct clip_words *words)
{
    const struct clip_settings *s = &f->model->settings;
    struct window w;
    for (size_t first = 0; first < words->count; first += w.count) {
        TRY(open_window(&w, s, words, first));
        run_window(f, y + first * s->embed, &w);
    }
    return f->compute->synchronise(f->compute);
}
