/* Fuzz entry of jsonl_read, and of what becomes of its rows: no fault, lines in rising order, items
 * with values of UTF-8, cleaned texts without white space to spare. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "catalogue/import/clean.h"
#include "catalogue/import/record.h"

struct seen {
    size_t line;
    struct arena arena;
    struct columns columns;
};

static void check_text(const char *text)
{
    assert(text && text_is_utf8(text, strlen(text)));
}

static enum gmr_status on_row(void *user, const struct row *row)
{
    struct seen *seen = user;
    struct import_item item;
    assert(row->line > seen->line && row->count <= ROWS_MAX_FIELDS);
    seen->line = row->line;
    arena_clear(&seen->arena);
    assert(record_build(&seen->arena, &seen->columns, row, ';', &item) == GMR_OK);
    assert(item.attribute_count + item.picture_count <= row->count);
    for (size_t i = 0; i < item.attribute_count; i++) {
        check_text(item.attributes[i].name);
        check_text(item.attributes[i].value);
        const char *clean = clean_text(&seen->arena, item.attributes[i].value);
        check_text(clean);
        assert(!strstr(clean, "  ") && clean[0] != ' ');
    }
    for (size_t i = 0; i < item.split_count; i++)
        assert(item.splits[i][0] != '\0');
    return GMR_OK;
}

static enum gmr_status on_damage(void *user, size_t line, const char *reason)
{
    struct seen *seen = user;
    assert(line > seen->line && reason[0] != '\0');
    seen->line = line;
    return GMR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = { 0 };
    const struct row_sink sink = { on_row, on_damage, &seen };
    arena_init(&seen.arena, NULL, 0);
    assert(columns_init(&seen.columns, NULL, NULL, 0) == GMR_OK);
    const enum gmr_status status = jsonl_read(NULL, data, size, "input", &sink);
    assert(status == GMR_OK || status == GMR_ERR_FORMAT);
    json_lines_count(data, size);
    columns_release(&seen.columns);
    arena_release(&seen.arena);
    return 0;
}
