/* What libjpeg calls when something is wrong. It numbers its messages; a few numbers mean something
 * other than a damaged file, and two warnings have no influence on pixels. */
#include "media/jpeg_trap.h"

#include <jerror.h>
#include <stdbool.h>

void jpeg_trap_throw(j_common_ptr cinfo, enum gmr_status status)
{
    struct jpeg_trap *trap = (struct jpeg_trap *)cinfo->err;
    trap->status = status;
    longjmp(trap->jump, 1);
}

static enum gmr_status code_of(int message)
{
    switch (message) {
    case JERR_OUT_OF_MEMORY: return GMR_ERR_NOMEM;
    case JERR_NO_BACKING_STORE: /* above max_memory_to_use */
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CCIR601_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL: return GMR_ERR_UNSUPPORTED;
    default: return GMR_ERR_FORMAT;
    }
}

static void fail(j_common_ptr cinfo)
{
    char text[JMSG_LENGTH_MAX];
    int message = cinfo->err->msg_code;
    enum gmr_status status = code_of(message);
    cinfo->err->format_message(cinfo, text);
    if (status == GMR_ERR_NOMEM)
        gmr_error(status, "out of memory");
    else if (message == JERR_NO_BACKING_STORE)
        gmr_error(status, "decoding takes more than %ld MB", cinfo->mem->max_memory_to_use >> 20);
    else
        gmr_error(status, "%s", text);
    jpeg_trap_throw(cinfo, status);
}

static bool is_harmless(int message)
{
    return message == JWRN_JFIF_MAJOR || message == JWRN_ADOBE_XFORM;
}

/* Level -1 is a warning; others tell what is going on. */
static void heed(j_common_ptr cinfo, int level)
{
    if (level < 0 && !is_harmless(cinfo->err->msg_code))
        fail(cinfo);
}

struct jpeg_error_mgr *jpeg_trap_init(struct jpeg_trap *trap)
{
    jpeg_std_error(&trap->manager);
    trap->manager.error_exit = fail;
    trap->manager.emit_message = heed;
    trap->status = GMR_OK;
    return &trap->manager;
}
