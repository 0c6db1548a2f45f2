/* The parts of the test of the generated catalogue; each returns how many tests failed. */
#ifndef UNIT_GENERATE_GENERATE_H
#define UNIT_GENERATE_GENERATE_H

int test_designs(void);
int test_words(void);
int test_runs(void);

#endif
