/* Measuring recommenders and other policies: the library's call, and its result as a table or JSON.
 */
#include "evaluate_policy.h"

#include <stdio.h>

#include <gommir/catalogue.h>

#include "dialogue_lines.h"
#include "dialogue_options.h"
#include "dialogue_page.h"
#include "dialogue_results.h"
#include "evaluate.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "terminal.h"

enum { COLUMNS = 25 };

static void print_json(const struct gmr_dialogue_evaluation_options *o,
                       const struct gmr_dialogue_evaluation *r)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    dialogue_results_json(&json, o, r);
    json_close(&json, '}');
}

/* ---- the table ---- */

static void print_table(const struct gmr_dialogue_evaluation_options *o,
                        const struct gmr_dialogue_evaluation *r)
{
    printf("Dialogues of %zu users with %s %s, who want the items of split '", r->users,
           o->model ? "recommender" : "policy", r->name);
    terminal_print(stdout, o->split);
    printf("'\n\n  %-6s", "turn");
    for (size_t i = 0; i < DIALOGUE_MEASURES; i++)
        printf("%*s", COLUMNS, dialogue_measures[i].name);
    for (size_t turn = 0; turn < r->turns; turn++) {
        printf("\n  %-6zu", turn + 1);
        for (size_t i = 0; i < DIALOGUE_MEASURES; i++)
            evaluate_print_estimate(dialogue_estimate(&r->turn[turn], i), 100, 1, COLUMNS);
    }
    printf("\n\n  %-12samong the first %zu, now or before\n", "success", o->k);
    printf(
        "  %-12s%zu, a target each; %zu items have no vector; %zu targets were in a first list\n",
        "users", r->users, r->left_out, r->in_first_list);
    printf("  %-12s%s\n", "in brackets", "95 % intervals over users");
    printf("  %-12s%.1f s\n", "time", r->seconds);
}

/* ---- the call ---- */

/* Who sees the dialogues; NULL: nobody. */
struct watchers {
    struct dialogue_lines *lines;
    struct dialogue_page *page;
};

static void watch(void *user, const struct gmr_dialogue *dialogue)
{
    const struct watchers *w = user;
    if (w->lines)
        dialogue_lines_add(w->lines, dialogue);
    if (w->page)
        dialogue_page_add(w->page, dialogue);
}

static enum exit_status play(struct gmr_context *context,
                             struct gmr_dialogue_evaluation_options *options, bool quiet,
                             struct gmr_dialogue_evaluation *result)
{
    struct progress progress;
    options->progress = progress_begin(&progress, quiet);
    const enum gmr_status status = gmr_dialogue_evaluate(context, options, result);
    progress_clear(&progress);
    return status == GMR_OK ? EXIT_DONE : common_failed();
}

/* What the page says of the dialogues is known when they are over. */
static enum exit_status write_page(struct gmr_catalogue *catalogue, struct dialogue_page *page,
                                   const struct evaluate_policy *wanted,
                                   const struct gmr_dialogue_evaluation *result)
{
    const struct gmr_dialogue_evaluation_options *o = &wanted->options;
    page->catalogue = o->catalogue;
    page->split = o->split;
    page->policy = result->name;
    page->critic = o->captioner ? o->captioner : result->critic;
    return wanted->html ? dialogue_page_write(catalogue, page, wanted->html) : EXIT_DONE;
}

static enum exit_status play_and_write(struct gmr_context *context, struct evaluate_policy *wanted,
                                       struct gmr_catalogue *catalogue, bool quiet,
                                       struct gmr_dialogue_evaluation *result)
{
    struct dialogue_lines lines = { .catalogue = catalogue };
    struct dialogue_page page = { .wanted = wanted->trace };
    struct watchers watchers = { wanted->per_user ? &lines : NULL, wanted->html ? &page : NULL };
    if (!dialogue_lines_begin(&lines))
        return EXIT_FAILED;
    wanted->options.watch = watch;
    wanted->options.watch_user = &watchers;
    enum exit_status exit_status = EXIT_FAILED;
    if (dialogue_page_begin(&page))
        exit_status = play(context, &wanted->options, quiet, result);
    if (exit_status == EXIT_DONE)
        exit_status = write_page(catalogue, &page, wanted, result);
    const char *path = exit_status == EXIT_DONE ? wanted->per_user : NULL;
    if (dialogue_lines_end(&lines, path) != EXIT_DONE)
        exit_status = EXIT_FAILED;
    dialogue_page_end(&page);
    return exit_status;
}

static enum exit_status play_with_files(struct gmr_context *context, struct evaluate_policy *wanted,
                                        bool quiet, struct gmr_dialogue_evaluation *result)
{
    struct gmr_catalogue *catalogue;
    if (!wanted->per_user && !wanted->html)
        return play(context, &wanted->options, quiet, result);
    if (gmr_catalogue_open(context, wanted->options.catalogue, &catalogue) != GMR_OK)
        return common_failed();
    const enum exit_status exit_status = play_and_write(context, wanted, catalogue, quiet, result);
    gmr_catalogue_close(catalogue);
    return exit_status;
}

enum exit_status evaluate_policy(struct gmr_context *context, struct evaluate_policy *wanted,
                                 const struct common_options *common)
{
    struct gmr_dialogue_evaluation_options *options = &wanted->options;
    struct gmr_dialogue_evaluation result;
    enum exit_status exit_status = dialogue_options_complete(options);
    if (exit_status != EXIT_DONE)
        return exit_status;
    exit_status = play_with_files(context, wanted, common->quiet, &result);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (output_is_standard(wanted->per_user) || output_is_standard(wanted->html))
        return EXIT_DONE;
    if (common->json)
        print_json(options, &result);
    else
        print_table(options, &result);
    return EXIT_DONE;
}
