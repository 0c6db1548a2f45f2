/* Inside of a catalogue's handle, for the other files of api/. */
#ifndef API_CATALOGUE_H
#define API_CATALOGUE_H

#include "catalogue/catalogue.h"

struct catalogue *catalogue_inside(const struct gmr_catalogue *catalogue);

#endif
