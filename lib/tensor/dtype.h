/* Element types, at rest and in computation. Computation is in `real`, with I64 for indices and U8
 * for masks; the other types exist at rest only. */
#ifndef TENSOR_DTYPE_H
#define TENSOR_DTYPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/real.h"
#include "base/status.h"

/* X(name, bytes, name in safetensors files) */
#define DTYPE_LIST(X)  \
    X(F32, 4, "F32")   \
    X(F64, 8, "F64")   \
    X(F16, 2, "F16")   \
    X(BF16, 2, "BF16") \
    X(I64, 8, "I64")   \
    X(U8, 1, "U8")     \
    X(I32, 4, "I32")   \
    X(I16, 2, "I16")   \
    X(I8, 1, "I8")     \
    X(BOOL, 1, "BOOL")

enum dtype {
#define DTYPE_ENUM(name, bytes, text) DTYPE_##name,
    DTYPE_LIST(DTYPE_ENUM)
#undef DTYPE_ENUM
        DTYPE_COUNT
};

#ifdef GMR_REAL_DOUBLE
#define DTYPE_REAL DTYPE_F64
#else
#define DTYPE_REAL DTYPE_F32
#endif

size_t dtype_size(enum dtype dtype);
const char *dtype_name(enum dtype dtype);

/* Finds the type by its name in a safetensors file; GMR_ERR_TYPE when it is unknown. */
enum gmr_status dtype_parse(const char *name, enum dtype *dtype);

/* Half precision and back. Rounding to nearest, ties to even; infinities and NaN survive. */
float f16_to_float(uint16_t half);
uint16_t f16_from_float(float value);
float bf16_to_float(uint16_t half);
uint16_t bf16_from_float(float value);

/* Converts `n` elements between `real` and a floating type at rest. `data` needs no alignment.
 * GMR_ERR_TYPE for integer types. */
enum gmr_status dtype_to_real(real *out, const void *data, enum dtype dtype, size_t n);
enum gmr_status dtype_from_real(void *out, enum dtype dtype, const real *data, size_t n);

#endif
