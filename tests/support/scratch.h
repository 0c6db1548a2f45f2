/* One temporary directory per test: fixtures for cmocka_unit_test_setup_teardown and short names
 * for what lies in the directory. */
#ifndef SUPPORT_SCRATCH_H
#define SUPPORT_SCRATCH_H

#include <stdbool.h>

#include <gommir/status.h>

int scratch_setup(void **state);
int scratch_teardown(void **state);

/* "DIRECTORY/NAME"; the two latest results are valid. */
const char *in_scratch(const char *name);

/* Writes a text file there. */
void put_scratch(const char *name, const char *text);

/* Writes a text file there with the file writer under test. */
enum gmr_status scratch_write(const char *name, const char *text);

/* True when the file holds exactly this text. */
bool scratch_holds(const char *name, const char *text);

/* Files and folders in it, hidden ones too. */
int count_scratch_entries(void);

#endif
