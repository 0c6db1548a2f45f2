/* Files of weights in PyTorch's containers: which are opened, which are refused and with which
 * words. What PyTorch itself writes is in tests/golden/test_weights.c; the files here were
 * assembled by scripts/torch-corpus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "nn/parameters.h"
#include "support/corpus.h"
#include "support/message.h"
#include "support/support.h"
#include "tensor/weights.h"

#define CORPUS GMR_SOURCE_DIR "/tests/fuzz/corpus/torch/"
#define GOLDEN GMR_SOURCE_DIR "/tests/golden/data/containers/"

static struct safetensors *open_sound(const char *path)
{
    struct safetensors *file;
    if (weights_open(NULL, path, &file) != GMR_OK)
        fail_msg("%s", gmr_error_message());
    return file;
}

static void assert_floats(const struct safetensors *file, const char *name, const size_t *dim,
                          size_t rank, const float *expected, size_t n)
{
    const struct safetensors_entry *entry = safetensors_find(file, name);
    if (!entry)
        fail_msg("%s has no '%s'", safetensors_name(file), name);
    assert_int_equal(entry->dtype, DTYPE_F32);
    assert_int_equal(entry->rank, rank);
    assert_memory_equal(entry->dim, dim, rank * sizeof *dim);
    assert_int_equal(entry->size, n * sizeof *expected);
    assert_memory_equal(entry->data, expected, n * sizeof *expected);
}

static const float counting[] = { 1, 2, 3, 4, 5, 6 };

static void containers_are_told_apart(void **state)
{
    (void)state;
    static const size_t dim[] = { 2, 3 };
    static const char *const paths[] = {
        CORPUS "sound-archive",
        CORPUS "sound-archive-packed",
        CORPUS "sound-archive-byteorder",
        CORPUS "sound-archive-folder",
        CORPUS "sound-legacy",
        CORPUS "sound-legacy-protocol-4",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct safetensors *file = open_sound(paths[i]);
        assert_int_equal(safetensors_count(file), 1);
        assert_floats(file, "w", dim, 2, counting, 6);
        safetensors_close(file);
    }
    struct safetensors *file = open_sound(CORPUS "sound-safetensors");
    assert_int_equal(safetensors_count(file), 0);
    safetensors_close(file);
}

static void views_are_made_dense(void **state)
{
    (void)state;
    static const float turned[] = { 1, 4, 2, 5, 3, 6 };
    static const size_t wide[] = { 2, 3 }, high[] = { 3, 2 }, three[] = { 3 };
    struct safetensors *file = open_sound(CORPUS "sound-archive-shared");
    assert_floats(file, "a", wide, 2, counting, 6);
    assert_floats(file, "b", high, 2, turned, 6);
    safetensors_close(file);
    file = open_sound(CORPUS "sound-legacy-view");
    assert_floats(file, "w", three, 1, counting + 3, 3);
    safetensors_close(file);
}

static void storages_are_found_by_their_keys(void **state)
{
    (void)state;
    static const size_t dim[] = { 2, 3 };
    struct safetensors *file = open_sound(CORPUS "sound-legacy-two");
    assert_floats(file, "a", dim, 2, counting, 6);
    assert_ptr_equal(safetensors_find(file, "b")->data, safetensors_find(file, "c")->data);
    assert_ptr_not_equal(safetensors_find(file, "b")->data, safetensors_find(file, "a")->data);
    safetensors_close(file);
}

static void names_are_paths(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name[3];
    } cases[] = {
        { CORPUS "sound-archive-keys", { "-1.2.0" } },
        { CORPUS "sound-script", { "width", "head.weight" } },
        { CORPUS "sound-archive-numbers", { "epoch", "loss" } },
        { CORPUS "sound-archive-left-out", { NULL } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct safetensors *file = open_sound(cases[i].path);
        size_t n = 0;
        for (; cases[i].name[n]; n++)
            assert_string_equal(safetensors_at(file, n)->name, cases[i].name[n]);
        assert_int_equal(safetensors_count(file), n);
        safetensors_close(file);
    }
}

static void numbers_at_the_top_are_tensors(void **state)
{
    (void)state;
    struct safetensors *file = open_sound(CORPUS "sound-archive-numbers");
    const struct safetensors_entry *epoch = safetensors_find(file, "epoch");
    int64_t integer;
    real loss;
    assert_int_equal(epoch->dtype, DTYPE_I64);
    assert_int_equal(epoch->rank, 0);
    assert_int_equal(epoch->size, 8);
    memcpy(&integer, epoch->data, sizeof integer);
    assert_int_equal(integer, 3);
    assert_int_equal(safetensors_find(file, "loss")->dtype, DTYPE_F64);
    assert_int_equal(safetensors_read(file, "loss", NULL, 0, &loss), GMR_OK);
    assert_true(loss == (real)0.5);
    safetensors_close(file);
}

static const struct {
    const char *name;
    enum gmr_status code;
    const char *message;
} defects[] = {
    { "archive-no-program", GMR_ERR_FORMAT, "0 of its folders have a 'data.pkl', not one" },
    { "archive-two-programs", GMR_ERR_FORMAT, "2 of its folders have a 'data.pkl', not one" },
    { "archive-program-at-top", GMR_ERR_FORMAT, "0 of its folders" },
    { "archive-cut", GMR_ERR_FORMAT, "not a zip file" },
    { "archive-crc", GMR_ERR_FORMAT, "entry 'archive/data/0': CRC error" },
    { "archive-crc-program", GMR_ERR_FORMAT, "entry 'archive/data.pkl': CRC error" },
    { "archive-encrypted", GMR_ERR_UNSUPPORTED, "entry 'archive/data.pkl' is encrypted" },
    { "archive-names-twice", GMR_ERR_FORMAT, "two entries are called 'archive/data/0'" },
    { "archive-no-storage", GMR_ERR_FORMAT, "no entry 'archive/data/0'" },
    { "archive-storage-short", GMR_ERR_FORMAT,
      "entry 'archive/data/0' has not the 24 bytes of 6 elements of F32" },
    { "archive-storage-long", GMR_ERR_FORMAT, "has not the 24 bytes" },
    { "archive-big-endian", GMR_ERR_UNSUPPORTED, "its byte order is 'big'" },
    { "archive-after-pickle", GMR_ERR_FORMAT, "'archive/data.pkl' has 1 bytes after its pickle" },
    { "archive-two-types", GMR_ERR_FORMAT, "has not the 48 bytes of 6 elements of F64" },
    { "archive-bomb", GMR_ERR_FORMAT, "entry 'archive/data/0' claims to hold 8388608 bytes in " },
    { "archive-key-long", GMR_ERR_FORMAT, "the key of a storage has 300 bytes" },
    { "tensor-only", GMR_ERR_UNSUPPORTED, "a tensor without a name" },
    { "name-twice", GMR_ERR_FORMAT, "two tensors are called 'a.b'" },
    { "name-empty", GMR_ERR_UNSUPPORTED, "a tensor without a name" },
    { "name-nul", GMR_ERR_FORMAT, "a name with a NUL" },
    { "name-long", GMR_ERR_FORMAT, "a name of more than 4096 bytes" },
    { "key-none", GMR_ERR_UNSUPPORTED, "a key of a dict is neither text nor a number" },
    { "deep", GMR_ERR_FORMAT, "structures nested deeper than 64" },
    { "cycle", GMR_ERR_FORMAT, "structures nested deeper than 64" },
    { "shared-lists", GMR_ERR_FORMAT, "its structures are too large" },
    { "object-of-objects", GMR_ERR_FORMAT, "an object whose state is an object" },
    { "stretched", GMR_ERR_FORMAT, "tensor 'w': it stretches 24 bytes of data to more than" },
    { "os-system", GMR_ERR_UNSUPPORTED, "global 'os.system' is none that tensors need" },
    { "legacy-magic-only", GMR_ERR_FORMAT, "version: pickle, byte 0: it ends early" },
    { "legacy-other-pickle", GMR_ERR_FORMAT, "a pickle, but not one of torch.save" },
    { "legacy-other-magic", GMR_ERR_FORMAT, "a pickle, but not one of torch.save" },
    { "legacy-version", GMR_ERR_UNSUPPORTED, "its version of torch.save is not 1001" },
    { "legacy-big-endian", GMR_ERR_UNSUPPORTED, "its numbers are not little-endian" },
    { "legacy-no-facts", GMR_ERR_UNSUPPORTED, "its numbers are not little-endian" },
    { "legacy-keys-dict", GMR_ERR_FORMAT, "the keys of its storages are no list" },
    { "legacy-keys-number", GMR_ERR_FORMAT, "the key of a storage is no text" },
    { "legacy-key-unknown", GMR_ERR_FORMAT, "data of a storage that no tensor has, or twice" },
    { "legacy-key-twice", GMR_ERR_FORMAT, "data of a storage that no tensor has, or twice" },
    { "legacy-key-missing", GMR_ERR_FORMAT, "no data of a storage of 6 elements" },
    { "legacy-numel", GMR_ERR_FORMAT, "a storage of 6 elements has another size in the data" },
    { "legacy-cut", GMR_ERR_FORMAT, "it ends inside a storage of 24 bytes" },
    { "legacy-numel-cut", GMR_ERR_FORMAT, "it ends inside a storage of 24 bytes" },
    { "legacy-after", GMR_ERR_FORMAT, "1 bytes after its last storage" },
    { "legacy-huge", GMR_ERR_FORMAT, "it ends inside a storage of 4611686018427387904 bytes" },
    { "legacy-two-types", GMR_ERR_FORMAT, "a storage has two types or sizes" },
};

static void assert_refused(const char *path, enum gmr_status code, const char *message)
{
    char start[PATH_MAX + 20];
    struct safetensors *file = (void *)1;
    const enum gmr_status status = weights_open(NULL, path, &file);
    if (status != code)
        fail_msg("%s: status %d instead of %d: %s", path, status, code, gmr_error_message());
    assert_null(file);
    snprintf(start, sizeof start, "cannot read '%s': ", path);
    assert_message(start);
    assert_message(message);
}

static void defects_are_refused_with_file_and_reason(void **state)
{
    (void)state;
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof defects / sizeof *defects; i++) {
        snprintf(path, sizeof path, CORPUS "defect-%s", defects[i].name);
        assert_refused(path, defects[i].code, defects[i].message);
    }
}

static bool opens(const char *path)
{
    struct safetensors *file;
    bool opened = weights_open(NULL, path, &file) == GMR_OK;
    safetensors_close(file);
    return opened;
}

/* Every file of the corpus, those too that have no line above. */
static void files_of_the_corpus_are_judged_right(void **state)
{
    (void)state;
    assert_corpus(CORPUS "sound-*", 16, true, opens);
    assert_corpus(CORPUS "defect-*", sizeof defects / sizeof *defects, false, opens);
}

