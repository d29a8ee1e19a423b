#include "base/crc32c.h"

#include <isa-l/crc.h>

/* A CRC is a polynomial over GF(2), written with the coefficient of x^0 in the highest bit. */
#define POLYNOMIAL UINT32_C(0x82f63b78)
#define X_POW_0    UINT32_C(0x80000000)
#define X_POW_8    UINT32_C(0x00800000)

/* ISA-L leaves the inversion before and after to its caller, takes an int and forgets const. */
uint32_t mb_crc32c(uint32_t crc, const void *data, size_t len)
{
    const size_t most = 1u << 30;
    unsigned char *bytes = (unsigned char *)(uintptr_t)data;
    uint32_t state = ~crc;
    while (len > 0) {
        size_t n = len < most ? len : most;
        state = crc32_iscsi(bytes, (int)n, state);
        bytes += n;
        len -= n;
    }
    return ~state;
}

static uint32_t multiply(uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t bit = X_POW_0; bit != 0; bit >>= 1) {
        if ((a & bit) != 0)
            product ^= b;
        b = (b & 1) != 0 ? (b >> 1) ^ POLYNOMIAL : b >> 1;
    }
    return product;
}

/* Appending len2 bytes multiplies the first checksum by x^(8 * len2), which repeated squaring finds. */
uint32_t mb_crc32c_join(uint32_t crc1, uint32_t crc2, uint64_t len2)
{
    uint32_t shift = X_POW_0;
    uint32_t square = X_POW_8;
    for (; len2 != 0; len2 >>= 1) {
        if ((len2 & 1) != 0)
            shift = multiply(shift, square);
        square = multiply(square, square);
    }
    return multiply(shift, crc1) ^ crc2;
}

void mb_crc32c_big_endian(uint32_t crc, uint8_t out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(crc >> (24 - 8 * i));
}
