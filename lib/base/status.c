/* Status codes and the error message of each thread. */
#include "base/status.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"

static _Thread_local char last_message[TEXT_LINE_SIZE];

const char *gmr_status_text(enum gmr_status status)
{
    switch (status) {
#define STATUS_CASE(name, value, text) \
    case GMR_##name: return text;
        GMR_STATUS_LIST(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}

const char *gmr_error_message(void)
{
    return last_message;
}

enum gmr_status gmr_error(enum gmr_status code, const char *format, ...)
{
    assert(code != GMR_OK);
    /* Not printed in place: an argument may be the message that this one extends. */
    char message[TEXT_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_format(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message, message, strlen(message) + 1);
    return code;
}
