/* Progress of a job: a bar on a terminal, lines elsewhere. */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "interrupt.h"
#include "terminal.h"

#define REDRAW_SECONDS     0.1
#define LINE_SECONDS_LEAST 1.0 /* short jobs are one line: the last */
#define LINE_SECONDS_MOST  10.0

enum { BAR_LEAST = 8, BAR_MOST = 24 };
enum { PERCENT = sizeof "[] 100 %" - 1 }; /* columns beside the bar */

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_clear(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

/* ---- what is said about a job ---- */

enum { PIECE = 96 };

static double share(const struct gmr_progress_report *report)
{
    if (report->total == 0)
        return 0;
    return report->done < report->total ? (double)report->done / (double)report->total : 1;
}

/* Units a second since the first report; 0 when that cannot be told yet. */
static double rate(const struct progress *progress, const struct gmr_progress_report *report,
                   double now)
{
    double elapsed = now - progress->started;
    if (report->done <= progress->first || elapsed <= 0)
        return 0;
    return (double)(report->done - progress->first) / elapsed;
}

static void print_rate(char *text, double per_second, const char *unit)
{
    if (per_second <= 0)
        *text = '\0';
    else if (per_second < 1)
        snprintf(text, PIECE, "%.1f s/%s", 1 / per_second, unit);
    else
        snprintf(text, PIECE, "%.*f %s/s", per_second < 10 ? 1 : 0, per_second, unit);
}

static void print_time_left(char *text, const struct gmr_progress_report *report, double per_second)
{
    double left = per_second > 0 ? (double)(report->total - report->done) / per_second : 0;
    *text = '\0';
    if (per_second <= 0 || report->done >= report->total || left > 1e6)
        return;
    unsigned seconds = (unsigned)(left + 0.5);
    if (seconds < 3600)
        snprintf(text, PIECE, "%u:%02u left", seconds / 60, seconds % 60);
    else
        snprintf(text, PIECE, "%u:%02u:%02u left", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void print_count(char *text, const struct gmr_progress_report *report)
{
    if (report->total > 0)
        snprintf(text, PIECE, "%s %" PRIu64 " of %" PRIu64, report->unit, report->done,
                 report->total);
    else
        snprintf(text, PIECE, "%s %" PRIu64, report->unit, report->done);
}

/* ---- a bar ---- */

enum { PIECES = 4 };

/* The most wanted first, for a narrow terminal shows only the first ones. */
static void print_pieces(char piece[PIECES][PIECE], const struct progress *progress,
                         const struct gmr_progress_report *report, double now)
{
    double per_second = rate(progress, report, now);
    snprintf(piece[0], PIECE, "%s", report->note);
    print_time_left(piece[1], report, per_second);
    print_rate(piece[2], per_second, report->unit);
    print_count(piece[3], report);
}

/* "[####    ] 50 %" in `columns`, at least BAR_LEAST and PERCENT of them. */
static void print_bar(char *text, size_t size, double part, size_t columns)
{
    char bar[3 * BAR_MOST + 1];
    const bool color = terminal_has_color(stderr);
    size_t room = columns - PERCENT, width = room < BAR_MOST ? room : BAR_MOST;
    size_t drawn = terminal_bar(bar, sizeof bar, part, width);
    snprintf(text, size, "[%s%s%s%*s] %3d %%", color ? "\033[32m" : "", bar, color ? "\033[0m" : "",
             (int)(width - drawn), "", (int)(100 * part));
}

/* Joins the pieces that fit into `room` columns; returns the columns taken. */
static size_t join_pieces(char *text, char piece[PIECES][PIECE], size_t room)
{
    size_t taken = 0;
    *text = '\0';
    for (size_t i = 0; i < PIECES; i++) {
        size_t columns = terminal_columns(piece[i]) + 2;
        if (piece[i][0] == '\0' || taken + columns > room)
            continue;
        text += sprintf(text, "  %s", piece[i]);
        taken += columns;
    }
    return taken;
}

/* Draws the line again: the bar gives way to the pieces down to its least size. */
static void draw(struct progress *progress, const struct gmr_progress_report *report, double now)
{
    char piece[PIECES][PIECE], tail[PIECES * (PIECE + 2) + 1], bar[256] = "";
    size_t width = terminal_width(stderr) - 1; /* the last column would wrap on some terminals */
    size_t least = report->total > 0 ? BAR_LEAST + PERCENT : 0;
    size_t head = terminal_columns(progress->job) + 1;
    progress->drawn = true;
    if (width < head + least) {
        fprintf(stderr, "\r%.*s\033[K", (int)width, progress->job);
        return;
    }
    print_pieces(piece, progress, report, now);
    size_t taken = join_pieces(tail, piece, width - head - least);
    if (least > 0)
        print_bar(bar, sizeof bar, share(report), width - head - taken);
    fprintf(stderr, "\r%s %s%s\033[K", progress->job, bar, tail);
}

/* ---- lines ---- */

static void print_line(const struct gmr_progress_report *report)
{
    char count[PIECE];
    print_count(count, report);
    fprintf(stderr, "%s: %s", report->job, count);
    if (report->total > 0)
        fprintf(stderr, " (%d %%)", (int)(100 * share(report)));
    fprintf(stderr, "%s%s\n", *report->note ? ", " : "", report->note);
}

static bool line_is_due(struct progress *progress, const struct gmr_progress_report *report,
                        double waited)
{
    uint64_t tenth = (uint64_t)(10 * share(report));
    bool due =
        waited >= LINE_SECONDS_MOST || (waited >= LINE_SECONDS_LEAST && tenth > progress->tenth);
    if (due)
        progress->tenth = tenth;
    return due;
}

/* ---- callbacks ---- */

static void start_job(struct progress *progress, const struct gmr_progress_report *report,
                      double now)
{
    snprintf(progress->job, sizeof progress->job, "%s", report->job);
    progress->first = report->done;
    progress->started = progress->shown = now;
    progress->tenth = (uint64_t)(10 * share(report));
}

static void report_progress(void *user, const struct gmr_progress_report *report)
{
    struct progress *progress = user;
    double now = seconds_now();
    bool first = strcmp(progress->job, report->job) != 0;
    bool last = report->total > 0 && report->done >= report->total;
    if (progress->quiet)
        return;
    if (first)
        start_job(progress, report, now);
    if (progress->live) {
        if (!first && !last && now - progress->shown < REDRAW_SECONDS)
            return;
        draw(progress, report, now);
    } else {
        if (!last && !line_is_due(progress, report, now - progress->shown))
            return;
        print_line(report);
    }
    progress->shown = now;
    if (last)
        progress->job[0] = '\0'; /* a job of the same name may follow */
}

struct gmr_progress progress_begin(struct progress *progress, bool quiet)
{
    *progress = (struct progress){ .quiet = quiet, .live = terminal_is_live(stderr) };
    interrupt_catch();
    return (struct gmr_progress){ .report = report_progress,
                                  .cancelled = interrupt_requested,
                                  .user = progress };
}
