#include "backup/create.h"

#include <stdio.h>

mb_status mb_create_warn(struct mb_create *create, struct mb_error *error, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mb_log(create->env->log, MB_LOG_WARN, "%s", text);
    bool added = mb_strings_add(&create->warnings, create->arena, mb_arena_strdup(create->arena, text));
    return added ? MB_OK : mb_fail_memory(error);
}
