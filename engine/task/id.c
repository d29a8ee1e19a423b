#include "task/id.h"

#include "base/arena.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

mb_status mb_id_new(char out[MB_ID_SIZE], struct mb_error *error)
{
    unsigned char b[16];

    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return mb_fail_errno(error, errno, "get random bytes");
    b[6] = (unsigned char)(0x40 | (b[6] & 0x0f));
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
    snprintf(out, MB_ID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return MB_OK;
}

const char *mb_id_backup_name(struct mb_arena *arena)
{
    int64_t now = mb_clock_wall();
    time_t seconds = (time_t)(now / MB_NS_PER_S);
    struct tm parts;
    char text[64];

    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "backup_%Y_%m_%d_%H_%M_%S", &parts);
    return mb_arena_printf(arena, "%s_%lld", text, (long long)(now % MB_NS_PER_S));
}
