/* Contexts: what a program decides once. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/context.h"
#include "base/log.h"
#include "support/support.h"

static void defaults_use_the_cores_allowed(void **state)
{
    (void)state;
    struct gmr_context *context;
    cpu_set_t all, one;
    assert_int_equal(gmr_context_create(NULL, &context), GMR_OK);
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    assert_int_equal(gmr_context_threads(context), CPU_COUNT(&all));
    gmr_context_destroy(context);

    CPU_ZERO(&one);
    for (size_t core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; core++)
        if (CPU_ISSET(core, &all))
            CPU_SET(core, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    enum gmr_status status = gmr_context_create(NULL, &context);
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(status, GMR_OK);
    assert_int_equal(gmr_context_threads(context), 1);
    gmr_context_destroy(context);
}

static void threads_are_those_asked_for(void **state)
{
    (void)state;
    static const unsigned counts[] = { 1, 2, 7, GMR_MAX_THREADS };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct gmr_context_options options = gmr_context_options_default();
        struct gmr_context *context;
        options.threads = counts[i];
        assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
        assert_int_equal(gmr_context_threads(context), counts[i]);
        gmr_context_destroy(context);
    }
}

static void refuse(const struct gmr_context_options *options, const char *message)
{
    struct gmr_context *context = (void *)1;
    assert_int_equal(gmr_context_create(options, &context), GMR_ERR_RANGE);
    assert_null(context);
    assert_string_equal(gmr_error_message(), message);
}

static void impossible_options_are_refused(void **state)
{
    (void)state;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 0);
    struct gmr_context_options options = gmr_context_options_default();
    options.threads = GMR_MAX_THREADS + 1;
    refuse(&options, "threads is 1025, at most 1024");

    options.threads = 1;
    options.allocator = memory.allocator;
    options.allocator.release = NULL;
    refuse(&options, "the allocator has only one of its two functions");
    options.allocator = memory.allocator;
    options.allocator.allocate = NULL;
    refuse(&options, "the allocator has only one of its two functions");
    assert_int_equal(memory.calls, 0);
}

static void memory_comes_from_the_allocator(void **state)
{
    (void)state;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 0);
    struct gmr_context_options options = gmr_context_options_default();
    struct gmr_context *context;
    options.allocator = memory.allocator;
    assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
    memset(&options, 0, sizeof options); /* the context has a copy */
    assert_int_equal(memory.live_blocks, 1);
    void *block = memory_allocate(context_allocator(context), 10);
    assert_int_equal(memory.live_blocks, 2);
    memory_release(context_allocator(context), block, 10);
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct failing_allocator memory;
    failing_allocator_init(&memory, 1);
    struct gmr_context_options options = gmr_context_options_default();
    struct gmr_context *context = (void *)1;
    options.allocator = memory.allocator;
    assert_int_equal(gmr_context_create(&options, &context), GMR_ERR_NOMEM);
    assert_null(context);
    assert_non_null(strstr(gmr_error_message(), "out of memory"));
}

static void count_line(void *user, enum gmr_log_level level, const char *message)
{
    *(int *)user += level == GMR_LOG_INFO && strcmp(message, "hello") == 0;
}

static void logger_is_kept(void **state)
{
    (void)state;
    int lines = 0;
    struct gmr_context_options options = gmr_context_options_default();
    struct gmr_context *context;
    options.logger = (struct gmr_logger){ count_line, &lines };
    assert_int_equal(gmr_context_create(&options, &context), GMR_OK);
    log_write(context_logger(context), GMR_LOG_INFO, "hello");
    assert_int_equal(lines, 1);
    gmr_context_destroy(context);
    gmr_context_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_use_the_cores_allowed),
        cmocka_unit_test(threads_are_those_asked_for),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(memory_comes_from_the_allocator),
        cmocka_unit_test(no_memory_is_an_error),
        cmocka_unit_test(logger_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
