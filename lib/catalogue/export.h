/* Exporting a catalogue as lines of JSON: the inside of gmr_catalogue_export. */
#ifndef CATALOGUE_EXPORT_H
#define CATALOGUE_EXPORT_H

#include "catalogue/catalogue.h"

enum gmr_status catalogue_export(struct catalogue *catalogue, const char *pictures,
                                 const struct gmr_line_writer *writer,
                                 const struct gmr_progress *progress);

#endif
