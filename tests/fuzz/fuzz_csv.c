/* Fuzz entry of csv_read. Whatever the bytes: no fault, rows as wide as the header, lines in rising
 * order, and texts of UTF-8. */
#undef NDEBUG
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "catalogue/import/rows.h"

struct seen {
    size_t line, columns, rows;
};

static enum gmr_status on_row(void *user, const struct row *row)
{
    struct seen *seen = user;
    assert(row->line > seen->line && row->count > 0);
    assert(seen->rows == 0 || row->count == seen->columns);
    for (size_t i = 0; i < row->count; i++) {
        assert(text_is_utf8(row->fields[i].name, strlen(row->fields[i].name)));
        assert(text_is_utf8(row->fields[i].value, strlen(row->fields[i].value)));
        assert(!row->fields[i].attribute);
    }
    seen->line = row->line;
    seen->columns = row->count;
    seen->rows++;
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
    for (int join = 0; join < 2; join++) {
        struct seen seen = { 0 };
        const struct row_sink sink = { on_row, on_damage, &seen };
        const enum gmr_status status = csv_read(NULL, data, size, "input", join, &sink);
        assert(status == GMR_OK || status == GMR_ERR_FORMAT);
    }
    csv_count(data, size);
    return 0;
}
