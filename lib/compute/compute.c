/* What all tables of kernels have in common. */
#include "compute/compute.h"

void compute_destroy(struct compute *compute)
{
    if (compute)
        compute->destroy(compute);
}
