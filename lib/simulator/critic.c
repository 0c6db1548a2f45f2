/* What all simulated users do alike. */
#include "simulator/critic.h"

/* In double: which of two near items is nearer shall not depend on the order of a sum. */
static double squared_distance(const real *a, const real *b, size_t width)
{
    double sum = 0;
    for (size_t i = 0; i < width; i++) {
        const double difference = (double)a[i] - (double)b[i];
        sum += difference * difference;
    }
    return sum;
}

size_t critic_like(const real *vectors, size_t width, const real *target, const size_t *shown,
                   size_t count)
{
    size_t best = 0;
    double least = squared_distance(vectors + shown[0] * width, target, width);
    for (size_t i = 1; i < count; i++) {
        const double distance = squared_distance(vectors + shown[i] * width, target, width);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}
