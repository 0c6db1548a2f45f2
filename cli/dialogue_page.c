#include "dialogue_page.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "page.h"

/* ---- what is kept ---- */

struct kept_dialogue {
    size_t target, turns, k;
    size_t shown[(GMR_MAX_TURNS + 1) * GMR_MAX_SHOWN], liked[GMR_MAX_TURNS], rank[GMR_MAX_TURNS];
    char critique[GMR_MAX_TURNS][GMR_CRITIQUE_TEXT];
};

bool dialogue_page_begin(struct dialogue_page *page)
{
    page->kept = 0;
    page->dialogues = calloc(page->wanted, sizeof *page->dialogues);
    if (!page->dialogues)
        output_message("out of memory");
    return page->dialogues != NULL;
}

void dialogue_page_end(struct dialogue_page *page)
{
    free(page->dialogues);
}

void dialogue_page_add(struct dialogue_page *page, const struct gmr_dialogue *d)
{
    const size_t most = page->wanted < d->users ? page->wanted : d->users;
    if (page->kept == most || d->user != page->kept * d->users / most)
        return;
    struct kept_dialogue *kept = &page->dialogues[page->kept++];
    *kept = (struct kept_dialogue){ .target = d->target, .turns = d->turns, .k = d->k };
    memcpy(kept->shown, d->shown, (d->turns + 1) * d->k * sizeof *kept->shown);
    memcpy(kept->liked, d->liked, d->turns * sizeof *kept->liked);
    memcpy(kept->rank, d->rank, d->turns * sizeof *kept->rank);
    for (size_t turn = 0; turn < d->turns; turn++)
        snprintf(kept->critique[turn], sizeof kept->critique[turn], "%s", d->critique[turn]);
}

/* ---- the page ---- */

static const char style[] =
    "article { margin: 0 0 1.25rem; }\n"
    ".turn { display: grid; gap: .75rem; align-items: start; border-top: 1px solid var(--line);\n"
    "  grid-template-columns: minmax(8rem, 15rem) 1fr; padding: .75rem 0; }\n"
    ".list { display: grid; gap: .75rem;\n"
    "  grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); }\n"
    ".list div, .goal { padding: .35rem; border: 2px solid transparent; border-radius: .5rem; }\n"
    ".goal { max-width: 14rem; }\n"
    ".list .liked { border-color: var(--good); } .list .found { border-color: var(--good);\n"
    "  outline: 2px solid var(--good); }\n"
    ".turn p { margin: .25rem 0; color: var(--faint); font-size: .85rem; }\n"
    ".good { color: var(--good); } .bad { color: var(--bad); }\n";

static enum gmr_status put_shown(FILE *out, struct gmr_catalogue *catalogue,
                                 const struct kept_dialogue *d, size_t list, size_t place)
{
    const size_t item = d->shown[list * d->k + place];
    const bool is_found = item == d->target;
    const bool is_liked = list < d->turns && d->liked[list] == item;
    fprintf(out, "<div%s>", is_found ? " class=\"found\"" : is_liked ? " class=\"liked\"" : "");
    const enum gmr_status status = page_item(out, catalogue, item,
                                             is_found   ? "wanted"
                                             : is_liked ? "liked"
                                                        : "not liked");
    fputs("</div>\n", out);
    return status;
}

static enum gmr_status put_list(FILE *out, struct gmr_catalogue *catalogue,
                                const struct kept_dialogue *d, size_t list)
{
    enum gmr_status status = GMR_OK;
    fputs("<div class=\"list\">\n", out);
    for (size_t place = 0; status == GMR_OK && place < d->k; place++)
        status = put_shown(out, catalogue, d, list, place);
    fputs("</div></div>\n", out);
    return status;
}

/* What is said of a list, and what comes of it, beside the list. */
static void put_answer(FILE *out, const struct kept_dialogue *d, size_t turn)
{
    fprintf(out, "<div class=\"turn\"><div><p>turn %zu</p><blockquote>", turn + 1);
    page_text(out, d->critique[turn][0] ? d->critique[turn] : "(says nothing)");
    fprintf(out, "</blockquote>\n<p>then at place <span class=\"%s\">%zu</span></p></div>\n",
            d->rank[turn] < d->k ? "good" : "bad", d->rank[turn] + 1);
}

static bool holds_target(const struct kept_dialogue *d, size_t list)
{
    for (size_t place = 0; place < d->k; place++)
        if (d->shown[list * d->k + place] == d->target)
            return true;
    return false;
}

/* The last list that is worth showing: that after success. */
static enum gmr_status put_end(FILE *out, struct gmr_catalogue *catalogue,
                               const struct kept_dialogue *d, size_t turns)
{
    const bool is_found = d->rank[turns - 1] < d->k;
    const bool is_shown = holds_target(d, turns);
    fprintf(out, "<div class=\"turn\"><div><p class=\"%s\">%s%zu critique%s%s</p></div>\n",
            is_found ? "good" : "bad", is_found ? "found after " : "not found after ", turns,
            turns == 1 ? "" : "s",
            is_found && !is_shown ? "; it was in the first list, and no item is shown twice" : "");
    return put_list(out, catalogue, d, turns);
}

static enum gmr_status put_dialogue(FILE *out, struct gmr_catalogue *catalogue,
                                    const struct kept_dialogue *d)
{
    size_t turns = 0;
    bool is_found = false;
    fputs("<article><div class=\"goal\">\n", out);
    enum gmr_status status = page_item(out, catalogue, d->target, "wanted");
    fputs("</div>\n", out);
    for (; turns < d->turns && !is_found && status == GMR_OK; turns++) {
        put_answer(out, d, turns);
        status = put_list(out, catalogue, d, turns);
        is_found = d->rank[turns] < d->k;
    }
    if (status == GMR_OK)
        status = put_end(out, catalogue, d, turns);
    fputs("</article>\n", out);
    return status;
}

static enum gmr_status put_page(FILE *out, struct gmr_catalogue *catalogue, const void *of)
{
    const struct dialogue_page *page = of;
    enum gmr_status status = GMR_OK;
    page_begin(out, "Dialogues", style);
    fputs("<h1>Dialogues with simulated users</h1>\n<p class=\"about\">Catalogue ", out);
    page_text(out, page->catalogue);
    fputs(", split ", out);
    page_text(out, page->split);
    fputs(", recommended by ", out);
    page_text(out, page->policy);
    fputs(", critic ", out);
    page_text(out, page->critic);
    fprintf(out, ". %zu users, each until what it wants is among the first items.</p>\n<main>\n",
            page->kept);
    for (size_t i = 0; status == GMR_OK && i < page->kept; i++)
        status = put_dialogue(out, catalogue, &page->dialogues[i]);
    fputs("</main>\n</body>\n</html>\n", out);
    return status;
}

enum exit_status dialogue_page_write(struct gmr_catalogue *catalogue,
                                     const struct dialogue_page *page, const char *path)
{
    return page_write(catalogue, put_page, page, path);
}
