/* Arrays of reproducible numbers, and how far two arrays are apart. */
#include <float.h>
#include <math.h>

#include "base/rng.h"
#include "support/support.h"

enum { TEST_STREAM = 1000 }; /* none that the library draws from */

double normalised_error(const real *a, const real *b, size_t n)
{
    double difference = 0, reference = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - (double)b[i];
        difference += d * d;
        reference += (double)b[i] * (double)b[i];
    }
    return sqrt(difference / (reference > DBL_MIN ? reference : DBL_MIN));
}

double max_abs_difference(const real *a, const real *b, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (isnan(d))
            return INFINITY;
        largest = d > largest ? d : largest;
    }
    return largest;
}

void fill_normal(real *values, size_t n, uint64_t seed)
{
    struct rng_stream rng;
    rng_stream_init(&rng, seed, TEST_STREAM);
    for (size_t i = 0; i < n; i++)
        values[i] = (real)rng_normal(&rng);
}

void fill_uniform(real *values, size_t n, double low, double high, uint64_t seed)
{
    struct rng_stream rng;
    rng_stream_init(&rng, seed, TEST_STREAM + 1);
    for (size_t i = 0; i < n; i++)
        values[i] = (real)(low + (high - low) * rng_uniform(&rng));
}
