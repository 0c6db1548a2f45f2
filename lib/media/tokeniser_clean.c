/* Cleaning of a text, as CLIP's tokeniser does before it splits: normal form C in place of ftfy,
 * HTML references twice, white space, lower case. What Python says about characters holds; what
 * utf8proc does not know about them stands in tables here. */
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "media/tokeniser_inside.h"

struct points {
    int32_t *at;
    size_t count;
};

struct range {
    int32_t first, last;
};

static bool is_within(int32_t point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    return false;
}

/* ---- UTF-8 ---- */

static enum gmr_status decode(const char *text, struct arena *arena, struct points *points)
{
    size_t size = strnlen(text, (size_t)TOKENISER_MAX_TEXT + 1);
    if (size > TOKENISER_MAX_TEXT)
        return gmr_error(GMR_ERR_RANGE, "text has more than %d bytes", TOKENISER_MAX_TEXT);

    points->at = arena_array(arena, size, sizeof *points->at);
    if (!points->at)
        return GMR_ERR_NOMEM;
    for (size_t used, i = 0; i < size; i += used) {
        int32_t point = (unsigned char)text[i];
        used = 1;
        if (point >= 0x80) {
            const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text + i;
            utf8proc_ssize_t length = utf8proc_iterate(bytes, (utf8proc_ssize_t)(size - i), &point);
            used = length > 0 ? (size_t)length : 1;
            point = length > 0 ? point : 0xFFFD;
        }
        points->at[points->count++] = point;
    }
    return GMR_OK;
}

/* ---- normal form C ---- */

static const utf8proc_option_t normal_form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

/* Below, no character decomposes into what does not compose to it again, and none combines. */
enum { FIRST_COMBINING = 0x300 };

static bool is_plain(const struct points *points)
{
    for (size_t i = 0; i < points->count; i++)
        if (points->at[i] >= FIRST_COMBINING)
            return false;
    return true;
}

/* Decomposes into out[room]; returns the number of points that it takes. */
static size_t decompose(const struct points *points, int32_t *out, size_t room)
{
    size_t count = 0;
    int boundary = 0;
    for (size_t i = 0; i < points->count; i++) {
        size_t left = room > count ? room - count : 0;
        count += (size_t)utf8proc_decompose_char(points->at[i], left > 0 ? out + count : NULL,
                                                 (utf8proc_ssize_t)left, normal_form, &boundary);
    }
    return count;
}

static uint64_t combining_class(int32_t point)
{
    return point < FIRST_COMBINING ? 0 : (uint64_t)utf8proc_get_property(point)->combining_class;
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Sorts a run of marks by class, those of a class staying in order. Keys of class, place and point
 * keep this fast on runs that were made long on purpose. */
static void order_run(int32_t *run, size_t count, uint64_t *keys)
{
    enum { CLASS_SHIFT = 56, PLACE_SHIFT = 21, POINT_MASK = (1 << PLACE_SHIFT) - 1 };
    for (size_t i = 0; i < count; i++)
        keys[i] =
            combining_class(run[i]) << CLASS_SHIFT | (uint64_t)i << PLACE_SHIFT | (uint64_t)run[i];
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < count; i++)
        run[i] = (int32_t)(keys[i] & POINT_MASK);
}

static void order_marks(const struct points *points, uint64_t *keys)
{
    size_t begin = 0;
    for (size_t i = 0; i <= points->count; i++) {
        if (i < points->count && combining_class(points->at[i]) > 0)
            continue;
        if (i > begin + 1)
            order_run(points->at + begin, i - begin, keys);
        begin = i + 1;
    }
}

static enum gmr_status normalise(struct arena *arena, struct points *points)
{
    if (is_plain(points))
        return GMR_OK;
    struct points normal = { .count = decompose(points, NULL, 0) };
    normal.at = arena_array(arena, normal.count, sizeof *normal.at);
    uint64_t *keys = arena_array(arena, normal.count, sizeof *keys);
    if (!normal.at || !keys)
        return GMR_ERR_NOMEM;
    decompose(points, normal.at, normal.count);
    order_marks(&normal, keys);
    normal.count =
        (size_t)utf8proc_normalize_utf32(normal.at, (utf8proc_ssize_t)normal.count, normal_form);
    *points = normal;
    return GMR_OK;
}

/* ---- white space ---- */

