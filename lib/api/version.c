/* The version that was compiled into the library; a program compares it with its headers'. */
#include <gommir/version.h>

const char *gmr_version(void)
{
    return GMR_VERSION_STRING;
}
