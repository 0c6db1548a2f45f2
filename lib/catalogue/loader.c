/* Pictures decoded ahead. Squares stand in a ring of slots, number i in slot i modulo their count:
 * decoders take the numbers in turn and wait while the ring is full, the user takes squares out in
 * turn and waits for the one that is due. So the order does not depend on who is faster.
 *
 * Two locks: `queue` guards the ring's numbers and is held for moments, `reading` guards the
 * catalogue, whose handle is for one thread at a time. Only the database is read under it; files
 * are read and pictures decoded beside each other. Neither is taken while holding the other. */
#include "catalogue/loader.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "media/picture.h"

enum {
    CHANNELS = 3,
    WHITE = 255,
    REASON_SIZE = 512,
    AHEAD = 128,                    /* squares, as long as they have no more than ... */
    AHEAD_BYTES = 64 * 1024 * 1024, /* ... but at least two for each decoder */
    KEPT_BYTES = 1024 * 1024,       /* what a decoder keeps of a picture's bytes for the next */
};

struct slot {
    bool ready;
    enum gmr_status status; /* of what is no broken picture but ends all */
    bool broken;
    char reason[REASON_SIZE];
    struct picture picture; /* where there are no squares; empty: none, or taken */
};

struct decoder {
    struct picture_loader *loader;
    struct arena arena; /* of one picture: its file, names */
    pthread_t thread;
};

struct picture_loader {
    const struct gmr_allocator *allocator;
    struct catalogue *catalogue;
    struct picture_loader_options options; /* with numbers for the defaults */
    size_t bytes;                          /* of a square */

    pthread_mutex_t reading, queue;
    pthread_cond_t room, ready;
    size_t begun, taken; /* squares given to decoders, and to the user */
    bool stopped, resting;

    struct slot *slot;       /* [ahead] */
    uint8_t *squares;        /* [ahead, side, side, 3] */
    struct decoder *decoder; /* [threads], of which `running` run */
    size_t running;
    char reason[REASON_SIZE]; /* of the square last taken */
};

/* ---- one picture ---- */

/* Of the item with number `index`; what is read goes to the arena. */
static enum gmr_status read_picture(struct picture_loader *l, size_t index, struct arena *arena,
                                    struct picture_source *source)
{
    pthread_mutex_lock(&l->reading);
    const enum gmr_status status =
        catalogue_picture_find(l->catalogue, l->options.positions[index], arena, source);
    pthread_mutex_unlock(&l->reading);
    return status == GMR_OK ? picture_source_read(source, arena) : status;
}

static enum gmr_status make_square(const struct picture_loader *l, const struct picture *picture,
                                   uint8_t *pixels)
{
    struct picture square;
    TRY(preprocess_square(l->allocator, picture, l->options.fit, l->options.side, &square));
    memcpy(pixels, square.pixels, l->bytes);
    picture_release(&square);
    return GMR_OK;
}

static enum gmr_status check_size(const struct picture_loader *l, const struct picture *picture,
                                  const char *name)
{
    const size_t least = l->options.least_side;
    if (picture->width >= least && picture->height >= least &&
        picture->width * picture->height <= l->options.most_pixels)
        return GMR_OK;
    return gmr_error(GMR_ERR_UNSUPPORTED, "cannot use '%s': %zu x %zu pixels", name, picture->width,
                     picture->height);
}

/* What the slot of a number holds in the end; what is read on the way goes to the arena. */
static enum gmr_status make_one(struct picture_loader *l, size_t index, struct arena *arena,
                                struct slot *slot, uint8_t *pixels)
{
    struct picture_source source;
    struct picture picture;
    TRY(read_picture(l, index, arena, &source));
    TRY(picture_decode(l->allocator, source.bytes, source.size, 0, source.name, &picture, NULL,
                       NULL));
    const bool as_it_is = l->options.as_they_are;
    const enum gmr_status status =
        as_it_is ? check_size(l, &picture, source.name) : make_square(l, &picture, pixels);
    if (as_it_is && status == GMR_OK)
        slot->picture = picture;
    else
        picture_release(&picture);
    return status;
}

/* Whether a status tells of this picture, and not of the machine or the whole catalogue. */
static bool is_about_picture(enum gmr_status status)
{
    return status == GMR_ERR_NOT_FOUND || status == GMR_ERR_FORMAT ||
           status == GMR_ERR_UNSUPPORTED || status == GMR_ERR_IO;
}

