/* The public calls on a catalogue, as a program makes them: generate, look, embed, rank, export,
 * import again. What the layers below promise is tested there; this is about the whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gommir/gommir.h>

#include "support/support.h"

enum { ITEMS = 20, WIDTH = 4 };

struct fixture {
    struct temporary_directory directory;
    char path[PATH_MAX];
    struct gmr_context *context;
    struct gmr_catalogue *catalogue;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct gmr_generate_options options = gmr_generate_options_default();
    struct gmr_import_report report;
    struct fixture *f = &fixture;
    temporary_directory_create(&f->directory);
    options.catalogue = temporary_path(&f->directory, "drawn", f->path);
    options.items = ITEMS;
    assert_int_equal(gmr_context_create(NULL, &f->context), GMR_OK);
    assert_int_equal(gmr_catalogue_generate(f->context, &options, &report), GMR_OK);
    assert_int_equal(report.added, ITEMS);
    assert_int_equal(gmr_catalogue_open(f->context, f->path, &f->catalogue), GMR_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    gmr_catalogue_close(f->catalogue);
    gmr_context_destroy(f->context);
    temporary_directory_remove(&f->directory);
    return 0;
}

static void items_are_found_by_their_keys(void **state)
{
    struct fixture *f = *state;
    struct gmr_item item;
    assert_string_equal(gmr_catalogue_path(f->catalogue), f->path);
    assert_int_equal(gmr_catalogue_count(f->catalogue), ITEMS);
    for (size_t i = 0; i < ITEMS; i++) {
        size_t position = ITEMS, length = 0;
        const void *bytes;
        assert_int_equal(gmr_catalogue_item(f->catalogue, i, &item), GMR_OK);
        assert_int_equal(gmr_catalogue_find(f->catalogue, item.key, &position), GMR_OK);
        assert_int_equal(position, i);
        assert_string_equal(item.attributes[0].name, "category");
        assert_int_equal(item.picture_format, GMR_PICTURE_JPEG);
        assert_int_equal(
            gmr_catalogue_picture(f->catalogue, i, GMR_PICTURE_THUMBNAIL, &bytes, &length), GMR_OK);
        assert_memory_equal(bytes, "\xFF\xD8\xFF", 3);
    }
    assert_int_equal(gmr_catalogue_item(f->catalogue, ITEMS, &item), GMR_ERR_RANGE);
}

/* Items, counted in three ways: by the summary, by a filter, one by one. */
static void counts_agree(void **state)
{
    struct fixture *f = *state;
    const struct gmr_value_summary *values;
    size_t count, total = 0;
    assert_int_equal(gmr_catalogue_values(f->catalogue, "category", &values, &count), GMR_OK);
    assert_true(count > 1);
    for (size_t i = 0; i < count; i++) {
        char predicate[128];
        const char *predicates[] = { predicate };
        uint8_t allowed[ITEMS];
        size_t found = 0;
        snprintf(predicate, sizeof predicate, "Category = %s", values[i].value);
        assert_int_equal(gmr_catalogue_filter(f->catalogue, predicates, 1, allowed), GMR_OK);
        for (size_t item = 0; item < ITEMS; item++)
            found += allowed[item];
        assert_int_equal(found, values[i].items);
        total += found;
    }
    assert_int_equal(total, ITEMS);
}

static void splits_agree(void **state)
{
    struct fixture *f = *state;
    const struct gmr_split *splits;
    size_t count, in_splits = 0, of_items = 0;
    assert_int_equal(gmr_catalogue_splits(f->catalogue, &splits, &count), GMR_OK);
    for (size_t i = 0; i < count; i++) {
        size_t positions[ITEMS];
        assert_int_equal(
            gmr_catalogue_split_items(f->catalogue, splits[i].name, positions, splits[i].items),
            GMR_OK);
        in_splits += splits[i].items;
    }
    for (size_t i = 0; i < ITEMS; i++) {
        const char *const *names;
        assert_int_equal(gmr_catalogue_item_splits(f->catalogue, i, &names, &count), GMR_OK);
        of_items += count;
    }
    assert_int_equal(in_splits, of_items);
    assert_true(in_splits >= ITEMS);
}

