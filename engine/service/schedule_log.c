#include "service/schedule_private.h"

#include <stdarg.h>
#include <stdio.h>

void mb_schedule_log(struct mb_schedules *schedules, int level, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mb_session_log(schedules->session, level, text);
}
