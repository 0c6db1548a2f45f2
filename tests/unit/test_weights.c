/* Files of weights through the public interface. Which files are refused: test_safetensors.c and
 * test_torch.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gommir/weights.h>

#include "support/support.h"
#include "tensor/safetensors.h"

static struct temporary_directory directory;
static char path[PATH_MAX];

static const float numbers[] = { 1, -2, 3.5f, 4, 5, 6 };
static const int64_t steps = 7;

static int write_example(void **state)
{
    static const struct safetensors_entry entries[] = {
        { "w", DTYPE_F32, 2, { 2, 3 }, numbers, sizeof numbers },
        { "steps", DTYPE_I64, 0, { 0 }, &steps, sizeof steps },
        { "none", DTYPE_BF16, 6, { 1, 2, 3, 0, 5, 6 }, NULL, 0 },
    };
    static const struct safetensors_metadata metadata[] = { { "model", "gommir" }, { "k", "3" } };
    (void)state;
    temporary_directory_create(&directory);
    temporary_path(&directory, "x.safetensors", path);
    return safetensors_write(NULL, path, entries, 3, metadata, 2) == GMR_OK ? 0 : -1;
}

static int remove_example(void **state)
{
    (void)state;
    temporary_directory_remove(&directory);
    return 0;
}

static struct gmr_weights_tensor find(const struct gmr_weights *weights, const char *name)
{
    for (size_t i = 0; i < gmr_weights_count(weights); i++)
        if (strcmp(gmr_weights_tensor(weights, i).name, name) == 0)
            return gmr_weights_tensor(weights, i);
    fail_msg("no tensor '%s'", name);
    return (struct gmr_weights_tensor){ 0 };
}

static void tensors_are_those_of_the_file(void **state)
{
    (void)state;
    static const size_t shape[] = { 2, 3 }, empty[] = { 1, 2, 3, 0, 5, 6 };
    struct gmr_context *context;
    struct gmr_weights *weights;
    assert_int_equal(gmr_context_create(NULL, &context), GMR_OK);
    assert_int_equal(gmr_weights_open(context, path, &weights), GMR_OK);
    assert_int_equal(gmr_weights_count(weights), 3);

    struct gmr_weights_tensor tensor = find(weights, "w");
    assert_string_equal(tensor.type, "F32");
    assert_int_equal(tensor.axes, 2);
    assert_memory_equal(tensor.dim, shape, sizeof shape);
    assert_int_equal(tensor.bytes, sizeof numbers);
    assert_memory_equal(tensor.data, numbers, sizeof numbers);

    tensor = find(weights, "steps");
    assert_string_equal(tensor.type, "I64");
    assert_int_equal(tensor.axes, 0);
    assert_int_equal(tensor.bytes, sizeof steps);
    assert_memory_equal(tensor.data, &steps, sizeof steps);

    tensor = find(weights, "none");
    assert_string_equal(tensor.type, "BF16");
    assert_int_equal(tensor.axes, GMR_MAX_AXES);
    assert_memory_equal(tensor.dim, empty, sizeof empty);
    assert_int_equal(tensor.bytes, 0);
    gmr_weights_close(weights);
    gmr_context_destroy(context);
}

static void metadata_is_that_of_the_file(void **state)
{
    (void)state;
    static const char *const expected[][2] = { { "model", "gommir" }, { "k", "3" } };
    struct gmr_context *context;
    struct gmr_weights *weights;
    assert_int_equal(gmr_context_create(NULL, &context), GMR_OK);
    assert_int_equal(gmr_weights_open(context, path, &weights), GMR_OK);
    assert_int_equal(gmr_weights_metadata_count(weights), 2);
    for (size_t i = 0; i < 2; i++) {
        const char *key, *value;
        gmr_weights_metadata(weights, i, &key, &value);
        assert_string_equal(key, expected[i][0]);
        assert_string_equal(value, expected[i][1]);
    }
    gmr_weights_close(weights);
    gmr_context_destroy(context);
}

static void files_of_pytorch_are_opened(void **state)
{
    (void)state;
    static const char script[] = GMR_SOURCE_DIR "/tests/golden/data/containers/script.pt";
    static const size_t shape[] = { 4, 3 };
    static const float table[] = { 4, 0, 4, 3, 1, 5, 2, 2, 6, 1, 3, 7 };
    struct gmr_context *context;
    struct gmr_weights *weights;
    assert_int_equal(gmr_context_create(NULL, &context), GMR_OK);
    assert_int_equal(gmr_weights_open(context, script, &weights), GMR_OK);
    struct gmr_weights_tensor tensor = find(weights, "table"); /* transposed in the file */
    assert_string_equal(tensor.type, "F32");
    assert_int_equal(tensor.axes, 2);
    assert_memory_equal(tensor.dim, shape, sizeof shape);
    assert_memory_equal(tensor.data, table, sizeof table);
    assert_string_equal(find(weights, "mask").type, "BOOL");
    assert_string_equal(find(weights, "width").type, "I64");
    assert_int_equal(gmr_weights_metadata_count(weights), 0);
    gmr_weights_close(weights);
    gmr_context_destroy(context);
}

static void what_is_no_file_of_weights_is_refused(void **state)
{
    (void)state;
    char other[PATH_MAX];
    struct gmr_context *context;
    struct gmr_weights *weights = (void *)1;
    assert_int_equal(gmr_context_create(NULL, &context), GMR_OK);

    temporary_path(&directory, "missing", other);
    assert_int_equal(gmr_weights_open(context, other, &weights), GMR_ERR_NOT_FOUND);
    assert_null(weights);
    assert_non_null(strstr(gmr_error_message(), other));

    weights = (void *)1;
    temporary_path(&directory, "short", other);
    write_file(other, "1234", 4);
    assert_int_equal(gmr_weights_open(context, other, &weights), GMR_ERR_FORMAT);
    assert_null(weights);
    assert_non_null(strstr(gmr_error_message(), other));
    gmr_weights_close(NULL);
    gmr_context_destroy(context);
}

/* Opens and closes with a context whose allocation n fails; the context itself is the first. */
static enum gmr_status open_failing(size_t n, bool *failed)
{
    struct failing_allocator memory;
    failing_allocator_init(&memory, n);
    struct gmr_context_options options = gmr_context_options_default();
    struct gmr_context *context = NULL;
    struct gmr_weights *weights = NULL;
    options.allocator = memory.allocator;
    enum gmr_status status = gmr_context_create(&options, &context);
    if (status == GMR_OK)
        status = gmr_weights_open(context, path, &weights);
    if (status != GMR_OK)
        assert_null(weights);
    gmr_weights_close(weights);
    gmr_context_destroy(context);
    assert_true(failing_allocator_is_clean(&memory));
    *failed = failing_allocator_has_failed(&memory);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    bool failed = true;
    size_t n = 0;
    while (failed) {
        enum gmr_status status = open_failing(++n, &failed);
        assert_int_equal(status, failed ? GMR_ERR_NOMEM : GMR_OK);
    }
    assert_true(n > 3); /* the context, the handle, what the file needs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors_are_those_of_the_file),
        cmocka_unit_test(metadata_is_that_of_the_file),
        cmocka_unit_test(files_of_pytorch_are_opened),
        cmocka_unit_test(what_is_no_file_of_weights_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, write_example, remove_example);
}
