/* The reference kernels: reference_<name> for each line of kernels.def, plain portable C that reads
 * like the mathematics. Sums are taken in double and rounded once, when the result is stored, so
 * the float build is about as exact as float allows. Speed is no aim: another device replaces the
 * entries it can do better. The argument `c` is not read, so any table may hold these kernels. */
#ifndef COMPUTE_REFERENCE_REFERENCE_H
#define COMPUTE_REFERENCE_REFERENCE_H

#include "compute/compute.h"

/* clang-format off */
#define KERNEL(name, arguments) void reference_##name arguments;
#include "compute/kernels.def"
#undef KERNEL
/* clang-format on */

/* Sets every kernel of a table; its other members stay as they are. */
void reference_kernels(struct compute *compute);

#endif
