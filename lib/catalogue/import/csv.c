/* CSV through libcsv in its strict mode.
 *
 * The parser is fed line by line, which tells where each record begins. When quotes do not match -
 * a character where none may be, or an end of file inside a field - the record is reported and
 * reading goes on at the line after the one where it began: an unmatched quote costs one line, not
 * the rest of the file. A quote that opens swallows lines up to the next quote at most, so no line
 * is read more than a few times. */
#include <csv.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "catalogue/import/rows.h"

enum {
    FEED = 64 * 1024,   /* bytes at once, so that a record too long is noticed early */
    GROWTH = 16 * 1024, /* of libcsv's buffer, which else grows by 128 bytes */
};

struct csv_reader {
    struct csv_parser parser;
    const struct gmr_allocator *allocator;
    const struct row_sink *sink;
    const char *name;
    bool join_last;
    struct arena header, cells;
    const char **names; /* NULL before the first line */
    size_t columns;
    struct row_field *fields; /* ROWS_MAX_FIELDS */
    size_t count;             /* of the record being read; may be above ROWS_MAX_FIELDS */
    size_t line;              /* where that record begins */
    size_t sound, damaged;    /* records so far */
    bool ended;               /* a record ended in what was fed last */
    const char *damage;       /* of this record; NULL: none */
    enum gmr_status status;
};

/* ---- one record ---- */

static enum gmr_status report(struct csv_reader *reader, const char *reason)
{
    if (!reader->names)
        return gmr_error(GMR_ERR_FORMAT, "'%s' is not a CSV table: line %zu: %s", reader->name,
                         reader->line, reason);
    if (reader->sound == 0 && ++reader->damaged >= ROWS_MAX_DAMAGED)
        return gmr_error(GMR_ERR_FORMAT,
                         "'%s' is not a CSV table: its first %zu records are "
                         "damaged; line %zu: %s",
                         reader->name, reader->damaged, reader->line, reason);
    return reader->sink->damaged(reader->sink->user, reader->line, reason);
}

static void on_field(void *bytes, size_t size, void *user)
{
    struct csv_reader *reader = user;
    const char *text = bytes ? bytes : "";
    const size_t place = reader->count++;
    char *copy;
    if (reader->status != GMR_OK || place >= ROWS_MAX_FIELDS)
        return;
    if (memchr(text, '\0', size))
        reader->damage = "a NUL character";
    else if (!text_is_utf8(text, size))
        reader->damage = "text that is not UTF-8";
    copy = arena_strndup(reader->names ? &reader->cells : &reader->header, text, size);
    if (copy)
        reader->fields[place] = (struct row_field){ .value = copy };
    else
        reader->status = GMR_ERR_NOMEM;
}

static enum gmr_status take_header(struct csv_reader *reader)
{
    if (reader->damage)
        return report(reader, reader->damage);
    if (reader->count > ROWS_MAX_FIELDS)
        return report(reader, "too many columns");
    const char **names = arena_array(&reader->header, reader->count, sizeof *names);
    if (!names)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < reader->count; i++)
        names[i] = reader->fields[i].value;
    reader->names = names;
    reader->columns = reader->count;
    return GMR_OK;
}

/* Puts what is too much behind the last field, as it stood. */
static enum gmr_status join_fields(struct csv_reader *reader)
{
    struct row_field *last = &reader->fields[reader->columns - 1];
    for (size_t i = reader->columns; i < reader->count; i++) {
        last->value = arena_printf(&reader->cells, "%s%c%s", last->value,
                                   csv_get_delim(&reader->parser), reader->fields[i].value);
        if (!last->value)
            return GMR_ERR_NOMEM;
    }
    reader->count = reader->columns;
    return GMR_OK;
}

static enum gmr_status take_record(struct csv_reader *reader)
{
    char reason[100];
    if (reader->join_last && reader->count > reader->columns && reader->count <= ROWS_MAX_FIELDS)
        TRY(join_fields(reader));
    if (reader->count != reader->columns) {
        snprintf(reason, sizeof reason, "%zu fields where the first line has %zu", reader->count,
                 reader->columns);
        return report(reader, reason);
    }
    if (reader->damage)
        return report(reader, reader->damage);
    for (size_t i = 0; i < reader->count; i++)
        reader->fields[i].name = reader->names[i];
    const struct row row = { reader->fields, reader->count, reader->line };
    reader->sound++;
    return reader->sink->row(reader->sink->user, &row);
}

static void begin_record(struct csv_reader *reader)
{
    reader->count = 0;
    reader->damage = NULL;
    arena_clear(&reader->cells);
}

static void on_record(int end, void *user)
{
    struct csv_reader *reader = user;
    (void)end;
    reader->ended = true;
    if (reader->status == GMR_OK)
        reader->status = reader->names ? take_record(reader) : take_header(reader);
    begin_record(reader);
}

/* ---- lines ---- */

static bool start_parser(struct csv_reader *reader, unsigned char separator)
{
    const unsigned char options = CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL;
    if (csv_init(&reader->parser, options) != 0)
        return false;
    csv_set_delim(&reader->parser, separator);
    csv_set_blk_size(&reader->parser, GROWTH);
    begin_record(reader);
    return true;
}