/* Vectors of the numbers of the items; the nearest to one of them is itself, its rank is 0. */
static void embeddings_can_be_ranked(void **state)
{
    struct fixture *f = *state;
    float vectors[ITEMS * WIDTH] = { 0 };
    size_t positions[ITEMS], rows, width;
    struct gmr_embedding *embedding;
    struct gmr_ranking *ranking;
    for (size_t i = 0; i < ITEMS; i++) {
        positions[i] = i;
        vectors[i * WIDTH + i % WIDTH] = (float)(i + 1);
    }
    assert_int_equal(
        gmr_embedding_write(f->catalogue, "numbers", "me", vectors, WIDTH, positions, ITEMS),
        GMR_OK);
    assert_int_equal(gmr_embedding_open(f->catalogue, "numbers", &embedding), GMR_OK);
    const float *stored = gmr_embedding_vectors(embedding, &rows, &width);
    assert_int_equal(rows, ITEMS);
    assert_int_equal(width, WIDTH);
    assert_memory_equal(gmr_embedding_positions(embedding), positions, sizeof positions);
    assert_int_equal(gmr_ranking_create(f->context, stored, rows, width, GMR_SQUARED_L2, &ranking),
                     GMR_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        const size_t begin[] = { 0, 1 };
        const struct gmr_query query = { .vectors = stored + i * width, .count = 1 };
        struct gmr_query others = query;
        size_t nearest[2], rank;
        double scores[2];
        others.seen = &i;
        others.seen_begin = begin;
        assert_int_equal(gmr_ranking_nearest(ranking, &query, 2, nearest, scores), GMR_OK);
        assert_int_equal(nearest[0], i);
        assert_true(scores[0] == 0);
        assert_int_equal(gmr_ranking_rank(ranking, &query, &i, &rank), GMR_OK);
        assert_int_equal(rank, 0);
        size_t second = nearest[1];
        assert_int_equal(gmr_ranking_nearest(ranking, &others, 1, nearest, NULL), GMR_OK);
        assert_int_equal(nearest[0], second);
    }
    gmr_ranking_destroy(ranking);
    gmr_embedding_close(embedding);
}

/* ---- export and import ---- */

struct lines {
    FILE *file;
    size_t count, stop_after;
};

static bool take_line(void *user, const char *line, size_t length)
{
    struct lines *lines = user;
    if (lines->count == lines->stop_after)
        return false;
    lines->count++;
    return fwrite(line, 1, length, lines->file) == length;
}

static void what_is_exported_is_imported(void **state)
{
    struct fixture *f = *state;
    char table[PATH_MAX], pictures[PATH_MAX], copy[PATH_MAX];
    const char *places[] = { temporary_path(&f->directory, "pictures", pictures) };
    struct lines lines = { .stop_after = ITEMS };
    const struct gmr_line_writer writer = { take_line, &lines };
    struct gmr_import_options options = gmr_import_options_default();
    struct gmr_import_report report;
    lines.file = fopen(temporary_path(&f->directory, "lines.jsonl", table), "w");
    assert_non_null(lines.file);
    assert_int_equal(gmr_catalogue_export(f->catalogue, pictures, &writer, NULL), GMR_OK);
    fclose(lines.file);
    assert_int_equal(lines.count, ITEMS);

    options.format = gmr_import_format_find("jsonl");
    options.source = table;
    options.catalogue = temporary_path(&f->directory, "copy", copy);
    options.pictures = places;
    options.picture_count = 1;
    assert_int_equal(gmr_catalogue_import(f->context, &options, &report), GMR_OK);
    assert_int_equal(report.added, ITEMS);
    assert_int_equal(report.skipped, 0);
    assert_string_equal(report.problems, "");
    assert_int_equal(gmr_catalogue_import(f->context, &options, &report), GMR_OK);
    assert_true(report.unchanged);
}

static void exporting_can_be_stopped(void **state)
{
    struct fixture *f = *state;
    struct lines lines = { .file = tmpfile(), .stop_after = 3 };
    const struct gmr_line_writer writer = { take_line, &lines };
    assert_non_null(lines.file);
    assert_int_equal(gmr_catalogue_export(f->catalogue, NULL, &writer, NULL), GMR_ERR_CANCELLED);
    assert_int_equal(lines.count, 3);
    fclose(lines.file);
}

static void formats_have_names(void **state)
{
    (void)state;
    for (int format = 0; format < GMR_IMPORT_FORMATS; format++)
        assert_int_equal(
            gmr_import_format_find(gmr_import_format_name((enum gmr_import_format)format)), format);
    assert_int_equal(gmr_import_format_find("xml"), GMR_IMPORT_FORMATS);
    assert_string_equal(gmr_import_format_name(GMR_IMPORT_FORMATS), "");
}

static void what_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct gmr_catalogue *catalogue = f->catalogue;
    struct gmr_embedding *embedding;
    struct gmr_ranking *ranking;
    const float vector[WIDTH] = { NAN };
    assert_int_equal(gmr_catalogue_open(f->context, "/nowhere at all", &catalogue),
                     GMR_ERR_NOT_FOUND);
    assert_null(catalogue);
    assert_non_null(strstr(gmr_error_message(), "/nowhere at all"));
    assert_int_equal(gmr_embedding_open(f->catalogue, "none", &embedding), GMR_ERR_NOT_FOUND);
    assert_null(embedding);
    assert_int_equal(gmr_ranking_create(f->context, vector, 1, WIDTH, GMR_DOT, &ranking),
                     GMR_ERR_NUMERIC);
    assert_null(ranking);
    gmr_catalogue_close(NULL);
    gmr_embedding_close(NULL);
    gmr_ranking_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_found_by_their_keys),
        cmocka_unit_test(counts_agree),
        cmocka_unit_test(splits_agree),
        cmocka_unit_test(embeddings_can_be_ranked),
        cmocka_unit_test(what_is_exported_is_imported),
        cmocka_unit_test(exporting_can_be_stopped),
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test(what_is_not_there),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
