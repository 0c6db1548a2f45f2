/* Names that get numbers: attributes, their values, splits. Most records repeat names of records
 * before them, so the last ones used are kept in a table of fixed size, in which a name has one
 * place and takes it from whatever was there. What is not in it is looked up in the database. */
#include <string.h>

#include "catalogue/number.h"
#include "catalogue/writer_inside.h"

enum { SLOTS = 1 << 15, SLOT_TEXT = 46 };

struct name_slot {
    int64_t owner, id;
    uint8_t kind; /* of enum name_kind, plus 1; 0: nothing is here */
    uint8_t length;
    char text[SLOT_TEXT];
};

static const struct {
    const char *select, *insert;
} queries[] = {
    [NAME_ATTRIBUTE] = { "SELECT id FROM attribute WHERE name = ?2",
                         "INSERT INTO attribute (name) VALUES (?2)" },
    [NAME_VALUE] = { "SELECT id FROM attribute_value WHERE attribute = ?1 AND text = ?2",
                     "INSERT INTO attribute_value (attribute, text, number) VALUES (?1, ?2, ?3)" },
    [NAME_SPLIT] = { "SELECT id FROM split WHERE name = ?2",
                     "INSERT INTO split (name) VALUES (?2)" },
};

enum gmr_status writer_names_create(struct catalogue_writer *writer)
{
    writer->names = memory_array(writer->allocator, SLOTS, sizeof *writer->names);
    return writer->names ? GMR_OK : GMR_ERR_NOMEM;
}

void writer_names_destroy(struct catalogue_writer *writer)
{
    memory_release(writer->allocator, writer->names, SLOTS * sizeof *writer->names);
}

/* FNV-1a. */
static uint64_t hash_name(enum name_kind kind, int64_t owner, const char *text, size_t length)
{
    uint64_t hash = 0xCBF29CE484222325u ^ ((uint64_t)owner * 4 + kind);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001B3u;
    return hash ^ hash >> 32;
}

static bool slot_holds(const struct name_slot *slot, enum name_kind kind, int64_t owner,
                       const char *text, size_t length)
{
    return slot->kind == kind + 1 && slot->owner == owner && slot->length == length &&
           memcmp(slot->text, text, length) == 0;
}

static enum gmr_status look_up(struct catalogue_writer *writer, enum name_kind kind, int64_t owner,
                               const char *text, int64_t *id, bool *found)
{
    sqlite3_stmt *q;
    TRY(store_reuse(writer->store, queries[kind].select, &q));
    if (kind == NAME_VALUE)
        sqlite3_bind_int64(q, 1, owner);
    sqlite3_bind_text(q, 2, text, -1, SQLITE_STATIC);
    int code = sqlite3_step(q);
    enum gmr_status status = GMR_OK;
    *found = code == SQLITE_ROW;
    if (*found)
        *id = sqlite3_column_int64(q, 0);
    else if (code != SQLITE_DONE)
        status = store_error(writer->store, "cannot find '%.80s'", text);
    sqlite3_reset(q);
    return status;
}

static enum gmr_status insert(struct catalogue_writer *writer, enum name_kind kind, int64_t owner,
                              const char *text, int64_t *id)
{
    sqlite3_stmt *q;
    double number;
    TRY(store_reuse(writer->store, queries[kind].insert, &q));
    sqlite3_bind_text(q, 2, text, -1, SQLITE_STATIC);
    if (kind == NAME_VALUE) {
        sqlite3_bind_int64(q, 1, owner);
        if (number_parse(text, &number))
            sqlite3_bind_double(q, 3, number);
    }
    TRY(store_run(writer->store, q, "write a name"));
    *id = sqlite3_last_insert_rowid(store_handle(writer->store));
    return GMR_OK;
}

enum gmr_status writer_name(struct catalogue_writer *writer, enum name_kind kind, int64_t owner,
                            const char *text, int64_t *id)
{
    size_t length = strlen(text);
    struct name_slot *slot = &writer->names[hash_name(kind, owner, text, length) % SLOTS];
    bool found;
    if (slot_holds(slot, kind, owner, text, length)) {
        *id = slot->id;
        return GMR_OK;
    }
    TRY(look_up(writer, kind, owner, text, id, &found));
    if (!found)
        TRY(insert(writer, kind, owner, text, id));
    if (length <= SLOT_TEXT) {
        *slot = (struct name_slot){ .owner = owner, .id = *id };
        slot->kind = (uint8_t)(kind + 1);
        slot->length = (uint8_t)length;
        memcpy(slot->text, text, length);
    }
    return GMR_OK;
}
