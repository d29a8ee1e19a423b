/* fuzz.h - what a target consists of: one function that takes any bytes, and must not fail whatever they are.
 */
#ifndef MB_TESTS_FUZZ_H
#define MB_TESTS_FUZZ_H

#include "base/error.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Bytes that are read in pieces of the sizes 1, 2, 3, ... so that every state of a reader meets their ends.
 */
struct fuzz_bytes {
    const uint8_t *at;
    size_t left, step;
};

static inline mb_status fuzz_read(void *ctx, void *buf, size_t cap, size_t *nread, struct mb_error *error)
{
    struct fuzz_bytes *bytes = ctx;
    size_t n = ++bytes->step < cap ? bytes->step : cap;
    (void)error;
    n = n < bytes->left ? n : bytes->left;
    memcpy(buf, bytes->at, n);
    bytes->at += n;
    bytes->left -= n;
    *nread = n;
    return MB_OK;
}

#endif
