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
