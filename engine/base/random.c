#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

/* What kernels before 3.17 have instead of the call. */
static bool read_device(unsigned char *out, size_t count)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, out, count) : -1;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    errno = saved;
    return got == (ssize_t)count;
}

mb_status mb_random_bytes(void *out, size_t count, struct mb_error *error)
{
    if (count > MB_RANDOM_MAX)
        return mb_fail(error, MB_E_INTERNAL, "%zu random bytes are too many", count);
    if (getrandom(out, count, 0) == (ssize_t)count || (errno == ENOSYS && read_device(out, count)))
        return MB_OK;
    return mb_fail_errno(error, errno, "get random bytes");
}

mb_status mb_random_hex(char *out, size_t digits, struct mb_error *error)
{
    unsigned char bytes[32];
    size_t count = digits / 2;
    if (count > sizeof(bytes))
        return mb_fail(error, MB_E_INTERNAL, "%zu random digits are too many", digits);
    MB_TRY(mb_random_bytes(bytes, count, error));
    for (size_t i = 0; i < count; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return MB_OK;
}

mb_status mb_random_uuid(char out[MB_UUID_SIZE], struct mb_error *error)
{
    unsigned char b[16];

    MB_TRY(mb_random_bytes(b, sizeof b, error));
    b[6] = (unsigned char)(0x40 | (b[6] & 0x0f));
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
    snprintf(out, MB_UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return MB_OK;
}
