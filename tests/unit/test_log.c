/* Log lines and progress reports reach the user's callbacks, or nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/status.h"
#include "base/text.h"

struct heard {
    int lines;
    enum gmr_log_level level;
    char line[TEXT_LINE_SIZE];
};

static void hear(void *user, enum gmr_log_level level, const char *message)
{
    struct heard *heard = user;
    heard->lines++;
    heard->level = level;
    snprintf(heard->line, sizeof heard->line, "%s", message);
}

static void line_reaches_the_logger(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    const struct gmr_logger logger = { hear, &heard };
    log_write(&logger, GMR_LOG_WARNING, "skipped %d of %s", 3, "shoes");
    assert_int_equal(heard.lines, 1);
    assert_int_equal(heard.level, GMR_LOG_WARNING);
    assert_string_equal(heard.line, "skipped 3 of shoes");
    log_write(&logger, GMR_LOG_DEBUG, "one\ntwo");
    assert_int_equal(heard.level, GMR_LOG_DEBUG);
    assert_string_equal(heard.line, "one?two");
}

static void long_line_is_cut(void **state)
{
    (void)state;
    char text[3 * TEXT_LINE_SIZE];
    struct heard heard = { 0 };
    const struct gmr_logger logger = { hear, &heard };
    memset(text, 'l', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_write(&logger, GMR_LOG_INFO, "%s", text);
    assert_int_equal(strlen(heard.line), TEXT_LINE_SIZE - 1);
    assert_string_equal(heard.line + TEXT_LINE_SIZE - 4, "...");
}

static void silence_is_fine(void **state)
{
    (void)state;
    const struct gmr_logger silent = { NULL, NULL };
    const struct gmr_progress deaf = { NULL, NULL, NULL };
    log_write(NULL, GMR_LOG_INFO, "nobody");
    log_write(&silent, GMR_LOG_INFO, "nobody");
    progress_report(NULL, "job", "turn", 1, 2, NULL);
    progress_report(&deaf, "job", "turn", 1, 2, NULL);
    assert_int_equal(progress_check(NULL, "job"), GMR_OK);
    assert_int_equal(progress_check(&deaf, "job"), GMR_OK);
}

struct watcher {
    struct gmr_progress_report last;
    int reports, asked, patience;
};

static void watch(void *user, const struct gmr_progress_report *report)
{
    struct watcher *watcher = user;
    watcher->last = *report;
    watcher->reports++;
}

static bool lose_patience(void *user)
{
    struct watcher *watcher = user;
    return ++watcher->asked > watcher->patience;
}

static void report_reaches_the_watcher(void **state)
{
    (void)state;
    struct watcher watcher = { 0 };
    const struct gmr_progress progress = { watch, NULL, &watcher };
    progress_report(&progress, "training", "batch", 4, 79, "loss 0.0312");
    assert_int_equal(watcher.reports, 1);
    assert_string_equal(watcher.last.job, "training");
    assert_string_equal(watcher.last.unit, "batch");
    assert_int_equal(watcher.last.done, 4);
    assert_int_equal(watcher.last.total, 79);
    assert_string_equal(watcher.last.note, "loss 0.0312");
    progress_report(&progress, "import", "item", 1, 0, NULL);
    assert_int_equal(watcher.last.total, 0);
    assert_string_equal(watcher.last.note, "");
}

static void check_asks_each_time_and_names_the_job(void **state)
{
    (void)state;
    struct watcher watcher = { .patience = 2 };
    const struct gmr_progress progress = { NULL, lose_patience, &watcher };
    assert_int_equal(progress_check(&progress, "training"), GMR_OK);
    assert_int_equal(progress_check(&progress, "training"), GMR_OK);
    assert_int_equal(progress_check(&progress, "training"), GMR_ERR_CANCELLED);
    assert_int_equal(watcher.asked, 3);
    assert_string_equal(gmr_error_message(), "training was cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_reaches_the_logger),
        cmocka_unit_test(long_line_is_cut),
        cmocka_unit_test(silence_is_fine),
        cmocka_unit_test(report_reaches_the_watcher),
        cmocka_unit_test(check_asks_each_time_and_names_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
