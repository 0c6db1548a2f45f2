/* The meaning of columns. It is worked out when the names of a row differ from those of the row
 * before, so once for a CSV table. */
#include "catalogue/import/columns.h"

#include <string.h>

#include "catalogue/import/words.h"

/* Common names, without case, spaces and dashes. Of the columns of one table the name that stands
 * first here gets the role. */
static const struct {
    const char *name;
    enum column_role role;
} common_names[] = {
    { "key", COLUMN_KEY },
    { "id", COLUMN_KEY },
    { "sku", COLUMN_KEY },
    { "asin", COLUMN_KEY },
    { "itemid", COLUMN_KEY },
    { "productid", COLUMN_KEY },
    { "articleid", COLUMN_KEY },
    { "styleid", COLUMN_KEY },
    { "productcode", COLUMN_KEY },
    { "itemcode", COLUMN_KEY },
    { "code", COLUMN_KEY },
    { "uid", COLUMN_KEY },
    { "uuid", COLUMN_KEY },
    { "handle", COLUMN_KEY },
    { "ean", COLUMN_KEY },
    { "gtin", COLUMN_KEY },
    { "title", COLUMN_TITLE },
    { "productdisplayname", COLUMN_TITLE },
    { "productname", COLUMN_TITLE },
    { "producttitle", COLUMN_TITLE },
    { "itemname", COLUMN_TITLE },
    { "displayname", COLUMN_TITLE },
    { "prodname", COLUMN_TITLE },
    { "name", COLUMN_TITLE },
    { "description", COLUMN_DESCRIPTION },
    { "productdescription", COLUMN_DESCRIPTION },
    { "longdescription", COLUMN_DESCRIPTION },
    { "detaildesc", COLUMN_DESCRIPTION },
    { "desc", COLUMN_DESCRIPTION },
    { "body", COLUMN_DESCRIPTION },
    { "picture", COLUMN_PICTURE },
    { "image", COLUMN_PICTURE },
    { "imagefile", COLUMN_PICTURE },
    { "imagepath", COLUMN_PICTURE },
    { "imagename", COLUMN_PICTURE },
    { "photo", COLUMN_PICTURE },
    { "filename", COLUMN_PICTURE },
    { "file", COLUMN_PICTURE },
    { "path", COLUMN_PICTURE },
    { "pictureurl", COLUMN_PICTURE },
    { "imageurl", COLUMN_PICTURE },
    { "imagesrc", COLUMN_PICTURE },
    { "imagelink", COLUMN_PICTURE },
    { "img", COLUMN_PICTURE },
    { "images", COLUMN_PICTURE },
    { "splits", COLUMN_SPLIT },
    { "split", COLUMN_SPLIT },
};

enum { COMMON_NAMES = sizeof common_names / sizeof *common_names };

static const char *const field_names[COLUMN_ROLES] = {
    [COLUMN_KEY] = "key",         [COLUMN_TITLE] = "title", [COLUMN_DESCRIPTION] = "description",
    [COLUMN_PICTURE] = "picture", [COLUMN_SPLIT] = "split",
};

/* ---- the user's rules ---- */

static enum column_role field_role(const char *name)
{
    for (enum column_role role = COLUMN_KEY; role <= COLUMN_SPLIT; role++)
        if (strcmp(field_names[role], name) == 0)
            return role;
    return COLUMN_ATTRIBUTE;
}

static enum gmr_status parse_rule(struct columns *columns, const char *text,
                                  struct column_rule *rule)
{
    const char *equals = strchr(text, '=');
    if (text[0] == '-' && text[1] != '\0') {
        *rule = (struct column_rule){ .column = text + 1, .use = { COLUMN_IGNORED, NULL } };
        return GMR_OK;
    }
    if (!equals || equals == text || equals[1] == '\0')
        return gmr_error(GMR_ERR_RANGE, "'%s' is neither NAME=COLUMN nor -COLUMN", text);
    char *name = arena_strndup(&columns->rules_arena, text, (size_t)(equals - text));
    if (!name)
        return GMR_ERR_NOMEM;
    *rule = (struct column_rule){ .column = equals + 1, .use = { field_role(name), name } };
    return GMR_OK;
}

static enum gmr_status check_rule(const struct columns *columns, const struct column_rule *rule)
{
    for (const struct column_rule *r = columns->rules; r < rule; r++) {
        if (strcmp(r->column, rule->column) == 0)
            return gmr_error(GMR_ERR_RANGE, "column '%s' is used twice", rule->column);
        if (r->use.role == rule->use.role && r->use.role != COLUMN_ATTRIBUTE &&
            r->use.role != COLUMN_IGNORED)
            return gmr_error(GMR_ERR_RANGE, "%s is to be both '%s' and '%s'", rule->use.name,
                             r->column, rule->column);
    }
    return GMR_OK;
}

