/* Embeddings and exports without memory or without room: the call says so, holds nothing, and what
 * was on disk before is there afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "catalogue/embedding.h"
#include "catalogue/export.h"
#include "support/catalogue.h"
#include "support/process.h"
#include "support/scratch.h"
#include "support/support.h"

enum { ITEMS = 7, WIDTH = 3, PICTURES = 6 };

static const float first[PICTURES * WIDTH] = { 1, 2, 3 }, second[PICTURES * WIDTH] = { 4, 5, 6 };
static const size_t positions[PICTURES] = { 0, 1, 2, 3, 5, 6 };

static bool ignore_line(void *user, const char *line, size_t length)
{
    (void)user, (void)line, (void)length;
    return true;
}

static const struct gmr_line_writer nobody = { ignore_line, NULL };

/* ---- one piece of work for each function ---- */

typedef enum gmr_status work(struct catalogue *catalogue);

static enum gmr_status write_second(struct catalogue *catalogue)
{
    return embedding_write(catalogue, "e", "", second, WIDTH, positions, PICTURES);
}

static enum gmr_status open_embedding(struct catalogue *catalogue)
{
    struct embedding_file file;
    TRY(embedding_file_open(catalogue, "e", &file));
    embedding_file_close(&file);
    return GMR_OK;
}

static enum gmr_status list_embeddings(struct catalogue *catalogue)
{
    const struct gmr_embedding_summary *list;
    struct arena arena;
    size_t count;
    arena_init(&arena, catalogue_allocator(catalogue), 256);
    enum gmr_status status = embedding_list(catalogue, &arena, &list, &count);
    arena_release(&arena);
    return status;
}

static enum gmr_status export_lines(struct catalogue *catalogue)
{
    return catalogue_export(catalogue, NULL, &nobody, NULL);
}

static enum gmr_status export_pictures(struct catalogue *catalogue)
{
    return catalogue_export(catalogue, in_scratch("pictures"), &nobody, NULL);
}

/* ---- out of memory ---- */

static void holds(const float *vectors)
{
    struct catalogue *catalogue;
    struct embedding_file file;
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(embedding_file_open(catalogue, "e", &file), GMR_OK);
    assert_memory_equal(file.vectors, vectors, sizeof first);
    embedding_file_close(&file);
    catalogue_close(catalogue);
}

/* The catalogue is opened with the same allocator, so that its own allocations are among those
 * that fail. */
static enum gmr_status with_catalogue(const struct gmr_allocator *allocator, work *job)
{
    struct catalogue *catalogue;
    TRY(catalogue_open(allocator, in_scratch("shop"), &catalogue));
    enum gmr_status status = job(catalogue);
    catalogue_close(catalogue);
    return status;
}

static void survives_lack_of_memory(void **state)
{
    static work *const works[] = { write_second, open_embedding, list_embeddings, export_lines,
                                   export_pictures };
    (void)state;
    for (size_t w = 0; w < sizeof works / sizeof *works; w++)
        for (size_t n = 1;; n++) {
            struct failing_allocator memory;
            failing_allocator_init(&memory, n);
            enum gmr_status status = with_catalogue(&memory.allocator, works[w]);
            assert_true(failing_allocator_is_clean(&memory));
            if (!failing_allocator_has_failed(&memory)) {
                assert_int_equal(status, GMR_OK);
                break;
            }
            assert_int_equal(status, GMR_ERR_NOMEM);
        }
    holds(second);
}

/* ---- no room ---- */

static bool embedding_finds_no_room(void)
{
    return with_catalogue(NULL, write_second) == GMR_ERR_IO;
}

static bool export_finds_no_room(void)
{
    return with_catalogue(NULL, export_pictures) == GMR_ERR_IO;
}

static void a_full_disk_changes_nothing(void **state)
{
    (void)state;
    assert_true(with_full_disk(100, embedding_finds_no_room));
    holds(first);
    assert_true(with_full_disk(3, export_finds_no_room));
}

static bool embedding_is_not_permitted(void)
{
    return with_catalogue(NULL, write_second) == GMR_ERR_IO;
}

static void a_read_only_folder_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(chmod(in_scratch("shop/embedding"), 0555), 0);
    assert_true(as_ordinary_user(embedding_is_not_permitted));
    holds(first);
}

static int set_up(void **state)
{
    struct catalogue *catalogue;
    scratch_setup(state);
    support_catalogue_create(in_scratch("shop"), ITEMS);
    assert_int_equal(catalogue_open(NULL, in_scratch("shop"), &catalogue), GMR_OK);
    assert_int_equal(embedding_write(catalogue, "e", "", first, WIDTH, positions, PICTURES),
                     GMR_OK);
    catalogue_close(catalogue);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(survives_lack_of_memory, set_up, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_changes_nothing, set_up, scratch_teardown),
        cmocka_unit_test_setup_teardown(a_read_only_folder_changes_nothing, set_up,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
