#include "cli/moment.h"

#include <time.h>

const char *mb_moment_text(struct mb_arena *arena, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[40];
    if (ms <= 0 || gmtime_r(&seconds, &parts) == NULL)
        return "-";
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts);
    return mb_arena_strdup(arena, text);
}
