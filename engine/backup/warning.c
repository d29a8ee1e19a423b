#include "backup/create.h"

#include <stdio.h>
#include <string.h>

mb_status mb_create_warn(struct mb_create *create, struct mb_error *error, const char *fmt, ...)
{
    char text[1024];
    struct mb_strings *list = &create->warnings;
    const char **items = mb_arena_alloc(create->arena, list->count + 1, sizeof *items);
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    mb_log(create->env->log, MB_LOG_WARN, "%s", text);
    const char *copy = mb_arena_strdup(create->arena, text);
    if (items == NULL || copy == NULL)
        return mb_fail_memory(error);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = copy;
    *list = (struct mb_strings){.items = items, .count = list->count + 1};
    return MB_OK;
}