static void restart_parser(struct csv_reader *reader)
{
    const unsigned char separator = csv_get_delim(&reader->parser);
    csv_free(&reader->parser);
    start_parser(reader, separator);
}

/* Bytes up to and with the next end of line: LF, CR LF or CR. */
static size_t line_length(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\n' || (text[i] == '\r' && i + 1 < size && text[i + 1] != '\n'))
            return i + 1;
    return size;
}

static bool is_blank(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
            return false;
    return true;
}

/* NULL, or why the record that these bytes continue is damaged. *fed counts its bytes. */
static const char *feed(struct csv_reader *reader, const char *text, size_t size, size_t *fed)
{
    while (size > 0 && reader->status == GMR_OK) {
        const size_t piece = size < FEED ? size : FEED;
        if (*fed + piece > ROWS_MAX_LINE)
            return "a record that is too long, or a quote that is never closed";
        if (csv_parse(&reader->parser, text, piece, on_field, on_record, reader) != piece) {
            if (csv_error(&reader->parser) != CSV_EPARSE)
                reader->status =
                    gmr_error(GMR_ERR_NOMEM, "cannot read '%s': out of memory", reader->name);
            return "a quote where none may be, or one that is missing";
        }
        *fed += piece;
        text += piece;
        size -= piece;
    }
    return NULL;
}

static const char *finish_record(struct csv_reader *reader)
{
    if (csv_fini(&reader->parser, on_field, on_record, reader) == 0)
        return NULL;
    return "a quote that is never closed";
}

/* Reads one record and returns the place after it; after a damaged one, that after its first line.
 */
static size_t read_record(struct csv_reader *reader, const char *text, size_t size, size_t at,
                          size_t *line)
{
    const size_t second = at + line_length(text + at, size - at);
    const char *reason = NULL;
    size_t fed = 0, lines = 0;
    reader->line = *line;
    reader->ended = false;
    while (at < size && !reader->ended && !reason && reader->status == GMR_OK) {
        const size_t length = line_length(text + at, size - at);
        reason = feed(reader, text + at, length, &fed);
        at += length;
        lines++;
    }
    if (!reason && !reader->ended && reader->status == GMR_OK)
        reason = finish_record(reader);
    *line += reason ? 1 : lines;
    if (!reason || reader->status != GMR_OK)
        return at;
    restart_parser(reader);
    reader->status = report(reader, reason);
    return second;
}

static void read_records(struct csv_reader *reader, const char *text, size_t size)
{
    size_t line = 1, at = 0;
    while (at < size && reader->status == GMR_OK) {
        const size_t length = line_length(text + at, size - at);
        if (is_blank(text + at, length)) {
            at += length;
            line++;
        } else {
            at = read_record(reader, text, size, at, &line);
        }
    }
    if (reader->status == GMR_OK && !reader->names)
        reader->status =
            gmr_error(GMR_ERR_FORMAT, "'%s' is not a CSV table: it is empty", reader->name);
}

/* The commonest of the possible separators in the first line, outside quotes. */
static unsigned char find_separator(const char *text, size_t size)
{
    static const char separators[] = ",;\t";
    size_t counts[3] = { 0 }, best = 0;
    bool quoted = false;
    for (size_t i = 0; i < size && text[i] != '\n' && text[i] != '\r'; i++) {
        const char *found = text[i] ? strchr(separators, text[i]) : NULL;
        quoted ^= text[i] == '"';
        if (found && !quoted)
            counts[found - separators]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return (unsigned char)separators[best];
}

enum gmr_status csv_read(const struct gmr_allocator *allocator, const void *bytes, size_t size,
                         const char *name, bool join_last, const struct row_sink *sink)
{
    struct csv_reader reader = {
        .allocator = allocator, .sink = sink, .name = name, .join_last = join_last
    };
    const char *text = bytes;
    const size_t fields_size = ROWS_MAX_FIELDS * sizeof *reader.fields;
    if (size >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return gmr_error(GMR_ERR_FORMAT, "'%s' is UTF-16; a table must be UTF-8", name);
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    arena_init(&reader.header, allocator, 0);
    arena_init(&reader.cells, allocator, 0);
    reader.fields = memory_allocate(allocator, fields_size);
    if (!reader.fields)
        return GMR_ERR_NOMEM;
    if (start_parser(&reader, find_separator(text, size)))
        read_records(&reader, text, size);
    csv_free(&reader.parser);
    memory_release(allocator, reader.fields, fields_size);
    arena_release(&reader.cells);
    arena_release(&reader.header);
    return reader.status;
}

size_t csv_count(const void *bytes, size_t size)
{
    const char *text = bytes;
    size_t lines = 0, start = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        quoted ^= text[i] == '"';
        if (text[i] == '\n' && !quoted) {
            lines += !is_blank(text + start, i - start);
            start = i + 1;
        }
    }
    lines += !is_blank(text + start, size - start);
    return lines > 0 ? lines - 1 : 0; /* the names are no record */
}
