#include "support/corpus.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"

void assert_corpus(const char *pattern, size_t least, bool sound, bool (*accepts)(const char *path))
{
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= least);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        bool accepted = accepts(found.gl_pathv[i]);
        if (accepted != sound)
            fail_msg("%s: %s", found.gl_pathv[i], accepted ? "accepted" : gmr_error_message());
    }
    globfree(&found);
}
