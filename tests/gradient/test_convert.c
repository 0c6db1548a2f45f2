/* The conversions of tests/unit/test_convert.c with `real` = double. */
#include "unit/test_convert.c"
