#include "compute/cpu/onednn.h"
#include "compute/cpu/signals.h"

#include <omp.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "base/status.h"

enum { CACHE = 64 }; /* plans kept */

struct cached_plan {
    bool used;
    unsigned char key[PLAN_KEY];
    struct onednn_plan plan;
};

struct onednn {
    const struct gmr_allocator *allocator;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    int threads;
    pthread_mutex_t lock;
    struct cached_plan cache[CACHE];
    size_t oldest; /* the place that the next new plan takes */
};

static bool done(dnnl_status_t status)
{
    return status == dnnl_success;
}

/* ---- making plans ---- */

static bool describe(dnnl_memory_desc_t *md, size_t rank, const size_t *dim, bool any)
{
    static const dnnl_format_tag_t plain[] = { dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd };
    dnnl_dims_t dims;

    for (size_t i = 0; i < rank; i++)
        dims[i] = (dnnl_dim_t)dim[i];
    return done(dnnl_memory_desc_init_by_tag(md, (int)rank, dims, dnnl_f32,
                                             any ? dnnl_format_tag_any : plain[rank - 1]));
}

bool onednn_plain(dnnl_memory_desc_t *md, size_t rank, const size_t *dim)
{
    return describe(md, rank, dim, false);
}

bool onednn_any(dnnl_memory_desc_t *md, size_t rank, const size_t *dim)
{
    return describe(md, rank, dim, true);
}

bool plan_set_primitive(struct onednn_plan *plan, dnnl_primitive_desc_t description)
{
    bool made = done(dnnl_primitive_create(&plan->primitive, description));

    dnnl_primitive_desc_destroy(description);
    return made;
}

/* The attribute that makes a reorder add to what is there. */
static bool make_adding(dnnl_primitive_attr_t *attr)
{
    dnnl_post_ops_t sum = NULL;
    bool made = done(dnnl_primitive_attr_create(attr)) && done(dnnl_post_ops_create(&sum)) &&
                done(dnnl_post_ops_append_sum(sum, 1)) &&
                done(dnnl_primitive_attr_set_post_ops(*attr, sum));

    if (sum)
        dnnl_post_ops_destroy(sum);
    return made;
}

static bool make_reorder(struct onednn_array *a, dnnl_engine_t engine,
                         const dnnl_memory_desc_t *user, const dnnl_memory_desc_t *inner)
{
    bool in = a->use == PLAN_READ;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_primitive_desc_t description = NULL;
    bool made = (a->use != PLAN_ADD || make_adding(&attr)) &&
                done(dnnl_reorder_primitive_desc_create(&description, in ? user : inner, engine,
                                                        in ? inner : user, engine, attr)) &&
                done(dnnl_primitive_create(&a->reorder, description));

    if (description)
        dnnl_primitive_desc_destroy(description);
    if (attr)
        dnnl_primitive_attr_destroy(attr);
    return made;
}

bool plan_add_array(struct onednn_plan *plan, dnnl_engine_t engine, int argument, enum plan_use use,
                    const dnnl_memory_desc_t *user, const dnnl_memory_desc_t *inner)
{
    struct onednn_array *a = &plan->array[plan->count++];

    a->argument = argument;
    a->use = use;
    if (!done(dnnl_memory_create(&a->user, user, engine, DNNL_MEMORY_NONE)))
        return false;
    if (use != PLAN_ADD && dnnl_memory_desc_equal(user, inner))
        return true;
    return done(dnnl_memory_create(&a->inner, inner, engine, DNNL_MEMORY_ALLOCATE)) &&
           make_reorder(a, engine, user, inner);
}

static void plan_release(struct onednn_plan *plan)
{
    if (plan->primitive)
        dnnl_primitive_destroy(plan->primitive);
    for (size_t i = 0; i < plan->count; i++) {
        struct onednn_array *a = &plan->array[i];

        if (a->user)
            dnnl_memory_destroy(a->user);
        if (a->inner)
            dnnl_memory_destroy(a->inner);
        if (a->reorder)
            dnnl_primitive_destroy(a->reorder);
    }
    memset(plan, 0, sizeof *plan);
}

