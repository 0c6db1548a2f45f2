/* gommir demo: what gommir is for, end to end, on products that it draws: it says what it does and
 * why, measures what it was good for, and leaves a page about it. */
#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "data_file.h"
#include "demo.h"
#include "output.h"
#include "progress.h"
#include "terminal.h"

enum { DIALOGUES = 6 }; /* on the page */

struct demo_arguments {
    struct common_options common;
    struct gmr_demo_options options;
};

static const struct number_option numbers[] = {
    { "items", "N", "Products to draw", offsetof(struct gmr_demo_options, items),
      GMR_DEMO_MIN_ITEMS, GMR_DEMO_MAX_ITEMS },
    { "supervised-epochs", "N", "Passes over them in pre-training",
      offsetof(struct gmr_demo_options, supervised_epochs), 1, GMR_DEMO_MAX_EPOCHS },
    { "epochs", "N", "Passes in policy learning", offsetof(struct gmr_demo_options, epochs), 1,
      GMR_DEMO_MAX_EPOCHS },
    { "turns", "N", "Turns of a dialogue", offsetof(struct gmr_demo_options, turns), 1,
      GMR_DEMO_MAX_TURNS },
    { "k", "N", "Products that are shown at once", offsetof(struct gmr_demo_options, k), 2,
      GMR_DEMO_MAX_SHOWN },
};

enum { NUMBERS = sizeof numbers / sizeof *numbers, KEY_DIR = 1 };

static void finish(const struct argp_state *state, struct demo_arguments *a)
{
    a->options.encoder = data_file(DATA_FILE_ENCODER);
    a->options.seed = a->common.seed;
    if (!a->options.encoder)
        argp_failure(state, EXIT_FAILED, 0, "the encoder that comes with gommir is not there");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct demo_arguments *a = state->input;
    if (key >= NUMBER_OPTION_KEY && key < NUMBER_OPTION_KEY + NUMBERS) {
        number_option_read(&numbers[key - NUMBER_OPTION_KEY], state, argument, &a->options);
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &a->common; return 0;
    case KEY_DIR: a->options.directory = argument; return 0;
    case ARGP_KEY_ARG: usage_error(state, "demo takes no argument, but got '%s'", argument);
    case ARGP_KEY_END: finish(state, a); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static void read_arguments(int argc, char **argv, struct demo_arguments *a)
{
    static const struct argp_child children[] = {
        { &common_job_argp, 0, "Common options:", 1 },
        { 0 },
    };
    struct argp_option options[NUMBERS + 2] = {
        { "dir", KEY_DIR, "DIR", 0,
          "Where all of it lies; made when there is none (default: gommir-demo)", 0 },
    };
    char docs[NUMBERS][NUMBER_OPTION_DOC];
    const struct argp argp = {
        .options = options,
        .parser = parse,
        .doc = "Draws a catalogue, encodes it, lets a recommender learn from conversations with "
               "simulated users, and measures on products that it has never seen how soon it finds "
               "what they want, against rules that need no training. DIR/report.html tells about "
               "it. Stopped, the same command goes on where it stood.",
        .children = children,
    };
    *a = (struct demo_arguments){ common_options_default(), gmr_demo_options_default() };
    a->options.directory = "gommir-demo";
    number_options_describe(numbers, NUMBERS, &a->options, docs, options + 1);
    command_parse(&argp, "gommir demo", argc, argv, a);
}

/* ---- what it says on the way ---- */

struct job {
    const struct demo_arguments *arguments;
    struct progress progress;
    struct dialogue_page dialogues;
};

/* The number of products and epochs is that of the options. */
static void tell(enum gmr_demo_step step, const struct gmr_demo_options *o)
{
    fprintf(stderr, "%s%d/%d  ", step > 0 ? "\n" : "", (int)step + 1, (int)GMR_DEMO_STEPS);
    switch (step) {
    case GMR_DEMO_DRAW:
        fprintf(stderr, "Draw %zu products, each with a picture and attributes.\n", o->items);
        break;
    case GMR_DEMO_ENCODE:
        fputs("Encode their pictures as vectors, to compare them with words, by the\n"
              "     encoder that comes with gommir.\n",
              stderr);
        break;
    case GMR_DEMO_SUPERVISE:
        fprintf(stderr,
                "Pre-train the recommender, %zu epoch%s: users see random products, like\n"
                "     one and say what it lacks; what they want shall come near.\n",
                o->supervised_epochs, o->supervised_epochs == 1 ? "" : "s");
        break;
    case GMR_DEMO_REINFORCE:
        fprintf(stderr,
                "Fine-tune it by policy learning, %zu epoch%s: now it chooses what they\n"
                "     see, and is rewarded for what comes of it in later turns.\n",
                o->epochs, o->epochs == 1 ? "" : "s");
        break;
    default:
        fputs("Measure on the test products, from which nothing was learned, with words\n"
              "     that it has not heard; the same for rules that need no training.\n",
              stderr);
    }
}

static void begin(void *user, enum gmr_demo_step step)
{
    struct job *job = user;
    progress_clear(&job->progress);
    if (!job->arguments->common.quiet)
        tell(step, &job->arguments->options);
}

static void watch(void *user, const struct gmr_dialogue *dialogue)
{
    struct job *job = user;
    dialogue_page_add(&job->dialogues, dialogue);
}

static void introduce(const struct gmr_demo_options *o)
{
    fputs("Finding a product by conversation. All that is made lies in ", stderr);
    terminal_print(stderr, o->directory);
    fputs("; what is\nthere already is used again, and Ctrl-C loses nothing.\n\n", stderr);
}

/* ---- the command ---- */

static enum exit_status report(struct gmr_context *context, const struct job *job,
                               const struct gmr_demo_result *result)
{
    const struct demo_outcome outcome = { &job->arguments->options, result, &job->dialogues };
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/report.html", outcome.options->directory);
    const enum exit_status exit_status = demo_report_write(context, &outcome, path);
    if (exit_status != EXIT_DONE)
        return exit_status;
    if (job->arguments->common.json)
        demo_print_json(&outcome, path);
    else
        demo_print(&outcome, path);
    return EXIT_DONE;
}

static enum exit_status run(struct gmr_context *context, struct job *job,
                            struct demo_arguments *arguments)
{
    struct gmr_demo_options *o = &arguments->options;
    struct gmr_demo_result result;
    o->begin = begin;
    o->watch = watch;
    o->user = job;
    o->progress = progress_begin(&job->progress, arguments->common.quiet);
    if (!arguments->common.quiet)
        introduce(o);
    const enum gmr_status status = gmr_demo_run(context, o, &result);
    progress_clear(&job->progress);
    if (status != GMR_OK)
        return common_run_failed(status, o->directory);
    if (!arguments->common.quiet)
        fputc('\n', stderr);
    return report(context, job, &result);
}

enum exit_status cmd_demo(int argc, char **argv)
{
    struct demo_arguments arguments;
    struct gmr_context *context;
    char catalogue[PATH_MAX];
    read_arguments(argc, argv, &arguments);
    enum exit_status exit_status = common_context(&arguments.common, &context);
    if (exit_status != EXIT_DONE)
        return exit_status;
    snprintf(catalogue, sizeof catalogue, "%s/catalogue", arguments.options.directory);
    struct job job = { .arguments = &arguments,
                       .dialogues = { .catalogue = catalogue, .wanted = DIALOGUES } };
    exit_status = EXIT_FAILED;
    if (dialogue_page_begin(&job.dialogues))
        exit_status = run(context, &job, &arguments);
    dialogue_page_end(&job.dialogues);
    gmr_context_destroy(context);
    return exit_status;
}
