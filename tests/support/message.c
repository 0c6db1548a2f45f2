#include "support/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

void assert_message_at(const char *part, const char *file, int line)
{
    if (strstr(gmr_error_message(), part))
        return;
    print_error("\"%s\" does not contain \"%s\"\n", gmr_error_message(), part);
    _fail(file, line);
}