enum gmr_status columns_init(struct columns *columns, const struct gmr_allocator *allocator,
                             const char *const *rules, size_t count)
{
    *columns = (struct columns){ .rule_count = count };
    arena_init(&columns->rules_arena, allocator, 0);
    arena_init(&columns->row_arena, allocator, 0);
    columns->rules = arena_array(&columns->rules_arena, count, sizeof *columns->rules);
    if (!columns->rules)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        TRY(parse_rule(columns, rules[i], &columns->rules[i]));
        TRY(check_rule(columns, &columns->rules[i]));
    }
    return GMR_OK;
}

void columns_release(struct columns *columns)
{
    arena_release(&columns->row_arena);
    arena_release(&columns->rules_arena);
}

enum gmr_status columns_check(const struct columns *columns, const char *table)
{
    for (size_t i = 0; i < columns->rule_count; i++)
        if (!columns->rules[i].used)
            return gmr_error(GMR_ERR_NOT_FOUND, "'%s' has no column '%s'", table,
                             columns->rules[i].column);
    return GMR_OK;
}

/* ---- a row's columns ---- */

static bool has_same_names(const struct columns *columns, const struct row *row)
{
    if (!columns->names || columns->count != row->count)
        return false;
    for (size_t i = 0; i < row->count; i++)
        if (columns->attributes[i] != row->fields[i].attribute ||
            strcmp(columns->names[i], row->fields[i].name) != 0)
            return false;
    return true;
}

/* True when `name`, without case, spaces, dashes and underscores, is `common`. */
static bool is_common(const char *name, const char *common)
{
    for (; *name; name++) {
        const char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        if (strchr(" -_.", c))
            continue;
        if (c != *common++)
            return false;
    }
    return *common == '\0';
}

static bool apply_rule(struct columns *columns, const char *name, struct column_use *use)
{
    for (size_t i = 0; i < columns->rule_count; i++) {
        struct column_rule *rule = &columns->rules[i];
        if (strcmp(rule->column, name) == 0) {
            rule->used = true;
            *use = rule->use;
            return true;
        }
    }
    return false;
}

/* Which roles the user has given away, whether or not this row has the column. */
static void mark_taken(const struct columns *columns, bool taken[COLUMN_ROLES])
{
    for (size_t i = 0; i < columns->rule_count; i++)
        taken[columns->rules[i].use.role] = true;
}

/* Gives a role to all columns of the first common name that the row has: a list is several. */
static void apply_common_names(struct columns *columns, const struct row *row, bool *settled)
{
    bool taken[COLUMN_ROLES] = { false };
    mark_taken(columns, taken);
    for (size_t n = 0; n < COMMON_NAMES; n++) {
        const enum column_role role = common_names[n].role;
        bool found = false;
        for (size_t i = 0; i < row->count && !taken[role]; i++) {
            if (settled[i] || !is_common(row->fields[i].name, common_names[n].name))
                continue;
            columns->uses[i].role = role;
            settled[i] = found = true;
        }
        taken[role] |= found;
    }
}

static enum gmr_status name_attributes(struct columns *columns, const struct row *row,
                                       const bool *settled)
{
    for (size_t i = 0; i < row->count; i++) {
        if (settled[i])
            continue;
        columns->uses[i].name = words_plain(&columns->row_arena, row->fields[i].name);
        if (!columns->uses[i].name)
            return GMR_ERR_NOMEM;
        if (columns->uses[i].name[0] == '\0')
            columns->uses[i].role = COLUMN_IGNORED; /* a column of row numbers has no name */
    }
    return GMR_OK;
}

static enum gmr_status work_out(struct columns *columns, const struct row *row)
{
    bool *settled;
    columns->names = NULL;
    arena_clear(&columns->row_arena);
    const char **names = arena_array(&columns->row_arena, row->count, sizeof *names);
    columns->attributes = arena_array(&columns->row_arena, row->count, sizeof(bool));
    columns->uses = arena_array(&columns->row_arena, row->count, sizeof *columns->uses);
    settled = arena_array(&columns->row_arena, row->count, sizeof *settled);
    if (!names || !columns->attributes || !columns->uses || !settled)
        return GMR_ERR_NOMEM;
    for (size_t i = 0; i < row->count; i++) {
        names[i] = arena_strdup(&columns->row_arena, row->fields[i].name);
        if (!names[i])
            return GMR_ERR_NOMEM;
        columns->attributes[i] = row->fields[i].attribute;
        settled[i] = apply_rule(columns, names[i], &columns->uses[i]);
        if (!settled[i] && row->fields[i].attribute) {
            columns->uses[i].name = names[i];
            settled[i] = true;
        }
    }
    apply_common_names(columns, row, settled);
    TRY(name_attributes(columns, row, settled));
    columns->names = names;
    columns->count = row->count;
    return GMR_OK;
}

enum gmr_status columns_resolve(struct columns *columns, const struct row *row,
                                const struct column_use **uses)
{
    if (!has_same_names(columns, row))
        TRY(work_out(columns, row));
    *uses = columns->uses;
    return GMR_OK;
}