static void fill_slot(struct picture_loader *l, size_t index, struct arena *arena)
{
    struct slot *slot = &l->slot[index % l->options.ahead];
    uint8_t *pixels = l->squares + index % l->options.ahead * l->bytes;
    const enum gmr_status status = make_one(l, index, arena, slot, pixels);
    slot->broken = is_about_picture(status);
    slot->status = slot->broken ? GMR_OK : status;
    slot->reason[0] = '\0';
    if (status != GMR_OK)
        snprintf(slot->reason, sizeof slot->reason, "%s", gmr_error_message());
    if (slot->broken)
        memset(pixels, WHITE, l->bytes);
}

/* ---- decoders ---- */

static bool must_wait(const struct picture_loader *l)
{
    if (l->stopped || l->begun == l->options.count)
        return false;
    return l->resting || l->begun - l->taken == l->options.ahead;
}

/* Takes the next number, once its slot is free; false: there is nothing more to do. */
static bool begin_next(struct picture_loader *l, size_t *index)
{
    while (must_wait(l))
        pthread_cond_wait(&l->room, &l->queue);
    if (l->stopped || l->begun == l->options.count)
        return false;
    *index = l->begun++;
    return true;
}

/* A large picture's memory is not kept for the small ones after it. */
static void forget_picture(struct arena *arena)
{
    if (arena->used > KEPT_BYTES)
        arena_release(arena);
    else
        arena_clear(arena);
}

static void *decode(void *argument)
{
    struct decoder *decoder = argument;
    struct picture_loader *l = decoder->loader;
    size_t index;
    pthread_mutex_lock(&l->queue);
    while (begin_next(l, &index)) {
        pthread_mutex_unlock(&l->queue);
        fill_slot(l, index, &decoder->arena);
        forget_picture(&decoder->arena);
        pthread_mutex_lock(&l->queue);
        l->slot[index % l->options.ahead].ready = true;
        pthread_cond_signal(&l->ready);
    }
    pthread_cond_broadcast(&l->room); /* others, too, have nothing more to wait for */
    pthread_mutex_unlock(&l->queue);
    return NULL;
}

/* Signals are for the threads of the program. */
static enum gmr_status start_decoders(struct picture_loader *l)
{
    sigset_t all, before;
    int error = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < l->options.threads && error == 0; i++) {
        struct decoder *decoder = &l->decoder[i];
        decoder->loader = l;
        arena_init(&decoder->arena, l->allocator, 0);
        error = pthread_create(&decoder->thread, NULL, decode, decoder);
        l->running += error == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (l->running == 0 && error != 0)
        return gmr_error(GMR_ERR_NOMEM, "out of memory: cannot start a thread: %s",
                         strerror(error));
    return GMR_OK; /* fewer than wanted do the same work */
}

/* ---- the loader ---- */

