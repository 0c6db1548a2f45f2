/* The number type of all computation. The library computes in float. The same sources are built a
 * second time with GMR_REAL_DOUBLE, for tests that compare gradients with finite differences. */
#ifndef BASE_REAL_H
#define BASE_REAL_H

#ifdef GMR_REAL_DOUBLE
typedef double real;
#else
typedef float real;
#endif

#endif
