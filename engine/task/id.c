#include "task/id.h"

#include "base/arena.h"
#include "base/clock.h"

#include <time.h>

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