static enum gmr_status check_options(struct catalogue *catalogue,
                                     const struct picture_loader_options *options)
{
    if (!options->as_they_are && (options->side < 1 || options->side > PICTURE_MAX_SIDE))
        return gmr_error(GMR_ERR_RANGE, "squares of %zu pixels, not 1 .. %d", options->side,
                         PICTURE_MAX_SIDE);
    for (size_t i = 0; i < options->count; i++)
        if (options->positions[i] >= catalogue_count(catalogue))
            return gmr_error(GMR_ERR_RANGE, "no item at position %zu: '%s' has %zu",
                             options->positions[i], catalogue_path(catalogue),
                             catalogue_count(catalogue));
    return GMR_OK;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void choose_defaults(struct picture_loader *l)
{
    struct picture_loader_options *options = &l->options;
    size_t threads = options->threads > 0 ? options->threads : (size_t)omp_get_max_threads();
    threads = least(threads, GMR_MAX_THREADS);
    if (options->ahead == 0) {
        options->ahead = l->bytes == 0 ? 0 : least(AHEAD, AHEAD_BYTES / l->bytes);
        if (options->ahead < 2 * threads)
            options->ahead = 2 * threads;
    }
    options->ahead = least(options->ahead, options->count);
    options->threads = (unsigned)least(threads, options->ahead);
}

static enum gmr_status start(struct picture_loader *l)
{
    const size_t ahead = l->options.ahead;
    l->slot = memory_array(l->allocator, ahead, sizeof *l->slot);
    l->squares = memory_array(l->allocator, ahead, l->bytes);
    l->decoder = memory_array(l->allocator, l->options.threads, sizeof *l->decoder);
    return l->slot && l->squares && l->decoder ? start_decoders(l) : GMR_ERR_NOMEM;
}

enum gmr_status picture_loader_create(struct catalogue *catalogue,
                                      const struct picture_loader_options *options,
                                      struct picture_loader **loader)
{
    const struct gmr_allocator *allocator = catalogue_allocator(catalogue);
    *loader = NULL;
    TRY(check_options(catalogue, options));
    struct picture_loader *l = memory_array(allocator, 1, sizeof *l);
    if (!l)
        return GMR_ERR_NOMEM;
    l->allocator = allocator;
    l->catalogue = catalogue;
    l->options = *options;
    l->bytes = options->as_they_are ? 0 : options->side * options->side * CHANNELS;
    choose_defaults(l);
    pthread_mutex_init(&l->reading, NULL);
    pthread_mutex_init(&l->queue, NULL);
    pthread_cond_init(&l->room, NULL);
    pthread_cond_init(&l->ready, NULL);
    const enum gmr_status status = start(l);
    if (status == GMR_OK)
        *loader = l;
    else
        picture_loader_destroy(l);
    return status;
}

static void stop_decoders(struct picture_loader *l)
{
    pthread_mutex_lock(&l->queue);
    l->stopped = true;
    pthread_cond_broadcast(&l->room);
    pthread_mutex_unlock(&l->queue);
    for (size_t i = 0; i < l->running; i++)
        pthread_join(l->decoder[i].thread, NULL);
    for (size_t i = 0; i < l->running; i++)
        arena_release(&l->decoder[i].arena);
}

void picture_loader_destroy(struct picture_loader *l)
{
    if (!l)
        return;
    const struct gmr_allocator *allocator = l->allocator;
    stop_decoders(l);
    pthread_cond_destroy(&l->ready);
    pthread_cond_destroy(&l->room);
    pthread_mutex_destroy(&l->queue);
    pthread_mutex_destroy(&l->reading);
    memory_release(allocator, l->decoder, l->options.threads * sizeof *l->decoder);
    memory_release(allocator, l->squares, l->options.ahead * l->bytes);
    for (size_t i = 0; l->slot && i < l->options.ahead; i++)
        picture_release(&l->slot[i].picture);
    memory_release(allocator, l->slot, l->options.ahead * sizeof *l->slot);
    memory_release(allocator, l, sizeof *l);
}

/* The slot of the next square, once it is filled. From then on it is the user's, until `taken`
 * passes it. */
static struct slot *wait_for_square(struct picture_loader *l)
{
    struct slot *slot = &l->slot[l->taken % l->options.ahead];
    pthread_mutex_lock(&l->queue);
    while (!slot->ready)
        pthread_cond_wait(&l->ready, &l->queue);
    pthread_mutex_unlock(&l->queue);
    return slot;
}

static void give_back(struct picture_loader *l, struct slot *slot)
{
    pthread_mutex_lock(&l->queue);
    slot->ready = false;
    l->taken++;
    pthread_cond_signal(&l->room);
    pthread_mutex_unlock(&l->queue);
}

/* The next slot, and what it says; the caller gives it back. */
static enum gmr_status take(struct picture_loader *l, struct slot **slot, bool *broken,
                            const char **reason)
{
    *broken = false;
    *reason = l->reason;
    if (l->taken == l->options.count)
        return gmr_error(GMR_ERR_STATE, "all %zu pictures were given", l->options.count);
    *slot = wait_for_square(l);
    if ((*slot)->status != GMR_OK)
        return gmr_error((*slot)->status, "%s", (*slot)->reason);
    memcpy(l->reason, (*slot)->reason, sizeof l->reason);
    *broken = (*slot)->broken;
    return GMR_OK;
}

enum gmr_status picture_loader_next(struct picture_loader *l, uint8_t *square, bool *broken,
                                    const char **reason)
{
    struct slot *slot;
    TRY(take(l, &slot, broken, reason));
    memcpy(square, l->squares + l->taken % l->options.ahead * l->bytes, l->bytes);
    give_back(l, slot);
    return GMR_OK;
}

enum gmr_status picture_loader_next_picture(struct picture_loader *l, struct picture *picture,
                                            bool *broken, const char **reason)
{
    struct slot *slot;
    *picture = (struct picture){ .width = 0 };
    TRY(take(l, &slot, broken, reason));
    *picture = slot->picture;
    slot->picture = (struct picture){ .width = 0 };
    give_back(l, slot);
    return GMR_OK;
}

void picture_loader_rest(struct picture_loader *l, bool rest)
{
    pthread_mutex_lock(&l->queue);
    l->resting = rest;
    pthread_cond_broadcast(&l->room);
    pthread_mutex_unlock(&l->queue);
}

enum gmr_status picture_loader_item(struct picture_loader *l, size_t position, struct arena *arena,
                                    struct gmr_item *item)
{
    pthread_mutex_lock(&l->reading);
    const enum gmr_status status = catalogue_item(l->catalogue, position, arena, item);
    pthread_mutex_unlock(&l->reading);
    return status;
}
