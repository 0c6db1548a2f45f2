#include "dialogue_lines.h"

#include <stdlib.h>

#include <gommir/catalogue.h>

#include "csv.h"
#include "output.h"

bool dialogue_lines_begin(struct dialogue_lines *lines)
{
    lines->out = open_memstream(&lines->bytes, &lines->size);
    if (!lines->out) {
        output_message("out of memory");
        return false;
    }
    if (lines->model)
        fputs("model,", lines->out);
    fputs("target,turn,rank,liked,critique\n", lines->out);
    return true;
}

static enum gmr_status put_key(struct dialogue_lines *lines, size_t position)
{
    struct gmr_item item;
    const enum gmr_status status = gmr_catalogue_item(lines->catalogue, position, &item);
    if (status == GMR_OK)
        csv_text(lines->out, item.key);
    return status;
}

static enum gmr_status put_turn(struct dialogue_lines *lines, const struct gmr_dialogue *d,
                                size_t turn)
{
    if (lines->model) {
        csv_text(lines->out, lines->model);
        fputc(',', lines->out);
    }
    enum gmr_status status = put_key(lines, d->target);
    fprintf(lines->out, ",%zu,%zu,", turn + 1, d->rank[turn]);
    if (status == GMR_OK)
        status = put_key(lines, d->liked[turn]);
    fputc(',', lines->out);
    csv_text(lines->out, d->critique[turn]);
    fputc('\n', lines->out);
    return status;
}

void dialogue_lines_add(struct dialogue_lines *lines, const struct gmr_dialogue *dialogue)
{
    for (size_t turn = 0; turn < dialogue->turns && lines->status == GMR_OK; turn++) {
        lines->status = put_turn(lines, dialogue, turn);
        if (lines->status != GMR_OK)
            snprintf(lines->problem, sizeof lines->problem, "%s", gmr_error_message());
    }
}

static enum exit_status write_lines(const struct dialogue_lines *lines, bool whole,
                                    const char *path)
{
    if (!path)
        return EXIT_DONE;
    if (whole && lines->status == GMR_OK)
        return output_replace(path, lines->bytes, lines->size);
    output_message("'%s' is not written: %s", path, whole ? lines->problem : "out of memory");
    return EXIT_FAILED;
}

enum exit_status dialogue_lines_end(struct dialogue_lines *lines, const char *path)
{
    const bool sound = !ferror(lines->out);
    const bool whole = fclose(lines->out) == 0 && sound;
    const enum exit_status exit_status = write_lines(lines, whole, path);
    free(lines->bytes);
    return exit_status;
}