static void assert_cut_files_are_refused(const char *path)
{
    struct file_map map;
    struct safetensors *file;
    assert_int_equal(file_map_open(&map, path), GMR_OK);
    for (size_t size = 0; size < map.size; size++) {
        unsigned char *bytes = malloc(size > 0 ? size : 1); /* exactly: a sanitizer sees more */
        memcpy(bytes, map.data, size);
        if (weights_open_memory(NULL, bytes, size, "cut", &file) == GMR_OK)
            fail_msg("%s is accepted with %zu of its %zu bytes", path, size, map.size);
        assert_null(file);
        assert_message("cannot read 'cut': ");
        free(bytes);
    }
    file_map_close(&map);
}

static void files_cut_anywhere_are_refused(void **state)
{
    (void)state;
    assert_cut_files_are_refused(GOLDEN "archive.pt");
    assert_cut_files_are_refused(GOLDEN "legacy.pt");
    assert_cut_files_are_refused(CORPUS "sound-legacy");
    assert_cut_files_are_refused(CORPUS "sound-archive-packed");
}

/* No byte of the data is covered by a check in the legacy form; elsewhere a change must not do any
 * harm, whatever it does. */
static void files_with_a_changed_byte_do_no_harm(void **state)
{
    (void)state;
    struct file_map map;
    struct safetensors *file;
    size_t refused = 0;
    assert_int_equal(file_map_open(&map, GOLDEN "legacy.pt"), GMR_OK);
    unsigned char *bytes = malloc(map.size);
    for (size_t i = 0; i < map.size; i++) {
        memcpy(bytes, map.data, map.size);
        bytes[i] ^= (unsigned char)(1 << i % 8);
        refused += weights_open_memory(NULL, bytes, map.size, "changed", &file) != GMR_OK;
        safetensors_close(file);
    }
    assert_in_range(refused, map.size / 4, map.size - 1);
    free(bytes);
    file_map_close(&map);
}

