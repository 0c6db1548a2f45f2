/* The page: a summary, then a card a pair, with both pictures as data: URIs, what was said, and
 * what the attributes say of it. */
#include "simulate_page.h"

#include <stdio.h>

#include "page.h"

static const char style[] =
    "main { display: grid; gap: 1rem;\n"
    "  grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); }\n"
    ".pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }\n"
    ".verdict { color: var(--faint); font-size: .85rem; margin: 0; }\n"
    ".good { color: var(--good); } .bad { color: var(--bad); }\n";

/* ---- cards ---- */

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
    enum gmr_status status = page_item(out, catalogue, pair->candidate, "shown");
    if (status == GMR_OK)
        status = page_item(out, catalogue, pair->target, "wanted");
    fputs("</div>\n<blockquote>", out);
    page_text(out, critique->text[0] ? critique->text : "(says nothing)");
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
    page_text(out, page->catalogue);
    fputs(", critic ", out);
    page_text(out, page->critic);
    fprintf(out, ", %zu pairs.", page->count);
    put_share(out, "statements that attributes can tell are true of the wanted item",
              sum.true_of_target, sum.known);
    put_share(out, "that they can tell of both also tell the two apart", sum.distinguishing,
              sum.known_of_both);
    fputs("</p>\n<main>\n", out);
}

static enum gmr_status put_page(FILE *out, struct gmr_catalogue *catalogue, const void *of)
{
    const struct simulate_page *page = of;
    enum gmr_status status = GMR_OK;
    page_begin(out, "Critiques", style);
    put_summary(out, page);
    for (size_t i = 0; status == GMR_OK && i < page->count; i++)
        status = put_card(out, catalogue, &page->pairs[i], &page->critiques[i]);
    fputs("</main>\n</body>\n</html>\n", out);
    return status;
}

enum exit_status simulate_page_write(struct gmr_catalogue *catalogue,
                                     const struct simulate_page *page, const char *path)
{
    return page_write(catalogue, put_page, page, path);
}
