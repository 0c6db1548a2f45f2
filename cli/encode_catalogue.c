/* gommir encode CAT: vectors for all items that lack one. */
#include "encode_catalogue.h"

#include <math.h>
#include <stdio.h>

#include "json.h"
#include "output.h"
#include "progress.h"

/* ---- the report ---- */

static void print_json(const struct gmr_encode_report *report)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_flag(&json, "unchanged", report->unchanged);
    json_count(&json, "items", report->items);
    json_count(&json, "kept", report->kept);
    json_count(&json, "resumed", report->resumed);
    json_count(&json, "encoded", report->encoded);
    json_count(&json, "broken_pictures", report->broken_pictures);
    json_count(&json, "without_picture", report->without_picture);
    json_text(&json, "problems", report->problems);
    json_number(&json, "seconds", round(1000 * report->seconds) / 1000);
    json_close(&json, '}');
}

static void print_left_out(const struct gmr_encode_report *report)
{
    if (report->without_picture > 0)
        printf("  %zu %s no picture\n", report->without_picture,
               report->without_picture == 1 ? "item has" : "items have");
    if (report->broken_pictures > 0)
        printf("  %zu %s cannot be read\n", report->broken_pictures,
               report->broken_pictures == 1 ? "picture" : "pictures");
    if (report->problems[0] != '\0')
        printf("  why is told in %s\n", report->problems);
}

static void print_vectors(const struct encode_catalogue *job,
                          const struct gmr_encode_report *report)
{
    printf("%s: %zu pictures encoded into '%s'\n", job->path, report->encoded, job->options.name);
    if (report->resumed > 0)
        printf("  %zu were encoded before, by a run that was stopped\n", report->resumed);
    if (report->kept > 0)
        printf("  %zu have their vectors already\n", report->kept);
}

static void print_report(const struct encode_catalogue *job, const struct gmr_encode_report *report)
{
    if (report->unchanged) {
        printf("%s is up to date: all pictures have their vectors in '%s'\n", job->path,
               job->options.name);
        return;
    }
    print_vectors(job, report);
    print_left_out(report);
    printf("  %.1f s\n", report->seconds);
}

static enum exit_status finish(enum gmr_status status, const struct encode_catalogue *job,
                               const struct gmr_encode_report *report)
{
    if (status == GMR_ERR_CANCELLED) {
        output_message("stopped; %zu vectors are kept, and the same command goes on from there",
                       report->resumed + report->encoded);
        return EXIT_FAILED;
    }
    if (status != GMR_OK)
        return common_failed();
    if (job->common.json)
        print_json(report);
    else
        print_report(job, report);
    return EXIT_DONE;
}

/* ---- the job ---- */

static enum exit_status run(struct gmr_encoder *encoder, struct gmr_catalogue *catalogue,
                            const struct encode_catalogue *job)
{
    struct gmr_encode_options options = job->options;
    struct gmr_encode_report report;
    struct progress progress;
    options.progress = progress_begin(&progress, job->common.quiet);
    const enum gmr_status status = gmr_encoder_encode(encoder, catalogue, &options, &report);
    progress_clear(&progress);
    return finish(status, job, &report);
}

/* The catalogue is opened first: that is soon done, and tells of a wrong name. */
enum exit_status encode_catalogue(struct gmr_context *context, const struct encode_catalogue *job)
{
    struct gmr_catalogue *catalogue = NULL;
    struct gmr_encoder *encoder = NULL;
    enum gmr_status status = gmr_catalogue_open(context, job->path, &catalogue);
    if (status == GMR_OK)
        status = gmr_encoder_open(context, &job->encoder, &encoder);
    const enum exit_status exit_status =
        status == GMR_OK ? run(encoder, catalogue, job) : common_failed();
    gmr_encoder_close(encoder);
    gmr_catalogue_close(catalogue);
    return exit_status;
}
