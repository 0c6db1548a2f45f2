/* What pages have in common: colours and type, text and pictures, and that they are written whole.
 */
#include "page.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common.h"
#include "output.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

static const char common_style[] =
    ":root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1d1d1f;\n"
    "  --faint: #6b6b70; --line: #dedcd6; --good: #1b7f4b; --bad: #b3261e; }\n"
    "@media (prefers-color-scheme: dark) { :root { --ground: #161618; --card: #222226;\n"
    "  --ink: #ececee; --faint: #9d9da4; --line: #3a3a40; --good: #62cf95; --bad: #ff8a80; } }\n"
    "body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground);\n"
    "  color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }\n"
    "h1 { font-size: 1.4rem; margin: 0 0 .25rem; }\n"
    "p.about { color: var(--faint); margin: 0 0 1.5rem; }\n"
    "article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;\n"
    "  padding: .9rem; }\n"
    "figure { margin: 0; text-align: center; }\n"
    "figure img, figure .none { width: 100%; height: 11rem; object-fit: contain;\n"
    "  background: #fff; border-radius: .35rem; }\n"
    "figure .none { display: grid; place-items: center; color: #6b6b70; }\n"
    "figcaption { color: var(--faint); font-size: .8rem; overflow-wrap: anywhere; }\n"
    "blockquote { margin: .75rem 0 .25rem; font-size: 1.05rem; overflow-wrap: anywhere; }\n";

void page_begin(FILE *out, const char *title, const char *style)
{
    fprintf(out, "%s<title>%s</title>\n<style>\n%s%s</style>\n</head>\n<body>\n", head, title,
            common_style, style);
}

void page_text(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*text, out);
        }
}

static void put_base64(FILE *out, const unsigned char *bytes, size_t size)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const unsigned second = i + 1 < size ? bytes[i + 1] : 0;
        const unsigned third = i + 2 < size ? bytes[i + 2] : 0;
        const unsigned word = (unsigned)bytes[i] << 16 | second << 8 | third;
        fputc(digit[word >> 18], out);
        fputc(digit[word >> 12 & 63], out);
        fputc(i + 1 < size ? digit[word >> 6 & 63] : '=', out);
        fputc(i + 2 < size ? digit[word & 63] : '=', out);
    }
}

/* A picture small enough is its own thumbnail, of whatever kind. */
static const char *type_of(const unsigned char *bytes, size_t size)
{
    if (size > 0 && bytes[0] == 0x89)
        return "image/png";
    return size > 0 && bytes[0] == 'R' ? "image/webp" : "image/jpeg";
}

/* A picture that cannot be shown is no reason to show nothing. */
static bool put_picture(FILE *out, struct gmr_catalogue *catalogue, size_t position)
{
    const void *bytes;
    size_t size;
    if (gmr_catalogue_picture(catalogue, position, GMR_PICTURE_THUMBNAIL, &bytes, &size) != GMR_OK)
        return false;
    fprintf(out, "<img loading=\"lazy\" alt=\"\" src=\"data:%s;base64,", type_of(bytes, size));
    put_base64(out, bytes, size);
    fputs("\">", out);
    return true;
}

enum gmr_status page_item(FILE *out, struct gmr_catalogue *catalogue, size_t position,
                          const char *role)
{
    struct gmr_item item;
    fputs("<figure>", out);
    if (!put_picture(out, catalogue, position))
        fputs("<div class=\"none\">no picture</div>", out);
    const enum gmr_status status = gmr_catalogue_item(catalogue, position, &item);
    if (status != GMR_OK)
        return status;
    fprintf(out, "<figcaption>%s<br>", role);
    page_text(out, item.title[0] ? item.title : item.key);
    fputs("</figcaption></figure>\n", out);
    return GMR_OK;
}

enum exit_status page_write(struct gmr_catalogue *catalogue, page_put *put, const void *page,
                            const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    enum gmr_status status = out ? put(out, catalogue, page) : GMR_OK;
    const bool whole = out && !ferror(out);
    enum exit_status exit_status = EXIT_FAILED;
    if ((out && fclose(out) != 0) || !whole)
        output_message("out of memory: the page '%s' is not written", path);
    else
        exit_status = status == GMR_OK ? output_replace(path, bytes, size) : common_failed();
    free(bytes);
    return exit_status;
}