/* ---- running plans ---- */

static bool reorder(const struct onednn_array *a, dnnl_stream_t stream, dnnl_memory_t from,
                    dnnl_memory_t to)
{
    dnnl_exec_arg_t arguments[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };

    return done(dnnl_primitive_execute(a->reorder, stream, 2, arguments));
}

static bool run(const struct onednn *o, const struct onednn_plan *plan, void *const *array)
{
    dnnl_exec_arg_t arguments[PLAN_ARRAYS];

    for (size_t i = 0; i < plan->count; i++) {
        const struct onednn_array *a = &plan->array[i];

        if (!done(dnnl_memory_set_data_handle(a->user, array[i])) ||
            (a->inner && a->use == PLAN_READ && !reorder(a, o->stream, a->user, a->inner)))
            return false;
        arguments[i] = (dnnl_exec_arg_t){ a->argument, a->inner ? a->inner : a->user };
    }
    if (!done(dnnl_primitive_execute(plan->primitive, o->stream, (int)plan->count, arguments)))
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        const struct onednn_array *a = &plan->array[i];

        if (a->inner && a->use != PLAN_READ && !reorder(a, o->stream, a->inner, a->user))
            return false;
    }
    return done(dnnl_stream_wait(o->stream));
}

static const struct onednn_plan *find(struct onednn *o, const unsigned char key[PLAN_KEY],
                                      plan_maker *make)
{
    struct cached_plan *place = &o->cache[o->oldest];

    for (size_t i = 0; i < CACHE; i++)
        if (o->cache[i].used && memcmp(o->cache[i].key, key, PLAN_KEY) == 0)
            return &o->cache[i].plan;
    plan_release(&place->plan);
    place->used = make(&place->plan, o->engine, key);
    if (!place->used) {
        plan_release(&place->plan);
        return NULL;
    }
    memcpy(place->key, key, PLAN_KEY);
    o->oldest = (o->oldest + 1) % CACHE;
    return &place->plan;
}

bool onednn_run(struct onednn *o, const void *key, size_t size, plan_maker *make,
                void *const *array)
{
    _Alignas(max_align_t) unsigned char padded[PLAN_KEY] = { 0 };
    const struct onednn_plan *plan;
    int before;
    bool ran;

    memcpy(padded, key, size);
    pthread_mutex_lock(&o->lock);
    before = omp_get_max_threads(); /* oneDNN asks OpenMP, when making a plan and when running it */
    omp_set_num_threads(o->threads);
    plan = find(o, padded, make);
    signals_hold_team();
    ran = plan && run(o, plan, array);
    signals_release_team();
    omp_set_num_threads(before);
    pthread_mutex_unlock(&o->lock);
    return ran;
}

dnnl_engine_t onednn_engine(const struct onednn *o)
{
    return o->engine;
}

/* ---- life ---- */

struct onednn *onednn_create(const struct gmr_allocator *allocator, int threads)
{
    struct onednn *o = memory_array(allocator, 1, sizeof *o);

    if (!o)
        return NULL;
    o->allocator = allocator;
    o->threads = threads;
    pthread_mutex_init(&o->lock, NULL);
    if (done(dnnl_engine_create(&o->engine, dnnl_cpu, 0)) &&
        done(dnnl_stream_create(&o->stream, o->engine, dnnl_stream_default_flags)))
        return o;
    onednn_destroy(o);
    gmr_error(GMR_ERR_NOMEM, "out of memory: oneDNN cannot start");
    return NULL;
}

void onednn_destroy(struct onednn *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < CACHE; i++)
        plan_release(&o->cache[i].plan);
    if (o->stream)
        dnnl_stream_destroy(o->stream);
    if (o->engine)
        dnnl_engine_destroy(o->engine);
    pthread_mutex_destroy(&o->lock);
    memory_release(o->allocator, o, sizeof *o);
}
