/* Directories of runs: begun once, gone on with by the same settings only, one process at a time,
 * and a log that tells nothing twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gommir/version.h>

#include "base/status.h"
#include "learning/run_directory.h"
#include "support/message.h"
#include "support/scratch.h"

static enum gmr_status open_with(struct run_directory *run, const char *name, int epochs,
                                 const char *where)
{
    json_t *config = json_pack("{s:{s:s}, s:i}", RUN_ABOUT, "where", where, "epochs", epochs);
    return run_directory_open(run, NULL, in_scratch(name), config);
}

static void begins_and_goes_on(void **state)
{
    struct run_directory run;
    assert_int_equal(open_with(&run, "run", 3, "here"), GMR_OK);
    assert_false(run.goes_on);
    run_directory_close(&run);
    assert_int_equal(open_with(&run, "run", 3, "elsewhere"), GMR_OK);
    assert_true(run.goes_on);
    run_directory_close(&run);
}

/* What has begun a run is told, and may be another when it goes on. */
static void configs_tell_the_version(void **state)
{
    static const char *const config =
        "{\n  \"about\": {\n    \"where\": \"here\",\n    \"gommir\": \"" GMR_VERSION_STRING
        "\"\n  },\n  \"epochs\": 3\n}\n";
    struct run_directory run;
    assert_int_equal(open_with(&run, "run", 3, "here"), GMR_OK);
    run_directory_close(&run);
    assert_true(scratch_holds("run/config.json", config));
    put_scratch("run/config.json", "{\"about\": {\"gommir\": \"0.0.1\"}, \"epochs\": 3}");
    assert_int_equal(open_with(&run, "run", 3, "here"), GMR_OK);
    run_directory_close(&run);
    assert_int_equal(
        run_directory_open(&run, NULL, in_scratch("bare"), json_pack("{s:i}", "epochs", 3)),
        GMR_OK);
    run_directory_close(&run);
    assert_true(scratch_holds("bare/config.json",
                              "{\n  \"epochs\": 3,\n  \"about\": {\n    \"gommir\": "
                              "\"" GMR_VERSION_STRING "\"\n  }\n}\n"));
}

static void other_settings_are_refused(void **state)
{
    struct run_directory run;
    assert_int_equal(open_with(&run, "run", 3, ""), GMR_OK);
    run_directory_close(&run);
    assert_int_equal(open_with(&run, "run", 4, ""), GMR_ERR_STATE);
    assert_message("epochs was 3, now 4");
    assert_int_equal(run.lock, -1);
}

static void one_process_at_a_time(void **state)
{
    struct run_directory run, second;
    assert_int_equal(open_with(&run, "run", 3, ""), GMR_OK);
    assert_int_equal(open_with(&second, "run", 3, ""), GMR_ERR_STATE);
    assert_message("is open in another process");
    run_directory_close(&run);
    assert_int_equal(open_with(&second, "run", 3, ""), GMR_OK);
    run_directory_close(&second);
}

static void other_directories_are_left_alone(void **state)
{
    struct run_directory run;
    assert_int_equal(mkdir(in_scratch("mine"), 0777), 0);
    put_scratch("mine/thesis.txt", "years of work");
    assert_int_equal(open_with(&run, "mine", 3, ""), GMR_ERR_STATE);
    assert_message("is no run");
    assert_true(scratch_holds("mine/thesis.txt", "years of work"));

    put_scratch("file", "a file");
    assert_int_equal(open_with(&run, "file", 3, ""), GMR_ERR_STATE);
    assert_int_equal(open_with(&run, "no/such/place", 3, ""), GMR_ERR_NOT_FOUND);
    assert_int_equal(open_with(&run, "", 3, ""), GMR_ERR_STATE); /* the scratch directory */
    assert_int_equal(mkdir(in_scratch("empty"), 0777), 0);
    assert_int_equal(open_with(&run, "empty", 3, ""), GMR_OK);
    run_directory_close(&run);
}

static void damaged_config_is_named(void **state)
{
    struct run_directory run;
    assert_int_equal(mkdir(in_scratch("run"), 0777), 0);
    put_scratch("run/config.json", "{\"epochs\": 3");
    assert_int_equal(open_with(&run, "run", 3, ""), GMR_ERR_FORMAT);
    assert_message("config.json");
}

static void log_is_cut_to_where_weights_stand(void **state)
{
    struct run_directory run;
    uint64_t lines;
    assert_int_equal(open_with(&run, "run", 3, ""), GMR_OK);
    assert_int_equal(run_log_open(&run, 0), GMR_OK);
    assert_int_equal(run_log_write(&run, json_pack("{s:i, s:f}", "step", 1, "loss", 0.5)), GMR_OK);
    assert_int_equal(run_log_sync(&run), GMR_OK);
    lines = run.lines;
    assert_int_equal(lines, 1);
    assert_int_equal(run_log_write(&run, json_pack("{s:i}", "step", 2)), GMR_OK);
    run_directory_close(&run);
    assert_true(scratch_holds("run/log.jsonl", "{\"step\":1,\"loss\":0.5}\n{\"step\":2}\n"));

    assert_int_equal(open_with(&run, "run", 3, ""), GMR_OK);
    assert_int_equal(run_log_open(&run, lines), GMR_OK);
    assert_int_equal(run_log_write(&run, json_pack("{s:i}", "step", 9)), GMR_OK);
    run_directory_close(&run);
    assert_true(scratch_holds("run/log.jsonl", "{\"step\":1,\"loss\":0.5}\n{\"step\":9}\n"));

    assert_int_equal(open_with(&run, "run", 3, ""), GMR_OK);
    assert_int_equal(run_log_open(&run, 3), GMR_ERR_FORMAT);
    assert_message("log.jsonl");
    run_directory_close(&run);
}

static void values_become_files(void **state)
{
    struct run_directory run;
    json_t *value = json_pack("{s:i}", "items", 3);
    assert_int_equal(open_with(&run, "run", 3, ""), GMR_OK);
    assert_int_equal(run_directory_write(&run, "metrics.json", value), GMR_OK);
    assert_true(scratch_holds("run/metrics.json", "{\n  \"items\": 3\n}\n"));
    run_directory_close(&run);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(begins_and_goes_on),      TEST(other_settings_are_refused),
        TEST(one_process_at_a_time),   TEST(other_directories_are_left_alone),
        TEST(damaged_config_is_named), TEST(log_is_cut_to_where_weights_stand),
        TEST(values_become_files),     TEST(configs_tell_the_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
