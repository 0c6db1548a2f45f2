/* A catalogue of items with real pictures. */
#include "support/pictured.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "catalogue/writer.h"
#include "support/importing.h"
#include "support/picture_files.h"
#include "support/scratch.h"
#include "support/support.h"

enum { WIDTH = 20, HEIGHT = 15, WIDTHS = 13, HEIGHTS = 7, MORE = 5 };

static void must(enum gmr_status status)
{
    if (status == GMR_OK)
        return;
    fprintf(stderr, "cannot make a catalogue: %s\n", gmr_error_message());
    exit(2);
}

bool pictured_has_picture(size_t i)
{
    return i % 8 != 4;
}

bool pictured_is_sound(size_t i)
{
    return pictured_has_picture(i) && i % 8 != 7;
}

static bool is_file(size_t i)
{
    return i % 8 == 3;
}

static struct made_file make(size_t i, size_t more)
{
    static const struct jpeg_kind colours = { .components = 3 };
    const size_t width = WIDTH + i % WIDTHS + more, height = HEIGHT + i % HEIGHTS;
    return is_file(i) ? made_jpeg(colours, width, height)
                      : made_of_kind(&made_kinds[i % MADE_KINDS], width, height);
}

struct picture pictured_decode(size_t i)
{
    struct picture picture;
    struct made_file file = make(i, 0);
    must(picture_decode(NULL, file.bytes, file.size, 0, "made", &picture, NULL, NULL));
    made_file_release(&file);
    return picture;
}

static void put(struct catalogue_writer *writer, size_t i, bool changed)
{
    char key[32], name[32], path[PATH_MAX];
    struct made_file file = make(i, changed ? MORE : 0);
    snprintf(key, sizeof key, "item-%04zu", i);
    snprintf(name, sizeof name, i % 16 == 15 ? "gone-%04zu.jpg" : "item-%04zu.jpg", i);
    snprintf(path, sizeof path, "%s", in_scratch(name));
    struct catalogue_record record = { .key = key };
    if (pictured_has_picture(i))
        record.picture = (struct catalogue_picture){
            .format = GMR_PICTURE_JPEG,
            .width = 1, /* these tell nothing to who decodes */
            .height = 1,
            .stamp = (int64_t)(i + 1 + (changed ? 1000000 : 0)),
            .bytes = file.bytes,
            .size = i % 16 == 7 ? file.size / 2 : file.size,
        };
    if (is_file(i))
        write_file(path, file.bytes, file.size);
    if (is_file(i) || i % 16 == 15) {
        record.picture.path = path;
        record.picture.bytes = NULL;
    }
    must(catalogue_writer_put(writer, &record));
    made_file_release(&file);
}

void pictured_create(size_t first, size_t end, size_t changed)
{
    const struct catalogue_source source = { "pictured", "somewhere" };
    struct catalogue_writer *writer;
    struct gmr_import_report report = { 0 };
    must(catalogue_writer_open(NULL, in_scratch("shop"), &source, &writer));
    for (size_t i = first; i < end; i++)
        put(writer, i, i == changed);
    must(catalogue_writer_finish(writer, "", &report));
}
