/* What a cache of critiques keeps on disk: CATALOGUE/critiques.db, a database of its own, since all
 * of it is derived (the schema: schema/0001_critiques.sql). Several processes may use one.
 *
 * Trouble with the file is no error, only a miss: a damaged file is set aside
 * (critiques.db.damaged) and made anew, one that another process is busy with is tried again later,
 * and where nothing can be written, nothing is kept. The logger hears of each once. So all calls
 * return GMR_OK or GMR_ERR_NOMEM. */
#ifndef SIMULATOR_CRITIQUE_STORE_H
#define SIMULATOR_CRITIQUE_STORE_H

#include <limits.h>

#include "base/store.h"
#include "simulator/critic.h"

enum { CRITIQUE_MAKER = 16 /* bytes that tell critics and encoders apart */ };

struct critique_store {
    const struct gmr_allocator *allocator;
    const struct gmr_logger *logger;
    char path[PATH_MAX];
    struct store *store; /* NULL: not open now */
    bool off;            /* for good */
};

/* Of a pair: ids of items, and stamps of their pictures. */
struct critique_place {
    int64_t target, target_picture, candidate, candidate_picture;
};

/* Opens or makes the file in a catalogue's directory. The caller closes it. */
enum gmr_status critique_store_open(struct critique_store *store,
                                    const struct gmr_allocator *allocator,
                                    const struct gmr_logger *logger, const char *catalogue);
void critique_store_close(struct critique_store *store);

/* What is there of a pair or a text: *found, and then its value. Rows that are damaged are not
 * there. */
enum gmr_status critique_store_text(struct critique_store *store,
                                    const uint8_t maker[CRITIQUE_MAKER],
                                    const struct critique_place *place, char text[CRITIC_TEXT],
                                    bool *found);
enum gmr_status critique_store_vector(struct critique_store *store,
                                      const uint8_t maker[CRITIQUE_MAKER], const char *text,
                                      float *vector, size_t width, bool *found);

/* One row to write. `vector` NULL: `text` is the critique of `place`; else it is the text of the
 * vector. */
struct critique_row {
    const uint8_t *maker;
    struct critique_place place;
    const char *text;
    const float *vector;
    size_t width;
};

/* Gives row number `i`. */
typedef void critique_row_at(void *user, size_t i, struct critique_row *row);

/* Writes rows in one transaction; *written: they are there now. */
enum gmr_status critique_store_write(struct critique_store *store, critique_row_at *at, void *user,
                                     size_t count, bool *written);

#endif
