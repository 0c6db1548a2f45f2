/* The page: a summary, then a card a pair, with both pictures as data: URIs, what was said, and
 * what the attributes say of it. */
#include "simulate_page.h"

#include <stdio.h>
#include <stdlib.h>

#include "common.h"
#include "output.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Critiques</title>\n<style>\n"
    ":root { color-scheme: light dark; --ground: #f6f5f2; --card: #fff; --ink: #1d1d1f;\n"
    "  --faint: #6b6b70; --line: #dedcd6; --good: #1b7f4b; --bad: #b3261e; }\n"
    "@media (prefers-color-scheme: dark) { :root { --ground: #161618; --card: #222226;\n"
    "  --ink: #ececee; --faint: #9d9da4; --line: #3a3a40; --good: #62cf95; --bad: #ff8a80; } }\n"
    "body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--ground);\n"
    "  color: var(--ink); font: 16px/1.45 system-ui, sans-serif; }\n"
    "h1 { font-size: 1.4rem; margin: 0 0 .25rem; }\n"
    "p.about { color: var(--faint); margin: 0 0 1.5rem; }\n"
    "main { display: grid; gap: 1rem;\n"
    "  grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); }\n"
    "article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;\n"
    "  padding: .9rem; }\n"
    ".pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }\n"
    "figure { margin: 0; text-align: center; }\n"
    "figure img, figure .none { width: 100%; height: 11rem; object-fit: contain;\n"
    "  background: #fff; border-radius: .35rem; }\n"
    "figure .none { display: grid; place-items: center; color: #6b6b70; }\n"
    "figcaption { color: var(--faint); font-size: .8rem; overflow-wrap: anywhere; }\n"
    "blockquote { margin: .75rem 0 .25rem; font-size: 1.05rem; overflow-wrap: anywhere; }\n"
    ".verdict { color: var(--faint); font-size: .85rem; margin: 0; }\n"
    ".good { color: var(--good); } .bad { color: var(--bad); }\n"
    "</style>\n</head>\n<body>\n";

static void put_text(FILE *out, const char *text)
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

/* ---- cards ---- */

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

static enum gmr_status put_item(FILE *out, struct gmr_catalogue *catalogue, size_t position,
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
    put_text(out, item.title[0] ? item.title : item.key);
    fputs("</figcaption></figure>\n", out);
    return GMR_OK;
}

static void put_verdict(FILE *out, const struct gmr_critique *c)
{
    if (c->text[0] == '\0' || c->statements == 0) {
        fputs("<p class=\"verdict\">no statement that the grammar understands</p>\n", out);
        return;
    }
    fprintf(out,
            "<p class=\"verdict\">%zu statement%s: <span class=\"%s\">%zu of %zu true</span>, ",
            c->statements, c->statements == 1 ? "" : "s",
            c->true_of_target == c->known ? "good" : "bad", c->true_of_target, c->known);
    fprintf(out, "<span class=\"%s\">%zu of %zu tell the two apart</span></p>\n",
            c->distinguishing == c->known_of_both ? "good" : "bad", c->distinguishing,
            c->known_of_both);
}

static enum gmr_status put_card(FILE *out, struct gmr_catalogue *catalogue,
                                const struct gmr_pair *pair, const struct gmr_critique *critique)
{
    fputs("<article><div class=\"pair\">\n", out);
    enum gmr_status status = put_item(out, catalogue, pair->candidate, "shown");
    if (status == GMR_OK)
        status = put_item(out, catalogue, pair->target, "wanted");
    fputs("</div>\n<blockquote>", out);
    put_text(out, critique->text[0] ? critique->text : "(says nothing)");
    fputs("</blockquote>\n", out);
    put_verdict(out, critique);
    fputs("</article>\n", out);
    return status;
}

/* ---- the page ---- */

static void put_share(FILE *out, const char *what, size_t part, size_t whole)
{
    if (whole > 0)
        fprintf(out, " %.1f&nbsp;%% of %zu %s.", 100 * (double)part / (double)whole, whole, what);
}

static void put_summary(FILE *out, const struct simulate_page *page)
{
    struct gmr_critique sum = { .statements = 0 };
    for (size_t i = 0; i < page->count; i++) {
        const struct gmr_critique *c = &page->critiques[i];
        sum.statements += c->statements;
        sum.known += c->known;
        sum.true_of_target += c->true_of_target;
        sum.known_of_both += c->known_of_both;
        sum.distinguishing += c->distinguishing;
    }
    fputs("<h1>What a simulated user says</h1>\n<p class=\"about\">Catalogue ", out);
    put_text(out, page->catalogue);
    fputs(", critic ", out);
    put_text(out, page->critic);
    fprintf(out, ", %zu pairs.", page->count);
    put_share(out, "statements that attributes can tell are true of the wanted item",
              sum.true_of_target, sum.known);
    put_share(out, "that they can tell of both also tell the two apart", sum.distinguishing,
              sum.known_of_both);
    fputs("</p>\n<main>\n", out);
}

static enum gmr_status put_page(FILE *out, struct gmr_catalogue *catalogue,
                                const struct simulate_page *page)
{
    enum gmr_status status = GMR_OK;
    fputs(head, out);
    put_summary(out, page);
    for (size_t i = 0; status == GMR_OK && i < page->count; i++)
        status = put_card(out, catalogue, &page->pairs[i], &page->critiques[i]);
    fputs("</main>\n</body>\n</html>\n", out);
    return status;
}

enum exit_status simulate_page_write(struct gmr_catalogue *catalogue,
                                     const struct simulate_page *page, const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    enum gmr_status status = out ? put_page(out, catalogue, page) : GMR_OK;
    const bool whole = out && !ferror(out);
    enum exit_status exit_status = EXIT_FAILED;
    if ((out && fclose(out) != 0) || !whole)
        output_message("out of memory: the page '%s' is not written", path);
    else
        exit_status = status == GMR_OK ? output_replace(path, bytes, size) : common_failed();
    free(bytes);
    return exit_status;
}
