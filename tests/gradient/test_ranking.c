/* The rankings of tests/unit/test_ranking.c with `real` = double. */
#include "unit/test_ranking.c"
