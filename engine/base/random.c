#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

mb_status mb_random_hex(char *out, size_t digits, struct mb_error *error)
{
    unsigned char bytes[32];
    size_t count = digits / 2;
    if (count > sizeof(bytes))
        return mb_fail(error, MB_E_INTERNAL, "%zu random digits are too many", digits);
    if (getrandom(bytes, count, 0) != (ssize_t)count)
        return mb_fail_errno(error, errno, "get random bytes");
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return MB_OK;
}

mb_status mb_random_uuid(char out[MB_UUID_SIZE], struct mb_error *error)
{
    unsigned char b[16];

    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return mb_fail_errno(error, errno, "get random bytes");
    b[6] = (unsigned char)(0x40 | (b[6] & 0x0f));
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
    snprintf(out, MB_UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return MB_OK;
}