bool tokeniser_is_space(int32_t point)
{
    if (point < 0x80)
        return point == ' ' || (point >= '\t' && point <= '\r');
    utf8proc_category_t category = utf8proc_category(point);
    return point == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

/* str.strip() also takes the information separators. */
static bool is_stripped(int32_t point)
{
    return (point >= 0x1C && point <= 0x1F) || tokeniser_is_space(point);
}

static void tidy_spaces(struct points *points)
{
    size_t from = 0, to = 0, end = points->count;
    while (end > 0 && is_stripped(points->at[end - 1]))
        end--;
    while (from < end && is_stripped(points->at[from]))
        from++;
    for (bool space = false; from < end; from++) {
        bool again = space;
        space = tokeniser_is_space(points->at[from]);
        if (!space)
            points->at[to++] = points->at[from];
        else if (!again)
            points->at[to++] = ' ';
    }
    points->count = to;
}

/* ---- lower case ---- */

enum { CAPITAL_SIGMA = 0x3A3, SMALL_SIGMA = 0x3C3, FINAL_SIGMA = 0x3C2, CAPITAL_I_DOT = 0x130 };

/* Unicode's Cased. */
static bool is_cased(int32_t point)
{
    static const struct range others[] = {
        { 0xAA, 0xAA },       { 0xBA, 0xBA },       { 0x2160, 0x217F },   { 0x24B6, 0x24E9 },
        { 0x1F130, 0x1F149 }, { 0x1F150, 0x1F169 }, { 0x1F170, 0x1F189 },
    };
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT: return true;
    default: return is_within(point, others, sizeof others / sizeof *others);
    }
}

/* Unicode's Case_Ignorable: marks, and punctuation that can stand inside a word. */
static bool is_case_ignorable(int32_t point)
{
    static const struct range others[] = {
        { '\'', '\'' },     { '.', '.' },       { ':', ':' },       { 0xB7, 0xB7 },
        { 0x387, 0x387 },   { 0x55F, 0x55F },   { 0x5F4, 0x5F4 },   { 0x2018, 0x2019 },
        { 0x2024, 0x2024 }, { 0x2027, 0x2027 }, { 0xFE13, 0xFE13 }, { 0xFE52, 0xFE52 },
        { 0xFE55, 0xFE55 }, { 0xFF07, 0xFF07 }, { 0xFF0E, 0xFF0E }, { 0xFF1A, 0xFF1A },
    };
    switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return is_within(point, others, sizeof others / sizeof *others);
    }
}

/* Sigma is final when a letter with case comes before it and none behind it. */
static int32_t lower_sigma(const struct points *points, size_t at)
{
    size_t before = at, behind = at + 1;
    while (before > 0 && is_case_ignorable(points->at[before - 1]))
        before--;
    while (behind < points->count && is_case_ignorable(points->at[behind]))
        behind++;
    bool final = before > 0 && is_cased(points->at[before - 1]) &&
                 !(behind < points->count && is_cased(points->at[behind]));
    return final ? FINAL_SIGMA : SMALL_SIGMA;
}

static size_t write_point(int32_t point, char *out)
{
    return (size_t)utf8proc_encode_char(point, (utf8proc_uint8_t *)out);
}

/* Writes point number `at` as str.lower() would; at most 4 bytes. */
static size_t write_lower(const struct points *points, size_t at, char *out)
{
    int32_t point = points->at[at];
    if (point < 0x80) {
        *out = (char)(point >= 'A' && point <= 'Z' ? point + 'a' - 'A' : point);
        return 1;
    }
    if (point == CAPITAL_I_DOT) {
        memcpy(out, "i\u0307", 3);
        return 3;
    }
    if (point == CAPITAL_SIGMA)
        return write_point(lower_sigma(points, at), out);
    return write_point(utf8proc_tolower(point), out);
}

enum gmr_status tokeniser_clean(const char *text, struct arena *arena, const char **clean,
                                size_t *size)
{
    struct points points = { .count = 0 };
    TRY(decode(text, arena, &points));
    TRY(normalise(arena, &points));
    for (int pass = 0; pass < 2; pass++)
        points.count = tokeniser_unescape(points.at, points.count);
    tidy_spaces(&points);

    char *out = arena_alloc(arena, 4 * points.count + 1);
    if (!out)
        return GMR_ERR_NOMEM;
    *size = 0;
    for (size_t i = 0; i < points.count; i++)
        *size += write_lower(&points, i, out + *size);
    out[*size] = '\0';
    *clean = out;
    return GMR_OK;
}
