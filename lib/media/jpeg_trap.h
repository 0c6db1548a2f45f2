/* Errors of libjpeg, whose calls do not return when they fail. Used as
 *
 *     cinfo.err = jpeg_trap_init(&trap);
 *     if (setjmp(trap.jump) == 0) {
 *         ... calls of libjpeg ...
 *     }
 *     jpeg_destroy(...);
 *     return trap.status;
 *
 * Locals changed inside do not survive the jump: keep them in a struct of the caller. */
#ifndef MEDIA_JPEG_TRAP_H
#define MEDIA_JPEG_TRAP_H

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs FILE */

#include <jpeglib.h>

#include "base/status.h"

struct jpeg_trap {
    struct jpeg_error_mgr manager;
    jmp_buf jump;
    enum gmr_status status;
};

/* Warnings that mean damage end the work, as errors do. */
struct jpeg_error_mgr *jpeg_trap_init(struct jpeg_trap *trap);

/* Ends the work; gmr_error has said why. */
void jpeg_trap_throw(j_common_ptr cinfo, enum gmr_status status) __attribute__((noreturn));

#endif