static void files_that_cannot_be_opened_are_named(void **state)
{
    (void)state;
    struct safetensors *file = (void *)1;
    assert_int_equal(weights_open(NULL, CORPUS "missing", &file), GMR_ERR_NOT_FOUND);
    assert_null(file);
    assert_message("missing': No such file");
    assert_int_equal(weights_open(NULL, CORPUS, &file), GMR_ERR_IO);
    assert_message("Is a directory");
    safetensors_close(NULL);
}

/* A state dict of PyTorch fills the parameters of these names. */
static void parameters_are_loaded(void **state)
{
    (void)state;
    static const size_t dim[] = { 2, 3 };
    struct compute *compute;
    struct parameters p;
    assert_int_equal(compute_create_reference(NULL, &compute), GMR_OK);
    parameters_init(&p, NULL);
    struct tensor *w = parameters_declare(&p, "w", dim, 2, initial_constant(0));
    assert_int_equal(parameters_create(&p, compute), GMR_OK);
    assert_int_equal(parameters_load(&p, CORPUS "sound-archive"), GMR_OK);
    for (size_t i = 0; i < 6; i++)
        assert_true(tensor_real(w)[i] == (real)(i + 1));
    assert_int_equal(parameters_load(&p, CORPUS "sound-script"), GMR_ERR_FORMAT);
    assert_message("the model does not have its tensor 'width'");
    parameters_release(&p);
    compute_destroy(compute);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers_are_told_apart),
        cmocka_unit_test(views_are_made_dense),
        cmocka_unit_test(storages_are_found_by_their_keys),
        cmocka_unit_test(names_are_paths),
        cmocka_unit_test(numbers_at_the_top_are_tensors),
        cmocka_unit_test(defects_are_refused_with_file_and_reason),
        cmocka_unit_test(files_of_the_corpus_are_judged_right),
        cmocka_unit_test(files_cut_anywhere_are_refused),
        cmocka_unit_test(files_with_a_changed_byte_do_no_harm),
        cmocka_unit_test(files_that_cannot_be_opened_are_named),
        cmocka_unit_test(parameters_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
